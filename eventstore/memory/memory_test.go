package memory_test

import (
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/logtest"
	"github.com/rapport-ledger/rapport/eventstore/memory"
)

func TestLog(t *testing.T) {
	t.Parallel()
	logtest.Run(t, func(t *testing.T) eventstore.Log { return memory.New() })
}

func TestClock(t *testing.T) {
	t.Parallel()
	logtest.RunClock(t, func(t *testing.T, now func() time.Time) eventstore.Log {
		return memory.New(memory.WithClock(now))
	})
}

func TestRestorer(t *testing.T) {
	t.Parallel()
	logtest.RunRestorer(t, func(t *testing.T) (eventstore.Restorer, func() eventstore.Log) {
		r := memory.NewRestorer()
		return r, func() eventstore.Log { return r.Log() }
	})
}
