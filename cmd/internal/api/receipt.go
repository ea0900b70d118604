package api

import (
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// What became of an event.
const (
	StatusRecorded  = "recorded"
	StatusDuplicate = "duplicate"
	StatusRejected  = "rejected"
)

// Receipts answers a request to record events: one receipt per event, in order.
type Receipts struct {
	Receipts []Receipt `json:"receipts"`
}

// Rejected reports whether any event was.
func (r Receipts) Rejected() bool {
	for i := range r.Receipts {
		if r.Receipts[i].Status == StatusRejected {
			return true
		}
	}
	return false
}

// Outage is the problem of the request as a whole if the ledger could deal with none
// of its events, such as when the disk is full; nil otherwise. An emitter then sees at
// the status that it is to send everything again.
func (r Receipts) Outage() *Problem {
	for i := range r.Receipts {
		if p := r.Receipts[i].Problem; p == nil || p.Status != unavailable.status {
			return nil
		}
	}
	if len(r.Receipts) == 0 {
		return nil
	}
	return r.Receipts[0].Problem
}

// Receipt is what an emitter gets back for an event.
type Receipt struct {
	Source   string          `json:"source,omitzero"`
	ID       string          `json:"id,omitzero"`
	Account  string          `json:"account,omitzero"`
	Position domain.Position `json:"position,omitzero" doc:"place in the log; absent if rejected"`
	Revision domain.Revision `json:"revision,omitzero" doc:"place in the account's stream; absent if rejected"`
	Status   string          `json:"status" enum:"recorded,duplicate,rejected" doc:"duplicate: the same event was recorded before, at this position"`
	Problem  *Problem        `json:"problem,omitempty" doc:"why it was rejected"`
}

// Readable are those of the events that could be read, in order.
func Readable(parsed []codec.Parsed) []domain.Envelope {
	events := make([]domain.Envelope, 0, len(parsed))
	for i := range parsed {
		if parsed[i].Err == nil {
			events = append(events, parsed[i].Envelope)
		}
	}
	return events
}

// ReceiptsOf has a receipt for each parsed event, in order; outcomes has one for each of
// those that are [Readable]. The errors are those behind the problems.
func ReceiptsOf(parsed []codec.Parsed, outcomes []commands.Outcome) ([]Receipt, []error) {
	all, errs := make([]Receipt, len(parsed)), make([]error, len(parsed))
	for i := range parsed {
		if errs[i] = parsed[i].Err; errs[i] != nil {
			all[i] = RejectionOf(parsed[i].Envelope, errs[i])
			continue
		}
		all[i], errs[i] = ReceiptOf(parsed[i].Envelope, outcomes[0]), outcomes[0].Err
		outcomes = outcomes[1:]
	}
	return all, errs
}

// ReceiptOf is the receipt for what became of an event.
func ReceiptOf(e domain.Envelope, o commands.Outcome) Receipt {
	if o.Err != nil {
		return RejectionOf(e, o.Err)
	}
	r := Receipt{
		Source: o.Receipt.Source, ID: o.Receipt.ID, Account: string(o.Receipt.Account),
		Position: o.Receipt.Position, Revision: o.Receipt.Revision, Status: StatusRecorded,
	}
	if o.Receipt.Duplicate {
		r.Status = StatusDuplicate
	}
	return r
}

// RejectionOf is the receipt for an event that was not recorded.
func RejectionOf(e domain.Envelope, err error) Receipt {
	return Receipt{
		Source: e.Source, ID: e.ID, Account: string(e.Account),
		Status: StatusRejected, Problem: ProblemOf(err),
	}
}
