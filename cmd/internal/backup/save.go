package backup

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// partial is in the name of a file that is not whole yet.
const partial = ".partial-"

// FileName is the name for a backup. It has what has to be known to choose among
// several: when it was begun, and the position it goes to.
func FileName(m Manifest) string {
	return fmt.Sprintf("%s%s-%d%s", namePrefix, m.Taken.UTC().Format(nameLayout), m.Position, nameSuffix)
}

const (
	namePrefix = "rapport-"
	nameLayout = "20060102T150405Z"
	nameSuffix = ".tar.zst"
)

// named is what a file's name says of the backup in it.
type named struct {
	file     string
	taken    time.Time
	position domain.Position
}

// parseName reads a name that [FileName] gave; false for others.
func parseName(file string) (named, bool) {
	middle, prefixed := strings.CutPrefix(file, namePrefix)
	middle, suffixed := strings.CutSuffix(middle, nameSuffix)
	stamp, number, _ := strings.Cut(middle, "-")
	taken, noTime := time.Parse(nameLayout, stamp)
	position, noNumber := strconv.ParseUint(number, 10, 64)
	return named{file, taken, domain.Position(position)}, prefixed && suffixed && noTime == nil && noNumber == nil
}

// Save has write write a backup to a file in the directory; see [SaveFile].
func Save(dir string, name func(Manifest) string, write func(io.Writer) error) (path string, m Manifest, err error) {
	return SaveFile(dir, name, Verify, write)
}

// SaveFile has write write a file in the directory, and verify reads it on the way.
// The file gets its name, which may tell what is in it, once it is whole and on disk;
// after an error there is none. One that exists already is an error that wraps
// [os.ErrExist]. What killed processes left unfinished in the directory is removed first.
func SaveFile[M any](dir string, name func(M) string, verify func(io.Reader) (M, error), write func(io.Writer) error) (path string, m M, err error) {
	if err := sweep(dir, namePrefix+partial); err != nil {
		return "", m, err
	}
	temporary := filepath.Join(dir, namePrefix+partial+rand.Text()[:8])
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", m, err
	}
	defer func() {
		if err != nil {
			_ = f.Close() // closed or not, it goes
			if gone := os.Remove(temporary); gone != nil && !errors.Is(gone, os.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
	}()
	release, err := claim(temporary)
	if err != nil {
		return "", m, err
	}
	defer release()
	if m, err = verified(f, verify, write); err != nil {
		return "", m, err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return "", m, err
	}
	path = filepath.Join(dir, name(m))
	if err := appear(temporary, path); err != nil {
		return "", m, err
	}
	return path, m, syncDir(dir)
}

// verified writes and verifies what is written.
func verified[M any](f io.Writer, verify func(io.Reader) (M, error), write func(io.Writer) error) (M, error) {
	r, w := io.Pipe()
	type result struct {
		m   M
		err error
	}
	done := make(chan result, 1)
	go func() {
		m, err := verify(r)
		_, _ = io.Copy(io.Discard, r) // the writer may have more to say of what went wrong
		done <- result{m, err}
	}()
	err := write(io.MultiWriter(f, w))
	w.CloseWithError(err)
	found := <-done
	if err != nil {
		return found.m, err
	}
	return found.m, found.err
}

// appear gives the file its name, which nobody else may have taken meanwhile.
func appear(temporary, name string) error {
	err := os.Link(temporary, name)
	if err == nil {
		return os.Remove(temporary)
	}
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s: %w", name, os.ErrExist)
	}
	// A file system without links.
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s: %w", name, os.ErrExist)
	}
	return os.Rename(temporary, name)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
