package portfolio_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/portfolio"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
)

func about(l *dossiertest.Ledger, at string) portfolio.Report {
	return portfolio.About(l.Read(portfolio.New(), "acme", at, at))
}

func overall(l *dossiertest.Ledger, at string) (portfolio.Total, []portfolio.Row) {
	return dossiertest.Overall(l, portfolio.New(), at, portfolio.Overall)
}

func TestTheTierIsThatOfTheDayAskedAbout(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05", domain.AccountClassified{TierNow: "C", TierFuture: "A", HorizonMonths: 36, Functions: []string{"sales"}})
	l.Add("acme", "2026-05-05", domain.AccountClassified{TierNow: "B", Context: "crisis", Functions: []string{"sales", "quality"}})
	if r := about(l, "2026-01-04"); r.Tier != nil {
		t.Errorf("before it was classified: %+v", r.Tier)
	}
	for at, want := range map[string]string{"2026-02-01": "C", "2026-06-01": "B"} {
		if got := about(l, at).Tier.TierNow; got != want {
			t.Errorf("tier at %s: %s, want %s", at, got, want)
		}
	}
	total, rows := overall(l, "2026-02-01")
	if total.FutureKeyCount != 1 || total.OneFunctionCount != 1 || !rows[0].FutureKey || *total.CrisisPct != 0 {
		t.Errorf("in February: %+v, %+v", total, rows[0])
	}
	if total, _ := overall(l, "2026-06-01"); *total.CrisisPct != 50 || total.OneFunctionCount != 0 {
		t.Errorf("in June: %+v", total)
	}
}

func TestDaysWithoutAManagerCountOnceWhoeverOverlaps(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountManagerAssigned{Person: "a"})
	l.Add("acme", "2026-01-05", domain.AccountManagerAssigned{Person: "b"})
	l.Add("acme", "2026-01-10", domain.AccountManagerReleased{Person: "a"})
	l.Add("acme", "2026-01-20", domain.AccountManagerReleased{Person: "b"})
	l.Add("acme", "2026-01-27", domain.AccountManagerAssigned{Person: "c"})
	if r := about(l, "2026-01-22"); r.Manager != "" || r.GapD != 2 {
		t.Errorf("in the gap: %q, %v days", r.Manager, r.GapD)
	}
	if r := about(l, "2026-02-27"); r.Manager != "c" || r.GapD != 7 {
		t.Errorf("after it: %q, %v days", r.Manager, r.GapD)
	}
}

func TestARestructuringIsSeenByWhatWasMeasuredAroundIt(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	margin := func(at, period string, cost int64) {
		l.Add("acme", at, domain.AccountMarginMeasured{Period: period, MarginMinor: 1000, CostToServeMinor: cost, Currency: "EUR"})
	}
	margin("2026-01-05", "2025-12", 900)
	l.Add("acme", "2026-01-06", domain.SurveyAnswered{Instrument: "csat", Score: 5, ScaleMin: 1, ScaleMax: 5})
	l.Add("acme", "2026-02-01", domain.AccountRestructureAgreed{Measures: []string{"one visit a month"}, TargetCostMinor: new(int64(500)), Currency: "EUR"})
	margin("2026-02-05", "2026-01", 800)
	l.Add("acme", "2026-03-01", domain.AccountRestructured{Outcome: "done"})
	margin("2026-04-05", "2026-03", 400)
	l.Add("acme", "2026-04-06", domain.SurveyAnswered{Instrument: "csat", Score: 3, ScaleMin: 1, ScaleMax: 5})
	got := about(l, "2026-06-01").Restructured[0]
	if *got.CostBeforeMinor != 900 || *got.CostAfterMinor != 400 || *got.SatisfiedBefore != 100 || *got.SatisfiedAfter != 50 {
		t.Errorf("got %+v", got)
	}
}

func TestALossShowsTheHalfYearBeforeIt(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.ComplaintRaised{Complaint: "old", Severity: 2})
	complaint := l.Add("acme", "2026-06-01", domain.ComplaintRaised{Complaint: "C-1", Severity: 4})
	miss := l.Add("acme", "2026-07-01", domain.DeliveryMissed{Line: "L-1"})
	l.Add("acme", "2026-08-01", domain.AccountLost{Reason: "price", To: "rival"})
	l.Add("acme", "2026-08-02", domain.ComplaintRaised{Complaint: "C-2", Severity: 4})
	got := about(l, "2026-09-01").Loss
	if got.Before.ComplaintCount != 1 || got.Before.MissCount != 1 || !slices.Equal(got.Before.Positions, []domain.Position{complaint, miss}) {
		t.Errorf("got %+v", got)
	}
	l.Add("acme", "2026-10-01", domain.OrderWon{Order: "O-1", ValueMinor: 5, Currency: "EUR"})
	if got := about(l, "2026-10-02").Loss; got != nil {
		t.Errorf("after they came back: %+v", got)
	}
}

func TestTheSameFactAgainTakesThePlaceOfWhatWasKnown(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountFactLearned{Fact: "F-1", Category: "cycle", Statement: "budget in October", NextAt: dossiertest.Time("2026-10-01")})
	l.Add("acme", "2026-02-01", domain.AccountFactLearned{Fact: "F-1", Category: "cycle", Statement: "budget in May", NextAt: dossiertest.Time("2026-05-15")})
	l.Add("acme", "2026-02-01", domain.AccountFactLearned{Category: "process", Statement: "stock is counted in June", ValidTo: dossiertest.Time("2026-03-01")})
	r := about(l, "2026-05-01")
	if len(r.Cycles) != 1 || r.Cycles[0].Statement != "budget in May" || r.Cycles[0].ContactBefore {
		t.Errorf("cycles: %+v", r.Cycles)
	}
	gaps := []string{}
	for _, k := range r.Knowledge {
		if k.Gap {
			gaps = append(gaps, k.Category)
		}
	}
	if want := []string{"thinking", "process", "technology", "constraint"}; !slices.Equal(gaps, want) {
		t.Errorf("gaps: %q, want %q", gaps, want)
	}
}

func TestARoundThatDoesNotStartInTimeIsMissed(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]int{"2026-03-30": 0, "2026-04-01": 0, "2026-04-02": 1, "2026-07-15": 2} {
		l := dossiertest.New(t)
		l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
		l.Add(domain.Ledger, "2026-01-01", domain.CycleStarted{Process: "satisfaction", Cycle: "Q1", CadenceD: 90})
		total, _ := overall(l, at)
		if got := total.Cycles[0].MissedCount; got != want {
			t.Errorf("missed by %s: %d, want %d", at, got, want)
		}
	}
}

func TestRowsDoNotDependOnBatches(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for i := range 5 {
		account := domain.AccountID(fmt.Sprint("account-", i))
		l.Add(account, "2026-01-02", domain.AccountOpened{Name: "Acme"})
		l.Correct(l.Add(account, "2026-01-03", domain.AccountClassified{TierNow: "A"}), domain.AccountClassified{TierNow: "B"}, "2026-01-02")
		l.Retract(l.Add(account, "2026-01-04", domain.AccountLost{Reason: "price"}))
	}
	l.Add("account-1", "2026-01-05", domain.AccountMerged{Into: "account-2"})
	l.Add(domain.Ledger, "2026-01-06", domain.PriorityPublished{Consumer: "sales", Tier: "A", Rank: 1})
	projectiontest.Run(t, portfolio.New(), l.Records())
}
