package domain

import "time"

// The person family: what the ledger owes the people in it.

// PersonForgotten says that what the ledger knew of a person can no longer be read: the
// key to the person's data is destroyed. What is recorded of the contact later is of a
// new beginning.
type PersonForgotten struct {
	Contact     ID        `json:"contact"`
	Reason      string    `json:"reason" max:"1000" doc:"why, without personal data: this stays"`
	RequestedAt time.Time `json:"requested_at,omitzero" doc:"when the person, or somebody for them, asked for it"`
}

func (e PersonForgotten) check(at Envelope) []Fault { return checkOwn(at) }

// Somebody who was forgotten may be added again.
func (e PersonForgotten) evolve() change { return set(contacts, e.Contact, "gone") }

func (PersonForgotten) EventType() Type { return "person.forgotten" }

var personEvents = []Entry{
	define[PersonForgotten]("What was known of a person was made unreadable."),
}
