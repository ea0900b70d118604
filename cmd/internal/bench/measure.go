package bench

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Result is what a measurement found.
type Result struct {
	// Rate is operations per second, of all clients together.
	Rate float64
	// P50, P99 and Max are how long one took.
	P50, P99, Max time.Duration
	// Count is how many were measured.
	Count int
}

// Measure runs clients side by side, each calling do again and again, for a warm-up
// of a fifth of the time that does not count, and then for that time. It stops at
// the first error. The number given to do counts up per client.
func Measure(outer context.Context, clients int, long time.Duration, do func(ctx context.Context, client, n int) error) (Result, error) {
	begin := time.Now().Add(long / 5)
	end := begin.Add(long)
	took := make([][]time.Duration, clients)
	errs := make([]error, clients)
	ctx, stop := context.WithCancel(outer)
	defer stop()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for n := 0; ; n++ {
				before := time.Now()
				if before.After(end) || ctx.Err() != nil {
					return
				}
				if errs[c] = do(ctx, c, n); errs[c] != nil {
					stop()
					return
				}
				if after := time.Now(); before.After(begin) && !after.After(end) {
					took[c] = append(took[c], after.Sub(before))
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return Result{}, err
	}
	if err := outer.Err(); err != nil {
		return Result{}, err
	}
	r := percentiles(slices.Concat(took...))
	r.Rate = float64(r.Count) / long.Seconds()
	return r, nil
}

// percentiles sums up how long things took, which it sorts.
func percentiles(took []time.Duration) Result {
	if len(took) == 0 {
		return Result{}
	}
	slices.Sort(took)
	return Result{Count: len(took), P50: took[len(took)/2], P99: took[len(took)*99/100], Max: took[len(took)-1]}
}
