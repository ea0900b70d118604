package proof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync/atomic"
)

// History is the file of all signed checkpoints of a log, the oldest first: signed
// notes, an empty line after each. Nothing in it is ever changed.
//
// One goroutine appends; any number may read.
type History struct {
	f    *os.File
	size atomic.Int64 // bytes of whole notes
}

// historyName is the file's name.
const historyName = "checkpoints"

// window is how much is read to find a checkpoint whose place is not known.
const window = 2 * MaxNoteBytes

// errUnreadable is a file that does not consist of signed notes.
var errUnreadable = errors.New("there is no signed note where one should be")

// OpenHistory opens the file to be appended to, or makes it. What was being written
// when the process died, and so was never shown to anybody, is cut off; torn says how
// many bytes.
func OpenHistory(path string) (h *History, torn int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, err
	}
	h = &History{f: f}
	if torn, err = h.cut(); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return h, torn, nil
}

// cut finds the end of the last whole note and cuts off what is behind it.
func (h *History) cut() (torn int64, err error) {
	st, err := h.f.Stat()
	if err != nil {
		return 0, err
	}
	end, err := h.lastEnd(st.Size())
	if err != nil {
		return 0, err
	}
	h.size.Store(end)
	if end < st.Size() {
		err = h.f.Truncate(end)
	}
	return st.Size() - end, err
}

// ReadHistory opens the file to be read, up to the last whole note. It is empty if there
// is none.
func ReadHistory(path string) (*History, error) {
	h := &History{}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	h.f = f
	if end, err := h.lastEnd(st.Size()); err == nil {
		h.size.Store(end)
	} else {
		h.size.Store(st.Size()) // whoever reads it through will meet the damage
	}
	return h, nil
}

// Close closes the file.
func (h *History) Close() error {
	if h.f == nil {
		return nil
	}
	return h.f.Close()
}

// Append adds a checkpoint. It is there for ever once this returns.
func (h *History) Append(c Checkpoint) error {
	b := append(bytes.Clone(c.Note), '\n')
	if _, err := h.f.WriteAt(b, h.size.Load()); err != nil {
		return err
	}
	if err := h.f.Sync(); err != nil {
		return err
	}
	h.size.Add(int64(len(b)))
	return nil
}

// noteEnd is where the signed note at the start of b ends, the empty line after it
// included; 0 if it does not end in b. Only the empty line after a signature ends one:
// the other is between text and signatures.
func noteEnd(b []byte) int {
	signature := false
	for at := 0; ; {
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			return 0
		}
		line := b[at : at+n]
		at += n + 1
		if len(line) == 0 && signature {
			return at
		}
		signature = bytes.HasPrefix(line, []byte("— "))
	}
}

// readAt reads up to a window from a place.
func (h *History) readAt(at int64) ([]byte, error) {
	b := make([]byte, window)
	n, err := h.f.ReadAt(b, at)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], err
}

// next gives the checkpoint that begins at a place, and where it ends.
func (h *History) next(at int64) (Checkpoint, int64, error) {
	b, err := h.readAt(at)
	if err != nil {
		return Checkpoint{}, 0, err
	}
	end := noteEnd(b)
	if end == 0 {
		return Checkpoint{}, 0, fmt.Errorf("%w: at byte %d", errUnreadable, at)
	}
	c, err := ParseCheckpoint(b[:end-1])
	if err != nil {
		err = fmt.Errorf("%w: at byte %d: %w", errUnreadable, at, err)
	}
	return c, at + int64(end), err
}

// lastEnd is where the last whole note ends, of a file of that many bytes.
func (h *History) lastEnd(size int64) (int64, error) {
	from := max(0, size-window)
	start, err := h.boundary(from)
	if err != nil {
		return 0, err
	}
	if start < 0 {
		if from > 0 {
			return 0, fmt.Errorf("%w: after byte %d", errUnreadable, from)
		}
		return 0, nil
	}
	for start < size {
		b, err := h.readAt(start)
		if err != nil {
			return 0, err
		}
		end := noteEnd(b)
		if end == 0 {
			break
		}
		start += int64(end)
	}
	return start, nil
}

// boundary is the first place, from one on, where a note begins or the last one ends;
// -1 if there is none in a window.
func (h *History) boundary(from int64) (int64, error) {
	if from == 0 {
		return 0, nil
	}
	b, err := h.readAt(from)
	if err != nil {
		return 0, err
	}
	// The line at from may be the end of one.
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		return -1, nil
	}
	if end := noteEnd(b[n+1:]); end > 0 {
		return from + int64(n+1+end), nil
	}
	return -1, nil
}

// All yields the checkpoints, the oldest first. It ends at the first error.
func (h *History) All() iter.Seq2[Checkpoint, error] {
	return func(yield func(Checkpoint, error) bool) {
		size := h.size.Load()
		for at := int64(0); at < size; {
			c, end, err := h.next(at)
			if !yield(c, err) || err != nil {
				return
			}
			at = end
		}
	}
}

// Last is the last checkpoint; false if there is none.
func (h *History) Last() (Checkpoint, bool, error) {
	size := h.size.Load()
	if size == 0 {
		return Checkpoint{}, false, nil
	}
	start, err := h.boundary(max(0, size-window))
	if err != nil {
		return Checkpoint{}, false, err
	}
	var last Checkpoint
	for at := start; ; {
		if at < 0 || at > size {
			return Checkpoint{}, false, errUnreadable
		}
		if at == size {
			return last, last.Note != nil, nil
		}
		if last, at, err = h.next(at); err != nil {
			return Checkpoint{}, false, err
		}
	}
}

// AtLeast is the first checkpoint that covers so many events; false if there is none.
func (h *History) AtLeast(size int64) (Checkpoint, bool, error) {
	total := h.size.Load()
	// The note looked for begins in [low, high]; what begins before low is too small.
	low, high := int64(0), total
	for high-low > window {
		start, err := h.boundary(low + (high-low)/2)
		if err != nil || start < 0 {
			return Checkpoint{}, false, errors.Join(err, errUnreadable)
		}
		if start >= high {
			break
		}
		c, end, err := h.next(start)
		if err != nil {
			return Checkpoint{}, false, err
		}
		if c.Size < size {
			low = end
		} else {
			high = start
		}
	}
	for at := low; at < total; {
		c, end, err := h.next(at)
		if err != nil {
			return Checkpoint{}, false, err
		}
		if c.Size >= size {
			return c, true, nil
		}
		at = end
	}
	return Checkpoint{}, false, nil
}
