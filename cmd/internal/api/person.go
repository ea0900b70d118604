package api

import (
	"encoding/json"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Person is all that is held about a person.
type Person struct {
	Account    string     `json:"account"`
	Contact    string     `json:"contact"`
	At         time.Time  `json:"at" doc:"when this was put together"`
	MergedWith []string   `json:"merged_with,omitzero" doc:"contacts that are the same person"`
	Roles      []Role     `json:"roles" doc:"the parts the person plays in decisions, as they were recorded, oldest first"`
	Events     []Entry    `json:"events" doc:"every event that names the person, oldest first, with its data"`
	FollowUps  []FollowUp `json:"followups" doc:"what we owe because of these events"`
	Rejected   []Rejected `json:"rejected" doc:"what came by NATS, was refused, and seems to concern the person"`
}

// Role is a part that a person plays in decisions.
type Role struct {
	Position  domain.Position `json:"position"`
	Role      string          `json:"role"`
	Authority string          `json:"authority,omitzero"`
	Influence int64           `json:"influence,omitzero"`
}

// RoleOf is the role that an event of type contact.role_recorded tells of.
func RoleOf(e Entry) Role {
	r := Role{}
	_ = json.Unmarshal(e.Data, &r) // the catalogue's own writing of it
	r.Position = e.Position
	return r
}

// Forget is the body of a request to forget a person.
type Forget struct {
	Reason      string    `json:"reason" minLength:"1" maxLength:"1000" doc:"why; it stays in the ledger, so it must have no personal data"`
	RequestedAt time.Time `json:"requested_at,omitzero" doc:"when the person, or somebody for them, asked for it"`
	Actor       string    `json:"actor,omitzero" maxLength:"256" doc:"who carries it out; with a token, its holder and nobody else"`
}

// ForgottenPerson is what came of it.
type ForgottenPerson struct {
	Account     string            `json:"account"`
	Contact     string            `json:"contact"`
	Forgotten   []Forgotten       `json:"forgotten" doc:"the contact, and those it was merged with, each with its person.forgotten"`
	Keys        int               `json:"keys_destroyed" doc:"0 if nothing personal was recorded"`
	Rejected    int               `json:"rejected_deleted" doc:"how many refused messages seemed to concern the person, and were deleted"`
	Projections []Confirmation    `json:"projections" doc:"every projection, once it has taken note"`
	Unsealed    []domain.Position `json:"unsealed,omitzero" doc:"events of a time before personal data was sealed: they still have the person's data"`
}

// Confirmation is a projection's word that it holds nothing of a person.
type Confirmation struct {
	Projection string          `json:"name"`
	Position   domain.Position `json:"position" doc:"how far it has read"`
	Dropped    string          `json:"dropped" doc:"what it dropped"`
}
