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

func TestCostsInAnotherCurrencyAreNoneBesideATarget(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, currency := range []string{"EUR", "USD"} {
		l.Add("acme", "2026-01-05", domain.AccountMarginMeasured{Period: "2025-12", MarginMinor: 1000, CostToServeMinor: 900, Currency: currency})
	}
	l.Add("acme", "2026-02-01", domain.AccountRestructureAgreed{Measures: []string{"a"}, TargetCostMinor: new(int64(500)), Currency: "EUR"})
	l.Add("acme", "2026-02-02", domain.AccountRestructureAgreed{Measures: []string{"b"}, TargetCostMinor: new(int64(500)), Currency: "CHF"})
	l.Add("acme", "2026-02-03", domain.AccountRestructureAgreed{Measures: []string{"c"}})
	r := about(l, "2026-06-01").Restructured
	for i, want := range []string{"USD", "CHF", "EUR"} { // the last first; without a target, as measured last
		if got := r[i]; got.Currency != want || (got.CostBeforeMinor == nil) != (want == "CHF") {
			t.Errorf("got %+v, want it in %s", got, want)
		}
	}
}

func TestACostToServeThatNobodySaidIsNotNothing(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05", domain.AccountMarginMeasured{Period: "2025-12", MarginMinor: 1000, Currency: "EUR"})
	l.Add("acme", "2026-02-01", domain.AccountRestructureAgreed{Measures: []string{"one visit a month"}})
	r := about(l, "2026-06-01")
	if got := r.Restructured[0]; r.Margins[0].CostToServeMinor != nil || got.CostBeforeMinor != nil || *got.MarginBefore != 1000 {
		t.Errorf("got %+v, %+v", r.Margins[0], got)
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

func TestARoundThatDoesNotStartIsMissedAndOneThatIsLateIsNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		starts []string
		at     string
		want   int
	}{
		{[]string{"2026-01-01"}, "2026-03-30", 0},
		{[]string{"2026-01-01"}, "2026-04-01", 0},
		{[]string{"2026-01-01"}, "2026-04-02", 1},
		{[]string{"2026-01-01"}, "2026-07-15", 2},
		{[]string{"2026-01-01", "2026-04-05", "2026-07-03"}, "2026-07-15", 0},
		{[]string{"2026-01-01", "2026-07-03"}, "2026-07-15", 1},
	} {
		l := dossiertest.New(t)
		l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
		for _, start := range c.starts {
			l.Add(domain.Ledger, start, domain.CycleStarted{Process: "satisfaction", Cycle: domain.ID(start), CadenceD: 90})
		}
		total, _ := overall(l, c.at)
		if got := total.Cycles[0].MissedCount; got != c.want {
			t.Errorf("started %v, missed by %s: %d, want %d", c.starts, c.at, got, c.want)
		}
	}
}

func TestWhatIsValidLaterDoesNotEndWhatIsValidNow(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	publish := func(at string, rank int64, from string) {
		l.Add(domain.Ledger, at, domain.PriorityPublished{Consumer: "dispatch", Tier: "A", Rank: rank, ValidFrom: dossiertest.Time(from)})
	}
	publish("2026-01-01", 1, "2026-01-01")
	publish("2026-02-01", 2, "2026-06-01")
	publish("2026-02-02", 3, "2026-03-01")
	sameRanks(t, l, map[string][]int64{"2026-01-15": {1}, "2026-02-15": {1, 2, 3}, "2026-04-01": {2, 3}, "2026-07-01": {2}})
}

func TestAnObjectiveSetAgainHasItsNewWeight(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	l.Add(domain.Ledger, "2026-01-01", domain.ObjectiveSet{Person: "ceo", Measure: "nps", WeightPct: new(20.0)})
	l.Add(domain.Ledger, "2026-01-02", domain.ObjectiveSet{Person: "ceo", Measure: "otif", WeightPct: new(5.0)})
	l.Add(domain.Ledger, "2026-02-01", domain.ObjectiveSet{Person: "ceo", Measure: "nps", WeightPct: new(30.0)})
	if total, _ := overall(l, "2026-03-01"); *total.Managers[0].WeightPct != 35 || len(total.Managers[0].Measures) != 2 {
		t.Errorf("got %+v", total.Managers)
	}
}

func TestWhatAccountsDoForAnInitiativeCounts(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add(domain.Ledger, "2026-01-01", domain.InitiativeLaunched{Initiative: "closer", Name: "Closer", AudienceCount: new(int64(10))})
	l.Add("acme", "2026-01-09", domain.PlanCreated{Plan: "P-1", Initiative: "closer"})
	l.Add("beta", "2026-01-16", domain.TrainingCompleted{Person: "m.keller", Audience: "employee", Initiative: "closer"})
	total, _ := overall(l, "2026-01-20")
	if got := total.Initiatives[0]; !slices.Equal(got.Weeks, []int{0, 1, 1}) || got.TrainedCount != 1 || *got.TrainedPct != 10 {
		t.Errorf("got %+v", got)
	}
}

func TestTheFirst90DaysAreThoseOfTheRelationship(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme", Since: dossiertest.Time("2020-01-01")})
	l.Add("acme", "2026-01-02", domain.ComplaintRaised{Complaint: "C-1", Severity: 4})
	l.Add("beta", "2026-01-02", domain.ComplaintRaised{Complaint: "C-1", Severity: 4})
	for account, want := range map[domain.AccountID]int{"acme": 0, "beta": 1} {
		r := portfolio.About(l.Read(portfolio.New(), account, "2026-06-01", "2026-06-01"))
		if got := r.Onboarding.First90D.ComplaintCount; got != want {
			t.Errorf("%s since %v: %d complaints, want %d", account, r.Since, got, want)
		}
	}
}

func TestAnAccountsOwnProfileComesBeforeThatOfAccountsMergedIntoIt(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountClassified{TierNow: "A"})
	l.Add("acme", "2026-01-01", domain.AccountManagerAssigned{Person: "m.keller"})
	for _, part := range []domain.AccountID{"acme-north", "beta-north"} {
		l.Add(part, "2026-02-01", domain.AccountClassified{TierNow: "C"})
		l.Add(part, "2026-02-01", domain.AccountStageChanged{To: "trial"})
		l.Add(part, "2026-02-01", domain.AccountManagerAssigned{Person: "l.moreau"})
	}
	l.Add("acme-north", "2026-03-01", domain.AccountMerged{Into: "acme"})
	l.Add("beta-north", "2026-03-01", domain.AccountMerged{Into: "beta"})
	for account, want := range map[domain.AccountID][3]string{"acme": {"A", "trial", "m.keller"}, "beta": {"C", "trial", "l.moreau"}} {
		r := portfolio.About(l.Read(portfolio.New(), account, "2026-06-01", "2026-06-01"))
		if got := [3]string{r.Tier.TierNow, r.Stage, r.Manager}; got != want {
			t.Errorf("%s: tier, stage and manager %q, want %q", account, got, want)
		}
	}
}

func TestAnAccountsNameIsItsOwnIfItHasOne(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	opened := func(account domain.AccountID, at, name string) {
		l.Add(account, at, domain.AccountOpened{Name: name, Kind: "customer", Parent: domain.AccountID("of-" + name)})
	}
	opened("part-1", "2026-01-01", "older")
	opened("acme", "2026-01-02", "acme")
	opened("part-2", "2026-01-03", "younger")
	opened("beta-1", "2026-01-01", "first")
	opened("beta-2", "2026-01-02", "second")
	for part, whole := range map[domain.AccountID]domain.AccountID{"part-1": "acme", "part-2": "acme", "beta-1": "beta", "beta-2": "beta"} {
		l.Add(part, "2026-02-01", domain.AccountMerged{Into: whole})
	}
	for account, want := range map[domain.AccountID]string{"acme": "acme", "beta": "first"} {
		r := portfolio.About(l.Read(portfolio.New(), account, "2026-06-01", "2026-06-01"))
		if r.Name != want || r.Parent != "of-"+want {
			t.Errorf("%s is called %q and is part of %q, want %s", account, r.Name, r.Parent, want)
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
