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
//
// A projector keeps nothing between calls of Apply but what is in its tables: a
// transaction may be rolled back and its events applied again in other batches, and
// a rebuild applies old events to a second database while new ones go to the first.
type Projector interface {
	// Name is the projection's name, such as "timeline": letters, digits, dashes.
	Name() string
	// Version goes up whenever the same events fold into other rows. A read model made by
	// another version, or with other tables or indexes, is built anew.
	Version() int
	// Schema is the statements that create its tables, and the indexes that Apply
	// itself needs. Every table has a primary key; the digest reads tables in its
	// order. The table name checkpoint is the runtime's.
	Schema() []string
	// Apply folds a batch of events, in log order, without gaps unless the projector is
	// [Selective]. It changes nothing
	// but the rows it reaches through tx. How events are cut into batches makes no
	// difference to the rows. An error stops the projection at the first event that
	// cannot be folded; so does a panic.
	Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error
}

// Indexer is a [Projector] with indexes that its queries need and Apply does not. A
// rebuild creates them when it has folded what there is, which is much faster than
// keeping them up event by event.
type Indexer interface {
	// Indexes is the statements that create them: indexes, or tables whose names begin with
	// index_, which they fill with what there is and have triggers keep up. The digest has
	// none of them.
	Indexes() []string
}

// Selective is a [Projector] that has no use for most events. Those it does not want cost
// it next to nothing: neither a transaction nor a decoding.
type Selective interface {
	// Wants reports whether Apply has to see the event, going by what is known of it
	// without its data: type, account, revision, target. The answer follows from the
	// record alone. Apply gets the events that are wanted, in log order, and no others.
	// If other events are wanted than before, so are other rows: Version goes up.
	Wants(r codec.Record) bool
}

// Source is where events come from: the ledger's log, or its copy, the stream LEDGER.
type Source interface {
	// Follow yields every event after the position, in order, without gaps, and goes
	// on until ctx ends. After an error the runtime follows anew from where it is.
	Follow(ctx context.Context, after domain.Position) iter.Seq2[codec.Record, error]
	// Head is the position of the last event there is to follow.
	Head(ctx context.Context) (domain.Position, error)
}

// Near is a [Source] in the same process, from which a projection that follows along takes
// its events when it is ready for them, with nothing in between that has to be woken.
type Near interface {
	// Next waits for events after the position and gives those there are, so many at
	// most, in order and without gaps. After an error the runtime asks anew.
	Next(ctx context.Context, after domain.Position, most int) ([]codec.Record, error)
}
