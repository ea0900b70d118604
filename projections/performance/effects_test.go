package performance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/performance"
)

// harm is what failures did to acme and beta, with some of it unknown.
func harm(t testing.TB) *dossiertest.Ledger {
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-02", promised("L", "requested", "2026-01-10"))
	l.Add("acme", "2026-01-10", domain.DeliveryMissed{Line: "L", Supplier: "polymers"})
	l.Add("acme", "2026-01-11", domain.NonconformityOpened{Nonconformity: "N", Severity: 3, Line: "L"})
	l.Add("acme", "2026-01-12", domain.NonconformityCauseFound{Nonconformity: "N", Code: "no check", Level: "escape"})
	l.Add("acme", "2026-01-13", domain.NonconformityCauseFound{Nonconformity: "N", Code: "tool wear", Level: "occurrence"})
	l.Add("acme", "2026-01-14", domain.ImpactPenaltyAssessed{Penalty: "P-1", AmountMinor: 1000, Currency: "EUR", Line: "L"})
	l.Add("acme", "2026-01-15", domain.ImpactPenaltyAssessed{Penalty: "P-2", AmountMinor: 500, Currency: "EUR", CauseCode: "late"})
	l.Add("acme", "2026-01-16", domain.ImpactPenaltyAssessed{AmountMinor: 70, Currency: "USD"})
	l.Add("acme", "2026-01-20", domain.ImpactPenaltySettled{Penalty: "P-1", Outcome: "reduced", AmountMinor: new(int64(400)), Currency: "EUR"})
	l.Add("acme", "2026-01-21", domain.ImpactPenaltySettled{Penalty: "P-2", Outcome: "waived"})
	l.Add("acme", "2026-01-22", domain.ImpactLossEstimated{Loss: "X", AmountMinor: 9000, Currency: "EUR", ConfidencePct: new(30.0), Line: "L"})
	l.Add("acme", "2026-01-23", domain.ImpactLossEstimated{Loss: "X", AmountMinor: 6000, Currency: "EUR", ConfidencePct: new(60.0)})
	l.Add("acme", "2026-01-24", domain.ImpactLossEstimated{AmountMinor: 2000, Currency: "EUR", Confirmed: true})
	l.Add("acme", "2026-01-25", domain.ImpactUnknownDeclared{Kind: "idle", Line: "L", Reason: "they do not count"})
	l.Add(domain.Ledger, "2026-02-01", domain.IncidentStarted{Incident: "portal", System: "order portal"})
	l.Add(domain.Ledger, "2026-02-02", domain.IncidentEnded{Incident: "portal"})
	l.Add(domain.Ledger, "2026-02-06", domain.IncidentObserved{Incident: "portal", DayN: 5, Effect: "orders twice", AffectedCount: new(int64(7))})
	l.Add("beta", "2026-02-04", domain.ImpactIdleReported{PeopleCount: 3, HoursH: 2, Incident: "portal"})
	l.Add("beta", "2026-02-05", domain.ImpactUnknownDeclared{Kind: "affected", Incident: "portal", Reason: "nobody counted"})
	l.Add("beta", "2026-02-05", domain.ImpactUnknownDeclared{Kind: "loss", Incident: "portal", Reason: "nobody counted"})
	return l
}

func TestPenaltiesAreByWhatBecameOfThemAndByRootCause(t *testing.T) {
	t.Parallel()
	r := at(harm(t))
	var got []string
	for _, s := range append(r.Effects.Penalties, r.Effects.PenaltyCauses...) {
		got = append(got, fmt.Sprintf("%s %q in %d assessed %d paid %d waived %d open %d", s.Currency, s.CauseCode, s.PenaltyCount, s.AssessedMinor, s.PaidMinor, s.WaivedMinor, s.OpenMinor))
	}
	want := []string{
		`EUR "" in 2 assessed 1500 paid 400 waived 1100 open 0`, `USD "" in 1 assessed 70 paid 0 waived 0 open 70`,
		`USD "" in 1 assessed 70 paid 0 waived 0 open 70`, `EUR "late" in 1 assessed 500 paid 0 waived 500 open 0`, `EUR "tool wear" in 1 assessed 1000 paid 400 waived 600 open 0`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// TestPenaltiesAreOfThePeriodInWhichTheyWereAssessedOrSettled: all were assessed in January.
func TestPenaltiesAreOfThePeriodInWhichTheyWereAssessedOrSettled(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for i, s := range []domain.ImpactPenaltySettled{
		{}, {Outcome: "paid"}, {Outcome: "reduced"}, {Outcome: "paid", AmountMinor: new(int64(7)), Currency: "USD"}, {Outcome: "reduced", AmountMinor: new(int64(30)), Currency: "EUR"},
	} {
		s.Penalty = domain.ID(fmt.Sprint(i))
		l.Add("acme", "2026-01-10", domain.ImpactPenaltyAssessed{Penalty: s.Penalty, AmountMinor: 100, Currency: "EUR", Clause: "7.2"})
		if s.Outcome != "" {
			l.Add("acme", "2026-02-10", s)
		}
	}
	d := l.Read(performance.New(), "acme", "2026-02-28", "2026-12-31")
	d.From = dossiertest.Time("2026-02-01")
	r := performance.About(d)
	// Open is the first, which is none of February's; of the third and fourth nobody said how much was paid in EUR.
	dossiertest.Same(t, r.Effects.Penalties, `[{"currency":"EUR","penalty_count":4,"assessed_minor":400,"paid_minor":130,"waived_minor":70,"open_minor":0,"unsaid_minor":200}]`)
	dossiertest.Same(t, r.Penalties[3], `{"penalty":"1","state":"paid","assessed_at":"2026-01-10T00:00:00Z","settled_at":"2026-02-10T00:00:00Z","assessed_minor":100,"paid_minor":100,
		"currency":"EUR","clause":"7.2","position":2}`)
}

func TestConfirmedAndEstimatedLossesAreNotAddedUp(t *testing.T) {
	t.Parallel()
	r := at(harm(t))
	if len(r.Effects.Losses) != 1 {
		t.Fatalf("got %+v", r.Effects.Losses)
	}
	s := r.Effects.Losses[0]
	if s.ConfirmedMinor != 2000 || s.EstimatedMinor != 6000 || show(s.EstimatedConfidencePct) != "60" {
		t.Errorf("got %+v", s)
	}
	if l := r.Losses[1]; l.Loss != "X" || len(l.Earlier) != 1 || l.Kind != "delivery" {
		t.Errorf("the estimate is %+v", l)
	}
}

func TestUnknownIsShownAsUnknown(t *testing.T) {
	t.Parallel()
	l := harm(t)
	r := at(l)
	if r.Effects.Idle.PersonH != nil || r.Effects.Unknown.IdleCount != 1 || len(r.Unknown) != 1 {
		t.Errorf("idle %s, unknown %+v", show(r.Effects.Idle.PersonH), r.Unknown)
	}
	p := l.Add("acme", "2026-02-10", domain.ImpactIdleReported{PeopleCount: 2, HoursH: 4, Line: "L"})
	r = at(l)
	if show(r.Effects.Idle.PersonH) != "8" || r.Effects.Unknown.UnknownCount != 0 || r.Unknown[0].KnownBy != p {
		t.Errorf("once it was reported: idle %s, unknown %+v", show(r.Effects.Idle.PersonH), r.Unknown)
	}
	if mode := r.Effects.IdleModes[0]; mode.Kind != "delivery" || mode.CauseCode != "tool wear" {
		t.Errorf("by %+v", mode)
	}
}

func TestAnIncidentHasATailWithThoseWhomItReached(t *testing.T) {
	t.Parallel()
	l := harm(t)
	if got := at(l).Incidents; len(got) != 0 {
		t.Errorf("acme has %+v: nothing of it is known there", got)
	}
	whole, rows := total(l)
	if len(whole.Incidents) != 1 || *whole.Incidents[0].DurationMin != 24*60 || whole.Incidents[0].LastDayN != 5 {
		t.Errorf("of all, incidents are %+v", whole.Incidents)
	}
	if len(rows) != 2 || rows[0].Account != "acme" || rows[1].UnknownCount != 1 || show(rows[1].IdlePersonH) != "6" || rows[0].IdlePersonH != nil {
		t.Errorf("rows are %+v", rows)
	}
	incident := about(l, "beta").Incidents[0]
	var tail []string
	for _, day := range incident.Tail {
		tail = append(tail, fmt.Sprintf("%d %v %s %v", day.DayN, day.Effects, show(day.IdlePersonH), day.AffectedCount != nil))
	}
	if want := []string{"3 [] 6 false", "5 [orders twice] unknown true"}; !slices.Equal(tail, want) {
		t.Errorf("tail is %q, want %q", tail, want)
	}
	if want := []string{"loss"}; !slices.Equal(incident.Unknown, want) || *incident.AffectedCount != 7 || !incident.General {
		t.Errorf("got %+v, want %q unknown", incident, want)
	}
}

func TestAnEstimateOfNothingHasNoConfidenceToWeigh(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", domain.ImpactLossEstimated{AmountMinor: 0, Currency: "EUR", ConfidencePct: new(80.0)})
	l.Add("acme", "2026-02-02", domain.ImpactLossEstimated{AmountMinor: 1, Currency: "USD", ConfidencePct: new(40.0)})
	dossiertest.Same(t, at(l).Effects.Losses, `[{"currency":"EUR","confirmed_minor":0,"confirmed_count":0,"estimated_minor":0,"estimated_count":1,"estimated_confidence_pct":null},
		{"currency":"USD","confirmed_minor":0,"confirmed_count":0,"estimated_minor":1,"estimated_count":1,"estimated_confidence_pct":40}]`)
}

func TestEffectsAreShownAsTheyWereToldAndCountedByCurrencyAndKind(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	of := map[string]domain.Position{}
	add := func(on string, e domain.Event) { of[on[5:]] = l.Add("acme", on, e) }
	add("2026-02-01", domain.ImpactLossEstimated{AmountMinor: 1000, Currency: "EUR", ConfidencePct: new(80.0), Method: "by hand"})
	add("2026-02-02", domain.ImpactLossEstimated{AmountMinor: 3000, Currency: "EUR", ConfidencePct: new(40.0)})
	add("2026-02-03", domain.ImpactLossEstimated{AmountMinor: 500, Currency: "EUR"})
	add("2026-02-04", domain.ImpactLossEstimated{AmountMinor: 70, Currency: "USD", Confirmed: true, Complaint: "C"})
	add("2026-02-05", domain.ImpactLossEstimated{AmountMinor: 30, Currency: "USD", Confirmed: true, ConfidencePct: new(10.0)})
	add("2026-02-06", domain.ImpactIdleReported{PeopleCount: 4, HoursH: 2, PersonH: new(7.5), CostMinor: new(int64(900)), Currency: "EUR", Line: "L", CauseCode: "late"})
	add("2026-02-07", domain.ImpactIdleReported{PeopleCount: 3, HoursH: 1.5, Complaint: "C"})
	add("2026-02-08", domain.ImpactIdleReported{PeopleCount: 1, HoursH: 1, Line: "M", CauseCode: "late"})
	for i, kind := range []string{"penalty", "penalty", "idle", "loss", "affected", "affected", "affected", "aftermath"} {
		add(fmt.Sprintf("2026-02-%d", 11+i), domain.ImpactUnknownDeclared{Kind: kind, Reason: fmt.Sprint("reason ", i), Line: "X"})
	}
	add("2026-02-20", domain.ImpactPenaltyAssessed{AmountMinor: 1, Currency: "EUR", Line: "X"}) // now both are known
	add("2026-02-21", domain.ImpactPenaltyAssessed{AmountMinor: 1, Currency: "EUR", Line: "X"})
	r := at(l)
	var got []string
	for _, s := range r.Effects.Losses {
		got = append(got, fmt.Sprintf("%s: confirmed %d in %d, estimated %d in %d, sure %s", s.Currency, s.ConfirmedMinor, s.ConfirmedCount, s.EstimatedMinor, s.EstimatedCount, show(s.EstimatedConfidencePct)))
	}
	for _, l := range r.Losses {
		got = append(got, fmt.Sprintf("%s %d %s %v %s %q %s %s %v", day(l.At), l.AmountMinor, l.Currency, l.Confirmed, show(l.ConfidencePct), l.Method, l.Kind, l.Of, l.Position == of[day(l.At)]))
	}
	for _, s := range append([]performance.IdleSum{r.Effects.Idle}, r.Effects.IdleModes...) {
		got = append(got, fmt.Sprintf("%s %s: %s in %d", s.Kind, s.CauseCode, show(s.PersonH), s.ReportCount))
	}
	for _, i := range r.Idle {
		cost := int64(-1)
		if i.CostMinor != nil {
			cost = *i.CostMinor
		}
		got = append(got, fmt.Sprintf("%s %v of %d, %d %s, %s %s %s %v", day(i.At), i.PersonH, i.PeopleCount, cost, i.Currency, i.Kind, i.Of, i.Code, i.Position == of[day(i.At)]))
	}
	for _, u := range r.Unknown {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %v, known by %v", day(u.At), u.Unknown, u.Reason, u.Kind, u.Of, u.Position == of[day(u.At)], u.KnownBy == of["02-20"]))
	}
	u := r.Effects.Unknown
	got = append(got, fmt.Sprint(u.UnknownCount, u.PenaltyCount, u.IdleCount, u.LossCount, u.AffectedCount, u.AftermathCount))
	want := []string{
		// (80 * 1000 + 40 * 3000) / 4000 = 50; what says no confidence has no weight.
		"EUR: confirmed 0 in 0, estimated 4500 in 3, sure 50", "USD: confirmed 100 in 2, estimated 0 in 0, sure unknown",
		`02-05 30 USD true 10 ""   true`, `02-04 70 USD true unknown "" complaint C true`, `02-03 500 EUR false unknown ""   true`,
		`02-02 3000 EUR false 40 ""   true`, `02-01 1000 EUR false 80 "by hand"   true`,
		" : 13 in 3", "complaint : 4.5 in 1", "delivery late: 8.5 in 2",
		"02-08 1 of 1, -1 , delivery M late true", "02-07 4.5 of 3, -1 , complaint C  true", "02-06 7.5 of 4, 900 EUR, delivery L late true",
		"02-18 aftermath reason 7 delivery X true, known by false", "02-17 affected reason 6 delivery X true, known by false",
		"02-16 affected reason 5 delivery X true, known by false", "02-15 affected reason 4 delivery X true, known by false",
		"02-14 loss reason 3 delivery X true, known by false", "02-13 idle reason 2 delivery X true, known by false",
		"02-12 penalty reason 1 delivery X true, known by true", "02-11 penalty reason 0 delivery X true, known by true", "6 0 1 1 3 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}
