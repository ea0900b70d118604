package portfolio

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Earnings is what the account earns and costs, in the period where it says nothing else.
type Earnings struct {
	Margins      []Margin        `json:"margins" doc:"what was measured, the last first"`
	Restructured []Restructure   `json:"restructured" doc:"changes in how the account is served, the last first"`
	Orders       []dossier.Money `json:"orders"`
	OrdersCount  int             `json:"orders_count"`
	Acquisition  []dossier.Money `json:"acquisition" doc:"what it cost to win orders"`
	Service      []dossier.Money `json:"service" doc:"cost of service alone"`
	Received     []dossier.Money `json:"received" doc:"payments"`
	PaidCount    int             `json:"paid_count"`
	LateCount    int             `json:"late_count" doc:"payments that were late"`
	LateMeanD    *float64        `json:"late_mean_d" doc:"how late, on the average of those; null if none was"`
	Referrals    int             `json:"referrals_count" doc:"times the customer recommended us"`
}

// Margin is one measurement.
type Margin struct {
	Period           string          `json:"period"`
	MarginMinor      int64           `json:"margin_minor"`
	CostToServeMinor *int64          `json:"cost_to_serve_minor" doc:"null if nobody said"`
	Currency         string          `json:"currency"`
	At               time.Time       `json:"at"`
	Position         domain.Position `json:"position"`
}

// Restructure is a change in how the account is served, with what was measured around it.
type Restructure struct {
	AgreedAt        time.Time       `json:"agreed_at"`
	DoneAt          time.Time       `json:"done_at,omitzero"`
	Measures        []string        `json:"measures"`
	TargetCostMinor *int64          `json:"target_cost_minor" doc:"null if none was set"`
	CostBeforeMinor *int64          `json:"cost_before_minor" doc:"cost to serve as last measured before; null if it was not"`
	CostAfterMinor  *int64          `json:"cost_after_minor" doc:"as last measured since it was done; null if it was not"`
	MarginBefore    *int64          `json:"margin_before_minor"`
	MarginAfter     *int64          `json:"margin_after_minor"`
	Currency        string          `json:"currency,omitzero"`
	SatisfiedBefore *float64        `json:"satisfied_before_pct" doc:"mean score in the half year before it was agreed, of its scale"`
	SatisfiedAfter  *float64        `json:"satisfied_after_pct" doc:"mean score in the half year since it was done"`
	Outcome         string          `json:"outcome,omitzero"`
	Position        domain.Position `json:"position"`
}

func earnings(d *dossier.Dossier) Earnings {
	e := Earnings{Margins: []Margin{}, Restructured: []Restructure{}}
	orders, acquisition, service, received := dossier.Purse{}, dossier.Purse{}, dossier.Purse{}, dossier.Purse{}
	lateDays := int64(0)
	for _, r := range d.Events {
		within := d.Within(r.OccurredAt)
		switch data := r.Data.(type) {
		case domain.AccountMarginMeasured:
			m := Margin{Period: data.Period, MarginMinor: data.MarginMinor, Currency: data.Currency, At: r.OccurredAt, Position: r.Position}
			if data.CostToServeMinor != 0 {
				m.CostToServeMinor = &data.CostToServeMinor
			}
			e.Margins = append(e.Margins, m)
		case domain.AccountRestructureAgreed:
			e.Restructured = append(e.Restructured, Restructure{
				AgreedAt: r.OccurredAt, Measures: data.Measures, TargetCostMinor: data.TargetCostMinor, Currency: data.Currency, Position: r.Position,
			})
		case domain.AccountRestructured:
			for i := range e.Restructured {
				if s := &e.Restructured[i]; s.DoneAt.IsZero() {
					s.DoneAt, s.Outcome = r.OccurredAt, data.Outcome
				}
			}
		case domain.OrderWon:
			if within {
				e.OrdersCount++
				orders[data.Currency] += data.ValueMinor
				if data.AcquisitionCostMinor != nil {
					acquisition[data.Currency] += *data.AcquisitionCostMinor
				}
			}
		case domain.CostCompared:
			if within && data.Kind == "service_cost" {
				service[data.Currency] += data.OurMinor
			}
		case domain.PaymentReceived:
			if within {
				e.PaidCount++
				received[data.Currency] += data.AmountMinor
			}
		case domain.PaymentLate:
			if within {
				e.LateCount++
				lateDays += data.LateD
			}
		case domain.ReferralGiven:
			if within {
				e.Referrals++
			}
		}
	}
	e.Orders, e.Acquisition, e.Service, e.Received = orders.Money(), acquisition.Money(), service.Money(), received.Money()
	if e.LateCount > 0 {
		e.LateMeanD = new(float64(lateDays) / float64(e.LateCount))
	}
	for i := range e.Restructured {
		e.Restructured[i].compare(d, e.Margins)
	}
	slices.Reverse(e.Margins)
	slices.SortStableFunc(e.Margins, func(a, b Margin) int { return cmp.Or(cmp.Compare(b.Period, a.Period), b.At.Compare(a.At)) })
	slices.Reverse(e.Restructured)
	return e
}

// compare sets what was measured before it was agreed beside what was since it was done, in the currency of its
// target if it has one; a margin without a cost leaves the cost as it was measured before. Margins are in the order in
// which they were measured.
func (s *Restructure) compare(d *dossier.Dossier, margins []Margin) {
	target := s.Currency
	for _, m := range margins {
		switch {
		case !m.At.After(s.AgreedAt) && (target == "" || target == m.Currency):
			if s.Currency != m.Currency {
				s.CostBeforeMinor = nil
			}
			s.CostBeforeMinor, s.MarginBefore, s.Currency = cmp.Or(m.CostToServeMinor, s.CostBeforeMinor), &m.MarginMinor, m.Currency
		case !s.DoneAt.IsZero() && !m.At.Before(s.DoneAt) && (s.Currency == "" || s.Currency == m.Currency):
			s.CostAfterMinor, s.MarginAfter, s.Currency = cmp.Or(m.CostToServeMinor, s.CostAfterMinor), &m.MarginMinor, m.Currency
		}
	}
	s.SatisfiedBefore = satisfied(d, s.AgreedAt.Add(-halfYear), s.AgreedAt)
	if !s.DoneAt.IsZero() {
		s.SatisfiedAfter = satisfied(d, s.DoneAt, s.DoneAt.Add(halfYear))
	}
}

// satisfied is the mean of the scores given from then on and before until, in percent of their scale; null of none.
func satisfied(d *dossier.Dossier, from, until time.Time) *float64 {
	scores := measure.By(measure.ScaleMean1)
	for _, e := range d.Events {
		if s, ok := e.Data.(domain.SurveyAnswered); ok && !e.OccurredAt.Before(from) && e.OccurredAt.Before(until) {
			scores.Add(measure.Answer{Score: s.Score, ScaleMin: s.ScaleMin, ScaleMax: s.ScaleMax})
		}
	}
	return scores.Result().Value
}

// sales are the orders won after from, until and including until.
func sales(d *dossier.Dossier, from, until time.Time) []dossier.Money {
	won := dossier.Purse{}
	for _, e := range d.Events {
		if o, ok := e.Data.(domain.OrderWon); ok && e.OccurredAt.After(from) && !e.OccurredAt.After(until) {
			won[o.Currency] += o.ValueMinor
		}
	}
	return won.Money()
}

// spent adds what was spent in the period to keep the account, and to win its orders.
func spent(d *dossier.Dossier, keep, win dossier.Purse) {
	served(d, d.Within, keep)
	for _, e := range d.Events {
		if data, ok := e.Data.(domain.OrderWon); ok && d.Within(e.OccurredAt) && data.AcquisitionCostMinor != nil {
			win[data.Currency] += *data.AcquisitionCostMinor
		}
	}
}

// served adds the cost to serve the account as measured in the time. What is measured of the same period again takes the
// place of what was.
func served(d *dossier.Dossier, in func(time.Time) bool, cost dossier.Purse) {
	type measured struct {
		account          domain.AccountID
		period, currency string
	}
	before := map[measured]int64{}
	for _, e := range d.Events {
		data, ok := e.Data.(domain.AccountMarginMeasured)
		if !ok || data.CostToServeMinor == 0 || !in(e.OccurredAt) {
			continue
		}
		m := measured{e.Account, data.Period, data.Currency}
		cost[data.Currency] += data.CostToServeMinor - before[m]
		before[m] = data.CostToServeMinor
	}
}

// Renewal is when the account has to say whether it goes on, and what it said.
type Renewal struct {
	DueAt           time.Time `json:"due_at,omitzero" doc:"absent if nobody said until when"`
	Overdue         bool      `json:"overdue" doc:"whether that has passed and nothing was said"`
	RenewedCount    int       `json:"renewed_count" doc:"in the period"`
	NotRenewedCount int       `json:"not_renewed_count"`
	Reason          string    `json:"reason,omitzero" doc:"why it was not renewed last"`
}

func renewal(d *dossier.Dossier) (r Renewal) {
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.AccountOpened:
			if !data.Until.IsZero() && (e.Account == d.Account || r.DueAt.IsZero()) {
				r.DueAt = data.Until
			}
		case domain.AccountRenewed:
			r.DueAt = data.Until
			if d.Within(e.OccurredAt) {
				r.RenewedCount++
			}
		case domain.AccountNotRenewed:
			r.DueAt, r.Reason = time.Time{}, data.Reason
			if d.Within(e.OccurredAt) {
				r.NotRenewedCount++
			}
		case domain.AccountLost:
			r.DueAt = time.Time{}
		}
	}
	r.Overdue = !r.DueAt.IsZero() && d.At.After(r.DueAt)
	return r
}
