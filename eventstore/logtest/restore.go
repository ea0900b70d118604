package logtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/eventstore"
)

// OpenRestorer gives a restorer of an empty store, and what closes it and opens the
// store as a log.
type OpenRestorer func(t *testing.T) (r eventstore.Restorer, open func() eventstore.Log)

// RunRestorer holds a store's restorer to the contract.
func RunRestorer(t *testing.T, open OpenRestorer) {
	rule := func(sentence string, check func(t *testing.T, r eventstore.Restorer, log func() eventstore.Log)) {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			r, open := open(t)
			check(t, r, func() eventstore.Log {
				l := open()
				t.Cleanup(func() { l.Close() })
				return l
			})
		})
	}
	rule("what is restored is the log it came from", func(t *testing.T, r eventstore.Restorer, log func() eventstore.Log) {
		want := past()
		mustRestore(t, r, want[:2]...)
		mustRestore(t, r)
		mustRestore(t, r, want[2:]...)
		wantSame(t, wantDense(t, log()), want)
	})
	rule("a log that was restored goes on", func(t *testing.T, r eventstore.Restorer, log func() eventstore.Log) {
		want := past()
		mustRestore(t, r, want...)
		l := log()
		got := mustAppend(t, l, to("acme", want[0].Event), expecting("acme", eventstore.Exactly(3), event("new")))
		wantReceipts(t, got, duplicate(1, 1), recorded(6, 4))
		_, err := l.Append(t.Context(), to("acme", eventOf(want[1].ID, "other")))
		wantError(t, err, eventstore.ErrIdentityConflict)
		wantDense(t, l)
	})
	rule("a restored body is not the caller's", func(t *testing.T, r eventstore.Restorer, log func() eventstore.Log) {
		want, given := past(), past()
		mustRestore(t, r, given...)
		for _, e := range given {
			clear(e.Body)
		}
		wantSame(t, wantDense(t, log()), want)
	})
	rule("a time from before 1970 is kept", func(t *testing.T, r eventstore.Restorer, log func() eventstore.Log) {
		want := past()[:1]
		want[0].RecordedAt = time.Date(1969, 7, 20, 20, 17, 40, 1000, time.UTC)
		mustRestore(t, r, want...)
		wantSame(t, collect(t, log().ReadLog(t.Context(), 0)), want)
	})
	rule("nothing is restored after closing", func(t *testing.T, r eventstore.Restorer, log func() eventstore.Log) {
		log()
		wantError(t, r.Restore(t.Context(), past()...), eventstore.ErrClosed)
	})
	for sentence, spoil := range misfits {
		rule(sentence+" does not fit, and nothing of the call is written", func(t *testing.T, r eventstore.Restorer, log func() eventstore.Log) {
			good, bad := past(), past()
			mustRestore(t, r, good[0])
			spoil(&bad[3])
			err := r.Restore(t.Context(), bad[1:]...)
			misfit, ok := errors.AsType[*eventstore.MisfitError](err)
			if !ok || misfit.Index != 2 || misfit.Position != bad[3].Position || !errors.Is(err, eventstore.ErrInvalid) {
				t.Fatalf("got error %v, want a misfit of the third event", err)
			}
			mustRestore(t, r, good[1:]...)
			wantSame(t, wantDense(t, log()), good)
		})
	}
}

// misfits spoil the fourth event of the past.
var misfits = map[string]func(*eventstore.Recorded){
	"a gap in the positions":           func(e *eventstore.Recorded) { e.Position++ },
	"a position for the second time":   func(e *eventstore.Recorded) { e.Position-- },
	"a gap in the revisions":           func(e *eventstore.Recorded) { e.Revision++ },
	"a revision for the second time":   func(e *eventstore.Recorded) { e.Revision-- },
	"a revision of another stream":     func(e *eventstore.Recorded) { e.Stream = "newcomer" },
	"a time before the last":           func(e *eventstore.Recorded) { e.RecordedAt = e.RecordedAt.Add(-time.Hour) },
	"a time between two microseconds":  func(e *eventstore.Recorded) { e.RecordedAt = e.RecordedAt.Add(1) },
	"a time in another zone":           func(e *eventstore.Recorded) { e.RecordedAt = e.RecordedAt.In(time.FixedZone("", 3600)) },
	"an identity from an earlier call": func(e *eventstore.Recorded) { e.ID = "a-1" },
	"an identity from the same call":   func(e *eventstore.Recorded) { e.ID = "b-1" },
	"an event without a source":        func(e *eventstore.Recorded) { e.Source = "" },
	"an event without an id":           func(e *eventstore.Recorded) { e.ID = "" },
	"an event without a stream":        func(e *eventstore.Recorded) { e.Stream = "" },
	"an event with too large a body":   func(e *eventstore.Recorded) { e.Body = make([]byte, eventstore.MaxBodyBytes+1) },
	"an event with too long a stream id": func(e *eventstore.Recorded) {
		e.Stream = eventstore.StreamID(make([]byte, eventstore.MaxStreamBytes+1))
	},
}

// past is five events of two streams: acme 1, bell 1, acme 2, acme 3, bell 2.
func past() []eventstore.Recorded {
	at := time.Date(2021, 3, 9, 14, 30, 0, 123456000, time.UTC)
	log := []eventstore.Recorded{
		{Event: event("a-1"), Stream: "acme", Revision: 1},
		{Event: event("b-1"), Stream: "bell", Revision: 1},
		{Event: event("a-2"), Stream: "acme", Revision: 2},
		{Event: event("a-3"), Stream: "acme", Revision: 3},
		{Event: event("b-2"), Stream: "bell", Revision: 2},
	}
	for i := range log {
		log[i].Position, log[i].RecordedAt = 1+log[max(i-1, 0)].Position, at.Add(time.Duration(i/2)*time.Second)
	}
	return slices.Clip(log)
}

func mustRestore(t testing.TB, r eventstore.Restorer, events ...eventstore.Recorded) {
	t.Helper()
	if err := r.Restore(t.Context(), events...); err != nil {
		t.Fatalf("restore: %v", err)
	}
}
