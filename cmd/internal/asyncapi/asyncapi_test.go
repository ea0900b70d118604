package asyncapi

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/feed"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

func render(context.Context, domain.AccountID) (map[string][]byte, error) { return nil, nil }

// document is the document of a ledger with a bucket and a projection without one.
func document(t *testing.T) object {
	t.Helper()
	b, err := Document("1.2.3", []feed.Projection{{Name: "timeline"}, {Name: "trust", Render: render, Answer: api.Trust{}}})
	if err != nil {
		t.Fatal(err)
	}
	var d object
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// at follows a path of names.
func at(t *testing.T, v any, path ...string) any {
	t.Helper()
	for i, name := range path {
		o, ok := v.(object)
		if v, ok = o[name]; !ok {
			t.Fatalf("there is no %s", strings.Join(path[:i+1], "/"))
		}
	}
	return v
}

// The schema is AsyncAPI's own, as its package @asyncapi/specs has it (Apache-2.0).
func TestTheDocumentIsValidByTheSchemaOfAsyncAPI(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/asyncapi-3.0.0.schema.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(z)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("asyncapi.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d := document(t)
	if err := compiled.Validate(d); err != nil {
		t.Error(err)
	}
	delete(at(t, d, "operations", "record").(object), "action")
	if err := compiled.Validate(d); err == nil {
		t.Error("the schema has nothing against an operation without an action")
	}
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	t.Parallel()
	d := document(t)
	n := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case object:
			if ref, ok := v["$ref"].(string); ok {
				n++
				at(t, d, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			}
			for _, member := range v {
				walk(member)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(d)
	if n < 3*len(domain.Catalogue) {
		t.Errorf("%d references, want three for each type at least", n)
	}
}

func TestEveryTypeOfTheCatalogueIsThereOnce(t *testing.T) {
	t.Parallel()
	d := document(t)
	told := at(t, d, "channels", "ledger", "messages").(object)
	subjects := map[string]bool{}
	for _, name := range at(t, d, "channels", "ledger", "parameters", "type", "enum").([]any) {
		subjects["ledger."+name.(string)] = true
	}
	names := map[string]int{}
	for name := range told {
		names[at(t, d, "components", "messages", name, "name").(string)]++
	}
	for _, e := range domain.Catalogue {
		if names[e.CloudEventType()] != 1 || !subjects[e.Subject()] {
			t.Errorf("%s: %d messages, subject %v", e.Type, names[e.CloudEventType()], subjects[e.Subject()])
		}
		at(t, d, "components", "schemas", e.CloudEventType())
	}
	if len(told) != len(domain.Catalogue) || len(subjects) != len(domain.Catalogue) {
		t.Errorf("%d messages and %d subjects for %d types", len(told), len(subjects), len(domain.Catalogue))
	}
}

func TestWhatIsPublishedOnTheLedgerHasNoPersonalData(t *testing.T) {
	t.Parallel()
	d := document(t)
	payload := at(t, d, "components", "messages", "contact.added", "payload", "$ref").(string)
	public := at(t, d, strings.Split(strings.TrimPrefix(payload, "#/"), "/")...)
	if _, there := at(t, public, "properties").(object)["name"]; there || slices.Contains(at(t, public, "required").([]any), "name") {
		t.Errorf("published with a name: %v", public)
	}
	at(t, public, "properties", "level")
	whole := at(t, d, "components", "schemas", "rapport.contact.added.v1")
	if at(t, whole, "properties", "name", "x-personal") != "contact" || !slices.Contains(at(t, whole, "required").([]any), "name") {
		t.Errorf("the schema for emitters is %v", whole)
	}
	if got := at(t, d, "components", "messages", "job.completed", "payload", "$ref"); got != "#/components/schemas/rapport.job.completed.v1" {
		t.Errorf("an event without personal data has the payload %v", got)
	}
}

func TestTheHeadersAreThoseThatTheLedgerPublishes(t *testing.T) {
	t.Parallel()
	r := codec.Record{Type: "entry.retracted"}
	now := time.Date(2026, 3, 9, 14, 30, 0, 0, time.UTC)
	r.Recorded = domain.Recorded{
		Envelope: domain.Envelope{
			Source: "s", ID: "i", Account: "acme", OccurredAt: now, OccurredAssumed: true, Actor: "a", CorrelationID: "c",
			CausationID: "c", TraceParent: "t", Target: 3,
		},
		Position: 4, Revision: 2, RecordedAt: now,
	}
	r.RecordedBy = "p"
	full := codec.Attributes(r)
	r.OccurredAssumed, r.Actor, r.CorrelationID, r.CausationID, r.TraceParent, r.Target, r.RecordedBy = false, "", "", "", "", 0, ""
	least := codec.Attributes(r)
	headers := at(t, document(t), "components", "schemas", "CloudEventHeaders")
	var all []string
	for name := range at(t, headers, "properties").(object) {
		all = append(all, strings.TrimPrefix(name, "ce-"))
	}
	var required []string
	for _, name := range at(t, headers, "required").([]any) {
		required = append(required, strings.TrimPrefix(name.(string), "ce-"))
	}
	slices.Sort(all)
	slices.Sort(required)
	if want := slices.Sorted(maps.Keys(full)); !slices.Equal(all, want) {
		t.Errorf("headers\n  %v, want\n  %v", all, want)
	}
	if want := slices.Sorted(maps.Keys(least)); !slices.Equal(required, want) {
		t.Errorf("required headers\n  %v, want\n  %v", required, want)
	}
}

func TestABucketSaysWhatIsInIt(t *testing.T) {
	t.Parallel()
	d := document(t)
	if got := at(t, d, "channels", "kv.trust", "address"); got != "$KV.trust.{key}" {
		t.Errorf("the bucket is at %v", got)
	}
	if got := at(t, d, "components", "messages", "kv.trust", "payload", "$ref"); got != "#/components/schemas/Trust" {
		t.Errorf("its values are %v", got)
	}
	if _, there := at(t, d, "channels").(object)["kv.timeline"]; there {
		t.Error("a projection without answers has a bucket")
	}
	_, err := Document("1.2.3", []feed.Projection{{Name: "trust", Render: render}})
	if err == nil || !strings.Contains(err.Error(), "projection trust") {
		t.Errorf("a bucket of nobody knows what: %v", err)
	}
}
