package portfolio_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/portfolio"
)

// overallSince is about the period that begins then.
func overallSince(l *dossiertest.Ledger, from, at string) (portfolio.Total, []portfolio.Row) {
	return dossiertest.OverallIn(l, portfolio.New(), dossiertest.Span(from, at, at), portfolio.Overall)
}

func TestAllAccountsAreCountedByTierKindAndStage(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for account, kind := range map[domain.AccountID]string{"acme": "customer", "beta": "customer", "ceta": "partner"} {
		l.Add(account, "2026-01-01", domain.AccountOpened{Name: "N", Kind: kind})
	}
	for account, stage := range map[domain.AccountID]string{"acme": "sole", "beta": "approved", "ceta": "approved"} {
		l.Add(account, "2026-01-02", domain.AccountStageChanged{To: stage})
	}
	both := []string{"sales", "quality"}
	l.Add("acme", "2026-02-01", domain.AccountClassified{TierNow: "B", Context: "crisis", Functions: both})
	l.Add("acme", "2026-08-01", domain.AccountClassified{TierNow: "A", TierFuture: "A", Context: "crisis", Functions: both})
	l.Add("beta", "2026-07-01", domain.AccountClassified{TierNow: "A", Context: "planned", Functions: both})
	l.Add("beta", "2026-09-01", domain.AccountClassified{TierNow: "C", TierFuture: "A", Context: "planned", Functions: []string{"sales"}})
	l.Add("delta", "2026-12-31", domain.AccountClassified{TierNow: "A"})
	l.Add("echo", "2026-01-01", domain.AccountClassified{TierNow: "D"})
	for _, account := range []domain.AccountID{"acme", "ceta"} {
		l.Add(account, "2026-01-03", domain.AccountManagerAssigned{Person: "m.keller"})
		l.Add(account, "2026-01-04", domain.AccountSponsorAppointed{Person: "ceo"})
	}
	total, rows := overallSince(l, "2026-07-01", "2026-12-31")
	got := fmt.Sprint(total.AccountsCount, total.Tiers, total.FutureTiers, total.Kinds, total.Stages)
	if want := "5 [{A 2} {C 1} {D 1} { 1}] [{A 2} { 3}] [{customer 2} {partner 1} { 2}] [{approved 2} {sole 1} { 2}]"; got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	got = fmt.Sprintf("%d unclassified, %d by one function, %d future keys, %d decisions, %v %% in a crisis, %d unmanaged, %v %% sponsored",
		total.UnclassifiedCount, total.OneFunctionCount, total.FutureKeyCount, total.DecisionsCount, *total.CrisisPct, total.UnmanagedCount, *total.SponsoredPct)
	if want := "1 unclassified, 1 by one function, 1 future keys, 4 decisions, 25 % in a crisis, 3 unmanaged, 50 % sponsored"; got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	var order []domain.AccountID
	for _, r := range rows {
		order = append(order, r.Account)
	}
	if want := []domain.AccountID{"acme", "delta", "beta", "echo", "ceta"}; !slices.Equal(order, want) {
		t.Errorf("key accounts first, unclassified ones last: %q, want %q", order, want)
	}
}

func TestKeepingAndWinningIsOfThePeriod(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	renewed := func(account domain.AccountID, at string) { l.Add(account, at, domain.AccountRenewed{}) }
	renewed("acme", "2026-06-30")
	renewed("acme", "2026-08-01")
	renewed("ceta", "2026-07-01")
	renewed("ceta", "2026-07-02")
	l.Add("acme", "2026-06-01", domain.AccountNotRenewed{Reason: "price"})
	l.Add("beta", "2026-09-01", domain.AccountNotRenewed{Reason: "price"})
	margin := func(account domain.AccountID, at string, cost int64, currency string) {
		l.Add(account, at, domain.AccountMarginMeasured{Period: at[:7], MarginMinor: 1, CostToServeMinor: cost, Currency: currency})
	}
	margin("acme", "2026-06-30", 9000, "EUR")
	margin("acme", "2026-07-01", 100, "EUR")
	margin("beta", "2026-08-01", 50, "EUR")
	margin("beta", "2026-08-01", 7, "USD")
	margin("beta", "2026-08-01", 0, "CHF") // nobody said it
	order := func(account domain.AccountID, at string, cost *int64, currency string) {
		l.Add(account, at, domain.OrderWon{Order: "O", ValueMinor: 1000, Currency: currency, AcquisitionCostMinor: cost})
	}
	order("acme", "2026-06-30", new(int64(9000)), "EUR")
	order("acme", "2026-07-01", new(int64(30)), "EUR")
	order("beta", "2026-08-03", new(int64(4)), "EUR")
	order("beta", "2026-08-03", nil, "CHF")
	order("beta", "2026-08-03", new(int64(0)), "USD")
	total, _ := overallSince(l, "2026-07-01", "2026-12-31")
	if total.RenewedCount != 3 || total.NotRenewedCount != 1 || *total.RetentionPct != 75 {
		t.Errorf("renewed %d, not %d: %v %%", total.RenewedCount, total.NotRenewedCount, *total.RetentionPct)
	}
	dossiertest.Same(t, total.KeepMinor, `[{"amount_minor":150,"currency":"EUR"},{"amount_minor":7,"currency":"USD"}]`)
	dossiertest.Same(t, total.WinMinor, `[{"amount_minor":34,"currency":"EUR"},{"amount_minor":0,"currency":"USD"}]`)
	if total, _ := overallSince(l, "2026-12-01", "2026-12-31"); total.RetentionPct != nil || len(total.KeepMinor)+len(total.WinMinor) != 0 {
		t.Errorf("of none: %+v", total)
	}
}

func TestOverridesSayWhetherAKeyAccountHadToWait(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountClassified{TierNow: "A"})
	l.Add("beta", "2026-01-01", domain.AccountClassified{TierNow: "B"})
	l.Add("delta", "2026-01-01", domain.AccountClassified{TierNow: "A"})
	l.Add("delta-old", "2026-01-01", domain.AccountMerged{Into: "delta"})
	first := func(account domain.AccountID, at, context string, waited ...domain.AccountID) {
		l.Add(account, at, domain.PriorityOverridden{
			Order: "O-9", Consumer: "dispatch", Resource: "press", Reason: "rush", Approver: "coo", Context: context, Accounts: waited,
		})
	}
	first("beta", "2026-06-30", "crisis", "acme")              // before the period
	first("delta-old", "2026-07-01", "", "acme")               // tier A waits for tier A
	first("acme", "2026-08-10", "planned", "delta")            // again
	first("beta", "2026-08-11", "crisis", "ceta", "delta-old") // tier A waits
	first("beta", "2026-08-12", "crisis", "ceta")              // nobody of tier A
	first("ceta", "2026-09-01", "", "acme")                    // tier A waits
	total, _ := overallSince(l, "2026-07-01", "2026-12-31")
	if total.KeyWaitedCount != 2 || *total.PressurePct != 40 {
		t.Errorf("key accounts waited %d times, want 2; %v %% under pressure, want 40", total.KeyWaitedCount, *total.PressurePct)
	}
	rest := `"consumer":"dispatch","resource":"press","reason":"rush","approver":"coo"`
	dossiertest.Same(t, total.Overrides, `[
		{"account":"ceta","at":"2026-09-01T00:00:00Z","order":"O-9",`+rest+`,"accounts":["acme"],"position":10},
		{"account":"beta","at":"2026-08-12T00:00:00Z","order":"O-9",`+rest+`,"context":"crisis","accounts":["ceta"],"position":9},
		{"account":"beta","at":"2026-08-11T00:00:00Z","order":"O-9",`+rest+`,"context":"crisis","accounts":["ceta","delta-old"],"position":8},
		{"account":"acme","at":"2026-08-10T00:00:00Z","order":"O-9",`+rest+`,"context":"planned","accounts":["delta"],"position":7},
		{"account":"delta","at":"2026-07-01T00:00:00Z","order":"delta-old/O-9",`+rest+`,"accounts":["acme"],"position":6}]`)
	if total, _ := overallSince(l, "2026-12-01", "2026-12-31"); total.PressurePct != nil || len(total.Overrides) != 0 {
		t.Errorf("of none: %+v", total)
	}
}

func TestLossesAreThoseOfThePeriodTheLastFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-06-30", domain.AccountLost{Reason: "before it"})
	l.Add("beta", "2026-07-01", domain.AccountLost{Reason: "price"})
	l.Add("ceta", "2026-11-01", domain.AccountLost{Reason: "service"})
	l.Add("delta", "2026-10-01", domain.AccountLost{Reason: "merger"})
	l.Add("echo", "2026-10-01", domain.OrderWon{Order: "O", ValueMinor: 1, Currency: "EUR"})
	total, rows := overallSince(l, "2026-07-01", "2026-12-31")
	var got []string
	for _, loss := range total.Losses {
		got = append(got, string(loss.Account)+": "+loss.Reason)
	}
	if want := []string{"ceta: service", "delta: merger", "beta: price"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, r := range rows {
		if r.Lost != (r.Account != "echo") {
			t.Errorf("%s is lost: %v", r.Account, r.Lost)
		}
	}
}

func TestARowShowsTheAccountAsItStands(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme", Kind: "customer", Until: dossiertest.Time("2027-06-01")})
	l.Add("acme", "2026-01-01", domain.AccountClassified{TierNow: "D", TierFuture: "B", Functions: []string{"sales"}})
	l.Add("acme", "2026-01-01", domain.AccountStageChanged{To: "trial"})
	l.Add("acme", "2026-12-01", domain.AccountManagerAssigned{Person: "l.moreau"})
	l.Add("acme", "2026-12-10", domain.AccountManagerReleased{Person: "l.moreau"})
	l.Add("acme", "2026-12-13", domain.AccountManagerAssigned{Person: "m.keller"})
	l.Add("acme", "2026-01-01", domain.AccountSponsorAppointed{Person: "ceo"})
	l.Add("acme", "2026-11-01", domain.AccountMarginMeasured{Period: "2026-10", MarginMinor: 100, CostToServeMinor: 40, Currency: "EUR"})
	l.Add("acme", "2026-12-01", domain.AccountMarginMeasured{Period: "2026-09", MarginMinor: 9, CostToServeMinor: 8, Currency: "USD"})
	l.Add("acme", "2026-12-01", domain.PaymentLate{LateD: 3})
	l.Add("acme", "2026-12-01", domain.AccountFactLearned{Category: "thinking", Statement: "they grow"})
	// The half years to 31 December begin after 4 July and after 5 January.
	for at, value := range map[string]int64{"2026-12-31": 1, "2026-07-05": 2, "2026-07-04": 40, "2026-01-06": 80, "2026-01-05": 700} {
		l.Add("acme", at, domain.OrderWon{Order: domain.ID(at), ValueMinor: value, Currency: "EUR"})
	}
	// Those of scores begin with 5 January and 4 July.
	for at, score := range map[string]float64{"2026-01-04": 1, "2026-01-05": 5, "2026-07-03": 3, "2026-07-04": 1} {
		l.Add("acme", at, domain.SurveyAnswered{Instrument: "csat", Score: score, ScaleMin: 1, ScaleMax: 5})
	}
	l.Add("beta", "2026-01-01", domain.AccountManagerReleased{Person: "nobody"})
	_, rows := overall(l, "2026-12-31")
	dossiertest.Same(t, rows, `[
		{"account":"acme","name":"Acme","kind":"customer","tier_now":"D","tier_future":"B","stage":"trial","manager":"m.keller","sponsor":"ceo","gap_d":3,
			"one_function":true,"future_key":true,"margin_minor":100,"cost_to_serve_minor":40,"currency":"EUR","renewal_due_at":"2027-06-01T00:00:00Z",
			"late_count":1,"sales":[{"amount_minor":3,"currency":"EUR"}],"sales_before":[{"amount_minor":120,"currency":"EUR"}],"satisfied_pct":75,
			"lost":false,"knowledge_gaps_count":4},
		{"account":"beta","gap_d":0,"one_function":false,"future_key":false,"margin_minor":null,"cost_to_serve_minor":null,"late_count":0,
			"sales":[],"sales_before":[],"satisfied_pct":null,"lost":false,"knowledge_gaps_count":5}]`)
}

func TestWhoHadToWaitIsAKeyAccountByTheTierOfTheTime(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountClassified{TierNow: "A"})
	l.Add("beta", "2026-01-01", domain.AccountClassified{TierNow: "B"})
	l.Add("beta", "2026-02-01", domain.PriorityOverridden{Reason: "rush", Approver: "coo", Accounts: []domain.AccountID{"acme"}}) // A waits for B
	l.Add("acme", "2026-03-01", domain.AccountClassified{TierNow: "C"})
	l.Add("beta", "2026-03-02", domain.PriorityOverridden{Reason: "rush", Approver: "coo", Accounts: []domain.AccountID{"acme"}}) // C waits for B
	l.Add("beta", "2026-04-01", domain.AccountClassified{TierNow: "A"})
	l.Add("acme", "2026-04-02", domain.PriorityOverridden{Reason: "rush", Approver: "coo", Accounts: []domain.AccountID{"beta"}}) // A waits for C
	if total, _ := overall(l, "2026-05-01"); total.KeyWaitedCount != 2 {
		t.Errorf("key accounts waited %d times, want 2", total.KeyWaitedCount)
	}
}

func TestOneFunctionSaidTwiceIsOne(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountClassified{TierNow: "A", Functions: []string{"sales", "sales"}})
	if total, _ := overall(l, "2026-02-01"); total.OneFunctionCount != 1 {
		t.Errorf("%d accounts by one function, want 1", total.OneFunctionCount)
	}
}
