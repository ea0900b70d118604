package memory

import (
	"context"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/internal/decide"
)

// Restorer is an [eventstore.Restorer] that makes a [Log].
type Restorer struct{ log *Log }

var _ eventstore.Restorer = (*Restorer)(nil)

// NewRestorer begins with an empty log.
func NewRestorer() *Restorer { return &Restorer{New()} }

// Log is the log with what was restored. Nothing more can be restored to it.
func (r *Restorer) Log() *Log {
	l := r.log
	r.log = nil
	return l
}

// Restore implements [eventstore.Restorer].
func (r *Restorer) Restore(ctx context.Context, events ...eventstore.Recorded) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l := r.log
	if l == nil {
		return eventstore.ErrClosed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return eventstore.ErrClosed
	}
	var last time.Time
	if n := len(l.events); n > 0 {
		last = l.events[n-1].RecordedAt
	}
	if _, err := decide.Restore(events, last, state{l}); err != nil {
		return err
	}
	for _, e := range events {
		e.Body = slices.Clone(e.Body)
		l.add(e)
	}
	return nil
}

// Close implements [eventstore.Restorer]; what was restored is gone, unless [Restorer.Log]
// was called before.
func (r *Restorer) Close() error {
	if r.log == nil {
		return nil
	}
	return r.log.Close()
}

// add takes the event in at its place. The caller holds mu.
func (l *Log) add(e eventstore.Recorded) {
	l.events = append(l.events, e)
	l.streams[e.Stream] = append(l.streams[e.Stream], e.Position)
	l.known[identity{e.Source, e.ID}] = e.Position
}
