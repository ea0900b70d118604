package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// The stored form. FORMAT.md describes it byte by byte.
const (
	formatByte = 1

	flagAssumed = 1 << 0
	flagBy      = 1 << 1
	flagsKnown  = flagAssumed | flagBy

	schemePlain  = 0
	schemeSealed = 1
)

var errTruncated = errors.New("the stored event is cut short or damaged")

// Encode gives the event's stored form, ready to append to the stream of its account.
// It fails for an event outside the catalogue and for values that cannot be written;
// whether they make sense has been checked by the doors, or by [Validate].
//
// Personal data is stored as it is; [EncodeSealed] seals it.
func Encode(e domain.Envelope) (eventstore.Event, error) { return current.encode(e, nil) }

// EncodeSealed is [Encode] with the personal data sealed. The hash is the same: it is of
// what the emitter said.
func EncodeSealed(e domain.Envelope, s Sealer) (eventstore.Event, error) {
	return current.encode(e, s)
}

func (c *catalogue) encode(e domain.Envelope, sealer Sealer) (eventstore.Event, error) {
	w := newWriter(c)
	s, err := w.event(e.Data)
	if err != nil {
		return eventstore.Event{}, err
	}
	for _, text := range []string{e.Actor, e.CorrelationID, e.CausationID, e.TraceParent, e.RecordedBy} {
		if !utf8.ValidString(text) {
			return eventstore.Event{}, fmt.Errorf("write %s: an attribute is not UTF-8", s.Type)
		}
	}
	public, parts := cut(w.buf, w.spans)
	body := appendPublic(make([]byte, 0, len(w.buf)+128+64*len(parts)), s, e, public)
	if body, err = appendParts(body, s, e, parts, sealer); err != nil {
		return eventstore.Event{}, fmt.Errorf("write %s: %w", s.Type, err)
	}
	return eventstore.Event{Source: e.Source, ID: e.ID, Hash: contentHash(s, e, w.buf), Body: body}, nil
}

// appendPublic appends all that precedes the parts.
func appendPublic(b []byte, s *spec, e domain.Envelope, public []byte) []byte {
	var flags byte
	if e.OccurredAssumed {
		flags |= flagAssumed
	}
	if e.RecordedBy != "" {
		flags |= flagBy
	}
	b = append(b, formatByte, flags)
	b = appendString(b, string(s.Type))
	b = binary.AppendUvarint(b, uint64(s.Version))
	b = binary.AppendVarint(b, e.OccurredAt.UnixMicro())
	b = binary.AppendUvarint(b, uint64(e.Target))
	b = appendString(b, e.Actor)
	b = appendString(b, e.CorrelationID)
	b = appendString(b, e.CausationID)
	b = appendString(b, e.TraceParent)
	if e.RecordedBy != "" {
		b = appendString(b, e.RecordedBy)
	}
	return appendString(b, public)
}

func appendParts(b []byte, s *spec, e domain.Envelope, parts []part, sealer Sealer) ([]byte, error) {
	b = binary.AppendUvarint(b, uint64(len(parts)))
	for i, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p.persons)))
		for _, id := range p.persons {
			b = appendString(b, id)
		}
		content, scheme := p.content(), byte(schemePlain)
		if sealer != nil {
			var err error
			scheme = schemeSealed
			if content, err = sealer.Seal(e.Account, p.persons, bound(s, s.Version, e, i), content); err != nil {
				return nil, err
			}
		}
		b = appendString(append(b, scheme), content)
	}
	return b, nil
}

// content is the part's fragments as they are stored, or sealed.
func (p part) content() []byte {
	var b []byte
	for _, f := range p.fragments {
		b = binary.AppendUvarint(b, uint64(f.order))
		b = binary.AppendUvarint(b, uint64(f.at))
		b = appendString(b, f.json)
	}
	return b
}

// Decode reads a stored event and brings it to the current version of its type. The
// record may share memory with r.Body. Personal data that is sealed is not in its JSON
// until [Record.Open]. Damage is an [*eventstore.CorruptionError]; a
// type or version this program does not know is an error that says so.
func Decode(r eventstore.Recorded) (Record, error) { return current.decodeStored(r) }

func (c *catalogue) decodeStored(r eventstore.Recorded) (Record, error) {
	var rec Record
	rec.Source, rec.ID, rec.Account = r.Source, r.ID, r.Stream
	rec.Position, rec.Revision, rec.RecordedAt = r.Position, r.Revision, r.RecordedAt
	s, body, err := c.readBody(r.Body, &rec.Envelope)
	if err != nil {
		return Record{}, &eventstore.CorruptionError{Position: r.Position, Err: err}
	}
	if s == nil {
		return Record{}, unknownType(r.Position)
	}
	data := body.public
	if body.anySealed {
		rec.sealed = &body.sealed
	} else if data, err = body.merged(); err != nil {
		return Record{}, &eventstore.CorruptionError{Position: r.Position, Err: err}
	}
	if err := c.setData(&rec, s, body.version, data); err != nil {
		return Record{}, fmt.Errorf("decode position %d: %w", r.Position, err)
	}
	return rec, nil
}

// TypeOf is the type of a stored event, read without looking at the rest of it. Errors
// are those of [Decode].
func TypeOf(r eventstore.Recorded) (domain.Type, error) { return current.typeOf(r) }

func (c *catalogue) typeOf(r eventstore.Recorded) (domain.Type, error) {
	b := cursor{b: r.Body}
	_, err := b.header()
	name := b.bytes()
	if err == nil && b.bad {
		err = errTruncated
	}
	if err != nil {
		return "", &eventstore.CorruptionError{Position: r.Position, Err: err}
	}
	s := c.byType[domain.Type(name)]
	if s == nil {
		return "", unknownType(r.Position)
	}
	return s.Type, nil
}

func unknownType(p domain.Position) error {
	return fmt.Errorf("decode position %d: its type is not known to this version of the program", p)
}

// body is the data of a stored event.
type body struct {
	sealed
	anySealed bool
}

// merged is the whole data, if nothing is sealed.
func (b body) merged() ([]byte, error) {
	var fragments []fragment
	for _, p := range storedParts(b.parts) {
		fragments, _ = fragmentsOf(fragments, p.content)
	}
	data, ok := splice(b.public, fragments)
	if !ok {
		return nil, errTruncated
	}
	return data, nil
}

// readBody reads what encode wrote. The spec is nil for a type that is not known.
func (c *catalogue) readBody(stored []byte, e *domain.Envelope) (s *spec, b body, err error) {
	r := cursor{b: stored}
	flags, err := r.header()
	if err != nil {
		return nil, body{}, err
	}
	s = c.byType[domain.Type(r.bytes())]
	b.version = int(r.uint())
	e.OccurredAssumed = flags&flagAssumed != 0
	e.OccurredAt = time.UnixMicro(r.int()).UTC()
	e.Target = domain.Position(r.uint())
	e.Actor = string(r.bytes())
	e.CorrelationID = string(r.bytes())
	e.CausationID = string(r.bytes())
	e.TraceParent = string(r.bytes())
	if flags&flagBy != 0 {
		e.RecordedBy = string(r.bytes())
		r.bad = r.bad || e.RecordedBy == "" // there is one form of each event
	}
	b.public = r.bytes()
	b.parts, b.anySealed = r.parts()
	if r.bad || len(r.b) != 0 {
		return nil, body{}, errTruncated
	}
	return s, b, nil
}

// setData brings data of the version to the current one, and makes it the record's.
func (c *catalogue) setData(r *Record, s *spec, version int, data []byte) error {
	if version < 1 || version > s.Version {
		return fmt.Errorf("version %d of %s is not known to this version of the program, which knows %d", version, s.Type, s.Version)
	}
	r.Type, r.JSON = s.Type, data
	if version == s.Version {
		return nil
	}
	data, err := c.upcast(s, version, data)
	if err != nil {
		return err
	}
	ev, err := c.decode(s, data)
	if err != nil {
		return err
	}
	w := newWriter(c)
	w.partial = true
	_, err = w.event(ev)
	r.JSON = w.buf
	return err
}

// cursor reads binary. After the first fault it is bad and gives zeros.
type cursor struct {
	b   []byte
	bad bool
}

func (r *cursor) fail() {
	r.b, r.bad = nil, true
}

func (r *cursor) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *cursor) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *cursor) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// bytes reads a length and then as many bytes, which it does not copy.
func (r *cursor) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}

// header reads the format, which has to be known, and the flags.
func (r *cursor) header() (flags byte, err error) {
	format, flags := r.byte(), r.byte()
	if r.bad || format != formatByte || flags&^flagsKnown != 0 {
		return 0, fmt.Errorf("stored format %d with flags %#x is not known", format, flags)
	}
	return flags, nil
}
