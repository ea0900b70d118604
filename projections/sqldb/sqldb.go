// Package sqldb opens the SQL databases that hold read models. It is the one place
// that knows which database that is.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver
)

// DB is one projection's database: one writer, any number of readers.
type DB struct {
	write *sql.DB
	read  *sql.DB
}

// Open opens or creates the SQLite database at the path.
func Open(path string) (*DB, error) {
	dsn := func(pragmas ...string) string {
		q := url.Values{"_pragma": append([]string{
			"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-8192)",
		}, pragmas...)}
		return "file:" + url.PathEscape(path) + "?" + q.Encode()
	}
	write, err := sql.Open("sqlite", dsn())
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := write.Ping(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), write.Close())
	}
	read, err := sql.Open("sqlite", dsn("query_only(1)"))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(4)
	return &DB{write: write, read: read}, nil
}

// Close closes the database.
func (db *DB) Close() error { return errors.Join(db.read.Close(), db.write.Close()) }

// Tx is a transaction. Statements are prepared once per database.
type Tx struct {
	tx *sql.Tx
}

// Update runs f in a write transaction and commits if it returns nil.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) error {
	return run(ctx, db.write, &sql.TxOptions{}, f)
}

// View runs f in a read transaction: all its queries see one state.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	return run(ctx, db.read, &sql.TxOptions{ReadOnly: true}, f)
}

func run(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, f func(*Tx) error) error {
	tx, err := pool.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	if err := f(&Tx{tx: tx}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Exec runs a statement; placeholders are question marks.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, query, args...)
}

// Query runs a query.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, query, args...)
}

// QueryRow runs a query of at most one row.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, query, args...)
}
