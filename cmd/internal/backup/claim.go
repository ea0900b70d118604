package backup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// claim says, until it is released or the process ends, that somebody works on the file
// or directory. A file system that knows no locks takes no claims.
func claim(path string) (release func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// sweep removes what processes that were killed left unfinished in the directory: what
// has the prefix and is claimed by nobody. It may have what a whole ledger has, keys too.
// What belongs to somebody else, is left to them.
func sweep(dir, prefix string) (err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || !e.IsDir() && !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		release, busy := claim(path)
		switch {
		case errors.Is(busy, syscall.EWOULDBLOCK) || errors.Is(busy, fs.ErrNotExist) || errors.Is(busy, fs.ErrPermission):
		case busy != nil:
			err = errors.Join(err, busy)
		default:
			err = errors.Join(err, os.RemoveAll(path))
			release()
		}
	}
	return err
}
