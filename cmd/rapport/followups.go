package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

type followUpsCmd struct {
	List     followUpsListCmd `cmd:"" default:"withargs" help:"Show the queue, the most urgent first."`
	Assign   assignCmd        `cmd:"" help:"Give an item an owner."`
	Snooze   snoozeCmd        `cmd:"" help:"Put an item aside until a date."`
	Escalate escalateCmd      `cmd:"" help:"Take an item to somebody higher."`
	Complete completeCmd      `cmd:"" help:"Say that the work is done."`
	Tell     tellCmd          `cmd:"" help:"Say that the customer knows."`
	Dismiss  dismissCmd       `cmd:"" help:"Say that nothing needs doing."`
	Rules    rulesCmd         `cmd:"" help:"Show the rules: what opens an item, and what closes it."`
}

type followUpsListCmd struct {
	listing
	fresh
	Account   string  `placeholder:"ID" help:"This account's."`
	Owner     string  `placeholder:"WHO" help:"This owner's."`
	Unowned   bool    `help:"What nobody owns."`
	State     string  `enum:"open,snoozed,done,closed,all," default:"" placeholder:"STATE" help:"open, snoozed, done, closed or all; what is not closed, if absent."`
	DueBefore instant `placeholder:"TIME" help:"Due before then."`
	KnownAt   instant `placeholder:"TIME" help:"The queue as it was then; of one account."`
}

func (c *followUpsListCmd) Run(e *env) error {
	state := c.State
	switch state {
	case "":
		state = "open,snoozed,done"
	case "all":
		state = ""
	}
	query := given("wait_for", orNothing(c.WaitFor), "account", c.Account, "owner", c.Owner, "state", state, "due_before", c.DueBefore.String(), "known_at", c.KnownAt.String())
	if c.Unowned {
		query.Set("unowned", "true")
	}
	return show(e, c.listing, "/v1/followups", query, followUpColumns)
}

var followUpColumns = []column[api.FollowUp]{
	{name: "priority", title: "PRIO", value: func(f api.FollowUp) string { return fmt.Sprint(f.Priority) }, show: func(f api.FollowUp) string { return fmt.Sprintf("%.0f", f.Priority) }, right: true},
	{name: "due_at", title: "DUE", value: func(f api.FollowUp) string { return stamp(f.DueAt) }, show: func(f api.FollowUp) string { return day(f.DueAt) }, alarm: func(f api.FollowUp) bool { return f.Overdue }},
	{name: "overdue", value: func(f api.FollowUp) string { return fmt.Sprint(f.Overdue) }},
	{name: "subject", value: func(f api.FollowUp) string { return f.Subject }},
	{name: "owner", title: "OWNER", value: func(f api.FollowUp) string { return f.Owner }, show: owner, flex: true, spare: true},
	{name: "owner_before", value: func(f api.FollowUp) string { return f.OwnerBefore }},
	{name: "escalated_to", value: func(f api.FollowUp) string { return f.EscalatedTo }},
	{name: "escalates_at", value: func(f api.FollowUp) string { return stamp(f.EscalatesAt) }},
	{name: "state", title: "STATE", value: func(f api.FollowUp) string { return f.State }, show: state},
	{name: "reason", title: "REASON", value: func(f api.FollowUp) string { return f.Reason }, flex: true, show: reason},
	{name: "done", value: func(f api.FollowUp) string { return fmt.Sprint(f.Done) }},
	{name: "customer_told", value: func(f api.FollowUp) string { return fmt.Sprint(f.CustomerTold) }},
	{name: "ending", value: func(f api.FollowUp) string { return f.Ending }},
	{name: "account", value: func(f api.FollowUp) string { return f.Account }},
	{name: "causes", value: func(f api.FollowUp) string { return strings.Trim(fmt.Sprint(f.Causes), "[]") }},
	{name: "id", title: "ID", value: func(f api.FollowUp) string { return f.ID }},
}

func reason(f api.FollowUp) string {
	if f.Subject == "" {
		return f.Reason
	}
	return f.Reason + " " + f.Subject
}

// owner says also who had it and has left, and whom it was taken to.
func owner(f api.FollowUp) string {
	who := f.Owner
	switch {
	case who == "" && f.OwnerBefore != "":
		who = "nobody, " + f.OwnerBefore + " left"
	case who == "":
		who = "nobody"
	}
	if f.EscalatedTo != "" {
		who += " > " + f.EscalatedTo
	}
	return who
}

func state(f api.FollowUp) string {
	switch {
	case f.Ending != "":
		return f.Ending
	case f.State == "open" && f.Overdue:
		return "overdue"
	case f.State == "open" && f.Paused:
		return "paused"
	}
	return f.State
}

// act is what the acts on an item share.
type act struct {
	remote
	output
	ID    string `arg:"" help:"The item's id."`
	Actor string `placeholder:"WHO" help:"Who acts."`
}

func (a act) do(e *env, name string, body any) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	var receipts api.Receipts
	if err := c.Post(e.ctx, "/v1/followups/"+segment(a.ID)+"/"+name, body, &receipts); err != nil {
		return err
	}
	return write(e, a.output, each(receipts.Receipts), receiptColumns)
}

type assignCmd struct {
	act
	Owner string `required:"" placeholder:"WHO" help:"The new owner."`
}

func (c *assignCmd) Run(e *env) error {
	return c.do(e, "assign", api.Assign{Owner: c.Owner, Actor: c.Actor})
}

type snoozeCmd struct {
	act
	Until instant `required:"" placeholder:"TIME" help:"When it comes back."`
}

func (c *snoozeCmd) Run(e *env) error {
	return c.do(e, "snooze", api.Snooze{Until: c.Until.Time, Actor: c.Actor})
}

type escalateCmd struct {
	act
	To     string `required:"" placeholder:"WHO" help:"To whom."`
	Reason string `required:"" placeholder:"TEXT" help:"Why."`
}

func (c *escalateCmd) Run(e *env) error {
	return c.do(e, "escalate", api.Escalate{To: c.To, Reason: c.Reason, Actor: c.Actor})
}

type completeCmd struct {
	act
	Outcome string `required:"" placeholder:"TEXT" help:"What was done."`
}

func (c *completeCmd) Run(e *env) error {
	return c.do(e, "complete", api.Complete{Outcome: c.Outcome, Actor: c.Actor})
}

type tellCmd struct {
	act
	Contact string `placeholder:"ID" help:"Who was told."`
	Channel string `placeholder:"NAME" help:"How."`
	Message string `placeholder:"TEXT" help:"What they were told."`
}

func (c *tellCmd) Run(e *env) error {
	return c.do(e, "tell", api.Tell{Contact: c.Contact, Channel: c.Channel, Message: c.Message, Actor: c.Actor})
}

type dismissCmd struct {
	act
	Reason string `required:"" placeholder:"TEXT" help:"Why."`
}

func (c *dismissCmd) Run(e *env) error {
	return c.do(e, "dismiss", api.Dismiss{Reason: c.Reason, Actor: c.Actor})
}

// segment is a part of a path.
func segment(s string) string { return url.PathEscape(s) }
