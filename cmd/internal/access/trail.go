package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// trailSize is how large a file of the trail gets, in bytes, and trailFiles how many
	// old ones are kept.
	trailSize  = 16 << 20
	trailFiles = 9
)

// Reading is a line of the trail: that somebody read what may be personal data. It never
// has the data.
type Reading struct {
	Time time.Time `json:"time"`
	// Principal and Name are who read.
	Principal string `json:"principal"`
	Name      string `json:"name,omitempty"`
	// Route is what was asked, without its parameters.
	Route   string `json:"route"`
	Account string `json:"account,omitempty"`
	// Status is the answer's, 0 of a stream that begins, and Items how many entries or
	// events were in it.
	Status  int    `json:"status"`
	Items   int    `json:"items"`
	Request string `json:"request,omitempty"`
}

// Trail is the file that says who read what, a JSON object a line. When it is full it
// becomes trail.ndjson.1, and so on; the oldest go. The nil trail keeps nothing.
type Trail struct {
	path string
	size int64 // of a file

	mu      sync.Mutex
	file    *os.File
	written int64
}

// OpenTrail goes on with the trail in the directory, which has to be there.
func OpenTrail(dir string) (*Trail, error) {
	t := &Trail{path: filepath.Join(dir, "trail.ndjson"), size: trailSize}
	return t, t.open(t.path)
}

func (t *Trail) open(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("access trail: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("access trail: %w", err), f.Close())
	}
	t.file, t.written = f, info.Size()
	return nil
}

// Add writes a line.
func (t *Trail) Add(r Reading) error {
	if t == nil {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.written > 0 && t.written+int64(len(line)) > t.size {
		if err := t.turn(); err != nil {
			return err
		}
	}
	n, err := t.file.Write(line)
	t.written += int64(n)
	return err
}

// turn begins a new file. It is made before the others move on, which otherwise would be
// lost one by one while none can be made, as on a full disk. t.mu is held.
func (t *Trail) turn() error {
	old, begun := t.file, t.path+".new"
	if err := t.open(begun); err != nil {
		return err
	}
	errs := []error{old.Close()}
	for i := trailFiles; i > 0; i-- {
		if err := os.Rename(t.name(i-1), t.name(i)); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(append(errs, os.Rename(begun, t.path))...); err != nil {
		return fmt.Errorf("access trail: %w", err)
	}
	return nil
}

// name is that of the i-th file, from the one that is written to the oldest.
func (t *Trail) name(i int) string {
	if i == 0 {
		return t.path
	}
	return fmt.Sprintf("%s.%d", t.path, i)
}

// Close ends the trail.
func (t *Trail) Close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(t.file.Sync(), t.file.Close())
}
