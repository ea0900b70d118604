package domain

import "fmt"

// The contact family: the people at the account.

// ContactAdded introduces a person at the account.
type ContactAdded struct {
	Contact  ID     `json:"contact"`
	Name     string `json:"name" max:"200" personal:"contact"`
	Email    string `json:"email,omitzero" max:"320" personal:"contact"`
	Phone    string `json:"phone,omitzero" max:"64" personal:"contact"`
	Level    string `json:"level,omitzero" max:"128" doc:"such as operator, manager, executive"`
	Function string `json:"function,omitzero" max:"128" doc:"such as purchasing, quality"`
}

// ContactRoleRecorded is the part a person plays in decisions.
type ContactRoleRecorded struct {
	Contact       ID     `json:"contact"`
	Role          string `json:"role" enum:"economic technical user coach blocker order_placer"`
	Authority     string `json:"authority,omitzero" enum:"orders operations strategy budget"`
	HorizonMonths int64  `json:"horizon_months,omitzero" min:"0" max:"240" doc:"how far ahead the person can speak for"`
	Influence     int64  `json:"influence,omitzero" min:"1" max:"5"`
	Level         string `json:"level,omitzero" max:"128" doc:"the person's level from now on, if it changed"`
	Function      string `json:"function,omitzero" max:"128" doc:"the person's function from now on, if it changed"`
}

// ContactLinked ties a person to one of ours.
type ContactLinked struct {
	Contact   ID     `json:"contact"`
	OurPerson string `json:"our_person" max:"128"`
	OurLevel  string `json:"our_level,omitzero" max:"128"`
}

// ContactUnlinked ends such a tie.
type ContactUnlinked struct {
	Contact   ID     `json:"contact"`
	OurPerson string `json:"our_person" max:"128"`
}

// ContactLeft says the person is no longer at the account.
type ContactLeft struct {
	Contact ID     `json:"contact"`
	Reason  string `json:"reason,omitzero"`
}

// ContactMerged says two contacts are one person.
type ContactMerged struct {
	Contact ID `json:"contact"`
	Into    ID `json:"into" doc:"the contact that continues"`
}

// ContactUnmerged undoes such a merge.
type ContactUnmerged struct {
	Contact ID `json:"contact"`
	From    ID `json:"from" doc:"the contact it had been merged into"`
}

// Facts about a contact nobody added are taken: the profile may come later.
var (
	contacts      = &kind{noun: "contact", field: "contact", born: "added"}
	contactLinks  = &kind{noun: "tie to", field: "our_person", born: "recorded"}
	contactMerges = &kind{noun: "contact", field: "contact", born: "merged", listed: true} // status: into whom
)

func (e ContactMerged) check(Envelope) []Fault {
	if e.Into == e.Contact {
		return []Fault{{"data.into", "a contact cannot be merged into itself"}}
	}
	return nil
}

// A person who left may come back.
func (e ContactAdded) decide(a *Account) []Fault {
	if a.status(contacts, e.Contact) == "gone" {
		return nil
	}
	return a.unused(contacts, e.Contact)
}
func (e ContactUnlinked) decide(a *Account) []Fault {
	if a.status(contactLinks, inside(e.Contact, ID(e.OurPerson))) == "" {
		return fault(contactLinks, "contact %q is not linked to %q", e.Contact, e.OurPerson)
	}
	return nil
}
func (e ContactLeft) decide(a *Account) []Fault { return a.notIn(contacts, e.Contact, "gone") }

func (e ContactMerged) decide(a *Account) []Fault {
	if into := a.status(contactMerges, e.Contact); into != "" {
		return fault(contactMerges, "contact %q is merged into %q", e.Contact, into)
	}
	if e.Into != e.Contact && a.leads(e.Into, e.Contact) {
		return []Fault{{"data.into", fmt.Sprintf("contact %q is itself merged into %q", e.Into, e.Contact)}}
	}
	return nil
}
func (e ContactUnmerged) decide(a *Account) []Fault {
	if into := a.status(contactMerges, e.Contact); into != string(e.From) {
		return []Fault{{"data.from", fmt.Sprintf("contact %q is not merged into %q", e.Contact, e.From)}}
	}
	return nil
}

func (e ContactAdded) evolve() change { return set(contacts, e.Contact, "here") }
func (e ContactLeft) evolve() change  { return set(contacts, e.Contact, "gone") }
func (e ContactLinked) evolve() change {
	return set(contactLinks, inside(e.Contact, ID(e.OurPerson)), "there")
}
func (e ContactUnlinked) evolve() change {
	return forget(contactLinks, inside(e.Contact, ID(e.OurPerson)))
}
func (e ContactMerged) evolve() change   { return set(contactMerges, e.Contact, string(e.Into)) }
func (e ContactUnmerged) evolve() change { return forget(contactMerges, e.Contact) }

func (ContactAdded) EventType() Type        { return "contact.added" }
func (ContactRoleRecorded) EventType() Type { return "contact.role_recorded" }
func (ContactLinked) EventType() Type       { return "contact.linked" }
func (ContactUnlinked) EventType() Type     { return "contact.unlinked" }
func (ContactLeft) EventType() Type         { return "contact.left" }
func (ContactMerged) EventType() Type       { return "contact.merged" }
func (ContactUnmerged) EventType() Type     { return "contact.unmerged" }

var contactEvents = []Entry{
	define[ContactAdded]("A person at the account became known."),
	define[ContactRoleRecorded]("The part a person plays in decisions was recorded."),
	define[ContactLinked]("A person at the account was tied to one of ours."),
	define[ContactUnlinked]("A tie between two people ended."),
	define[ContactLeft]("A person left the account."),
	define[ContactMerged]("Two contacts were found to be one person."),
	define[ContactUnmerged]("A merge of contacts was undone."),
}
