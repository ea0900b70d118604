package sqldb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func open(t *testing.T, opener func(string) (*DB, error), path string) *DB {
	t.Helper()
	db, err := opener(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db *DB, query string, args ...any) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *DB) (n int) {
	t.Helper()
	err := db.View(t.Context(), func(tx *Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM t").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatIsCommittedIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	for name, opener := range map[string]func(string) (*DB, error){"open": Open, "bulk": OpenBulk} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "a b?c#d%20.db")
			db := open(t, opener, path)
			exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY)")
			exec(t, db, "INSERT INTO t VALUES (?)", 7)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path); err != nil {
				t.Fatal("the file has another name:", err)
			}
			if got := count(t, open(t, Open, path)); got != 1 {
				t.Errorf("rows = %d, want 1", got)
			}
		})
	}
}

func TestATemporaryDatabaseLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SQLITE_TMPDIR", dir)
	db := open(t, func(string) (*DB, error) { return OpenTemporary() }, "")
	exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")
	const rows = 20 // of a megabyte, more than the cache holds
	for range rows {
		exec(t, db, "INSERT INTO t (b) VALUES (zeroblob(1048576))")
	}
	if got := count(t, db); got != rows {
		t.Errorf("rows = %d, want %d", got, rows)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("files: %v, %v", left, err)
	}
}

func TestABulkDatabaseIsOfNoUseAfterAFailedUpdate(t *testing.T) {
	t.Parallel()
	db := open(t, OpenBulk, filepath.Join(t.TempDir(), "t.db"))
	exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY)")
	refused := errors.New("refused")
	nothing := func(*Tx) error { return nil }
	if err := db.Update(t.Context(), func(*Tx) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("error = %v, want %v", err, refused)
	}
	if err := db.Update(t.Context(), nothing); !errors.Is(err, errSpoilt) {
		t.Errorf("the next update: %v, want %v", err, errSpoilt)
	}
	if err := db.View(t.Context(), nothing); !errors.Is(err, errSpoilt) {
		t.Errorf("the next view: %v, want %v", err, errSpoilt)
	}
}

func TestAFailedUpdateLeavesNothingAndTheNextWorks(t *testing.T) {
	t.Parallel()
	db := open(t, Open, filepath.Join(t.TempDir(), "t.db"))
	exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY)")
	refused := errors.New("refused")
	insert := func(end func() error) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%v", r)
			}
		}()
		return db.Update(t.Context(), func(tx *Tx) error {
			if _, err := tx.Exec(t.Context(), "INSERT INTO t VALUES (1)"); err != nil {
				return err
			}
			return end()
		})
	}
	if err := insert(func() error { return refused }); !errors.Is(err, refused) {
		t.Errorf("error = %v, want %v", err, refused)
	}
	if err := insert(func() error { panic("slip") }); err == nil || err.Error() != "slip" {
		t.Errorf("panic came out as %v", err)
	}
	if got := count(t, db); got != 0 {
		t.Fatalf("rows = %d, want 0", got)
	}
	if err := insert(func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := count(t, db); got != 1 {
		t.Errorf("rows = %d, want 1", got)
	}
}

func TestAViewSeesOneStateAndCannotWrite(t *testing.T) {
	t.Parallel()
	db := open(t, Open, filepath.Join(t.TempDir(), "t.db"))
	exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY)")
	err := db.View(t.Context(), func(tx *Tx) error {
		var before, after int
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM t").Scan(&before); err != nil {
			return err
		}
		exec(t, db, "INSERT INTO t VALUES (1)")
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM t").Scan(&after); err != nil {
			return err
		}
		if before != 0 || after != 0 {
			t.Errorf("saw %d, then %d rows, want 0 twice", before, after)
		}
		if _, err := tx.Exec(t.Context(), "INSERT INTO t VALUES (2)"); err == nil {
			t.Error("a view could write")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := count(t, db); got != 1 {
		t.Errorf("rows = %d, want 1", got)
	}
}

func TestRowsLeftOpenDoNotHoldTheTransaction(t *testing.T) {
	t.Parallel()
	db := open(t, Open, filepath.Join(t.TempDir(), "t.db"))
	exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY)")
	exec(t, db, "INSERT INTO t VALUES (1), (2)")
	for range 2 * readers {
		err := db.View(t.Context(), func(tx *Tx) error {
			rows, err := tx.Query(t.Context(), "SELECT a FROM t")
			if err != nil {
				return err
			}
			if !rows.Next() {
				t.Error("no rows")
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	exec(t, db, "INSERT INTO t VALUES (3)")
	if got := count(t, db); got != 3 {
		t.Errorf("rows = %d, want 3", got)
	}
}

func TestMoreStatementsThanAreKeptStillRun(t *testing.T) {
	t.Parallel()
	db := open(t, Open, filepath.Join(t.TempDir(), "t.db"))
	for i := range mostStatements + 10 {
		err := db.View(t.Context(), func(tx *Tx) error {
			var got int
			query := fmt.Sprintf("SELECT %d", i)
			if err := tx.QueryRow(t.Context(), query).Scan(&got); err != nil {
				return err
			}
			rows, err := tx.Query(t.Context(), query)
			if err != nil {
				return err
			}
			if !rows.Next() || rows.Scan(&got) != nil || got != i {
				t.Errorf("%s = %d", query, got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestErrorsAreTold(t *testing.T) {
	t.Parallel()
	full := open(t, Open, filepath.Join(t.TempDir(), "full.db"))
	exec(t, full, "CREATE TABLE t (a TEXT PRIMARY KEY)")
	fullErr := full.Update(t.Context(), func(tx *Tx) error {
		if _, err := tx.Exec(t.Context(), "PRAGMA max_page_count = 4"); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "INSERT INTO t VALUES (?)", strings.Repeat("x", 100_000))
		return err
	})
	syntaxErr := full.Update(t.Context(), func(tx *Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO nowhere VALUES (1)")
		return err
	})
	noDatabase := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(noDatabase, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, textErr := Open(noDatabase)

	for _, c := range []struct {
		name                 string
		err                  error
		unavailable, corrupt bool
	}{
		{"a full database", fullErr, true, false},
		{"a full disk", &os.PathError{Op: "write", Err: syscall.ENOSPC}, true, false},
		{"a syntax error", syntaxErr, false, false},
		{"a file that is no database", textErr, false, true},
		{"no error", nil, false, false},
	} {
		if c.err == nil && c.name != "no error" {
			t.Errorf("%s is no error", c.name)
		}
		if got := Unavailable(c.err); got != c.unavailable {
			t.Errorf("%s: unavailable = %v, want %v (%v)", c.name, got, c.unavailable, c.err)
		}
		if got := Corrupt(c.err); got != c.corrupt {
			t.Errorf("%s: corrupt = %v, want %v (%v)", c.name, got, c.corrupt, c.err)
		}
	}

	exec(t, full, "PRAGMA max_page_count = 1000")
	exec(t, full, "INSERT INTO t VALUES (?)", strings.Repeat("x", 100_000))
}

func TestAnUpdateDoesNotBeginAfterItsContextEnded(t *testing.T) {
	t.Parallel()
	db := open(t, Open, filepath.Join(t.TempDir(), "t.db"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := db.Update(ctx, func(*Tx) error {
		t.Error("it began")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}

func TestVersionsAreCompared(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"3.51.2": true, "3.51.3": false, "3.51.10": false, "3.9.99": true, "3.52": false, "4.0.0": false, "3.51": true,
	} {
		if got := tooOld(version); got != want {
			t.Errorf("tooOld(%s) = %v, want %v", version, got, want)
		}
	}
}

func TestTheDigestTellsRowsApartAndNotTheirStorage(t *testing.T) {
	t.Parallel()
	digest := func(statements ...string) string {
		t.Helper()
		db := open(t, Open, filepath.Join(t.TempDir(), "t.db"))
		exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")
		exec(t, db, "CREATE TABLE other (a INTEGER PRIMARY KEY)")
		for _, s := range statements {
			exec(t, db, s)
		}
		var sum string
		err := db.View(t.Context(), func(tx *Tx) (err error) {
			sum, _, err = Digest(t.Context(), tx, "other")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	base := digest("INSERT INTO t VALUES (1, 'x'), (2, NULL)")
	for name, statements := range map[string][]string{
		"another order of insertion": {"INSERT INTO t VALUES (2, NULL)", "INSERT INTO t VALUES (1, 'x')"},
		"an index":                   {"CREATE INDEX i ON t (b)", "INSERT INTO t VALUES (1, 'x'), (2, NULL)"},
		"an index of one's own":      {"CREATE TABLE index_b (b BLOB)", "INSERT INTO t VALUES (1, 'x'), (2, NULL)", "INSERT INTO index_b SELECT b FROM t"},
		"a row come and gone":        {"INSERT INTO t VALUES (1, 'x'), (2, NULL), (3, 1)", "DELETE FROM t WHERE a = 3"},
		"a table left out":           {"INSERT INTO t VALUES (1, 'x'), (2, NULL)", "INSERT INTO other VALUES (1)"},
	} {
		if digest(statements...) != base {
			t.Errorf("%s makes a difference", name)
		}
	}
	seen := map[string]string{base: "base"}
	for _, rows := range []string{"(1, 'x')", "(1, 'x'), (2, 0)", "(1, 'x'), (2, 0.0)", "(1, 'x'), (2, '')", "(1, x''), (2, NULL)", "(1, 'y'), (2, NULL)"} {
		sum := digest("INSERT INTO t VALUES " + rows)
		if other, same := seen[sum]; same {
			t.Errorf("%s has the digest of %s", rows, other)
		}
		seen[sum] = rows
	}
}

func TestADigestNeedsPrimaryKeys(t *testing.T) {
	t.Parallel()
	db := open(t, Open, filepath.Join(t.TempDir(), "t.db"))
	exec(t, db, "CREATE TABLE t (a INTEGER)")
	err := db.View(t.Context(), func(tx *Tx) error {
		_, _, err := Digest(t.Context(), tx)
		return err
	})
	if err == nil {
		t.Error("a table without a primary key was summed up")
	}
}
