package sqldb

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriteback has the system begin to write what is dirty of the file, and does not wait
// for it. Nothing rests on it: it leaves less for the sync that is to come.
func startWriteback(f *os.File) {
	_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
}
