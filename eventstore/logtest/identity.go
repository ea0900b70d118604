package logtest

import (
	"errors"
	"math"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

func (s suite) identity(t *testing.T) {
	s.rule(t, "the same event again has the first receipt, whatever revision is expected", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 3)...))
		for _, e := range []eventstore.Expected{eventstore.Any, eventstore.NoStream, eventstore.Exactly(1), eventstore.Exactly(99)} {
			wantReceipts(t, mustAppend(t, l, expecting("acme", e, event("a-2"))), duplicate(2, 2))
		}
		got := mustAppend(t, l, expecting("acme", eventstore.NoStream, events("a", 3)...))
		wantReceipts(t, got, duplicate(1, 1), duplicate(2, 2), duplicate(3, 3))
		wantHead(t, l, 3)
	})
	s.rule(t, "an append of duplicates only does not hold up the others in its call", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", event("a-1")))
		got := mustAppend(t, l, expecting("acme", eventstore.NoStream, event("a-1")), expecting("bell", eventstore.NoStream, event("b-1")))
		wantReceipts(t, got, duplicate(1, 1), recorded(2, 1))
	})
	s.rule(t, "new events beside duplicates are appended, and held to the expected revision", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 2)...))
		_, err := l.Append(t.Context(), expecting("acme", eventstore.NoStream, event("a-1"), event("a-3")))
		wantConflict(t, err, "acme", 2)
		got := mustAppend(t, l, expecting("acme", eventstore.Exactly(2), event("a-2"), event("a-3"), event("a-1"), event("a-4")))
		wantReceipts(t, got, duplicate(2, 2), recorded(3, 3), duplicate(1, 1), recorded(4, 4))
		wantDense(t, l)
	})
	s.rule(t, "an event twice in one call is recorded once", func(t *testing.T, l eventstore.Log) {
		got := mustAppend(t, l, to("acme", event("a-1"), event("a-1")), expecting("bell", eventstore.Exactly(4), event("a-1")))
		wantReceipts(t, got, recorded(1, 1), duplicate(1, 1), duplicate(1, 1))
		wantIDs(t, wantDense(t, l), "a-1")
	})
	s.rule(t, "other content under the same source and id is a conflict that names both", func(t *testing.T, l eventstore.Log) {
		first, other := event("a-1"), eventOf("a-1", "something else")
		mustAppend(t, l, to("bell", event("b-1")), to("acme", first))
		_, err := l.Append(t.Context(), to("acme", event("a-2"), other))
		wantIdentityConflict(t, err, eventstore.IdentityConflictError{
			Source: "suite", ID: "a-1", Position: 2, Recorded: first.Hash, Offered: other.Hash,
		})
		wantIDs(t, wantDense(t, l), "b-1", "a-1")
	})
	s.rule(t, "two contents under one source and id in one call are a conflict at no position", func(t *testing.T, l eventstore.Log) {
		first, other := event("a-1"), eventOf("a-1", "something else")
		_, err := l.Append(t.Context(), to("acme", first), to("bell", other))
		wantIdentityConflict(t, err, eventstore.IdentityConflictError{
			Source: "suite", ID: "a-1", Recorded: first.Hash, Offered: other.Hash,
		})
		wantHead(t, l, 0)
	})
	s.rule(t, "an identity conflict comes before a revision conflict", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", event("a-1")))
		_, err := l.Append(t.Context(), expecting("bell", eventstore.Exactly(5), event("b-1")), to("acme", eventOf("a-1", "other")))
		wantError(t, err, eventstore.ErrIdentityConflict)
	})
	s.rule(t, "source and id are told apart where one ends and the other begins", func(t *testing.T, l eventstore.Log) {
		one, two := event("c"), event("bc")
		one.Source, two.Source = "ab", "a"
		got := mustAppend(t, l, to("acme", one, two))
		wantReceipts(t, got, recorded(1, 1), recorded(2, 2))
	})
	s.rule(t, "find gives the event or says there is none", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 2)...))
		got, err := l.Find(t.Context(), "suite", "a-2")
		if err != nil || got.Position != 2 || string(got.Body) != "content of a-2" {
			t.Fatalf("got %+v, %v", got, err)
		}
		for _, absent := range [][2]string{{"suite", "a-3"}, {"other", "a-1"}, {"", ""}, {"suite", ""}} {
			_, err := l.Find(t.Context(), absent[0], absent[1])
			wantError(t, err, eventstore.ErrNotFound)
		}
	})
	s.rule(t, "a position without an event is not found", func(t *testing.T, l eventstore.Log) {
		mustAppend(t, l, to("acme", events("a", 2)...))
		for _, absent := range []domain.Position{0, 3, math.MaxUint64} {
			_, err := l.At(t.Context(), absent)
			wantError(t, err, eventstore.ErrNotFound)
		}
	})
}

func wantIdentityConflict(t testing.TB, err error, want eventstore.IdentityConflictError) {
	t.Helper()
	wantError(t, err, eventstore.ErrIdentityConflict)
	got, ok := errors.AsType[*eventstore.IdentityConflictError](err)
	if !ok || *got != want {
		t.Fatalf("got %v, want %v", err, &want)
	}
}

func asConflict(t testing.TB, err error) *eventstore.RevisionConflictError {
	t.Helper()
	c, ok := errors.AsType[*eventstore.RevisionConflictError](err)
	if !ok {
		t.Fatalf("got %T, want a *RevisionConflictError", err)
	}
	return c
}

// positions are those of the events, in the order read.
func positions(events []eventstore.Recorded) []domain.Position {
	out := make([]domain.Position, len(events))
	for i, e := range events {
		out[i] = e.Position
	}
	return out
}
