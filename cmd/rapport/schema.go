package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/asyncapi"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

type schemaCmd struct {
	output
	AsyncAPI bool   `name:"asyncapi" help:"Print the AsyncAPI document about NATS instead: subjects, messages and their schemas."`
	Type     string `arg:"" optional:"" help:"Event type, such as complaint.raised; all if absent."`
}

// Run needs no server: the catalogue is in the program.
func (c *schemaCmd) Run(e *env) error {
	if c.AsyncAPI {
		return c.printAsyncAPI(e)
	}
	if c.Type == "" {
		return write(e, c.output, each(api.Schemas().Items), schemaColumns)
	}
	t, _, ok := codec.ResolveType(c.Type)
	if !ok {
		return fmt.Errorf("no event type is called %q; rapport schema lists them", c.Type)
	}
	entry, _ := domain.Lookup(t)
	schema := api.SchemaOf(entry)
	switch c.Output {
	case "json":
		return writeIndented(e.stdout, schema)
	case "ndjson":
		return writeJSON(e.stdout, schema)
	}
	fields, err := fieldsOf(schema.Schema)
	if err != nil {
		return err
	}
	if c.Output == "table" {
		fmt.Fprintf(e.stdout, "%s: %s\nCloudEvents type %s\nNATS subject %s\n\n", schema.Name, schema.Doc, schema.Type, schema.Subject)
	}
	return write(e, c.output, each(fields), fieldColumns)
}

// printAsyncAPI prints the document that a server gives at /asyncapi.json.
func (c *schemaCmd) printAsyncAPI(e *env) error {
	if c.Type != "" {
		return errors.New("--asyncapi is about all event types; leave out " + c.Type)
	}
	document, err := asyncapi.Document(programVersion(), (*app)(nil).published())
	if err == nil {
		_, err = e.stdout.Write(document)
	}
	return err
}

// each makes a list a sequence that cannot fail.
func each[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

var schemaColumns = []column[api.Schema]{
	{name: "name", title: "TYPE", value: func(s api.Schema) string { return s.Name }},
	{name: "type", value: func(s api.Schema) string { return s.Type }},
	{name: "subject", value: func(s api.Schema) string { return s.Subject }},
	{name: "doc", title: "WHAT IT SAYS", value: func(s api.Schema) string { return s.Doc }, flex: true},
	{name: "touch", title: "CONTACT", value: func(s api.Schema) string { return fmt.Sprint(s.Touch) }, show: func(s api.Schema) string { return []string{"", "yes"}[truth(s.Touch)] }},
	{name: "ledger_wide", value: func(s api.Schema) string { return fmt.Sprint(s.LedgerWide) }},
	{name: "anywhere", value: func(s api.Schema) string { return fmt.Sprint(s.Anywhere) }},
}

// field is one field of an event's data.
type field struct {
	name, kind, doc string
	required        bool
}

var fieldColumns = []column[field]{
	{name: "field", title: "FIELD", value: func(f field) string { return f.name }},
	{name: "required", title: "NEEDED", value: func(f field) string { return fmt.Sprint(f.required) }, show: func(f field) string { return []string{"", "yes"}[truth(f.required)] }},
	{name: "type", title: "VALUE", value: func(f field) string { return f.kind }, flex: true},
	{name: "doc", title: "MEANING", value: func(f field) string { return f.doc }, flex: true},
}

// property is what of a JSON Schema a table shows.
type property struct {
	Type        string          `json:"type"`
	Format      string          `json:"format"`
	Description string          `json:"description"`
	Enum        []string        `json:"enum"`
	Minimum     json.Number     `json:"minimum"`
	Maximum     json.Number     `json:"maximum"`
	Items       json.RawMessage `json:"items"`
}

func fieldsOf(schema json.RawMessage) ([]field, error) {
	var s struct {
		Required   []string        `json:"required"`
		Properties json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		return nil, err
	}
	names, err := keys(s.Properties)
	if err != nil {
		return nil, err
	}
	var properties map[string]property
	if err := json.Unmarshal(s.Properties, &properties); err != nil {
		return nil, err
	}
	fields := make([]field, len(names))
	for i, name := range names {
		p := properties[name]
		fields[i] = field{name: name, kind: p.kind(), doc: p.Description, required: slices.Contains(s.Required, name)}
	}
	return fields, nil
}

// keys are an object's, in the order they are written.
func keys(object json.RawMessage) ([]string, error) {
	d := json.NewDecoder(strings.NewReader(string(object)))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var names []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		names = append(names, fmt.Sprint(name))
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			return nil, err
		}
	}
	return names, nil
}

func (p property) kind() string {
	kind := p.Type
	switch {
	case p.Enum != nil:
		kind = strings.Join(p.Enum, ", ")
	case p.Format != "":
		kind = p.Format
	case p.Type == "array":
		var item property
		kind = "list"
		if json.Unmarshal(p.Items, &item) == nil && item.kind() != "" {
			kind += " of " + item.kind()
		}
	}
	if p.Minimum != "" || p.Maximum != "" {
		kind += fmt.Sprintf(" %s to %s", p.Minimum, p.Maximum)
	}
	return kind
}
