package checklist_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/checklist"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

func TestAnAccountShowsItsTenPointsWithWhatTheyRestOn(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-31", domain.InteractionHeld{Kind: "conference"}) // the day before the period
	l.Add("acme", "2026-01-31", requirement("R-0"))
	l.Add("acme", "2026-02-01", requirement("R-1"))
	l.Add("acme", "2026-02-02", domain.ExpectationConfirmed{Expectation: "R-1"})
	l.Add("acme", "2026-02-03", domain.ExpectationMeasured{Expectation: "R-0", Value: 3})
	l.Add(domain.Ledger, "2026-02-04", domain.TrainingCompleted{Person: "m.keller", Audience: "employee"})
	l.Add("beta", "2026-02-05", domain.AccountMerged{Into: "acme"})
	l.Add("beta", "2026-02-06", domain.EffortLogged{HoursH: 3, PlannedH: new(8.0), Relationship: true})
	l.Add("acme", "2026-02-07", domain.InvolvementStarted{Effort: "E-1", Party: "customer", Kind: "design"})
	l.Add("acme", "2026-02-08", domain.ChecklistAnswered{Item: "planning", Performed: "partial", Assessor: "m.keller", Note: "in part"})
	l.Add("acme", "2026-02-09", domain.ChecklistAnswered{Item: "voice", Performed: "no", Assessor: "m.keller"})
	l.Add("acme", "2026-02-10", domain.ChecklistAnswered{Item: "time", Performed: "no", Assessor: "m.keller"})
	l.Add("acme", "2026-02-11", domain.ChecklistAnswered{Item: "time", Performed: "yes", Assessor: "l.moreau"})
	d := l.Read(checklist.New(), "acme", "2026-03-01", "2026-03-01")
	d.From = dossiertest.Time("2026-02-01")
	dossiertest.Same(t, checklist.About(d), `{"account":"acme","merged":["beta"],"from":"2026-02-01T00:00:00Z","at":"2026-03-01T00:00:00Z","known_at":"2026-03-01T00:00:00Z",
		"since":"2026-02-01T00:00:00Z","yes_count":2,"partial_count":3,"no_count":5,"mismatch_count":2,"items":[
		{"item":"planning","shown":"yes","answered":"partial","mismatch":"unclaimed","why":"1 of 1 requirements confirmed by the customer, 0 project phases planned",
			"evidence_count":2,"last_at":"2026-02-02T00:00:00Z","position":4,
			"answers":[{"at":"2026-02-08T00:00:00Z","performed":"partial","assessor":"m.keller","note":"in part","position":10}]},
		{"item":"suppliers","shown":"no","why":"suppliers measured with us 0 times and improved with us 0 times","evidence_count":0,"answers":[]},
		{"item":"tracking","shown":"partial","why":"1 of 2 expectations with a target were measured","evidence_count":1,
			"last_at":"2026-02-03T00:00:00Z","position":5,"answers":[]},
		{"item":"corrective_action","shown":"no","why":"0 of 0 nonconformities were quantified and led to an action","evidence_count":0,"answers":[]},
		{"item":"voice","shown":"no","answered":"no","why":"0 survey answers, 0 focus groups, 0 wishes","evidence_count":0,
			"answers":[{"at":"2026-02-09T00:00:00Z","performed":"no","assessor":"m.keller","position":11}]},
		{"item":"training","shown":"partial","why":"trainings and certificates: 1 of our people, 0 of suppliers","evidence_count":1,
			"last_at":"2026-02-04T00:00:00Z","position":6,"answers":[]},
		{"item":"conferences","shown":"no","why":"0 conferences and user meetings","evidence_count":0,"answers":[]},
		{"item":"involvement","shown":"yes","why":"customers took part in 1 efforts to solve, compare, design or try, and in 0 others","evidence_count":1,
			"last_at":"2026-02-07T00:00:00Z","position":9,"answers":[]},
		{"item":"time","shown":"partial","answered":"yes","mismatch":"claimed","why":"8.0 hours set aside for the relationship, 3.0 spent","evidence_count":1,
			"last_at":"2026-02-06T00:00:00Z","position":8,"answers":[
			{"at":"2026-02-11T00:00:00Z","performed":"yes","assessor":"l.moreau","position":13},{"at":"2026-02-10T00:00:00Z","performed":"no","assessor":"m.keller","position":12}]},
		{"item":"channels","shown":"no","why":"0 channels used, 0 of the customer's levels met","evidence_count":0,"answers":[]}],
		"deficiencies":["planning","suppliers","tracking","corrective_action","voice","training","conferences","time","channels"]}`)
}

func TestAllAccountsAreCountedByPointThoseWithTheMostClaimedFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, account := range []domain.AccountID{"acme", "beta", "ceta", "delta"} {
		l.Add(account, "2026-01-01", domain.InvolvementStarted{Effort: "E-1", Party: "customer", Kind: "planning"})
	}
	l.Add("acme", "2026-01-02", domain.InvolvementStarted{Effort: "E-2", Party: "customer", Kind: "pilot"})
	l.Add("delta", "2026-01-02", domain.ChecklistAnswered{Item: "involvement", Performed: "yes", Assessor: "m.keller"})
	l.Add("ceta", "2026-01-02", domain.ChecklistAnswered{Item: "involvement", Performed: "no", Assessor: "m.keller"})
	l.Add("beta", "2026-01-02", domain.ChecklistAnswered{Item: "involvement", Performed: "partial", Assessor: "m.keller"})
	l.Add(domain.Ledger, "2026-01-03", domain.ChecklistAnswered{Item: "involvement", Performed: "no", Assessor: "ceo"})
	l.Add(domain.Ledger, "2026-01-04", domain.ChecklistAnswered{Item: "involvement", Performed: "yes", Assessor: "ceo"})
	total, rows := dossiertest.Overall(l, checklist.New(), "2026-02-01", checklist.Overall)
	dossiertest.Same(t, total.Items[7], `{"item":"involvement","yes_count":1,"partial_count":3,"no_count":0,"yes_pct":25,"answered_count":3,
		"claimed_count":1,"unclaimed_count":1,"general":"yes"}`)
	dossiertest.Same(t, total.Items[0], `{"item":"planning","yes_count":0,"partial_count":0,"no_count":4,"yes_pct":0,"answered_count":0,"claimed_count":0,"unclaimed_count":0}`)
	if total.AccountsCount != 4 || len(total.Items) != 10 {
		t.Errorf("%d accounts, %d points", total.AccountsCount, len(total.Items))
	}
	without := `"deficiencies":["planning","suppliers","tracking","corrective_action","voice","training","conferences","involvement","time","channels"]`
	dossiertest.Same(t, rows, `[{"account":"delta","yes_count":0,"partial_count":1,"no_count":9,"mismatch_count":1,`+without+`},
		{"account":"ceta","yes_count":0,"partial_count":1,"no_count":9,"mismatch_count":1,`+without+`},
		{"account":"beta","yes_count":0,"partial_count":1,"no_count":9,"mismatch_count":0,`+without+`},
		{"account":"acme","yes_count":1,"partial_count":0,"no_count":9,"mismatch_count":0,
		"deficiencies":["planning","suppliers","tracking","corrective_action","voice","training","conferences","time","channels"]}]`)
	if total, rows := dossiertest.Overall(dossiertest.New(t), checklist.New(), "2026-02-01", checklist.Overall); total.Items[0].YesPct != nil || len(rows) != 0 {
		t.Errorf("of no accounts: %+v, %+v", total, rows)
	}
}

func channels(l *dossiertest.Ledger, at string) checklist.Item {
	return checklist.About(l.Read(checklist.New(), "acme", at, at)).Items[9]
}

func TestAPersonsLevelIsThatOfTheTimeWhateverSaidIt(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	met := func(at string, contact domain.ID) {
		l.Add("acme", at, domain.InteractionHeld{Kind: "call", Contacts: []domain.ID{contact}})
	}
	met("2026-01-01", "jane") // her profile came later
	l.Add("acme", "2026-01-02", domain.ContactAdded{Contact: "jane", Level: "manager"})
	met("2026-01-03", "jane")
	if got, want := channels(l, "2026-06-01").Why, "1 channels used, 1 of the customer's levels met"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	l.Add("acme", "2026-02-01", domain.ContactRoleRecorded{Contact: "jane", Role: "economic", Level: "executive"})
	l.Add("acme", "2026-02-02", domain.ContactAdded{Contact: "jane"}) // she came back, and nobody said as what
	met("2026-02-03", "jane")
	if got, want := channels(l, "2026-06-01").Why, "1 channels used, 2 of the customer's levels met"; got != want {
		t.Errorf("once she was promoted: got %s, want %s", got, want)
	}
	l.Add("acme", "2026-03-01", domain.ContactRoleRecorded{Contact: "ann", Role: "user", Level: "operator"})
	l.Add("acme", "2026-03-02", domain.ContactMerged{Contact: "j.d", Into: "ann"})
	met("2026-03-03", "j.d")
	if got, want := channels(l, "2026-06-01").Why, "1 channels used, 3 of the customer's levels met"; got != want {
		t.Errorf("of somebody merged: got %s, want %s", got, want)
	}
}

func TestATalkRecordedBeforeItCanHaveHappenedShowsNothing(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, kind := range []string{"conference", "focus_group"} {
		talk := domain.InteractionHeld{Kind: kind}
		l.Correct(l.Add("acme", "2026-02-01", talk), talk, "2026-02-20")
	}
	for _, item := range checklist.About(l.Read(checklist.New(), "acme", "2026-06-01", "2026-06-01")).Items {
		if item.EvidenceCount != 0 {
			t.Errorf("got %+v", item)
		}
	}
}
