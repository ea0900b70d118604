package domain

import "time"

// The commitment family: promises, and what became of them.

// CommitmentMade is a promise.
type CommitmentMade struct {
	Commitment      ID        `json:"commitment"`
	Statement       string    `json:"statement" personal:"to_contact"`
	DueAt           time.Time `json:"due_at"`
	MadeBy          string    `json:"made_by,omitzero" max:"128"`
	ToContact       ID        `json:"to_contact,omitzero"`
	KnownToCustomer bool      `json:"known_to_customer,omitzero"`
	RealisticCheck  *bool     `json:"realistic_check,omitzero" doc:"whether it was found to be possible by then, before it was promised"`
}

// CommitmentRenegotiated moves the date; the first one is not forgotten.
type CommitmentRenegotiated struct {
	Commitment ID        `json:"commitment"`
	NewDueAt   time.Time `json:"new_due_at"`
	AskedBy    string    `json:"asked_by" enum:"us them"`
	Reason     string    `json:"reason,omitzero"`
}

// CommitmentKept says we did what we promised.
type CommitmentKept struct {
	Commitment ID `json:"commitment"`
}

// CommitmentBroken says we did not.
type CommitmentBroken struct {
	Commitment ID     `json:"commitment"`
	Reason     string `json:"reason,omitzero"`
}

// CommitmentReleased says the customer no longer holds us to it.
type CommitmentReleased struct {
	Commitment ID     `json:"commitment"`
	Reason     string `json:"reason,omitzero"`
}

var commitments = &kind{noun: "commitment", field: "commitment", born: "made"}

func (e CommitmentMade) decide(a *Account) []Fault { return a.unused(commitments, e.Commitment) }
func (e CommitmentRenegotiated) decide(a *Account) []Fault {
	return a.in(commitments, e.Commitment, "open")
}

// A broken promise may still be kept, late; the break is not undone by it.
func (e CommitmentKept) decide(a *Account) []Fault {
	return a.in(commitments, e.Commitment, "open", "broken")
}
func (e CommitmentBroken) decide(a *Account) []Fault { return a.in(commitments, e.Commitment, "open") }

// The customer may let us off a promise we broke: it would stay open for ever else.
func (e CommitmentReleased) decide(a *Account) []Fault {
	return a.in(commitments, e.Commitment, "open", "broken")
}

func (e CommitmentMade) evolve() change     { return set(commitments, e.Commitment, "open") }
func (e CommitmentKept) evolve() change     { return move(commitments, e.Commitment, "kept") }
func (e CommitmentBroken) evolve() change   { return move(commitments, e.Commitment, "broken") }
func (e CommitmentReleased) evolve() change { return move(commitments, e.Commitment, "released") }

func (CommitmentMade) EventType() Type         { return "commitment.made" }
func (CommitmentRenegotiated) EventType() Type { return "commitment.renegotiated" }
func (CommitmentKept) EventType() Type         { return "commitment.kept" }
func (CommitmentBroken) EventType() Type       { return "commitment.broken" }
func (CommitmentReleased) EventType() Type     { return "commitment.released" }

var commitmentEvents = []Entry{
	define[CommitmentMade]("We promised something."),
	define[CommitmentRenegotiated]("A promise got another date."),
	define[CommitmentKept]("A promise was kept."),
	define[CommitmentBroken]("A promise was broken."),
	define[CommitmentReleased]("The customer released us from a promise."),
}
