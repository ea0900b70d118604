package sqldb

import (
	"path/filepath"
	"testing"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

func TestPagesHaveAPlaceOfTheirOwn(t *testing.T) {
	t.Parallel()
	db := open(t, Open, filepath.Join(t.TempDir(), "t.db"))
	exec(t, db, "CREATE TABLE t (a INTEGER PRIMARY KEY)")
	tls := libc.NewTLS()
	defer tls.Close()
	used, most := libc.Xcalloc(tls, 1, 8), libc.Xcalloc(tls, 1, 8)
	defer libc.Xfree(tls, used)
	defer libc.Xfree(tls, most)
	if code := sqlite3.Xsqlite3_status(tls, sqlite3.SQLITE_STATUS_PAGECACHE_USED, used, most, 0); code != sqlite3.SQLITE_OK {
		t.Fatal("no status: code", code)
	}
	at := used
	if pages := libc.VaInt32(&at); pages == 0 {
		t.Error("with a database open, none of it is used")
	}
}
