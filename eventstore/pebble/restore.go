package pebble

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/internal/decide"
)

// Restorer is an [eventstore.Restorer] that writes a directory for [Open]. It is for
// one goroutine.
type Restorer struct{ log *Log }

var _ eventstore.Restorer = (*Restorer)(nil)

// OpenRestorer begins a log in the directory, which is made if need be.
//
// Errors: those of [Open]; [eventstore.ErrNotEmpty] if there is a log with events.
func OpenRestorer(dir string, options Options) (*Restorer, error) {
	l, err := Open(dir, options)
	if err != nil {
		return nil, err
	}
	if l.head > 0 {
		return nil, errors.Join(fmt.Errorf("restore to %s: %w", dir, eventstore.ErrNotEmpty), l.Close())
	}
	return &Restorer{l}, nil
}

// Restore implements [eventstore.Restorer].
func (r *Restorer) Restore(ctx context.Context, events ...eventstore.Recorded) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l := r.log
	if !l.using.enter() {
		return eventstore.ErrClosed
	}
	defer l.using.leave()
	if len(events) == 0 {
		return nil
	}
	return l.restore(events)
}

func (l *Log) restore(events []eventstore.Recorded) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := state{l: l}
	streams, err := decide.Restore(events, l.last, &s)
	if err != nil {
		return err
	}
	drafts, size := make([]draft, len(events)), 0
	for i, e := range events {
		drafts[i] = newDraft(e.Stream, e.Event)
		size += len(drafts[i].bytes)
	}
	if err := l.roomFor(size); err != nil {
		return err
	}
	batch := l.db.NewBatchWithSize(size + 128*len(events))
	for i, e := range events {
		if err := put(batch, e, drafts[i].finish(e.Position, e.Revision, e.RecordedAt), s.absent[i]); err != nil {
			return l.fail(err)
		}
	}
	if err := l.db.Apply(batch, pebble.Sync); err != nil {
		return l.fail(err)
	}
	if err := batch.Close(); err != nil {
		return l.fail(err)
	}
	last := events[len(events)-1]
	l.head, l.last = last.Position, last.RecordedAt
	for stream, revision := range streams {
		l.heads.set(stream, revision)
	}
	if err := l.mark.advance(last.Position); err != nil {
		return l.fail(err)
	}
	return nil
}

// Close implements [eventstore.Restorer].
func (r *Restorer) Close() error { return r.log.Close() }
