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
