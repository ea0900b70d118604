package performance_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/performance"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
)

// at is the report about acme at the end of February 2026, with all that was recorded.
func at(l *dossiertest.Ledger) performance.Report {
	return about(l, "acme")
}

func promised(line domain.ID, basis, due string) domain.DeliveryPromised {
	return domain.DeliveryPromised{Line: line, Basis: basis, PromisedAt: dossiertest.Time(due)}
}

func quantity(p domain.DeliveryPromised, qty, tolerance float64) domain.DeliveryPromised {
	p.Qty, p.UOM, p.TolerancePct = &qty, "pcs", &tolerance
	return p
}

func made(line domain.ID, on string) domain.DeliveryMade {
	return domain.DeliveryMade{Line: line, DeliveredAt: dossiertest.Time(on)}
}

func pieces(m domain.DeliveryMade, qty float64) domain.DeliveryMade {
	m.Qty, m.UOM = &qty, "pcs"
	return m
}

func show(p *float64) string {
	if p == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.4g", *p)
}

func TestALineIsHeldAgainstWhatWasPromisedOfIt(t *testing.T) {
	t.Parallel()
	hundred := quantity(promised("L", "requested", "2026-02-10"), 100, 5)
	short := func(qty float64) domain.DeliveryMissed {
		return domain.DeliveryMissed{Line: "L", ShortQty: &qty, UOM: "pcs"}
	}
	window := domain.PolicyChanged{Name: "ours", Measures: []domain.MeasureDefinition{{Measure: "on_time", Version: measure.OnTimeWindow1}}}
	for _, c := range []struct {
		about  string
		events []domain.Event
		want   string // lines, on time, in full, both, both with excuses
	}{
		{"on time", []domain.Event{promised("L", "requested", "2026-02-10"), made("L", "2026-02-10")}, "1: 100 100 100 100"},
		{"late", []domain.Event{promised("L", "requested", "2026-02-10"), made("L", "2026-02-10T00:01")}, "1: 0 100 0 0"},
		{"late and excused", []domain.Event{promised("L", "requested", "2026-02-10"), made("L", "2026-02-11"), domain.DeliveryExcused{Line: "L", Code: "flood", By: "jane"}}, "1: 0 100 0 100"},
		{"against the date confirmed first, whatever was confirmed later",
			[]domain.Event{promised("L", "requested", "2026-02-01"), promised("L", "first_confirmed", "2026-02-10"), promised("L", "reconfirmed", "2026-02-20"), made("L", "2026-02-15")}, "1: 0 100 0 0"},
		{"early", []domain.Event{promised("L", "requested", "2026-02-10"), made("L", "2026-02-08")}, "1: 100 100 100 100"},
		{"early where that is a miss", []domain.Event{window, promised("L", "requested", "2026-02-10"), made("L", "2026-02-08")}, "1: 0 100 0 0"},
		{"within tolerance", []domain.Event{hundred, pieces(made("L", "2026-02-10"), 95)}, "1: 100 100 100 100"},
		{"short, but on time", []domain.Event{hundred, pieces(made("L", "2026-02-10"), 94)}, "1: 100 0 0 0"},
		{"in full with the second part", []domain.Event{hundred, pieces(made("L", "2026-02-09"), 50), pieces(made("L", "2026-02-12"), 50)}, "1: 0 100 0 0"},
		{"a part that was not needed any more", []domain.Event{hundred, pieces(made("L", "2026-02-09"), 96), pieces(made("L", "2026-02-12"), 4)}, "1: 100 100 100 100"},
		{"a later date keeps the quantity", []domain.Event{hundred, promised("L", "first_confirmed", "2026-02-12"), pieces(made("L", "2026-02-12"), 94)}, "1: 100 0 0 0"},
		{"and the tolerance", []domain.Event{hundred, promised("L", "first_confirmed", "2026-02-12"), pieces(made("L", "2026-02-12"), 96)}, "1: 100 100 100 100"},
		{"in parts that were told of the other way round", []domain.Event{hundred, pieces(made("L", "2026-02-12"), 50), pieces(made("L", "2026-02-09"), 50)}, "1: 0 100 0 0"},
		{"nobody says how many came", []domain.Event{hundred, made("L", "2026-02-10")}, "1: 100 unknown unknown unknown"},
		{"nobody says how many came, but it was late", []domain.Event{hundred, made("L", "2026-02-11")}, "1: 0 unknown 0 0"},
		{"a miss says how many lack", []domain.Event{hundred, made("L", "2026-02-10"), short(20)}, "1: 100 0 0 0"},
		{"what lacks is within tolerance", []domain.Event{hundred, made("L", "2026-02-10"), short(5)}, "1: 100 unknown unknown unknown"},
		{"a miss, and nothing came", []domain.Event{hundred, domain.DeliveryMissed{Line: "L"}}, "1: 0 0 0 0"},
		{"a miss says only how late it was", []domain.Event{hundred, domain.DeliveryMissed{Line: "L", LateMin: new(60.0)}}, "1: 0 unknown 0 0"},
		{"a miss says only how many lack", []domain.Event{hundred, short(20)}, "1: unknown 0 0 0"},
		{"a miss says that it was late and nothing lacks", []domain.Event{hundred, domain.DeliveryMissed{Line: "L", LateMin: new(60.0), ShortQty: new(0.0), UOM: "pcs"}}, "1: 0 100 0 0"},
		{"a miss says that it was late and what lacks is within tolerance", []domain.Event{hundred, domain.DeliveryMissed{Line: "L", LateMin: new(60.0), ShortQty: new(5.0), UOM: "pcs"}}, "1: 0 100 0 0"},
		{"a miss says that it was not late and how many lack", []domain.Event{hundred, domain.DeliveryMissed{Line: "L", LateMin: new(0.0), ShortQty: new(6.0), UOM: "pcs"}}, "1: 100 0 0 0"},
		{"two misses say how late and how many lack", []domain.Event{hundred, short(20), domain.DeliveryMissed{Line: "L", LateMin: new(60.0)}}, "1: 0 0 0 0"},
		{"a miss that says neither late nor short", []domain.Event{hundred, domain.DeliveryMissed{Line: "L", LateMin: new(0.0), ShortQty: new(0.0), UOM: "pcs"}}, "1: 0 0 0 0"},
		{"a miss foretold", []domain.Event{promised("L", "requested", "2026-03-10"), domain.DeliveryMissed{Line: "L"}}, "1: 0 0 0 0"},
		{"a miss says how many lack of what nobody had promised how many", []domain.Event{promised("L", "requested", "2026-02-10"), made("L", "2026-02-10"), short(5)}, "1: 100 0 0 0"},
		{"a miss says that half a piece lacks", []domain.Event{promised("L", "requested", "2026-02-10"), short(0.5)}, "1: unknown 0 0 0"},
		{"what lacks is in another unit than the tolerance", []domain.Event{hundred, made("L", "2026-02-10"), domain.DeliveryMissed{Line: "L", ShortQty: new(3.0), UOM: "boxes"}}, "1: 100 0 0 0"},
		{"what came is in another unit", []domain.Event{hundred, domain.DeliveryMade{Line: "L", DeliveredAt: dossiertest.Time("2026-02-10"), Qty: new(100.0), UOM: "boxes"}}, "1: 100 unknown unknown unknown"},
		{"past its time without a word", []domain.Event{hundred}, "1: unknown unknown unknown unknown"},
		{"not due", []domain.Event{promised("L", "requested", "2026-03-10")}, "0: unknown unknown unknown unknown"},
		{"not due and only a part of it here", []domain.Event{quantity(promised("L", "requested", "2026-03-10"), 100, 0), pieces(made("L", "2026-02-10"), 50)}, "0: unknown unknown unknown unknown"},
		{"not due and here", []domain.Event{promised("L", "requested", "2026-03-10"), made("L", "2026-02-10")}, "1: 100 100 100 100"},
		{"never promised", []domain.Event{made("L", "2026-02-10")}, "0: unknown unknown unknown unknown"},
	} {
		l := dossiertest.New(t)
		for _, e := range c.events {
			account := domain.AccountID("acme")
			if _, ok := e.(domain.PolicyChanged); ok {
				account = domain.Ledger
			}
			l.Add(account, "2026-02-01", e)
		}
		got := at(l).Delivery.Lines
		text := fmt.Sprintf("%d: %s %s %s %s", got.LineCount, show(got.OnTimePct), show(got.InFullPct), show(got.OTIFPct), show(got.OTIFExcusedPct))
		if text != c.want {
			t.Errorf("%s: got %s, want %s", c.about, text, c.want)
		}
	}
}

func TestAllVariantsComeFromOneHistory(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, p := range []struct{ basis, due, leaves string }{
		{"requested", "2026-02-05", "2026-02-03"}, {"first_confirmed", "2026-02-10", "2026-02-08"}, {"reconfirmed", "2026-02-20", "2026-02-11"},
	} {
		e := promised("L", p.basis, p.due)
		e.DepartureAt = dossiertest.Time(p.leaves)
		l.Add("acme", "2026-01-10", e)
	}
	m := made("L", "2026-02-15")
	m.DepartedAt = dossiertest.Time("2026-02-08")
	l.Add("acme", "2026-02-15", m)
	var got []string
	for _, v := range at(l).Delivery.Variants {
		got = append(got, v.Place+" "+v.Basis+" "+show(v.OTIFPct))
	}
	want := []string{
		"customer requested 0", "customer first_confirmed 0", "customer last_confirmed 100",
		"departure requested 0", "departure first_confirmed 100", "departure last_confirmed 100",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	l = dossiertest.New(t)
	l.Add("acme", "2026-01-10", promised("L", "first_confirmed", "2026-02-10"))
	if last := at(l).Delivery.Variants[2]; last.LineCount != 1 {
		t.Errorf("what was confirmed once was confirmed last, too: %+v", last)
	}
}

// TestALineOfWhichOnlyAMissWasToldIsOfItsDueDate, and may have left us in time.
func TestALineOfWhichOnlyAMissWasToldIsOfItsDueDate(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	p := promised("L", "requested", "2026-01-31")
	p.DepartureAt = dossiertest.Time("2026-01-30")
	l.Add("acme", "2026-01-10", p)
	l.Add("acme", "2026-01-31", domain.DeliveryMissed{Line: "L"})
	if v := at(l).Delivery.Variants[3]; v.Place != "departure" || v.OnTimePct != nil || show(v.InFullPct) != "0" {
		t.Errorf("from us: %+v", v)
	}
	d := l.Read(performance.New(), "acme", "2026-02-28", "2026-12-31")
	d.From = dossiertest.Time("2026-02-01")
	if n := performance.About(d).Delivery.Lines.LineCount; n != 0 {
		t.Errorf("%d lines in February, the line was due in January", n)
	}
}

func TestThePeriodAndBothClocksBoundWhatCounts(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-02", promised("before", "requested", "2026-01-10"))
	l.Add("acme", "2026-01-20", made("before", "2026-01-20"))
	first := l.Add("acme", "2026-02-01", promised("L", "requested", "2026-02-10"))
	l.Add("acme", "2026-02-12", made("L", "2026-02-12"))
	l.Until("2026-02-20")
	l.Correct(first, promised("L", "requested", "2026-02-12"), "")
	l.Until("2026-03-20")
	gone := l.Add("acme", "2026-02-15", promised("other", "requested", "2026-02-16"))
	l.Add("acme", "2026-02-17", domain.DeliveryMissed{Line: "other"})
	l.Until("2026-03-21")
	l.Retract(gone)
	lines := func(from, knownAt string) string {
		d := l.Read(performance.New(), "acme", "2026-02-28", knownAt)
		if from != "" {
			d.From = dossiertest.Time(from)
		}
		r := performance.About(d)
		return fmt.Sprintf("%d %s %d", r.Delivery.Lines.LineCount, show(r.Delivery.Lines.OTIFPct), len(r.Misses))
	}
	for _, c := range []struct{ about, from, knownAt, want string }{
		{"all of it", "", "2026-02-19", "2 0 2"},
		{"from February", "2026-02-01", "2026-02-19", "1 0 1"},
		{"after the correction", "2026-02-01", "2026-02-20", "1 100 0"},
		{"with a line told of later", "2026-02-01", "2026-03-20", "2 50 1"},
		{"a miss whose promise was retracted is no line, and stays a miss", "2026-02-01", "2026-03-21", "1 100 1"},
	} {
		if got := lines(c.from, c.knownAt); got != c.want {
			t.Errorf("%s: got %s, want %s", c.about, got, c.want)
		}
	}
}

func TestAMissSaysWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	hundred := quantity(promised("L", "requested", "2026-02-10"), 100, 0)
	for _, c := range []struct {
		about  string
		events []domain.Event
		want   string // minutes late, short by
	}{
		{"late and in full", []domain.Event{hundred, pieces(made("L", "2026-02-11"), 100)}, "1440 0"},
		{"on time and short", []domain.Event{hundred, pieces(made("L", "2026-02-10"), 80)}, "0 20"},
		{"as the miss says", []domain.Event{hundred, domain.DeliveryMissed{Line: "L", LateMin: new(30.0), ShortQty: new(5.0), UOM: "pcs"}}, "30 5"},
		{"less than one", []domain.Event{domain.DeliveryMissed{Line: "L", ShortQty: new(0.5), UOM: "t"}}, "unknown 0.5"},
		{"nobody says", []domain.Event{domain.DeliveryMissed{Line: "L"}}, "unknown unknown"},
	} {
		l := dossiertest.New(t)
		for _, e := range c.events {
			l.Add("acme", "2026-02-01", e)
		}
		m := at(l).Misses
		if len(m) != 1 {
			t.Fatalf("%s: %+v", c.about, m)
		}
		if got := show(m[0].LateMin) + " " + show(m[0].ShortQty); got != c.want {
			t.Errorf("%s: got %s, want %s", c.about, got, c.want)
		}
	}
}

func TestLinesOfMergedAccountsAreTheirOwn(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-02", promised("L", "requested", "2026-02-10"))
	l.Add("beta", "2026-01-02", promised("L", "requested", "2026-02-10"))
	l.Add("acme", "2026-02-09", made("L", "2026-02-09"))
	l.Add("beta", "2026-02-11", made("L", "2026-02-11"))
	l.Add("beta", "2026-02-12", domain.AccountMerged{Into: "acme"})
	r := at(l)
	if r.Delivery.Lines.LineCount != 2 || show(r.Delivery.Lines.OTIFPct) != "50" || len(r.Misses) != 1 || r.Misses[0].Line != "beta/L" {
		t.Errorf("got %+v and misses %+v", r.Delivery.Lines, r.Misses)
	}
}

func TestAnAccountOfWhichNothingIsKnownHasNoFigure(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-02", domain.AccountOpened{Name: "Acme"})
	r := at(l)
	for name, p := range map[string]*float64{
		"otif": r.Delivery.Lines.OTIFPct, "perfect": r.Delivery.Perfect.PerfectPct, "first time right": r.Quality.Work.FirstTimeRightPct,
		"claims": r.Warranty.Claims.ClaimsPer1000, "idle": r.Effects.Idle.PersonH, "disputed": r.Disputes.DisputedPct,
	} {
		if p != nil {
			t.Errorf("%s is %v", name, *p)
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for name, value := range all {
		if value == nil {
			t.Errorf("%s is null", name)
		}
	}
	for _, list := range []string{"variants", "trend", "measured", "products", "returns", "kinds", "costs", "failures", "compared", "premium_freight",
		"penalties", "penalty_causes", "idle_modes", "losses"} {
		if strings.Contains(string(text), fmt.Sprintf(`"%s":null`, list)) {
			t.Errorf("%s is null", list)
		}
	}
}

// TestTheOrderOfRecordingMakesNoDifference: what happened on days of their own is the same
// whoever told of it first.
func TestTheOrderOfRecordingMakesNoDifference(t *testing.T) {
	t.Parallel()
	type told struct {
		on string
		domain.Event
	}
	short := domain.DeliveryMissed{Line: "A", ShortQty: new(10.0), UOM: "pcs"}
	all := []told{
		{"2026-01-02", quantity(promised("A", "requested", "2026-02-01"), 100, 0)}, {"2026-01-03", promised("A", "first_confirmed", "2026-02-03")},
		{"2026-01-04", promised("A", "reconfirmed", "2026-02-09")}, {"2026-02-02", pieces(made("A", "2026-02-02"), 90)}, {"2026-02-03", short},
		{"2026-02-08", pieces(made("A", "2026-02-08"), 10)}, {"2026-02-09", domain.DeliveryExcused{Line: "A", Code: "flood", By: "jane"}},
		{"2026-02-10", domain.ImpactUnknownDeclared{Kind: "idle", Line: "A", Reason: "they do not count"}},
		{"2026-02-11", domain.ImpactIdleReported{PeopleCount: 4, HoursH: 2, Line: "A"}},
	}
	answer := func(order []told) string {
		l := dossiertest.New(t)
		l.Until("2026-02-28")
		for _, e := range order {
			l.Add("acme", e.on, e.Event)
		}
		r := at(l)
		e := r.Effects
		return fmt.Sprintf("%d %d %d %s %d", r.Delivery.Lines.OTIFCount, r.Delivery.Variants[2].OTIFCount, r.Delivery.Lines.ExcusedCount, show(e.Idle.PersonH), e.Unknown.UnknownCount)
	}
	want := answer(all)
	if want != "0 1 1 8 0" {
		t.Fatalf("got %s", want)
	}
	shuffled := rand.New(rand.NewPCG(1, 1))
	for range 10 {
		shuffled.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if got := answer(all); got != want {
			t.Fatalf("got %s, want %s, in the order %+v", got, want, all)
		}
	}
}

func TestRowsDoNotDependOnBatches(t *testing.T) {
	t.Parallel()
	projectiontest.Run(t, performance.New(), harm(t).Records())
}

// total is all accounts at the end of February 2026.
func total(l *dossiertest.Ledger) (performance.Total, []performance.Row) {
	span := dossier.Span{At: dossiertest.Time("2026-02-28"), KnownAt: dossiertest.Time("2026-12-31")}
	return dossiertest.OverallIn(l, performance.New(), span, performance.Overall)
}

func about(l *dossiertest.Ledger, account domain.AccountID) performance.Report {
	return performance.About(l.Read(performance.New(), account, "2026-02-28", "2026-12-31"))
}
