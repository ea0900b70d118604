package pebble_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

// brokenDisk is a file system whose write-ahead logs cannot be synced, once it breaks.
type brokenDisk struct {
	vfs.FS
	broken atomic.Bool
}

func (b *brokenDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := b.FS.Create(name, c)
	if err != nil || !strings.HasSuffix(name, ".log") {
		return f, err
	}
	return brokenFile{f, b}, nil
}

type brokenFile struct {
	vfs.File
	disk *brokenDisk
}

func (f brokenFile) SyncData() error {
	if f.disk.broken.Load() {
		return syscall.EIO
	}
	return f.File.SyncData()
}

func TestAfterAFailedSyncNothingMoreIsWrittenAndWhatWasDurableCanBeRead(t *testing.T) {
	t.Parallel()
	disk := &brokenDisk{FS: vfs.NewMem()}
	l := open(t, "log", pebble.Options{FS: disk})
	if err := appendTest(t, l, 1); err != nil {
		t.Fatal(err)
	}
	disk.broken.Store(true)
	for i := range 3 {
		if err := appendTest(t, l, 2+i); !errors.Is(err, eventstore.ErrUnavailable) || !errors.Is(err, syscall.EIO) {
			t.Fatalf("append: %v, want ErrUnavailable and why", err)
		}
	}
	wantEvents(t, l, 1)
	if !l.Stats().Full {
		t.Error("the statistics do not say that nothing can be written")
	}
	disk.broken.Store(false)
	if err := appendTest(t, l, 2); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Fatalf("append: %v, want ErrUnavailable until the log is opened again", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, "log", pebble.Options{FS: disk})
	if err := errors.Join(appendTest(t, l, 1), appendTest(t, l, 2)); err != nil {
		t.Fatal(err)
	}
	wantEvents(t, l, 2)
}

func appendTest(t *testing.T, l *pebble.Log, i int) error {
	t.Helper()
	_, err := l.Append(t.Context(), eventstore.Append{Stream: "acme", Expected: eventstore.Any, Events: []eventstore.Event{testEvent(i)}})
	return err
}

func wantEvents(t *testing.T, l *pebble.Log, want int) {
	t.Helper()
	got := 0
	for e, err := range l.ReadLog(t.Context(), 0) {
		if got++; err != nil || e.ID != testEvent(got).ID {
			t.Fatalf("read %q and error %v, want %q", e.ID, err, testEvent(got).ID)
		}
	}
	if got != want {
		t.Fatalf("read %d events, want %d", got, want)
	}
}
