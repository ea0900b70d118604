package pebble

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

var errMissing = errors.New("the event is missing")

// check looks at what is there before anything is written to it, so that a damaged
// directory is left as it was found.
//
// Opening the database read-only replays its write-ahead log into memory and changes
// nothing. What can be silently missing then is what came, or should have come, from
// that log: at its end, which the head file tells, or in its middle, where a file of
// it was taken to end early, which leaves a gap in the positions no further back than
// the log is long.
func (l *Log) check(o Options) error {
	path := l.disk.PathJoin(l.dir, headName)
	known, damaged, err := readHead(o.FS, path)
	if err != nil {
		return err
	}
	if damaged {
		l.log.Warn("the head file is damaged; it is written anew", zap.String("path", path))
	}
	desc, err := pebble.Peek(l.dir, o.FS)
	if errors.Is(err, os.ErrNotExist) || err == nil && !desc.Exists {
		if known > 0 {
			return &eventstore.CorruptionError{Position: 1, Err: fmt.Errorf("%w: there is a head at %d and no log", errMissing, known)}
		}
		return nil
	}
	if err != nil {
		return err
	}
	return l.checkRecovered(o, known)
}

func (l *Log) checkRecovered(o Options, known domain.Position) error {
	walBytes, err := walSize(o.FS, l.dir)
	if err != nil {
		return err
	}
	db, err := l.openReadOnly(o, o.FS)
	if err != nil {
		// The system's own errors apart, what was a log does not open because it is
		// not as it was written: a table is missing, a name in it makes no sense.
		if _, system := errors.AsType[syscall.Errno](err); system && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return &eventstore.CorruptionError{Position: l.firstLost(o), Err: err}
	}
	defer db.Close()
	last, err := lastEvent(db)
	if err != nil {
		return err
	}
	if err := dense(db, walBytes); err != nil {
		return err
	}
	if last.Position < known {
		return &eventstore.CorruptionError{
			Position: last.Position + 1,
			Err:      fmt.Errorf("%w: events up to %d were acknowledged", errMissing, known),
		}
	}
	return nil
}

func (l *Log) openReadOnly(o Options, fs vfs.FS) (*pebble.DB, error) {
	opts := l.dbOptions(o)
	opts.FS, opts.ReadOnly, opts.Lock = fs, true, l.lock
	return pebble.Open(l.dir, opts)
}

// walSize is how many bytes the write-ahead log has at most.
func walSize(fs vfs.FS, dir string) (total int64, err error) {
	names, err := fs.List(dir)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if isLog(name) {
			st, err := fs.Stat(fs.PathJoin(dir, name))
			if err != nil {
				return 0, err
			}
			total += st.Size()
		}
	}
	return total, nil
}

// dense checks, from the last event back, that positions have no gaps, over as many
// bytes of records and the one before them.
func dense(db *pebble.DB, bytes int64) error {
	it, err := db.NewIter(eventBounds(0))
	if err != nil {
		return translate(err, 1)
	}
	defer it.Close()
	want := domain.Position(0)
	for ok := it.Last(); ok; ok = it.Prev() {
		p := eventPosition(it.Key())
		if want != 0 && p != want {
			return &eventstore.CorruptionError{Position: p + 1, Err: errMissing}
		}
		if want = p - 1; bytes < 0 {
			break
		}
		bytes -= int64(len(it.Value()))
	}
	if err := it.Error(); err != nil {
		return translate(err, max(want, 1))
	}
	if !it.Valid() && want != 0 {
		return &eventstore.CorruptionError{Position: 1, Err: errMissing}
	}
	return nil
}

// firstLost is the first position that cannot be read, when the database does not
// open: the first one that is neither in its tables nor readable in its write-ahead
// log.
func (l *Log) firstLost(o Options) domain.Position {
	db, err := l.openReadOnly(o, withoutLogs{o.FS})
	if err != nil {
		return 1
	}
	defer db.Close()
	last, err := lastEvent(db)
	if err != nil {
		return 1
	}
	readable := walPositions(o.FS, l.dir)
	lost := last.Position + 1
	for _, p := range readable {
		if p == lost {
			lost++
		}
	}
	return lost
}

// withoutLogs is a file system on which no write-ahead log is found.
type withoutLogs struct{ vfs.FS }

func (w withoutLogs) List(dir string) ([]string, error) {
	names, err := w.FS.List(dir)
	return slices.DeleteFunc(names, isLog), err
}

// walPositions are the positions of all events that can be read from the write-ahead
// log, in order, up to the first damage in each of its files.
func walPositions(fs vfs.FS, dir string) []domain.Position {
	logs, err := wal.Scan(wal.Dir{FS: fs, Dirname: dir})
	if err != nil {
		return nil
	}
	var found []domain.Position
	for _, log := range logs {
		r := log.OpenForRead()
		for {
			rec, _, err := r.NextRecord()
			if err != nil {
				break
			}
			found = append(found, batchPositions(rec)...)
		}
		r.Close()
	}
	slices.Sort(found)
	return found
}

func batchPositions(rec io.Reader) (found []domain.Position) {
	repr, err := io.ReadAll(rec)
	if err != nil {
		return nil
	}
	var b pebble.Batch
	if b.SetRepr(repr) != nil {
		return nil
	}
	for r := b.Reader(); ; {
		_, key, _, ok, err := r.Next()
		if err != nil || !ok {
			return found
		}
		if len(key) == 9 && key[0] == kindEvent {
			found = append(found, eventPosition(key))
		}
	}
}

// lastEvent is the event at the highest position; the zero event if there is none.
func lastEvent(db *pebble.DB) (eventstore.Recorded, error) {
	it, err := db.NewIter(eventBounds(0))
	if err != nil {
		return eventstore.Recorded{}, translate(err, 1)
	}
	defer it.Close()
	if !it.Last() {
		if err := it.Error(); err != nil {
			return eventstore.Recorded{}, translate(err, firstUnreadable(db))
		}
		return eventstore.Recorded{}, nil
	}
	p := eventPosition(it.Key())
	e, err := parse(p, it.Value())
	return e, translate(err, p)
}

// firstUnreadable is the first position that cannot be read by itself: an iterator
// would not get past a damaged table on another level.
func firstUnreadable(db *pebble.DB) domain.Position {
	for p := domain.Position(1); ; p++ {
		_, closer, err := db.Get(eventKey(p))
		if err != nil {
			return p
		}
		closer.Close()
	}
}

// eventBounds are the bounds of all events after the position.
func eventBounds(after domain.Position) *pebble.IterOptions {
	return &pebble.IterOptions{LowerBound: eventKey(after + 1), UpperBound: []byte{kindEvent + 1}}
}

// translate makes an error of the database, or of a record's bytes, one of the
// contract. The position is the first that could not be read.
func translate(err error, p domain.Position) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, eventstore.ErrCorrupt):
		return err
	case pebble.IsCorruptionError(err), errors.Is(err, errDamaged), errors.Is(err, errMissing), record.IsInvalidRecord(err):
		return &eventstore.CorruptionError{Position: p, Err: plainError{err}}
	case errors.Is(err, pebble.ErrClosed):
		return eventstore.ErrClosed
	}
	return err
}

// plainError is an error of the database in a line: it puts the names of its own types
// on lines below.
type plainError struct{ error }

func (e plainError) Error() string {
	line, _, _ := strings.Cut(e.error.Error(), "\n")
	return line
}

func (e plainError) Unwrap() error { return e.error }
