package logtest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// last is a place beyond every log.
const last = ^uint64(0)

func (s suite) reading(t *testing.T) {
	s.rule(t, "an empty log reads as nothing", func(t *testing.T, l eventstore.Log) {
		wantIDs(t, collect(t, l.ReadLog(t.Context(), 0)))
		wantIDs(t, collect(t, l.ReadLog(t.Context(), 17)))
		wantIDs(t, collect(t, l.ReadStream(t.Context(), "acme", 1)))
		wantIDs(t, collect(t, l.ReadStream(t.Context(), "", 1)))
		wantHead(t, l, 0)
	})
	s.rule(t, "a stream is read from a revision, which is included", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 3)...), to("bell", events("b", 2)...))
		mustAppend(t, l, to("acme", event("a-4")))
		wantIDs(t, collect(t, l.ReadStream(t.Context(), "acme", 0)), "a-1", "a-2", "a-3", "a-4")
		wantIDs(t, collect(t, l.ReadStream(t.Context(), "acme", 1)), "a-1", "a-2", "a-3", "a-4")
		wantIDs(t, collect(t, l.ReadStream(t.Context(), "acme", 3)), "a-3", "a-4")
		wantIDs(t, collect(t, l.ReadStream(t.Context(), "acme", 5)))
		wantIDs(t, collect(t, l.ReadStream(t.Context(), "acme", domain.Revision(last))))
		wantIDs(t, collect(t, l.ReadStream(t.Context(), "nobody", 1)))
	})
	s.rule(t, "the log is read after a position, which is excluded", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 2)...), to("bell", events("b", 2)...))
		wantIDs(t, collect(t, l.ReadLog(t.Context(), 0)), "a-1", "a-2", "b-1", "b-2")
		wantIDs(t, collect(t, l.ReadLog(t.Context(), 2)), "b-1", "b-2")
		wantIDs(t, collect(t, l.ReadLog(t.Context(), 4)))
		wantIDs(t, collect(t, l.ReadLog(t.Context(), 5)))
		wantIDs(t, collect(t, l.ReadLog(t.Context(), domain.Position(last))))
	})
	s.rule(t, "a read ends where the log ended when it began", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 3)...))
		var ids []string
		for e, err := range l.ReadLog(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, e.ID)
			mustAppend(t, l, to("acme", event("more-"+e.ID)))
		}
		if want := []string{"a-1", "a-2", "a-3"}; !slices.Equal(ids, want) {
			t.Fatalf("read %q, want %q", ids, want)
		}
		ids = nil
		for e, err := range l.ReadStream(t.Context(), "acme", 4) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, e.ID)
			mustAppend(t, l, to("acme", event("and "+e.ID)))
		}
		if want := []string{"more-a-1", "more-a-2", "more-a-3"}; !slices.Equal(ids, want) {
			t.Fatalf("read %q, want %q", ids, want)
		}
	})
	s.rule(t, "a sequence can be read again, and left at any event", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 700)...))
		log, stream := l.ReadLog(t.Context(), 0), l.ReadStream(t.Context(), "acme", 1)
		for _, leave := range []int{1, 3, 16, 17, 650} {
			n := 0
			for range log {
				if n++; n == leave {
					break
				}
			}
			for range stream {
				if n--; n == 0 {
					break
				}
			}
		}
		if a, b := len(collect(t, log)), len(collect(t, stream)); a != 700 || b != 700 {
			t.Fatalf("read %d and %d events, want 700", a, b)
		}
	})
	s.rule(t, "events are picked in the order asked for, up to one that is not there", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 700)...), to("bell", events("b", 700)...))
		all := collect(t, l.ReadLog(t.Context(), 0))
		var positions []domain.Position
		var want []eventstore.Recorded
		for i := range all { // every third, rising, then those between, falling
			if i%3 == 0 {
				positions, want = append(positions, all[i].Position), append(want, all[i])
			}
		}
		for i := len(all) - 1; i >= 0; i-- {
			if i%3 != 0 {
				positions, want = append(positions, all[i].Position), append(want, all[i])
			}
		}
		positions, want = append(positions, 5, 5), append(want, all[4], all[4])
		wantSame(t, collect(t, l.Pick(t.Context(), positions)), want)
		wantSame(t, collect(t, l.Pick(t.Context(), nil)), nil)
		for _, absent := range []domain.Position{0, 1401, domain.Position(last)} {
			var got []eventstore.Recorded
			var ended error
			for e, err := range l.Pick(t.Context(), []domain.Position{2, absent, 3}) {
				if ended = err; err == nil {
					got = append(got, e)
				}
			}
			wantSame(t, got, all[1:2])
			wantError(t, ended, eventstore.ErrNotFound)
		}
	})
	s.rule(t, "a read ends with its context", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 600)...))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n, err := 0, error(nil)
		for _, err = range l.ReadLog(ctx, 0) {
			if n++; n == 2 {
				cancel()
			}
		}
		wantError(t, err, context.Canceled)
		wantError(t, firstError(l.ReadStream(ctx, "acme", 1)), context.Canceled)
		wantError(t, firstError(l.Follow(ctx, 0)), context.Canceled)
		_, err = l.Find(ctx, "suite", "a-1")
		wantError(t, err, context.Canceled)
		_, err = l.At(ctx, 1)
		wantError(t, err, context.Canceled)
		wantError(t, firstError(l.Pick(ctx, []domain.Position{1})), context.Canceled)
		_, err = l.Head(ctx)
		wantError(t, err, context.Canceled)
	})
	s.rule(t, "a thousand streams stay apart", func(t *testing.T, l eventstore.Log) {
		for round := range 3 {
			var appends []eventstore.Append
			for i := range 1000 {
				id := eventstore.StreamID(fmt.Sprintf("account-%d", i))
				appends = append(appends, expecting(id, eventstore.Exactly(domain.Revision(round)), event(fmt.Sprintf("%s/%d", id, round))))
			}
			mustAppend(t, l, appends...)
		}
		wantIDs(t, collect(t, l.ReadStream(t.Context(), "account-7", 1)), "account-7/0", "account-7/1", "account-7/2")
		wantDense(t, l)
	})
}

func (s suite) following(t *testing.T) {
	s.rule(t, "following catches up and then goes on live", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 3)...))
		f := follow(t, l, 1)
		f.want(t, 2, 3)
		mustAppend(t, l, to("bell", event("b-1")))
		f.want(t, 4)
		mustAppend(t, l, to("bell", event("b-2")), to("acme", event("a-4")))
		f.want(t, 5, 6)
	})
	s.rule(t, "an empty log can be followed", func(t *testing.T, l eventstore.Log) {
		f := follow(t, l, 0)
		mustAppend(t, l, to("acme", events("a", 2)...))
		f.want(t, 1, 2)
	})
	s.rule(t, "following from beyond the head waits for that place", func(t *testing.T, l eventstore.Log) {
		f := follow(t, l, 3)
		mustAppend(t, l, to("acme", events("a", 5)...))
		f.want(t, 4, 5)
	})
	s.rule(t, "following from beyond every position waits for its context", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", event("a-1")))
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		wantError(t, firstError(l.Follow(ctx, domain.Position(last))), context.Canceled)
	})
	s.rule(t, "following ends when its context does", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", event("a-1")))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var err error
		for _, err = range l.Follow(ctx, 0) {
			if err == nil {
				cancel()
			}
		}
		wantError(t, err, context.Canceled)
	})
	s.rule(t, "following can be left while it is live", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 2)...))
		var seen []domain.Position
		for e, err := range l.Follow(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, e.Position)
			if e.Position == 2 {
				mustAppend(t, l, to("acme", event("a-3")))
			}
			if e.Position == 3 {
				break
			}
		}
		if want := []domain.Position{1, 2, 3}; !slices.Equal(seen, want) {
			t.Fatalf("followed %v, want %v", seen, want)
		}
	})
}

// follower reads a log in a goroutine of its own.
type follower struct {
	events chan eventstore.Recorded
	err    chan error
}

// follow starts to follow the log; the test's end stops it.
func follow(t testing.TB, l eventstore.Log, after domain.Position) follower {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := follower{events: make(chan eventstore.Recorded), err: make(chan error, 1)}
	t.Cleanup(cancel)
	go func() {
		for e, err := range l.Follow(ctx, after) {
			if err != nil {
				f.err <- err
				return
			}
			select {
			case f.events <- e:
			case <-ctx.Done():
			}
		}
	}()
	return f
}

// want waits for the events at those positions, and no others before them.
func (f follower) want(t testing.TB, positions ...domain.Position) {
	t.Helper()
	for _, want := range positions {
		select {
		case e := <-f.events:
			if e.Position != want {
				t.Fatalf("followed to position %d, want %d", e.Position, want)
			}
		case err := <-f.err:
			t.Fatalf("following ended at %d: %v", want, err)
		}
	}
}

func (s suite) closing(t *testing.T) {
	s.rule(t, "a closed log answers nothing more, and can be closed again", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", event("a-1")))
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := l.Append(t.Context(), to("acme", event("a-2")))
		wantError(t, err, eventstore.ErrClosed)
		_, err = l.Head(t.Context())
		wantError(t, err, eventstore.ErrClosed)
		_, err = l.Find(t.Context(), "suite", "a-1")
		wantError(t, err, eventstore.ErrClosed)
		_, err = l.At(t.Context(), 1)
		wantError(t, err, eventstore.ErrClosed)
		wantError(t, firstError(l.Pick(t.Context(), []domain.Position{1})), eventstore.ErrClosed)
		wantError(t, firstError(l.ReadLog(t.Context(), 0)), eventstore.ErrClosed)
		wantError(t, firstError(l.ReadStream(t.Context(), "acme", 1)), eventstore.ErrClosed)
		wantError(t, firstError(l.Follow(t.Context(), 0)), eventstore.ErrClosed)
	})
	s.rule(t, "closing ends those who follow", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", event("a-1")))
		f := follow(t, l, 0)
		f.want(t, 1)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		wantError(t, <-f.err, eventstore.ErrClosed)
	})
	s.rule(t, "closing inside a read ends that read", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 2000)...))
		var err error
		for e, e2 := range l.ReadLog(t.Context(), 0) {
			if err = e2; err == nil && e.Position == 1 {
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
		wantError(t, err, eventstore.ErrClosed)
	})
}
