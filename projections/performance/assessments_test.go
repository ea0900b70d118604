package performance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/performance"
)

func TestAnAssessmentIsBesideOurOwnNumberAndOthersScores(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	scored := func(score float64, peers ...float64) domain.AssessmentMade {
		a := domain.AssessmentMade{Assessor: "Kappa", Measure: "otif", OurScore: &score}
		for _, p := range peers {
			a.PeerScores = append(a.PeerScores, domain.PeerScore{Score: p})
		}
		return a
	}
	scale := func(a domain.AssessmentMade, worst, best float64) domain.AssessmentMade {
		a.ScaleMin, a.ScaleMax = &worst, &best
		return a
	}
	suppliers := published("us", "2026-Q1", 1)
	suppliers.Supplier = "polymers"
	l.Add(domain.Ledger, "2026-01-20", published("us", "2026-Q1", 92))
	l.Add("acme", "2026-01-02", published("us", "2026-Q1", 70)) // said anew
	quarter := l.Add("acme", "2026-01-03", published("us", "2026-Q1", 90))
	lately := l.Add("acme", "2026-01-04", published("us", "2025", 85))
	l.Add("acme", "2026-01-05", published("customer", "2026-Q1", 2))
	l.Add("acme", "2026-01-06", suppliers)
	parts := l.Add("acme", "2026-01-07", domain.FigurePublished{Measure: "ppm", Period: "2025", Value: 120, UOM: "ppm", By: "us"})

	service := l.Add(domain.Ledger, "2026-01-08", domain.FigurePublished{Measure: "service", Period: "2025", Value: 5, UOM: "points", By: "us"})

	whole := scale(scored(4, 3, 5, 4.5), 1, 5)
	whole.Independent, whole.Method, whole.Function, whole.Period, whole.SampleCount = true, "survey", "logistics", "2026-Q1", new(int64(40))
	whole.Standard, whole.Clause, whole.Result, whole.ReportSHA256 = "ISO 9001", "9.1.2", "minor_finding", "abc"
	of := map[string]domain.Position{}
	of["01-31"] = l.Add("acme", "2026-01-31", scored(1))
	of["02-01"] = l.Add("acme", "2026-02-01", whole)
	of["02-02"] = l.Add("acme", "2026-02-02", scale(scored(2, 3, 1.5, 2), 6, 1)) // 1 is the best
	of["02-03"] = l.Add("acme", "2026-02-03", domain.AssessmentMade{Assessor: "Lambda", Result: "conforming", PeerScores: []domain.PeerScore{{Score: 2}, {Score: 4}}})
	of["02-04"] = l.Add("acme", "2026-02-04", domain.AssessmentMade{Assessor: "Lambda", Measure: "ppm", OurScore: new(100.0)})
	general := scale(scored(88), 0, 100)
	general.Period = "2026-Q1"
	of["02-05"] = l.Add(domain.Ledger, "2026-02-05", general)

	of["02-06"] = l.Add("acme", "2026-02-06", domain.AssessmentMade{Assessor: "Lambda", Measure: "service", OurScore: new(7.0)})

	d := l.Read(performance.New(), "acme", "2026-02-28", "2026-12-31")
	d.From = dossiertest.Time("2026-02-01")
	var got []string
	for _, a := range performance.About(d).Assessments {
		own := map[domain.Position]string{quarter: "quarter", lately: "lately", parts: "parts", service: "service", 0: "none", 1: "whole"}[a.OwnPosition]
		got = append(got, fmt.Sprintf("%s %s %q general %v: %s, %s pct; own %s %s (%s), gap %s; place %d of %d, mean %s, best %s", day(a.At), a.Assessor, a.Measure, a.General,
			show(a.OurScore), show(a.OurPct), show(a.Own), a.OwnUOM, own, show(a.OwnGap), a.Place, a.PeerCount, show(a.PeerMean), show(a.PeerBest)))
		if a.Position != of[day(a.At)] {
			t.Errorf("that of %s is at %d, want %d", day(a.At), a.Position, of[day(a.At)])
		}
		audit := fmt.Sprint(a.Independent, a.Method, a.Function, a.Period, a.SampleCount != nil && *a.SampleCount == 40, a.Standard, a.Clause, a.Result, a.ReportSHA256)
		if want := fmt.Sprint(true, "survey", "logistics", "2026-Q1", true, "ISO 9001", "9.1.2", "minor_finding", "abc"); day(a.At) == "02-01" && audit != want {
			t.Errorf("got %s, want %s", audit, want)
		}
	}
	want := []string{
		`02-06 Lambda "service" general false: 7, unknown pct; own 5 points (service), gap 2; place 0 of 0, mean unknown, best unknown`,
		`02-05 Kappa "otif" general true: 88, 88 pct; own 92 pct (whole), gap -4; place 0 of 0, mean unknown, best unknown`,
		`02-04 Lambda "ppm" general false: 100, unknown pct; own 120 ppm (parts), gap -20; place 0 of 0, mean unknown, best unknown`,
		`02-03 Lambda "" general false: unknown, unknown pct; own unknown  (none), gap unknown; place 0 of 2, mean 3, best 4`,
		`02-02 Kappa "otif" general false: 2, 80 pct; own 85 pct (lately), gap -5; place 2 of 3, mean 2.167, best 1.5`,
		`02-01 Kappa "otif" general false: 4, 75 pct; own 90 pct (quarter), gap -15; place 3 of 3, mean 4.167, best 5`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestASupplierIsKnownByItsMissesAndByAllThatWasRecordedOfIt(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	missed := func(line domain.ID, supplier string) {
		l.Add("acme", "2026-02-01", domain.DeliveryMissed{Line: line, Supplier: supplier})
	}
	missed("1", "metals")
	missed("2", "metals")
	missed("3", "polymers")
	missed("4", "")
	suppliers := measured("us", "valve", "pcs", 2000, 3)
	suppliers.Supplier, suppliers.Period = "polymers", "2026-01"
	nothing := measured("us", "pump", "pcs", 0, 0)
	nothing.Supplier = "polymers"
	figure := published("supplier", "2025", 97)
	figure.Supplier = "polymers"
	var positions []domain.Position
	for i, e := range []domain.Event{
		suppliers, nothing, figure,
		domain.NonconformityOpened{Nonconformity: "N", Severity: 2, Supplier: "polymers", Product: "hose", QtyAffected: new(12.0), UOM: "m"},
		domain.TrainingCompleted{Person: "p", Audience: "supplier", Supplier: "polymers", Programme: "8D", ScorePct: new(80.0)},
		domain.TrainingCompleted{Person: "q", Audience: "supplier", Supplier: "polymers", Programme: "SPC"},
		domain.CertificateGranted{Scheme: "ISO 9001", Supplier: "polymers"},
		domain.CertificateExpired{Scheme: "ISO 14001", Supplier: "polymers"},
		domain.InvolvementStarted{Effort: "E", Party: "supplier", Kind: "design", Supplier: "polymers"},
	} {
		positions = append(positions, l.Add("acme", fmt.Sprintf("2026-01-%02d", i+2), e))
	}
	l.Add("acme", "2026-01-20", measured("us", "valve", "pcs", 10, 1)) // ours
	positions = append(positions, l.Add(domain.Ledger, "2026-01-05T12:00", domain.CertificateGranted{Scheme: "IATF", Supplier: "polymers"}))
	l.Add("acme", "2026-01-21", domain.CertificateGranted{Scheme: "ISO 9001", Supplier: "aside"})
	slices.Sort(positions)
	var got []string
	var where []domain.Position
	for _, s := range at(l).Suppliers {
		got = append(got, fmt.Sprintf("%s: %d missed, %d known", s.Supplier, s.MissCount, len(s.Evidence)))
		for _, e := range s.Evidence {
			if s.Supplier == "polymers" {
				got, where = append(got, fmt.Sprintf("%s %s %s: %s %s %s", day(e.At), e.Type, e.What, show(e.Value), e.UOM, e.Period)), append(where, e.Position)
			}
		}
	}
	want := []string{
		"metals: 2 missed, 0 known", "polymers: 1 missed, 10 known",
		"01-10 involvement.started design: unknown  ", "01-09 certificate.expired ISO 14001: unknown  ", "01-08 certificate.granted ISO 9001: unknown  ",
		"01-07 training.completed SPC: unknown  ", "01-06 training.completed 8D: 80 pct ", "01-05 certificate.granted IATF: unknown  ",
		"01-05 nonconformity.opened hose: 12 m ", "01-04 figure.published otif: 97 pct 2025", "01-03 quality.measured pump: unknown  ",
		"01-02 quality.measured valve: 1500 ppm 2026-01", "aside: 0 missed, 1 known",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	slices.Sort(where)
	if !slices.Equal(where, positions) {
		t.Errorf("evidence is at %v, want %v", where, positions)
	}
}
