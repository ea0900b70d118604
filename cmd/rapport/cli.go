package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/client"
)

// Exit codes, which scripts rely on.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
	exitUnverified  = 4
)

const description = `A ledger of every touchpoint with a customer.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no server answers,
4 what was checked does not hold.
Times are RFC 3339, or a date: the start of that day in UTC.`

// cli is the grammar of the command line.
type cli struct {
	Serve       serveCmd       `cmd:"" help:"Run the ledger."`
	Demo        demoCmd        `cmd:"" help:"Run the ledger with a made-up company in it."`
	Record      recordCmd      `cmd:"" help:"Record events."`
	Import      importCmd      `cmd:"" help:"Record what other systems left behind."`
	Accounts    accountsCmd    `cmd:"" help:"List accounts."`
	Account     accountCmd     `cmd:"" help:"Show what is known of an account, or was known at a time, beside hindsight."`
	Timeline    timelineCmd    `cmd:"" help:"Show what happened with an account."`
	Trust       trustCmd       `cmd:"" help:"Show how far an account can trust us, and why."`
	Followups   followUpsCmd   `cmd:"" help:"Show who owes the customer what, and act on it."`
	Performance reportCmd      `cmd:"" help:"Show how well we do what we are paid for, and what our failures do to customers."`
	Promises    reportCmd      `cmd:"" help:"Show what we promised, and what became of it."`
	Checklist   reportCmd      `cmd:"" help:"Show the ten points of interaction, as people say and as events show."`
	Improvement reportCmd      `cmd:"" help:"Show what became of complaints, requests and nonconformities, and what was improved and told."`
	Closeness   reportCmd      `cmd:"" help:"Show who knows whom, in which rhythm, and what silence may hide."`
	Portfolio   portfolioCmd   `cmd:"" help:"Show how important accounts are, who looks after them, what they earn and cost."`
	Voice       reportCmd      `cmd:"" help:"Show what the customer says, and who listens."`
	Replay      replayCmd      `cmd:"" help:"Print the log, or a part of it, as CloudEvents."`
	Projections projectionsCmd `cmd:"" help:"Show how the projections stand; rebuild them."`
	Backup      backupCmd      `cmd:"" help:"Copy the ledger into a file, while it runs."`
	Export      exportCmd      `cmd:"" help:"Write the whole log as CloudEvents, to be made again by import ledger."`
	Restore     restoreCmd     `cmd:"" help:"Make a data directory of a backup. Needs no server."`
	Rejected    rejectedCmd    `cmd:"" help:"Show what came by NATS and was refused; send it again."`
	Token       tokenCmd       `cmd:"" help:"Say who may do what."`
	Verify      verifyCmd      `cmd:"" help:"Check that nothing was changed. Needs no server, and none running."`
	Prove       proveCmd       `cmd:"" help:"Write a proof of an event, or between two checkpoints."`
	Check       checkCmd       `cmd:"" help:"Check a proof or a checkpoint. Needs no server."`
	Person      personCmd      `cmd:"" help:"Show all that is held about a person."`
	Forget      forgetCmd      `cmd:"" help:"Make all that is held about a person unreadable, for good."`
	Keys        keysCmd        `cmd:"" help:"Look after the keys of personal data."`
	Schema      schemaCmd      `cmd:"" help:"Show the event types. Needs no server."`
	Policy      policyCmd      `cmd:"" help:"Show, compare and change the rules for trust, follow-ups and the calendar."`
	Backtest    backtestCmd    `cmd:"" help:"Ask how well the trust policy would have foretold what came next."`
	Bench       benchCmd       `cmd:"" help:"Measure this program on this machine. Needs no server."`
	Version     versionCmd     `cmd:"" help:"Show the version."`
}

// env is what a command runs in.
type env struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// errSaid fails a command that has said why already.
var errSaid = errors.New("failed")

// errUnverified fails a command that has said what does not hold.
var errUnverified = errors.New("what was checked does not hold")

// run runs the command line and gives the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	type exit struct{ code int }
	defer func() {
		if e := recover(); e != nil {
			wanted, ok := e.(exit)
			if !ok {
				panic(e)
			}
			code = wanted.code
		}
	}()
	parser, err := kong.New(&cli{},
		kong.Name("rapport"), kong.Description(description), kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit{code}) }), // kong's --help goes on otherwise
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 80}),
	)
	if err != nil {
		panic(err) // the grammar is ours
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "rapport: %v\nrapport --help says more.\n", err)
		return exitUsage
	}
	return report(stderr, parsed.Run(&env{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr}))
}

// report says what went wrong and gives the exit code for it.
func report(stderr io.Writer, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errSaid):
		return exitFailed
	case errors.Is(err, errUnverified):
		return exitUnverified
	case errors.Is(err, client.ErrUnreachable):
		fmt.Fprintf(stderr, "rapport: %v\nStart one with: rapport serve\n", err)
		return exitUnreachable
	case errors.Is(err, client.ErrUntrusted):
		fmt.Fprintf(stderr, "rapport: %v\nName a file with its certificate, or with that of who signed it, in RAPPORT_CA or with --ca.\n", err)
		return exitUnreachable
	}
	if p, ok := errors.AsType[*api.Problem](err); ok {
		fmt.Fprintln(stderr, "rapport:", sentence(p))
		if p.Status == http.StatusUnauthorized {
			fmt.Fprintln(stderr, "The token is taken from RAPPORT_TOKEN, or from the file that --token-file names.")
		}
		return exitFailed
	}
	fmt.Fprintf(stderr, "rapport: %s\n", clean(err.Error(), true))
	if _, ok := errors.AsType[usageError](err); ok || errors.Is(err, client.ErrID) {
		return exitUsage
	}
	return exitFailed
}

// usageError is a command line that the grammar allows and that makes no sense.
type usageError string

func (e usageError) Error() string { return string(e) }

// instant is a time on the command line; zero if it was not given.
type instant struct{ time.Time }

// UnmarshalText is [api.ParseTime].
func (i *instant) UnmarshalText(b []byte) (err error) {
	i.Time, err = api.ParseTime(string(b))
	return err
}

// String is how the server is told; "" if it was not given.
func (i instant) String() string { return stamp(i.Time) }

// sentence is a problem for people, a line for each fault.
func sentence(p *api.Problem) string {
	var b strings.Builder
	b.WriteString(p.Title)
	if p.Detail != "" {
		b.WriteString(": " + p.Detail)
	}
	for _, f := range p.Errors {
		b.WriteString("\n  " + f.Location + ": " + f.Message)
	}
	if p.Correlation != "" {
		b.WriteString("\n  correlation: " + p.Correlation)
	}
	return clean(b.String(), true)
}

// remote is for commands that need a server.
type remote struct {
	Server    string `env:"RAPPORT_SERVER" default:"http://127.0.0.1:8280" placeholder:"URL" help:"The ledger to ask (${default})."`
	TokenFile string `env:"RAPPORT_TOKEN_FILE" placeholder:"FILE" help:"Has the token to show; RAPPORT_TOKEN may have the token itself."`
	CA        string `name:"ca" env:"RAPPORT_CA" placeholder:"FILE" help:"Certificates to trust besides the system's, in PEM."`
}

func (r remote) client() (*client.Client, error) {
	// Not a flag: other users of the machine see command lines.
	o := client.Options{Token: os.Getenv("RAPPORT_TOKEN")}
	if r.TokenFile != "" {
		b, err := os.ReadFile(r.TokenFile)
		if err != nil {
			return nil, err
		}
		if o.Token = strings.TrimSpace(string(b)); o.Token == "" {
			return nil, usageError("--token-file: " + r.TokenFile + " has no token in it")
		}
	}
	if r.CA != "" {
		var err error
		if o.CA, err = os.ReadFile(r.CA); err != nil {
			return nil, err
		}
	}
	c, err := client.New(r.Server, o)
	if err != nil {
		return nil, usageError(err.Error())
	}
	return c, nil
}
