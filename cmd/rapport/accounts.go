package main

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/client"
	"github.com/rapport-ledger/rapport/domain"
)

// listing is for commands that print a list.
type listing struct {
	remote
	output
	Limit *int `short:"n" placeholder:"N" help:"Most items; 0 is all, the default except for tables, which show 50."`
}

// Validate refuses what the grammar does not.
func (l listing) Validate() error {
	if l.Limit != nil && *l.Limit < 0 {
		return errors.New("--limit: 0 for all, or more")
	}
	return nil
}

// most is how many items to print; 0 is all.
func (l listing) most() int {
	switch {
	case l.Limit != nil:
		return *l.Limit
	case l.Output == "table":
		return 50
	}
	return 0
}

// fresh is for commands that read a projection.
type fresh struct {
	WaitFor domain.Position `placeholder:"POS" help:"Wait until the event at this position is seen."`
}

// show reads the list at the path and prints it, and says if there is more.
func show[T any](e *env, l listing, path string, query url.Values, columns []column[T]) error {
	c, err := l.client()
	if err != nil {
		return err
	}
	most, seen, more := l.most(), 0, false
	read := most
	if most > 0 {
		read++ // to see whether there is more
	}
	items := func(yield func(T, error) bool) {
		for item, err := range client.Items[T](e.ctx, c, path, query, read) {
			if seen++; err == nil && most > 0 && seen > most {
				more = true
				return
			}
			if !yield(item, err) {
				return
			}
		}
	}
	if err := write(e, l.output, items, columns); err != nil {
		return err
	}
	if more {
		fmt.Fprintf(e.stderr, "There is more; -n 0 shows all.\n")
	}
	return nil
}

// given sets the parameters that have a value.
func given(pairs ...string) url.Values {
	q := make(url.Values)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

type accountsCmd struct {
	listing
	fresh
	Search string `arg:"" optional:"" help:"Part of the id or the name."`
	Tier   string `enum:"A,B,C,D," default:"" placeholder:"TIER" help:"A, B, C or D."`
	Kind   string `enum:"customer,internal,investor,public,partner," default:"" placeholder:"KIND" help:"customer, internal, investor, public or partner."`
}

func (c *accountsCmd) Run(e *env) error {
	return show(e, c.listing, "/v1/accounts", given("wait_for", orNothing(c.WaitFor), "q", c.Search, "tier", c.Tier, "kind", c.Kind), accountColumns)
}

var accountColumns = []column[api.Account]{
	{name: "account", title: "ACCOUNT", value: func(a api.Account) string { return a.Account }, flex: true},
	{name: "name", title: "NAME", value: func(a api.Account) string { return a.Name }, flex: true, show: func(a api.Account) string {
		if a.Provisional {
			return "(not opened yet)"
		}
		return a.Name
	}},
	{name: "kind", title: "KIND", value: func(a api.Account) string { return a.Kind }},
	{name: "tier", title: "TIER", value: func(a api.Account) string { return a.Tier }},
	{name: "stage", value: func(a api.Account) string { return a.Stage }},
	{name: "manager", value: func(a api.Account) string { return a.Manager }},
	{name: "provisional", value: func(a api.Account) string { return fmt.Sprint(a.Provisional) }},
	{name: "events", title: "EVENTS", value: func(a api.Account) string { return number(a.Events) }, right: true},
	{name: "last_contact", title: "LAST CONTACT", value: func(a api.Account) string { return stamp(a.LastContact) }, show: func(a api.Account) string { return day(a.LastContact) }},
	{name: "merged_into", value: func(a api.Account) string { return a.MergedInto }},
}
