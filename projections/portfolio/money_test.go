package portfolio_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/portfolio"
)

func TestEarningsAddUpThePeriodByCurrency(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	order := func(at string, value int64, currency string, cost *int64) {
		l.Add("acme", at, domain.OrderWon{Order: domain.ID(at), ValueMinor: value, Currency: currency, AcquisitionCostMinor: cost})
	}
	order("2026-01-31", 9000, "EUR", new(int64(900)))
	order("2026-02-01", 100, "EUR", new(int64(10)))
	order("2026-02-02", 20, "EUR", new(int64(5)))
	order("2026-02-03", 7, "USD", nil)
	for _, at := range []string{"2026-01-31", "2026-02-01", "2026-02-02"} {
		l.Add("acme", at, domain.CostCompared{Kind: "service_cost", OurMinor: 30, Currency: "EUR"})
		l.Add("acme", at, domain.CostCompared{Kind: "cost", OurMinor: 4, Currency: "EUR"})
		l.Add("acme", at, domain.PaymentReceived{AmountMinor: 70, Currency: "CHF"})
		l.Add("acme", at, domain.ReferralGiven{})
	}
	l.Add("acme", "2026-01-31", domain.PaymentLate{LateD: 90})
	l.Add("acme", "2026-02-01", domain.PaymentLate{LateD: 4})
	l.Add("acme", "2026-02-02", domain.PaymentLate{LateD: 7})
	l.Add("acme", "2026-02-02", domain.PaymentLate{LateD: 1})
	l.Add("acme", "2026-01-10", domain.AccountMarginMeasured{Period: "2026-01", MarginMinor: -5, CostToServeMinor: 80, Currency: "EUR"})
	l.Add("acme", "2026-02-10", domain.AccountMarginMeasured{Period: "2025-12", MarginMinor: 6, Currency: "USD"})
	l.Add("acme", "2026-02-11", domain.AccountMarginMeasured{Period: "2026-01", MarginMinor: 8, CostToServeMinor: 81, Currency: "EUR"})
	d := l.Read(portfolio.New(), "acme", "2026-03-01", "2026-03-01")
	d.From = dossiertest.Time("2026-02-01")
	dossiertest.Same(t, portfolio.About(d).Earnings, `{
		"margins":[
			{"period":"2026-01","margin_minor":8,"cost_to_serve_minor":81,"currency":"EUR","at":"2026-02-11T00:00:00Z","position":23},
			{"period":"2026-01","margin_minor":-5,"cost_to_serve_minor":80,"currency":"EUR","at":"2026-01-10T00:00:00Z","position":21},
			{"period":"2025-12","margin_minor":6,"cost_to_serve_minor":null,"currency":"USD","at":"2026-02-10T00:00:00Z","position":22}],
		"restructured":[],
		"orders":[{"amount_minor":120,"currency":"EUR"},{"amount_minor":7,"currency":"USD"}],"orders_count":3,
		"acquisition":[{"amount_minor":15,"currency":"EUR"}],"service":[{"amount_minor":60,"currency":"EUR"}],
		"received":[{"amount_minor":140,"currency":"CHF"}],"paid_count":2,"late_count":3,"late_mean_d":4,"referrals_count":2}`)
	d.From = dossiertest.Time("2026-02-20")
	if e := portfolio.About(d).Earnings; e.LateMeanD != nil || e.OrdersCount != 0 || len(e.Orders)+len(e.Acquisition)+len(e.Service)+len(e.Received) != 0 || len(e.Margins) != 3 {
		t.Errorf("since nothing occurred: %+v", e)
	}
}

func TestARestructuringShowsTheCostsMeasuredLast(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	margin := func(at string, margin, cost int64, currency string) {
		l.Add("acme", at, domain.AccountMarginMeasured{Period: at[:7], MarginMinor: margin, CostToServeMinor: cost, Currency: currency})
	}
	margin("2026-01-05", 11, 900, "EUR")
	margin("2026-01-20", 12, 0, "EUR") // nobody said the cost: 900 stays what was measured last
	l.Add("acme", "2026-02-01", domain.AccountRestructureAgreed{Measures: []string{"fewer visits"}, TargetCostMinor: new(int64(500)), Currency: "EUR"})
	margin("2026-02-05", 13, 800, "EUR")
	l.Add("acme", "2026-02-06", domain.AccountRestructured{Outcome: "cheaper"})
	margin("2026-02-06", 14, 400, "EUR")
	margin("2026-03-06", 15, 0, "EUR")
	margin("2026-03-07", 16, 300, "USD")
	l.Add("acme", "2026-04-01", domain.AccountRestructureAgreed{Measures: []string{"by parcel", "by phone"}})
	margin("2026-04-02", 17, 0, "CHF")
	r := about(l, "2026-06-01").Restructured
	dossiertest.Same(t, r, `[
		{"agreed_at":"2026-04-01T00:00:00Z","measures":["by parcel","by phone"],"target_cost_minor":null,"cost_before_minor":300,"cost_after_minor":null,
			"margin_before_minor":16,"margin_after_minor":null,"currency":"USD","satisfied_before_pct":null,"satisfied_after_pct":null,"position":9},
		{"agreed_at":"2026-02-01T00:00:00Z","done_at":"2026-02-06T00:00:00Z","measures":["fewer visits"],"target_cost_minor":500,"cost_before_minor":900,
			"cost_after_minor":400,"margin_before_minor":12,"margin_after_minor":15,"currency":"EUR","satisfied_before_pct":null,"satisfied_after_pct":null,
			"outcome":"cheaper","position":3}]`)
	margin("2026-03-20", 18, 0, "CHF")
	if got := about(l, "2026-06-01").Restructured[0]; got.Currency != "CHF" || *got.MarginBefore != 18 || got.CostBeforeMinor != nil {
		t.Errorf("dollars beside a margin in francs: %+v", got)
	}
}

func TestARenewalIsDueWhenItWasSaidLast(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	until := dossiertest.Time
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme", Until: until("2026-03-01")})
	l.Add("acme-north", "2026-01-05", domain.AccountOpened{Name: "Acme North"})
	l.Add("acme-south", "2026-01-05", domain.AccountOpened{Name: "Acme South", Until: until("2026-01-20")})
	l.Add("acme-north", "2026-01-06", domain.AccountMerged{Into: "acme"})
	l.Add("acme-south", "2026-01-06", domain.AccountMerged{Into: "acme"})
	l.Add("acme", "2026-04-01", domain.AccountRenewed{Until: until("2026-06-01")})
	l.Add("acme", "2026-06-02", domain.AccountNotRenewed{Reason: "price"})
	l.Add("acme", "2026-07-01", domain.AccountRenewed{Until: until("2026-12-01")})
	l.Add("acme", "2026-08-01", domain.AccountLost{Reason: "rival"})
	for at, want := range map[string]string{
		"2026-03-01": `{"due_at":"2026-03-01T00:00:00Z","overdue":false,"renewed_count":0,"not_renewed_count":0}`,
		"2026-03-02": `{"due_at":"2026-03-01T00:00:00Z","overdue":true,"renewed_count":0,"not_renewed_count":0}`,
		"2026-05-01": `{"due_at":"2026-06-01T00:00:00Z","overdue":false,"renewed_count":1,"not_renewed_count":0}`,
		"2026-06-30": `{"overdue":false,"renewed_count":1,"not_renewed_count":1,"reason":"price"}`,
		"2026-12-31": `{"overdue":false,"renewed_count":2,"not_renewed_count":1,"reason":"price"}`,
	} {
		dossiertest.Same(t, about(l, at).Renewal, want)
	}
	d := l.Read(portfolio.New(), "acme", "2026-07-31", "2026-12-31")
	d.From = until("2026-06-30")
	dossiertest.Same(t, portfolio.About(d).Renewal, `{"due_at":"2026-12-01T00:00:00Z","overdue":false,"renewed_count":1,"not_renewed_count":0,"reason":"price"}`)
}

func TestWhatIsMeasuredOfAPeriodAgainTakesItsPlace(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	margin := func(account domain.AccountID, at string, cost int64, currency string) {
		l.Add(account, at, domain.AccountMarginMeasured{Period: "2026-01", MarginMinor: cost, CostToServeMinor: cost, Currency: currency})
	}
	l.Add("acme", "2025-01-01", domain.AccountOpened{Name: "Acme"})
	margin("acme", "2026-02-01", 100, "EUR")
	margin("acme", "2026-03-01", 90, "EUR")
	margin("acme", "2026-03-01", 80, "EUR")
	margin("acme-north", "2026-02-01", 7, "EUR")
	l.Add("acme-north", "2026-02-02", domain.AccountMerged{Into: "acme"})
	total, rows := overall(l, "2026-06-01")
	dossiertest.Same(t, total.KeepMinor, `[{"amount_minor":87,"currency":"EUR"}]`)
	dossiertest.Same(t, portfolio.HalfYears(l.Read(portfolio.New(), "acme", "2026-06-01", "2026-06-01"))[0].CostToServe, `[{"amount_minor":87,"currency":"EUR"}]`)
	if *rows[0].CostToServe != 80 {
		t.Errorf("cost to serve %d, want 80: what was measured last", *rows[0].CostToServe)
	}
}

func TestWhatIsMeasuredWhenARestructuringIsAgreedIsFromBefore(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for at, cost := range map[string]int64{"2026-02-01": 900, "2026-02-01T00:01": 800} {
		l.Add("acme", at, domain.AccountMarginMeasured{Period: "2026-01", MarginMinor: 1, CostToServeMinor: cost, Currency: "EUR"})
	}
	l.Add("acme", "2026-02-01", domain.AccountRestructureAgreed{Measures: []string{"by parcel"}})
	if got := about(l, "2026-06-01").Restructured[0].CostBeforeMinor; got == nil || *got != 900 {
		t.Errorf("got %v, want 900", got)
	}
}
