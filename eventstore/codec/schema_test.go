package codec

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/rapport-ledger/rapport/domain"
)

// schemas are the compiled schemas of the catalogue.
func schemas(t testing.TB) map[domain.Type]*jsonschema.Schema {
	t.Helper()
	compiled := make(map[domain.Type]*jsonschema.Schema)
	for _, e := range domain.Catalogue {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema(e)))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource("schema.json", doc); err != nil {
			t.Fatal(err)
		}
		if compiled[e.Type], err = c.Compile("schema.json"); err != nil {
			t.Fatalf("%s: %v", e.Type, err)
		}
	}
	return compiled
}

func TestSchemaSaysWhatTheTagsSay(t *testing.T) {
	t.Parallel()
	e, _ := domain.Lookup("complaint.assessed")
	want := `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "rapport.complaint.assessed.v1",
  "description": "How grave a complaint is was assessed.",
  "type": "object",
  "additionalProperties": false,
  "required": [
    "complaint"
  ],
  "properties": {
    "complaint": {
      "type": "string",
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^[^\\p{Z}\\x00-\\x1f\\x7f-\\x9f]([^\\x00-\\x1f\\x7f-\\x9f]*[^\\p{Z}\\x00-\\x1f\\x7f-\\x9f])?$"
    },
    "severity": {
      "type": "integer",
      "minimum": 1,
      "maximum": 5
    },
    "owner": {
      "type": "string",
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]*$"
    }
  }
}`
	if got := string(Schema(e)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if Schema(domain.Entry{Type: "no.such"}) != nil {
		t.Error("a schema for a type that does not exist")
	}
}

func TestSchemaNamesWhosePersonalDataIs(t *testing.T) {
	t.Parallel()
	e, _ := domain.Lookup("interaction.held")
	if got := string(Schema(e)); !strings.Contains(got, `"x-personal": "contacts"`) {
		t.Errorf("got\n%s", got)
	}
}

// beyondSchema are the beginnings and ends of what the doors say of faults that a
// schema cannot see.
var beyondSchema = []string{
	"must be a currency code", "must be a language tag", "must be a time between the years",
	"must be a time of day", "fits in 64 bits",
}

// TestSchemaAndDoorsAgree changes valid data at random and asks both.
func TestSchemaAndDoorsAgree(t *testing.T) {
	t.Parallel()
	compiled := schemas(t)
	accepted, refused := 0, 0
	seeds(t, 4000, func(t *testing.T, g *generator) {
		s := g.spec()
		data, err := EncodeData(g.event(s))
		if err != nil {
			t.Fatal(err)
		}
		for range g.IntN(3) {
			data = g.mutated(t, data)
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		bySchema := compiled[s.Type].Validate(instance)
		subject := "acme"
		if s.LedgerWide {
			subject = "_ledger"
		}
		_, byDoor := ParseBinary(map[string]string{
			"specversion": "1.0", "id": "1", "source": "/s", "type": s.wireType, "subject": subject,
		}, "", data)
		switch {
		case bySchema == nil && byDoor == nil:
			accepted++
		case bySchema != nil && byDoor != nil:
			refused++
		case bySchema == nil && !beyond(t, byDoor):
			t.Errorf("%s: only the door refuses %s\n%v", s.Type, data, byDoor)
		case bySchema != nil:
			t.Errorf("%s: only the schema refuses %s\n%v", s.Type, data, bySchema)
		}
	})
	if accepted < 500 || refused < 500 {
		t.Errorf("%d accepted and %d refused: not a test of both", accepted, refused)
	}
}

func beyond(t *testing.T, err error) bool {
	faults, _ := faultsOf(t, err)
	for line := range strings.Lines(faults) {
		known := strings.HasPrefix(line, "data.data") // the data of a correction
		for _, b := range beyondSchema {
			known = known || strings.Contains(line, b)
		}
		if !known {
			return false
		}
	}
	return true
}

// mutated is the data with a random change somewhere.
func (g *generator) mutated(t *testing.T, data []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	mutated, err := json.Marshal(g.mutate(v))
	if err != nil {
		t.Fatal(err)
	}
	return mutated
}

func (g *generator) mutate(v any) any {
	switch v := v.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		switch {
		case len(names) == 0 || g.IntN(8) == 0:
			v[pick(g, []string{"extra", "reason", "contact", "Severity", ""})] = g.scalarValue()
		case g.IntN(5) == 0:
			delete(v, pick(g, names))
		default:
			name := pick(g, names)
			v[name] = g.mutate(v[name])
		}
		return v
	case []any:
		switch {
		case g.IntN(6) == 0:
			return []any{}
		case g.IntN(6) == 0:
			for range 110 {
				v = append(v, g.scalarValue())
			}
			return v
		case len(v) > 0 && g.IntN(2) == 0:
			i := g.IntN(len(v))
			v[i] = g.mutate(v[i])
			return v
		}
		return append(v, g.scalarValue())
	}
	return g.scalarValue()
}

func (g *generator) scalarValue() any {
	return pick(g, []any{
		nil, true, false, json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("3.0"), json.Number("2.5"),
		json.Number("1e2"), json.Number("1e40"), json.Number("100"), json.Number("0.5"), json.Number("-0"),
		"", " ", "x", "1", "a b", " x", "x ", "x\u00a0", "a\nb", "a\tb", "a\x7fb", "a\u0085b", "us", "customer", "nps",
		strings.Repeat("é", 128), strings.Repeat("é", 129), strings.Repeat("x", 64), strings.Repeat("x", 65),
		strings.Repeat("x", 4000), strings.Repeat("x", 4001), "EUR", "eur", "EUX", "de", "de_DE", "not-a-language-tag",
		"2026-03-09T14:30:00Z", "2026-03-09t14:30:00.123456789z", "2026-03-09T14:30:00+01:00", "2026-02-30T00:00:00Z",
		"2026-03-09", "2026-03-09 14:30:00Z", "2026-03-09T14:30Z", "1850-01-01T00:00:00Z", "2026-03-09T24:00:00Z",
		"2016-12-31T23:59:60Z", "2026-03-09T14:30:00,5Z", "2026-03-09T14:30:00.Z", "2026-03-09T14:30:00+25:00",
		"rapport.complaint.raised.v1", "complaint.raised", "_ledger", "acme", "-acme",
		[]any{}, []any{"x"}, map[string]any{}, map[string]any{"complaint": "c", "severity": json.Number("3")},
	})
}
