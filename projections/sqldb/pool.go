package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// pool is a fixed number of connections, each with its own prepared statements.
// database/sql pools connections too, but hands statements to transactions only
// through a second connection, and a writer has one.
type pool struct {
	db     *sql.DB
	turns  chan struct{} // holds one for each free connection
	closed chan struct{}
	close  func() error // closes once

	mu sync.Mutex // guards what follows
	// free are the connections not in use. The last that was is taken first: its cache is
	// warm, and those that are never needed open nothing.
	free []*conn
}

// conn is a connection in use by at most one transaction. It opens when first used.
type conn struct {
	sql        *sql.Conn
	statements map[string]*sql.Stmt
}

// mostStatements bounds the statements kept prepared on a connection. Projectors have
// tens; what goes beyond is prepared each time.
const mostStatements = 200

func openPool(path string, connections int, pragmas ...string) (*pool, error) {
	db, err := sql.Open("sqlite", dsn(path, pragmas))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxIdleConns(connections)
	if err := checkVersion(context.Background(), db); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	p := &pool{db: db, turns: make(chan struct{}, connections), closed: make(chan struct{})}
	p.close = sync.OnceValue(p.shut)
	for range connections {
		p.release(new(conn))
	}
	return p, nil
}

// Close waits for the transactions under way and closes the connections.
func (p *pool) Close() error { return p.close() }

func (p *pool) shut() error {
	close(p.closed)
	for range cap(p.turns) {
		<-p.turns
		p.pop().close()
	}
	return p.db.Close()
}

// run runs f in a transaction and commits if it returns nil. Statements run under ctx, but
// the transaction's end does not.
func (p *pool) run(ctx context.Context, opts *sql.TxOptions, f func(*Tx) error) error {
	c, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer p.release(c)
	tx, err := c.sql.BeginTx(context.WithoutCancel(ctx), opts)
	if err != nil {
		c.close()
		return err
	}
	t := &Tx{conn: c, updates: !opts.ReadOnly}
	ended := false
	defer func() {
		t.closeRows()
		if ended {
			return
		}
		// A connection that cannot roll back (or f panicked in the middle of) is of no
		// further use; closing it rolls back.
		if tx.Rollback() != nil {
			c.close()
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	t.closeRows()
	ended = true
	if err := tx.Commit(); err != nil {
		c.close()
		return err
	}
	return nil
}

func (p *pool) acquire(ctx context.Context) (*conn, error) {
	select {
	case <-p.turns:
		c := p.pop()
		if err := c.open(ctx, p.db); err != nil {
			p.release(c)
			return nil, err
		}
		return c, nil
	case <-p.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pop takes a free connection; the caller has its turn.
func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.free) - 1
	c := p.free[last]
	p.free = p.free[:last]
	return c
}

func (p *pool) release(c *conn) {
	p.mu.Lock()
	p.free = append(p.free, c)
	p.mu.Unlock()
	p.turns <- struct{}{}
}

func (c *conn) open(ctx context.Context, db *sql.DB) error {
	if c.sql != nil {
		return nil
	}
	sc, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	c.sql, c.statements = sc, make(map[string]*sql.Stmt)
	return nil
}

// close gives the connection up; the next transaction opens another.
func (c *conn) close() {
	if c.sql == nil {
		return
	}
	for _, s := range c.statements {
		_ = s.Close() // they go with the connection
	}
	_ = c.sql.Raw(func(any) error { return errDiscard })
	_ = c.sql.Close()
	c.sql, c.statements = nil, nil
}

// prepare gives the connection's statement for the query, or nil if it keeps enough.
func (c *conn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.statements[query]; ok {
		return s, nil
	}
	if len(c.statements) >= mostStatements {
		return nil, nil
	}
	s, err := c.sql.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = s
	return s, nil
}
