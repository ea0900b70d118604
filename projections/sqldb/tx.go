package sqldb

import (
	"context"
	"database/sql"
)

// Tx is a transaction. It keeps its statements prepared for the transactions that
// follow, so queries are best built from few texts. It belongs to one goroutine, and
// to the function it was given to.
//
// A statement that has begun is not interrupted: for each that could be, the driver and
// database/sql start a goroutine, which took a tenth of a busy server's time.
type Tx struct {
	conn    *conn
	updates bool
	rows    []*sql.Rows
}

// Exec runs a statement; placeholders are question marks.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx = context.WithoutCancel(ctx)
	s, err := t.conn.prepare(ctx, query)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return t.conn.sql.ExecContext(ctx, query, args...)
	}
	return s.ExecContext(ctx, args...)
}

// Query runs a query. Its rows are closed at the end of the transaction at the latest. In
// a view it fails with ctx's error if that has ended; who reads many rows looks at ctx
// between them.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil && !t.updates {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	s, err := t.conn.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	var rows *sql.Rows
	if s == nil {
		rows, err = t.conn.sql.QueryContext(ctx, query, args...)
	} else {
		rows, err = s.QueryContext(ctx, args...)
	}
	if err != nil {
		return nil, err
	}
	t.rows = append(t.rows, rows)
	return rows, nil
}

// QueryRow runs a query of at most one row.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	ctx = context.WithoutCancel(ctx)
	if s, err := t.conn.prepare(ctx, query); err == nil && s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return t.conn.sql.QueryRowContext(ctx, query, args...)
}

// closeRows closes what f left open, which would keep the transaction from ending.
func (t *Tx) closeRows() {
	for _, r := range t.rows {
		_ = r.Close()
	}
	t.rows = nil
}
