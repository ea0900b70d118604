// Package projectiontest holds every projector to the same promises.
package projectiontest

import (
	"testing"

	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Fold applies the records, which are in log order, to a new read model.
func Fold(t testing.TB, p projections.Projector, records []codec.Record) *sqldb.DB {
	t.Helper()
	t.Fatal("not implemented")
	return nil
}

// Run checks that a projector folds the records into the same rows however they are
// cut into batches, and when rebuilt. The records are positions 1, 2, 3...
func Run(t *testing.T, p projections.Projector, records []codec.Record) {
	t.Helper()
	t.Fatal("not implemented")
}
