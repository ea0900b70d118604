package performance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// counted is what was delivered, measured and done in January and February 2026, and some of the years before.
func counted(t testing.TB) *dossiertest.Ledger {
	l := dossiertest.New(t)
	ok := new(true)
	l.Add("acme", "2026-01-02", promised("A", "requested", "2026-01-10"))
	l.Add("acme", "2026-01-02", promised("B", "requested", "2026-01-12"))
	l.Add("acme", "2026-01-02", promised("C", "requested", "2026-02-10"))
	l.Add("acme", "2026-01-10", checked(made("A", "2026-01-10"), ok, ok))
	l.Add("acme", "2026-01-13", checked(made("B", "2026-01-13"), ok, ok))
	l.Add("acme", "2026-01-14", excused("B"))
	l.Add("acme", "2026-02-10", checked(made("C", "2026-02-10"), new(false), ok))
	for i, on := range []string{"2026-01-10", "2026-01-11", "2026-02-10"} {
		l.Add("acme", on, domain.JobCompleted{Job: domain.ID(fmt.Sprint(i)), FirstTimeRight: i != 1})
	}
	of := func(period string, m domain.QualityMeasured) domain.QualityMeasured {
		m.Period = period
		return m
	}
	suppliers := measured("us", "", "pcs", 10, 10)
	suppliers.Supplier = "polymers"
	l.Add("acme", "2026-01-15", measured("us", "", "pcs", 1000, 2))
	for _, m := range []domain.QualityMeasured{
		measured("", "", "pcs", 1000, 4), measured("customer", "", "pcs", 100, 50), suppliers, of("2026-01", measured("us", "", "pcs", 2000, 1)),
		of("2025-12", measured("us", "", "pcs", 10, 1)), of("2025-12", measured("us", "", "kg", 10, 1)), of("2024-Q3", measured("us", "", "pcs", 1000, 3)),
	} {
		l.Add("acme", "2026-02-01", m)
	}
	return l
}

func TestAPublishedNumberIsBesideWhatTheEventsSayOfItsPeriod(t *testing.T) {
	t.Parallel()
	l := counted(t)
	type number struct{ measure, period, uom string }
	want := map[number]string{
		{"ppm", "2026-01", "ppm"}:              "1000", // 2 of 1000 in January, and 1 of 2000 that was of January
		{"ppm", "2026-02", "ppm"}:              "4000",
		{"ppm", "2026-Q1", "ppm"}:              "1750",
		{"ppm", "2026", "ppm"}:                 "1750",
		{"ppm", "2025-12", "ppm"}:              "unknown", // in two units
		{"ppm", "2024-Q3", "ppm"}:              "3000",
		{"ppm", "2024", "ppm"}:                 "3000",
		{"ppm", "2024-07", "ppm"}:              "unknown",
		{"ppm", "2026-01", "pct"}:              "unknown",
		{"on_time", "2026-01", "pct"}:          "50",
		{"on_time", "2026-01", "ppm"}:          "unknown",
		{"in_full", "2026-02", "pct"}:          "100",
		{"otif", "2026-Q1", "pct"}:             "66.67",
		{"otif_excused", "2026-01", "pct"}:     "100",
		{"perfect_order", "2026-01", "pct"}:    "50",
		{"perfect_order", "2026-02", "pct"}:    "0",
		{"perfect_order", "2026", "pct"}:       "33.33",
		{"first_time_right", "2026-01", "pct"}: "50",
		{"first_time_right", "2026", "pct"}:    "66.67",
		{"first_time_right", "2025", "pct"}:    "unknown",
		{"complaints", "2026-01", "pct"}:       "unknown",
	}
	for n := range want {
		l.Add("acme", "2026-02-20", domain.FigurePublished{Measure: n.measure, Period: n.period, Value: 900, UOM: n.uom, By: "us"})
	}
	figures := at(l).Figures
	for _, f := range figures {
		n := number{f.Measure, f.Period, f.UOM}
		if got := show(f.Computed); got != want[n] || f.State != "alone" || show(f.Ours) != "900" || (f.ComputedGap == nil) != (f.Computed == nil) {
			t.Errorf("%v: events say %s, want %s; ours is %s, %s", n, got, want[n], show(f.Ours), f.State)
		}
		if (n == number{"ppm", "2026-01", "ppm"}) && show(f.ComputedGap) != "-100" {
			t.Errorf("%v: ours less the events is %s", n, show(f.ComputedGap))
		}
	}
	if len(figures) != len(want) {
		t.Errorf("%d figures of %d", len(figures), len(want))
	}
}

func TestNumbersAreByWhoPublishedThemLast(t *testing.T) {
	t.Parallel()
	l := counted(t)
	of := func(supplier, by string, value float64) domain.FigurePublished {
		f := published(by, "2026-02", value)
		f.Supplier = supplier
		return f
	}
	l.Add("acme", "2026-02-20", of("", "us", 80))
	positions := []domain.Position{
		l.Add("acme", "2026-02-21", of("", "customer", 70)), l.Add("acme", "2026-02-22", of("", "third_party", 75)), l.Add("acme", "2026-02-23", of("", "us", 90)),
	}
	l.Add("acme", "2026-02-11", of("polymers", "supplier", 97))
	l.Add("acme", "2026-02-12", of("polymers", "us", 96))
	text := func() (got []string) {
		for _, f := range at(l).Figures {
			got = append(got, fmt.Sprintf("%s %s %s of %q: ours %s, customer's %s (%s), third party's %s (%s), supplier's %s, events %s (%s), %s, agreed %s by %q, last %s",
				f.Measure, f.Period, f.UOM, f.Supplier, show(f.Ours), show(f.Customers), show(f.CustomerGap), show(f.ThirdPartys), show(f.ThirdPartyGap), show(f.Suppliers),
				show(f.Computed), show(f.ComputedGap), f.State, show(f.Agreed), f.Right, day(f.LastPublishedAt)))
			if f.Supplier == "" && !slices.Equal(f.Positions, positions) {
				t.Errorf("positions are %v, want %v", f.Positions, positions)
			}
		}
		return got
	}
	ours := `otif 2026-02 pct of "": ours 90, customer's 70 (20), third party's 75 (15), supplier's unknown, events 100 (-10), `
	theirs := `otif 2026-02 pct of "polymers": ours 96, customer's unknown (unknown), third party's unknown (unknown), supplier's 97, events unknown (unknown), gap, agreed unknown by "", last 02-12`
	if got, want := text(), []string{ours + `gap, agreed unknown by "", last 02-23`, theirs}; !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	positions = append(positions, l.Add("acme", "2026-02-24", domain.FigureReconciled{Measure: "otif", Period: "2026-02", AgreedValue: 72, UOM: "pct", Right: "customer"}))
	if got, want := text(), []string{theirs, ours + `reconciled, agreed 72 by "customer", last 02-23`}; !slices.Equal(got, want) {
		t.Errorf("once it was agreed on: got\n%q, want\n%q", got, want)
	}
}
