package projections

import (
	"context"
	"time"
)

// backoff waits longer from one failure to the next.
type backoff struct{ next time.Duration }

const (
	firstBackoff = 50 * time.Millisecond
	longBackoff  = 5 * time.Second
)

func (b *backoff) reset() { b.next = 0 }

// wait returns ctx's error if it ends.
func (b *backoff) wait(ctx context.Context) error {
	b.next = min(max(firstBackoff, 2*b.next), longBackoff)
	timer := time.NewTimer(b.next)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pace says how long to rest between two batches while events keep coming.
type pace struct {
	wait time.Duration
	// hurried reports whether somebody waits for what comes, and hurry gets a token when
	// they begin to. Both are nil where nobody does.
	hurried func() bool
	hurry   <-chan struct{}
}

// hurriedWait is the rest while somebody waits: short, and not nothing, because some may
// wait for what will never come.
const hurriedWait = 2 * time.Millisecond

// rest waits until it is time for the next batch. It returns ctx's error if it ends. Who
// is hurried rests as long as the last batch took, at least: where commits are slow, more of
// them would make them slower.
func (p pace) rest(ctx context.Context, since time.Time) error {
	took := time.Since(since)
	for {
		wait := p.wait
		if p.hurried != nil && p.hurried() {
			wait = min(wait, max(hurriedWait, 2*took))
		}
		left := wait - time.Since(since)
		if left <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-p.hurry:
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// meter measures a rate over spans of a second or more.
type meter struct {
	since time.Time
	count int
	rate  float64 // of the span before
}

const meterSpan = time.Second

func (m *meter) add(now time.Time, n int) {
	m.roll(now)
	m.count += n
}

// perSecond is the rate of the last whole span; 0 after a pause.
func (m *meter) perSecond(now time.Time) float64 {
	m.roll(now)
	return m.rate
}

func (m *meter) roll(now time.Time) {
	span := now.Sub(m.since)
	if span < meterSpan {
		return
	}
	m.rate = 0
	if !m.since.IsZero() {
		m.rate = float64(m.count) / span.Seconds()
	}
	m.since, m.count = now, 0
}
