package logtest

import (
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/eventstore"
)

// OpenClock gives a new, empty log that takes the time from the function.
type OpenClock func(t *testing.T, now func() time.Time) eventstore.Log

// RunClock holds a log whose clock can be set to what the contract says of
// RecordedAt.
func RunClock(t *testing.T, open OpenClock) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for sentence, c := range map[string]struct{ clock, want []time.Time }{
		"the time of recording is the clock's": {
			clock: []time.Time{noon, noon.Add(time.Second)},
			want:  []time.Time{noon, noon.Add(time.Second)},
		},
		"a clock that goes back does not take the log with it": {
			clock: []time.Time{noon, noon.Add(-time.Hour), noon.Add(time.Minute)},
			want:  []time.Time{noon, noon, noon.Add(time.Minute)},
		},
		"times are kept in UTC to the microsecond, cut and not rounded": {
			clock: []time.Time{noon.Add(1999).In(time.FixedZone("east", 3600))},
			want:  []time.Time{noon.Add(1000)},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			i := -1
			l := open(t, func() time.Time { return c.clock[i] })
			t.Cleanup(func() { l.Close() })
			for i = range c.clock {
				mustAppend(t, l, to("acme", event(c.clock[i].String()), event("and "+c.clock[i].String())))
			}
			all := wantDense(t, l)
			for j, want := range c.want {
				if a, b := all[2*j].RecordedAt, all[2*j+1].RecordedAt; a != want || b != want {
					t.Fatalf("append %d was recorded at %s and %s, want %s", j, a, b, want)
				}
			}
		})
	}
}
