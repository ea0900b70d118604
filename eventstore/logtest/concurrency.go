package logtest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

func (s suite) concurrency(t *testing.T) {
	s.rule(t, "clients racing with the same event yield one", func(t *testing.T, l eventstore.Log) {
		const clients, rounds = 8, 20
		for round := range rounds {
			var fresh atomic.Int32
			race(clients, func(int) {
				receipts, err := l.Append(t.Context(), expecting("acme", eventstore.Any, event(fmt.Sprint("race-", round))))
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				if want := domain.Position(round + 1); receipts[0].Position != want {
					t.Errorf("got position %d, want %d", receipts[0].Position, want)
				}
				if !receipts[0].Duplicate {
					fresh.Add(1)
				}
			})
			if fresh.Load() != 1 {
				t.Fatalf("%d clients were told they recorded it, want 1", fresh.Load())
			}
		}
		wantDense(t, l)
	})
	s.rule(t, "a duplicate is acknowledged only once its original can be read", func(t *testing.T, l eventstore.Log) {
		for round := range 20 {
			race(4, func(int) {
				id := fmt.Sprint("race-", round)
				receipts, err := l.Append(t.Context(), to("acme", event(id)))
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				if got, err := l.Find(t.Context(), "suite", id); err != nil || got.Position != receipts[0].Position {
					t.Errorf("find right after the receipt: %v at %d, want %d", err, got.Position, receipts[0].Position)
				}
				if head, err := l.Head(t.Context()); err != nil || head < receipts[0].Position {
					t.Errorf("head right after the receipt: %d, %v, want at least %d", head, err, receipts[0].Position)
				}
			})
		}
	})
	s.rule(t, "clients racing with other content under the same id leave one and the rest conflict", func(t *testing.T, l eventstore.Log) {
		var won, lost atomic.Int32
		race(8, func(i int) {
			_, err := l.Append(t.Context(), to("acme", eventOf("same", fmt.Sprint("content ", i))))
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, eventstore.ErrIdentityConflict):
				lost.Add(1)
			default:
				t.Errorf("append: %v", err)
			}
		})
		if won.Load() != 1 || lost.Load() != 7 {
			t.Fatalf("%d won and %d conflicted, want 1 and 7", won.Load(), lost.Load())
		}
		wantHead(t, l, 1)
	})
	s.rule(t, "of clients expecting the same revision one wins, and all get through by trying again", func(t *testing.T, l eventstore.Log) {
		const clients, each = 8, 10
		race(clients, func(c int) {
			at := domain.Revision(0)
			for n := 0; n < each; {
				_, err := l.Append(t.Context(), expecting("acme", eventstore.Exactly(at), event(fmt.Sprintf("%d-%d", c, n))))
				if conflict, ok := errors.AsType[*eventstore.RevisionConflictError](err); ok {
					at = conflict.Actual
					continue
				}
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				at++
				n++
			}
		})
		if all := wantDense(t, l); len(all) != clients*each {
			t.Fatalf("recorded %d events, want %d", len(all), clients*each)
		}
	})
	s.rule(t, "no reader ever sees a gap while many append", s.underLoad)
}

// underLoad is the hunt for skipped events: writers append to shared and own streams
// while some follow and others read from where they last were.
func (s suite) underLoad(t *testing.T, l eventstore.Log) {
	const writers, each, readers = 16, 60, 4
	const total = domain.Position(writers * each)
	var readersDone, writersDone sync.WaitGroup
	for range readers {
		readersDone.Go(func() { followTo(t, l, total) })
		readersDone.Go(func() { pollTo(t, l, total) })
	}
	for w := range writers {
		writersDone.Go(func() { write(t, l, w, each) })
	}
	writersDone.Wait()
	if t.Failed() {
		l.Close() // ends those who would wait for events that will not come
	}
	readersDone.Wait()
	if !t.Failed() {
		wantDense(t, l)
	}
}

func write(t testing.TB, l eventstore.Log, writer, n int) {
	own := eventstore.StreamID(fmt.Sprint("own-", writer))
	for i := 0; i < n; i += 2 {
		id := fmt.Sprintf("%d-%d", writer, i)
		receipts, err := l.Append(t.Context(), to("shared", event(id)), to(own, event(id+"b")))
		if err != nil {
			t.Errorf("append: %v", err)
			return
		}
		if receipts[1].Position != receipts[0].Position+1 {
			t.Errorf("one call got positions %d and %d", receipts[0].Position, receipts[1].Position)
		}
	}
}

func followTo(t testing.TB, l eventstore.Log, end domain.Position) {
	want := domain.Position(0)
	for e, err := range l.Follow(t.Context(), 0) {
		if err != nil {
			t.Errorf("follow: %v", err)
			return
		}
		if want++; e.Position != want {
			t.Errorf("followed from %d to %d", want-1, e.Position)
			return
		}
		if want == end {
			return
		}
	}
}

func pollTo(t testing.TB, l eventstore.Log, end domain.Position) {
	seen := domain.Position(0)
	for seen < end {
		head, err := l.Head(t.Context())
		if err != nil {
			t.Errorf("head: %v", err)
			return
		}
		for e, err := range l.ReadLog(t.Context(), seen) {
			if err != nil {
				t.Errorf("read: %v", err)
				return
			}
			if seen++; e.Position != seen {
				t.Errorf("read from %d to %d", seen-1, e.Position)
				return
			}
		}
		if seen < head {
			t.Errorf("read to %d though the head was %d before", seen, head)
			return
		}
	}
}

// race runs n functions at once.
func race(n int, run func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-start
			run(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}
