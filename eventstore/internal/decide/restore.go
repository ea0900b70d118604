package decide

import (
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Restore decides whether the events can be written as they are to a store in that
// state, whose last event was recorded at that time. It gives the new last revisions
// of the streams written to; its errors are those of [eventstore.Restorer.Restore]
// and of the state.
func Restore(events []eventstore.Recorded, last time.Time, state State) (map[eventstore.StreamID]domain.Revision, error) {
	streams := map[eventstore.StreamID]domain.Revision{}
	here := map[identity]bool{}
	next := state.Head()
	for i, e := range events {
		next++
		reason, err := misfit(e, next, last, streams, here, state)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			return nil, &eventstore.MisfitError{Index: i, Position: e.Position, Reason: reason}
		}
		streams[e.Stream], last = e.Revision, e.RecordedAt
		here[identity{e.Source, e.ID}] = true
	}
	return streams, nil
}

// misfit says why the event does not belong at the position; empty if it does.
func misfit(e eventstore.Recorded, next domain.Position, last time.Time, streams map[eventstore.StreamID]domain.Revision, here map[identity]bool, state State) (string, error) {
	if e.Position != next {
		return fmt.Sprintf("the next position is %d", next), nil
	}
	if err := validName("stream", string(e.Stream), eventstore.MaxStreamBytes); err != nil {
		return err.Error(), nil
	}
	if err := validEvent(e.Event); err != nil {
		return err.Error(), nil
	}
	switch at := e.RecordedAt; {
	case at.Location() != time.UTC || at != at.Truncate(time.Microsecond):
		return "its recorded time is not in UTC and whole microseconds", nil
	case at.Before(last):
		return fmt.Sprintf("it was recorded at %s, before the event before it", at.Format(time.RFC3339Nano)), nil
	}
	revision, written := streams[e.Stream]
	if !written {
		var err error
		if revision, err = state.Revision(e.Stream); err != nil {
			return "", err
		}
	}
	if e.Revision != revision+1 {
		return fmt.Sprintf("it has revision %d of %s, and the next is %d", e.Revision, e.Stream, revision+1), nil
	}
	_, known, err := state.Lookup(e.Source, e.ID)
	if err != nil {
		return "", err
	}
	if known || here[identity{e.Source, e.ID}] {
		return fmt.Sprintf("there is an event %q of source %q before it", e.ID, e.Source), nil
	}
	return "", nil
}
