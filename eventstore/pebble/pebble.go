// Package pebble keeps the event log in a directory, on the embedded key-value store
// of the same name.
//
// # How it appends
//
// Deciding, giving positions and handing the batch to the database happen under one
// short lock; waiting for the sync does not. So while one sync is under way, the
// appends that come meanwhile are decided, and the next sync makes them durable
// together. What is not durable yet cannot be seen: a watermark follows the syncs,
// and all reading ends at it.
//
// # What it guards against
//
// A full disk: appends answer [eventstore.ErrUnavailable] and recover by themselves.
// A write that failed otherwise: this process writes nothing more, reading goes on.
// A flipped bit: every record and index entry has a checksum that covers its place,
// positions and revisions are checked to be without gaps as they are read, and
// opening compares what the database recovered with a head kept outside of it.
package pebble

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Options change how a log is opened. The zero value is good.
type Options struct {
	// Clock gives the time of recording; [time.Now] if nil.
	Clock func() time.Time
	// Logger hears of what goes wrong below; nobody if nil.
	Logger *zap.Logger
	// FS is the file system; the operating system's if nil.
	FS vfs.FS
	// CacheBytes bounds the cache of blocks read; 32 MiB if 0.
	CacheBytes int64
	// MemTableBytes is how much is gathered in memory before it is written to a
	// table; if 0 a 64th of the disk, between 512 KiB and 8 MiB.
	MemTableBytes int64
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 32 << 20
	}
	return o
}

// Log is an [eventstore.Log] in a directory.
type Log struct {
	dir   string
	clock func() time.Time
	log   *zap.Logger
	disk  *disk
	lock  *pebble.Lock
	db    *pebble.DB
	mark  watermark
	jobs  chan *call
	count counters
	// underWay is how many appends are being decided or wait for their sync.
	underWay atomic.Int64

	// mu is held while an append is decided and handed to the database.
	mu    sync.Mutex
	head  domain.Position // the last position given, durable or not
	last  time.Time       // when it was recorded
	heads *heads

	using visitors
}

var _ eventstore.Log = (*Log)(nil)

// streamsRemembered is how many streams' revisions are kept in memory, at least; up
// to twice as many, at some 100 bytes each.
const streamsRemembered = 1 << 15

// Open opens the log in the directory, or makes one there.
//
// Errors: [eventstore.ErrLocked] if another process, or another log of this one, has
// the directory open; a [*eventstore.CorruptionError] if events are not as they were
// acknowledged, in which case the directory is left as it is;
// [eventstore.ErrUnavailable] if the disk is too full to open the log.
func Open(dir string, options Options) (*Log, error) {
	o := options.withDefaults()
	l, err := open(dir, o)
	if err != nil {
		return nil, fmt.Errorf("open the log in %s: %w", dir, err)
	}
	return l, nil
}

func open(dir string, o Options) (*Log, error) {
	d := newDisk(o.FS, dir, o.Logger)
	if err := o.FS.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := lockDir(dir, d)
	if err != nil {
		return nil, err
	}
	l := &Log{
		dir: dir, clock: o.Clock, log: o.Logger, disk: d, lock: lock,
		jobs: make(chan *call), heads: newHeads(streamsRemembered),
	}
	if err := l.bringUp(o); err != nil {
		return nil, errors.Join(err, d.unlock())
	}
	return l, nil
}

// lockDir locks the directory for this log.
func lockDir(dir string, d *disk) (*pebble.Lock, error) {
	lock, err := pebble.LockDirectory(dir, d)
	if err == nil {
		return lock, nil
	}
	// Of a lock that this process holds there is no number.
	if system, ok := errors.AsType[syscall.Errno](err); ok && system != syscall.EAGAIN {
		return nil, err
	}
	return nil, fmt.Errorf("%w: another server has %s open", eventstore.ErrLocked, dir)
}

// openPatience is how long opening and closing wait for space on a full disk.
const openPatience = 3 * time.Second

// bringUp checks what is there and starts the database on it. Since a full disk
// blocks it, it is left behind after some patience.
func (l *Log) bringUp(o Options) error {
	done := make(chan error, 1)
	go func() { done <- l.start(o) }()
	if err := l.patiently(done); !errors.Is(err, errFenced) {
		return err
	}
	return l.unavailable()
}

// patiently waits for done. If the disk stays full, or was given up, it lets nothing
// more be written and returns [errFenced]; the goroutine that would send to done then
// waits for ever.
func (l *Log) patiently(done <-chan error) error {
	var impatient <-chan time.Time
	tick := time.NewTicker(10 * retryEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-impatient:
			l.disk.fence(errDiskFull)
			return errFenced
		case <-tick.C:
			switch problem := l.disk.problem(); {
			case problem == nil:
				impatient = nil
			case problem != errDiskFull:
				return errFenced
			case impatient == nil:
				impatient = time.After(openPatience)
			}
		}
	}
}

func (l *Log) start(o Options) error {
	if err := l.check(o); err != nil {
		return err
	}
	cache := pebble.NewCache(o.CacheBytes)
	defer cache.Unref()
	opts := l.dbOptions(o)
	opts.Cache, opts.Lock = cache, l.lock
	l.disk.spare.bytes = int64(opts.MemTableSize + opts.MemTableSize/10)
	var manifest atomic.Bool
	opts.EventListener.ManifestCreated = func(pebble.ManifestCreateInfo) { manifest.Store(true) }
	db, err := pebble.Open(l.dir, opts)
	if err != nil {
		return translate(err, 1)
	}
	l.db = db
	// Pebble begins a manifest with the first change to its tables, and until then copies
	// nothing of the old one: there is no checkpoint that can be opened. As a rule a replay
	// makes that change, but a process killed while it opens leaves nothing to replay.
	if !manifest.Load() {
		if err := db.Flush(); err != nil {
			return errors.Join(translate(err, 1), db.Close())
		}
	}
	if err := l.disk.removeSpare(); err != nil {
		return errors.Join(err, db.Close())
	}
	last, err := lastEvent(db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	l.head, l.last = last.Position, last.RecordedAt
	head, err := openHead(l.disk, l.disk.PathJoin(l.dir, headName), l.head)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	l.mark.head = head
	l.mark.synced.Store(uint64(l.head))
	l.mark.durable.Store(uint64(l.head))
	return nil
}

// Head implements [eventstore.Log].
func (l *Log) Head(ctx context.Context) (domain.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if !l.using.enter() {
		return 0, eventstore.ErrClosed
	}
	defer l.using.leave()
	return l.mark.position(), nil
}

// Close implements [eventstore.Log]. Appends under way are waited for, unless the
// disk is full: then what is not durable yet is left to chance, as after a crash.
func (l *Log) Close() error {
	if !l.using.close() {
		return nil
	}
	l.mark.close()
	done := make(chan error, 1)
	go func() { done <- l.shutDown() }()
	err := l.patiently(done)
	if errors.Is(err, errFenced) {
		l.log.Warn("closing the log on a disk that cannot be written", zap.Error(l.disk.problem()))
		err = nil
	}
	return errors.Join(err, l.disk.unlock())
}

func (l *Log) shutDown() error {
	l.using.wait()
	close(l.jobs)
	return errors.Join(l.db.Close(), l.mark.head.close(), l.disk.dropSpare())
}

// visitors counts those inside the log, so that closing it can wait for them.
type visitors struct {
	mu     sync.Mutex
	closed bool
	group  sync.WaitGroup
}

func (v *visitors) enter() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return false
	}
	v.group.Add(1)
	return true
}

func (v *visitors) leave() { v.group.Done() }

func (v *visitors) wait() { v.group.Wait() }

// close lets nobody in any more. It is false if that was so already.
func (v *visitors) close() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return false
	}
	v.closed = true
	return true
}
