package portfolio

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Loss is that a customer left, and what happened before.
type Loss struct {
	Account          domain.AccountID `json:"account"`
	At               time.Time        `json:"at"`
	To               string           `json:"to,omitzero"`
	Reason           string           `json:"reason"`
	RevenueLostMinor *int64           `json:"revenue_lost_minor" doc:"a year; null if nobody said"`
	Currency         string           `json:"currency,omitzero"`
	Before           Before           `json:"before" doc:"what happened in the half year before"`
	Position         domain.Position  `json:"position"`
}

// Before counts what happened in a half year, or in the first 90 days.
type Before struct {
	ComplaintCount    int               `json:"complaint_count"`
	MissCount         int               `json:"miss_count" doc:"deliveries missed"`
	BrokenCount       int               `json:"broken_count" doc:"promises broken"`
	SilenceCount      int               `json:"silence_count" doc:"silences noticed"`
	AlternativesCount int               `json:"alternatives_count" doc:"signs that they looked at or spoke of others"`
	InteractionCount  int               `json:"interaction_count"`
	SatisfiedPct      *float64          `json:"satisfied_pct" doc:"mean score of its scale; null if nobody answered"`
	Positions         []domain.Position `json:"positions" doc:"of all of it but contacts and scores, in the order in which it occurred"`
}

// before looks back over the half year that ends at the time.
func before(d *dossier.Dossier, at time.Time) Before { return between(d, at.Add(-halfYear), at) }

// between counts what happened from then until then, both inclusive but for scores.
func between(d *dossier.Dossier, from, until time.Time) Before {
	b := Before{Positions: []domain.Position{}, SatisfiedPct: satisfied(d, from, until)}
	for _, e := range d.Events {
		if e.OccurredAt.Before(from) || e.OccurredAt.After(until) {
			continue
		}
		switch e.Data.(type) {
		case domain.ComplaintRaised:
			b.ComplaintCount++
		case domain.DeliveryMissed:
			b.MissCount++
		case domain.CommitmentBroken:
			b.BrokenCount++
		case domain.SilenceNoticed:
			b.SilenceCount++
		case domain.AlternativeSought, domain.CompetitorMentioned:
			b.AlternativesCount++
		case domain.InteractionHeld:
			b.InteractionCount += dossier.Truth(held(e))
			continue
		default:
			continue
		}
		b.Positions = append(b.Positions, e.Position)
	}
	return b
}

// held reports whether a contact took place: not if it was recorded before it can have.
func held(e domain.Recorded) bool { return domain.InContact(e.OccurredAt, e.RecordedAt) }

// losses are when the account was lost, in that order, and whether it still is: it comes back with a renewal or an order.
// Said again of an account that is lost, it is as it is said last.
func losses(d *dossier.Dossier) (all []Loss, lost bool) {
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.AccountLost:
			if lost {
				all = all[:len(all)-1]
			}
			lost = true
			all = append(all, Loss{
				Account: d.Account, At: e.OccurredAt, To: data.To, Reason: data.Reason, RevenueLostMinor: data.RevenueLostMinor,
				Currency: data.Currency, Before: before(d, e.OccurredAt), Position: e.Position,
			})
		case domain.AccountRenewed, domain.OrderWon:
			lost = false
		}
	}
	return all, lost
}

// Onboarding is how the relationship began.
type Onboarding struct {
	Milestones []Milestone `json:"milestones" doc:"in the order in which they were planned"`
	ReachedPct *float64    `json:"reached_pct" doc:"of those due, reached in time; null if none was due"`
	First90D   Before      `json:"first_90_d" doc:"what happened in the first 90 days since the relationship began"`
}

// Milestone is a step of an onboarding.
type Milestone struct {
	Plan      string          `json:"plan"`
	Action    string          `json:"action"`
	Statement string          `json:"statement,omitzero"`
	DueAt     time.Time       `json:"due_at,omitzero"`
	ReachedAt time.Time       `json:"reached_at,omitzero"`
	LateD     *float64        `json:"late_d,omitempty" doc:"days after its date until it was reached, or until now"`
	Position  domain.Position `json:"position"`
}

// onboarding looks at how it began, at the time since when it has lasted.
func onboarding(d *dossier.Dossier, since time.Time) Onboarding {
	o := Onboarding{Milestones: []Milestone{}}
	onboards, done := map[string]bool{}, map[[2]string]time.Time{} // whatever the order in which they are dated
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.PlanCreated:
			onboards[d.Name(e, data.Plan)] = data.Kind == "onboarding"
		case domain.PlanActionCompleted:
			done[[2]string{d.Name(e, data.Plan), string(data.Action)}] = e.OccurredAt
		}
	}
	for _, e := range d.Events {
		if data, ok := e.Data.(domain.PlanActionAdded); ok && onboards[d.Name(e, data.Plan)] {
			m := Milestone{Plan: d.Name(e, data.Plan), Action: string(data.Action), Statement: data.Statement, DueAt: data.DueAt, Position: e.Position}
			m.ReachedAt = done[[2]string{m.Plan, m.Action}]
			o.Milestones = append(o.Milestones, m)
		}
	}
	due, inTime := 0, 0
	for i := range o.Milestones {
		m := &o.Milestones[i]
		reached := m.ReachedAt
		if reached.IsZero() {
			reached = d.At
		}
		if m.DueAt.IsZero() || m.ReachedAt.IsZero() && !d.At.After(m.DueAt) {
			continue
		}
		due++
		if reached.After(m.DueAt) {
			m.LateD = new(dossier.Days(reached.Sub(m.DueAt)))
		} else {
			inTime++
		}
	}
	o.ReachedPct = dossier.Percent(inTime, due)
	o.First90D = between(d, since, since.AddDate(0, 0, 90))
	return o
}
