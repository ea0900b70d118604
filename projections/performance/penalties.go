package performance

import (
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Penalty is what the customer charged us for a failure, and what became of it.
type Penalty struct {
	Penalty       string          `json:"penalty,omitzero" doc:"the emitter's id"`
	State         string          `json:"state" enum:"open,paid,reduced,waived"`
	AssessedAt    time.Time       `json:"assessed_at"`
	SettledAt     time.Time       `json:"settled_at,omitzero"`
	AssessedMinor int64           `json:"assessed_minor"`
	PaidMinor     *int64          `json:"paid_minor" doc:"null if it is open, or nobody said how much"`
	Currency      string          `json:"currency"`
	Clause        string          `json:"clause,omitzero"`
	Position      domain.Position `json:"position"`
	Cause

	within bool
}

// PenaltySum is penalties in one currency.
type PenaltySum struct {
	Currency      string `json:"currency"`
	CauseCode     string `json:"cause_code,omitzero" doc:"the root cause; absent if it is not known"`
	PenaltyCount  int    `json:"penalty_count"`
	AssessedMinor int64  `json:"assessed_minor"`
	PaidMinor     int64  `json:"paid_minor"`
	WaivedMinor   int64  `json:"waived_minor" doc:"what was let off of those settled, also where they were only reduced"`
	OpenMinor     int64  `json:"open_minor"`
	UnsaidMinor   int64  `json:"unsaid_minor" doc:"assessed and settled, and nobody said for how much, or in this currency"`
}

func (s *PenaltySum) count(p Penalty) {
	s.Currency = p.Currency
	s.PenaltyCount++
	s.AssessedMinor += p.AssessedMinor
	switch {
	case p.State == "open":
		s.OpenMinor += p.AssessedMinor
	case p.PaidMinor == nil:
		s.UnsaidMinor += p.AssessedMinor
	default:
		s.PaidMinor += *p.PaidMinor
		s.WaivedMinor += max(0, p.AssessedMinor-*p.PaidMinor)
	}
}

// penalties are those assessed or settled in the period, the last first.
func penalties(d *dossier.Dossier, causes *causes) []Penalty {
	var all []*Penalty
	named := map[string]*Penalty{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.ImpactPenaltyAssessed:
			p := &Penalty{
				Penalty: d.Name(e, data.Penalty), State: "open", AssessedAt: e.OccurredAt, AssessedMinor: data.AmountMinor, Currency: data.Currency,
				Clause: data.Clause, Position: e.Position, within: d.Within(e.OccurredAt),
				Cause: causes.find(e, about{data.Of, data.Line, data.Complaint, data.Nonconformity, data.Incident}, data.CauseCode),
			}
			all = append(all, p)
			if data.Penalty != "" {
				named[p.Penalty] = p
			}
		case domain.ImpactPenaltySettled:
			if p := named[d.Name(e, data.Penalty)]; p != nil {
				p.settle(e, data)
				p.within = p.within || d.Within(e.OccurredAt)
			}
		}
	}
	list := []Penalty{}
	for _, p := range slices.Backward(all) {
		if p.within {
			list = append(list, *p)
		}
	}
	return list
}

// settle takes in what became of it. What was paid in another currency than it was
// assessed in is not known in this one.
func (p *Penalty) settle(e domain.Recorded, data domain.ImpactPenaltySettled) {
	p.State, p.SettledAt, p.PaidMinor = data.Outcome, e.OccurredAt, nil
	switch {
	case data.AmountMinor != nil && data.Currency == p.Currency:
		p.PaidMinor = data.AmountMinor
	case data.AmountMinor != nil:
	case data.Outcome == "paid":
		p.PaidMinor = &p.AssessedMinor
	case data.Outcome == "waived":
		p.PaidMinor = new(int64(0))
	}
}
