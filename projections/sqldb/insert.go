package sqldb

import (
	"context"
	"strings"
)

// Inserter collects rows of a table and writes them in statements of a few sizes,
// which is several times faster than a statement for each.
type Inserter struct {
	// Verb is INSERT OR FAIL or INSERT OR IGNORE, Into the table and its columns in
	// parentheses, Columns their number. A plain INSERT of several rows would keep a copy of
	// each page it changes, to undo itself alone, where an error undoes the whole transaction.
	Verb, Into string
	Columns    int

	values []any
}

const enough = 512 // rows

var insertSizes = []int{64, 8, 1} // rows

// Add takes in a row: a value for each column.
func (i *Inserter) Add(values ...any) { i.values = append(i.values, values...) }

// Enough reports whether so many rows have been taken in that more would only take memory.
func (i *Inserter) Enough() bool { return len(i.values) >= enough*i.Columns }

// Flush writes the rows that were taken in since the last time.
func (i *Inserter) Flush(ctx context.Context, tx *Tx) error {
	rest := i.values
	for _, size := range insertSizes {
		for n := size * i.Columns; len(rest) >= n; rest = rest[n:] {
			if _, err := tx.Exec(ctx, i.statement(size), rest[:n]...); err != nil {
				return err
			}
		}
	}
	clear(i.values)
	i.values = i.values[:0]
	return nil
}

func (i *Inserter) statement(rows int) string {
	row := "(?" + strings.Repeat(", ?", i.Columns-1) + ")"
	return i.Verb + " INTO " + i.Into + " VALUES " + row + strings.Repeat(", "+row, rows-1)
}
