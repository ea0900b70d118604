package performance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/performance"
)

func measured(by, product, uom string, inspected, bad float64) domain.QualityMeasured {
	return domain.QualityMeasured{By: by, Product: product, UOM: uom, InspectedQty: inspected, NonconformingQty: bad}
}

func TestPartsPerMillionAreByWhoMeasuredAndUnit(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", measured("us", "valve", "pcs", 1000, 1))
	l.Add("acme", "2026-02-02", measured("us", "pump", "pcs", 3000, 7))
	l.Add("acme", "2026-02-03", measured("", "pump", "pcs", 1000, 2))
	l.Add("acme", "2026-02-04", measured("customer", "pump", "kg", 100, 1))
	l.Add("acme", "2026-02-05", measured("third_party", "pump", "m", 0, 0))
	suppliers := measured("us", "pump", "pcs", 10, 10)
	suppliers.Supplier = "S"
	l.Add("acme", "2026-02-06", suppliers)
	q := at(l).Quality
	var got []string
	for _, p := range append(q.Measured, q.Products...) {
		got = append(got, fmt.Sprintf("%s/%s/%s: %s, %v of %v in %d", p.MeasuredBy, p.Product, p.UOM, show(p.PPM), p.NonconformingQty, p.InspectedQty, p.MeasuredCount))
	}
	want := []string{
		"//pcs: 2000, 2 of 1000 in 1", "customer//kg: 1e+04, 1 of 100 in 1", "third_party//m: unknown, 0 of 0 in 1", "us//pcs: 2000, 8 of 4000 in 2",
		"/pump/pcs: 2000, 2 of 1000 in 1", "customer/pump/kg: 1e+04, 1 of 100 in 1", "third_party/pump/m: unknown, 0 of 0 in 1",
		"us/pump/pcs: 2333, 7 of 3000 in 1", "us/valve/pcs: 1000, 1 of 1000 in 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	l.Add("acme", "2026-02-07", measured("us", "pump", "pcs", 5000, 40))
	if _, rows := total(l); show(rows[0].PPM) != "5000" {
		t.Errorf("what we measured in one unit is %s ppm", show(rows[0].PPM))
	}
	l.Add("acme", "2026-02-08", measured("us", "oil", "l", 100, 1))
	if _, rows := total(l); rows[0].PPM != nil {
		t.Errorf("what we measured in two units is %s ppm", show(rows[0].PPM))
	}
}

func TestReturnsAndWorkAreByProductAndKind(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for i, r := range []domain.ReturnReceived{
		{Product: "pump", UOM: "pcs", Qty: new(2.0)}, {Product: "pump", UOM: "pcs", Qty: new(3.0)}, {Product: "pump", UOM: "pcs"}, {Product: "valve"},
	} {
		r.Return = domain.ID(fmt.Sprint(i))
		l.Add("acme", "2026-02-01", r)
	}
	l.Add("acme", "2026-02-02", domain.ReturnAnalysed{Return: "0", NoFaultFound: true})
	l.Add("acme", "2026-02-03", domain.ReturnAnalysed{Return: "1", NoFaultFound: true})
	l.Add("acme", "2026-02-04", domain.ReturnAnalysed{Return: "1"}) // the last analysis counts
	l.Add("acme", "2026-02-04", domain.ReturnAnalysed{Return: "never"})
	for i, j := range []domain.JobCompleted{
		{Kind: "repair", FirstTimeRight: true}, {Kind: "repair", ReworkH: new(1.5)}, {Kind: "repair", ReworkH: new(2.0)},
		{Kind: "invoice"}, {Kind: "visit", FirstTimeRight: true},
	} {
		j.Job = domain.ID(fmt.Sprint(i))
		l.Add("acme", "2026-02-05", j)
	}
	q := at(l).Quality
	var got []string
	for _, r := range q.Returns {
		got = append(got, fmt.Sprintf("%s/%s: %d of %s, %d of %d faultless: %s", r.Product, r.UOM, r.ReturnCount, show(r.Qty), r.NoFaultFoundCount, r.AnalysedCount, show(r.NoFaultFoundPct)))
	}
	for _, w := range append([]performance.Work{q.Work}, q.Kinds...) {
		got = append(got, fmt.Sprintf("%s: %d of %d right: %s, %s again", w.Kind, w.RightCount, w.JobCount, show(w.FirstTimeRightPct), show(w.ReworkH)))
	}
	want := []string{
		"pump/pcs: 3 of 5, 1 of 2 faultless: 50", "valve/: 1 of unknown, 0 of 0 faultless: unknown",
		": 2 of 5 right: 40, 3.5 again", "invoice: 0 of 1 right: 0, unknown again", "repair: 1 of 3 right: 33.33, 3.5 again", "visit: 1 of 1 right: 100, 0 again",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}
