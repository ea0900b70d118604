package pebble

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"
)

// disk is the file system as the database below sees it. That database takes an
// error while it writes its write-ahead log or its manifest as the end of the
// process. Here it never gets one:
//
//   - No space left: the write waits and is tried again until there is some. Those
//     who wait for the log meanwhile hear of it at once, by way of [disk.stalled].
//   - Any other failed write, and a sync that failed for whatever reason (what a
//     kernel keeps of the pages then is not known): nothing more is written to the
//     directory by this process. The write never returns, so that nothing is built on
//     it, and all callers are told.
//
// Tables are different: a failed flush or compaction is thrown away and done again,
// so it gets its error, after a pause. It must: what it wrote so far may be just what
// fills the disk.
type disk struct {
	vfs.FS
	dir string
	log *zap.Logger

	mu      sync.Mutex
	waiting int           // writes that wait for space
	full    chan struct{} // closed while waiting > 0
	failure error         // why nothing is written any more
	fenced  chan struct{} // closed with failure, and at the end

	spare spare

	held io.Closer // the directory's lock

	syncs    atomic.Uint64 // of write-ahead logs
	lastSync atomic.Int64  // how long the last of them took, in nanoseconds
	handed   atomic.Int64  // appends that the database was given
	carrying atomic.Int64  // how many of them it had when the last sync began
	carried  atomic.Int64  // and how many more those were than at the one before
	usage    atomic.Pointer[vfs.DiskUsage]
	checked  atomic.Int64 // when usage was asked for, in nanoseconds since began
	began    time.Time
}

const (
	retryEvery = 20 * time.Millisecond
	usageFresh = 100 * time.Millisecond
)

func newDisk(fs vfs.FS, dir string, log *zap.Logger) *disk {
	return &disk{FS: fs, dir: dir, log: log, full: make(chan struct{}), fenced: make(chan struct{}), began: time.Now()}
}

// stalled gives a channel that is closed when, or as soon as, a write waits for space
// or nothing can be written any more.
func (d *disk) stalled() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.full
}

// problem is why a write would not get through now, or nil.
func (d *disk) problem() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.failure != nil:
		return d.failure
	case d.waiting > 0:
		return errDiskFull
	}
	return nil
}

// errFenced says that the database below was left behind, stopped for ever.
var errFenced = errors.New("nothing more is written to the data directory")

var errDiskFull = errors.New("no space left on the disk of the data directory; appends go on when there is some again")

// fence lets nothing more be written, ever.
func (d *disk) fence(why error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failure != nil {
		return
	}
	d.failure = why
	close(d.fenced)
	if d.waiting == 0 {
		close(d.full)
	}
}

// stop is where a goroutine of the database below ends when it may not go on.
func stop() { select {} }

func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func isTable(name string) bool {
	return strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".blob")
}

func isLog(name string) bool { return strings.HasSuffix(name, ".log") }

// patiently does what needs space until it succeeds or fails for another reason.
func (d *disk) patiently(name string, do func() error) error {
	err := d.guarded(do)
	if !noSpace(err) {
		return err
	}
	d.wait(name, 1)
	defer d.wait(name, -1)
	if isTable(name) {
		d.pause(10 * retryEvery)
		return err
	}
	for noSpace(err) {
		d.pause(retryEvery)
		err = d.guarded(do)
	}
	return err
}

// guarded does it unless the disk is fenced.
func (d *disk) guarded(do func() error) error {
	select {
	case <-d.fenced:
		stop()
	default:
	}
	return do()
}

func (d *disk) pause(long time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.fenced:
		stop()
	}
}

// wait counts a write that waits for space in or out.
func (d *disk) wait(name string, by int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.waiting
	d.waiting += by
	switch {
	case d.failure != nil:
	case was == 0:
		close(d.full)
		d.log.Warn("no space left for the log; waiting for some", zap.String("file", filepath.Base(name)))
	case d.waiting == 0:
		d.full = make(chan struct{})
		d.log.Info("the log has space again")
	}
}

// must is for what may not fail: it fences the disk if it did.
func (d *disk) must(name string, err error) error {
	if err == nil || isTable(name) {
		return err
	}
	d.log.Error("writing the log", zap.String("file", filepath.Base(name)), zap.Error(err))
	d.fence(err)
	stop()
	return err
}

// usageNow is the disk's size and free space, asked for at most every tenth of a
// second; false if the file system cannot tell.
func (d *disk) usageNow() (vfs.DiskUsage, bool) {
	now := int64(time.Since(d.began)) + 1
	then := d.checked.Load()
	if then == 0 || now-then > int64(usageFresh) && d.checked.CompareAndSwap(then, now) {
		d.checked.Store(now)
		u, err := d.FS.GetDiskUsage(d.dir)
		if err != nil {
			return vfs.DiskUsage{}, false
		}
		d.usage.Store(&u)
	}
	u := d.usage.Load()
	if u == nil {
		return vfs.DiskUsage{}, false
	}
	return *u, true
}

func (d *disk) openFile(name string, open func() (vfs.File, error)) (vfs.File, error) {
	var f vfs.File
	err := d.patiently(name, func() (err error) { f, err = open(); return err })
	if err != nil {
		return nil, err
	}
	return &diskFile{File: f, disk: d, name: name}, nil
}

func (d *disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	create := d.FS.Create
	if isLog(name) {
		create = d.createLog
	}
	return d.openFile(name, func() (vfs.File, error) { return create(name, c) })
}

func (d *disk) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return d.openFile(name, func() (vfs.File, error) { return d.FS.OpenReadWrite(name, c, opts...) })
}

func (d *disk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.openFile(name, func() (vfs.File, error) { return d.reuseLog(old, name, c) })
}

func (d *disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &diskFile{File: f, disk: d, name: name}, nil
}

func (d *disk) Link(old, name string) error {
	return d.patiently(name, func() error { return d.FS.Link(old, name) })
}

func (d *disk) Rename(old, name string) error {
	return d.patiently(name, func() error { return d.FS.Rename(old, name) })
}

func (d *disk) MkdirAll(dir string, perm os.FileMode) error {
	return d.patiently(dir, func() error { return d.FS.MkdirAll(dir, perm) })
}

func (d *disk) Remove(name string) error {
	return d.guarded(func() error { return d.FS.Remove(name) })
}

func (d *disk) RemoveAll(name string) error {
	return d.guarded(func() error { return d.FS.RemoveAll(name) })
}

func (d *disk) Unwrap() vfs.FS { return d.FS }

// Lock keeps hold of the lock, for [disk.unlock].
func (d *disk) Lock(name string) (io.Closer, error) {
	c, err := d.FS.Lock(name)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = c
	return closerFunc(d.unlock), nil
}

// unlock releases the lock, whether or not the database below is through with it: it
// may be stopped for ever. Releasing it again does nothing.
func (d *disk) unlock() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held == nil {
		return nil
	}
	c := d.held
	d.held = nil
	return c.Close()
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }

// diskFile is a file, or a directory, open for writing.
type diskFile struct {
	vfs.File
	disk *disk
	name string
}

func (f *diskFile) Write(p []byte) (int, error) {
	done := 0
	err := f.disk.patiently(f.name, func() error {
		n, err := f.File.Write(p[done:])
		done += n
		if err == nil && done < len(p) {
			err = io.ErrShortWrite
		}
		return err
	})
	return done, f.disk.must(f.name, err)
}

func (f *diskFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.disk.patiently(f.name, func() error { n, err = f.File.WriteAt(p, off); return err })
	return n, f.disk.must(f.name, err)
}

func (f *diskFile) Sync() error { return f.sync(f.File.Sync) }

func (f *diskFile) SyncData() error { return f.sync(f.File.SyncData) }

func (f *diskFile) SyncTo(length int64) (full bool, err error) {
	err = f.sync(func() error { full, err = f.File.SyncTo(length); return err })
	return full, err
}

func (f *diskFile) sync(do func() error) error {
	if isLog(f.name) {
		handed := f.disk.handed.Load()
		f.disk.carried.Store(handed - f.disk.carrying.Swap(handed))
	}
	began := time.Now()
	err := f.disk.guarded(do)
	if isLog(f.name) {
		f.disk.lastSync.Store(int64(time.Since(began)))
		if f.disk.syncs.Add(1) == spareAfter {
			f.disk.prepare()
		}
	}
	if noSpace(err) && isTable(f.name) {
		f.disk.wait(f.name, 1)
		defer f.disk.wait(f.name, -1)
		f.disk.pause(10 * retryEvery)
	}
	return f.disk.must(f.name, err)
}
