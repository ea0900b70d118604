package logtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// model is the contract at its plainest: one slice, searched from the start. It
// shares no code with the stores.
type model struct{ events []eventstore.Recorded }

func (m *model) revision(s eventstore.StreamID) (r domain.Revision) {
	for _, e := range m.events {
		if e.Stream == s {
			r = e.Revision
		}
	}
	return r
}

func (m *model) find(source, id string) (eventstore.Recorded, bool) {
	i := slices.IndexFunc(m.events, func(e eventstore.Recorded) bool { return e.Source == source && e.ID == id })
	if i < 0 {
		return eventstore.Recorded{}, false
	}
	return m.events[i], true
}

// append applies the call to a copy, and keeps the copy if all went well.
func (m *model) append(appends []eventstore.Append) ([]eventstore.Receipt, error) {
	next := model{slices.Clone(m.events)}
	var receipts []eventstore.Receipt
	var wrong error
	for _, a := range appends {
		before := next.revision(a.Stream)
		for _, e := range a.Events {
			if old, found := next.find(e.Source, e.ID); found {
				if old.Hash != e.Hash {
					return nil, eventstore.ErrIdentityConflict
				}
				receipts = append(receipts, duplicate(old.Position, old.Revision))
				continue
			}
			if !a.Expected.Allows(before) {
				wrong = eventstore.ErrWrongExpectedRevision
			}
			r := eventstore.Recorded{Event: e, Stream: a.Stream, Position: domain.Position(len(next.events) + 1), Revision: next.revision(a.Stream) + 1}
			next.events = append(next.events, r)
			receipts = append(receipts, recorded(r.Position, r.Revision))
		}
	}
	if wrong != nil {
		return nil, wrong
	}
	m.events = next.events
	return receipts, nil
}

// drawAppends gives calls that meet often: few streams, few ids, and contents that
// mostly agree.
func drawAppends(t *rapid.T) []eventstore.Append {
	streams := rapid.SliceOfN(rapid.SampledFrom([]eventstore.StreamID{"a", "ab", "b", "_ledger"}), 0, 4).Draw(t, "streams")
	appends := make([]eventstore.Append, len(streams))
	for i, s := range streams {
		expected := rapid.SampledFrom([]eventstore.Expected{
			eventstore.Any, eventstore.Any, eventstore.Any, eventstore.NoStream,
			eventstore.Exactly(1), eventstore.Exactly(2), eventstore.Exactly(3),
		}).Draw(t, "expected")
		appends[i] = expecting(s, expected, rapid.SliceOfN(rapid.Custom(drawEvent), 0, 4).Draw(t, "events")...)
	}
	return appends
}

func drawEvent(t *rapid.T) eventstore.Event {
	id := fmt.Sprint("id-", rapid.IntRange(1, 60).Draw(t, "id"))
	if rapid.IntRange(1, 20).Draw(t, "odd") == 1 {
		return eventOf(id, "something else")
	}
	return event(id)
}

func (s suite) properties(t *testing.T) {
	s.rule(t, "any sequence of appends does what the model does", func(t *testing.T, _ eventstore.Log) {
		rapid.Check(t, func(rt *rapid.T) {
			l := s.open(t)
			defer l.Close()
			var m model
			for range rapid.IntRange(1, 12).Draw(rt, "calls") {
				compareAppend(rt, t, l, &m, drawAppends(rt))
			}
			compareReads(rt, t, l, &m)
		})
	})
}

func compareAppend(rt *rapid.T, t *testing.T, l eventstore.Log, m *model, call []eventstore.Append) {
	got, err := l.Append(t.Context(), call...)
	want, wantErr := m.append(call)
	if !errors.Is(err, wantErr) {
		rt.Fatalf("append %v: got error %v, want %v", call, err, wantErr)
	}
	if !slices.Equal(got, want) {
		rt.Fatalf("append %v: got %v, want %v", call, got, want)
	}
}

func compareReads(rt *rapid.T, t *testing.T, l eventstore.Log, m *model) {
	got := wantDense(t, l)
	if !slices.EqualFunc(got, m.events, sameButTime) {
		rt.Fatalf("the log holds %v, want %v", got, m.events)
	}
	after := domain.Position(rapid.IntRange(0, len(m.events)+1).Draw(rt, "after"))
	rest := m.events[min(int(after), len(m.events)):]
	if got := collect(t, l.ReadLog(t.Context(), after)); !slices.Equal(positions(got), positions(rest)) {
		rt.Fatalf("after %d: read %v, want %v", after, positions(got), positions(rest))
	}
}

func sameButTime(a, b eventstore.Recorded) bool {
	a.RecordedAt = b.RecordedAt
	return same(a, b)
}
