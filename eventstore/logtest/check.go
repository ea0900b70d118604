package logtest

import (
	"bytes"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

func mustAppend(t testing.TB, l eventstore.Log, appends ...eventstore.Append) []eventstore.Receipt {
	t.Helper()
	receipts, err := l.Append(t.Context(), appends...)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return receipts
}

func wantReceipts(t testing.TB, got []eventstore.Receipt, want ...eventstore.Receipt) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("receipts: got %v, want %v", got, want)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

func wantHead(t testing.TB, l eventstore.Log, want domain.Position) {
	t.Helper()
	got, err := l.Head(t.Context())
	if err != nil {
		t.Fatalf("head: %v", err)
	}
	if got != want {
		t.Fatalf("head: got %d, want %d", got, want)
	}
}

// collect reads to the end.
func collect(t testing.TB, seq iter.Seq2[eventstore.Recorded, error]) []eventstore.Recorded {
	t.Helper()
	var out []eventstore.Recorded
	for e, err := range seq {
		if err != nil {
			t.Fatalf("read after %d events: %v", len(out), err)
		}
		out = append(out, e)
	}
	return out
}

// firstError reads on until an error, and gives it.
func firstError(seq iter.Seq2[eventstore.Recorded, error]) error {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}

// wantIDs checks which events were read, in order.
func wantIDs(t testing.TB, got []eventstore.Recorded, want ...string) {
	t.Helper()
	ids := make([]string, len(got))
	for i, e := range got {
		ids[i] = e.ID
	}
	if !slices.Equal(ids, want) {
		t.Fatalf("read %q, want %q", ids, want)
	}
}

// wantDense checks everything a log holds: positions and revisions without gaps,
// times that never decrease, and that the streams, Find, At and Head tell the same.
func wantDense(t testing.TB, l eventstore.Log) []eventstore.Recorded {
	t.Helper()
	all := collect(t, l.ReadLog(t.Context(), 0))
	streams := map[eventstore.StreamID][]eventstore.Recorded{}
	var last time.Time
	for i, e := range all {
		if want := domain.Position(i + 1); e.Position != want {
			t.Fatalf("event %s: got position %d, want %d", e.ID, e.Position, want)
		}
		if want := domain.Revision(len(streams[e.Stream]) + 1); e.Revision != want {
			t.Fatalf("event %s: got revision %d of %s, want %d", e.ID, e.Revision, e.Stream, want)
		}
		if e.RecordedAt.Before(last) {
			t.Fatalf("position %d was recorded at %s, before the one before it, %s", e.Position, e.RecordedAt, last)
		}
		if e.RecordedAt.Location() != time.UTC || e.RecordedAt != e.RecordedAt.Truncate(time.Microsecond) {
			t.Fatalf("position %d: recorded at %s, want UTC to the microsecond", e.Position, e.RecordedAt)
		}
		last = e.RecordedAt
		streams[e.Stream] = append(streams[e.Stream], e)
		found, err := l.Find(t.Context(), e.Source, e.ID)
		if err != nil {
			t.Fatalf("find %s: %v", e.ID, err)
		}
		there, err := l.At(t.Context(), e.Position)
		if err != nil {
			t.Fatalf("position %d: %v", e.Position, err)
		}
		wantSame(t, []eventstore.Recorded{found, there}, []eventstore.Recorded{e, e})
	}
	for id, want := range streams {
		wantSame(t, collect(t, l.ReadStream(t.Context(), id, 1)), want)
	}
	wantHead(t, l, domain.Position(len(all)))
	return all
}

func wantSame(t testing.TB, got, want []eventstore.Recorded) {
	t.Helper()
	if !slices.EqualFunc(got, want, same) {
		t.Fatalf("got %v\nwant %v", got, want)
	}
}

func same(a, b eventstore.Recorded) bool {
	return a.Source == b.Source && a.ID == b.ID && a.Hash == b.Hash && bytes.Equal(a.Body, b.Body) &&
		a.Stream == b.Stream && a.Position == b.Position && a.Revision == b.Revision && a.RecordedAt.Equal(b.RecordedAt)
}
