package sqldb

import (
	"path/filepath"
	"testing"
)

func TestEveryRowThatWasTakenInIsWrittenOnce(t *testing.T) {
	t.Parallel()
	db := open(t, Open, filepath.Join(t.TempDir(), "t.db"))
	exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL)")
	const rows = 2*enough + 77 // some are left when the last statement of each size was run
	rounds := 0
	err := db.Update(t.Context(), func(tx *Tx) error {
		i := Inserter{Verb: "INSERT OR FAIL", Into: "t (a, b)", Columns: 2}
		for n := range rows {
			i.Add(n, "x")
			if i.Enough() {
				rounds++
				if err := i.Flush(t.Context(), tx); err != nil {
					return err
				}
			}
		}
		return i.Flush(t.Context(), tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := count(t, db); got != rows || rounds != 2 {
		t.Errorf("%d rows in %d rounds before the last, want %d in 2", got, rounds, rows)
	}
}
