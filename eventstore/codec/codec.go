// Package codec alone knows both bytes and events: how an event is stored, how it
// travels as a CloudEvent, and how it is read back, whatever version wrote it.
//
// All of it follows from the catalogue in package domain, whose struct tags are
// compiled once. Emitters' bytes are read strictly, with every fault reported at once
// and nothing coerced; what the ledger wrote itself is read quickly.
package codec

import (
	"fmt"

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
}

// Decode gives the event with its data as the catalogue's struct. It fails only if
// the data is damaged. The event shares no memory with r.JSON.
func (r Record) Decode() (domain.Recorded, error) {
	s := current.byType[r.Type]
	if s == nil {
		return domain.Recorded{}, fmt.Errorf("decode position %d: %s is not a type of the catalogue", r.Position, r.Type)
	}
	data, err := current.decode(s, r.JSON)
	if err != nil {
		return domain.Recorded{}, fmt.Errorf("decode position %d: %w", r.Position, err)
	}
	e := r.Recorded
	e.Data = data
	return e, nil
}

// Malformed says that bytes are not a CloudEvent the ledger can read. Faults that
// are about its meaning are a [domain.Refusal] instead.
type Malformed struct {
	Faults []domain.Fault
}

func (m *Malformed) Error() string { return (&domain.Refusal{Faults: m.Faults}).Error() }
