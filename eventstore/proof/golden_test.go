package proof_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/memory"
	"github.com/rapport-ledger/rapport/eventstore/proof"
)

var update = flag.Bool("update", false, "write the golden files of what is made today")

// golden compares with a file, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

var goldenEvent = eventstore.Recorded{
	Event: eventstore.Event{
		Source: "https://erp.example/de", ID: "2026-03/0815",
		Hash: sha256.Sum256([]byte("content")), Body: []byte("a body"),
	},
	Stream: "acme", Position: 20832, Revision: 7,
	RecordedAt: time.Date(2026, 3, 9, 14, 30, 0, 250_000_000, time.UTC),
}

func TestTheRecordIsWhatWasAlwaysHashed(t *testing.T) {
	t.Parallel()
	b := proof.RecordOf(goldenEvent).Append(nil)
	leaf := proof.Leaf(b)
	golden(t, "record.v1.txt", []byte(hex.EncodeToString(b)+"\n"+hex.EncodeToString(leaf[:])+"\n"))
	if leaf != tlog.RecordHash(b) {
		t.Error("the leaf is not the one of tlog")
	}
	r, err := proof.ParseRecord(b)
	if err != nil || r != proof.RecordOf(goldenEvent) {
		t.Errorf("read back %+v, %v", r, err)
	}
}

// goldenKey is a key that signs nothing but what is in testdata.
const goldenKey = "PRIVATE+KEY+golden.example/log+6b905f46+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"

func TestCheckpointsAndProofsAreWhatTheyAlwaysWere(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	if err := os.MkdirAll(p.keys, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.keys, "checkpoint.key"), []byte(goldenKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := p.options()
	o.Origin = "golden.example/log"
	log := memory.New(memory.WithClock(clock()))
	n, _ := start(t, log, o)
	record(t, log, 5)
	if _, err := n.Covering(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	record(t, log, 300)
	event, err := n.ProveEvent(t.Context(), eventAt(t, log, 258))
	if err != nil {
		t.Fatal(err)
	}
	growth, err := n.ProveGrowth(5, 300)
	if err != nil {
		t.Fatal(err)
	}
	event.Event = json.RawMessage(`{"id":"e-258"}`)
	golden(t, "checkpoints", []byte(growth.From+"\n"+growth.To+"\n"))
	golden(t, "checkpoint.pub", []byte(n.Public()+"\n"))
	golden(t, "event-proof.v1.json", indented(t, event))
	golden(t, "consistency-proof.v1.json", indented(t, growth))
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// goldenProofs are the proofs of testdata and the key they are checked with.
func goldenProofs(t testing.TB) (key string, files [][]byte) {
	t.Helper()
	pub, err := os.ReadFile(filepath.Join("testdata", "checkpoint.pub"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"event-proof.v1.json", "consistency-proof.v1.json"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	return strings.TrimSpace(string(pub)), files
}

func TestEveryProofEverWrittenStillProves(t *testing.T) {
	t.Parallel()
	text, files := goldenProofs(t)
	key, err := proof.ParsePublic(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range files {
		p, err := proof.ParseProof(b)
		if err != nil {
			t.Fatal(err)
		}
		switch p := p.(type) {
		case *proof.EventProof:
			_, err = p.Check(key)
		case *proof.GrowthProof:
			_, _, err = p.Check(key)
		}
		if err != nil {
			t.Error(err)
		}
	}
}
