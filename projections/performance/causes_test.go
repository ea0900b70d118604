package performance_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/performance"
)

func TestTheRootCauseIsWhyItHappenedElseWhatLetItHappenElseWhyNobodySawIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		levels []string
		want   string
	}{
		{[]string{"escape"}, "escape 0"},
		{[]string{"escape", "system"}, "system 1"},
		{[]string{"system", "escape"}, "system 0"},
		{[]string{"escape", "system", "occurrence"}, "occurrence 2"},
		{[]string{"occurrence", "system", "escape", "occurrence"}, "occurrence 0"},
	} {
		l := dossiertest.New(t)
		l.Add("acme", "2026-01-11", domain.NonconformityOpened{Nonconformity: "N", Severity: 3})
		for i, level := range c.levels {
			l.Add("acme", "2026-01-12", domain.NonconformityCauseFound{Nonconformity: "N", Code: fmt.Sprint(level, " ", i), Level: level})
		}
		l.Add("acme", "2026-01-13", domain.ImpactPenaltyAssessed{AmountMinor: 1, Currency: "EUR", Nonconformity: "N"})
		if got := at(l).Penalties[0].Code; got != c.want {
			t.Errorf("%q: got %q, want %q", c.levels, got, c.want)
		}
	}
}

// TestWhatAnEffectIsOfIsTheSameByPositionAndById: a nonconformity and effects name the miss, the complaint and the incident either way.
func TestWhatAnEffectIsOfIsTheSameByPositionAndById(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	miss := l.Add("acme", "2026-01-10", domain.DeliveryMissed{Line: "L"})
	other := l.Add("acme", "2026-01-10", domain.DeliveryMissed{Line: "M"})
	complaint := l.Add("acme", "2026-01-10", domain.ComplaintRaised{Complaint: "C", Severity: 2})
	incident := l.Add(domain.Ledger, "2026-01-10", domain.IncidentStarted{Incident: "I", System: "portal"})
	job := l.Add("acme", "2026-01-10", domain.JobCompleted{Job: "J"})
	nonconformity := l.Add("acme", "2026-01-11", domain.NonconformityOpened{Nonconformity: "N-1", Severity: 3, Line: "L"})
	l.Add("acme", "2026-01-11", domain.NonconformityOpened{Nonconformity: "N-2", Severity: 3, Of: other})
	l.Add("acme", "2026-01-11", domain.NonconformityOpened{Nonconformity: "N-3", Severity: 3, Complaint: "C"})
	l.Add("acme", "2026-01-11", domain.NonconformityOpened{Nonconformity: "N-4", Severity: 3, Of: job})
	for i := range 4 {
		l.Add("acme", "2026-01-12", domain.NonconformityCauseFound{Nonconformity: domain.ID(fmt.Sprint("N-", i+1)), Code: fmt.Sprint("cause ", i+1), Level: "occurrence"})
	}
	l.Add("acme", "2026-01-13", domain.ImpactUnknownDeclared{Kind: "penalty", Line: "L", Reason: "not yet"})
	for _, p := range []domain.ImpactPenaltyAssessed{
		{Of: miss}, {Line: "M"}, {Of: other}, {Of: complaint}, {Of: incident}, {Of: job}, {Of: nonconformity}, {Of: 99},
	} {
		p.AmountMinor, p.Currency = 1, "EUR"
		l.Add("acme", "2026-01-14", p)
	}
	r := at(l)
	var got []string
	for _, p := range slices.Backward(r.Penalties) {
		got = append(got, fmt.Sprintf("%s %s: %s", p.Kind, p.Of, p.Code))
	}
	want := []string{
		"delivery L: cause 1", "delivery M: cause 2", "delivery M: cause 2", "complaint C: cause 3", "incident I: ", fmt.Sprintf("job %d: cause 4", job), "nonconformity N-1: cause 1", " 99: ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	if r.Unknown[0].KnownBy == 0 {
		t.Errorf("the penalty for the missed line is not known: %+v", r.Unknown)
	}
}

// TestEveryEventOfALineAComplaintOrAnIncidentIsOfIt, and of the incident of its own account, if one of no single account has the same id.
func TestEveryEventOfALineAComplaintOrAnIncidentIsOfIt(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add(domain.Ledger, "2026-01-01", domain.IncidentStarted{Incident: "I", System: "portal"})
	var positions []domain.Position
	for _, e := range []domain.Event{
		promised("L", "requested", "2026-01-02"), made("L", "2026-01-02"), excused("L"), domain.ComplaintAnswered{Complaint: "C"},
		domain.NonconformityCauseFound{Nonconformity: "N", Code: "wear", Level: "system"},
		domain.IncidentStarted{Incident: "I", System: "scales"}, domain.IncidentObserved{Incident: "I", Effect: "twice"}, domain.IncidentEnded{Incident: "I"},
	} {
		positions = append(positions, l.Add("beta", "2026-01-02", e))
	}
	for _, p := range positions {
		l.Add("beta", "2026-01-03", domain.ImpactPenaltyAssessed{AmountMinor: 1, Currency: "EUR", Of: p})
	}
	l.Add("beta", "2026-01-03", domain.ImpactPenaltyAssessed{AmountMinor: 1, Currency: "EUR", Incident: "I"})
	l.Add("beta", "2026-01-04", domain.AccountMerged{Into: "acme"})
	l.Add("acme", "2026-01-05", domain.ImpactPenaltyAssessed{AmountMinor: 1, Currency: "EUR", Incident: "I"})
	var got []string
	for _, p := range slices.Backward(at(l).Penalties) {
		got = append(got, p.Kind+" "+p.Of)
	}
	line, incident := "delivery beta/L", "incident beta/I"
	want := []string{line, line, line, "complaint beta/C", "nonconformity beta/N", incident, incident, incident, incident, "incident I"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// TestAnUnknownNumberOfThoseAffectedIsKnownOnceTheIncidentSaysIt, whether at its end or later, of the account or of all.
func TestAnUnknownNumberOfThoseAffectedIsKnownOnceTheIncidentSaysIt(t *testing.T) {
	t.Parallel()
	count := new(int64(7))
	for _, c := range []struct {
		about   string
		of      domain.AccountID
		said    domain.Event
		unknown int
	}{
		{"its end says nothing", "acme", domain.IncidentEnded{Incident: "I"}, 1},
		{"its end says it", "acme", domain.IncidentEnded{Incident: "I", AffectedCount: count}, 0},
		{"seen later", "acme", domain.IncidentObserved{Incident: "I", Effect: "twice", AffectedCount: count}, 0},
		{"its end says it, of all accounts", domain.Ledger, domain.IncidentEnded{Incident: "I", AffectedCount: count}, 0},
		{"seen later, of all accounts", domain.Ledger, domain.IncidentObserved{Incident: "I", Effect: "twice", AffectedCount: count}, 0},
		{"of another incident", domain.Ledger, domain.IncidentEnded{Incident: "II", AffectedCount: count}, 1},
	} {
		for _, account := range []domain.AccountID{"acme", "beta"} { // beta is read as part of acme
			l := dossiertest.New(t)
			if of := c.of; of == domain.Ledger {
				l.Add(of, "2026-02-01", domain.IncidentStarted{Incident: "I", System: "portal"})
				l.Add(account, "2026-02-02", domain.ImpactUnknownDeclared{Kind: "affected", Incident: "I", Reason: "nobody counted"})
				l.Add(of, "2026-02-03", c.said)
			} else {
				l.Add(account, "2026-02-01", domain.IncidentStarted{Incident: "I", System: "portal"})
				l.Add(account, "2026-02-02", domain.ImpactUnknownDeclared{Kind: "affected", Incident: "I", Reason: "nobody counted"})
				l.Add(account, "2026-02-03", c.said)
			}
			l.Add("beta", "2026-02-04", domain.AccountMerged{Into: "acme"})
			r := at(l)
			if len(r.Incidents) != 1 || len(r.Incidents[0].Unknown) != c.unknown || r.Effects.Unknown.AffectedCount != c.unknown || r.Unknown[0].Of != r.Incidents[0].Incident {
				t.Errorf("%s (%s): %d not known; incidents %+v, unknown %+v", c.about, account, r.Effects.Unknown.AffectedCount, r.Incidents, r.Unknown)
			}
		}
	}
}

func TestWhatWasSaidBeforeMakesNothingKnownAndTheFirstWordAfterDoes(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	seen := func(on string) domain.Position {
		return l.Add(domain.Ledger, on, domain.IncidentObserved{Incident: "I", Effect: "twice", AffectedCount: new(int64(7))})
	}
	l.Add(domain.Ledger, "2026-02-01", domain.IncidentStarted{Incident: "I", System: "portal"})
	seen("2026-02-02")
	l.Add("acme", "2026-02-03", domain.ImpactUnknownDeclared{Kind: "affected", Incident: "I", Reason: "nobody counted"})
	if u := at(l).Unknown[0]; u.KnownBy != 0 {
		t.Errorf("known by %d, which was before", u.KnownBy)
	}
	first := seen("2026-02-03")
	seen("2026-02-04")
	if u := at(l).Unknown[0]; u.KnownBy != first {
		t.Errorf("known by %d, want %d", u.KnownBy, first)
	}
}

// TestTheTailOfAnIncidentHasWhatNamesItInAnyWayAndALossOnce: a later estimate of a loss is not another loss.
func TestTheTailOfAnIncidentHasWhatNamesItInAnyWayAndALossOnce(t *testing.T) {
	t.Parallel()
	for _, of := range []domain.AccountID{"acme", domain.Ledger} {
		l := dossiertest.New(t)
		started := l.Add(of, "2026-02-01", domain.IncidentStarted{Incident: "I", System: "portal"})
		l.Add("acme", "2026-02-02", domain.ImpactLossEstimated{Loss: "X", AmountMinor: 5, Currency: "EUR", Incident: "I"})
		l.Add("acme", "2026-02-02", domain.ImpactLossEstimated{AmountMinor: 5, Currency: "EUR", Incident: "I"})
		l.Add("acme", "2026-02-03", domain.ImpactLossEstimated{Loss: "X", AmountMinor: 4, Currency: "EUR", Incident: "I"})
		l.Add("acme", "2026-02-03", domain.ImpactIdleReported{PeopleCount: 2, HoursH: 3, Of: started})
		l.Add("acme", "2026-02-04", domain.ImpactPenaltyAssessed{AmountMinor: 5, Currency: "EUR", Incident: "I"})
		l.Add("acme", "2026-02-04", domain.ImpactUnknownDeclared{Kind: "aftermath", Reason: "too early", Of: started})
		incidents := at(l).Incidents
		if len(incidents) != 1 || !slices.Equal(incidents[0].Unknown, []string{"aftermath"}) {
			t.Fatalf("of %s: %+v", of, incidents)
		}
		var got []string
		for _, d := range incidents[0].Tail {
			got = append(got, fmt.Sprintf("%d: %d, idle %s, %v", d.DayN, d.ImpactCount, show(d.IdlePersonH), d.Positions))
		}
		if want := []string{"1: 2, idle unknown, [2 3]", "2: 1, idle 6, [4 5]", "3: 1, idle unknown, [6]"}; !slices.Equal(got, want) {
			t.Errorf("of %s: got %q, want %q", of, got, want)
		}
	}
}

func TestAnIncidentShowsWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.JobCompleted{Job: "J"})
	l.Add("acme", "2026-02-01", domain.IncidentStarted{Incident: "I", System: "portal", Severity: 3, AffectedCount: new(int64(4))})
	dossiertest.Same(t, at(l).Incidents, `[{"incident":"I","general":false,"system":"portal","severity":3,"started_at":"2026-02-01T00:00:00Z","duration_min":null,"affected_count":4,
		"last_day_n":0,"unknown":[],"tail":[],"position":2}]`)
	l.Add("acme", "2026-02-02", domain.ImpactUnknownDeclared{Kind: "loss", Incident: "I", Reason: "too early"})
	l.Add("acme", "2026-02-03T12:00", domain.ImpactIdleReported{PeopleCount: 3, HoursH: 2, Incident: "I"})
	l.Add("acme", "2026-02-04", domain.IncidentEnded{Incident: "I", AffectedCount: new(int64(9))})
	l.Add("acme", "2026-02-05", domain.IncidentObserved{Incident: "I", DayN: 4, Effect: "orders twice"})
	dossiertest.Same(t, at(l).Incidents, `[{"incident":"I","general":false,"system":"portal","severity":3,"started_at":"2026-02-01T00:00:00Z","ended_at":"2026-02-04T00:00:00Z",
		"duration_min":4320,"affected_count":9,"last_day_n":4,"unknown":["loss"],"tail":[
		{"day_n":2,"effects":[],"affected_count":null,"idle_person_h":6,"impact_count":1,"positions":[4]},
		{"day_n":4,"effects":["orders twice"],"affected_count":null,"idle_person_h":null,"impact_count":0,"positions":[6]}],"position":2}]`)
}

// TestAnIncidentThatWasOverBeforeThePeriodIsNoneOfIt unless it did something in it.
func TestAnIncidentThatWasOverBeforeThePeriodIsNoneOfIt(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	incident := func(id domain.ID, from, until string) {
		l.Add("acme", from, domain.IncidentStarted{Incident: id, System: "portal"})
		if until != "" {
			l.Add("acme", until, domain.IncidentEnded{Incident: id})
		}
	}
	seen := func(id domain.ID, on string, day int64) {
		l.Add("acme", on, domain.IncidentObserved{Incident: id, DayN: day, Effect: "orders twice"})
	}
	incident("over", "2026-01-31T18:00", "2026-01-31T19:00")
	incident("over, seen before", "2026-01-29", "2026-01-29T19:00")
	seen("over, seen before", "2026-01-31", 2) // on 31 January, which ends when the period begins
	incident("over, seen in it", "2026-01-29", "2026-01-29T19:00")
	seen("over, seen in it", "2026-02-01", 3)
	incident("ended in it", "2026-01-31T17:00", "2026-02-01")
	incident("goes on", "2026-01-02", "")
	var got []string
	d := l.Read(performance.New(), "acme", "2026-02-28", "2026-12-31")
	d.From = dossiertest.Time("2026-02-01")
	for _, i := range performance.About(d).Incidents {
		got = append(got, i.Incident)
	}
	if want := []string{"ended in it", "over, seen in it", "goes on"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
