// Package proof makes it provable that the log has not been changed since it was
// signed.
//
// A Merkle tree as in RFC 6962 stands over the log: leaf n-1 is the hash of the record
// of the event at position n (FORMAT.md). A [Notary] follows the log off the append
// path, keeps the tree's hashes in files and signs the root now and then: a signed
// checkpoint, as C2SP tlog-checkpoint has it. Two of them can be shown to be of one
// log that only grew, and one of them commits to every event below it, so that a few
// hashes show that an event is in the log as it was recorded.
//
// What is signed is what the log stores, sealed or not. So nothing here changes when a
// person is forgotten.
//
// AUDITING.md says what this proves and what it does not.
package proof

import (
	"context"
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Log is what is needed of the event log.
type Log interface {
	ReadLog(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
	Follow(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
	Head(ctx context.Context) (domain.Position, error)
}

// Hash is a node of the tree: SHA-256.
type Hash = tlog.Hash

// Fault is something that is not as it was signed.
type Fault struct {
	// Position is the first event concerned; 0 if it is not about events.
	Position domain.Position
	// Until is the last one, if there are several in a row; else it is Position.
	Until domain.Position
	// Size is the signed checkpoint concerned; 0 if it is not about one.
	Size int64
	// Log says that it is the log that is not as it was signed, and not what is kept
	// beside it.
	Log  bool
	What string
}

func (f *Fault) Error() string {
	switch {
	case f.Position > 0 && f.Until > f.Position:
		return fmt.Sprintf("positions %d to %d: %s", f.Position, f.Until, f.What)
	case f.Position > 0:
		return fmt.Sprintf("position %d: %s", f.Position, f.What)
	case f.Size > 0:
		return fmt.Sprintf("checkpoint of size %d: %s", f.Size, f.What)
	}
	return f.What
}
