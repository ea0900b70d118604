package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// errEnded is a source that stopped without saying why.
var errEnded = errors.New("the source ended")

// gapError says that the source left events out or gave them twice.
type gapError struct{ expected, got domain.Position }

func (e *gapError) Error() string {
	return fmt.Sprintf("the source gave position %d instead of %d", e.got, e.expected)
}

// sourceError is what went wrong at the source; it is tried again.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return "follow the ledger: " + e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// batches cuts what a source yields into batches.
type batches struct {
	items  chan item      // read ahead; nil if they are taken from near
	buf    []codec.Record // for what is taken from items
	near   Near
	cancel context.CancelFunc
	max    int
	pace   pace
	fill   time.Duration // how long a batch of items may take to fill
	given  time.Time     // when the last batch was
	full   bool          // the last batch was: there is more
	// at is the position before the next item.
	at domain.Position
	// origin is the event expected first, which was folded already; nil if none.
	origin *checkpoint
	err    error // kept for the batch after the one it cut short
}

type item struct {
	record codec.Record
	err    error
}

// follow begins with what comes after the checkpoint, which it takes from the source if
// that is near. The event at the checkpoint is
// read once more: if it is another than the one folded, so is the ledger.
func follow(ctx context.Context, source Source, at checkpoint, most int, pace pace) *batches {
	near, ok := source.(Near)
	if !ok {
		return readAhead(ctx, source, at, most, pace)
	}
	b := newBatches(at, most, pace)
	b.near, b.cancel = near, func() {}
	return b
}

// readAhead is [follow] for who has much to read: a batch is read while another is folded.
func readAhead(ctx context.Context, source Source, at checkpoint, most int, pace pace) *batches {
	ctx, cancel := context.WithCancel(ctx)
	b := newBatches(at, most, pace)
	b.items, b.cancel = make(chan item, most), cancel
	go func(after domain.Position) {
		defer close(b.items)
		for record, err := range source.Follow(ctx, after) {
			select {
			case b.items <- item{record, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}(b.at)
	return b
}

func newBatches(at checkpoint, most int, pace pace) *batches {
	b := &batches{max: most, pace: pace, at: at.position}
	if at.position > 0 {
		b.at, b.origin = at.position-1, &at
	}
	return b
}

// stop ends the reading and waits until it has ended.
func (b *batches) stop() {
	b.cancel()
	if b.items != nil {
		for range b.items {
		}
	}
}

// next gives the events that have come since the last batch, so many at most, or waits for
// one. While they keep coming it rests first, so that they come together; an event that comes
// alone is not kept waiting, and who is behind does not rest.
// The batch is good until the next is asked for.
// Errors: a [*sourceError], [*gapError] or errOtherLedger, ctx's own.
func (b *batches) next(ctx context.Context) ([]codec.Record, error) {
	if !b.full && b.err == nil {
		if err := b.pace.rest(ctx, b.given); err != nil {
			return nil, err
		}
	}
	var batch []codec.Record
	for len(batch) == 0 && b.err == nil {
		records, err := b.read(ctx)
		batch = b.checked(ctx, records, err)
	}
	if len(batch) == 0 {
		return nil, b.err
	}
	b.given, b.full = time.Now(), len(batch) == b.max
	return batch, nil
}

// read gives what is at hand, so much at most as makes a batch, or waits for it. What it gives
// beside an error precedes that.
func (b *batches) read(ctx context.Context) (records []codec.Record, err error) {
	if b.near != nil {
		return b.near.Next(ctx, b.at, b.max)
	}
	var it item
	open := true
	select {
	case it, open = <-b.items:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	clear(b.buf) // the events before need not be kept
	records = b.buf[:0]
	defer func() { b.buf = records }()
	late := time.NewTimer(b.fill)
	defer late.Stop()
	for {
		switch {
		case !open:
			return records, errEnded
		case it.err != nil:
			return records, it.err
		}
		if records = append(records, it.record); len(records) == b.max {
			return records, nil
		}
		select {
		case it, open = <-b.items:
			continue
		default:
		}
		select {
		case it, open = <-b.items:
		case <-late.C:
			return records, nil
		}
	}
}

// checked are the records that follow what was given before. It keeps the error that ends them.
func (b *batches) checked(ctx context.Context, records []codec.Record, err error) []codec.Record {
	skip, good := 0, 0
	for good < len(records) && b.err == nil {
		if b.err = b.check(ctx, records[good]); b.err != nil {
			break
		}
		good++
		if b.origin != nil {
			b.origin, skip = nil, 1
		}
	}
	switch {
	case b.err != nil:
	case ctx.Err() != nil:
		b.err = ctx.Err()
	case err != nil:
		b.err = &sourceError{err}
	}
	return records[skip:good]
}

func (b *batches) check(ctx context.Context, r codec.Record) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.Position != b.at+1:
		return &gapError{expected: b.at + 1, got: r.Position}
	case b.origin != nil && (b.origin.source != r.Source || b.origin.id != r.ID):
		return errOtherLedger
	}
	b.at++
	return nil
}
