// Package tail gives the log's events to the readers of the same process. The last ones
// are in memory, decoded once for all readers; those before come from the log.
package tail

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

const (
	// keepEvents and keepBytes bound what is kept for readers that keep up. More than
	// a large request brings at once, so that it does not throw them off.
	keepEvents = 2048
	keepBytes  = 4 << 20
	// chunk is how many events Follow takes at a time.
	chunk = 128
	// retry is how long to wait when the log cannot be read.
	retry = time.Second
)

// Log is what is read.
type Log interface {
	ReadLog(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
	Follow(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
	Head(ctx context.Context) (domain.Position, error)
}

// Reader reads the log, and keeps its end in memory. Many may read from it at a time. What
// a record decodes to is shared by all that have it, and not to be changed.
type Reader struct {
	log Log

	mu      sync.Mutex
	records []codec.Record
	// last is the position of the last record, or where the log ended at the start.
	last domain.Position
	// seen is how far readers see: it moves when all that came at once is taken in.
	seen  domain.Position
	bytes int // of the records' data
	// moved is closed when more can be seen; nil if nobody waits for it.
	moved chan struct{}
	err   error // why nothing new is seen; nil if all is well
}

// New makes a reader of the log. Nothing new is seen until [Reader.Run].
func New(ctx context.Context, log Log) (*Reader, error) {
	head, err := log.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("head of the log: %w", err)
	}
	return &Reader{log: log, last: head, seen: head}, nil
}

// Run takes in what is recorded until ctx ends. While the log cannot be read, who waits for
// more is told why, and it is tried again.
func (t *Reader) Run(ctx context.Context) error {
	for {
		t.fail(t.follow(ctx))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retry):
		}
	}
}

// follow takes in what is recorded until that fails.
func (t *Reader) follow(ctx context.Context) error {
	t.mu.Lock()
	head := t.last
	t.mu.Unlock()
	for e, err := range t.log.Follow(ctx, head) {
		if err != nil {
			return fmt.Errorf("follow the log: %w", err)
		}
		r, err := decode(e)
		if err != nil {
			return err
		}
		if r.Position > head {
			if head, err = t.log.Head(ctx); err != nil {
				return fmt.Errorf("head of the log: %w", err)
			}
		}
		t.add(r.Shared(), r.Position < head)
	}
	return errors.New("follow the log: it ended")
}

// decode reads an event as it is published: without what is sealed.
func decode(e eventstore.Recorded) (codec.Record, error) {
	r, err := codec.Decode(e)
	return r.Closed(), err
}

func (t *Reader) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
	t.show()
}

// add takes in the next event. Nobody sees it while more are to come at once, so that
// readers get together what was appended together; but not so many that those who keep
// up would find them gone from memory.
func (t *Reader) add(r codec.Record, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = nil
	t.records = append(t.records, r)
	t.last = r.Position
	t.bytes += len(r.JSON)
	for len(t.records) > keepEvents || t.bytes > keepBytes && len(t.records) > 1 {
		t.bytes -= len(t.records[0].JSON)
		t.records[0] = codec.Record{}
		t.records = t.records[1:]
	}
	if !more || t.last-t.seen >= keepEvents/2 {
		t.show()
	}
}

// show lets readers see what was taken in. It is called with mu held.
func (t *Reader) show() {
	t.seen = t.last
	if t.moved != nil {
		close(t.moved)
		t.moved = nil
	}
}

// Head is the position of the log's last event; 0 if there is none.
func (t *Reader) Head(ctx context.Context) (domain.Position, error) { return t.log.Head(ctx) }

// Next waits for events after the position and gives those there are, so many at most, in
// order and without gaps. Errors: the log's, ctx's.
func (t *Reader) Next(ctx context.Context, after domain.Position, most int) ([]codec.Record, error) {
	for {
		records, end, moved, err := t.near(after, most)
		switch {
		case len(records) > 0 || err != nil:
			return records, err
		case end > after:
			return t.read(ctx, after, end, most)
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// near gives what follows the position if it is in memory; where it can be read up to
// if not; and, if nothing has come yet, what is closed when something does.
func (t *Reader) near(after domain.Position, most int) (records []codec.Record, end domain.Position, moved chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if after >= t.seen {
		if t.moved == nil {
			t.moved = make(chan struct{})
		}
		return nil, 0, t.moved, t.err
	}
	if n := t.last - after; n <= domain.Position(len(t.records)) {
		from := t.records[len(t.records)-int(n):]
		return slices.Clone(from[:min(int(t.seen-after), most)]), 0, nil, nil
	}
	return nil, t.seen, nil, nil
}

// read gives events from the log.
func (t *Reader) read(ctx context.Context, after, end domain.Position, most int) ([]codec.Record, error) {
	records := make([]codec.Record, 0, min(domain.Position(most), end-after))
	var failed error
	t.scan(ctx, after, func(r codec.Record, err error) bool {
		if failed = err; err == nil {
			records = append(records, r)
		}
		return err == nil && len(records) < cap(records)
	})
	if len(records) > 0 {
		failed = nil // the next call begins with it
	}
	return records, failed
}

// scan gives the events of the log that follow the position, up to its end as of now. It
// reports whether more are wanted.
func (t *Reader) scan(ctx context.Context, after domain.Position, give func(codec.Record, error) bool) bool {
	for e, err := range t.log.ReadLog(ctx, after) {
		var r codec.Record
		if err == nil {
			r, err = decode(e)
		}
		if err != nil {
			err = fmt.Errorf("read the log: %w", err)
		}
		if !give(r, err) {
			return false
		}
	}
	return true
}

// Follow yields every event after the position, in order and without gaps, and goes on
// with new ones until ctx ends (then it yields ctx's error) or the log cannot be read.
func (t *Reader) Follow(ctx context.Context, after domain.Position) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		give := func(r codec.Record, err error) bool {
			after = r.Position
			return yield(r, err) && err == nil
		}
		for more := true; more; {
			records, end, moved, err := t.near(after, chunk)
			switch {
			case err != nil:
				more = give(codec.Record{}, err)
			case end > after: // in one go, however much it is
				more = t.scan(ctx, after, give)
			case len(records) == 0:
				select {
				case <-moved:
				case <-ctx.Done():
					more = give(codec.Record{}, ctx.Err())
				}
			}
			for i := 0; more && i < len(records); i++ {
				more = give(records[i], nil)
			}
		}
	}
}
