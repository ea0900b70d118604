package main

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token."`
	List   tokenListCmd   `cmd:"" default:"withargs" help:"Show who has tokens."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token at once."`
}

// offline is for commands that can do without a server.
type offline struct {
	Data string `placeholder:"DIR" help:"Work on the data directory of a ledger that is not running."`
}

func accessDir(data string) string { return filepath.Join(data, "access") }

// tokens opens the tokens of the data directory.
func (o offline) tokens() (*access.Tokens, error) {
	tokens, err := access.OpenTokens(accessDir(o.Data), time.Now)
	if errors.Is(err, access.ErrLocked) {
		return nil, fmt.Errorf("a server is running on the data directory %s; ask it, without --data", o.Data)
	}
	return tokens, err
}

type tokenCreateCmd struct {
	remote
	offline
	output
	Role    string   `required:"" placeholder:"ROLE" enum:"monitor,emitter,analyst,steward,admin" help:"monitor, emitter, analyst, steward or admin."`
	Source  []string `sep:"none" placeholder:"SOURCE" help:"Whose events it may have recorded; again for more; * for all. An emitter needs some."`
	Name    string   `placeholder:"NAME" help:"Whose it is."`
	Expires string   `placeholder:"WHEN" help:"When it ends: a time, a date, or from now, as 90d or 12h. Never if absent."`
}

// Help says more than fits a line.
func (tokenCreateCmd) Help() string {
	return `The token is printed once and cannot be had again. Who has it shows it as "Authorization: Bearer TOKEN" over HTTP, as the token over NATS, and in RAPPORT_TOKEN or --token-file to this program.

    monitor   metrics and projections, no events
    emitter   records events of its sources
    analyst   reads
    steward   reads, acts on follow-ups, corrects, forgets
    admin     everything

The first one is made before the server runs:

    rapport token create --role admin --data ./rapport-data
    rapport token create --role emitter --source erp --expires 365d`
}

func (c *tokenCreateCmd) Run(e *env) error {
	expires, err := deadline(c.Expires, time.Now())
	if err != nil {
		return err
	}
	created, err := c.create(e, expires)
	if err != nil {
		return err
	}
	if c.Output != "table" {
		return write(e, c.output, each([]api.CreatedToken{created}), createdColumns)
	}
	_, err = fmt.Fprintf(e.stdout, "%s\n", created.Secret)
	fmt.Fprintf(e.stderr, "Keep it: this is the only time it is shown. Its id is %s.\n", created.ID)
	return err
}

func (c *tokenCreateCmd) create(e *env, expires time.Time) (created api.CreatedToken, err error) {
	if c.Data == "" {
		remote, err := c.client()
		if err == nil {
			err = remote.Post(e.ctx, "/v1/tokens", api.NewToken{Role: c.Role, Sources: c.Source, Name: c.Name, Expires: expires}, &created)
		}
		return created, err
	}
	tokens, err := c.tokens()
	if err != nil {
		return created, err
	}
	defer func() { err = errors.Join(err, tokens.Close()) }()
	token, secret, err := tokens.Create(c.Name, access.Role(c.Role), c.Source, expires)
	if err != nil {
		return created, api.ProblemOf(err)
	}
	return api.CreatedToken{Token: api.TokenOf(token), Secret: secret}, nil
}

// deadline is a time, a date, or a span from now; zero if none is given.
func deadline(given string, now time.Time) (time.Time, error) {
	if given == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(given, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 100_000 {
			return now.AddDate(0, 0, n).UTC().Truncate(time.Second), nil
		}
	}
	if span, err := time.ParseDuration(given); err == nil && span > 0 {
		return now.Add(span).UTC().Truncate(time.Second), nil
	}
	at, err := api.ParseTime(given)
	if err != nil {
		return at, usageError(fmt.Sprintf("--expires %q is not a time, a date, or a span such as 90d or 12h", given))
	}
	return at, nil
}

type tokenListCmd struct {
	remote
	offline
	output
	Revoked bool `help:"Those that were revoked, too."`
}

func (c *tokenListCmd) Run(e *env) (err error) {
	var page api.Page[api.Token]
	if c.Data == "" {
		remote, err := c.client()
		if err != nil {
			return err
		}
		query := url.Values{}
		if c.Revoked {
			query.Set("revoked", "true")
		}
		if err := remote.Get(e.ctx, "/v1/tokens", query, &page); err != nil {
			return err
		}
	} else {
		tokens, err := c.tokens()
		if err != nil {
			return err
		}
		page = api.TokensOf(tokens.List(c.Revoked))
		if err := tokens.Close(); err != nil {
			return err
		}
	}
	columns := slices.Clone(tokenColumns)
	without := "revoked"
	if c.Revoked {
		without = "used" // both are too wide for a terminal
	}
	for i := range columns {
		if columns[i].name == without {
			columns[i].title = ""
		}
	}
	return write(e, c.output, each(page.Items), columns)
}

var tokenColumns = []column[api.Token]{
	{name: "id", title: "ID", value: func(t api.Token) string { return t.ID }},
	{name: "name", title: "NAME", value: func(t api.Token) string { return t.Name }, flex: true},
	{name: "role", title: "ROLE", value: func(t api.Token) string { return t.Role }},
	{name: "sources", title: "SOURCES", value: func(t api.Token) string { return strings.Join(t.Sources, " ") }, flex: true},
	{name: "created", value: func(t api.Token) string { return stamp(t.Created) }},
	{name: "used", title: "USED (UTC)", value: func(t api.Token) string { return stamp(t.Used) }, show: func(t api.Token) string { return minute(t.Used) }},
	{name: "expires", title: "EXPIRES (UTC)", value: func(t api.Token) string { return stamp(t.Expires) }, show: func(t api.Token) string { return minute(t.Expires) }},
	{name: "revoked", title: "REVOKED (UTC)", value: func(t api.Token) string { return stamp(t.Revoked) }, show: func(t api.Token) string { return minute(t.Revoked) }},
}

var createdColumns = []column[api.CreatedToken]{
	{name: "id", value: func(t api.CreatedToken) string { return t.ID }},
	{name: "token", value: func(t api.CreatedToken) string { return t.Secret }},
}

type tokenRevokeCmd struct {
	remote
	offline
	ID string `arg:"" help:"The id in the list."`
}

func (c *tokenRevokeCmd) Run(e *env) (err error) {
	if c.Data == "" {
		remote, err := c.client()
		if err != nil {
			return err
		}
		err = remote.Delete(e.ctx, "/v1/tokens/"+segment(c.ID))
		if err == nil {
			_, err = fmt.Fprintln(e.stdout, "revoked", c.ID)
		}
		return err
	}
	tokens, err := c.tokens()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tokens.Close()) }()
	if err := tokens.Revoke(c.ID); err != nil {
		return api.ProblemOf(err)
	}
	_, err = fmt.Fprintln(e.stdout, "revoked", c.ID)
	return err
}
