// Package dossier is what the projections are made of that answer by folding all that
// stands about an account: the events they want, kept as they were recorded, beside
// what was said about them since.
//
// Such a projection is a list of event types and a pure function over a [Dossier]. When
// it is asked, it reads the account's events as they were known at an instant, without
// what was retracted, with what was corrected in its corrected form, and with those of
// the accounts merged into it. So an answer for any two clocks needs no replay, and undoing
// a merge or a correction moves nothing. The price is that an answer costs the
// account's events.
package dossier

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// ErrUnknownAccount is an account of which nothing was recorded.
var ErrUnknownAccount = errors.New("unknown account")

// Dossier is what stands about an account, as known at an instant.
type Dossier struct {
	Account domain.AccountID
	// Merged are the other accounts that are read as part of this one, sorted.
	Merged []domain.AccountID
	// Span bounds what counts: it occurred by At and was recorded by KnownAt. What occurred
	// before From is here, too; a figure over a period goes by [Dossier.Within].
	Span
	// Events are the account's, of the types the projection wants and no others, in the
	// order in which they occurred; of the same instant, as they were recorded.
	Events []domain.Recorded
	// General are the events of these types that concern no single account, in the same order.
	General []domain.Recorded
	// Policies are the rules, as known at KnownAt.
	Policies domain.PolicyCourse

	persons   map[person]person    // whom a contact was merged into
	forgotten map[person]time.Time // when somebody was forgotten
}

// Span is a pair of instants, both inclusive and both needed, and the beginning of the
// period that figures are about; zero: from the beginning.
type Span struct{ From, At, KnownAt time.Time }

// Within reports whether something that happened at the time is in the period asked about.
func (s Span) Within(t time.Time) bool { return !t.Before(s.From) && !t.After(s.At) }

// Heading begins an answer about an account.
type Heading struct {
	Account domain.AccountID   `json:"account"`
	Merged  []domain.AccountID `json:"merged,omitzero" doc:"the other accounts that were read as part of this one"`
	From    time.Time          `json:"from,omitzero" doc:"figures count what occurred from here on"`
	At      time.Time          `json:"at" doc:"events that occurred up to here count"`
	KnownAt time.Time          `json:"known_at" doc:"events recorded up to here count"`
}

// Heading says whose answer it is, and as of when.
func (d *Dossier) Heading() Heading {
	return Heading{Account: d.Account, Merged: d.Merged, From: d.From, At: d.At, KnownAt: d.KnownAt}
}

// person is a contact, whose id is unique within the account.
type person struct {
	account domain.AccountID
	contact domain.ID
}

// Name tells an id of an event's emitter (a complaint, a line, a promise) from the same
// id in another account that is read as part of this one: such an id gets its account before it.
func (d *Dossier) Name(e domain.Recorded, id domain.ID) string {
	if id == "" || e.Account == d.Account {
		return string(id)
	}
	return string(e.Account) + "/" + string(id)
}

// Person names the person that a contact of the event stands for: the contact, or the
// one it was merged into. Ids of accounts merged into this one have their account before them.
func (d *Dossier) Person(e domain.Recorded, contact domain.ID) string {
	p := person{e.Account, contact}
	for range len(d.persons) { // a circle of merges ends, too
		into, merged := d.persons[p]
		if !merged {
			break
		}
		p = into
	}
	e.Account = p.account
	return d.Name(e, p.contact)
}

// Forgotten says when the person behind a contact of the event was forgotten, by itself or
// as one it was merged into; ok is false if they were not.
func (d *Dossier) Forgotten(e domain.Recorded, contact domain.ID) (at time.Time, ok bool) {
	name := d.Person(e, contact)
	for p, when := range d.forgotten {
		if d.Person(domain.Recorded{Envelope: domain.Envelope{Account: p.account}}, p.contact) == name && when.After(at) {
			at, ok = when, true
		}
	}
	return at, ok
}

// Last is the last event of the type: the account's own, or if it has none, that of an account that is read as part of
// it. So an account keeps its profile (how important it is, who looks after it) when another is merged into it.
func Last[E domain.Event](d *Dossier) (last domain.Recorded, ok bool) {
	for _, e := range slices.Backward(d.Events) {
		if _, is := e.Data.(E); !is {
			continue
		}
		if e.Account == d.Account {
			return e, true
		}
		if !ok {
			last, ok = e, true
		}
	}
	return last, ok
}

// Policy is the rules in force at At.
func (d *Dossier) Policy() domain.Policy { return d.Policies.At(d.At).Policy }

// take makes the dossier's parts of what stands of its accounts' events.
func (d *Dossier) take(standing []domain.Recorded, wants func(domain.Type) bool) {
	d.persons, d.forgotten = map[person]person{}, map[person]time.Time{}
	d.Events = make([]domain.Recorded, 0, len(standing))
	for _, e := range standing {
		switch data := e.Data.(type) {
		case domain.ContactMerged:
			d.persons[person{e.Account, data.Contact}] = person{e.Account, data.Into}
		case domain.ContactUnmerged:
			delete(d.persons, person{e.Account, data.Contact})
		case domain.PersonForgotten:
			d.forgotten[person{e.Account, data.Contact}] = e.RecordedAt
		}
		if wants(e.Data.EventType()) && !e.OccurredAt.After(d.At) {
			d.Events = append(d.Events, e)
		}
	}
	byOccurrence(d.Events)
}

func byOccurrence(events []domain.Recorded) {
	slices.SortFunc(events, func(a, b domain.Recorded) int {
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.Position, b.Position))
	})
}
