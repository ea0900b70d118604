package domain

import "time"

// Type is an event type's stored name, such as "complaint.raised": a family and a
// fact, written out as a constant and never derived from a Go type's name.
type Type string

// Family is the part of the name before the dot.
func (t Type) Family() string {
	for i := range len(t) {
		if t[i] == '.' {
			return string(t[:i])
		}
	}
	return string(t)
}

// AccountID names whom the relationship is with. It matches
// [A-Za-z0-9][A-Za-z0-9._:-]{0,63}, or is [Ledger].
type AccountID string

// Ledger is the stream of the events that concern no single account, such as
// policy.changed. No account can have this name: account ids start with a letter
// or a digit.
const Ledger AccountID = "_ledger"

// Valid reports whether the id has the form of an account's.
func (a AccountID) Valid() bool {
	if len(a) == 0 || len(a) > 64 {
		return false
	}
	for i := range len(a) {
		c := a[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '.' && c != '_' && c != ':' && c != '-') {
			return false
		}
	}
	return true
}

// ID is an emitter's own name for something inside an account: a complaint, a
// commitment, a delivery line, a contact. Unique within the account and kind; 1 to
// 128 characters, without control characters or surrounding space.
type ID string

// Position is the place of an event in the whole log, from 1, without gaps.
type Position uint64

// Revision is the place of an event in its account's stream, from 1, without gaps.
type Revision uint64

// Event is a fact in the past tense: one of the structs of the [Catalogue].
type Event interface {
	EventType() Type
}

// Envelope is an event with the attributes its emitter gave it.
type Envelope struct {
	// Source and ID together identify the fact, for ever.
	Source string
	ID     string

	Account AccountID
	// OccurredAt is when it happened: UTC, to the microsecond.
	OccurredAt time.Time
	// OccurredAssumed says that the emitter gave no time and OccurredAt is the
	// moment of receipt.
	OccurredAssumed bool

	// Actor is who did or observed it; free form, optional.
	Actor         string
	CorrelationID string
	CausationID   string
	TraceParent   string

	// RecordedBy is the id of the principal that had it recorded, as the ledger knows it:
	// of a token, say. It is empty where nobody has to say who they are. The ledger sets
	// it; an emitter's value is not kept.
	RecordedBy string

	// Target is the position of the event that an entry.* event speaks of. The
	// ledger sets it when it accepts the event; an emitter's value is not kept.
	Target Position

	Data Event
}

// Recorded is an event the ledger has accepted.
type Recorded struct {
	Envelope
	Position   Position
	Revision   Revision
	RecordedAt time.Time

	// CorrectedBy is the position of the correction whose data this is, if it is not as it was
	// recorded: only [Standing] says so.
	CorrectedBy Position
}
