package domain

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
