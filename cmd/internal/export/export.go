// Package export writes the log as lines of JSON that make the same log again, and that
// people and other programs can read too.
//
// The first line says what it is. Each of the next is an event as a CloudEvent in
// structured mode, with contenthash, its content hash in hexadecimal, and stored, the
// bytes the log stores in base64; these and the attributes that name and place the
// event count, the rest is for reading. The last line has the number of events and the
// root of the Merkle tree over them, the one a signed checkpoint of that size has.
//
// What is sealed stays sealed, and no keys are in it.
package export

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/proof"
)

// Summary is what an export holds.
type Summary struct {
	Events domain.Position
	// Root is that of the Merkle tree over the events.
	Root proof.Hash
}

// mark is what tells the first and the last line from events.
type mark struct {
	Rapport string           `json:"rapport"`
	Format  int              `json:"format,omitzero"`
	Events  *domain.Position `json:"events,omitempty"`
	Root    string           `json:"root,omitzero"`
}

const (
	markBegin = "log"
	markEnd   = "end"
	format    = 1
)

// Log is what is needed of the event log.
type Log interface {
	ReadLog(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
}

// Write writes the whole log as it stands. After an error the last line is missing.
func Write(ctx context.Context, log Log, out io.Writer) error {
	w := bufio.NewWriterSize(out, 64<<10)
	if err := writeMark(w, mark{Rapport: markBegin, Format: format}); err != nil {
		return err
	}
	var all tree
	var line []byte
	for e, err := range log.ReadLog(ctx, 0) {
		if err != nil {
			return err
		}
		if line, err = appendLine(line[:0], e); err != nil {
			return err
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
		all.add(e)
	}
	s := all.summary()
	if err := writeMark(w, mark{Rapport: markEnd, Events: &s.Events, Root: s.Root.String()}); err != nil {
		return err
	}
	return w.Flush()
}

func writeMark(w io.Writer, m mark) error {
	b, err := json.Marshal(m)
	if err == nil {
		_, err = w.Write(append(b, '\n'))
	}
	return err
}

func appendLine(dst []byte, e eventstore.Recorded) ([]byte, error) {
	r, err := codec.Decode(e)
	if err != nil {
		return dst, err
	}
	dst = codec.AppendStructured(dst, r)
	dst = append(dst[:len(dst)-1], `,"contenthash":"`...)
	dst = hex.AppendEncode(dst, e.Hash[:])
	dst = append(dst, `","stored":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, e.Body)
	return append(dst, "\"}\n"...), nil
}

// tree is the Merkle tree over events, of which only the roots of its whole parts are
// kept: one for each bit of its size.
type tree struct {
	size  domain.Position
	roots []proof.Hash // from the largest part to the smallest
}

func (t *tree) add(e eventstore.Recorded) {
	hash := tlog.RecordHash(proof.RecordOf(e).Append(nil))
	for n := t.size; n&1 == 1; n >>= 1 {
		hash = tlog.NodeHash(t.roots[len(t.roots)-1], hash)
		t.roots = t.roots[:len(t.roots)-1]
	}
	t.roots = append(t.roots, hash)
	t.size++
}

func (t *tree) summary() Summary {
	s := Summary{Events: t.size, Root: sha256.Sum256(nil)}
	for i := len(t.roots) - 1; i >= 0; i-- {
		if i == len(t.roots)-1 {
			s.Root = t.roots[i]
		} else {
			s.Root = tlog.NodeHash(t.roots[i], s.Root)
		}
	}
	return s
}

// MaxLine is the longest line, in bytes: the largest event, its body twice, with room for
// the escapes of its readable form.
const MaxLine = 4 * eventstore.MaxBodyBytes

// LineError is a line that is not one of an export.
type LineError struct {
	Number int // from 1
	Err    error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Number, e.Err) }

func (e *LineError) Unwrap() error { return e.Err }

var errShort = errors.New("the export is cut short: its last line is missing")

// Read reads an export and gives each event to add: the one at position p is on line
// p+1. Nothing may be done with them before it returns nil: only the last line tells
// that the export is whole and as it was written. Its errors are [*LineError], add's
// own and the reader's.
func Read(in io.Reader, add func(eventstore.Recorded) error) (Summary, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), MaxLine)
	var all tree
	for number := 1; lines.Scan(); number++ {
		e, done, err := readLine(lines.Bytes(), number == 1, &all)
		if err != nil {
			return Summary{}, &LineError{number, err}
		}
		if !done {
			if e != nil {
				err = add(*e)
			}
			if err != nil {
				return Summary{}, err
			}
			continue
		}
		if lines.Scan() {
			return Summary{}, &LineError{number + 1, errors.New("there is something behind the last line")}
		}
		return all.summary(), lines.Err()
	}
	if err := lines.Err(); err != nil {
		return Summary{}, err
	}
	return Summary{}, errShort
}

// readLine reads a line: its event, if it has one. It is done at the last one.
func readLine(line []byte, first bool, all *tree) (_ *eventstore.Recorded, done bool, err error) {
	var m mark
	if err := json.Unmarshal(line, &m); err != nil {
		return nil, false, err
	}
	switch {
	case first && (m.Rapport != markBegin || m.Format != format):
		return nil, false, fmt.Errorf("not the beginning of an export of format %d", format)
	case first:
		return nil, false, nil
	case m.Rapport == markEnd:
		return nil, true, all.check(m)
	case m.Rapport != "":
		return nil, false, fmt.Errorf("%q is not known here", m.Rapport)
	}
	e, err := parseEvent(line)
	if err != nil {
		return nil, false, err
	}
	if e.Position != all.size+1 {
		return nil, false, fmt.Errorf("the event is at position %d, and the next is %d", e.Position, all.size+1)
	}
	all.add(e)
	return &e, false, nil
}

func (t *tree) check(m mark) error {
	s := t.summary()
	if m.Events == nil || *m.Events != s.Events {
		return fmt.Errorf("there are %d events, and the export had another number", s.Events)
	}
	if m.Root != s.Root.String() {
		return fmt.Errorf("the events are not those that were exported: their root is %s, and was %s", s.Root, m.Root)
	}
	return nil
}

// wire is what counts in an event's line.
type wire struct {
	Source      string `json:"source"`
	ID          string `json:"id"`
	Stream      string `json:"partitionkey"`
	Position    string `json:"sequence"`
	Revision    string `json:"revision"`
	RecordedAt  string `json:"recordedtime"`
	ContentHash string `json:"contenthash"`
	Stored      []byte `json:"stored"`
}

func parseEvent(line []byte) (eventstore.Recorded, error) {
	var w wire
	if err := json.Unmarshal(line, &w); err != nil {
		return eventstore.Recorded{}, err
	}
	position, err1 := strconv.ParseUint(w.Position, 10, 64)
	revision, err2 := strconv.ParseUint(w.Revision, 10, 64)
	recorded, err3 := time.Parse(time.RFC3339Nano, w.RecordedAt)
	hash, err4 := hex.DecodeString(w.ContentHash)
	if err := errors.Join(about("sequence", err1), about("revision", err2), about("recordedtime", err3), about("contenthash", err4)); err != nil {
		return eventstore.Recorded{}, err
	}
	if len(hash) != len(eventstore.Hash{}) || len(w.Stored) == 0 {
		return eventstore.Recorded{}, errors.New("it has no contenthash, or nothing stored")
	}
	e := eventstore.Recorded{
		Event:  eventstore.Event{Source: w.Source, ID: w.ID, Hash: eventstore.Hash(hash), Body: w.Stored},
		Stream: eventstore.StreamID(w.Stream), Position: domain.Position(position), Revision: domain.Revision(revision), RecordedAt: recorded.UTC(),
	}
	if _, err := codec.Decode(e); err != nil {
		return eventstore.Recorded{}, err
	}
	return e, nil
}

func about(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}
