package api

import (
	"github.com/rapport-ledger/rapport/domain"
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
