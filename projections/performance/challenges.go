package performance

import (
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Challenge is a customer's dispute of how well we say we do.
type Challenge struct {
	Measure       string            `json:"measure"`
	Period        string            `json:"period,omitzero"`
	At            time.Time         `json:"at"`
	CustomerValue *float64          `json:"customer_value"`
	OurValue      *float64          `json:"our_value"`
	Gap           *float64          `json:"our_gap" doc:"ours less the customer's"`
	UOM           string            `json:"uom,omitzero"`
	Stance        string            `json:"stance,omitzero" enum:"accepted,explained,disputed" doc:"what we said to it last; absent while we have not answered"`
	AnsweredAt    time.Time         `json:"answered_at,omitzero"`
	Agreed        *float64          `json:"agreed" doc:"the number agreed on in the end"`
	Right         string            `json:"right,omitzero" enum:"us,customer,third_party,supplier,nobody"`
	Lost          bool              `json:"lost" doc:"we disputed it, and the customer was right in the end, or nearer to the number agreed on"`
	Position      domain.Position   `json:"position" doc:"of the challenge; it has the words"`
	Positions     []domain.Position `json:"positions"`

	complaint               string
	disputed, customerRight bool // disputed: at any time
}

// rounds are challenges of a number, by account, measure and period, that the next word on it is about.
type rounds map[[3]string][]*Challenge

// add takes in a challenge, together with those before it, unless all of them are over.
func (r rounds) add(k [3]string, c *Challenge, over func(*Challenge) bool) {
	if !slices.ContainsFunc(r[k], func(c *Challenge) bool { return !over(c) }) {
		r[k] = nil
	}
	r[k] = append(r[k], c)
}

func numberOf(e domain.Recorded, measure, period string) [3]string {
	return [3]string{string(e.Account), measure, period}
}

// challenges are those in the period, the last first.
func challenges(d *dossier.Dossier) []Challenge {
	var all []*Challenge
	unanswered, unsettled, ofComplaint := rounds{}, rounds{}, map[string]*Challenge{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.PerformanceChallenged:
			c := &Challenge{
				Measure: data.Measure, Period: data.Period, At: e.OccurredAt, CustomerValue: data.CustomerValue, OurValue: data.OurValue,
				Gap: gap(data.OurValue, data.CustomerValue), UOM: data.UOM, Position: e.Position, Positions: []domain.Position{e.Position},
				complaint: d.Name(e, data.Complaint),
			}
			all = append(all, c)
			k := numberOf(e, data.Measure, data.Period)
			unanswered.add(k, c, func(c *Challenge) bool { return c.Stance != "" })
			unsettled.add(k, c, func(c *Challenge) bool { return c.Agreed != nil })
			if c.complaint != "" {
				ofComplaint[c.complaint] = c
			}
		case domain.PerformanceAnswered:
			for _, c := range unanswered[numberOf(e, data.Measure, data.Period)] {
				c.answer(e, data.Stance)
			}
		case domain.ComplaintAnswered:
			if data.Stance != "" {
				ofComplaint[d.Name(e, data.Complaint)].answer(e, data.Stance)
			}
		case domain.FigureReconciled:
			if data.Supplier == "" {
				for _, c := range unsettled[numberOf(e, data.Measure, data.Period)] {
					c.agree(e, data)
				}
			}
		}
	}
	list := []Challenge{}
	for _, c := range slices.Backward(all) {
		if d.Within(c.At) {
			c.Lost = c.customerRight && c.disputed
			list = append(list, *c)
		}
	}
	return list
}

// answer takes in what we said. Without its beginning there is nothing to answer.
func (c *Challenge) answer(e domain.Recorded, stance string) {
	if c != nil {
		c.Stance, c.AnsweredAt, c.Positions = stance, e.OccurredAt, append(c.Positions, e.Position)
		c.disputed = c.disputed || stance == "disputed"
	}
}

func (c *Challenge) agree(e domain.Recorded, data domain.FigureReconciled) {
	c.Agreed, c.Right, c.Positions = &data.AgreedValue, data.Right, append(c.Positions, e.Position)
	right := data.Right == "customer"
	if !right && data.Right != "us" && c.OurValue != nil && c.CustomerValue != nil && dossier.Unit(data.UOM) == dossier.Unit(c.UOM) {
		right = distance(data.AgreedValue, *c.CustomerValue) < distance(data.AgreedValue, *c.OurValue)
	}
	c.customerRight = right
}

func distance(a, b float64) float64 { return max(a-b, b-a) }

// Disputes counts how we took it when customers challenged our numbers or complained.
type Disputes struct {
	ChallengeCount          int      `json:"challenge_count"`
	AnsweredCount           int      `json:"answered_count"`
	DisputedCount           int      `json:"disputed_count"`
	DisputedPct             *float64 `json:"dispute_rate_pct" doc:"challenges that we disputed at any time, of those answered"`
	SettledCount            int      `json:"settled_count" doc:"disputed ones on which a number was agreed in the end"`
	LostCount               int      `json:"lost_count" doc:"disputed ones in which the customer was right in the end"`
	LostPct                 *float64 `json:"lost_rate_pct" doc:"of those settled"`
	ComplaintAnsweredCount  int      `json:"complaint_answered_count" doc:"answers to complaints that say how we take them"`
	ComplaintsDisputedCount int      `json:"complaint_disputed_count"`
	ComplaintsDisputedPct   *float64 `json:"complaint_dispute_rate_pct"`
}

func (s *Disputes) count(d *dossier.Dossier, challenges []Challenge) {
	for _, c := range challenges {
		s.ChallengeCount++
		if c.Stance != "" {
			s.AnsweredCount++
		}
		if c.disputed {
			s.DisputedCount++
			if c.Agreed != nil {
				s.SettledCount++
			}
		}
		if c.Lost {
			s.LostCount++
		}
	}
	for _, e := range d.Events {
		if data, ok := e.Data.(domain.ComplaintAnswered); ok && data.Stance != "" && d.Within(e.OccurredAt) {
			s.ComplaintAnsweredCount++
			if data.Stance == "disputed" {
				s.ComplaintsDisputedCount++
			}
		}
	}
}

func (s *Disputes) rate() {
	s.DisputedPct, s.LostPct = dossier.Percent(s.DisputedCount, s.AnsweredCount), dossier.Percent(s.LostCount, s.SettledCount)
	s.ComplaintsDisputedPct = dossier.Percent(s.ComplaintsDisputedCount, s.ComplaintAnsweredCount)
}
