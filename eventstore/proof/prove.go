package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// The formats of proofs, which their first member names.
const (
	EventFormat  = "rapport.event-proof.v1"
	GrowthFormat = "rapport.consistency-proof.v1"
)

// EventProof shows that an event is in the log, as it was recorded. It holds all that
// is needed but the public key.
type EventProof struct {
	Format   string          `json:"format"`
	Position domain.Position `json:"position"`
	// Event is the event as a CloudEvent, for people. The proof is about Record and
	// Body; whether Event is what they say is for who can read a body.
	Event json.RawMessage `json:"event,omitzero"`
	// Record is the leaf's data, Body the stored bytes it speaks of.
	Record []byte `json:"record"`
	Body   []byte `json:"body"`
	// Path are the hashes that lead from the leaf to the root.
	Path tlog.RecordProof `json:"path"`
	// Checkpoint is the signed note.
	Checkpoint string `json:"checkpoint"`
}

// GrowthProof shows that the log of one checkpoint is the beginning of the log of
// another: what was signed first has not been changed since.
type GrowthProof struct {
	Format string `json:"format"`
	// From and To are the signed notes.
	From string         `json:"from"`
	To   string         `json:"to"`
	Path tlog.TreeProof `json:"path"`
}

// MaxProofBytes bounds what [ParseProof] reads.
const MaxProofBytes = 4 * eventstore.MaxBodyBytes

// maxPath is more hashes than a proof can need.
const maxPath = 128

// Proof is an [*EventProof] or a [*GrowthProof].
type Proof interface{ proof() }

func (*EventProof) proof()  {}
func (*GrowthProof) proof() {}

// ParseProof reads a proof from JSON.
func ParseProof(b []byte) (Proof, error) {
	if len(b) > MaxProofBytes {
		return nil, fmt.Errorf("a proof has at most %d bytes", MaxProofBytes)
	}
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("this is not a proof: %w", err)
	}
	switch head.Format {
	case EventFormat:
		p := new(EventProof)
		return p, errors.Join(decodeProof(b, p), checkPath(len(p.Path)))
	case GrowthFormat:
		p := new(GrowthProof)
		return p, errors.Join(decodeProof(b, p), checkPath(len(p.Path)))
	}
	return nil, fmt.Errorf("this is not a proof: its format is %q, not %q or %q", head.Format, EventFormat, GrowthFormat)
}

func decodeProof(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the proof cannot be read: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the proof cannot be read: there is something after it")
	}
	return nil
}

func checkPath(n int) error {
	if n > maxPath {
		return fmt.Errorf("a path has at most %d hashes, not %d", maxPath, n)
	}
	return nil
}

// Proved is what an [EventProof] shows.
type Proved struct {
	Record     Record
	Checkpoint Checkpoint
}

// Recorded is the event as the log has it.
func (p *EventProof) Recorded(r Record) eventstore.Recorded {
	return eventstore.Recorded{
		Event:  eventstore.Event{Source: r.Source, ID: r.ID, Hash: r.Hash, Body: p.Body},
		Stream: r.Stream, Position: r.Position, Revision: r.Revision, RecordedAt: r.RecordedAt,
	}
}

// Check checks the proof against the public key and gives what it shows.
func (p *EventProof) Check(key note.Verifier) (Proved, error) {
	r, err := ParseRecord(p.Record)
	if err != nil {
		return Proved{}, fmt.Errorf("record: %w", err)
	}
	if r.Position != p.Position {
		return Proved{}, fmt.Errorf("the record is of position %d, the proof says %d", r.Position, p.Position)
	}
	if r.BodyBytes != uint64(len(p.Body)) || r.BodyHash != sha256.Sum256(p.Body) {
		return Proved{}, errors.New("the body is not the one the record speaks of")
	}
	c, err := OpenCheckpoint([]byte(p.Checkpoint), key)
	if err != nil {
		return Proved{}, fmt.Errorf("checkpoint: %w", err)
	}
	if r.Position == 0 || uint64(r.Position) > uint64(c.Size) {
		return Proved{}, fmt.Errorf("the checkpoint covers positions 1 to %d, not %d", c.Size, r.Position)
	}
	if err := tlog.CheckRecord(p.Path, c.Size, c.Root, int64(r.Position)-1, Leaf(p.Record)); err != nil {
		return Proved{}, errors.New("the path does not lead from the record to the signed root")
	}
	return Proved{r, c}, nil
}

// Check checks the proof against the public key and gives its two checkpoints.
func (p *GrowthProof) Check(key note.Verifier) (from, to Checkpoint, err error) {
	if from, err = OpenCheckpoint([]byte(p.From), key); err != nil {
		return from, to, fmt.Errorf("first checkpoint: %w", err)
	}
	if to, err = OpenCheckpoint([]byte(p.To), key); err != nil {
		return from, to, fmt.Errorf("second checkpoint: %w", err)
	}
	if from.Size < 1 || from.Size > to.Size {
		return from, to, fmt.Errorf("a log of %d events cannot have grown from one of %d", to.Size, from.Size)
	}
	if err := tlog.CheckTree(p.Path, to.Size, to.Root, from.Size, from.Root); err != nil {
		return from, to, errors.New("the second checkpoint does not contain the first: they are not of one log that only grew")
	}
	return from, to, nil
}

// proveEvent proves the event from a tree.
func proveEvent(e eventstore.Recorded, c Checkpoint, tree tlog.HashReader) (*EventProof, error) {
	path, err := tlog.ProveRecord(c.Size, int64(e.Position)-1, tree)
	if err != nil {
		return nil, err
	}
	return &EventProof{
		Format: EventFormat, Position: e.Position, Record: RecordOf(e).Append(nil), Body: e.Body,
		Path: path, Checkpoint: string(c.Note),
	}, nil
}

func proveGrowth(from, to Checkpoint, tree tlog.HashReader) (*GrowthProof, error) {
	path, err := tlog.ProveTree(to.Size, from.Size, tree)
	if err != nil {
		return nil, err
	}
	return &GrowthProof{Format: GrowthFormat, From: string(from.Note), To: string(to.Note), Path: path}, nil
}
