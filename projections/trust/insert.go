package trust

import (
	"context"
	"strings"

	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// inserter collects rows of a table and writes them in statements of a few sizes,
// which is several times faster than a statement for each.
type inserter struct {
	verb    string // INSERT, INSERT OR IGNORE
	into    string // the table and its columns
	columns int
	values  []any
}

var insertSizes = []int{64, 8, 1} // rows

func (i *inserter) add(values ...any) { i.values = append(i.values, values...) }

func (i *inserter) flush(ctx context.Context, tx *sqldb.Tx) error {
	for _, size := range insertSizes {
		for n := size * i.columns; len(i.values) >= n; i.values = i.values[n:] {
			if _, err := tx.Exec(ctx, i.statement(size), i.values[:n]...); err != nil {
				return err
			}
		}
	}
	i.values = nil
	return nil
}

func (i *inserter) statement(rows int) string {
	row := "(?" + strings.Repeat(", ?", i.columns-1) + ")"
	return i.verb + " INTO " + i.into + " VALUES " + row + strings.Repeat(", "+row, rows-1)
}
