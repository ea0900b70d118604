// Package commands is the write path: each use case decides, against what the ledger
// knows, which events it yields, and has them recorded. All of them go through the
// one [Recorder].
package commands

import (
	"context"
	"errors"
	"iter"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

var (
	// ErrNoSuchItem is a follow-up that the account does not have.
	ErrNoSuchItem = errors.New("no such follow-up")
	// ErrStopped is a recorder that was closed.
	ErrStopped = errors.New("the recorder has stopped")
)

// Log is what the write path needs of the event log.
type Log interface {
	Append(ctx context.Context, appends ...eventstore.Append) ([]eventstore.Receipt, error)
	ReadStream(ctx context.Context, stream eventstore.StreamID, from domain.Revision) iter.Seq2[eventstore.Recorded, error]
	Find(ctx context.Context, source, id string) (eventstore.Recorded, error)
	At(ctx context.Context, position domain.Position) (eventstore.Recorded, error)
}

// Receipt says where an event is recorded.
type Receipt struct {
	Source, ID string
	Account    domain.AccountID
	Position   domain.Position
	Revision   domain.Revision
	// Duplicate says that it was recorded before; the places are the first time's.
	Duplicate bool
}

// Outcome is what became of one event: it is recorded if Err is nil.
//
// Err is a [*domain.Refusal] if the event breaks a rule, an
// [*eventstore.IdentityConflictError] if its source and id are another event's, wraps
// [eventstore.ErrUnavailable] if the log cannot write now, and is the context's error
// if the caller stopped waiting; in the last two cases the event may have been
// recorded all the same, and recording it again tells.
type Outcome struct {
	Receipt Receipt
	Err     error
}
