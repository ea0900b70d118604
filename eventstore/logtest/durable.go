package logtest

import (
	"testing"

	"github.com/rapport-ledger/rapport/eventstore"
)

// OpenDir opens the log kept in a directory, or makes one there.
type OpenDir func(t *testing.T, dir string) eventstore.Log

// RunDurable holds logs that outlive their process to what the contract adds for
// them, beside all that [Run] asks.
func RunDurable(t *testing.T, open OpenDir) {
	Run(t, func(t *testing.T) eventstore.Log { return open(t, t.TempDir()) })
	s := durable{open}
	t.Run("reopening", s.reopening)
}

type durable struct{ open OpenDir }

// rule runs a sentence with a directory, and a function that closes the log and
// opens it again.
func (s durable) rule(t *testing.T, sentence string, check func(t *testing.T, l eventstore.Log, reopen func() eventstore.Log)) {
	t.Run(sentence, func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		l := s.open(t, dir)
		t.Cleanup(func() { l.Close() })
		check(t, l, func() eventstore.Log {
			if err := l.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			l = s.open(t, dir)
			return l
		})
	})
}

func (s durable) reopening(t *testing.T) {
	s.rule(t, "everything is there after closing and opening, many times over", func(t *testing.T, l eventstore.Log, reopen func() eventstore.Log) {
		var want []eventstore.Recorded
		for _, prefix := range []string{"a", "b", "c", "d"} {
			mustAppend(t, l, to("acme", events(prefix, 50)...), to("bell", event(prefix)))
			want = wantDense(t, l)
			l = reopen()
			wantSame(t, wantDense(t, l), want)
		}
		if len(want) != 4*51 {
			t.Fatalf("kept %d events, want %d", len(want), 4*51)
		}
	})
	s.rule(t, "an empty log reopens empty", func(t *testing.T, l eventstore.Log, reopen func() eventstore.Log) {
		wantHead(t, reopen(), 0)
		l = reopen()
		wantReceipts(t, mustAppend(t, l, to("acme", event("a-1"))), recorded(1, 1))
	})
	s.rule(t, "identities and revisions are remembered", func(t *testing.T, l eventstore.Log, reopen func() eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 2)...), to("bell", event("b-1")))
		l = reopen()
		got := mustAppend(t, l, expecting("acme", eventstore.NoStream, events("a", 2)...), expecting("bell", eventstore.Exactly(1), event("b-2")))
		wantReceipts(t, got, duplicate(1, 1), duplicate(2, 2), recorded(4, 2))
		_, err := l.Append(t.Context(), to("acme", eventOf("a-1", "other")))
		wantError(t, err, eventstore.ErrIdentityConflict)
		_, err = l.Append(t.Context(), expecting("acme", eventstore.Exactly(1), event("a-3")))
		wantConflict(t, err, "acme", 2)
		wantDense(t, l)
	})
	s.rule(t, "a log that follows on reopens where it was", func(t *testing.T, l eventstore.Log, reopen func() eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 2)...))
		l = reopen()
		f := follow(t, l, 1)
		f.want(t, 2)
		mustAppend(t, l, to("acme", event("a-3")))
		f.want(t, 3)
	})
}
