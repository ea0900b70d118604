package sqldb

import (
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	pageSize = 4 << 10 // SQLite's own choice
	// cachePages is how many pages all databases of the process have in memory together:
	// 18 MB. When they run out, the page least lately used gives way, whosever it is.
	cachePages = 4 << 10
)

// Without a place of their own pages come one by one from an allocator that knows powers of
// two only, and takes 8 KiB for a page with its header.
//
// SQLite has to be told before it is first used, which may be by another package. Were it not
// heard, pages would take twice the room and no more, so nothing is done about that.
func init() {
	tls := libc.NewTLS()
	defer tls.Close()
	args, header := libc.Xcalloc(tls, 3, 8), libc.Xcalloc(tls, 1, 8)
	if args == 0 || header == 0 {
		return
	}
	defer libc.Xfree(tls, args)
	defer libc.Xfree(tls, header)
	if sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_PCACHE_HDRSZ, libc.VaList(args, header)) != sqlite3.SQLITE_OK {
		return
	}
	at := header
	slot := pageSize + libc.VaInt32(&at)
	// It is the system's memory, and only taken when SQLite begins to use it.
	if place := libc.Xmalloc(tls, libc.Tsize_t(slot)*cachePages); place != 0 {
		sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_PAGECACHE, libc.VaList(args, place, slot, int32(cachePages)))
	}
}
