package pebble

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// watermark is the position up to which events are durable, and so may be seen. Syncs
// complete in the order of positions: what is synced up to p has all before p synced.
type watermark struct {
	synced  atomic.Uint64 // synced, perhaps not yet written to the head file
	durable atomic.Uint64 // what may be seen

	mu     sync.Mutex
	head   *headFile
	grown  chan struct{} // closed when durable grows or the log closes; nil while nobody waits
	closed bool
}

func (w *watermark) position() domain.Position { return domain.Position(w.durable.Load()) }

// advance says that all up to p is synced. When it returns, that may be seen.
func (w *watermark) advance(p domain.Position) error {
	for old := w.synced.Load(); old < uint64(p) && !w.synced.CompareAndSwap(old, uint64(p)); {
		old = w.synced.Load()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.durable.Load() >= uint64(p) {
		return nil
	}
	// Others may have been synced together with p, and wait for the lock.
	all := w.synced.Load()
	if err := w.head.write(domain.Position(all)); err != nil {
		return err
	}
	w.durable.Store(all)
	w.wake()
	return nil
}

// wake tells those who wait. The caller holds mu.
func (w *watermark) wake() {
	if w.grown != nil {
		close(w.grown)
		w.grown = nil
	}
}

// close ends all waiting.
func (w *watermark) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.wake()
}

// await waits until p is durable.
func (w *watermark) await(ctx context.Context, p domain.Position) error {
	for w.position() < p {
		w.mu.Lock()
		if w.closed {
			w.mu.Unlock()
			return eventstore.ErrClosed
		}
		if w.position() >= p {
			w.mu.Unlock()
			return nil
		}
		if w.grown == nil {
			w.grown = make(chan struct{})
		}
		grown := w.grown
		w.mu.Unlock()
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
