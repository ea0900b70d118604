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
	return t, t.open()
}

func (t *Trail) open() error {
	f, err := os.OpenFile(t.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
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

// turn begins a new file; t.mu is held.
func (t *Trail) turn() error {
	for i := trailFiles - 1; i >= 0; i-- {
		from := t.path
		if i > 0 {
			from = fmt.Sprintf("%s.%d", t.path, i)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", t.path, i+1)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("access trail: %w", err)
		}
	}
	return errors.Join(t.file.Close(), t.open())
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
