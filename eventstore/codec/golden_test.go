package codec

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

var update = flag.Bool("update", false, "add the golden files that are missing; those that exist are never changed")

// goldenFile is one stored version of a type: an event with every field, and one with
// only those that must be there.
type goldenFile struct {
	Full  golden `json:"full"`
	Least golden `json:"least"`
}

// golden is an event as it is published, and the bytes it is stored as.
type golden struct {
	CloudEvent json.RawMessage `json:"cloudevent"`
	Hash       string          `json:"hash"`
	Body       []string        `json:"body"` // hexadecimal, in lines
}

func goldenPath(t domain.Type, version int) string {
	return filepath.Join("testdata", fmt.Sprintf("%s.v%d.json", t, version))
}

func TestEveryStoredVersionHasAGoldenFile(t *testing.T) {
	for _, e := range domain.Catalogue {
		for v := 1; v <= e.Version; v++ {
			path := goldenPath(e.Type, v)
			_, err := os.Stat(path)
			if os.IsNotExist(err) && *update && v == e.Version {
				addGolden(t, path, current.byType[e.Type])
				continue
			}
			if err != nil {
				t.Errorf("%v: run go test ./eventstore/codec -update to add it", err)
			}
		}
	}
}

func TestGoldenFilesAreReadAsTheyWereWritten(t *testing.T) {
	compiled := schemas(t)
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) < len(domain.Catalogue) {
		t.Fatalf("%d golden files, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var file goldenFile
			if err := json.Unmarshal(content, &file); err != nil {
				t.Fatal(err)
			}
			name, version, ok := splitWireType(domain.Prefix + strings.TrimSuffix(filepath.Base(path), ".json"))
			if !ok {
				t.Fatal("the file is not named after a type and a version")
			}
			checkGolden(t, name, version, file.Full, compiled[name])
			checkGolden(t, name, version, file.Least, compiled[name])
		})
	}
}

func checkGolden(t *testing.T, name domain.Type, version int, g golden, schema *jsonschema.Schema) {
	t.Helper()
	body, err := hex.DecodeString(strings.Join(g.Body, ""))
	if err != nil {
		t.Fatal(err)
	}
	var attributes struct{ ID, Source, Subject string }
	if err := json.Unmarshal(g.CloudEvent, &attributes); err != nil {
		t.Fatal(err)
	}
	rec, err := Decode(storedAs(eventstore.Event{
		Source: attributes.Source, ID: attributes.ID, Body: body,
	}, domain.AccountID(attributes.Subject)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := rec.Decode()
	if err != nil {
		t.Fatal(err)
	}
	said, err := ParseStructured(g.CloudEvent)
	if err != nil {
		t.Fatal(err)
	}
	said.Target = got.Target // the ledger's, not the emitter's
	equal(t, "event", got.Envelope, said)
	data, err := jsonschema.UnmarshalJSON(bytes.NewReader(rec.JSON))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(data); err != nil {
		t.Error(err)
	}
	if e, _ := domain.Lookup(name); e.Version != version {
		return // read for ever, and never written again
	}
	again, err := Encode(got.Envelope)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Body, body) {
		t.Errorf("stored bytes changed:\ngot  %x\nwant %x", again.Body, body)
	}
	if hash := fmt.Sprintf("%x", again.Hash); hash != g.Hash {
		t.Errorf("the hash changed: got %s, want %s", hash, g.Hash)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, g.CloudEvent); err != nil {
		t.Fatal(err)
	}
	if published := AppendStructured(nil, rec); !bytes.Equal(published, compact.Bytes()) {
		t.Errorf("published otherwise:\ngot  %s\nwant %s", published, compact.Bytes())
	}
}

func addGolden(t *testing.T, path string, s *spec) {
	t.Helper()
	var file goldenFile
	file.Full = newGolden(t, s, true)
	file.Least = newGolden(t, s, false)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(file); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func newGolden(t *testing.T, s *spec, full bool) golden {
	t.Helper()
	e := domain.Envelope{
		Source: "https://example.org/helpdesk", ID: "4711", Account: "acme",
		OccurredAt: time.Date(2026, 3, 9, 14, 30, 0, 123456000, time.UTC),
		Data:       example(s, full),
	}
	if s.LedgerWide {
		e.Account = domain.Ledger
	}
	if full {
		e.Actor, e.CorrelationID, e.CausationID = "jo@example.org", "case-9", "4710"
		e.TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01"
		e.OccurredAssumed = s.Type.Family() == "interaction"
	}
	if s.Type.Family() == "entry" {
		e.Target = 17
	}
	stored, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := Decode(storedAs(stored, e.Account))
	if err != nil {
		t.Fatal(err)
	}
	g := golden{CloudEvent: AppendStructured(nil, rec), Hash: fmt.Sprintf("%x", stored.Hash)}
	for rest := stored.Body; len(rest) > 0; rest = rest[min(40, len(rest)):] {
		g.Body = append(g.Body, hex.EncodeToString(rest[:min(40, len(rest))]))
	}
	return g
}

// example is an event whose fields say their names.
func example(s *spec, full bool) domain.Event {
	v := reflect.New(s.shape.goType).Elem()
	exampleObject(s.shape, v, full)
	return v.Interface().(domain.Event)
}

func exampleObject(s *shape, v reflect.Value, full bool) {
	for i := range s.fields {
		f, fv := &s.fields[i], v.Field(i)
		switch {
		case f.optional && !full:
		case f.kind == kindEvent:
			inner := current.byType["complaint.raised"]
			v.Field(s.typeAt).SetString(inner.wireType)
			fv.Set(reflect.ValueOf(example(inner, full)))
		case f.pointer:
			fv.Set(reflect.New(fv.Type().Elem()))
			exampleValue(f, fv.Elem(), full, 0)
		case f.list:
			fv.Set(reflect.MakeSlice(fv.Type(), 2, 2))
			exampleValue(f, fv.Index(0), full, 0)
			exampleValue(f, fv.Index(1), full, 1)
		default:
			exampleValue(f, fv, full, 0)
		}
	}
}

func exampleValue(f *field, v reflect.Value, full bool, n int) {
	switch f.kind {
	case kindString:
		v.SetString(exampleText(f, n))
	case kindBool:
		v.SetBool(true)
	case kindInt:
		v.SetInt(int64(f.min) + 1 + int64(n))
	case kindPosition:
		v.SetUint(uint64(17 + n))
	case kindFloat:
		v.SetFloat(min(f.min+0.5+float64(n), max(f.max, f.min+float64(n))))
	case kindTime:
		v.Set(reflect.ValueOf(time.Date(2026, 3, 10+n, 8, 0, 0, 0, time.UTC)))
	case kindStruct:
		exampleObject(f.shape, v, full)
	}
}

func exampleText(f *field, n int) string {
	switch {
	case f.enum != nil:
		return f.enum[n%len(f.enum)]
	case f.format == formatAccount:
		return "other-account"
	case f.format == formatCurrency:
		return "EUR"
	case f.format == formatLanguage:
		return "pt-BR"
	case f.format == formatID:
		return fmt.Sprintf("%s-%d", f.name, n+1)
	case f.maxChars < 20:
		return fmt.Sprintf("%.4s%d", f.name, n)
	case f.prose:
		return fmt.Sprintf("The %s, in \"words\":\nGrüße %d.", strings.ReplaceAll(f.name, "_", " "), n+1)
	}
	return fmt.Sprintf("%s %d", f.name, n+1)
}
