// Package codec alone knows both bytes and events: how an event is stored, how it
// travels as a CloudEvent, and how it is read back, whatever version wrote it.
//
// All of it follows from the catalogue in package domain, whose struct tags are
// compiled once. Emitters' bytes are read strictly, with every fault reported at once
// and nothing coerced; what the ledger wrote itself is read quickly.
package codec

import (
	"fmt"
	"sync"

	"github.com/rapport-ledger/rapport/domain"
)

// Record is a recorded event whose data is still JSON.
type Record struct {
	// Recorded has every attribute; its Data is nil. [Record.Decode] fills it.
	domain.Recorded
	Type domain.Type
	// JSON is the data in the current version: the whole, or without what is sealed.
	JSON []byte

	sealed *sealed // what is to be opened; nil if nothing is, or not from here
	shared *shared // nil unless its copies decode together
}

// shared is the data of records that decode together.
type shared struct {
	once sync.Once
	data domain.Event
	err  error
}

// Shared is the record whose copies decode together: once, when the first is asked to.
// What [Record.Decode] gives of them is the same for all and not to be changed.
func (r Record) Shared() Record {
	r.shared = new(shared)
	return r
}

// Decode gives the event with its data as the catalogue's struct. It fails only if
// the data is damaged. The event shares no memory with r.JSON.
func (r Record) Decode() (domain.Recorded, error) {
	var data domain.Event
	var err error
	if s := r.shared; s != nil {
		s.once.Do(func() { s.data, s.err = r.data() })
		data, err = s.data, s.err
	} else {
		data, err = r.data()
	}
	if err != nil {
		return domain.Recorded{}, fmt.Errorf("decode position %d: %w", r.Position, err)
	}
	e := r.Recorded
	e.Data = data
	return e, nil
}

func (r Record) data() (domain.Event, error) {
	s := current.byType[r.Type]
	if s == nil {
		return nil, fmt.Errorf("%s is not a type of the catalogue", r.Type)
	}
	return current.decode(s, r.JSON)
}

// Malformed says that bytes are not a CloudEvent the ledger can read. Faults that
// are about its meaning are a [domain.Refusal] instead.
type Malformed struct {
	Faults []domain.Fault
}

func (m *Malformed) Error() string { return (&domain.Refusal{Faults: m.Faults}).Error() }
