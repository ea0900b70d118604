package projections

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// files names a projection's read models in the directory. Each is a file of its own,
// timeline.000001.db, and the symbolic link timeline.db names the one that answers. A
// rebuild writes the next number and moves the link, which is atomic; a file is never
// renamed, because SQLite finds a database's write-ahead log by the database's name.
type files struct {
	dir, name string
}

func (f files) link() string { return filepath.Join(f.dir, f.name+".db") }

func (f files) path(generation int) string {
	return filepath.Join(f.dir, fmt.Sprintf("%s.%06d.db", f.name, generation))
}

// generation tells a read model's number from its path.
func (f files) generation(path string) (int, bool) {
	s, ok := strings.CutPrefix(filepath.Base(path), f.name+".")
	if !ok {
		return 0, false
	}
	s, ok = strings.CutSuffix(s, ".db")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0
}

// current is the generation the link names; 0 if there is none, or its file is gone. What
// is no link is a copy that somebody made; a read model can be made again.
func (f files) current() (int, error) {
	target, err := os.Readlink(f.link())
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EINVAL) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the link to the read model: %w", err)
	}
	generation, ok := f.generation(target)
	if !ok {
		return 0, fmt.Errorf("%s links to %s, which is no read model of %s", f.link(), target, f.name)
	}
	_, err = os.Stat(f.path(generation))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return generation, err
}

// publish makes the generation the current one. What its file has to begin with was synced
// before it was opened: SQLite's locks would not outlive that.
func (f files) publish(generation int) error {
	temporary := f.link() + ".new"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(filepath.Base(f.path(generation)), temporary); err != nil {
		return err
	}
	if err := os.Rename(temporary, f.link()); err != nil {
		return err
	}
	return syncFile(f.dir)
}

// syncFile has the file, or the directory's names, on disk.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// all are the generations there are files of.
func (f files) all() ([]int, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var generations []int
	for _, entry := range entries {
		if g, ok := f.generation(entry.Name()); ok {
			generations = append(generations, g)
		}
	}
	return generations, nil
}

// next is a generation there are no files of, nor ever were while the present ones were.
func (f files) next() (int, error) {
	generations, err := f.all()
	if err != nil {
		return 0, err
	}
	return slices.Max(append(generations, 0)) + 1, nil
}

// clean removes every generation but the one kept: what an interrupted rebuild left, or
// what one replaced before its end.
func (f files) clean(keep int) error {
	generations, err := f.all()
	if err != nil {
		return err
	}
	for _, g := range generations {
		if g != keep {
			err = errors.Join(err, f.remove(g))
		}
	}
	return err
}

// remove deletes a read model with the files SQLite keeps beside it.
func (f files) remove(generation int) error {
	var all error
	for _, suffix := range []string{"-wal", "-shm", "-journal", ""} {
		if err := os.Remove(f.path(generation) + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}
