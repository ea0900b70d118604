package codec

import (
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Sealer makes personal data unreadable to all who lack the keys of the persons.
type Sealer interface {
	// Seal seals the content of a part that the contacts have in an event of the
	// account; with no contacts it is the account's own. It opens again only together
	// with what it is bound to.
	Seal(account domain.AccountID, contacts []domain.ID, bound, content []byte) ([]byte, error)
}

// Opener opens what a [Sealer] sealed.
type Opener interface {
	// Open gives the content, or says which of the contacts were forgotten so that it
	// cannot.
	Open(account domain.AccountID, contacts []domain.ID, bound, sealed []byte) (content []byte, forgotten []Forgotten, err error)
}

// Forgotten says why personal data is not there any more.
type Forgotten struct {
	Contact domain.ID
	// Position is that of the person.forgotten; 0 in the moment before it is recorded.
	Position domain.Position
	// At is when the key was destroyed.
	At time.Time
}

// sealed is a stored event whose personal data is apart.
type sealed struct {
	version int
	public  []byte
	parts   []byte // as stored, with their count
}

// Sealed reports whether the record has personal data that is not in its JSON and that
// [Record.Open] would try to open. Only what [Decode] gives does: what is published and
// what read models keep is without.
func (r Record) Sealed() bool { return r.sealed != nil }

// Closed is the record without what could be opened, as it is published.
func (r Record) Closed() Record {
	r.sealed = nil
	return r
}

// Open gives the record with all data that can be opened, and the persons because of
// whom the rest cannot, each once. Data that was changed, or whose key was never in the
// keyring, is an [*eventstore.CorruptionError]. Without an opener it stays as it is.
func (r Record) Open(o Opener) (Record, []Forgotten, error) { return current.open(r, o) }

func (c *catalogue) open(r Record, o Opener) (Record, []Forgotten, error) {
	if r.sealed == nil || o == nil {
		return r, nil, nil
	}
	s := c.byType[r.Type]
	if s == nil {
		return Record{}, nil, fmt.Errorf("open position %d: %s is not a type of the catalogue", r.Position, r.Type)
	}
	var fragments []fragment
	var forgotten []Forgotten
	for i, p := range storedParts(r.sealed.parts) {
		content := p.content
		if p.scheme == schemeSealed {
			var gone []Forgotten
			var err error
			content, gone, err = o.Open(r.Account, p.persons(), bound(s, r.sealed.version, r.Envelope, i), p.content)
			if err != nil {
				return Record{}, nil, &eventstore.CorruptionError{Position: r.Position, Err: err}
			}
			if gone != nil {
				forgotten = addForgotten(forgotten, gone)
				continue
			}
		}
		more, ok := fragmentsOf(fragments, content)
		if !ok {
			return Record{}, nil, &eventstore.CorruptionError{Position: r.Position, Err: errTruncated}
		}
		fragments = more
	}
	data, ok := splice(r.sealed.public, fragments)
	if !ok {
		return Record{}, nil, &eventstore.CorruptionError{Position: r.Position, Err: errTruncated}
	}
	opened := r
	opened.sealed, opened.shared = nil, nil
	if err := c.setData(&opened, s, r.sealed.version, data); err != nil {
		return Record{}, nil, fmt.Errorf("open position %d: %w", r.Position, err)
	}
	return opened, forgotten, nil
}

func addForgotten(all, more []Forgotten) []Forgotten {
next:
	for _, f := range more {
		for _, known := range all {
			if known == f {
				continue next
			}
		}
		all = append(all, f)
	}
	return all
}

// bound is what a sealed part is bound to: it opens nowhere but at its place in its
// event. FORMAT.md has the bytes.
func bound(s *spec, version int, e domain.Envelope, part int) []byte {
	b := make([]byte, 0, 32+len(e.Account)+len(e.Source)+len(e.ID)+len(s.Type))
	b = append(b, schemeSealed)
	b = appendString(b, string(e.Account))
	b = appendString(b, e.Source)
	b = appendString(b, e.ID)
	b = appendString(b, string(s.Type))
	b = binary.AppendUvarint(b, uint64(version))
	return binary.AppendUvarint(b, uint64(part))
}

// storedPart is a part as it is stored.
type storedPart struct {
	ids     []byte // how many, and each
	scheme  byte
	content []byte
}

func (p storedPart) persons() []domain.ID {
	r := cursor{b: p.ids}
	n := r.uint()
	ids := make([]domain.ID, 0, min(n, 16))
	for ; n > 0; n-- {
		ids = append(ids, domain.ID(r.bytes()))
	}
	return ids
}

// storedParts yields the parts that [cursor.parts] has found whole.
func storedParts(b []byte) iter.Seq2[int, storedPart] {
	return func(yield func(int, storedPart) bool) {
		r := cursor{b: b}
		n := int(r.uint())
		for i := 0; i < n && !r.bad; i++ {
			if p := r.part(); !yield(i, p) {
				return
			}
		}
	}
}

// part reads one part.
func (r *cursor) part() (p storedPart) {
	before := r.b
	for persons := r.uint(); persons > 0 && !r.bad; persons-- {
		r.bytes()
	}
	p.ids = before[:len(before)-len(r.b)]
	p.scheme = r.byte()
	p.content = r.bytes()
	return p
}

// parts reads all parts: as they are stored, and whether any is sealed.
func (r *cursor) parts() (stored []byte, anySealed bool) {
	before := r.b
	for n := r.uint(); n > 0 && !r.bad; n-- {
		switch p := r.part(); p.scheme {
		case schemePlain:
			if _, ok := fragmentsOf(nil, p.content); !ok {
				r.fail()
			}
		case schemeSealed:
			anySealed = true
		default:
			r.fail()
		}
	}
	if r.bad {
		return nil, false
	}
	return before[:len(before)-len(r.b)], anySealed
}

// fragmentsOf appends the fragments of an opened content; false if it is damaged.
func fragmentsOf(all []fragment, content []byte) ([]fragment, bool) {
	r := cursor{b: content}
	for len(r.b) > 0 {
		order, at, json := r.uint(), r.uint(), r.bytes()
		all = append(all, fragment{int(order), int(at), json})
	}
	return all, !r.bad
}

// Unsealed gives the persons of whom the stored event has personal data as it was said,
// each once: it was stored by [Encode].
func Unsealed(r eventstore.Recorded) ([]domain.ID, error) {
	_, b, err := current.readBody(r.Body, new(domain.Envelope))
	if err != nil {
		return nil, &eventstore.CorruptionError{Position: r.Position, Err: err}
	}
	var persons []domain.ID
	for _, p := range storedParts(b.parts) {
		if p.scheme == schemePlain {
			for _, id := range p.persons() {
				if !slices.Contains(persons, id) {
					persons = append(persons, id)
				}
			}
		}
	}
	return persons, nil
}
