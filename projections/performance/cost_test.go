package performance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

func TestCostsAreSharesOfWhatTheyAreComparedWith(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", domain.CostCompared{Subject: "pump", OurMinor: 90, ReferenceMinor: new(int64(100)), Currency: "EUR", Reference: "B", Period: "2026-01"})
	l.Add("acme", "2026-02-02", domain.CostCompared{Kind: "price", OurMinor: 310, ReferenceMinor: new(int64(300)), Currency: "EUR"})
	l.Add("acme", "2026-02-03", domain.CostCompared{OurMinor: 70, Currency: "EUR"})
	l.Add("acme", "2026-02-04", domain.CostCompared{Kind: "cost", OurMinor: 5, ReferenceMinor: new(int64(0)), Currency: "EUR"})
	l.Add("acme", "2026-02-05", domain.FreightPremiumPaid{AmountMinor: 40, Currency: "EUR", Payer: "us", Line: "L", Reason: "late"})
	l.Add("acme", "2026-02-06", domain.FreightPremiumPaid{AmountMinor: 2, Currency: "EUR", Payer: "us"})
	l.Add("acme", "2026-03-06", domain.FreightPremiumPaid{AmountMinor: 9, Currency: "EUR", Payer: "customer"})
	r := at(l)
	var got []string
	for _, c := range r.Cost.Compared {
		got = append(got, fmt.Sprintf("%s %s: %d of %d: %s in %d, alone %d", c.Kind, c.Currency, c.OurMinor, c.ReferenceMinor, show(c.OurPct), c.ComparedCount, c.AloneCount))
	}
	for _, c := range r.Compared {
		got = append(got, fmt.Sprintf("%s %s %q %q %q: %d is %s", c.Kind, c.Currency, c.Subject, c.Reference, c.Period, c.OurMinor, show(c.OurPct)))
	}
	for _, f := range r.Cost.Freight {
		got = append(got, fmt.Sprintf("%s %s: %d in %d", f.Payer, f.Currency, f.AmountMinor, f.PaidCount))
	}
	for _, f := range r.PremiumFreight {
		got = append(got, fmt.Sprintf("%s %s: %d %q %q", f.Payer, f.Currency, f.AmountMinor, f.Line, f.Reason))
	}
	want := []string{
		"cost EUR: 5 of 0: unknown in 1, alone 0", "price EUR: 400 of 400: 100 in 2, alone 1",
		`cost EUR "" "" "": 5 is unknown`, `price EUR "" "" "": 70 is unknown`, `price EUR "" "" "": 310 is 103.3`, `price EUR "pump" "B" "2026-01": 90 is 90`,
		"us EUR: 42 in 2", `us EUR: 2 "" ""`, `us EUR: 40 "L" "late"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}
