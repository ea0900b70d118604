package proof_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/memory"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
	"github.com/rapport-ledger/rapport/eventstore/proof"
)

// stores are the logs that everything here has to work over.
var stores = map[string]func(t *testing.T) eventstore.Log{
	"memory": func(*testing.T) eventstore.Log { return memory.New(memory.WithClock(clock())) },
	"pebble": func(t *testing.T) eventstore.Log {
		log, err := pebble.Open(t.TempDir(), pebble.Options{Clock: clock()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = log.Close() })
		return log
	},
}

// clock goes on by a second each time it is read.
func clock() func() time.Time {
	at := time.Date(2026, 3, 9, 14, 30, 0, 0, time.UTC)
	return func() time.Time {
		at = at.Add(time.Second)
		return at
	}
}

func event(i int) eventstore.Event {
	body := fmt.Appendf(nil, "body of event %d", i)
	return eventstore.Event{Source: "test", ID: fmt.Sprint("e-", i), Hash: sha256.Sum256(body), Body: body}
}

// record appends events until the log has so many.
func record(t testing.TB, log eventstore.Log, total int) {
	t.Helper()
	head, err := log.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i := int(head); i < total; {
		var appends []eventstore.Append
		for ; i < total && len(appends) < 100; i++ {
			stream := eventstore.StreamID(fmt.Sprint("account-", i%7))
			appends = append(appends, eventstore.Append{Stream: stream, Expected: eventstore.Any, Events: []eventstore.Event{event(i + 1)}})
		}
		if _, err := log.Append(context.Background(), appends...); err != nil {
			t.Fatal(err)
		}
	}
}

// leaves are the leaves of the log's events.
func leaves(t testing.TB, log proof.Log) []tlog.Hash {
	t.Helper()
	var all []tlog.Hash
	for e, err := range log.ReadLog(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tlog.RecordHash(proof.RecordOf(e).Append(nil)))
	}
	return all
}

// stored are the hashes of a tree as tlog itself computes and stores them.
func stored(t testing.TB, leaves []tlog.Hash) tlog.HashReader {
	t.Helper()
	var all []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = all[x]
		}
		return out, nil
	})
	for i, leaf := range leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(i), leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, more...)
	}
	return reader
}

// rootOf is the root over the leaves as tlog computes it.
func rootOf(t testing.TB, leaves []tlog.Hash) tlog.Hash {
	t.Helper()
	root, err := tlog.TreeHash(int64(len(leaves)), stored(t, leaves))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// place is where a notary keeps its files.
type place struct{ dir, keys string }

func newPlace(t testing.TB) place {
	dir := t.TempDir()
	return place{filepath.Join(dir, "proof"), filepath.Join(dir, "keys")}
}

func (p place) options() proof.Options {
	// It signs when it is asked to and when it stops, not by the clock.
	return proof.Options{Dir: p.dir, Keys: p.keys, Origin: "test.example/log", Every: time.Hour}
}

// start runs a notary; stop ends it, and gives what Run returned.
func start(t testing.TB, log proof.Log, o proof.Options) (n *proof.Notary, stop func()) {
	t.Helper()
	n, err := proof.NewNotary(log, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	ended := false
	stop = func() {
		t.Helper()
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v", err)
		}
	}
	t.Cleanup(stop)
	return n, stop
}

// sign runs a notary over the log until it has signed all of it.
func sign(t testing.TB, log proof.Log, p place) proof.Checkpoint {
	t.Helper()
	n, stop := start(t, log, p.options())
	defer stop()
	head, err := log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := n.Covering(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func publicKey(t testing.TB, keys string) note.Verifier {
	t.Helper()
	text, err := proof.ReadPublic(keys)
	if err != nil {
		t.Fatal(err)
	}
	v, err := proof.ParsePublic(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func eventAt(t testing.TB, log proof.Log, p domain.Position) eventstore.Recorded {
	t.Helper()
	for e, err := range log.ReadLog(context.Background(), p-1) {
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	t.Fatalf("no event at %d", p)
	return eventstore.Recorded{}
}

func TestTheRootIsTheOneOfTlog(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, p := open(t), newPlace(t)
			// Around the widths of one tile and of two.
			for _, size := range []int{1, 2, 3, 255, 256, 257, 511, 512, 600} {
				record(t, log, size)
				c := sign(t, log, p)
				if c.Size != int64(size) || c.Root != rootOf(t, leaves(t, log)) {
					t.Errorf("of %d events: size %d, root %s", size, c.Size, c.Root)
				}
				if _, err := proof.OpenCheckpoint(c.Note, publicKey(t, p.keys)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestEveryEventIsProvedAtEverySize(t *testing.T) {
	t.Parallel()
	log, p := stores["memory"](t), newPlace(t)
	n, _ := start(t, log, p.options())
	for _, size := range []int{1, 7, 256, 300} {
		record(t, log, size)
		for at := 1; at <= size; at++ {
			e := eventAt(t, log, domain.Position(at))
			if at == 1 { // so that the checkpoint is the newest
				if _, err := n.Covering(t.Context(), domain.Position(size)); err != nil {
					t.Fatal(err)
				}
			}
			made, err := n.ProveEvent(t.Context(), e)
			if err != nil {
				t.Fatalf("event %d of %d: %v", at, size, err)
			}
			shown, err := made.Check(publicKey(t, p.keys))
			if err != nil {
				t.Fatalf("event %d of %d: %v", at, size, err)
			}
			if shown.Checkpoint.Size != int64(size) || shown.Record != proof.RecordOf(e) {
				t.Fatalf("event %d of %d: proved %+v", at, size, shown)
			}
		}
	}
}

func TestANotaryGoesOnWhereItWasKilled(t *testing.T) {
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, p := open(t), newPlace(t)
			record(t, log, 700)
			sign(t, log, p)
			key := publicKey(t, p.keys)
			// Hashes that no checkpoint covers, a torn one, half a checkpoint.
			for file, rest := range map[string]string{
				"level-0": string(make([]byte, 50*32+7)), "level-1": "torn", "checkpoints": "test.example/log\n900\nab",
			} {
				appendTo(t, filepath.Join(p.dir, file), rest)
			}
			record(t, log, 1000)
			c := sign(t, log, p)
			if c.Size != 1000 || c.Root != rootOf(t, leaves(t, log)) {
				t.Errorf("size %d, root %s", c.Size, c.Root)
			}
			n, stop := start(t, log, p.options())
			defer stop()
			if _, err := n.Covering(t.Context(), 1000); err != nil {
				t.Fatal(err)
			}
			grown, err := n.ProveGrowth(700, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := grown.Check(key); err != nil {
				t.Error(err)
			}
		})
	}
}

// appendTo writes at the end of a file.
func appendTo(t testing.TB, path, text string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(b, text...), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheTreeIsMadeAgainFromTheLogWhereItsFilesAreGone(t *testing.T) {
	t.Parallel()
	log, p := stores["memory"](t), newPlace(t)
	record(t, log, 700)
	sign(t, log, p)
	for _, name := range []string{"level-0", "level-1"} {
		if err := os.Remove(filepath.Join(p.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	record(t, log, 710)
	if c := sign(t, log, p); c.Size != 710 || c.Root != rootOf(t, leaves(t, log)) {
		t.Errorf("size %d, root %s", c.Size, c.Root)
	}
	if r := verify(t, log, p.dir, publicKey(t, p.keys)); len(r.Faults) > 0 || r.Signed != 710 {
		t.Errorf("signed %d, faults\n%s", r.Signed, faults(r))
	}
}

func TestAStopSignsWhatTheLogHas(t *testing.T) {
	t.Parallel()
	log, p := stores["memory"](t), newPlace(t)
	n, stop := start(t, log, p.options())
	record(t, log, 10)
	if _, err := n.Covering(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	record(t, log, 300)
	stop()
	if r := verify(t, log, p.dir, publicKey(t, p.keys)); r.Signed != 300 || r.Checkpoints != 2 {
		t.Errorf("signed %d in %d checkpoints", r.Signed, r.Checkpoints)
	}
}

func TestAKeyIsMadeOnceAndNotReplaced(t *testing.T) {
	t.Parallel()
	log, p := stores["memory"](t), newPlace(t)
	record(t, log, 3)
	o := p.options()
	o.Origin = ""
	n, stop := start(t, log, o)
	if _, err := n.Covering(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	stop()
	if st, err := os.Stat(filepath.Join(p.keys, "checkpoint.key")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", st, err)
	}
	again, err := proof.NewNotary(log, o)
	if err != nil || again.Public() != n.Public() {
		t.Errorf("another start: %v, key %s, was %s", err, again.Public(), n.Public())
	}
	o.Origin = "another.example"
	if _, err := proof.NewNotary(log, o); err == nil {
		t.Error("it takes another name")
	} else if _, ok := errors.AsType[*proof.OriginError](err); !ok {
		t.Errorf("another name: %v", err)
	}
	if err := os.Remove(filepath.Join(p.keys, "checkpoint.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := proof.NewNotary(log, o); !errors.Is(err, proof.ErrNoKey) {
		t.Errorf("without the key that signed: %v", err)
	}
}

func TestANotaryTriesAgainWhatWentWrong(t *testing.T) {
	t.Parallel()
	log, p := stores["memory"](t), newPlace(t)
	record(t, log, 300)
	// A directory where a file belongs is as good as a disk that cannot be written.
	if err := os.MkdirAll(filepath.Join(p.dir, "level-0"), 0o700); err != nil {
		t.Fatal(err)
	}
	n, _ := start(t, log, p.options())
	for n.Stats().Err == nil {
		if _, err := n.Covering(t.Context(), 300); err == nil {
			t.Fatal("it signed without a tree")
		}
	}
	if err := os.Remove(filepath.Join(p.dir, "level-0")); err != nil {
		t.Fatal(err)
	}
	for {
		c, err := n.Covering(t.Context(), 300)
		if err == nil {
			if c.Root != rootOf(t, leaves(t, log)) {
				t.Errorf("root %s", c.Root)
			}
			return
		}
		if !errors.Is(err, proof.ErrNothingSigned) {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}

func TestEveryCheckpointIsFoundByItsSize(t *testing.T) {
	t.Parallel()
	log, p := stores["memory"](t), newPlace(t)
	n, _ := start(t, log, p.options())
	const checkpoints = 200 // some 34 KB
	for i := 1; i <= checkpoints; i++ {
		record(t, log, 3*i)
		if _, err := n.Covering(t.Context(), domain.Position(3*i)); err != nil {
			t.Fatal(err)
		}
	}
	key := publicKey(t, p.keys)
	for size := int64(1); size <= 3*checkpoints; size++ {
		c, err := n.OfSize(size)
		if size%3 != 0 {
			if !errors.Is(err, proof.ErrNoCheckpoint) {
				t.Errorf("size %d: %v", size, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		if c, err = proof.OpenCheckpoint(c.Note, key); err != nil || c.Size != size {
			t.Errorf("size %d: %d, %v", size, c.Size, err)
		}
	}
}
