package sqldb

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

const (
	// checkpointPages is how many pages the write-ahead log may have before they are
	// copied into the database: 16 MB. The more there are, the more often a page is among
	// them several times and copied once, and the longer the syncs take that go with it. With
	// a quarter of them the busiest writer was kept waiting eleven times a second.
	checkpointPages = 4096
	// lookEvery is how often at most the length of the log is looked at.
	lookEvery = 20 * time.Millisecond
)

// checkpointer copies the write-ahead log into the database while the writer goes on. Left
// to SQLite the writer would do it within a commit, and every twentieth batch of a
// projection would wait for it. On a disk that both are on, the event log's syncs, which
// emitters wait for, wait behind those of a checkpoint.
type checkpointer struct {
	path   string
	file   *os.File // the database; see writeAhead
	pool   *pool    // of one connection
	writer *pool
	signal chan struct{} // holds a token after commits
	cancel context.CancelFunc
	done   sync.WaitGroup

	looked time.Time // belongs to who commits
}

func newCheckpointer(path string, writer *pool) (*checkpointer, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	p, err := openPool(path, 1, "synchronous(NORMAL)", cacheSize(0))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &checkpointer{path: path, file: file, pool: p, writer: writer, signal: make(chan struct{}, 1), cancel: cancel}
	c.done.Go(func() { c.run(ctx) })
	return c, nil
}

// stop ends the copying.
func (c *checkpointer) stop() error {
	c.cancel()
	c.done.Wait()
	return c.pool.Close()
}

// close is called when nobody has the database open any more.
func (c *checkpointer) close() error { return c.file.Close() }

// committed is called by the writer after each commit.
func (c *checkpointer) committed() {
	if now := time.Now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		select {
		case c.signal <- struct{}{}:
		default:
		}
	}
}

func (c *checkpointer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.signal:
		}
		c.writeAhead()
		// What fails here is tried again after a later commit, and the commits tell if
		// the disk is to blame.
		if pages, err := c.checkpoint(ctx, "NOOP"); err != nil || pages < checkpointPages {
			continue
		}
		if _, err := c.checkpoint(ctx, "PASSIVE"); err == nil {
			_ = c.rest(ctx)
		}
	}
}

// writeAhead has the system write what it still holds of the log and the database, little
// by little: a sync of megabytes at once would keep the log's waiting.
//
// The database's file is kept open for it. To close it would end the locks that SQLite has on
// it, as POSIX has it, and the next process that opens the file with a tool of its own and
// closes it would take it for unused and remove the log. The log itself has no locks.
func (c *checkpointer) writeAhead() {
	startWriteback(c.file)
	if f, err := os.Open(c.path + "-wal"); err == nil {
		startWriteback(f)
		_ = f.Close()
	}
}

// rest copies what was written meanwhile, while nothing is, so that the writer may begin
// at the log's start again.
func (c *checkpointer) rest(ctx context.Context) error {
	w, err := c.writer.acquire(ctx)
	if err != nil {
		return err
	}
	defer c.writer.release(w)
	_, err = c.checkpoint(ctx, "PASSIVE")
	return err
}

// checkpoint gives the number of pages in the log that are not in the database.
func (c *checkpointer) checkpoint(ctx context.Context, mode string) (pages int, err error) {
	conn, err := c.pool.acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer c.pool.release(conn)
	var busy, all, copied int
	if err := conn.sql.QueryRowContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &all, &copied); err != nil {
		return 0, err
	}
	if busy != 0 {
		return 0, errors.New("the database is busy")
	}
	return all - copied, nil
}
