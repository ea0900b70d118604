package commands

import (
	"context"
	"time"
)

// workAtOnce is how long work goes on without a rest: a rest of less would not be one.
const workAtOnce = 5 * time.Millisecond

// Pace keeps work that nobody waits for from taking the processors from those who record
// and ask: it is done for a part of the time only. It is for one goroutine.
type Pace struct {
	oneIn  time.Duration
	worked time.Duration // since the last rest
}

// OneIn is a pace of work for one part of the time in so many.
func OneIn(parts int) Pace { return Pace{oneIn: time.Duration(parts)} }

// Worked counts work that was done since an instant.
func (p *Pace) Worked(since time.Time) { p.worked += time.Since(since) }

// Owed is how long a rest the work since the last asks for, which is taken to begin now.
func (p *Pace) Owed() time.Duration {
	owed := (p.oneIn - 1) * p.worked
	p.worked = 0
	return owed
}

// Rest rests if there was work enough. The error is ctx's.
func (p *Pace) Rest(ctx context.Context) error {
	if p.worked < workAtOnce {
		return nil
	}
	over := time.NewTimer(p.Owed())
	defer over.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-over.C:
		return nil
	}
}
