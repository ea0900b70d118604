// Package sqldb opens the SQL databases that hold read models. It is the one place
// that knows which database that is: SQLite, a file for each projection.
//
// While a program has a read model open, others may read the same file with their own
// tools, read only: a writer does not keep readers waiting, nor they it. The program itself
// opens the file with nothing else meanwhile: to close it would end SQLite's locks on it.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver
)

// DB is one projection's database: one writer, any number of readers.
type DB struct {
	write, read *pool
	checkpoints *checkpointer // nil where there is no write-ahead log
	undoes      bool
	spoilt      atomic.Bool // an Update failed that could not be undone
}

const (
	// readers is the most read transactions at a time; others wait their turn.
	readers = 4
	// The caches are small, because each projection has its own, all have their pages from one
	// piece of memory, and the operating system caches the file as well. In KiB.
	writeCache, readCache, bulkCache = 1 << 10, 512, 6 << 10
)

// Open opens or creates the SQLite database at the path. What Update commits survives
// the end of the process at once, and a loss of power after a moment; it is never half
// there.
func Open(path string) (*DB, error) {
	// A statement that inserts many rows keeps what pages were before, in case a later row
	// fails: in memory, and not in a file beyond 64 KB, which took a sixth of a projection's time.
	write, err := openPool(path, 1, "journal_mode(WAL)", "synchronous(NORMAL)",
		"wal_autocheckpoint(0)", "journal_size_limit(67108864)", "temp_store(MEMORY)", cacheSize(writeCache))
	if err != nil {
		return nil, err
	}
	read, err := openPool(path, readers, "query_only(1)", cacheSize(readCache))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	checkpoints, err := newCheckpointer(path, write)
	if err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	return &DB{write: write, read: read, checkpoints: checkpoints, undoes: true}, nil
}

// OpenBulk opens or creates a database to be filled as fast as can be, by this process
// alone. An Update that fails is not undone: the database is of no use after that, and
// neither is its file if the process or the machine stops before it is full. Close it, have
// the file synced, and [Open] it when it is.
func OpenBulk(path string) (*DB, error) {
	// To undo, SQLite would keep every page it changes as it was before.
	return openAlone(path, "journal_mode(OFF)")
}

// OpenTemporary creates a database to be filled, asked and thrown away. It has no name: what
// its cache does not hold is in a file that the system removes when it is closed, or the
// process ends, however that comes about.
func OpenTemporary() (*DB, error) {
	db, err := openAlone("", "journal_mode(MEMORY)")
	if err == nil {
		db.undoes = true
	}
	return db, err
}

func openAlone(path, journal string) (*DB, error) {
	p, err := openPool(path, 1, journal, "synchronous(OFF)", "locking_mode(EXCLUSIVE)", cacheSize(bulkCache))
	if err != nil {
		return nil, err
	}
	return &DB{write: p, read: p}, nil
}

func cacheSize(kib int) string { return "cache_size(-" + strconv.Itoa(kib) + ")" }

// Close closes the database. Its transactions must have ended.
func (db *DB) Close() error {
	if db.read == db.write {
		return db.write.Close()
	}
	// The writer goes last: it folds the write-ahead log into the file.
	return errors.Join(db.checkpoints.stop(), db.read.Close(), db.write.Close(), db.checkpoints.close())
}

// Undoes reports whether an Update that fails leaves nothing, and the next one works.
func (db *DB) Undoes() bool { return db.undoes }

// Update runs f in a write transaction and commits if it returns nil. Once begun the
// transaction is not interrupted: ctx ending stops it only from beginning.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) error {
	if err := db.usable(ctx); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done && !db.undoes {
			db.spoilt.Store(true)
		}
	}()
	if err := db.write.run(context.WithoutCancel(ctx), &sql.TxOptions{}, f); err != nil {
		return err
	}
	done = true
	if db.checkpoints != nil {
		db.checkpoints.committed()
	}
	return nil
}

// View runs f in a read transaction: all its queries see one state.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	if err := db.usable(ctx); err != nil {
		return err
	}
	return db.read.run(ctx, &sql.TxOptions{ReadOnly: true}, f)
}

func (db *DB) usable(ctx context.Context) error {
	if db.spoilt.Load() {
		return errSpoilt
	}
	return ctx.Err()
}

// oldest is the first version of SQLite without a bug that could damage a database when
// its write-ahead log was reset.
var oldest = [3]int{3, 51, 3}

func checkVersion(ctx context.Context, db *sql.DB) error {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	if tooOld(version) {
		return fmt.Errorf("SQLite %s is older than %d.%d.%d", version, oldest[0], oldest[1], oldest[2])
	}
	return nil
}

func tooOld(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	for i, want := range oldest {
		have := 0
		if i < len(parts) {
			have, _ = strconv.Atoi(parts[i])
		}
		if have != want {
			return have < want
		}
	}
	return false
}

// dsn names the database at the path with what each connection sets first.
func dsn(path string, pragmas []string) string {
	q := url.Values{
		"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...),
		// A writer that began as a reader could not wait for its turn.
		"_txlock": {"immediate"},
		// A misspelt column is an error, and not a text.
		"_dqs": {"false"},
	}
	return "file:" + url.PathEscape(path) + "?" + q.Encode()
}
