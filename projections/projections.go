// Package projections runs the projectors: it follows the ledger from each one's
// checkpoint and commits what they fold together with the new checkpoint, so that
// every event counts exactly once.
package projections

import (
	"context"
	"iter"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Projector folds events into a read model of its own database.
type Projector interface {
	// Name is the projection's name, such as "timeline".
	Name() string
	// Version goes up whenever the same events fold into other rows.
	Version() int
	// Schema is the statements that create its tables and indexes. Every table has a
	// primary key; the digest reads tables in its order.
	Schema() []string
	// Apply folds a batch of events, in log order, without gaps. It changes nothing
	// but the rows it reaches through tx. An error stops the projection at the batch's
	// first event that cannot be folded.
	Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error
}

// Source is where events come from: the LEDGER stream.
type Source interface {
	// Follow yields every event after the position, in order, without gaps, and goes
	// on until ctx ends.
	Follow(ctx context.Context, after domain.Position) iter.Seq2[codec.Record, error]
	// Head is the position of the last event there is to follow.
	Head(ctx context.Context) (domain.Position, error)
}
