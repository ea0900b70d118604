package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// glass seals so that a test can see through: the contacts, what it is bound to and the
// content, with every bit turned. Contacts in gone are forgotten.
type glass struct{ gone []domain.ID }

func turned(b []byte) []byte {
	b = bytes.Clone(b)
	for i := range b {
		b[i] = ^b[i]
	}
	return b
}

func lid(account domain.AccountID, contacts []domain.ID, bound []byte) []byte {
	return fmt.Appendf(nil, "%s %q %x:", account, contacts, bound)
}

func (glass) Seal(account domain.AccountID, contacts []domain.ID, bound, content []byte) ([]byte, error) {
	return append(lid(account, contacts, bound), turned(content)...), nil
}

func (g glass) Open(account domain.AccountID, contacts []domain.ID, bound, sealed []byte) ([]byte, []Forgotten, error) {
	var gone []Forgotten
	for _, c := range contacts {
		if slices.Contains(g.gone, c) {
			gone = append(gone, Forgotten{Contact: c, Position: 99})
		}
	}
	if gone != nil {
		return nil, gone, nil
	}
	content, ok := bytes.CutPrefix(sealed, lid(account, contacts, bound))
	if !ok {
		return nil, nil, errors.New("sealed for something else")
	}
	return turned(content), nil, nil
}

func sealedRecord(t *testing.T, e domain.Envelope) Record {
	t.Helper()
	stored, err := EncodeSealed(e, glass{})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	if stored.Hash != plain.Hash {
		t.Errorf("sealing changes the hash")
	}
	rec, err := Decode(storedAs(stored, e.Account))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestASealedEventOpensAsItWasWritten(t *testing.T) {
	t.Parallel()
	seeds(t, 3000, func(t *testing.T, g *generator) {
		e := g.envelope()
		if e.OccurredAt.IsZero() {
			return // the recorder sets a time before it stores
		}
		rec := sealedRecord(t, e)
		if !json.Valid(rec.JSON) {
			t.Fatalf("not JSON: %s", rec.JSON)
		}
		if _, err := rec.Decode(); err != nil {
			t.Fatalf("the public data is no event: %v", err)
		}
		opened, forgotten, err := rec.Open(glass{})
		if err != nil || forgotten != nil || opened.Sealed() {
			t.Fatal(err, forgotten)
		}
		got, err := opened.Decode()
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "event", got.Envelope, e)
		whole, err := EncodeData(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "data", string(opened.JSON), string(whole))
	})
}

func TestOnlyTheForgottenPersonsPartIsMissing(t *testing.T) {
	t.Parallel()
	rec := sealedRecord(t, domain.Envelope{
		Source: "/crm", ID: "1", Account: "acme", OccurredAt: time.Unix(0, 0).UTC(),
		Data: domain.InteractionHeld{Kind: "call", Contacts: []domain.ID{"jane", "joe"}, Notes: "They spoke."},
	})
	for _, gone := range []domain.ID{"jane", "joe"} {
		opened, forgotten, err := rec.Open(glass{gone: []domain.ID{gone}})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "forgotten", forgotten, []Forgotten{{Contact: gone, Position: 99}})
		equal(t, "data", string(opened.JSON), `{"kind":"call","contacts":["jane","joe"]}`)
	}
	opened, forgotten, err := rec.Open(glass{gone: []domain.ID{"jim"}})
	if err != nil || forgotten != nil {
		t.Fatal(err, forgotten)
	}
	equal(t, "data", string(opened.JSON), `{"kind":"call","contacts":["jane","joe"],"notes":"They spoke."}`)
}

func TestACorrectionsPersonalDataIsSealedToo(t *testing.T) {
	t.Parallel()
	rec := sealedRecord(t, domain.Envelope{
		Source: "/crm", ID: "1", Account: "acme", OccurredAt: time.Unix(0, 0).UTC(), Target: 3,
		Data: domain.EntryCorrected{Position: 3, Reason: "typo", Type: "rapport.contact.added.v1",
			Data: domain.ContactAdded{Contact: "jane", Name: "Jane Doe", Email: "jane@example.org", Level: "manager"}},
	})
	public := `{"position":3,"reason":"typo","type":"rapport.contact.added.v1","data":{"contact":"jane","level":"manager"}}`
	equal(t, "public data", string(rec.JSON), public)
	opened, forgotten, err := rec.Open(glass{gone: []domain.ID{"jane"}})
	if err != nil || len(forgotten) != 1 {
		t.Fatal(err, forgotten)
	}
	equal(t, "data", string(opened.JSON), public)
}

func TestWhoWasForgottenIsToldInAnAttribute(t *testing.T) {
	t.Parallel()
	rec := sealedRecord(t, domain.Envelope{
		Source: "/crm", ID: "1", Account: "acme", OccurredAt: time.Unix(0, 0).UTC(),
		Data: domain.VoiceCaptured{Contact: `j"d`, Verbatim: "Thank you."},
	})
	at := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	b := AppendStructured(nil, rec, Forgotten{Contact: `j"d`, Position: 99, At: at}, Forgotten{Contact: "joe", Position: 100, At: at})
	var e cloudevents.Event
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatalf("the SDK cannot read %s: %v", b, err)
	}
	equal(t, "forgotten", e.Extensions()["forgotten"],
		`[{"contact":"j\"d","position":99,"at":"2026-03-09T00:00:00Z"},{"contact":"joe","position":100,"at":"2026-03-09T00:00:00Z"}]`)
	if _, err := ParseStructured(b); err == nil {
		t.Error("a door takes an event with data missing for the whole")
	}
}

func TestASealedPartOpensNowhereElse(t *testing.T) {
	t.Parallel()
	e := domain.Envelope{
		Source: "/crm", ID: "1", Account: "acme", OccurredAt: time.Unix(0, 0).UTC(),
		Data: domain.VoiceCaptured{Contact: "jane", Verbatim: "Thank you."},
	}
	stored, err := EncodeSealed(e, glass{})
	if err != nil {
		t.Fatal(err)
	}
	for name, move := range map[string]func(*eventstore.Recorded){
		"another account": func(r *eventstore.Recorded) { r.Stream = "bolt" },
		"another source":  func(r *eventstore.Recorded) { r.Source = "/erp" },
		"another id":      func(r *eventstore.Recorded) { r.ID = "2" },
	} {
		moved := storedAs(stored, e.Account)
		move(&moved)
		rec, err := Decode(moved)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := rec.Open(glass{}); !errors.Is(err, eventstore.ErrCorrupt) {
			t.Errorf("it opens in %s: %v", name, err)
		}
	}
}

func TestASealedEventOfAnOlderVersionIsOpenedAsTheCurrentOne(t *testing.T) {
	t.Parallel()
	stored, err := lettersBefore(t).encode(domain.Envelope{
		Source: "/post", ID: "1", Account: "acme", OccurredAt: time.Unix(0, 0).UTC(),
		Data: letterSentV1{Contact: "c1", Greeting: "Dear Jane,", Text: "thank you.", Pages: 3},
	}, glass{})
	if err != nil {
		t.Fatal(err)
	}
	c := lettersAfter(t)
	rec, err := c.decodeStored(storedAs(stored, "acme"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "public data", string(rec.JSON), `{"text":"Dear Jane, ","contact":"c1","sheets":2}`)
	opened, _, err := c.open(rec, glass{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "data", string(opened.JSON), `{"text":"Dear Jane, thank you.","contact":"c1","sheets":2}`)
	forgotten, _, err := c.open(rec, glass{gone: []domain.ID{"c1"}})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "data of somebody forgotten", string(forgotten.JSON), `{"text":"Dear Jane, ","contact":"c1","sheets":2}`)
}

func TestDamageInASealedEventIsAnErrorThatNamesThePosition(t *testing.T) {
	t.Parallel()
	seeds(t, 100, func(t *testing.T, g *generator) {
		e := g.envelope()
		stored, err := EncodeSealed(e, glass{})
		if err != nil {
			t.Fatal(err)
		}
		cutShort(t, stored, e.Account)
	})
}
