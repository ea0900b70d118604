package sqldb

import (
	"database/sql/driver"
	"errors"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrClosed is a database that was closed.
var ErrClosed = errors.New("the database is closed")

// errSpoilt is a database in which an Update failed that cannot be undone.
var errSpoilt = errors.New("the database is of no use: an update failed half way")

// Unavailable reports whether the error may pass without anything being mended in the
// database: the disk is full, an I/O call failed, another process holds a lock. The
// transaction was rolled back and is worth trying again.
func Unavailable(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED,
			sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY:
			return true
		}
		return false
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EDQUOT) ||
		errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// Corrupt reports whether the error says that the file is damaged or is no database.
func Corrupt(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	code := e.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// errDiscard has database/sql close a connection instead of keeping it.
var errDiscard = driver.ErrBadConn
