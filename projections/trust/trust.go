// Package trust is the projection that answers how far an account can trust us, why,
// how sure we are, and what moved it. It stores facts; the model in domain/trust
// weighs them when asked, by the policy in force at the instant asked about.
package trust

import (
	"context"

	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Projector folds events into facts.
type Projector struct{}

var _ projections.Projector = (*Projector)(nil)

// New makes the projector.
func New() *Projector { return &Projector{} }

// Name is "trust".
func (*Projector) Name() string { return "trust" }

// Version goes up when the same events fold into other rows.
func (*Projector) Version() int { return 1 }

// Schema creates the tables.
func (*Projector) Schema() []string { return nil }

// Apply stores the facts of a batch.
func (*Projector) Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error { return nil }
