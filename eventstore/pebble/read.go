package pebble

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/cockroachdb/pebble/v2"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Reading goes in chunks, the first small and the next ones larger. Each is read
// whole before it is yielded, so a reader may take its time, append or even close the
// log inside its loop, and holds nothing of the database meanwhile.
const (
	firstChunk    = 16
	largestChunk  = 512
	maxChunkBytes = 1 << 20
)

// ReadLog implements [eventstore.Log].
func (l *Log) ReadLog(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		l.scan(ctx, after, l.mark.position(), yield)
	}
}

// Follow implements [eventstore.Log].
func (l *Log) Follow(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		at, more := after, true
		for more {
			wanted := at + 1
			if wanted < at {
				wanted = at // beyond every position: wait for the context
			}
			if err := l.mark.await(ctx, wanted); err != nil {
				yield(eventstore.Recorded{}, err)
				return
			}
			at, more = l.scan(ctx, at, l.mark.position(), yield)
		}
	}
}

// scan yields the events after one position up to another. It gives where it came
// to, and whether its reader wants more.
func (l *Log) scan(ctx context.Context, after, end domain.Position, yield func(eventstore.Recorded, error) bool) (domain.Position, bool) {
	for size := firstChunk; ; size = min(2*size, largestChunk) {
		n, more := l.give(ctx, yield, func() ([]eventstore.Recorded, error) { return l.chunk(after, end, size) })
		if !more {
			return after, false
		}
		if after += domain.Position(n); after >= end {
			return after, true
		}
	}
}

// give yields the events of a chunk, and then its error, if there is one. It tells how
// many there were, and whether the reader wants more.
func (l *Log) give(ctx context.Context, yield func(eventstore.Recorded, error) bool, read func() ([]eventstore.Recorded, error)) (n int, more bool) {
	chunk, err := l.enter(ctx, read)
	for _, e := range chunk {
		if err := ctx.Err(); err != nil {
			yield(eventstore.Recorded{}, err)
			return 0, false
		}
		if !yield(e, nil) {
			return 0, false
		}
	}
	if err != nil {
		yield(eventstore.Recorded{}, err)
		return 0, false
	}
	return len(chunk), true
}

// enter reads, unless the context has ended or the log is closed.
func (l *Log) enter(ctx context.Context, read func() ([]eventstore.Recorded, error)) ([]eventstore.Recorded, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !l.using.enter() {
		return nil, eventstore.ErrClosed
	}
	defer l.using.leave()
	return read()
}

// chunk reads events after a position, not beyond the end. What it read before an
// error is good.
func (l *Log) chunk(after, end domain.Position, size int) ([]eventstore.Recorded, error) {
	if after >= end {
		return nil, nil
	}
	it, err := l.db.NewIter(eventBounds(after))
	if err != nil {
		return nil, translate(err, after+1)
	}
	defer it.Close()
	size = int(min(domain.Position(size), end-after))
	chunk := make([]eventstore.Recorded, 0, size)
	bytes := 0
	for ok := it.First(); len(chunk) < size && bytes < maxChunkBytes; ok = it.Next() {
		want := after + domain.Position(len(chunk)) + 1
		if !ok {
			return chunk, missing(it.Error(), want)
		}
		if p := eventPosition(it.Key()); p != want {
			return chunk, missing(nil, want)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return chunk, translate(err, want)
		}
		e, err := parse(want, value)
		if err != nil {
			return chunk, translate(err, want)
		}
		chunk = append(chunk, e)
		bytes += len(value)
	}
	return chunk, nil
}

// missing says why the event at a position that was given is not there.
func missing(err error, p domain.Position) error {
	if err == nil {
		err = errMissing
	}
	return translate(err, p)
}

// ReadStream implements [eventstore.Log].
func (l *Log) ReadStream(ctx context.Context, stream eventstore.StreamID, from domain.Revision) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		if len(stream) > eventstore.MaxStreamBytes {
			stream = "" // which nobody can write to
		}
		end := l.mark.position()
		at := streamPlace{revision: max(from, 1)}
		for size := firstChunk; ; size = min(2*size, largestChunk) {
			_, more := l.give(ctx, yield, func() (chunk []eventstore.Recorded, err error) {
				chunk, at, err = l.streamChunk(stream, at, end, size)
				return chunk, err
			})
			if !more || at.end {
				return
			}
		}
	}
}

// streamPlace is where a read of a stream goes on.
type streamPlace struct {
	revision domain.Revision // the next one
	last     domain.Position // of the event before it, if known
	end      bool
}

// streamChunk reads events of a stream, none beyond the position end.
func (l *Log) streamChunk(stream eventstore.StreamID, at streamPlace, end domain.Position, size int) ([]eventstore.Recorded, streamPlace, error) {
	it, err := l.db.NewIter(&pebble.IterOptions{
		LowerBound: streamKey(stream, at.revision), UpperBound: after(streamPrefix(stream)),
	})
	if err != nil {
		return nil, at, translate(err, at.last+1)
	}
	defer it.Close()
	pick, err := l.newPicker() // later, so that it sees what the index names
	if err != nil {
		return nil, at, translate(err, at.last+1)
	}
	defer pick.close()
	var chunk []eventstore.Recorded
	bytes := 0
	for ok := it.First(); len(chunk) < size && bytes < maxChunkBytes; ok = it.Next() {
		if !ok {
			at.end = true
			return chunk, at, translate(it.Error(), at.last+1)
		}
		p, err := indexPosition(it.Key(), it.Value())
		if err != nil {
			return chunk, at, translate(err, at.last+1)
		}
		if p > end {
			at.end = true
			return chunk, at, nil
		}
		e, err := streamEvent(pick, stream, at.revision, streamRevision(it.Key()), p)
		if err != nil {
			return chunk, at, err
		}
		chunk = append(chunk, e)
		bytes += len(e.Body)
		at.revision, at.last = at.revision+1, p
	}
	return chunk, at, nil
}

// streamEvent reads the event of a stream's index entry, and checks that it is the one
// that was to come.
func streamEvent(pick picker, stream eventstore.StreamID, want, got domain.Revision, p domain.Position) (eventstore.Recorded, error) {
	e, err := pick.event(p)
	if err != nil {
		return e, err
	}
	if got != want || e.Revision != want || e.Stream != stream {
		return e, translate(fmt.Errorf("%w: revision %d of %s", errMissing, want, stream), p)
	}
	return e, nil
}

// Find implements [eventstore.Log].
func (l *Log) Find(ctx context.Context, source, id string) (eventstore.Recorded, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.Recorded{}, err
	}
	if !l.using.enter() {
		return eventstore.Recorded{}, eventstore.ErrClosed
	}
	defer l.using.leave()
	durable := l.mark.position()
	p, found, err := l.indexed(identityKey(source, id))
	if err != nil {
		return eventstore.Recorded{}, err
	}
	if !found || p > durable {
		return eventstore.Recorded{}, eventstore.ErrNotFound
	}
	return l.event(p)
}

// At implements [eventstore.Log].
func (l *Log) At(ctx context.Context, position domain.Position) (eventstore.Recorded, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.Recorded{}, err
	}
	if !l.using.enter() {
		return eventstore.Recorded{}, eventstore.ErrClosed
	}
	defer l.using.leave()
	if position == 0 || position > l.mark.position() {
		return eventstore.Recorded{}, eventstore.ErrNotFound
	}
	return l.event(position)
}

// Pick implements [eventstore.Log].
func (l *Log) Pick(ctx context.Context, positions []domain.Position) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		for rest := positions; len(rest) > 0; {
			n, more := l.give(ctx, yield, func() ([]eventstore.Recorded, error) { return l.picked(rest) })
			if !more {
				return
			}
			rest = rest[n:]
		}
	}
}

// picked reads the events at the first of the positions, as many as make a chunk. What
// it read before an error is good.
func (l *Log) picked(positions []domain.Position) ([]eventstore.Recorded, error) {
	head := l.mark.position() // before the picker, which sees nothing later
	pick, err := l.newPicker()
	if err != nil {
		return nil, translate(err, positions[0])
	}
	defer pick.close()
	chunk := make([]eventstore.Recorded, 0, min(len(positions), largestChunk))
	bytes := 0
	for _, p := range positions {
		if len(chunk) == largestChunk || bytes >= maxChunkBytes {
			break
		}
		if p == 0 || p > head {
			return chunk, eventstore.ErrNotFound
		}
		e, err := pick.event(p)
		if err != nil {
			return chunk, err
		}
		chunk = append(chunk, e)
		bytes += len(e.Body)
	}
	return chunk, nil
}

// picker reads events one after the other with one iterator, which knows where it is:
// those near to each other share a block, and the way to it.
type picker struct{ it *pebble.Iterator }

func (l *Log) newPicker() (picker, error) {
	it, err := l.db.NewIter(eventBounds(0))
	return picker{it}, err
}

func (p picker) close() { _ = p.it.Close() } // its errors were those of reading

// event reads the event at a position that was given before the picker was made.
func (p picker) event(at domain.Position) (eventstore.Recorded, error) {
	if !p.it.SeekGE(eventKey(at)) || eventPosition(p.it.Key()) != at {
		return eventstore.Recorded{}, missing(p.it.Error(), at)
	}
	value, err := p.it.ValueAndErr()
	if err != nil {
		return eventstore.Recorded{}, translate(err, at)
	}
	e, err := parse(at, value)
	return e, translate(err, at)
}

// indexed looks up the position under an identity's key.
func (l *Log) indexed(key []byte) (domain.Position, bool, error) {
	value, closer, err := l.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, translate(err, 0)
	}
	defer closer.Close()
	p, err := indexPosition(key, value)
	return p, err == nil, translate(err, 0)
}

// event reads the event at a position that was given.
func (l *Log) event(p domain.Position) (eventstore.Recorded, error) {
	value, closer, err := l.db.Get(eventKey(p))
	if errors.Is(err, pebble.ErrNotFound) {
		return eventstore.Recorded{}, missing(nil, p)
	}
	if err != nil {
		return eventstore.Recorded{}, translate(err, p)
	}
	defer closer.Close()
	e, err := parse(p, value)
	return e, translate(err, p)
}
