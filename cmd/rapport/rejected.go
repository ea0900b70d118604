package main

import (
	"strings"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

type rejectedCmd struct {
	List   rejectedListCmd `cmd:"" default:"withargs" help:"Show what was refused, oldest first."`
	Resend resendCmd       `cmd:"" help:"Record a refused event again."`
}

type rejectedListCmd struct {
	listing
}

func (c *rejectedListCmd) Run(e *env) error {
	return show(e, c.listing, "/v1/rejected", nil, rejectedColumns)
}

var rejectedColumns = []column[api.Rejected]{
	{name: "id", title: "ID", value: func(r api.Rejected) string { return r.ID }},
	{name: "time", title: "REFUSED (UTC)", value: func(r api.Rejected) string { return stamp(r.Time) }, show: func(r api.Rejected) string { return minute(r.Time) }},
	{name: "source", title: "INBOX", value: func(r api.Rejected) string { return r.Source }, flex: true},
	{name: "status", value: func(r api.Rejected) string { return number(r.Problem.Status) }},
	{name: "problem", title: "WHY", value: func(r api.Rejected) string { return why(&r.Problem) }, flex: true},
}

// why is a problem in a line: the faults, or what it is where there are none.
func why(p *api.Problem) string {
	if p == nil {
		return ""
	}
	if len(p.Errors) == 0 {
		return strings.TrimSpace(p.Title + " " + p.Detail)
	}
	faults := make([]string, len(p.Errors))
	for i, f := range p.Errors {
		faults[i] = f.Location + ": " + f.Message
	}
	return strings.Join(faults, "; ")
}

type resendCmd struct {
	remote
	output
	ID string `arg:"" help:"The id in the list."`
}

func (c *resendCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	var receipts api.Receipts
	if err := remote.Post(e.ctx, "/v1/rejected/"+segment(c.ID)+"/resend", nil, &receipts); err != nil {
		return err
	}
	return write(e, c.output, each(receipts.Receipts), receiptColumns)
}
