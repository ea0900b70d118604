package api

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/followups"
)

// FollowUp is an item of the follow-up queue.
type FollowUp struct {
	ID           string            `json:"id"`
	Account      string            `json:"account"`
	Reason       string            `json:"reason" doc:"the rule that opened it, such as complaint; what was given, if by hand"`
	Subject      string            `json:"subject,omitzero" doc:"what it is about, as the emitter names it: the complaint's id, say"`
	Causes       []domain.Position `json:"causes" doc:"positions of the events that led to it and stand"`
	Owner        string            `json:"owner,omitzero" doc:"who was given it, or the account's manager; absent if nobody owns it"`
	OwnerBefore  string            `json:"owner_before,omitzero" doc:"who was given it and has been released as the account's manager since"`
	Opened       time.Time         `json:"opened_at,omitzero"`
	DueAt        time.Time         `json:"due_at,omitzero"`
	Overdue      bool              `json:"overdue"`
	SnoozedUntil time.Time         `json:"snoozed_until,omitzero"`
	EscalatedTo  string            `json:"escalated_to,omitzero"`
	EscalatesAt  time.Time         `json:"escalates_at,omitzero" doc:"when the policy's ladder takes it a step up if nothing happens"`
	EscalatesTo  string            `json:"escalates_to,omitzero" doc:"to whom"`
	Paused       bool              `json:"paused" doc:"the customer's move is awaited; nothing gets overdue meanwhile"`
	Priority     float64           `json:"priority" doc:"the product of the factors; the queue is in this order. 0 once closed"`
	Factors      Factors           `json:"factors"`
	State        string            `json:"state" enum:"open,snoozed,done,closed" doc:"done: the work is; closed: the customer was told too, or there is nothing left to do"`
	Done         bool              `json:"done"`
	CustomerTold bool              `json:"customer_told"`
	Ending       string            `json:"ending,omitzero" enum:"fulfilled,dismissed,settled,withdrawn" doc:"why it is closed: done and told where that is called for; found to need nothing; ended by what happened; without a cause that stands"`
	ClosedAt     time.Time         `json:"closed_at,omitzero"`
	Outcome      string            `json:"outcome,omitzero"`
	Changed      domain.Position   `json:"changed" doc:"position of the last event that bore on it"`
}

// Factors are what a follow-up's priority is the product of.
type Factors struct {
	CustomerKnown float64 `json:"customer_known" doc:"2 if the customer knows of it and waits, otherwise 1"`
	Tier          float64 `json:"tier" doc:"3 for an account of tier A, 2 for B, 1.5 for C, 1 for others"`
	Impact        float64 `json:"impact" doc:"1 (slight) to 5 (grave)"`
	Overdue       float64 `json:"overdue" doc:"1 until the due date, then more with each business day, to 5"`
}

// FollowUpOf is the JSON form of an item.
func FollowUpOf(i followups.Item) FollowUp {
	return FollowUp{
		ID: i.ID, Account: string(i.Account), Reason: i.Reason, Subject: i.Subject, Causes: positions(i.Causes),
		Owner: i.Owner, OwnerBefore: i.OwnerBefore, Opened: i.OpenedAt, DueAt: i.DueAt, Overdue: i.Overdue, SnoozedUntil: i.SnoozedUntil,
		EscalatedTo: i.EscalatedTo, EscalatesAt: i.EscalatesAt, EscalatesTo: i.EscalatesTo, Paused: i.Paused, Priority: i.Priority, Factors: Factors(i.Factors),
		State: string(i.State), Done: i.Done, CustomerTold: i.CustomerTold, Ending: string(i.Ending), ClosedAt: i.ClosedAt, Outcome: i.Outcome, Changed: i.Changed,
	}
}

// FollowUpsOf is the JSON form of a page of the queue.
func FollowUpsOf(p followups.Page) Page[FollowUp] {
	page := Page[FollowUp]{Items: make([]FollowUp, len(p.Items)), Next: p.Next}
	for i, item := range p.Items {
		page.Items[i] = FollowUpOf(item)
	}
	return page
}

// The acts on a follow-up: the bodies of POST /v1/followups/{id}/<act>.
type (
	// Assign gives it an owner.
	Assign struct {
		Owner string `json:"owner" minLength:"1" maxLength:"128"`
		Actor string `json:"actor,omitzero" maxLength:"256" doc:"who acts"`
	}
	// Snooze puts it aside until a date.
	Snooze struct {
		Until time.Time `json:"until"`
		Actor string    `json:"actor,omitzero" maxLength:"256" doc:"who acts"`
	}
	// Escalate takes it to somebody higher.
	Escalate struct {
		To     string `json:"to" minLength:"1" maxLength:"128"`
		Reason string `json:"reason" minLength:"1" maxLength:"4000"`
		Actor  string `json:"actor,omitzero" maxLength:"256" doc:"who acts"`
	}
	// Complete says that the work is done.
	Complete struct {
		Outcome string `json:"outcome" minLength:"1" maxLength:"4000"`
		Actor   string `json:"actor,omitzero" maxLength:"256" doc:"who acts"`
	}
	// Tell says that the customer knows.
	Tell struct {
		Contact string `json:"contact,omitzero" maxLength:"128"`
		Channel string `json:"channel,omitzero" maxLength:"128"`
		Message string `json:"message,omitzero" maxLength:"20000"`
		Actor   string `json:"actor,omitzero" maxLength:"256" doc:"who acts"`
	}
	// Dismiss says that nothing needs doing.
	Dismiss struct {
		Reason string `json:"reason" minLength:"1" maxLength:"4000"`
		Actor  string `json:"actor,omitzero" maxLength:"256" doc:"who acts"`
	}
)
