// Package codec alone knows both bytes and events: how an event is stored, how it
// travels as a CloudEvent, and how it is read back, whatever version wrote it.
package codec

import (
	"errors"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Record is a recorded event whose data is still JSON.
type Record struct {
	// Recorded has every attribute; its Data is nil. [Record.Decode] fills it.
	domain.Recorded
	Type domain.Type
	// JSON is the whole data, personal fields included, in the current version.
	JSON []byte
}

// Decode gives the event with its data as the catalogue's struct.
func (r Record) Decode() (domain.Recorded, error) { return domain.Recorded{}, errors.ErrUnsupported }

// Encode gives the event's stored form, ready to append.
func Encode(e domain.Envelope) (eventstore.Event, error) {
	return eventstore.Event{}, errors.ErrUnsupported
}

// Decode reads a stored event.
func Decode(r eventstore.Recorded) (Record, error) { return Record{}, errors.ErrUnsupported }

// Malformed says that bytes are not a CloudEvent the ledger can read. Faults that
// are about its meaning are a [domain.Refusal] instead.
type Malformed struct {
	Faults []domain.Fault
}

func (m *Malformed) Error() string { return (&domain.Refusal{Faults: m.Faults}).Error() }

// ParseStructured reads a CloudEvent in structured JSON mode, reporting every fault
// at once as a *[Malformed] or a *[domain.Refusal]. An absent time is left zero.
func ParseStructured(b []byte) (domain.Envelope, error) {
	return domain.Envelope{}, errors.ErrUnsupported
}

// Parsed is one event of a batch.
type Parsed struct {
	Envelope domain.Envelope
	Err      error
}

// ParseBatch reads a JSON array of CloudEvents. The error is about the batch as a
// whole; each event has its own.
func ParseBatch(b []byte) ([]Parsed, error) { return nil, errors.ErrUnsupported }

// ParseBinary reads a CloudEvent in binary mode. The attributes are keyed by name,
// without the "ce-" that HTTP and NATS headers put before them.
func ParseBinary(attributes map[string]string, contentType string, data []byte) (domain.Envelope, error) {
	return domain.Envelope{}, errors.ErrUnsupported
}

// AppendStructured appends the event as a CloudEvent in structured JSON mode, with
// sequence, recordedtime and partitionkey.
func AppendStructured(dst []byte, r Record) []byte { return dst }

// Attributes are the event's CloudEvents attributes for binary mode, without prefix,
// datacontenttype included; the data is r.JSON.
func Attributes(r Record) map[string]string { return nil }

// FromBinary reads back what the relay published: the inverse of [Attributes].
func FromBinary(attributes map[string]string, data []byte) (Record, error) {
	return Record{}, errors.ErrUnsupported
}

// FromHeaders is [FromBinary] for attributes that are not in a map: get gives an
// attribute by its name, or "".
func FromHeaders(get func(name string) string, data []byte) (Record, error) {
	return Record{}, errors.ErrUnsupported
}

// Validate checks an event that was not read from bytes as a door would check it: the
// error is nil or a *[domain.Refusal] with every fault. A zero time stands for an
// absent one.
func Validate(e domain.Envelope) error { return errors.ErrUnsupported }

// Hash identifies an event's content.
func Hash(e domain.Envelope) (eventstore.Hash, error) {
	return eventstore.Hash{}, errors.ErrUnsupported
}

// Schema gives the JSON Schema (2020-12) of the data of an event type.
func Schema(e domain.Entry) []byte { return nil }
