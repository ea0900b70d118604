package portfolio_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/portfolio"
)

// Back from 31 December 2026, half years of 180 days begin on 4 July, 5 January and 9 July 2025.

func TestHalfYearsAddUpWhatTheAccountBrought(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	order := func(at string, value int64, currency string) {
		l.Add("acme", at, domain.OrderWon{Order: domain.ID(at), ValueMinor: value, Currency: currency})
	}
	order("2025-07-09", 9000, "EUR") // when the first begins: it had occurred before
	order("2026-01-05", 100, "EUR")  // up to the end of the first
	order("2026-01-06", 40, "EUR")
	order("2026-01-07", 2, "EUR")
	order("2026-07-04", 7, "USD")
	for _, at := range []string{"2025-07-09", "2026-02-01", "2026-03-01"} {
		l.Add("acme", at, domain.AccountMarginMeasured{Period: at[:7], MarginMinor: 1, CostToServeMinor: 250, Currency: "EUR"})
		l.Add("acme", at, domain.AccountMarginMeasured{Period: at[:7], MarginMinor: 1, Currency: "CHF"}) // nobody said the cost
		l.Add("acme", at, domain.CostCompared{Kind: "service_cost", OurMinor: 20, Currency: "EUR"})
		l.Add("acme", at, domain.CostCompared{Kind: "cost", OurMinor: 99, Currency: "EUR"})
		l.Add("acme", at, domain.ReferralGiven{})
	}
	l.Add("acme", "2026-08-01", domain.AccountMarginMeasured{Period: "2026-07", MarginMinor: 1, CostToServeMinor: 9, Currency: "CHF"})
	l.Add("acme", "2026-08-02", domain.AccountLost{Reason: "price"})
	l.Add("acme", "2027-01-01", domain.ReferralGiven{}) // after the last ends
	d := l.Read(portfolio.New(), "acme", "2027-02-01", "2027-02-01")
	d.At = dossiertest.Time("2026-12-31")
	dossiertest.Same(t, portfolio.HalfYears(d), `[
		{"from":"2026-07-04T00:00:00Z","until":"2026-12-31T00:00:00Z","orders_count":0,"orders":[],"referrals_count":0,"lost":true,
			"cost_to_serve":[{"amount_minor":9,"currency":"CHF"}],"service":[]},
		{"from":"2026-01-05T00:00:00Z","until":"2026-07-04T00:00:00Z","orders_count":3,
			"orders":[{"amount_minor":42,"currency":"EUR"},{"amount_minor":7,"currency":"USD"}],"referrals_count":2,"lost":false,
			"cost_to_serve":[{"amount_minor":500,"currency":"EUR"}],"service":[{"amount_minor":40,"currency":"EUR"}]},
		{"from":"2025-07-09T00:00:00Z","until":"2026-01-05T00:00:00Z","orders_count":1,"orders":[{"amount_minor":100,"currency":"EUR"}],
			"referrals_count":0,"lost":false,"cost_to_serve":[],"service":[]}]`)
	for from, want := range map[string]int{"2025-07-10": 2, "2026-01-05": 2, "2026-01-06": 1, "2026-07-05": 0} {
		if d.From = dossiertest.Time(from); len(portfolio.HalfYears(d)) != want {
			t.Errorf("since %s: %d half years, want %d", from, len(portfolio.HalfYears(d)), want)
		}
	}
}

func TestHalfYearsThatBeganWhileTheAccountWasLostAreLeftOut(t *testing.T) {
	t.Parallel()
	type given struct {
		at   string
		what domain.Event
	}
	lost, renewed := domain.AccountLost{Reason: "price"}, domain.AccountRenewed{}
	order := domain.OrderWon{Order: "O", ValueMinor: 1, Currency: "EUR"}
	for name, c := range map[string]struct {
		given []given
		want  string // where each begins, and whether the account was lost in it
	}{
		"lost for good":                  {[]given{{"2025-08-01", lost}}, "2025-07-09 lost "},
		"lost when one began":            {[]given{{"2026-01-05", lost}}, "2025-07-09 lost "},
		"lost and back in the same":      {[]given{{"2025-08-01", lost}, {"2025-09-01", order}}, "2026-07-04 2026-01-05 2025-07-09 lost "},
		"back by an order":               {[]given{{"2025-08-01", lost}, {"2026-03-01", order}}, "2026-07-04 2025-07-09 lost "},
		"back by a renewal":              {[]given{{"2025-08-01", lost}, {"2026-03-01", renewed}}, "2026-07-04 2025-07-09 lost "},
		"back, and lost again":           {[]given{{"2025-08-01", lost}, {"2026-03-01", renewed}, {"2026-08-01", lost}}, "2026-07-04 lost 2025-07-09 lost "},
		"back and lost again in the one": {[]given{{"2025-08-01", lost}, {"2026-08-01", order}, {"2026-09-01", lost}}, "2025-07-09 lost "},
	} {
		l := dossiertest.New(t)
		l.Add("acme", "2025-07-09", domain.AccountOpened{Name: "Acme"})
		for _, g := range c.given {
			l.Add("acme", g.at, g.what)
		}
		got := ""
		for _, h := range portfolio.HalfYears(l.Read(portfolio.New(), "acme", "2026-12-31", "2026-12-31")) {
			if got += h.From.Format("2006-01-02 "); h.Lost {
				got += "lost "
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestHalfYearsGoBackTenYears(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2001-01-01", domain.AccountOpened{Name: "Acme"})
	all := portfolio.HalfYears(l.Read(portfolio.New(), "acme", "2026-12-31", "2026-12-31"))
	if want := dossiertest.Time("2026-12-31").AddDate(0, 0, -20*180); len(all) != 20 || !all[19].From.Equal(want) {
		t.Errorf("%d half years, the first of which begins at %v; want 20 since %v", len(all), all[len(all)-1].From, want)
	}
	if all := portfolio.HalfYears(l.Read(portfolio.New(), "acme", "2000-12-31", "2026-12-31")); len(all) != 0 {
		t.Errorf("before anything had occurred: %+v", all)
	}
}
