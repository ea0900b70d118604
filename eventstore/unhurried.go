package eventstore

import (
	"context"
	"iter"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Followed is what [Unhurried] needs of a log.
type Followed interface {
	Follow(ctx context.Context, after domain.Position) iter.Seq2[Recorded, error]
	Head(ctx context.Context) (domain.Position, error)
}

// Unhurried is the log's Follow for readers that need not have each event at once. An event
// that comes alone is given as it comes; what comes within the rest after it is given
// together, when the rest is over. A reader woken for every single one of thousands of events a
// second costs as much as the events.
func Unhurried(ctx context.Context, log Followed, after domain.Position, rest time.Duration) iter.Seq2[Recorded, error] {
	return func(yield func(Recorded, error) bool) {
		var head domain.Position
		var began time.Time // to give what there is; zero if it has not
		for e, err := range log.Follow(ctx, after) {
			if began.IsZero() {
				began = time.Now()
			}
			if !yield(e, err) || err != nil {
				return
			}
			if e.Position < head {
				continue
			}
			if head, err = log.Head(ctx); err != nil {
				yield(Recorded{}, err)
				return
			}
			if e.Position == head {
				sleep(ctx, rest-time.Since(began))
				began = time.Time{}
			}
		}
	}
}

// sleep returns when the time has passed or ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
