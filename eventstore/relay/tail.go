package relay

import (
	"context"
	"slices"
	"sync"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

const (
	// tailEvents and tailBytes bound what is kept for readers that keep up. More than
	// a large request brings at once, so that it does not throw them off.
	tailEvents = 2048
	tailBytes  = 4 << 20
	// tailChunk is how many events a reader takes at a time.
	tailChunk = 128
)

// tail is the end of the stream, in memory: the events that were just published. A reader
// in this process that keeps up takes them from here, which spares the way through the
// server, its deliveries and the reading of headers. It may see an event a moment before
// the server has it: what the server loses or refuses is published again, for the log has it.
type tail struct {
	mu      sync.Mutex
	records []codec.Record
	last    domain.Position // the position before the next one
	bytes   int             // of the records' data
	moved   chan struct{}   // closed, and made anew, when there is more
}

func newTail() *tail { return &tail{moved: make(chan struct{})} }

// begin says that the stream ends at the position. What a stream behind the tail lacks is
// about to be published again.
func (t *tail) begin(at domain.Position) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at > t.last {
		t.records, t.bytes, t.last = nil, 0, at
		t.wake()
	}
}

// add takes an event that was published, unless it was before.
func (t *tail) add(r codec.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Position != t.last+1 {
		return
	}
	t.records = append(t.records, r)
	t.last = r.Position
	t.bytes += len(r.JSON)
	for len(t.records) > tailEvents || t.bytes > tailBytes && len(t.records) > 1 {
		t.bytes -= len(t.records[0].JSON)
		t.records[0] = codec.Record{}
		t.records = t.records[1:]
	}
	t.wake()
}

// wake is called with mu held.
func (t *tail) wake() {
	close(t.moved)
	t.moved = make(chan struct{})
}

// covers reports whether what follows the position is here, or nothing does yet.
func (t *tail) covers(after domain.Position) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.has(after)
}

func (t *tail) has(after domain.Position) bool {
	return after <= t.last && t.last-after <= domain.Position(len(t.records))
}

// next waits for events after the position and gives some of them. It gives none when
// they are not here.
func (t *tail) next(ctx context.Context, after domain.Position) ([]codec.Record, error) {
	for {
		t.mu.Lock()
		if !t.has(after) {
			t.mu.Unlock()
			return nil, nil
		}
		if n := int(t.last - after); n > 0 {
			from := t.records[len(t.records)-n:]
			chunk := slices.Clone(from[:min(n, tailChunk)])
			t.mu.Unlock()
			return chunk, nil
		}
		moved := t.moved
		t.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
