package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"strings"

	"github.com/google/uuid"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

type recordCmd struct {
	remote
	output
	File string `arg:"" optional:"" help:"CloudEvents, one a line or as a JSON array; - is standard input."`

	Type    string  `group:"A single event" placeholder:"TYPE" help:"Such as complaint.raised; rapport schema lists them."`
	Account string  `group:"A single event" placeholder:"ID" help:"The account's id."`
	Data    string  `group:"A single event" placeholder:"JSON" help:"The data as a JSON object; {} if absent."`
	ID      string  `group:"A single event" placeholder:"ID" help:"Made up if absent."`
	Source  string  `group:"A single event" placeholder:"SOURCE" help:"With the id, the event's name for ever; cli if absent."`
	Time    instant `group:"A single event" placeholder:"TIME" help:"When it happened; now if absent."`
	Actor   string  `group:"A single event" placeholder:"WHO" help:"Who did or observed it."`
}

// Help says more than fits a line.
func (recordCmd) Help() string {
	return `Events are sent in batches, in order, and what is refused does not keep the others out. It is safe to run again: what is recorded already is a duplicate.

A table shows what was refused and a summary; the other formats have every receipt. The exit code is 1 if anything was refused.

    rapport record events.ndjson
    rapport record --type complaint.raised --account acme \
        --data '{"complaint":"C-1","severity":3}'`
}

func (c *recordCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	switch {
	case c.File != "" && c.Type+c.Account+c.Data+c.ID+c.Source+c.Time.String()+c.Actor != "":
		return usageError("give a file, or --type and what goes with it, not both")
	case c.Type != "":
		event, err := c.event()
		if err != nil {
			return err
		}
		return c.report(e, recording(e.ctx, remote, one(event)))
	case c.File == "":
		return usageError("give a file, or - for standard input, or --type for a single event")
	}
	in := e.stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	return c.report(e, recording(e.ctx, remote, readEvents(in)))
}

// report prints receipts and fails if anything was refused.
func (o output) report(e *env, receipts iter.Seq2[api.Receipt, error]) error {
	count := map[string]int{}
	counted := func(yield func(api.Receipt, error) bool) {
		for r, err := range receipts {
			if err == nil {
				count[r.Status]++
			}
			if !yield(r, err) {
				return
			}
		}
	}
	var err error
	if o.Output != "table" {
		err = write(e, o, counted, receiptColumns)
	} else {
		err = summarise(e, counted)
		fmt.Fprintf(e.stdout, "%d recorded, %d recorded before, %d rejected\n",
			count[api.StatusRecorded], count[api.StatusDuplicate], count[api.StatusRejected])
	}
	if err == nil && count[api.StatusRejected] > 0 {
		return errSaid
	}
	return err
}

// summarise shows the receipts of a few events, and of many nothing but why some were
// refused.
func summarise(e *env, receipts iter.Seq2[api.Receipt, error]) error {
	const few = 10
	var accepted, rejected []api.Receipt
	var failed error
	for r, err := range receipts {
		switch {
		case err != nil:
			failed = err
		case r.Status == api.StatusRejected:
			rejected = append(rejected, r)
		case len(accepted) <= few:
			accepted = append(accepted, r)
		}
	}
	if n := len(accepted); n > 0 && n <= few {
		if err := writeTable(e.stdout, each(accepted), receiptColumns); err != nil {
			return err
		}
	}
	for _, r := range rejected {
		name := strings.TrimSpace(r.Source + " " + r.ID)
		if name == "" {
			name = "an event without a name"
		}
		fmt.Fprintf(e.stdout, "rejected: %s\n", clean(name, false))
		fmt.Fprintln(e.stdout, " ", strings.ReplaceAll(sentence(r.Problem), "\n", "\n  "))
	}
	return failed
}

// event is the event that the flags say.
func (c *recordCmd) event() (json.RawMessage, error) {
	data := cmp.Or(c.Data, "{}")
	event := map[string]any{"specversion": "1.0", "id": c.ID, "source": cmp.Or(c.Source, "cli"), "type": wireType(c.Type), "data": json.RawMessage(data)}
	if !json.Valid([]byte(data)) {
		return nil, usageError("--data is not JSON")
	}
	if c.ID == "" {
		event["id"] = uuid.Must(uuid.NewV7()).String()
	}
	if c.Account != "" {
		event["subject"] = c.Account
	}
	if c.Actor != "" {
		event["actor"] = c.Actor
	}
	if !c.Time.IsZero() {
		event["time"] = c.Time.String()
	}
	return json.Marshal(event)
}

func one(event json.RawMessage) producer {
	return func(yield func(item) bool) error { yield(item{event: event}); return nil }
}

// wireType is the CloudEvents type of a stored name; what it does not know it leaves
// for the server to refuse.
func wireType(name string) string {
	if t, version, ok := codec.ResolveType(name); ok {
		return fmt.Sprintf("%s%s.v%d", domain.Prefix, t, version)
	}
	return name
}

var receiptColumns = []column[api.Receipt]{
	{name: "status", title: "STATUS", value: func(r api.Receipt) string { return r.Status }, alarm: func(r api.Receipt) bool { return r.Status == api.StatusRejected }},
	{name: "position", title: "POS", value: func(r api.Receipt) string { return absent(r.Position) }, right: true},
	{name: "revision", title: "REV", value: func(r api.Receipt) string { return absent(r.Revision) }, right: true},
	{name: "account", title: "ACCOUNT", value: func(r api.Receipt) string { return r.Account }, flex: true},
	{name: "source", title: "SOURCE", value: func(r api.Receipt) string { return r.Source }, flex: true},
	{name: "id", title: "ID", value: func(r api.Receipt) string { return r.ID }, flex: true},
	{name: "problem", value: func(r api.Receipt) string { return why(r.Problem) }},
}

// absent is a number that is empty if it is 0.
func absent[N ~uint64](n N) string {
	if n == 0 {
		return ""
	}
	return number(n)
}
