package domain

import "time"

// The improvement family: what we agreed to make better, and whether anybody told
// the customer that we did.

// ImprovementAgreed is an improvement promised.
type ImprovementAgreed struct {
	Improvement       ID         `json:"improvement"`
	Statement         string     `json:"statement,omitzero"`
	CustomerSignatory ID         `json:"customer_signatory,omitzero" doc:"the contact who agreed to it"`
	Owner             string     `json:"owner,omitzero" max:"128"`
	OwnerLevel        string     `json:"owner_level,omitzero" max:"128" doc:"such as manager, executive"`
	DueAt             time.Time  `json:"due_at,omitzero"`
	PlannedPersonH    *float64   `json:"planned_person_h,omitzero" min:"0" doc:"work it is expected to take, in person-hours"`
	RealisticCheck    *bool      `json:"realistic_check,omitzero" doc:"whether it was found to be possible by then, before it was agreed"`
	From              []Position `json:"from,omitzero" doc:"positions of the events that led to it"`
	Initiative        ID         `json:"initiative,omitzero" doc:"the initiative it is part of"`
}

// ImprovementOwnerAssigned gives the improvement an owner, or another one.
type ImprovementOwnerAssigned struct {
	Improvement ID     `json:"improvement"`
	Owner       string `json:"owner" max:"128"`
	OwnerLevel  string `json:"owner_level,omitzero" max:"128" doc:"such as manager, executive"`
}

// ImprovementValueEstimated is what it is worth to the customer.
type ImprovementValueEstimated struct {
	Improvement         ID     `json:"improvement"`
	AmountMinor         int64  `json:"amount_minor" doc:"yearly worth in the currency's minor unit"`
	Currency            string `json:"currency" format:"currency"`
	Basis               string `json:"basis,omitzero"`
	ConfirmedByCustomer bool   `json:"confirmed_by_customer,omitzero"`
}

// ImprovementDescoped says it will not be done, or not all of it.
type ImprovementDescoped struct {
	Improvement    ID        `json:"improvement"`
	Reason         string    `json:"reason"`
	CustomerToldAt time.Time `json:"customer_told_at,omitzero"`
}

// ImprovementDelivered says it is done.
type ImprovementDelivered struct {
	Improvement ID         `json:"improvement"`
	Outcome     string     `json:"outcome,omitzero"`
	Offering    string     `json:"offering,omitzero" max:"200" doc:"the product or service that was changed, if it was one"`
	From        []Position `json:"from,omitzero" doc:"positions of the events because of which it was done"`
}

// ImprovementTold says the customer knows.
type ImprovementTold struct {
	Improvement  ID     `json:"improvement"`
	Contact      ID     `json:"contact,omitzero"`
	Channel      string `json:"channel,omitzero" max:"128"`
	Acknowledged bool   `json:"acknowledged,omitzero"`
}

var improvements = &kind{noun: "improvement", field: "improvement", born: "agreed"}

func (e ImprovementAgreed) decide(a *Account) []Fault { return a.unused(improvements, e.Improvement) }
func (e ImprovementOwnerAssigned) decide(a *Account) []Fault {
	return a.known(improvements, e.Improvement)
}
func (e ImprovementValueEstimated) decide(a *Account) []Fault {
	return a.known(improvements, e.Improvement)
}
func (e ImprovementDescoped) decide(a *Account) []Fault {
	return a.in(improvements, e.Improvement, "open", "descoped")
}

// What is left of a descoped improvement may be delivered.
func (e ImprovementDelivered) decide(a *Account) []Fault {
	return a.in(improvements, e.Improvement, "open", "descoped")
}

// There is something to tell once it was delivered or descoped.
func (e ImprovementTold) decide(a *Account) []Fault {
	return a.in(improvements, e.Improvement, "delivered", "descoped")
}

func (e ImprovementAgreed) evolve() change    { return set(improvements, e.Improvement, "open") }
func (e ImprovementDescoped) evolve() change  { return move(improvements, e.Improvement, "descoped") }
func (e ImprovementDelivered) evolve() change { return move(improvements, e.Improvement, "delivered") }

func (ImprovementAgreed) EventType() Type         { return "improvement.agreed" }
func (ImprovementOwnerAssigned) EventType() Type  { return "improvement.owner_assigned" }
func (ImprovementValueEstimated) EventType() Type { return "improvement.value_estimated" }
func (ImprovementDescoped) EventType() Type       { return "improvement.descoped" }
func (ImprovementDelivered) EventType() Type      { return "improvement.delivered" }
func (ImprovementTold) EventType() Type           { return "improvement.told" }

var improvementEvents = []Entry{
	define[ImprovementAgreed]("An improvement was agreed."),
	define[ImprovementOwnerAssigned]("An improvement got an owner."),
	define[ImprovementValueEstimated]("What an improvement is worth to the customer was estimated."),
	define[ImprovementDescoped]("An agreed improvement was dropped or cut."),
	define[ImprovementDelivered]("An agreed improvement was delivered."),
	define[ImprovementTold]("The customer was told of an improvement.", touch, ours),
}
