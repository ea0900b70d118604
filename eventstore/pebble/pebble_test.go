package pebble_test

import (
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
