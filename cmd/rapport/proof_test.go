package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/memory"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
	"github.com/rapport-ledger/rapport/eventstore/proof"
)

// rapport runs the command line and gives its exit code and what it printed.
func rapport(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// proved is a ledger with some events, and the files an auditor works with.
type proved struct {
	*ledger
	data, key, event, growth string
}

func newProved(t *testing.T) proved {
	t.Helper()
	p := proved{data: t.TempDir()}
	p.ledger = startLedgerIn(t, p.data)
	files := t.TempDir()
	p.key, p.event, p.growth = filepath.Join(files, "key"), filepath.Join(files, "event.json"), filepath.Join(files, "growth.json")
	for i := range 3 {
		p.record(complaint(fmt.Sprint("p-", i), "acme"))
	}
	if err := os.WriteFile(p.key, []byte(p.get("/v1/checkpoint/key").body), 0o600); err != nil {
		t.Fatal(err)
	}
	// Each proof is of an event that no checkpoint covers yet, and so has one made.
	for _, args := range [][]string{{"p-2", "-o", p.event}, {"p-3", "--source", "test", "-o", p.growth + ".event"}} {
		if code, _, stderr := rapport(t, append([]string{"prove", "--server", p.url}, args...)...); code != exitOK {
			t.Fatalf("prove %v: exit %d: %s", args, code, stderr)
		}
		p.record(complaint("p-3", "acme"))
	}
	if code, _, stderr := rapport(t, "prove", "--server", p.url, "--from", "3", "-o", p.growth); code != exitOK {
		t.Fatalf("prove --from 3: exit %d: %s", code, stderr)
	}
	return p
}

func TestAProofIsCheckedWithoutTheServer(t *testing.T) {
	t.Parallel()
	p := newProved(t)
	p.stop()
	for file, want := range map[string]string{
		p.event:  "Proved: event 3 of the log rapport/",
		p.growth: "Proved: nothing among the first 3 events of the log rapport/",
	} {
		code, stdout, stderr := rapport(t, "check", file, "--key", p.key)
		if code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("check %s: exit %d, %s%s", file, code, stdout, stderr)
		}
	}
	if _, stdout, _ := rapport(t, "check", p.event, "--key", p.key); !strings.Contains(stdout, `"id": "p-2"`) {
		t.Errorf("it does not say what the event says: %s", stdout)
	}
}

func TestAProofThatWasChangedProvesNothing(t *testing.T) {
	t.Parallel()
	p := newProved(t)
	b, err := os.ReadFile(p.event)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(map[string]any){
		"position":  func(m map[string]any) { m["position"] = 2 },
		"body":      func(m map[string]any) { m["body"] = "AAAA" },
		"event":     func(m map[string]any) { m["event"].(map[string]any)["data"] = map[string]any{"complaint": "other"} },
		"attribute": func(m map[string]any) { m["event"].(map[string]any)["time"] = "2020-01-01T00:00:00Z" },
		"path":      func(m map[string]any) { m["path"] = []any{} },
		"checkpoint": func(m map[string]any) {
			m["checkpoint"] = strings.Replace(m["checkpoint"].(string), "\n3\n", "\n4\n", 1)
		},
		"format": func(m map[string]any) { m["format"] = "another" },
		"member": func(m map[string]any) { m["more"] = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var m map[string]any
			if err := json.Unmarshal(b, &m); err != nil {
				t.Fatal(err)
			}
			change(m)
			changed, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "changed.json")
			if err := os.WriteFile(file, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := rapport(t, "check", file, "--key", p.key)
			if code != exitUnverified || stdout != "" || !strings.Contains(stderr, "proves nothing") {
				t.Errorf("exit %d, %s%s", code, stdout, stderr)
			}
		})
	}
}

func TestStandardToolsCanFollowTheTiles(t *testing.T) {
	t.Parallel()
	p := newProved(t)
	key, err := proof.ParsePublic(p.get("/v1/checkpoint/key").body)
	if err != nil {
		t.Fatal(err)
	}
	// Enough for two tiles and a bit.
	var events []string
	for i := range 600 {
		events = append(events, complaint(fmt.Sprint("t-", i), "globex"))
	}
	if r := p.post(batch, "["+strings.Join(events, ",")+"]"); r.status != http.StatusCreated {
		t.Fatal(r.body)
	}
	if r := p.get("/v1/proof/event?position=604"); r.status != http.StatusOK {
		t.Fatal(r.body)
	}
	r := p.get("/v1/tlog/checkpoint")
	if got := r.header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	c, err := proof.OpenCheckpoint([]byte(r.body), key)
	if err != nil || c.Size != 604 {
		t.Fatalf("size %d, %v", c.Size, err)
	}
	reader := tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, tiles{p.ledger})
	path, err := tlog.ProveRecord(c.Size, 300, reader)
	if err != nil {
		t.Fatal(err)
	}
	bundle := []byte(p.get("/v1/tlog/tile/entries/001").body)
	var entries [][]byte
	for len(bundle) > 0 {
		n := int(binary.BigEndian.Uint16(bundle))
		entries, bundle = append(entries, bundle[2:2+n]), bundle[2+n:]
	}
	if len(entries) != 256 {
		t.Fatalf("%d entries", len(entries))
	}
	if err := tlog.CheckRecord(path, c.Size, c.Root, 300, tlog.RecordHash(entries[300-256])); err != nil {
		t.Error(err)
	}
	for _, none := range []string{"tile/0/002", "tile/0/003", "tile/1/000", "tile/0/2", "tile/data/000", "tile/entries/002.p/93", "tile/0/000.p/0", "tile/9/000", "tile/x/000"} {
		if r := p.get("/v1/tlog/" + none); r.status != http.StatusNotFound {
			t.Errorf("%s: got %d", none, r.status)
		}
	}
}

// tiles reads tiles as another program would.
type tiles struct{ l *ledger }

func (tiles) Height() int { return 8 }

func (s tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		r := s.l.get("/v1/tlog/" + path)
		if r.status != http.StatusOK {
			return nil, fmt.Errorf("%s: %d %s", path, r.status, r.body)
		}
		data = append(data, []byte(r.body))
	}
	return data, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func TestACheckpointIsPublishedOnNATSAndServedForEver(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), natsListen: "127.0.0.1:0"})
	if r := l.get("/v1/checkpoint"); r.status != http.StatusServiceUnavailable {
		t.Errorf("of an empty log: got %d %s", r.status, r.body)
	}
	nc, err := nats.Connect(l.app.broker.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	sub, err := nc.SubscribeSync("proof.checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	l.record(complaint("n-1", "acme"))
	if r := l.get("/v1/proof/event?position=1"); r.status != http.StatusOK {
		t.Fatal(r.body)
	}
	m, err := sub.NextMsgWithContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/checkpoint", "/v1/checkpoints/1"} {
		if got := l.get(path).body; got != string(m.Data) {
			t.Errorf("%s: got %q, published was %q", path, got, m.Data)
		}
	}
	if r := l.get("/v1/checkpoints/7"); r.status != http.StatusNotFound {
		t.Errorf("a checkpoint that never was: got %d", r.status)
	}
	if got := l.get("/metrics").body; !strings.Contains(got, "\nrapport_proof_checkpoint_size 1\n") || !strings.Contains(got, "\nrapport_proof_failing 0\n") {
		t.Error("the metrics do not tell")
	}
}

func TestAnIdOfSeveralSourcesNeedsItsSource(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	l.record(complaint("one", "acme"))
	l.record(strings.Replace(complaint("one", "globex"), `"source":"test"`, `"source":"other"`, 1))
	code, _, stderr := rapport(t, "prove", "one", "--server", l.url)
	if code != exitFailed || !strings.Contains(stderr, "name one of other, test") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	code, stdout, stderr := rapport(t, "prove", "one", "--source", "other", "--server", l.url)
	if code != exitOK || !strings.Contains(stdout, `"position": 2`) {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}

func TestVerifyFindsEverythingInOrderAfterAStop(t *testing.T) {
	t.Parallel()
	p := newProved(t)
	if code, _, stderr := rapport(t, "verify", "--data", p.data); code != exitFailed || !strings.Contains(stderr, "another server is running") {
		t.Errorf("while it runs: exit %d: %s", code, stderr)
	}
	p.stop()
	code, stdout, stderr := rapport(t, "verify", "--data", p.data, "--key", p.key)
	if code != exitOK {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	for _, want := range []string{
		"4 events, as they were signed up to 4", "indexes     each event is where", "4 messages, each the log's event",
		"timeline    at 4, digest", "trust       at 4, digest", "followups   at 4, digest",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not say %q:\n%s", want, stdout)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(p.data, "verify-*")); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

func TestVerifyNamesWhatWasChanged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(t *testing.T, p proved)
		want   []string
	}{
		"an event": {func(t *testing.T, p proved) { rewrite(t, p.data, 2) }, []string{
			"log         FAULT: position 2: not the event that was signed", "Start no server on it",
			"stream      FAULT: position 2:", "timeline    FAULT: at 4, digest",
		}},
		"a hash of the tree": {func(t *testing.T, p proved) { damage(t, filepath.Join(p.data, "proof", "level-0")) }, []string{
			"log         FAULT: position 3: the tree's file level-0 is damaged here; the log has what was signed",
			"!Start no server on it", "!The log itself",
		}},
		"a message of the stream": {func(t *testing.T, p proved) {
			// Within the headers of the first message.
			damageAt(t, filepath.Join(p.data, "nats", "jetstream", "RAPPORT", "streams", "LEDGER", "msgs", "1.blk"), func(int) int { return 300 })
		}, []string{
			"4 events, as they were signed", "stream      FAULT: position 1: the stream LEDGER is not the log's: there is no message at 1",
			"Faults: 1.", "Delete it while no server runs", "!Start no server on it",
		}},
		"the key": {func(t *testing.T, p proved) {
			if err := os.WriteFile(p.key, []byte(newProved(t).get("/v1/checkpoint/key").body), 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"log         FAULT: checkpoint of size 4: not signed by this key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProved(t)
			p.stop()
			test.change(t, p)
			code, stdout, stderr := rapport(t, "verify", "--data", p.data, "--key", p.key)
			if code != exitUnverified {
				t.Errorf("exit %d: %s%s", code, stdout, stderr)
			}
			for _, want := range test.want {
				said, no := strings.CutPrefix(want, "!")
				if strings.Contains(stdout, said) == no {
					t.Errorf("it says, or does not say, %q:\n%s", want, stdout)
				}
			}
		})
	}
}

// rewrite replaces the log by one that differs in the body of an event, as somebody
// would who owns the files.
func rewrite(t *testing.T, data string, position domain.Position) {
	t.Helper()
	dir, other := filepath.Join(data, "log"), filepath.Join(data, "other")
	log, err := pebble.Open(dir, pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	to, err := pebble.OpenRestorer(other, pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range log.ReadLog(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Position == position {
			e.Body = bytes.Replace(e.Body, []byte(`"severity":3`), []byte(`"severity":1`), 1)
		}
		if err := to.Restore(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []func() error{
		to.Close, log.Close, func() error { return os.RemoveAll(dir) }, func() error { return os.Rename(other, dir) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

// hidden seals by writing nothing down.
type hidden struct{}

func (hidden) Seal(domain.AccountID, []domain.ID, []byte, []byte) ([]byte, error) {
	return []byte("sealed"), nil
}

func TestAProofOfASealedEventIsCheckedByItsContentHash(t *testing.T) {
	t.Parallel()
	const summary = "Two pallets arrived wet."
	given := event("s-1", "complaint.raised", "acme", `{"complaint":"C-1","severity":3,"contact":"jane","summary":"`+summary+`"}`)
	for name, given := range map[string]string{
		"with a time": given, "without": strings.Replace(given, `"time":"2026-03-02T09:00:00Z",`, "", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := codec.ParseStructured([]byte(given))
			if err != nil {
				t.Fatal(err)
			}
			if e.OccurredAt.IsZero() {
				e.OccurredAt, e.OccurredAssumed = time.Now().UTC().Truncate(time.Microsecond), true
			}
			plain, err := codec.Encode(e)
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := codec.EncodeSealed(e, hidden{})
			if err != nil {
				t.Fatal(err)
			}
			p, key := proofOf(t, sealed, "acme")
			shown, err := p.Check(key)
			if err != nil {
				t.Fatal(err)
			}
			whole := p.Recorded(shown.Record)
			whole.Body = plain.Body
			readable, err := codec.Decode(whole)
			if err != nil {
				t.Fatal(err)
			}
			p.Event = codec.AppendStructured(nil, readable)
			if how, err := agrees(p, shown.Record); err != nil || how != "it has the content hash that was recorded" {
				t.Errorf("the whole event: %s, %v", how, err)
			}
			p.Event = bytes.Replace(p.Event, []byte(summary), []byte("All is well."), 1)
			if how, err := agrees(p, shown.Record); err == nil {
				t.Errorf("another text: %s", how)
			}
			if readable, err = codec.Decode(p.Recorded(shown.Record)); err != nil {
				t.Fatal(err)
			}
			p.Event = codec.AppendStructured(nil, readable)
			if how, err := agrees(p, shown.Record); err != nil || how != "read from the stored body" {
				t.Errorf("without what is sealed: %s, %v", how, err)
			}
		})
	}
}

// proofOf is a proof of an event that is alone in its log.
func proofOf(t *testing.T, e eventstore.Event, account domain.AccountID) (*proof.EventProof, note.Verifier) {
	t.Helper()
	log, dir := memory.New(), t.TempDir()
	if _, err := log.Append(t.Context(), eventstore.Append{Stream: account, Expected: eventstore.Any, Events: []eventstore.Event{e}}); err != nil {
		t.Fatal(err)
	}
	n, err := proof.NewNotary(log, proof.Options{Dir: filepath.Join(dir, "proof"), Keys: filepath.Join(dir, "keys")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	defer func() { stop(); <-done }()
	found, err := log.Find(t.Context(), e.Source, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.ProveEvent(t.Context(), found)
	if err != nil {
		t.Fatal(err)
	}
	key, err := proof.ParsePublic(n.Public())
	if err != nil {
		t.Fatal(err)
	}
	return p, key
}
