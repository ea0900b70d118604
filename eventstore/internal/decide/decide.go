// Package decide holds the rules of [eventstore.Log.Append] that do not depend on how
// events are kept, so that all stores of this module decide alike: which events are
// new, which are duplicates, and which appends are refused.
package decide

import (
	"fmt"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// State is what a store holds at the moment of the decision. The store keeps it still
// until it has written what was decided.
type State interface {
	// Head is the position of the last event.
	Head() domain.Position
	// Revision is that of the stream's last event, 0 if it has none.
	Revision(eventstore.StreamID) (domain.Revision, error)
	// Lookup gives the event of that source and id; false if there is none.
	Lookup(source, id string) (Known, bool, error)
}

// Known is what a decision needs of an event already recorded.
type Known struct {
	Hash     eventstore.Hash
	Position domain.Position
	Revision domain.Revision
}

// Decision is what an append comes to.
type Decision struct {
	// Receipts has one entry for each event of the call, in order.
	Receipts []eventstore.Receipt
	// New are the events to write, in the order of their positions, all in one
	// transaction. RecordedAt is left for the store to set.
	New []eventstore.Recorded
	// Streams are the new last revisions of the streams written to.
	Streams map[eventstore.StreamID]domain.Revision
}

type identity struct{ source, id string }

// Valid checks what can be checked without a store's state. Its errors wrap
// [eventstore.ErrInvalid].
func Valid(appends []eventstore.Append) error {
	for i, a := range appends {
		if err := validName("stream", string(a.Stream), eventstore.MaxStreamBytes); err != nil {
			return fmt.Errorf("append %d: %w", i, err)
		}
		if !a.Expected.Valid() {
			return fmt.Errorf("append to %s: %w: no expected revision chosen", a.Stream, eventstore.ErrInvalid)
		}
		for j, e := range a.Events {
			if err := validEvent(e); err != nil {
				return fmt.Errorf("append to %s, event %d: %w", a.Stream, j, err)
			}
		}
	}
	return nil
}

func validEvent(e eventstore.Event) error {
	if err := validName("source", e.Source, eventstore.MaxIdentityBytes); err != nil {
		return err
	}
	if err := validName("id", e.ID, eventstore.MaxIdentityBytes); err != nil {
		return err
	}
	if len(e.Body) > eventstore.MaxBodyBytes {
		return fmt.Errorf("%w: a body of %d bytes, more than %d", eventstore.ErrInvalid, len(e.Body), eventstore.MaxBodyBytes)
	}
	return nil
}

func validName(what, name string, limit int) error {
	if name == "" {
		return fmt.Errorf("%w: no %s", eventstore.ErrInvalid, what)
	}
	if len(name) > limit {
		return fmt.Errorf("%w: %s of %d bytes, more than %d", eventstore.ErrInvalid, what, len(name), limit)
	}
	return nil
}

// Append decides a call that [Valid] accepts. Its errors are those of
// [eventstore.Log.Append] and of the state.
func Append(appends []eventstore.Append, state State) (Decision, error) {
	var d Decision
	var wrong *eventstore.RevisionConflictError
	head := state.Head()
	here := map[identity]Known{}
	for _, a := range appends {
		if len(a.Events) == 0 {
			continue
		}
		actual, written := d.Streams[a.Stream]
		if !written {
			var err error
			if actual, err = state.Revision(a.Stream); err != nil {
				return Decision{}, err
			}
		}
		last := actual
		for _, e := range a.Events {
			known, recorded, err := lookup(e, here, state)
			if err != nil {
				return Decision{}, err
			}
			if recorded {
				d.Receipts = append(d.Receipts, eventstore.Receipt{Position: known.Position, Revision: known.Revision, Duplicate: true})
				continue
			}
			head++
			last++
			here[identity{e.Source, e.ID}] = Known{Hash: e.Hash, Position: head, Revision: last}
			d.Receipts = append(d.Receipts, eventstore.Receipt{Position: head, Revision: last})
			d.New = append(d.New, eventstore.Recorded{Event: e, Stream: a.Stream, Position: head, Revision: last})
		}
		if last == actual {
			continue
		}
		if wrong == nil && !a.Expected.Allows(actual) {
			wrong = &eventstore.RevisionConflictError{Stream: a.Stream, Expected: a.Expected, Actual: actual}
		}
		if d.Streams == nil {
			d.Streams = make(map[eventstore.StreamID]domain.Revision, len(appends))
		}
		d.Streams[a.Stream] = last
	}
	// An identity conflict, found on the way, comes before this: it is for ever,
	// while a wrong revision invites another try.
	if wrong != nil {
		return Decision{}, wrong
	}
	return d, nil
}

// lookup finds the event of e's source and id, in this call or in the store.
func lookup(e eventstore.Event, here map[identity]Known, state State) (Known, bool, error) {
	known, found := here[identity{e.Source, e.ID}]
	position := domain.Position(0)
	if !found {
		var err error
		if known, found, err = state.Lookup(e.Source, e.ID); err != nil {
			return Known{}, false, err
		}
		position = known.Position
	}
	if found && known.Hash != e.Hash {
		return Known{}, false, &eventstore.IdentityConflictError{
			Source: e.Source, ID: e.ID, Position: position, Recorded: known.Hash, Offered: e.Hash,
		}
	}
	return known, found, nil
}
