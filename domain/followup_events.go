package domain

import (
	"fmt"
	"strings"
	"time"
)

// The follow-up family: what people do with the queue. Items that rules open need no
// event of their own; these name them by the id the queue shows. Items that concern no
// single account are acted on in the ledger's own stream.

// FollowUpOpened opens an item by hand.
type FollowUpOpened struct {
	FollowUp      ID         `json:"followup" doc:"the emitter's own id of the item"`
	Reason        string     `json:"reason" max:"200"`
	Causes        []Position `json:"causes,omitzero" doc:"positions of the events that led to it"`
	Owner         string     `json:"owner,omitzero" max:"128"`
	DueAt         time.Time  `json:"due_at,omitzero" doc:"by policy if absent"`
	CustomerKnows bool       `json:"customer_knows,omitzero"`
}

// FollowUpAssigned gives the item an owner.
type FollowUpAssigned struct {
	Item  string `json:"item" max:"128" doc:"the item's id as the queue shows it"`
	Owner string `json:"owner" max:"128"`
}

// FollowUpSnoozed puts the item aside until a date.
type FollowUpSnoozed struct {
	Item  string    `json:"item" max:"128"`
	Until time.Time `json:"until"`
}

// FollowUpEscalated takes the item to somebody higher. When the policy's ladder does it,
// it occurred when the step was reached, whenever that was noticed.
type FollowUpEscalated struct {
	Item      string    `json:"item" max:"128"`
	To        string    `json:"to" max:"128"`
	Reason    string    `json:"reason"`
	Step      int64     `json:"step,omitzero" min:"1" max:"100" doc:"the step of the policy's ladder; absent if somebody decided it"`
	DueAt     time.Time `json:"due_at,omitzero" doc:"of a step: the due date that passed"`
	NoticedAt time.Time `json:"noticed_at,omitzero" doc:"of a step: when it was noticed"`
}

// FollowUpCompleted says the work is done. The customer may not know yet.
type FollowUpCompleted struct {
	Item    string `json:"item" max:"128"`
	Outcome string `json:"outcome"`
}

// FollowUpCustomerTold says the customer knows. The work may not be done yet.
type FollowUpCustomerTold struct {
	Item    string `json:"item" max:"128"`
	Contact ID     `json:"contact,omitzero"`
	Channel string `json:"channel,omitzero" max:"128"`
	Message string `json:"message,omitzero" max:"20000" personal:"contact"`
}

// FollowUpDismissed says nothing needs doing, and why.
type FollowUpDismissed struct {
	Item   string `json:"item" max:"128"`
	Reason string `json:"reason"`
}

var followUps = &kind{noun: "follow-up", field: "followup", born: "opened"}

func (e FollowUpOpened) decide(a *Account) []Fault { return a.unused(followUps, e.FollowUp) }
func (e FollowUpOpened) evolve() change            { return set(followUps, e.FollowUp, "open") }

// Whether the item is there and open is for the follow-up book to say; that it is
// this account's can be seen from its id.
func (e FollowUpAssigned) check(at Envelope) []Fault     { return checkItem(e.Item, at) }
func (e FollowUpCompleted) check(at Envelope) []Fault    { return checkItem(e.Item, at) }
func (e FollowUpCustomerTold) check(at Envelope) []Fault { return checkItem(e.Item, at) }
func (e FollowUpDismissed) check(at Envelope) []Fault    { return checkItem(e.Item, at) }
func (e FollowUpEscalated) check(at Envelope) []Fault {
	faults := checkItem(e.Item, at)
	ladder := e.Step != 0
	if ladder && len(checkOwn(at)) > 0 {
		faults = append(faults, Fault{"data.step", "only the ledger itself takes items up the ladder"})
	}
	for _, f := range []struct {
		name string
		at   time.Time
	}{{"due_at", e.DueAt}, {"noticed_at", e.NoticedAt}} {
		switch {
		case ladder && f.at.IsZero():
			faults = append(faults, Fault{"data." + f.name, "is required with step"})
		case !ladder && !f.at.IsZero():
			faults = append(faults, Fault{"data." + f.name, "goes with step"})
		}
	}
	return faults
}
func (e FollowUpSnoozed) check(at Envelope) []Fault {
	faults := checkItem(e.Item, at)
	if !e.Until.After(at.OccurredAt) {
		faults = append(faults, Fault{"data.until", "must be after the time of the event"})
	}
	return faults
}

// checkItem holds an item's id, <account>~<hex>, to the account of the event.
func checkItem(item string, at Envelope) []Fault {
	account, _, ok := strings.Cut(item, "~")
	switch {
	case !ok || !AccountID(account).Valid() && AccountID(account) != Ledger:
		return []Fault{{"data.item", "must be the id of a follow-up as the queue shows it"}}
	case AccountID(account) != at.Account:
		return []Fault{{"data.item", fmt.Sprintf("belongs to account %q", account)}}
	}
	return nil
}

func (FollowUpOpened) EventType() Type       { return "followup.opened" }
func (FollowUpAssigned) EventType() Type     { return "followup.assigned" }
func (FollowUpSnoozed) EventType() Type      { return "followup.snoozed" }
func (FollowUpEscalated) EventType() Type    { return "followup.escalated" }
func (FollowUpCompleted) EventType() Type    { return "followup.completed" }
func (FollowUpCustomerTold) EventType() Type { return "followup.customer_told" }
func (FollowUpDismissed) EventType() Type    { return "followup.dismissed" }

var followUpEvents = []Entry{
	define[FollowUpOpened]("A follow-up was opened by hand.", anywhere),
	define[FollowUpAssigned]("A follow-up got an owner.", anywhere),
	define[FollowUpSnoozed]("A follow-up was put aside until a date.", anywhere),
	define[FollowUpEscalated]("A follow-up was escalated.", anywhere),
	define[FollowUpCompleted]("The work of a follow-up was done.", anywhere),
	define[FollowUpCustomerTold]("The customer was told what became of a follow-up.", touch, ours),
	define[FollowUpDismissed]("A follow-up was found to need nothing.", anywhere),
}
