package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

type personCmd struct {
	remote
	output
	Contact string `arg:"" help:"The contact's id."`
	Account string `required:"" placeholder:"ID" help:"The account."`
}

func (c *personCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	var person api.Person
	if err := remote.Get(e.ctx, personURL(c.Account, c.Contact), nil, &person); err != nil {
		return err
	}
	switch c.Output {
	case "json":
		return writeIndented(e.stdout, person)
	case "ndjson", "csv":
		return write(e, c.output, each(person.Events), entryColumns)
	}
	return c.table(e, person)
}

func personURL(account, contact string) string {
	return "/v1/accounts/" + segment(account) + "/contacts/" + segment(contact)
}

func (c *personCmd) table(e *env, p api.Person) error {
	also := ""
	if len(p.MergedWith) > 0 {
		also = ", also known as " + strings.Join(p.MergedWith, ", ")
	}
	fmt.Fprintln(e.stdout, clean(fmt.Sprintf("%s of %s%s, on %s (UTC)", p.Contact, p.Account, also, minute(p.At)), false))
	for _, r := range p.Roles {
		fmt.Fprintln(e.stdout, clean(strings.TrimRight(fmt.Sprintf("role %s %s", r.Role, r.Authority), " "), false))
	}
	fmt.Fprintln(e.stdout)
	if err := write(e, c.output, each(p.Events), entryColumns); err != nil {
		return err
	}
	if len(p.FollowUps) > 0 {
		fmt.Fprintln(e.stdout)
		if err := write(e, c.output, each(p.FollowUps), followUpColumns); err != nil {
			return err
		}
	}
	if len(p.Rejected) > 0 {
		fmt.Fprintln(e.stdout)
		return write(e, c.output, each(p.Rejected), rejectedColumns)
	}
	return nil
}

type forgetCmd struct {
	remote
	output
	Contact     string  `arg:"" help:"The contact's id."`
	Account     string  `required:"" placeholder:"ID" help:"The account."`
	Reason      string  `required:"" placeholder:"TEXT" help:"Why. It stays in the ledger: no personal data."`
	RequestedAt instant `placeholder:"TIME" help:"When it was asked for."`
	Actor       string  `placeholder:"WHO" help:"Who carries it out; with a token it is the holder."`
	Yes         bool    `help:"Do not ask."`
}

func (c *forgetCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	body := api.Forget{Reason: c.Reason, Actor: c.Actor, RequestedAt: c.RequestedAt.Time}
	if !c.Yes {
		if err := c.confirm(e); err != nil {
			return err
		}
	}
	var done api.ForgottenPerson
	if err := remote.Post(e.ctx, personURL(c.Account, c.Contact)+"/forget", body, &done); err != nil {
		return err
	}
	if n := len(done.Unsealed); n > 0 {
		defer fmt.Fprintf(e.stderr, "%d events of a time before personal data was sealed still have theirs: %v\n", n, done.Unsealed)
	}
	if c.Output == "json" {
		return writeIndented(e.stdout, done)
	}
	if c.Output == "table" {
		for _, f := range done.Forgotten {
			fmt.Fprintln(e.stdout, clean(fmt.Sprintf("%s of %s is forgotten; the event that says so is at position %d", f.Contact, done.Account, f.Position), false))
		}
		fmt.Fprintf(e.stdout, "%s destroyed, %s deleted\n\n", plural(done.Keys, "key"), plural(done.Rejected, "refused message"))
	}
	return write(e, c.output, each(done.Projections), confirmationColumns)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

var confirmationColumns = []column[api.Confirmation]{
	{name: "name", title: "PROJECTION", value: func(c api.Confirmation) string { return c.Projection }},
	{name: "position", title: "POS", value: func(c api.Confirmation) string { return number(c.Position) }, right: true},
	{name: "dropped", title: "DROPPED", value: func(c api.Confirmation) string { return c.Dropped }},
}

// confirm asks on the terminal. Without one, --yes says that it is meant.
func (c *forgetCmd) confirm(e *env) error {
	stdin, ok := e.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(stdin.Fd())) {
		return usageError("nothing undoes this: add --yes")
	}
	fmt.Fprintf(e.stderr, "Everything the ledger knows of %s at %s becomes unreadable, and nothing undoes it.\nType the contact's id to go on: ",
		clean(c.Contact, false), clean(c.Account, false))
	line, err := bufio.NewReader(stdin).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != c.Contact {
		return errSaidNo
	}
	return nil
}

// errSaidNo is somebody who thought better of it.
var errSaidNo = errors.New("nothing was done")
