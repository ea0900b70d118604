// Package api holds what the ledger says to the outside, as JSON: the answers shared
// by HTTP, NATS and the command line, and the one table from errors to problems. Its
// structs are a contract with scripts: a rename inside the ledger never reaches them.
package api

import (
	"encoding/json"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Page is a part of a list. Next is the cursor of the part that follows, empty on the
// last.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitzero" doc:"cursor of the next page; absent on the last"`
}

// Account is an account in the list of accounts.
type Account struct {
	Account     string    `json:"account" doc:"the account's id"`
	Name        string    `json:"name,omitzero"`
	Kind        string    `json:"kind,omitzero" doc:"customer, internal, investor, public or partner"`
	Tier        string    `json:"tier,omitzero" doc:"A to D, as classified last"`
	Provisional bool      `json:"provisional" doc:"there are events, but nobody opened the account yet"`
	Events      uint64    `json:"events" doc:"how many events the account has"`
	LastContact time.Time `json:"last_contact,omitzero" doc:"when the customer and we were last in contact"`
	MergedInto  string    `json:"merged_into,omitzero" doc:"the account that this one was merged into"`
}

// Entry is an event on an account's timeline.
type Entry struct {
	Position      domain.Position `json:"position"`
	Revision      domain.Revision `json:"revision"`
	ID            string          `json:"id"`
	Source        string          `json:"source"`
	Account       string          `json:"account" doc:"the account it was recorded for; another one after a merge"`
	Type          string          `json:"type" doc:"stored name, such as complaint.raised"`
	Occurred      time.Time       `json:"occurred" doc:"when it happened"`
	Assumed       bool            `json:"occurred_assumed,omitzero" doc:"the emitter gave no time; occurred is the time of receipt"`
	Recorded      time.Time       `json:"recorded" doc:"when the ledger accepted it"`
	Actor         string          `json:"actor,omitzero"`
	CorrelationID string          `json:"correlation_id,omitzero"`
	CausationID   string          `json:"causation_id,omitzero"`
	Data          json.RawMessage `json:"data"`
	CorrectedBy   domain.Position `json:"corrected_by,omitzero" doc:"position of the event that corrects this one"`
	RetractedBy   domain.Position `json:"retracted_by,omitzero" doc:"position of the event that withdraws this one"`
	Late          bool            `json:"late" doc:"recorded after events that happened later"`
}

// FollowUp is an item of the follow-up queue.
type FollowUp struct {
	ID           string            `json:"id"`
	Account      string            `json:"account"`
	Reason       string            `json:"reason" doc:"the rule that opened it, or what was given by hand"`
	Causes       []domain.Position `json:"causes" doc:"positions of the events that led to it"`
	Owner        string            `json:"owner,omitzero"`
	Opened       time.Time         `json:"opened,omitzero"`
	DueAt        time.Time         `json:"due_at,omitzero"`
	Overdue      bool              `json:"overdue"`
	SnoozedUntil time.Time         `json:"snoozed_until,omitzero"`
	EscalatedTo  string            `json:"escalated_to,omitzero"`
	Priority     float64           `json:"priority" doc:"the product of the factors; the queue is in this order"`
	Factors      []Factor          `json:"factors"`
	State        string            `json:"state" enum:"open,snoozed,done,closed" doc:"done: the work is; closed: the customer was told too, or it was dismissed"`
	Done         bool              `json:"done"`
	CustomerTold bool              `json:"customer_told"`
	Outcome      string            `json:"outcome,omitzero"`
}

// Factor is a part of a follow-up's priority.
type Factor struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// Projection is how a projection is doing.
type Projection struct {
	Name     string          `json:"name"`
	Version  int             `json:"version"`
	Position domain.Position `json:"position" doc:"the last event it has folded"`
	Lag      uint64          `json:"lag" doc:"how many events it is behind the log"`
	State    string          `json:"state" enum:"live,catching_up,rebuilding,failed"`
	Error    string          `json:"error,omitzero" doc:"why it failed"`
	Digest   string          `json:"digest,omitzero" doc:"digest of its contents at the position, where it was asked for"`
}

// Rejected is an event that came by the inbox and was refused.
type Rejected struct {
	ID       string          `json:"id" doc:"names it in resend"`
	Source   string          `json:"source" doc:"the inbox it came by"`
	Time     time.Time       `json:"time" doc:"when it was refused"`
	Problem  Problem         `json:"problem"`
	Event    json.RawMessage `json:"event,omitzero" doc:"what was sent, if it is JSON"`
	Original string          `json:"original,omitzero" doc:"what was sent, if it is not JSON"`
}

// Schema describes an event type.
type Schema struct {
	Type       string          `json:"type" doc:"CloudEvents type, such as rapport.complaint.raised.v1"`
	Subject    string          `json:"subject" doc:"NATS subject it is published on"`
	Doc        string          `json:"doc"`
	Touch      bool            `json:"touch" doc:"whether the customer and we were in contact"`
	LedgerWide bool            `json:"ledger_wide" doc:"whether it concerns no single account"`
	Schema     json.RawMessage `json:"schema" doc:"JSON Schema 2020-12 of data"`
}
