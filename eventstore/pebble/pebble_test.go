package pebble_test

import (
	"errors"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/logtest"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

func open(t testing.TB, dir string, o pebble.Options) *pebble.Log {
	t.Helper()
	l, err := pebble.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return l
}

func TestLog(t *testing.T) {
	t.Parallel()
	logtest.RunDurable(t, func(t *testing.T, dir string) eventstore.Log { return open(t, dir, pebble.Options{}) })
}

func TestClock(t *testing.T) {
	t.Parallel()
	logtest.RunClock(t, func(t *testing.T, now func() time.Time) eventstore.Log {
		return open(t, t.TempDir(), pebble.Options{Clock: now})
	})
}

func TestRestorer(t *testing.T) {
	t.Parallel()
	logtest.RunRestorer(t, func(t *testing.T) (eventstore.Restorer, func() eventstore.Log) {
		dir := t.TempDir()
		r := openRestorer(t, dir)
		return r, func() eventstore.Log {
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, dir, pebble.Options{})
		}
	})
}

func openRestorer(t *testing.T, dir string) *pebble.Restorer {
	t.Helper()
	r, err := pebble.OpenRestorer(dir, pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOnlyAnEmptyLogIsRestoredTo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := openRestorer(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	if err := openRestorer(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	l := open(t, dir, pebble.Options{})
	appendAll(t, l, "a-1")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := pebble.OpenRestorer(dir, pebble.Options{}); !errors.Is(err, eventstore.ErrNotEmpty) {
		t.Errorf("got error %v, want %v", err, eventstore.ErrNotEmpty)
	}
	open(t, dir, pebble.Options{}) // is not locked any more
}
