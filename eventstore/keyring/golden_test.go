package keyring

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

var update = flag.Bool("update", false, "make the golden files if they are missing; those that exist are never changed")

// golden is a sealed event as it was once stored, and what it opens to with the keyring
// beside it.
type golden struct {
	Account   domain.AccountID `json:"account"`
	Source    string           `json:"source"`
	ID        string           `json:"id"`
	Body      string           `json:"body"` // hexadecimal
	Public    json.RawMessage  `json:"public"`
	Data      json.RawMessage  `json:"data"`
	Forgotten []domain.ID      `json:"forgotten"`
}

const (
	goldenEvents = "testdata/sealed.v1.json"
	goldenRing   = "testdata/keyring.v1.db"
)

// TestSealedEventsOfTheFirstFormatOpen holds the stored form of sealed parts, the
// derivation of keys and the keyring's own file still.
func TestSealedEventsOfTheFirstFormatOpen(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(goldenEvents); *update && os.IsNotExist(err) {
		makeGolden(t)
	}
	ring, err := os.ReadFile(goldenRing)
	must(t, err)
	content, err := os.ReadFile(goldenEvents)
	must(t, err)
	var events []golden
	must(t, json.Unmarshal(content, &events))
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, FileName), ring, 0o600))
	k := reopen(t, dir, aMaster)
	for i, g := range events {
		record := g.decode(t)
		check(t, "public data", string(record.JSON), string(g.Public))
		opened, forgotten, err := record.Open(k)
		must(t, err)
		check(t, "data", string(opened.JSON), string(g.Data))
		if len(forgotten) != len(g.Forgotten) {
			t.Errorf("event %d: forgotten are %v, want %v", i, forgotten, g.Forgotten)
		}
		for n := range forgotten {
			check(t, "forgotten", string(forgotten[n].Contact), string(g.Forgotten[n]))
		}
	}
	if len(events) < 5 {
		t.Errorf("there are only %d events", len(events))
	}
}

func (g golden) decode(t *testing.T) codec.Record {
	t.Helper()
	body, err := hex.DecodeString(g.Body)
	must(t, err)
	record, err := codec.Decode(eventstore.Recorded{
		Event: eventstore.Event{Source: g.Source, ID: g.ID, Body: body}, Stream: g.Account, Position: 1, Revision: 1, RecordedAt: noon,
	})
	must(t, err)
	return record
}

func makeGolden(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	k := reopen(t, dir, aMaster)
	var events []golden
	for _, data := range []domain.Event{
		domain.ContactAdded{Contact: "jane", Name: "Jane Doe", Email: "jane@example.org", Level: "manager"},
		domain.InteractionHeld{Kind: "call", Contacts: []domain.ID{"joe", "jim", "jack"}, Notes: "They spoke of \"prices\"."},
		domain.InteractionHeld{Kind: "call", Contacts: []domain.ID{"joe", "jane"}, Notes: "They spoke."},
		domain.MeetingOutcomeRecorded{Meeting: "m", Summary: "It went well."},
		domain.EntryCorrected{Position: 3, Reason: "typo", Type: "rapport.voice.captured.v1",
			Data: domain.VoiceCaptured{Contact: "joe", Verbatim: "Grüße", Language: "de"}},
	} {
		e := domain.Envelope{Source: "/crm", ID: "1", Account: "acme", OccurredAt: noon, Data: data}
		stored, err := codec.EncodeSealed(e, k)
		must(t, err)
		events = append(events, golden{Account: e.Account, Source: e.Source, ID: e.ID, Body: hex.EncodeToString(stored.Body)})
	}
	must(t, k.Sync(t.Context()))
	forget(t, k, told("f1", "acme", "jane"))
	for i := range events {
		record := events[i].decode(t)
		opened, forgotten, err := record.Open(k)
		must(t, err)
		events[i].Public, events[i].Data = record.JSON, opened.JSON
		for _, f := range forgotten {
			events[i].Forgotten = append(events[i].Forgotten, f.Contact)
		}
	}
	must(t, os.MkdirAll("testdata", 0o755))
	must(t, CopyFile(t.Context(), dir, goldenRing))
	file := []byte("[\n")
	for i, g := range events {
		line, err := json.Marshal(g)
		must(t, err)
		if file = append(append(file, "  "...), line...); i < len(events)-1 {
			file = append(file, ',')
		}
		file = append(file, '\n')
	}
	must(t, os.WriteFile(goldenEvents, append(file, "]\n"...), 0o644))
}
