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
	items  chan item // read ahead; nil if they are taken from near
	near   Near
	cancel context.CancelFunc
	max    int
	pace   pace
	given  time.Time // when the last batch was
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

// next waits for an event and gives it with those that follow at once. While they keep
// coming it collects them for a moment; an event that comes alone is not kept waiting.
// Errors: a [*sourceError], [*gapError] or errOtherLedger, ctx's own.
func (b *batches) next(ctx context.Context) ([]codec.Record, error) {
	if b.err != nil {
		return nil, b.err
	}
	if b.near != nil {
		return b.take(ctx)
	}
	var batch []codec.Record
	var full <-chan time.Time // nil until there is something to wait with
	for len(batch) < b.max {
		it, ok, waited := b.receive(ctx, full)
		if waited {
			break
		}
		if err := b.check(ctx, it, ok); err != nil {
			b.err = err
			break
		}
		if b.origin != nil {
			b.origin = nil
			continue
		}
		batch = append(batch, it.record)
		if full == nil {
			timer := time.NewTimer(b.pace.wait - time.Since(b.given))
			defer timer.Stop()
			full = timer.C
		}
	}
	if len(batch) == 0 {
		return nil, b.err
	}
	b.given = time.Now()
	return batch, nil
}

// take gives what the near source has when it is time for the next batch.
func (b *batches) take(ctx context.Context) (batch []codec.Record, err error) {
	if err := b.pace.rest(ctx, b.given); err != nil {
		return nil, err
	}
	for len(batch) == 0 && b.err == nil {
		records, err := b.near.Next(ctx, b.at, b.max)
		if err != nil {
			return nil, b.check(ctx, item{err: err}, true)
		}
		skip, good := 0, 0
		for good < len(records) && b.err == nil {
			if b.err = b.check(ctx, item{record: records[good]}, true); b.err != nil {
				break
			}
			good++
			if b.origin != nil {
				b.origin, skip = nil, 1
			}
		}
		batch = records[skip:good]
	}
	if len(batch) == 0 {
		return nil, b.err
	}
	b.given = time.Now()
	return batch, nil
}

// receive takes an item, or waits for one until the time is over. What is at hand comes
// first.
func (b *batches) receive(ctx context.Context, full <-chan time.Time) (it item, ok, waited bool) {
	select {
	case it, ok = <-b.items:
		return it, ok, false
	default:
	}
	select {
	case it, ok = <-b.items:
		return it, ok, false
	case <-full:
		return item{}, false, true
	case <-ctx.Done():
		return item{err: ctx.Err()}, true, false
	}
}

func (b *batches) check(ctx context.Context, it item, ok bool) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case !ok:
		return &sourceError{errEnded}
	case it.err != nil:
		return &sourceError{it.err}
	case it.record.Position != b.at+1:
		return &gapError{expected: b.at + 1, got: it.record.Position}
	case b.origin != nil && (b.origin.source != it.record.Source || b.origin.id != it.record.ID):
		return errOtherLedger
	}
	b.at++
	return nil
}
