package promises_test

import (
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/promises"
)

func about(l *dossiertest.Ledger, at string) promises.Report {
	return promises.About(l.Read(promises.New(), "acme", at, at))
}

func stated(id domain.ID, kind string) domain.ExpectationStated {
	return domain.ExpectationStated{
		Expectation: id, Kind: kind, Statement: "three days", Measure: "lead time", Target: new(3.0), UOM: "d", Direction: "at_most",
	}
}

func TestAnExpectationIsMetByWhatTheCustomerSaysBeforeWhatWeSay(t *testing.T) {
	t.Parallel()
	ours := domain.ExpectationValidated{Expectation: "X-1", Met: "met", By: "us"}
	theirs := domain.ExpectationValidated{Expectation: "X-1", Met: "below", By: "customer"}
	for _, c := range []struct {
		about  string
		events []domain.Event
		want   string
	}{
		{"nothing was found", nil, "unknown"},
		{"the last value meets the target", []domain.Event{domain.ExpectationMeasured{Expectation: "X-1", Value: 4}, domain.ExpectationMeasured{Expectation: "X-1", Value: 3}}, "met"},
		{"the last value misses it", []domain.Event{domain.ExpectationMeasured{Expectation: "X-1", Value: 3}, domain.ExpectationMeasured{Expectation: "X-1", Value: 4}}, "unmet"},
		{"a value in another unit says nothing", []domain.Event{domain.ExpectationMeasured{Expectation: "X-1", Value: 50, UOM: "h"}}, "unknown"},
		{"whoever measured said so", []domain.Event{domain.ExpectationMeasured{Expectation: "X-1", Value: 9, Met: new(true)}}, "met"},
		{"we found so", []domain.Event{domain.ExpectationMeasured{Expectation: "X-1", Value: 9}, ours}, "met"},
		{"the customer found otherwise before", []domain.Event{theirs, ours}, "unmet"},
	} {
		l := dossiertest.New(t)
		l.Add("acme", "2026-01-02", stated("X-1", "requirement"))
		for _, e := range c.events {
			l.Add("acme", "2026-02-01", e)
		}
		if got := about(l, "2026-03-01").Expectations[0].State; got != c.want {
			t.Errorf("%s: %s, want %s", c.about, got, c.want)
		}
	}
}

func TestAValueInPercentIsHeldAgainstATargetInPercent(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	percent := stated("X-1", "requirement")
	percent.UOM = "%"
	l.Add("acme", "2026-01-02", percent)
	l.Add("acme", "2026-01-03", domain.ExpectationMeasured{Expectation: "X-1", Value: 4, UOM: "pct"})
	if got := about(l, "2026-03-01").Expectations[0].State; got != "unmet" { // 3 at most
		t.Errorf("4 pct against 3 %% at most: %s", got)
	}
}

func TestAGoalIsAtRiskWhenItIsMissedOrNearWithoutOurHelp(t *testing.T) {
	t.Parallel()
	goal := stated("G-1", "goal")
	goal.DueAt = dossiertest.Time("2026-06-01")
	for at, want := range map[string]bool{"2026-04-01": false, "2026-05-15": true} {
		l := dossiertest.New(t)
		l.Add("acme", "2026-01-02", goal)
		if got := about(l, at).Expectations[0].AtRisk; got != want {
			t.Errorf("without help at %s: %v, want %v", at, got, want)
		}
		l.Add("acme", "2026-02-02", domain.ValueShared{Kind: "contribution", Expectation: "G-1"})
		if about(l, at).Expectations[0].AtRisk {
			t.Errorf("with help at %s: at risk", at)
		}
	}
}

func TestAReplacedExpectationCountsNoMore(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-02", stated("X-1", "goal"))
	l.Add("acme", "2026-01-02", domain.ExpectationMeasured{Expectation: "X-1", Value: 9})
	next := stated("X-2", "requirement")
	next.Replaces = "X-1"
	l.Add("acme", "2026-01-03", next)
	r := about(l, "2026-03-01")
	if r.Expected.StatedCount != 1 || r.Expected.GoalCount != 0 || r.Expectations[1].AtRisk || r.Expectations[1].ReplacedBy != "X-2" {
		t.Errorf("got %+v, %+v", r.Expected, r.Expectations)
	}
}

func TestRequirementsCapturedAfterTheirPhaseAreLate(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.PlanCreated{Plan: "P-1", Kind: "project_phase", Project: "line 3", Phase: "define", DueAt: dossiertest.Time("2026-01-11")})
	first, second := stated("X-1", "requirement"), stated("X-2", "requirement")
	first.Plan, second.Plan = "P-1", "P-1"
	l.Add("acme", "2026-01-02", first)
	l.Add("acme", "2026-01-03", domain.ExpectationConfirmed{Expectation: "X-1"})
	l.Add("acme", "2026-01-21", domain.PlanClosed{Plan: "P-1"})
	l.Add("acme", "2026-02-01", second)
	got := about(l, "2026-03-01").Phases[0]
	if *got.PlannedD != 10 || got.UsedD != 20 || got.RequirementsCount != 2 || got.ConfirmedInTimeCount != 1 || got.CapturedLateCount != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestAPhaseCountsARequirementByItsFirstConfirmationAndNotIfAnotherTookItsPlace(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	of := func(id, replaces domain.ID) domain.ExpectationStated {
		x := stated(id, "requirement")
		x.Plan, x.Replaces = "P", replaces
		return x
	}
	l.Add("acme", "2026-01-01", domain.PlanCreated{Plan: "P", Kind: "project_phase"})
	l.Add("acme", "2026-01-02", of("R-1", ""))
	l.Add("acme", "2026-01-03", domain.ExpectationConfirmed{Expectation: "R-1"})
	l.Add("acme", "2026-01-04", of("R-2", ""))
	l.Add("acme", "2026-01-05", of("R-3", "R-2"))
	l.Add("acme", "2026-01-31", domain.PlanClosed{Plan: "P"})
	l.Add("acme", "2026-02-01", domain.ExpectationConfirmed{Expectation: "R-1"})
	l.Add("acme", "2026-02-02", of("R-4", "R-3"))
	// Of the first was confirmed while the phase was on, the last stated after it.
	dossiertest.Same(t, about(l, "2026-02-03").Phases, `[{"plan":"P","started_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-31T00:00:00Z","planned_d":null,"used_d":30,
		"requirements_count":3,"confirmed_in_time_count":1,"confirmed_in_time_pct":33.333333333333336,"captured_late_count":1,"position":1}]`)
	if got := about(l, "2026-02-03").Expectations[0].ConfirmedAt; !got.Equal(dossiertest.Time("2026-02-01")) {
		t.Errorf("it was confirmed last at %s", got)
	}
}

func TestALateDeliveryStopsWhatDependsOnItWhenTheBufferEnds(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.DependencyRecorded{
		Dependency: "D-1", CustomerProcess: "assembly", OurDeliverable: "castings", BufferH: new(24.0), PeopleCount: new(int64(12)),
		CostPerHMinor: new(int64(10000)), Currency: "EUR", Lines: []domain.ID{"L-1"},
	})
	l.Add("acme", "2026-01-01", domain.DependencyRecorded{Dependency: "D-2", CustomerProcess: "paint", OurDeliverable: "castings", Lines: []domain.ID{"L-2"}})
	l.Add("acme", "2026-01-02", domain.DeliveryPromised{Line: "L-1", Basis: "first_confirmed", PromisedAt: dossiertest.Time("2026-02-01")})
	l.Add("acme", "2026-01-02", domain.DeliveryPromised{Line: "L-2", Basis: "first_confirmed", PromisedAt: dossiertest.Time("2026-02-01")})
	if got := about(l, "2026-01-05").Stops; len(got) != 0 {
		t.Errorf("while everything is on time: %+v", got)
	}
	l.Add("acme", "2026-01-10", domain.DeliveryPromised{Line: "L-1", Basis: "reconfirmed", PromisedAt: dossiertest.Time("2026-02-04")})
	got := about(l, "2026-01-11").Stops
	if len(got) != 1 || !got[0].StopsAt.Equal(dossiertest.Time("2026-02-02")) || got[0].StoppedH != 48 || *got[0].CostMinor != 480000 || *got[0].PeopleCount != 12 {
		t.Fatalf("got %+v", got)
	}
	if late := about(l, "2026-02-06").Stops; len(late) != 2 || late[0].CostMinor != nil {
		t.Errorf("after both dates: %+v", late)
	}
	l.Add("acme", "2026-02-06", domain.DependencyRetired{Dependency: "D-1"})
	l.Add("acme", "2026-02-06", domain.DeliveryMade{Line: "L-2", DeliveredAt: dossiertest.Time("2026-02-06")})
	if got := about(l, "2026-02-07").Stops; len(got) != 0 {
		t.Errorf("when nothing depends on what is late: %+v", got)
	}
}

func TestAProcessStopsOnceAndNotWhileTheBufferLasts(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for process, buffer := range map[string]float64{"assembly": 10, "paint": 100} {
		l.Add("acme", "2026-01-01", domain.DependencyRecorded{Dependency: domain.ID(process), CustomerProcess: process, BufferH: &buffer, CostPerHMinor: new(int64(7))})
	}
	for _, line := range []domain.ID{"L-1", "L-2"} {
		l.Add("acme", "2026-01-02", domain.DeliveryPromised{Line: line, Basis: "first_confirmed", PromisedAt: dossiertest.Time("2026-02-01")})
		l.Add("acme", "2026-01-03", domain.DeliveryPromised{Line: line, Basis: "first_confirmed", PromisedAt: dossiertest.Time("2026-02-01T10:06")})
		l.Add("acme", "2026-01-03", domain.DeliveryPromised{Line: line, Basis: "reconfirmed", PromisedAt: dossiertest.Time("2026-02-01T10:06")})
	}
	total, rows := dossiertest.Overall(l, promises.New(), "2026-01-11", promises.Overall)
	if total.StopCount != 1 || rows[0].StopCount != 1 {
		t.Errorf("%d processes stop, want 1", total.StopCount)
	}
	if got := about(l, "2026-01-11").Stops; len(got) != 4 || got[0].Dependency != "assembly" || *got[0].CostMinor != 1 || *got[3].CostMinor != 0 {
		t.Errorf("0.1 hours at 7 are rounded to 1: %+v", got)
	}
}

func TestACriticalRoleIsVacantUntilSomebodyHasIt(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.RoleAssigned{Role: "planner", Person: "m.keller", Backup: "l.moreau"})
	l.Add("acme", "2026-01-01", domain.RoleAssigned{Role: "welder", Person: "s.adeyemi"})
	l.Add("acme", "2026-02-01", domain.RoleVacated{Role: "planner"})
	if got := about(l, "2026-02-11").Roles; got[0].Role != "planner" || got[0].State != "vacant" || got[0].VacantD != 10 || got[1].State != "no_backup" {
		t.Errorf("got %+v", got)
	}
	l.Add("acme", "2026-02-21", domain.RoleAssigned{Role: "planner", Person: "l.moreau", Backup: "m.keller"})
	if got := about(l, "2026-03-01").Roles; got[1].State != "covered" || got[1].VacantD != 20 {
		t.Errorf("got %+v", got)
	}
}

func TestRowsOfExpectationsDoNotDependOnBatches(t *testing.T) {
	t.Parallel()
	l := story(t)
	wrong := l.Add("acme", "2026-03-02", stated("X-1", "goal"))
	l.Add("beta", "2026-03-03", domain.RoleAssigned{Role: "planner", Person: "m.keller"})
	l.Correct(wrong, stated("X-1", "requirement"), "")
	projectiontest.Run(t, promises.New(), l.Records())
}

func TestAnExpectationShowsWhatWasMeasuredAndWhoFoundWhat(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-02", domain.ExpectationStated{
		Expectation: "X", Kind: "standard", Statement: "95 of 100 on time", Measure: "on time", Target: new(95.0), UOM: "pct", Direction: "at_least", Priority: 4,
		By: "us", Contact: "p", Clause: "9.1", RealisticCheck: new(true), DueAt: dossiertest.Time("2026-06-01"), Plan: "P",
	})
	l.Add("acme", "2026-01-03", domain.ExpectationConfirmed{Expectation: "X"})
	for i, m := range []domain.ExpectationMeasured{{Value: 95, Period: "2026-01"}, {Value: 94.9, UOM: "pct"}, {Value: 97, UOM: "ppm"}, {Value: 99}} {
		m.Expectation = "X"
		l.Add("acme", []string{"2026-02-01", "2026-02-02", "2026-02-03", "2026-02-04"}[i], m)
	}
	l.Add("acme", "2026-02-05", domain.ExpectationValidated{Expectation: "X", Met: "exceeded", By: "customer"})
	l.Add("acme", "2026-02-06", domain.ExpectationValidated{Expectation: "X", Met: "below", By: "third_party"})
	l.Add("acme", "2026-02-07", domain.ExpectationValidated{Expectation: "X", Met: "met", By: "us"})
	l.Add("acme", "2026-02-08", domain.ValueShared{Kind: "contribution", Expectation: "X"})
	r := about(l, "2026-02-10")
	dossiertest.Same(t, r.Heading, `{"account":"acme","at":"2026-02-10T00:00:00Z","known_at":"2026-02-10T00:00:00Z"}`)
	// Of the values two of three met it, one is in another unit; the customer spoke five days ago, the third party last.
	dossiertest.Same(t, r.Expectations, `[{"expectation":"X","kind":"standard","statement":"95 of 100 on time","state":"unmet","position":1,"stated_at":"2026-01-02T00:00:00Z",
		"by":"us","contact":"p","priority":4,"measure":"on time","target":95,"uom":"pct","direction":"at_least","due_at":"2026-06-01T00:00:00Z","clause":"9.1",
		"confirmed_at":"2026-01-03T00:00:00Z","values":[{"at":"2026-02-04T00:00:00Z","value":99,"met":true,"position":6},{"at":"2026-02-03T00:00:00Z","value":97,"met":null,"position":5},
		{"at":"2026-02-02T00:00:00Z","value":94.9,"met":false,"position":4},{"at":"2026-02-01T00:00:00Z","period":"2026-01","value":95,"met":true,"position":3}],
		"attained_pct":66.66666666666667,"validations":[{"at":"2026-02-07T00:00:00Z","met":"met","by":"us","position":9},{"at":"2026-02-06T00:00:00Z","met":"below","by":"third_party","position":8},
		{"at":"2026-02-05T00:00:00Z","met":"exceeded","by":"customer","position":7}],"customer_validated":true,"since_validated_d":5,"realistic_check":true,"help_count":1,"plan":"P",
		"positions":[1,2,3,4,5,6,7,8,9,10]}]`)
	dossiertest.Same(t, r.Expected, `{"stated_count":1,"confirmed_count":1,"confirmed_pct":100,"never_validated_count":0,"measured_count":1,"attained_count":1,"attained_pct":100,
		"goal_count":0,"goal_at_risk_count":0,"unchecked_count":0}`)
}

// TestAnExpectationOfWhichNothingIsKnownSaysSo: a statement with nothing said of it, and one that we did not check.
func TestAnExpectationOfWhichNothingIsKnownSaysSo(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-02", domain.ExpectationStated{Expectation: "X", Kind: "expectation", Statement: "one face", By: "us", RealisticCheck: new(false)})
	r := about(l, "2026-02-10")
	dossiertest.Same(t, r.Expectations, `[{"expectation":"X","kind":"expectation","statement":"one face","state":"unknown","position":1,"stated_at":"2026-01-02T00:00:00Z","by":"us",
		"values":[],"attained_pct":null,"validations":[],"customer_validated":false,"since_validated_d":null,"realistic_check":false,"positions":[1]}]`)
	dossiertest.Same(t, r.Expected, `{"stated_count":1,"confirmed_count":0,"confirmed_pct":0,"never_validated_count":1,"measured_count":0,"attained_count":0,"attained_pct":null,
		"goal_count":0,"goal_at_risk_count":0,"unchecked_count":1}`)
	dossiertest.Same(t, []any{r.Open, r.Past, r.Phases, r.Dependencies, r.Stops, r.Roles}, `[[],[],[],[],[],[]]`)
}

func TestWhatIsNotMetIsFirstThenWhatTheyNeverSaidAnythingAbout(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	add := func(id domain.ID, priority int64, replaces domain.ID, said ...domain.ExpectationValidated) {
		x := stated(id, "requirement")
		x.Priority, x.Replaces = priority, replaces
		l.Add("acme", "2026-01-02", x)
		for _, v := range said {
			v.Expectation = id
			l.Add("acme", "2026-01-03", v)
		}
	}
	unmet, met := domain.ExpectationValidated{Met: "below", By: "customer"}, domain.ExpectationValidated{Met: "met", By: "customer"}
	add("replaced", 5, "", unmet)
	add("met", 5, "", met)
	add("never", 1, "replaced")
	add("ours only", 1, "", domain.ExpectationValidated{Met: "met", By: "us"})
	add("never, vital", 5, "")
	add("unmet", 1, "", unmet)
	add("unmet, vital", 5, "", unmet)
	var got []string
	for _, x := range about(l, "2026-02-10").Expectations {
		got = append(got, x.Expectation)
	}
	if want := []string{"unmet, vital", "unmet", "never, vital", "never", "ours only", "met", "replaced"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
