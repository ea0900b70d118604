package logtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/rapport-ledger/rapport/eventstore"
)

// Fault is how an append of a [Faulty] log goes wrong.
type Fault int

const (
	// NoFault lets the append through.
	NoFault Fault = iota
	// FailBefore loses the append on its way in: nothing is recorded.
	FailBefore
	// FailAfter loses the answer on its way out: the append is recorded.
	FailAfter
)

// ErrFault is what a faulty append returns; it wraps [eventstore.ErrUnavailable].
var ErrFault = fmt.Errorf("%w: injected fault", eventstore.ErrUnavailable)

// Faulty is a log whose appends fail as told, once before and once after they were
// applied: what a caller must live with, since an append that errors may have
// happened.
type Faulty struct {
	eventstore.Log

	mu   sync.Mutex
	next []Fault
}

// NewFaulty wraps a log. Without faults it changes nothing.
func NewFaulty(l eventstore.Log) *Faulty { return &Faulty{Log: l} }

// Next sets how the coming appends go, one fault each; those after go well.
func (f *Faulty) Next(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = append(f.next, faults...)
}

// Append implements [eventstore.Log].
func (f *Faulty) Append(ctx context.Context, appends ...eventstore.Append) ([]eventstore.Receipt, error) {
	fault := f.take()
	if fault == FailBefore {
		return nil, ErrFault
	}
	receipts, err := f.Log.Append(ctx, appends...)
	if err == nil && fault == FailAfter {
		return nil, ErrFault
	}
	return receipts, err
}

func (f *Faulty) take() Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.next) == 0 {
		return NoFault
	}
	fault := f.next[0]
	f.next = f.next[1:]
	return fault
}

func (s suite) faults(t *testing.T) {
	s.rule(t, "an append lost on its way in is recorded by the retry", func(t *testing.T, l eventstore.Log) {
		f := NewFaulty(l)
		f.Next(FailBefore)
		_, err := f.Append(t.Context(), expecting("acme", eventstore.NoStream, events("a", 2)...))
		wantError(t, err, eventstore.ErrUnavailable)
		wantHead(t, l, 0)
		got := mustAppend(t, f, expecting("acme", eventstore.NoStream, events("a", 2)...))
		wantReceipts(t, got, recorded(1, 1), recorded(2, 2))
	})
	s.rule(t, "an append whose answer was lost is a duplicate at the retry", func(t *testing.T, l eventstore.Log) {
		f := NewFaulty(l)
		f.Next(FailAfter)
		_, err := f.Append(t.Context(), expecting("acme", eventstore.NoStream, events("a", 2)...))
		wantError(t, err, eventstore.ErrUnavailable)
		got := mustAppend(t, f, expecting("acme", eventstore.NoStream, events("a", 2)...))
		wantReceipts(t, got, duplicate(1, 1), duplicate(2, 2))
		wantHead(t, l, 2)
	})
	s.rule(t, "callers who give up and try again record each event once", func(t *testing.T, l eventstore.Log) {
		const clients, each = 8, 25
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				for _, e := range events(fmt.Sprintf("client-%d", c), each) {
					impatiently(t, l, to("acme", e))
				}
			})
		}
		wg.Wait()
		if all := wantDense(t, l); len(all) != clients*each {
			t.Fatalf("recorded %d events, want %d", len(all), clients*each)
		}
	})
}

// impatiently appends with a context that ends at about the time the append does,
// until it has an answer.
func impatiently(t testing.TB, l eventstore.Log, a eventstore.Append) {
	for patience := 1; ; patience *= 2 {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range patience * 100 {
				if ctx.Err() != nil {
					return
				}
			}
			cancel()
		}()
		_, err := l.Append(ctx, a)
		cancel()
		<-ended
		if err == nil {
			return
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("append: %v", err)
			return
		}
	}
}
