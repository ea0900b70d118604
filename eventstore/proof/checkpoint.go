package proof

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is the head of the tree at a size, as it was signed.
type Checkpoint struct {
	// Origin names the log that was signed.
	Origin string
	// Size is the number of events: the position of the last one.
	Size int64
	Root Hash
	// Note is the checkpoint with its signatures, as C2SP signed-note has it.
	Note []byte
}

// MaxNoteBytes bounds a checkpoint with its signatures.
const MaxNoteBytes = 4 << 10

// ErrUnsigned is a checkpoint that the key at hand has not signed.
var ErrUnsigned = errors.New("not signed by this key")

// text is what is signed.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// ParseCheckpoint reads a checkpoint without looking at its signatures.
func ParseCheckpoint(b []byte) (Checkpoint, error) {
	text, _, signed := strings.Cut(string(b), "\n\n")
	if !signed || len(b) > MaxNoteBytes {
		return Checkpoint{}, errors.New("this is not a signed note")
	}
	return parseText(text+"\n", b)
}

func parseText(text string, b []byte) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return Checkpoint{}, errors.New("a checkpoint has an origin, a size and a root, a line each")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("%q is not the size of a tree", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return Checkpoint{}, fmt.Errorf("%q is not the root of a tree", lines[2])
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root, Note: b}, nil
}

// OpenCheckpoint reads a checkpoint that the key has signed, for the key's own origin.
// Errors: [ErrUnsigned].
func OpenCheckpoint(b []byte, key note.Verifier) (Checkpoint, error) {
	if len(b) > MaxNoteBytes {
		return Checkpoint{}, errors.New("this is not a signed note: it is too long")
	}
	n, err := note.Open(b, note.VerifierList(key))
	if err != nil {
		if _, malformed := ParseCheckpoint(b); malformed != nil {
			return Checkpoint{}, malformed
		}
		return Checkpoint{}, fmt.Errorf("%w (%s): %w", ErrUnsigned, key.Name(), err)
	}
	c, err := parseText(n.Text, b)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != key.Name() {
		return Checkpoint{}, fmt.Errorf("%w: the checkpoint is of %q, the key signs %q", ErrUnsigned, c.Origin, key.Name())
	}
	return c, nil
}

// sign signs the head of a tree.
func sign(size int64, root Hash, key note.Signer) (Checkpoint, error) {
	c := Checkpoint{Origin: key.Name(), Size: size, Root: root}
	var err error
	c.Note, err = note.Sign(&note.Note{Text: c.text()}, key)
	return c, err
}
