package performance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/performance"
)

func published(by, period string, value float64) domain.FigurePublished {
	return domain.FigurePublished{Measure: "otif", Period: period, Value: value, UOM: "pct", By: by}
}

func TestNumbersForTheSameAreSideBySideWithWhatTheEventsSay(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for i, day := range []string{"2026-01-10", "2026-01-11", "2026-02-10", "2026-02-11"} {
		line := domain.ID(fmt.Sprint(i))
		l.Add("acme", "2026-01-02", promised(line, "requested", "2026-01-10"))
		if i > 1 {
			l.Add("acme", "2026-01-03", promised(line, "first_confirmed", "2026-02-10"))
		}
		l.Add("acme", day, made(line, day))
	}
	l.Add("acme", "2026-02-12", published("us", "2026-01", 90))
	l.Add("acme", "2026-02-13", published("us", "2026-01", 80)) // it is as it is said last
	l.Add("acme", "2026-02-14", published("customer", "2026-01", 50))
	l.Add("acme", "2026-02-15", published("us", "2026-Q1", 70))
	l.Add("acme", "2026-02-16", published("us", "2025", 99))
	l.Add("acme", "2026-02-17", published("customer", "2025", 99))
	l.Add(domain.Ledger, "2026-02-18", published("third_party", "2026-01", 60))
	text := func() (got []string) {
		for _, f := range at(l).Figures {
			got = append(got, fmt.Sprintf("%s: ours %s theirs %s gap %s events %s: %s", f.Period, show(f.Ours), show(f.Customers), show(f.CustomerGap), show(f.Computed), f.State))
		}
		return got
	}
	want := []string{
		"2026-01: ours 80 theirs 50 gap 30 events 50: gap", "2025: ours 99 theirs 99 gap 0 events unknown: equal",
		"2026-Q1: ours 70 theirs unknown gap unknown events 50: alone",
	}
	if got := text(); !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	l.Add("acme", "2026-02-20", domain.FigureReconciled{Measure: "otif", Period: "2026-01", AgreedValue: 55, UOM: "pct"})
	if got := at(l).Figures; got[2].State != "reconciled" || show(got[2].Agreed) != "55" {
		t.Errorf("after it was agreed on: %+v", got)
	}
	whole, rows := total(l)
	if len(whole.Figures) != 1 || show(whole.Figures[0].ThirdPartys) != "60" || rows[0].FigureGapCount != 0 {
		t.Errorf("of all: %+v, rows %+v", whole.Figures, rows)
	}
}

func TestADisputeIsLostIfTheCustomerWasRight(t *testing.T) {
	t.Parallel()
	challenge := domain.PerformanceChallenged{Measure: "otif", Period: "2026-01", CustomerValue: new(90.0), OurValue: new(98.0), UOM: "pct", Complaint: "C"}
	disputed := domain.PerformanceAnswered{Measure: "otif", Period: "2026-01", Stance: "disputed"}
	agreed := func(value float64, right string) domain.FigureReconciled {
		return domain.FigureReconciled{Measure: "otif", Period: "2026-01", AgreedValue: value, UOM: "pct", Right: right}
	}
	for _, c := range []struct {
		about  string
		events []domain.Event
		want   string // rate of disputes, lost
	}{
		{"not answered", []domain.Event{challenge}, "unknown unknown"},
		{"accepted", []domain.Event{challenge, domain.PerformanceAnswered{Measure: "otif", Period: "2026-01", Stance: "accepted"}, agreed(90, "customer")}, "0 unknown"},
		{"disputed and open", []domain.Event{challenge, disputed}, "100 unknown"},
		{"disputed, and they were right", []domain.Event{challenge, disputed, agreed(90, "customer")}, "100 100"},
		{"disputed, and we were right", []domain.Event{challenge, disputed, agreed(98, "us")}, "100 0"},
		{"disputed, and they were nearer", []domain.Event{challenge, disputed, agreed(92, "")}, "100 100"},
		{"disputed with the complaint", []domain.Event{challenge, domain.ComplaintAnswered{Complaint: "C", Stance: "disputed"}, agreed(97, "")}, "100 0"},
		{"disputed, and accepted in the end", []domain.Event{challenge, disputed, domain.PerformanceAnswered{Measure: "otif", Period: "2026-01", Stance: "accepted"}, agreed(90, "customer")}, "100 100"},
		{"disputed, and a third party was right, nearer to them", []domain.Event{challenge, disputed, agreed(91, "third_party")}, "100 100"},
		{"disputed, and a third party was right, nearer to us", []domain.Event{challenge, disputed, agreed(97, "third_party")}, "100 0"},
		{"disputed, and we were right, though they were nearer", []domain.Event{challenge, disputed, agreed(91, "us")}, "100 0"},
		{"disputed, and they were right, though we were nearer", []domain.Event{challenge, disputed, agreed(97, "customer")}, "100 100"},
		{"disputed, and nobody said which numbers", []domain.Event{domain.PerformanceChallenged{Measure: "otif", Period: "2026-01", UOM: "pct"}, disputed, agreed(90, "")}, "100 0"},
		{"disputed, and nobody said our number", []domain.Event{domain.PerformanceChallenged{Measure: "otif", Period: "2026-01", CustomerValue: new(90.0), UOM: "pct"}, disputed, agreed(90, "")}, "100 0"},
		{"disputed, and in the middle", []domain.Event{challenge, disputed, agreed(94, "nobody")}, "100 0"},
		{"disputed, and agreed on in another unit", []domain.Event{challenge, disputed, domain.FigureReconciled{Measure: "otif", Period: "2026-01", AgreedValue: .9, UOM: "share"}}, "100 0"},
		{"disputed twice with one answer", []domain.Event{challenge, challenge, disputed}, "100 unknown"},
		{"the challenge was never made", []domain.Event{disputed, agreed(90, "customer")}, "unknown unknown"},
	} {
		l := dossiertest.New(t)
		for _, e := range c.events {
			l.Add("acme", "2026-02-01", e)
		}
		s := at(l).Disputes
		if got := show(s.DisputedPct) + " " + show(s.LostPct); got != c.want {
			t.Errorf("%s: got %s, want %s", c.about, got, c.want)
		}
	}
}

func TestAChallengeShowsBothNumbersAndWhatWasSaidToThem(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	answered := func(on string, stance string) {
		l.Add("acme", on, domain.ComplaintAnswered{Complaint: "C", Stance: stance})
	}
	answered("2026-01-31", "disputed") // before the period, and before the challenge
	l.Add("acme", "2026-02-01", domain.PerformanceChallenged{Measure: "otif", Period: "2026-01", CustomerValue: new(90.0), OurValue: new(98.0), UOM: "pct", Complaint: "C"})
	answered("2026-02-02", "disputed")
	answered("2026-02-03", "")
	answered("2026-02-04", "accepted")
	answered("2026-02-05", "explained")
	l.Add("acme", "2026-02-06", domain.FigureReconciled{Measure: "otif", Period: "2026-01", AgreedValue: 92, UOM: "pct", Right: "nobody"})
	l.Add("acme", "2026-02-07", domain.FigureReconciled{Measure: "otif", Period: "2026-01", AgreedValue: 9, UOM: "pct", Supplier: "polymers"})
	d := l.Read(performance.New(), "acme", "2026-02-28", "2026-12-31")
	d.From = dossiertest.Time("2026-02-01")
	r := performance.About(d)
	dossiertest.Same(t, r.Challenges, `[{"measure":"otif","period":"2026-01","at":"2026-02-01T00:00:00Z","customer_value":90,"our_value":98,"our_gap":8,"uom":"pct","stance":"explained",
		"answered_at":"2026-02-05T00:00:00Z","agreed":92,"right":"nobody","lost":true,"position":2,"positions":[2,3,5,6,7]}]`)
	dossiertest.Same(t, r.Disputes, `{"challenge_count":1,"answered_count":1,"disputed_count":1,"dispute_rate_pct":100,"settled_count":1,"lost_count":1,"lost_rate_pct":100,
		"complaint_answered_count":3,"complaint_disputed_count":1,"complaint_dispute_rate_pct":33.333333333333336}`)
}

// TestAChallengeMadeAgainIsAnsweredWithTheFirst: an answer names the number only, which may have been challenged more than once.
func TestAChallengeMadeAgainIsAnsweredWithTheFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	challenge := func(on string) {
		l.Add("acme", on, domain.PerformanceChallenged{Measure: "otif", Period: "2026-01"})
	}
	answer := func(on, stance string) {
		l.Add("acme", on, domain.PerformanceAnswered{Measure: "otif", Period: "2026-01", Stance: stance})
	}
	challenge("2026-02-01")
	challenge("2026-02-02")
	answer("2026-02-03", "explained")
	challenge("2026-02-04")
	answer("2026-02-05", "disputed")
	l.Add("acme", "2026-02-06", domain.FigureReconciled{Measure: "otif", Period: "2026-01", AgreedValue: 91, UOM: "pct", Right: "customer"})
	challenge("2026-02-07")
	var got []string
	for _, c := range at(l).Challenges {
		got = append(got, fmt.Sprintf("%s: %s on %s, agreed %s, lost %v, %v", day(c.At), c.Stance, day(c.AnsweredAt), show(c.Agreed), c.Lost, c.Positions))
	}
	want := []string{
		"02-07:  on -, agreed unknown, lost false, [7]", "02-04: disputed on 02-05, agreed 91, lost true, [4 5 6]",
		"02-02: explained on 02-03, agreed 91, lost false, [2 3 6]", "02-01: explained on 02-03, agreed 91, lost false, [1 3 6]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	s := at(l).Disputes
	dossiertest.Same(t, s, `{"challenge_count":4,"answered_count":3,"disputed_count":1,"dispute_rate_pct":33.333333333333336,"settled_count":1,"lost_count":1,"lost_rate_pct":100,
		"complaint_answered_count":0,"complaint_disputed_count":0,"complaint_dispute_rate_pct":null}`)
}

func TestPercentHasTwoNames(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	target := 95.0
	l.Add("acme", "2026-01-01", domain.ExpectationStated{Expectation: "X", Kind: "standard", Measure: "otif", Target: &target, UOM: "%"})
	l.Add("acme", "2026-01-02", promised("L", "requested", "2026-01-10"))
	l.Add("acme", "2026-01-10", made("L", "2026-01-10"))
	ours, theirs := published("us", "2026-01", 98), published("customer", "2026-01", 91)
	theirs.UOM = "%"
	l.Add("acme", "2026-02-01", ours)
	l.Add("acme", "2026-02-02", theirs)
	l.Add("acme", "2026-02-03", domain.AssessmentMade{Assessor: "Kappa", Measure: "otif", OurScore: new(4.0), ScaleMin: new(1.0), ScaleMax: new(5.0)})
	r := at(l)
	if f := r.Figures; len(f) != 1 || show(f[0].CustomerGap) != "7" || show(f[0].Computed) != "100" || f[0].UOM != "pct" {
		t.Errorf("figures %+v", f)
	}
	if len(r.Targets) != 1 || show(r.Targets[0].ReachedPct) != "100" {
		t.Errorf("targets %+v", r.Targets)
	}
	l.Add("acme", "2026-02-04", domain.FigurePublished{Measure: "otif", Period: "2026-02", Value: 90, UOM: "%", By: "us"})
	if a := at(l).Assessments[0]; show(a.OwnGap) != "-15" { // 4 is 75% of the way from 1 to 5
		t.Errorf("assessed %+v", a)
	}
	l.Add("acme", "2026-02-05", domain.FigureReconciled{Measure: "otif", Period: "2026-01", AgreedValue: 92, UOM: "%"})
	if f := at(l).Figures; f[1].State != "reconciled" {
		t.Errorf("agreed on: %+v", f)
	}
}

func TestNumbersThatDifferAgainAfterTheyWereAgreedOnAreAGap(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", published("us", "2026-01", 98))
	l.Add("acme", "2026-02-02", published("customer", "2026-01", 91))
	l.Add("acme", "2026-02-03", domain.FigureReconciled{Measure: "otif", Period: "2026-01", AgreedValue: 93, UOM: "pct"})
	for _, c := range []struct {
		by    string
		value float64
		want  string
	}{
		{"us", 93, "reconciled"}, {"customer", 93, "reconciled"}, {"customer", 90, "gap"}, {"us", 90, "reconciled"},
	} {
		l.Add("acme", "2026-02-04", published(c.by, "2026-01", c.value))
		if f := at(l).Figures; f[0].State != c.want || show(f[0].Agreed) != "93" {
			t.Errorf("%s by %s: got %+v, want %s", show(&c.value), c.by, f, c.want)
		}
	}
}

// TestNumbersOfAnAccountThatWasMergedIntoThisAreItsOwn: ours of the one is no gap to the customer's of the other.
func TestNumbersOfAnAccountThatWasMergedIntoThisAreItsOwn(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	challenge := domain.PerformanceChallenged{Measure: "otif", Period: "2026-01"}
	l.Add("acme", "2026-01-02", promised("L", "requested", "2026-01-10"))
	l.Add("acme", "2026-01-10", made("L", "2026-01-10"))
	for account, value := range map[domain.AccountID]float64{"acme": 98, "beta": 90} {
		l.Add(account, "2026-02-01", published("us", "2026-01", value))
		l.Add(account, "2026-02-02", published("customer", "2026-01", value))
		l.Add(account, "2026-02-03", challenge)
	}
	l.Add("beta", "2026-02-04", published("us", "2026-01", 91))
	l.Add("beta", "2026-02-05", domain.FigureReconciled{Measure: "otif", Period: "2026-01", AgreedValue: 91, UOM: "pct"})
	l.Add("beta", "2026-02-06", domain.PerformanceAnswered{Measure: "otif", Period: "2026-01", Stance: "explained"})
	l.Add("beta", "2026-02-10", domain.AccountMerged{Into: "acme"})
	r := at(l)
	var got []string
	for _, f := range r.Figures {
		got = append(got, fmt.Sprintf("%q: ours %s, theirs %s, events %s, agreed %s, %s", f.Account, show(f.Ours), show(f.Customers), show(f.Computed), show(f.Agreed), f.State))
	}
	want := []string{
		`"beta": ours 91, theirs 90, events unknown, agreed 91, reconciled`, `"": ours 98, theirs 98, events 100, agreed unknown, equal`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	if s := r.Disputes; s.ChallengeCount != 2 || s.AnsweredCount != 1 {
		t.Errorf("disputes %+v", s)
	}
}

// TestATargetHoldsUntilTheSamePartySetsAnother, or somebody says that another takes its place.
func TestATargetHoldsUntilTheSamePartySetsAnother(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	set := func(on, id, by string, replaces domain.ID, pct float64) {
		l.Add("acme", on, domain.ExpectationStated{Expectation: domain.ID(id), Kind: "standard", Measure: "otif", Target: &pct, UOM: "pct", By: by, Replaces: replaces})
	}
	set("2026-01-01", "theirs", "customer", "", 95)
	set("2026-01-10", "ours", "us", "", 98)
	set("2026-01-20", "new", "customer", "", 90)
	set("2026-02-01", "joint", "third_party", "ours", 97)
	l.Add("acme", "2026-01-02", promised("L", "requested", "2026-01-15"))
	l.Add("acme", "2026-01-15", made("L", "2026-01-15"))
	l.Add("acme", "2026-01-02", promised("M", "requested", "2026-01-20"))
	l.Add("acme", "2026-01-25", made("M", "2026-01-25"))
	var got []string
	for _, x := range at(l).Targets {
		met := "unknown"
		if x.Met != nil {
			met = fmt.Sprint(*x.Met)
		}
		got = append(got, fmt.Sprintf("%s by %s: %s to %s, %s of %v in %d, met %s", x.Expectation, x.By, day(x.From), day(x.Until), show(x.ReachedPct), x.TargetPct, x.LineCount, met))
	}
	want := []string{
		"theirs by customer: 01-01 to 01-20, 100 of 95 in 1, met true", "ours by us: 01-10 to 02-01, 50 of 98 in 2, met false",
		"new by customer: 01-20 to -, 0 of 90 in 1, met false", "joint by third_party: 02-01 to -, unknown of 97 in 0, met unknown",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestClaimsAreAgainstWhatWasShippedAndUnitsAreNotAddedUp(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	ship := func(line domain.ID, product string, qty float64, uom string) {
		l.Add("acme", "2026-02-01", domain.DeliveryMade{Line: line, DeliveredAt: dossiertest.Time("2026-02-01"), Product: product, Qty: &qty, UOM: uom})
	}
	claim := func(id domain.ID, product, serial string) {
		l.Add("acme", "2026-02-02", domain.WarrantyClaimed{Claim: id, Product: product, Serial: serial, FailureCode: string(id)})
	}
	ship("1", "pump", 400, "pcs")
	ship("2", "pump", 100, "pcs")
	ship("3", "oil", 10, "kg")
	claim("a", "pump", "7")
	claim("b", "pump", "7")
	claim("c", "oil", "")
	claim("d", "hose", "")
	r := at(l)
	var got []string
	for _, p := range append(r.Warranty.Products, r.Warranty.Claims) {
		got = append(got, fmt.Sprintf("%s %d %s %d", p.Product, p.ClaimCount, show(p.ClaimsPer1000), p.RepeatFailedCount))
	}
	if want := []string{"hose 1 unknown 0", "oil 1 100 0", "pump 2 4 1", " 4 unknown 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if f := r.RepeatFailures; len(f) != 1 || f[0].Serial != "7" || f[0].SameCode {
		t.Errorf("repeated: %+v", f)
	}
}

func TestATargetIsHeldAgainstWhatWasDueWhileItHeld(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	target := func(id domain.ID, pct float64) domain.ExpectationStated {
		return domain.ExpectationStated{Expectation: id, Kind: "standard", Measure: "on_time", Target: &pct, UOM: "pct"}
	}
	l.Add("acme", "2026-01-01", target("high", 98))
	l.Add("acme", "2026-01-02", promised("1", "requested", "2026-01-10"))
	l.Add("acme", "2026-01-02", promised("2", "requested", "2026-02-10"))
	l.Add("acme", "2026-01-11", made("1", "2026-01-11"))
	l.Add("acme", "2026-02-01", target("low", 90))
	l.Add("acme", "2026-02-10", made("2", "2026-02-10"))
	got := at(l).Targets
	if len(got) != 2 || *got[0].Met || !*got[1].Met || got[0].Until.IsZero() || show(got[1].ReachedPct) != "100" {
		t.Errorf("got %+v", got)
	}
}

// TestAllAccountsAreTogetherAndTheWorstFirst: by lines missed and not excused, then by what is not known.
func TestAllAccountsAreTogetherAndTheWorstFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add(domain.Ledger, "2026-01-01", domain.PolicyChanged{Name: "ours", Measures: []domain.MeasureDefinition{{Measure: "on_time", Version: measure.OnTimeWindow1}}})
	l.Add(domain.Ledger, "2026-02-01", published("us", "2026-01", 90))
	l.Add(domain.Ledger, "2026-02-01", domain.AssessmentMade{Assessor: "Kappa", Measure: "otif", OurScore: new(90.0), ScaleMin: new(0.0), ScaleMax: new(100.0)})
	miss := func(account domain.AccountID, line domain.ID) {
		l.Add(account, "2026-01-02", promised(line, "requested", "2026-01-10"))
		l.Add(account, "2026-01-10", domain.DeliveryMissed{Line: line})
	}
	miss("acme", "1")
	miss("acme", "2")
	l.Add("acme", "2026-01-11", excused("2"))
	miss("beta", "1")
	l.Add("beta", "2026-01-12", domain.ImpactUnknownDeclared{Kind: "loss", Line: "1", Reason: "too early"})
	miss("ceta", "1")
	miss("ceta", "2")
	l.Add("delta", "2026-01-02", domain.AccountOpened{Name: "Delta"})
	whole, rows := total(l)
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s %d-%d %d", r.Account, r.NotOTIFCount, r.ExcusedCount, r.UnknownCount))
	}
	if want := []string{"ceta 2-0 0", "beta 1-0 1", "acme 2-1 0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if d := whole.Delivery; d.OnTimeRule != measure.OnTimeWindow1 || d.Lines.LineCount != 5 || d.Lines.ExcusedCount != 1 {
		t.Errorf("all lines are %+v by %s", d.Lines, d.OnTimeRule)
	}
	if f := whole.Figures; len(f) != 1 || f[0].Account != "" || show(f[0].Computed) != "0" || show(f[0].ComputedGap) != "90" {
		t.Errorf("figures %+v", f)
	}
	if a := whole.Assessments; len(a) != 1 || show(a[0].OwnGap) != "0" {
		t.Errorf("assessments %+v", a)
	}
	if h := at(l).Heading; h.Account != "acme" || !h.At.Equal(dossiertest.Time("2026-02-28")) {
		t.Errorf("heading %+v", h)
	}
	if whole, rows := total(dossiertest.New(t)); whole.Delivery.OnTimeRule != measure.OnTimeBy1 || len(rows) != 0 {
		t.Errorf("of nothing: %+v, %+v", whole.Delivery, rows)
	}
}
