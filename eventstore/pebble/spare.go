package pebble

import (
	"errors"
	"os"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"
)

// spare is a file that is to become the next write-ahead log.
//
// A sync of a file that grows, or whose blocks were allocated but never written, has
// the file system write its own records too. The database uses a write-ahead log again
// once its events are in tables, but those it begins with are new, and short. So one
// is kept ready here, full of zeros and synced. A sync then writes the events and
// nothing else, and no append waits for the zeros.
//
// It is only for speed: without it, as in a process that hardly writes or on a disk
// that has no room for it, logs are made as the database would.
type spare struct {
	bytes  int64 // of a whole write-ahead log; 0 for none
	mu     sync.Mutex
	busy   bool // being made
	ready  bool
	closed bool
	making sync.WaitGroup
}

const (
	spareName = "SPARE"
	// spareAfter is how many syncs show that a process writes enough to be worth it.
	spareAfter = 64
)

// prepare makes the spare file, in a goroutine of its own.
func (d *disk) prepare() {
	d.spare.mu.Lock()
	defer d.spare.mu.Unlock()
	if d.spare.bytes == 0 || d.spare.ready || d.spare.busy || d.spare.closed {
		return
	}
	d.spare.busy = true
	d.spare.making.Go(func() {
		made := d.makeSpare()
		d.spare.mu.Lock()
		defer d.spare.mu.Unlock()
		d.spare.busy, d.spare.ready = false, made
	})
}

// useSpare makes a write-ahead log of the spare file, if there is one.
func (d *disk) useSpare(name string, c vfs.DiskWriteCategory) (vfs.File, bool) {
	d.spare.mu.Lock()
	ready := d.spare.ready
	d.spare.ready = false
	d.spare.mu.Unlock()
	if d.syncs.Load() >= spareAfter {
		defer d.prepare()
	}
	if !ready {
		return nil, false
	}
	f, err := d.FS.ReuseForWrite(d.PathJoin(d.dir, spareName), name, c)
	if err != nil {
		d.log.Warn("using the spare log file", zap.Error(err))
		return nil, false
	}
	return f, true
}

func (d *disk) createLog(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f, ok := d.useSpare(name, c); ok {
		return f, nil
	}
	return d.FS.Create(name, c)
}

// reuseLog prefers the spare file over an old log that was not written to its end.
func (d *disk) reuseLog(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if st, err := d.FS.Stat(old); err == nil && st.Size() < d.spare.bytes*9/10 {
		if f, ok := d.useSpare(name, c); ok {
			if err := d.FS.Remove(old); err != nil {
				return nil, errors.Join(err, f.Close())
			}
			return f, nil
		}
	}
	return d.FS.ReuseForWrite(old, name, c)
}

// makeSpare writes the file, and says whether it is ready to be used.
func (d *disk) makeSpare() bool {
	size := d.spare.bytes
	if u, ok := d.usageNow(); ok && u.AvailBytes < reserve(u)+2*uint64(size) {
		return false
	}
	path := d.PathJoin(d.dir, spareName)
	f, err := d.FS.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return false
	}
	zeros := make([]byte, 1<<20)
	for left := size; left > 0 && err == nil && d.problem() == nil; left -= int64(len(zeros)) {
		_, err = f.Write(zeros[:min(left, int64(len(zeros)))])
	}
	if err = errors.Join(err, f.Sync(), f.Close(), d.problem()); err != nil {
		d.log.Warn("making the spare log file", zap.Error(err), zap.NamedError("removed", d.FS.Remove(path)))
		return false
	}
	return true
}

// dropSpare removes the file, for good.
func (d *disk) dropSpare() error {
	d.spare.mu.Lock()
	d.spare.closed = true
	d.spare.mu.Unlock()
	d.spare.making.Wait()
	return d.removeSpare()
}

// removeSpare removes the file if it is there, perhaps left by a process that was
// killed.
func (d *disk) removeSpare() error {
	if err := d.FS.Remove(d.PathJoin(d.dir, spareName)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
