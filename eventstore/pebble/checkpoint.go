package pebble

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Checkpoint makes a copy of the log in a directory that does not exist yet, on the
// same file system, and gives the position of the copy's last event. All that was
// durable before is in it, and nothing that is not durable when it returns. Appending
// goes on meanwhile.
//
// The copy shares the tables, which never change, by hard links: it takes no time to
// speak of, and space only for what compaction replaces while it exists.
//
// After an error the directory may be there in part; it is then the caller's to
// remove. Errors: [eventstore.ErrUnavailable] if the disk is full;
// [eventstore.ErrClosed].
func (l *Log) Checkpoint(ctx context.Context, dir string) (domain.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if !l.using.enter() {
		return 0, eventstore.ErrClosed
	}
	type copied struct {
		position domain.Position
		err      error
	}
	done := make(chan copied, 1)
	go func() {
		defer l.using.leave()
		p, err := l.checkpoint(ctx, dir)
		done <- copied{p, err}
	}()
	select {
	case c := <-done:
		if c.err != nil {
			return 0, fmt.Errorf("copy the log to %s: %w", dir, c.err)
		}
		return c.position, nil
	case <-l.disk.stalled():
		return 0, fmt.Errorf("copy the log to %s: %w", dir, l.unavailable())
	}
}

func (l *Log) checkpoint(ctx context.Context, dir string) (domain.Position, error) {
	wal, err := walSize(l.disk.FS, l.dir)
	if err != nil {
		return 0, err
	}
	if err := l.roomFor(int(wal)); err != nil {
		return 0, err
	}
	if err := l.db.Checkpoint(dir); err != nil {
		return 0, translate(err, 0)
	}
	last, err := l.lastOfCopy(dir)
	if err != nil {
		return 0, err
	}
	// The copy of the write-ahead log may have events whose sync is still under way,
	// and which a crash now would take back.
	if err := l.mark.await(ctx, last); err != nil {
		return 0, err
	}
	head, err := openHead(l.disk.FS, l.disk.PathJoin(dir, headName), last)
	if err != nil {
		return 0, err
	}
	return last, head.close()
}

// lastOfCopy is the position of the last event of a copy, which is opened for it.
func (l *Log) lastOfCopy(dir string) (_ domain.Position, err error) {
	opts := l.dbOptions(Options{})
	opts.FS, opts.ReadOnly = l.disk.FS, true
	db, err := pebble.Open(dir, opts)
	if err != nil {
		return 0, translate(err, 1)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	last, err := lastEvent(db)
	return last.Position, err
}
