// Package memory is an event log that forgets everything when the process ends: for
// tests, and the plainest reading of the contract.
package memory

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/internal/decide"
)

// Log is an [eventstore.Log] in memory. Nothing it holds is durable, so "durable" in
// the contract means "appended" here.
type Log struct {
	clock func() time.Time

	mu      sync.RWMutex
	events  []eventstore.Recorded // by position, the first is position 1
	streams map[eventstore.StreamID][]domain.Position
	known   map[identity]domain.Position
	grown   chan struct{} // closed and replaced when events are added, closed at Close
	closed  bool
}

var _ eventstore.Log = (*Log)(nil)

type identity struct{ source, id string }

// Option changes how a [Log] is made.
type Option func(*Log)

// WithClock takes the time of recording from the function instead of [time.Now].
func WithClock(now func() time.Time) Option { return func(l *Log) { l.clock = now } }

// New is an empty log.
func New(opts ...Option) *Log {
	l := &Log{
		clock:   time.Now,
		streams: map[eventstore.StreamID][]domain.Position{},
		known:   map[identity]domain.Position{},
		grown:   make(chan struct{}),
	}
	for _, o := range opts {
		o(l)
	}
	return l
}

// Append implements [eventstore.Log].
func (l *Log) Append(ctx context.Context, appends ...eventstore.Append) ([]eventstore.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := decide.Valid(appends); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, eventstore.ErrClosed
	}
	d, err := decide.Append(appends, state{l})
	if err != nil {
		return nil, err
	}
	l.write(d.New)
	return d.Receipts, nil
}

// write adds the events. The caller holds mu.
func (l *Log) write(events []eventstore.Recorded) {
	if len(events) == 0 {
		return
	}
	at := l.clock().UTC().Truncate(time.Microsecond)
	if n := len(l.events); n > 0 && at.Before(l.events[n-1].RecordedAt) {
		at = l.events[n-1].RecordedAt
	}
	for _, e := range events {
		e.RecordedAt = at
		e.Body = slices.Clone(e.Body)
		l.add(e)
	}
	close(l.grown)
	l.grown = make(chan struct{})
}

// state is the log as a decision sees it, under mu.
type state struct{ l *Log }

func (s state) Head() domain.Position { return domain.Position(len(s.l.events)) }

func (s state) Revision(stream eventstore.StreamID) (domain.Revision, error) {
	return domain.Revision(len(s.l.streams[stream])), nil
}

func (s state) Lookup(source, id string) (decide.Known, bool, error) {
	p, found := s.l.known[identity{source, id}]
	if !found {
		return decide.Known{}, false, nil
	}
	e := s.l.events[p-1]
	return decide.Known{Hash: e.Hash, Position: e.Position, Revision: e.Revision}, true, nil
}

// ReadStream implements [eventstore.Log].
func (l *Log) ReadStream(ctx context.Context, stream eventstore.StreamID, from domain.Revision) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		l.mu.RLock()
		positions := l.streams[stream]
		l.mu.RUnlock()
		next := max(from, 1) - 1
		yieldAll(ctx, yield, func() (eventstore.Recorded, bool, error) {
			if next >= domain.Revision(len(positions)) {
				return eventstore.Recorded{}, false, l.open()
			}
			next++
			return l.at(positions[next-1])
		})
	}
}

// ReadLog implements [eventstore.Log].
func (l *Log) ReadLog(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		l.mu.RLock()
		head := domain.Position(len(l.events))
		l.mu.RUnlock()
		at := after
		yieldAll(ctx, yield, func() (eventstore.Recorded, bool, error) {
			if at >= head {
				return eventstore.Recorded{}, false, l.open()
			}
			at++
			return l.at(at)
		})
	}
}

// Follow implements [eventstore.Log].
func (l *Log) Follow(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		at := after
		yieldAll(ctx, yield, func() (eventstore.Recorded, bool, error) {
			if at+1 > at { // else beyond every position: wait for the context
				at++
			}
			return l.await(ctx, at)
		})
	}
}

// yieldAll yields what next gives until it gives no more, or an error.
func yieldAll(ctx context.Context, yield func(eventstore.Recorded, error) bool, next func() (eventstore.Recorded, bool, error)) {
	for {
		e, more, err := next()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(eventstore.Recorded{}, err)
			return
		}
		if !more || !yield(e, nil) {
			return
		}
	}
}

// await gives the event at the position once there is one.
func (l *Log) await(ctx context.Context, p domain.Position) (eventstore.Recorded, bool, error) {
	for {
		l.mu.RLock()
		grown, there := l.grown, p <= domain.Position(len(l.events))
		l.mu.RUnlock()
		if there {
			return l.at(p)
		}
		if err := l.open(); err != nil {
			return eventstore.Recorded{}, false, err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return eventstore.Recorded{}, false, ctx.Err()
		}
	}
}

// at gives the event at a position that exists. The body is the reader's own.
func (l *Log) at(p domain.Position) (eventstore.Recorded, bool, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return eventstore.Recorded{}, false, eventstore.ErrClosed
	}
	e := l.events[p-1]
	e.Body = slices.Clone(e.Body)
	return e, true, nil
}

// Find implements [eventstore.Log].
func (l *Log) Find(ctx context.Context, source, id string) (eventstore.Recorded, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.Recorded{}, err
	}
	l.mu.RLock()
	p, found := l.known[identity{source, id}]
	l.mu.RUnlock()
	if err := l.open(); err != nil {
		return eventstore.Recorded{}, err
	}
	if !found {
		return eventstore.Recorded{}, eventstore.ErrNotFound
	}
	e, _, err := l.at(p)
	return e, err
}

// At implements [eventstore.Log].
func (l *Log) At(ctx context.Context, position domain.Position) (eventstore.Recorded, error) {
	head, err := l.Head(ctx)
	if err != nil {
		return eventstore.Recorded{}, err
	}
	if position == 0 || position > head {
		return eventstore.Recorded{}, eventstore.ErrNotFound
	}
	e, _, err := l.at(position)
	return e, err
}

// Pick implements [eventstore.Log].
func (l *Log) Pick(ctx context.Context, positions []domain.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		for _, p := range positions {
			e, err := l.At(ctx, p)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Head implements [eventstore.Log].
func (l *Log) Head(ctx context.Context) (domain.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return 0, eventstore.ErrClosed
	}
	return domain.Position(len(l.events)), nil
}

// open is [eventstore.ErrClosed] once the log is closed.
func (l *Log) open() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return eventstore.ErrClosed
	}
	return nil
}

// Close implements [eventstore.Log]. Closing twice does nothing more.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.grown)
	}
	return nil
}
