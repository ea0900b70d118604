package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

func TestEveryEventReadsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	seeds(t, 3000, func(t *testing.T, g *generator) {
		e := g.envelope()
		stored, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if e.OccurredAt.IsZero() {
			return // the recorder sets a time before it stores
		}
		rec, err := Decode(storedAs(stored, e.Account))
		if err != nil {
			t.Fatal(err)
		}
		got, err := rec.Decode()
		if err != nil {
			t.Fatalf("%v\n%s", err, rec.JSON)
		}
		equal(t, "event", got.Envelope, e)
		if got.Position != 42 || got.Revision != 7 || got.RecordedAt.IsZero() {
			t.Errorf("the ledger's attributes are lost: %+v", got)
		}
		again, err := Encode(got.Envelope)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "stored again", again, stored)
		if !json.Valid(rec.JSON) {
			t.Errorf("not JSON: %s", rec.JSON)
		}
	})
}

// fromBinary is FromHeaders for what [Attributes] gives.
func fromBinary(attributes map[string]string, data []byte) (Record, error) {
	return FromHeaders(func(name string) string { return attributes[name] }, data)
}

func TestThePublishedFormReadsBackAsTheRecord(t *testing.T) {
	t.Parallel()
	seeds(t, 2000, func(t *testing.T, g *generator) {
		want := g.record()
		attributes := Attributes(want)
		got, err := fromBinary(attributes, want.JSON)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "record", got, want)
		for name, value := range attributes {
			for i := range len(value) {
				if value[i] <= ' ' || value[i] > '~' {
					t.Errorf("header %s is not plain ASCII: %q", name, value)
				}
			}
		}
	})
}

func TestALineOfTheLogCanBeReadBack(t *testing.T) {
	t.Parallel()
	seeds(t, 2000, func(t *testing.T, g *generator) {
		rec := g.record()
		back, err := FromStructured(AppendStructured(nil, rec))
		if err != nil {
			t.Fatalf("%v\n%s", err, AppendStructured(nil, rec))
		}
		got, err := back.Decode()
		if err != nil {
			t.Fatal(err)
		}
		want, err := rec.Decode()
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "record", got, want)
	})
	for _, line := range []string{"", "{", "[]", `{"type":1}`, `{"sequence":"1"}`} {
		if r, err := FromStructured([]byte(line)); err == nil {
			t.Errorf("%q was read as %+v", line, r)
		}
	}
}

func TestAnExportCanBeSentAgain(t *testing.T) {
	t.Parallel()
	seeds(t, 2000, func(t *testing.T, g *generator) {
		rec := g.record()
		want, err := rec.Decode()
		if err != nil {
			t.Fatal(err)
		}
		want.Envelope.Target, want.Envelope.RecordedBy = 0, "" // the ledger sets them anew
		structured, err := ParseStructured(AppendStructured(nil, rec))
		if err != nil {
			t.Fatalf("%v\n%s", err, AppendStructured(nil, rec))
		}
		equal(t, "structured", structured, want.Envelope)
		binary, err := ParseBinary(Attributes(rec), "", rec.JSON)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "binary", binary, want.Envelope)
		batch, err := ParseBatch(append(append([]byte(" [ "), AppendStructured(nil, rec)...), ']'))
		if err != nil || len(batch) != 1 || batch[0].Err != nil {
			t.Fatal(err, batch)
		}
		equal(t, "batch", batch[0].Envelope, want.Envelope)
	})
}

func TestWhatTheDoorsAcceptIsValid(t *testing.T) {
	t.Parallel()
	seeds(t, 1000, func(t *testing.T, g *generator) {
		if err := Validate(g.envelope()); err != nil {
			t.Error(err)
		}
	})
}

func TestValidateListsWhatADoorWould(t *testing.T) {
	t.Parallel()
	err := Validate(domain.Envelope{ID: "1", Account: "no account", Data: domain.ComplaintRaised{Severity: 6}})
	refusal, ok := errors.AsType[*domain.Refusal](err)
	if !ok {
		t.Fatalf("got %v, want a refusal", err)
	}
	var got []string
	for _, f := range refusal.Faults {
		got = append(got, f.Location)
	}
	equal(t, "locations", got, []string{"source", "subject", "data.complaint", "data.severity"})
}

// TestTheExampleOfTheFormat has the bytes that FORMAT.md explains.
func TestTheExampleOfTheFormat(t *testing.T) {
	t.Parallel()
	e := domain.Envelope{
		Source: "/s", ID: "1", Account: "acme", OccurredAt: time.Date(2026, 3, 9, 14, 30, 0, 0, time.UTC),
		Data: domain.ComplaintRaised{Complaint: "c-1", Severity: 4, Contact: "jane", Summary: "It broke."},
	}
	stored, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	body := "\x01\x00\x10complaint.raised\x01\x80\xa8\xd9\xcd\x87\xa6\xa6\x06\x00\x00\x00\x00\x00" +
		"\x31" + `{"complaint":"c-1","severity":4,"contact":"jane"}` +
		"\x01\x01\x04jane\x00\x18\x00\x30\x15" + `"summary":"It broke."`
	equal(t, "body", string(stored.Body), body)
	const hash = "dca382faf0d36f76fa73a5fc96b105a8b12fd8f34633f0bf61a729d8d1fa86e2"
	equal(t, "hash", fmt.Sprintf("%x", stored.Hash), hash)

	e.RecordedBy = "28d0333eef"
	if stored, err = Encode(e); err != nil {
		t.Fatal(err)
	}
	by := "\x01\x02" + body[2:33] + "\x0a28d0333eef" + body[33:]
	equal(t, "body with who recorded it", string(stored.Body), by)
	equal(t, "hash with who recorded it", fmt.Sprintf("%x", stored.Hash), hash)
}

func TestPersonalDataIsApartFromThePublicData(t *testing.T) {
	t.Parallel()
	e := domain.Envelope{Source: "/crm", ID: "1", Account: "acme", Data: domain.EntryCorrected{
		Position: 3, Reason: "typo", Type: "rapport.contact.added.v1",
		Data: domain.ContactAdded{Contact: "c1", Name: "Jane Doe", Email: "jane@example.org", Level: "manager"},
	}}
	stored, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	public := []byte(`{"position":3,"reason":"typo","type":"rapport.contact.added.v1","data":{"contact":"c1","level":"manager"}}`)
	if !bytes.Contains(stored.Body, public) {
		t.Errorf("the public data is not there by itself: %q", stored.Body)
	}
	rec, err := Decode(storedAs(stored, "acme"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"position":3,"reason":"typo","type":"rapport.contact.added.v1","data":{"contact":"c1","name":"Jane Doe","email":"jane@example.org","level":"manager"}}`
	equal(t, "data", string(rec.JSON), want)
}

func TestDataStaysJSONWhenPersonsAreForgotten(t *testing.T) {
	t.Parallel()
	seeds(t, 2000, func(t *testing.T, g *generator) {
		w := writer{catalogue: current}
		s, err := w.event(g.event(g.spec()))
		if err != nil {
			t.Fatal(err)
		}
		for i := range w.spans { // as if each were another person's
			w.spans[i].persons = []domain.ID{domain.ID(rune('a' + i))}
		}
		public, parts := cut(w.buf, w.spans)
		var left []fragment
		for _, p := range parts {
			if g.IntN(2) == 0 {
				left = append(left, p.fragments...)
			}
		}
		data, ok := splice(public, left)
		if !ok || !json.Valid(data) || !json.Valid(public) {
			t.Fatalf("%s of %s is not JSON", data, w.buf)
		}
		if _, err := current.decode(s, data); err != nil {
			t.Error(err)
		}
	})
}

func TestDamageIsAnErrorThatNamesThePosition(t *testing.T) {
	t.Parallel()
	seeds(t, 300, func(t *testing.T, g *generator) {
		e := g.envelope()
		stored, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		cutShort(t, stored, e.Account)
	})
}

// cutShort checks that the stored event is found damaged wherever it is cut.
func cutShort(t *testing.T, stored eventstore.Event, account domain.AccountID) {
	t.Helper()
	for n := range len(stored.Body) {
		short := stored
		short.Body = stored.Body[:n]
		_, err := Decode(storedAs(short, account))
		if corruption, ok := errors.AsType[*eventstore.CorruptionError](err); !ok || corruption.Position != 42 {
			t.Fatalf("cut at %d of %d: got %v", n, len(stored.Body), err)
		}
	}
}

func TestATypeOfTheFutureIsNotCalledDamage(t *testing.T) {
	t.Parallel()
	stored, err := Encode(domain.Envelope{Source: "/s", ID: "1", Account: "acme", Data: domain.CommitmentKept{Commitment: "c"}})
	if err != nil {
		t.Fatal(err)
	}
	stored.Body = bytes.Replace(stored.Body, []byte("commitment.kept"), []byte("commitment.kepu"), 1)
	_, err = Decode(storedAs(stored, "acme"))
	if err == nil || errors.Is(err, eventstore.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	nan := 0.0
	nan /= nan
	for name, ev := range map[string]domain.Event{
		"nothing":                    nil,
		"a nil pointer":              (*domain.ComplaintRaised)(nil),
		"not a number":               domain.SurveyAnswered{Score: nan},
		"bytes that are not UTF-8":   domain.ComplaintRaised{Summary: "\xff"},
		"a correction of nothing":    domain.EntryCorrected{Type: "rapport.complaint.raised.v1"},
		"a correction of other data": domain.EntryCorrected{Type: "rapport.complaint.raised.v1", Data: domain.CommitmentKept{}},
	} {
		if _, err := Encode(domain.Envelope{Data: ev}); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

func TestTheTypeOfAStoredEventIsReadWithoutTheRest(t *testing.T) {
	t.Parallel()
	stored := storedAs(mustEncode(t, current, domain.CommitmentKept{Commitment: "c"}), "acme")
	whole := stored.Body
	rest := len("\x01\x00") + 1 + len("commitment.kept")
	stored.Body = whole[:rest]
	if got, err := TypeOf(stored); got != "commitment.kept" || err != nil {
		t.Errorf("its type is %q (%v)", got, err)
	}
	for n := range rest {
		stored.Body = whole[:n]
		if _, err := TypeOf(stored); !errors.Is(err, eventstore.ErrCorrupt) {
			t.Errorf("of %d bytes: error %v, want damage", n, err)
		}
	}
	stored.Body = bytes.Replace(whole, []byte("commitment.kept"), []byte("commitment.lept"), 1)
	if _, err := TypeOf(stored); err == nil || errors.Is(err, eventstore.ErrCorrupt) {
		t.Errorf("of a type that is not known: error %v, want one that says so", err)
	}
}
