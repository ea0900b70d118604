// Package followups answers who owes the customer what, by when, and in which order.
package followups

import (
	"context"

	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Name is the projection's name.
const Name = "followups"

// Projector folds the events that rules listen to into the follow-up queue.
type Projector struct{}

// New makes the projector.
func New() *Projector { return &Projector{} }

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 1 }

// Schema implements projections.Projector.
func (*Projector) Schema() []string { return nil }

// Apply implements projections.Projector.
func (*Projector) Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error { return nil }
