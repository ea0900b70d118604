package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

type timelineCmd struct {
	listing
	fresh
	Account string  `arg:"" help:"The account's id."`
	Type    string  `placeholder:"TYPES" help:"These types only, such as complaint.raised or complaint.*, separated by commas."`
	From    instant `placeholder:"TIME" help:"Occurred then or later."`
	To      instant `placeholder:"TIME" help:"Occurred before."`
	At      instant `placeholder:"TIME" help:"Occurred by then."`
	KnownAt instant `placeholder:"TIME" help:"As known then: what was recorded by then."`
	Contact string  `placeholder:"ID" help:"About or from this contact."`
	Order   string  `enum:"occurred,recorded" default:"occurred" placeholder:"CLOCK" help:"occurred or recorded; newest first."`
}

func (c *timelineCmd) Run(e *env) error {
	query := given("wait_for", orNothing(c.WaitFor), "type", c.Type, "from", c.From.String(), "to", c.To.String(), "at", c.At.String(), "known_at", c.KnownAt.String(), "contact", c.Contact, "order", c.Order)
	return show(e, c.listing, "/v1/accounts/"+segment(c.Account)+"/timeline", query, entryColumns)
}

var entryColumns = []column[api.Entry]{
	{name: "position", title: "POS", value: func(n api.Entry) string { return number(n.Position) }, right: true},
	{name: "revision", value: func(n api.Entry) string { return number(n.Revision) }},
	{name: "account", value: func(n api.Entry) string { return n.Account }},
	{name: "occurred", title: "OCCURRED (UTC)", value: func(n api.Entry) string { return stamp(n.Occurred) }, show: func(n api.Entry) string { return minute(n.Occurred) }},
	{name: "recorded", value: func(n api.Entry) string { return stamp(n.Recorded) }},
	{name: "type", title: "TYPE", value: func(n api.Entry) string { return n.Type }},
	{name: "source", value: func(n api.Entry) string { return n.Source }},
	{name: "id", value: func(n api.Entry) string { return n.ID }},
	{name: "actor", value: func(n api.Entry) string { return n.Actor }},
	{name: "corrected_by", value: func(n api.Entry) string { return number(n.CorrectedBy) }},
	{name: "retracted_by", value: func(n api.Entry) string { return number(n.RetractedBy) }},
	{name: "late", value: func(n api.Entry) string { return fmt.Sprint(n.Late) }},
	{name: "forgotten", value: forgotten},
	{name: "data", title: "WHAT", value: func(n api.Entry) string { return string(n.Data) }, show: what, flex: true, alarm: func(n api.Entry) bool { return n.RetractedBy > 0 }},
}

// what is an entry in a line: what became of it, then its data.
func what(n api.Entry) string {
	var b strings.Builder
	if n.RetractedBy > 0 {
		fmt.Fprintf(&b, "[retracted by %d] ", n.RetractedBy)
	}
	if n.CorrectedBy > 0 {
		fmt.Fprintf(&b, "[corrected by %d] ", n.CorrectedBy)
	}
	if n.Late {
		b.WriteString("[late] ")
	}
	for _, f := range n.Forgotten {
		fmt.Fprintf(&b, "[%s forgotten] ", f.Contact)
	}
	b.WriteString(summary(n.Data))
	return b.String()
}

// forgotten are the contacts whose data is missing.
func forgotten(n api.Entry) string {
	names := make([]string, len(n.Forgotten))
	for i, f := range n.Forgotten {
		names[i] = f.Contact
	}
	return strings.Join(names, " ")
}

// summary is an event's data in a line: fields in the order they are written, words
// without their field's name.
func summary(data json.RawMessage) string {
	names, err := keys(data)
	if err != nil {
		return string(data)
	}
	var values map[string]json.RawMessage
	if json.Unmarshal(data, &values) != nil {
		return string(data)
	}
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = plainValue(values[name])
		if at, err := time.Parse(time.RFC3339Nano, parts[i]); err == nil {
			parts[i] = name + " " + minute(at)
		} else if values[name][0] != '"' {
			parts[i] = name + " " + parts[i]
		}
	}
	return strings.Join(parts, ", ")
}

// plainValue is a JSON value as it would be said.
func plainValue(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}
