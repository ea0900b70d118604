package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

// appendAll appends an event for each id.
func appendAll(t testing.TB, l *pebble.Log, ids ...string) {
	t.Helper()
	for _, id := range ids {
		e := eventstore.Event{Source: "test", ID: id, Body: []byte("content of " + id)}
		if _, err := l.Append(t.Context(), eventstore.Append{Stream: "acme", Expected: eventstore.Any, Events: []eventstore.Event{e}}); err != nil {
			t.Fatal(err)
		}
	}
}

func readAll(t testing.TB, l *pebble.Log) []eventstore.Recorded {
	t.Helper()
	var all []eventstore.Recorded
	for e, err := range l.ReadLog(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func TestACopyHasWhatTheLogHadAndGoesOnByItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, filepath.Join(dir, "log"), pebble.Options{})
	appendAll(t, l, "a", "b", "c")
	want := readAll(t, l)
	head, err := l.Checkpoint(t.Context(), filepath.Join(dir, "copy"))
	if err != nil || head != 3 {
		t.Fatalf("got head %d and error %v, want 3", head, err)
	}
	appendAll(t, l, "d")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	copied := open(t, filepath.Join(dir, "copy"), pebble.Options{})
	got := readAll(t, copied)
	if len(got) != len(want) {
		t.Fatalf("the copy has %d events, want %d", len(got), len(want))
	}
	for i := range got {
		if !equal(got[i], want[i]) {
			t.Errorf("got %v, want %v", got[i], want[i])
		}
	}
	appendAll(t, copied, "a", "e")
	if got := readAll(t, copied); len(got) != 4 || got[3].ID != "e" {
		t.Errorf("the copy goes on as %v", got)
	}
}

func TestACopyOfAnEmptyLogIsEmpty(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, filepath.Join(dir, "log"), pebble.Options{})
	if head, err := l.Checkpoint(t.Context(), filepath.Join(dir, "copy")); err != nil || head != 0 {
		t.Fatalf("got head %d and error %v, want 0", head, err)
	}
	if got := readAll(t, open(t, filepath.Join(dir, "copy"), pebble.Options{})); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestCopiesMadeUnderLoadHaveAllThatWasAcknowledgedAndNoGap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// Small tables, so that flushes and compactions happen all the time.
	l := open(t, filepath.Join(dir, "log"), pebble.Options{MemTableBytes: 64 << 10})
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for c := range 4 {
		clients.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				body := []byte(fmt.Sprintf("%0500d", n))
				e := eventstore.Event{Source: fmt.Sprint(c), ID: fmt.Sprint(n), Body: body}
				if _, err := l.Append(t.Context(), eventstore.Append{Stream: eventstore.StreamID(fmt.Sprint(n % 7)), Expected: eventstore.Any, Events: []eventstore.Event{e}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 8 {
		copyDir := filepath.Join(dir, fmt.Sprint("copy-", i))
		before, err := l.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		head, err := l.Checkpoint(t.Context(), copyDir)
		if err != nil {
			t.Fatal(err)
		}
		after, err := l.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if head < before || head > after {
			t.Errorf("the copy ends at %d, the log went from %d to %d meanwhile", head, before, after)
		}
		copied := open(t, copyDir, pebble.Options{})
		if got := len(readAll(t, copied)); got != int(head) {
			t.Errorf("the copy has %d events, and said %d", got, head)
		}
	}
	stop()
	clients.Wait()
}

func TestNothingIsCopiedOverWhatIsThereOrFromAClosedLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, filepath.Join(dir, "log"), pebble.Options{})
	if _, err := l.Checkpoint(t.Context(), dir); err == nil {
		t.Error("copied into a directory that exists")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Checkpoint(t.Context(), filepath.Join(dir, "copy")); !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("got error %v, want %v", err, eventstore.ErrClosed)
	}
}

// A process that is killed while it opens the log may leave one that has nothing to replay.
func TestALogWithoutAJournalCanBeCopiedAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, filepath.Join(dir, "log"), pebble.Options{})
	appendAll(t, l, "a", "b", "c")
	for range 2 { // opening it moves what is in the journal to tables
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = open(t, filepath.Join(dir, "log"), pebble.Options{})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	journals, err := filepath.Glob(filepath.Join(dir, "log", "*.log"))
	if err != nil || len(journals) == 0 {
		t.Fatalf("journals: %v, %v", journals, err)
	}
	for _, journal := range journals {
		if err := os.Remove(journal); err != nil {
			t.Fatal(err)
		}
	}
	l = open(t, filepath.Join(dir, "log"), pebble.Options{})
	if head, err := l.Checkpoint(t.Context(), filepath.Join(dir, "copy")); err != nil || head != 3 {
		t.Fatalf("got head %d and error %v, want 3", head, err)
	}
	if copied := readAll(t, open(t, filepath.Join(dir, "copy"), pebble.Options{})); len(copied) != 3 {
		t.Errorf("the copy has %d events, want 3", len(copied))
	}
}
