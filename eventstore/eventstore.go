// Package eventstore is the contract of the event log: what every store of the
// ledger's events promises to those who append and to those who read. The suite in
// eventstore/logtest holds each implementation to it.
package eventstore

import (
	"context"
	"crypto/sha256"
	"iter"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Log keeps events for ever, in one total order.
//
// Order. Every event has a [domain.Position], its place in the log, from 1 without
// gaps, and a [domain.Revision], its place in its stream, likewise. Both are given in
// commit order: once a reader has seen position p, no event will ever appear at or
// before p that it has not seen. RecordedAt never decreases from one position to the
// next.
//
// Durability. An event is readable, by any method, only after it would survive a loss
// of power. Append returns after that.
//
// Identity. Source and id name an event for ever. Appending it again with the same
// hash yields the first receipt, marked as a duplicate, whatever revision was
// expected; with another hash it is an [*IdentityConflictError].
//
// Concurrency. All methods may be called from many goroutines. Concurrent appends are
// serialised; each is decided against the state the one before it left.
//
// Uncertainty. An Append that returns an error other than a conflict may still have
// happened: appending the same events again tells. It never happens in part.
//
// Corruption is reported as a [*CorruptionError] that names the position, never
// passed over.
type Log interface {
	// Append records the events of all appends, or of none. Receipts are in the order
	// of the events, over all appends, and so are the positions of what is new. A call
	// may name a stream more than once: each of its appends is held against the
	// revision the one before it leaves.
	//
	// Events already recorded are duplicates and are not appended again. An append
	// that consists of duplicates only is not held to its expected revision.
	//
	// An event may be twice in one call: the second is a duplicate of the first. An
	// append without events does nothing, and a call that comes to nothing new
	// writes nothing.
	//
	// Errors: [*IdentityConflictError], which comes before
	// [*RevisionConflictError]; [ErrInvalid] for a zero Expected, a missing or
	// overlong name or a body too large; [ErrUnavailable] when the store cannot
	// write now (a full disk, say) and it is worth trying again; [ErrClosed].
	Append(ctx context.Context, appends ...Append) ([]Receipt, error)

	// ReadStream yields the stream's events from the revision on, up to its end as of
	// the call. An unknown stream is empty. The loop ends at the first error.
	ReadStream(ctx context.Context, stream StreamID, from domain.Revision) iter.Seq2[Recorded, error]

	// ReadLog yields the events after the position, up to the head as of the call.
	ReadLog(ctx context.Context, after domain.Position) iter.Seq2[Recorded, error]

	// Follow is ReadLog that goes on with new events as they become durable, until
	// ctx ends (then it yields ctx's error) or the log is closed ([ErrClosed]).
	Follow(ctx context.Context, after domain.Position) iter.Seq2[Recorded, error]

	// Find gives the event of that source and id, or [ErrNotFound].
	Find(ctx context.Context, source, id string) (Recorded, error)

	// At gives the event at the position, or [ErrNotFound].
	At(ctx context.Context, position domain.Position) (Recorded, error)

	// Pick yields the events at the positions, in the order given, and ends with
	// [ErrNotFound] at the first where there is none. Positions that rise are read
	// fastest.
	Pick(ctx context.Context, positions []domain.Position) iter.Seq2[Recorded, error]

	// Head is the position of the last durable event; 0 if there is none.
	Head(ctx context.Context) (domain.Position, error)

	// Close releases the store. What was acknowledged stays. Every other method then
	// gives [ErrClosed]; closing again does nothing.
	Close() error
}

// Restorer fills a store that is empty with events as they were recorded before, so
// that the log it becomes is the log they came from: the same positions, revisions,
// times, hashes and bodies. It is apart from [Log], so that nobody who appends can
// also say where and when.
type Restorer interface {
	// Restore writes the events, or none of them. The first goes on from the last one
	// restored, beginning with position 1 in an empty store. When it returns, the events
	// are durable.
	//
	// Errors: [*MisfitError] for an event that no log would have given out there: a gap
	// in positions or revisions, a time before the one before it or not in UTC and whole
	// microseconds, a source and id restored before, or what [Log.Append] calls
	// [ErrInvalid]; [ErrUnavailable]; [ErrClosed].
	Restore(ctx context.Context, events ...Recorded) error

	// Close releases the store, which can then be opened as a [Log].
	Close() error
}

// Limits of what a log takes, in bytes; more is [ErrInvalid]. The doors refuse far
// smaller events.
const (
	MaxStreamBytes   = 255
	MaxIdentityBytes = 4 << 10  // of a source, and of an id
	MaxBodyBytes     = 64 << 20 // of one event
)

// StreamID names a stream: one account's events.
type StreamID = domain.AccountID

// Hash identifies an event's content: two events of the same source and id are the
// same fact exactly if their hashes are equal.
type Hash [sha256.Size]byte

// Event is what goes in. Body is opaque to the store.
type Event struct {
	Source string
	ID     string
	Hash   Hash
	Body   []byte
}

// Recorded is what comes out.
type Recorded struct {
	Event
	Stream     StreamID
	Position   domain.Position
	Revision   domain.Revision
	RecordedAt time.Time // UTC, to the microsecond
}

// Append is a batch of events for one stream.
type Append struct {
	Stream   StreamID
	Expected Expected
	Events   []Event
}

// Receipt says where an event is.
type Receipt struct {
	Position  domain.Position
	Revision  domain.Revision
	Duplicate bool
}

// Expected is the revision a writer believes a stream to be at. The zero value is
// refused, so that every writer chooses.
type Expected struct {
	kind     expectation
	revision domain.Revision
}

type expectation uint8

const (
	expectExactly expectation = iota + 1
	expectNoStream
	expectAny
)

var (
	// NoStream expects the stream to have no events.
	NoStream = Expected{kind: expectNoStream}
	// Any expects nothing.
	Any = Expected{kind: expectAny}
)

// Exactly expects the stream's last revision to be r; Exactly(0) is NoStream.
func Exactly(r domain.Revision) Expected {
	if r == 0 {
		return NoStream
	}
	return Expected{kind: expectExactly, revision: r}
}

// Valid reports whether a choice was made.
func (e Expected) Valid() bool { return e.kind != 0 }

// Allows reports whether a stream at the revision meets the expectation.
func (e Expected) Allows(actual domain.Revision) bool {
	switch e.kind {
	case expectAny:
		return true
	case expectNoStream:
		return actual == 0
	case expectExactly:
		return actual == e.revision
	}
	return false
}
