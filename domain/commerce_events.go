package domain

import "time"

// The commerce family: what the relationship is worth, and who is served first.

// OrderWon is an order the customer placed.
type OrderWon struct {
	Order                ID     `json:"order"`
	ValueMinor           int64  `json:"value_minor" min:"0" doc:"value in the currency's minor unit"`
	Currency             string `json:"currency" format:"currency"`
	AcquisitionCostMinor *int64 `json:"acquisition_cost_minor,omitzero" min:"0" doc:"what it cost to win it, in the currency's minor unit"`
}

// PaymentReceived is money that came in, for all of an invoice or a part of it.
type PaymentReceived struct {
	Invoice     ID        `json:"invoice,omitzero"`
	AmountMinor int64     `json:"amount_minor" min:"0" doc:"amount in the currency's minor unit"`
	Currency    string    `json:"currency" format:"currency"`
	DueAt       time.Time `json:"due_at,omitzero" doc:"when it was due"`
}

// PaymentLate says that money was not there when it was due.
type PaymentLate struct {
	Invoice     ID     `json:"invoice,omitzero"`
	LateD       int64  `json:"late_d" min:"1" max:"36500" doc:"days late by then"`
	AmountMinor *int64 `json:"amount_minor,omitzero" min:"0" doc:"what is missing, in the currency's minor unit"`
	Currency    string `json:"currency,omitzero" format:"currency"`
	Reason      string `json:"reason,omitzero"`
}

// ReferralGiven says the customer recommended us.
type ReferralGiven struct {
	Contact         ID        `json:"contact,omitzero" doc:"who recommended us"`
	Prospect        string    `json:"prospect,omitzero" max:"200" personal:"" doc:"to whom"`
	ProspectAccount AccountID `json:"prospect_account,omitzero" format:"account" doc:"the account to whom, if it has one"`
}

// PriorityPublished says who is served first, to those who go by it. Of an account it
// is that account's priority; of the whole ledger, that of all accounts of the tier,
// or the order among accounts that need the same scarce thing.
type PriorityPublished struct {
	Consumer  string      `json:"consumer" enum:"sales scheduling dispatch" doc:"who goes by it"`
	Tier      string      `json:"tier,omitzero" enum:"A B C D" doc:"importance that it follows from; A is highest"`
	Rank      int64       `json:"rank,omitzero" min:"1" max:"1000000" doc:"1 is served first"`
	ValidFrom time.Time   `json:"valid_from,omitzero" doc:"from when on, if not from when it occurred"`
	Resource  string      `json:"resource,omitzero" max:"200" doc:"what is scarce, if there is a conflict about it"`
	Accounts  []AccountID `json:"accounts,omitzero" format:"account" doc:"who needs it, in the order in which they are served"`
}

// PriorityOverridden says that somebody was served out of turn, and who allowed it.
type PriorityOverridden struct {
	Order    ID          `json:"order,omitzero" doc:"the order that was served out of turn"`
	Consumer string      `json:"consumer,omitzero" enum:"sales scheduling dispatch"`
	Reason   string      `json:"reason"`
	Approver string      `json:"approver" max:"128" doc:"our person, by our own id"`
	Context  string      `json:"context,omitzero" enum:"planned crisis" doc:"whether it was decided in calm or under pressure"`
	Resource string      `json:"resource,omitzero" max:"200" doc:"what was scarce"`
	Accounts []AccountID `json:"accounts,omitzero" format:"account" doc:"who had to wait for it"`
}

// Payments come from systems of their own, often in parts and without the invoice, so
// they are taken as they come.

func (e PaymentLate) check(Envelope) []Fault {
	return together(e.AmountMinor != nil, e.Currency, "currency", "amount_minor")
}
func (e PriorityPublished) check(Envelope) []Fault {
	if e.Tier == "" && e.Rank == 0 && len(e.Accounts) == 0 {
		return []Fault{{"data.tier", "needed, or data.rank or data.accounts: a priority says who comes first"}}
	}
	return unique("data.accounts", "", e.Accounts, func(a AccountID) string { return string(a) })
}

func (OrderWon) EventType() Type           { return "order.won" }
func (PaymentReceived) EventType() Type    { return "payment.received" }
func (PaymentLate) EventType() Type        { return "payment.late" }
func (ReferralGiven) EventType() Type      { return "referral.given" }
func (PriorityPublished) EventType() Type  { return "priority.published" }
func (PriorityOverridden) EventType() Type { return "priority.overridden" }

var commerceEvents = []Entry{
	define[OrderWon]("The customer placed an order."),
	define[PaymentReceived]("The customer paid."),
	define[PaymentLate]("The customer did not pay in time."),
	define[ReferralGiven]("The customer recommended us."),
	define[PriorityPublished]("Who is served first was published.", anywhere),
	define[PriorityOverridden]("Somebody was served out of turn."),
}
