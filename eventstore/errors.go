package eventstore

import (
	"errors"
	"fmt"

	"github.com/rapport-ledger/rapport/domain"
)

var (
	// ErrInvalid is an append that no store would accept.
	ErrInvalid = errors.New("invalid append")
	// ErrNotFound is an event that is not in the log.
	ErrNotFound = errors.New("no such event")
	// ErrWrongExpectedRevision is wrapped by [*RevisionConflictError].
	ErrWrongExpectedRevision = errors.New("wrong expected revision")
	// ErrIdentityConflict is wrapped by [*IdentityConflictError].
	ErrIdentityConflict = errors.New("same source and id, other content")
	// ErrUnavailable is a store that cannot write now but may later.
	ErrUnavailable = errors.New("the log cannot write")
	// ErrClosed is a store that was closed.
	ErrClosed = errors.New("the log is closed")
	// ErrNotEmpty is a store that has events where there should be none.
	ErrNotEmpty = errors.New("the log has events already")
	// ErrLocked is a data directory that another process has open.
	ErrLocked = errors.New("the data directory is in use")
	// ErrCorrupt is wrapped by [*CorruptionError].
	ErrCorrupt = errors.New("the log is corrupt")
)

// RevisionConflictError says that the stream is not where the writer expected it.
type RevisionConflictError struct {
	Stream   StreamID
	Expected Expected
	Actual   domain.Revision
}

func (e *RevisionConflictError) Error() string {
	return fmt.Sprintf("append %s: %v: expected %s, actual %d", e.Stream, ErrWrongExpectedRevision, e.Expected, e.Actual)
}

func (e *RevisionConflictError) Unwrap() error { return ErrWrongExpectedRevision }

func (e Expected) String() string {
	switch e.kind {
	case expectAny:
		return "any"
	case expectNoStream:
		return "no stream"
	case expectExactly:
		return fmt.Sprint(uint64(e.revision))
	}
	return "nothing chosen"
}

// IdentityConflictError says that the source and id are taken by an event with other
// content. Nothing of the append was recorded.
type IdentityConflictError struct {
	Source, ID string
	// Position is where the recorded event is; 0 if both are in the same append.
	Position domain.Position
	Recorded Hash
	Offered  Hash
}

func (e *IdentityConflictError) Error() string {
	return fmt.Sprintf("append %s %s: %v: recorded %x at position %d, offered %x",
		e.Source, e.ID, ErrIdentityConflict, e.Recorded, e.Position, e.Offered)
}

func (e *IdentityConflictError) Unwrap() error { return ErrIdentityConflict }

// CorruptionError says that what is stored is not what was written. Position is the
// first event that cannot be trusted; 0 if an index is damaged, so that it is not known
// which events would be found through it, while the log itself can still be read.
type CorruptionError struct {
	Position domain.Position
	Err      error
}

func (e *CorruptionError) Error() string {
	return fmt.Sprintf("%v at position %d: %v", ErrCorrupt, e.Position, e.Err)
}

func (e *CorruptionError) Unwrap() []error { return []error{ErrCorrupt, e.Err} }

// MisfitError says that an event cannot be restored where it says it was.
type MisfitError struct {
	// Index is the event's place in the call, from 0.
	Index    int
	Position domain.Position // as the event has it
	Reason   string
}

func (e *MisfitError) Error() string {
	return fmt.Sprintf("restore position %d: %s", e.Position, e.Reason)
}

func (e *MisfitError) Unwrap() error { return ErrInvalid }
