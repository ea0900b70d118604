package performance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/performance"
)

// TestWhatHappenedBeforeThePeriodDoesNotCount: the same happens on the last day before the period and on its first.
func TestWhatHappenedBeforeThePeriodDoesNotCount(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	of := map[string]domain.Position{}
	for n, on := range []string{"2026-01-31", "2026-02-01"} {
		id := domain.ID(fmt.Sprint(n))
		add := func(e domain.Event) { of[string(e.EventType())] = l.Add("acme", on, e) }
		add(measured("us", "valve", "pcs", 1000, 1))
		add(domain.ReturnReceived{Return: id, Qty: new(2.0), UOM: "pcs"})
		add(domain.JobCompleted{Job: id, FirstTimeRight: true})
		add(domain.CostCompared{OurMinor: 90, ReferenceMinor: new(int64(100)), Currency: "EUR"})
		add(domain.FreightPremiumPaid{AmountMinor: 40, Currency: "EUR", Payer: "us"})
		add(domain.ImpactIdleReported{PeopleCount: 3, HoursH: 2})
		add(domain.ImpactLossEstimated{AmountMinor: 50, Currency: "EUR"})
		add(domain.ImpactPenaltyAssessed{AmountMinor: 60, Currency: "EUR"})
		add(domain.ImpactUnknownDeclared{Kind: "aftermath", Reason: "too early"})
	}
	d := l.Read(performance.New(), "acme", "2026-02-28", "2026-12-31")
	d.From = dossiertest.Time("2026-02-01")
	r := performance.About(d)
	got := fmt.Sprintf("measured %v, returned %s, jobs %d, compared %d of %d, freight %d, idle %s, loss %d, penalty %d, unknown %d",
		r.Quality.Measured[0].InspectedQty, show(r.Quality.Returns[0].Qty), r.Quality.Work.JobCount, r.Cost.Compared[0].OurMinor, r.Cost.Compared[0].ReferenceMinor,
		r.Cost.Freight[0].AmountMinor, show(r.Effects.Idle.PersonH), r.Effects.Losses[0].EstimatedMinor, r.Effects.Penalties[0].AssessedMinor, r.Effects.Unknown.UnknownCount)
	if want := "measured 1000, returned 2, jobs 1, compared 90 of 100, freight 40, idle 6, loss 50, penalty 60, unknown 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var logs []string
	log := func(on string, p domain.Position, of domain.Position) {
		logs = append(logs, fmt.Sprintf("%s %v", on, p == of))
	}
	for _, c := range r.Compared {
		log(day(c.At), c.Position, of["cost.compared"])
		if c.ReferenceMinor == nil || *c.ReferenceMinor != 100 {
			t.Errorf("compared %+v", c)
		}
	}
	for _, f := range r.PremiumFreight {
		log(day(f.At), f.Position, of["freight.premium_paid"])
	}
	for _, i := range r.Idle {
		log(day(i.At), i.Position, of["impact.idle_reported"])
	}
	for _, l := range r.Losses {
		log(day(l.At), l.Position, of["impact.loss_estimated"])
	}
	for _, p := range r.Penalties {
		log(day(p.AssessedAt), p.Position, of["impact.penalty_assessed"])
	}
	for _, u := range r.Unknown {
		log(day(u.At), u.Position, of["impact.unknown_declared"])
	}
	if want := slices.Repeat([]string{"02-01 true"}, 6); !slices.Equal(logs, want) {
		t.Errorf("the logs are %q, want %q", logs, want)
	}
}
