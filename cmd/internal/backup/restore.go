package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/rapport-ledger/rapport/cmd/internal/ingress"
)

// ErrNotEmpty is a directory with something in it, where there should be none.
var ErrNotEmpty = errors.New("the directory is not empty")

// Restore makes a data directory of a backup. The directory must be empty or not there;
// it has its name when all is verified and on disk, and after an error there is none.
//
// check looks at the restored directory under the name it has until then, with its log
// in the folder log, and can refuse or change it.
func Restore(ctx context.Context, in io.Reader, dir string, check func(ctx context.Context, dir string, m Manifest) error) (m Manifest, err error) {
	err = MakeDir(dir, func(temporary string) (err error) {
		if m, err = unpack(ctx, in, temporary); err != nil {
			return err
		}
		return check(ctx, temporary, m)
	})
	return m, err
}

// MakeDir makes a directory, which must be empty or not there, by having fill fill one
// with another name beside it. After an error there is none. What killed processes left
// there, on their way to the same name, is removed first.
func MakeDir(dir string, fill func(temporary string) error) (err error) {
	dir = filepath.Clean(dir)
	if err := wantEmpty(dir); err != nil {
		return err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	if err := sweep(parent, filepath.Base(dir)+partial); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(parent, filepath.Base(dir)+partial)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temporary))
		}
	}()
	release, err := claim(temporary)
	if err != nil {
		return err
	}
	defer release()
	if err := fill(temporary); err != nil {
		return err
	}
	if err := syncDir(temporary); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w; a mount point cannot be made anew, but a directory in it can", err)
	}
	if err := os.Rename(temporary, dir); err != nil {
		return err
	}
	return syncDir(parent)
}

func wantEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
	}
	return nil
}

// unpack writes a backup's files below the directory. What leads out of it, the system
// refuses.
func unpack(ctx context.Context, in io.Reader, dir string) (Manifest, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Manifest{}, err
	}
	defer root.Close()
	folders := map[string]bool{".": true}
	m, err := read(contextReader{ctx, in}, func(name string) (io.WriteCloser, error) {
		folder := filepath.Dir(filepath.FromSlash(name))
		if err := root.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		for at := folder; !folders[at]; at = filepath.Dir(at) {
			folders[at] = true
		}
		f, err := root.OpenFile(filepath.FromSlash(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		return syncedFile{f}, nil
	})
	if err != nil {
		return m, err
	}
	for folder := range folders {
		if err := syncDir(filepath.Join(dir, folder)); err != nil {
			return m, err
		}
	}
	return m, nil
}

// syncedFile is on disk when it is closed.
type syncedFile struct{ *os.File }

func (f syncedFile) Close() error { return errors.Join(f.Sync(), f.File.Close()) }

// PutBack puts the messages that a restored directory has back where they came from:
// put gets them, with a name of theirs, until it succeeded once. A directory without
// any is left alone.
func PutBack(ctx context.Context, dir string, put func(ctx context.Context, name string, messages iter.Seq2[ingress.Kept, error]) error) error {
	path := filepath.Join(dir, messagesName)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	if err := put(ctx, hex.EncodeToString(sum[:8]), keptIn(b)); err != nil {
		return fmt.Errorf("put back the messages of a restored backup: %w", err)
	}
	return errors.Join(os.Remove(path), syncDir(dir))
}

// DropMessages removes messages that a restored directory has, before they are put back.
func DropMessages(dir string, drop func(ingress.Kept) bool) error {
	path := filepath.Join(dir, messagesName)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var left bytes.Buffer
	lines := json.NewEncoder(&left)
	for k, err := range keptIn(b) {
		if err != nil {
			return err
		}
		if drop(k) {
			continue
		}
		if err := lines.Encode(k); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0) // nobody relies on the directory yet
	if err != nil {
		return err
	}
	_, err = f.Write(left.Bytes())
	return errors.Join(err, f.Sync(), f.Close())
}

func keptIn(b []byte) iter.Seq2[ingress.Kept, error] {
	return func(yield func(ingress.Kept, error) bool) {
		for lines := json.NewDecoder(bytes.NewReader(b)); ; {
			var k ingress.Kept
			err := lines.Decode(&k)
			if errors.Is(err, io.EOF) || !yield(k, err) || err != nil {
				return
			}
		}
	}
}
