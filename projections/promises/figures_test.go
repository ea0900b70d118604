package promises_test

import (
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/promises"
)

func TestPromisesAreOfThePeriodInWhichTheyFellDueOrEnded(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	made := func(id domain.ID, due string) {
		l.Add("acme", "2026-01-01", domain.CommitmentMade{Commitment: id, DueAt: dossiertest.Time(due)})
	}
	made("before", "2026-01-31")   // 1: kept on its day, before the period
	made("on-first", "2026-02-01") // 2
	made("early", "2026-06-01")    // 3: kept in the period, due after it
	made("ended", "2026-01-20")    // 4: due before the period, kept late in it
	made("given-up", "2026-02-10") // 5
	made("moved", "2026-02-05")    // 6
	made("let-off", "2026-02-06")  // 7
	made("open", "2026-02-26")     // 8
	l.Add("acme", "2026-01-30", domain.CommitmentRenegotiated{Commitment: "moved", NewDueAt: dossiertest.Time("2026-02-07"), AskedBy: "us"})
	l.Add("acme", "2026-01-31", domain.CommitmentKept{Commitment: "before"})
	l.Add("acme", "2026-02-01", domain.CommitmentKept{Commitment: "on-first"})
	l.Add("acme", "2026-02-02", domain.CommitmentRenegotiated{Commitment: "moved", NewDueAt: dossiertest.Time("2026-02-20"), AskedBy: "them"})
	l.Add("acme", "2026-02-03", domain.CommitmentKept{Commitment: "early"})
	l.Add("acme", "2026-02-04", domain.CommitmentKept{Commitment: "ended"})
	l.Add("acme", "2026-02-11", domain.CommitmentBroken{Commitment: "given-up", Reason: "no castings"})
	l.Add("acme", "2026-02-12", domain.CommitmentReleased{Commitment: "let-off", Reason: "order withdrawn"})
	l.Add("acme", "2026-02-21", domain.CommitmentKept{Commitment: "moved"})
	d := l.Read(promises.New(), "acme", "2026-02-28", "2026-02-28")
	d.From = dossiertest.Time("2026-02-01")
	got := promises.About(d)
	// Due are on-first, early, given-up, moved and open.
	dossiertest.Same(t, got.Kept, `{"due_count":5,"kept_on_first_count":2,"kept_on_last_count":2,"kept_late_count":1,"broken_count":2,"released_count":1,
		"on_first_pct":40,"on_last_pct":40,"moved_by_us_count":0,"moved_by_them_count":1,"open_count":1,"overdue_count":1,"overdue_known_count":0}`)
	dossiertest.Same(t, got.Open, `[{"commitment":"open","position":8,"state":"open","made_at":"2026-01-01T00:00:00Z","known_to_customer":false,
		"first_due_at":"2026-02-26T00:00:00Z","due_at":"2026-02-26T00:00:00Z","late_h":48,"overdue":true,"positions":[8]}]`)
	dossiertest.Same(t, got.Past[:3], `[{"commitment":"moved","position":6,"state":"kept","made_at":"2026-01-01T00:00:00Z","known_to_customer":false,
		"first_due_at":"2026-02-05T00:00:00Z","due_at":"2026-02-20T00:00:00Z","moved":[
		{"at":"2026-01-30T00:00:00Z","due_at":"2026-02-07T00:00:00Z","asked_by":"us"},{"at":"2026-02-02T00:00:00Z","due_at":"2026-02-20T00:00:00Z","asked_by":"them"}],
		"ended_at":"2026-02-21T00:00:00Z","late_h":24,"overdue":false,"positions":[6,9,12,17]},
		{"commitment":"let-off","position":7,"state":"released","made_at":"2026-01-01T00:00:00Z","known_to_customer":false,
		"first_due_at":"2026-02-06T00:00:00Z","due_at":"2026-02-06T00:00:00Z","ended_at":"2026-02-12T00:00:00Z","overdue":false,"reason":"order withdrawn","positions":[7,16]},
		{"commitment":"given-up","position":5,"state":"broken","made_at":"2026-01-01T00:00:00Z","known_to_customer":false,
		"first_due_at":"2026-02-10T00:00:00Z","due_at":"2026-02-10T00:00:00Z","ended_at":"2026-02-11T00:00:00Z","late_h":432,"overdue":false,"reason":"no castings","positions":[5,15]}]`)
	if len(got.Past) != 6 || got.Past[5].Commitment != "on-first" {
		t.Errorf("past: %+v", got.Past)
	}
}

func TestAllAccountsSumPromisesExpectationsAndWhatStops(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	due := dossiertest.Time("2026-02-01")
	for account, known := range map[domain.AccountID]bool{"acme": false, "beta": true} {
		l.Add(account, "2026-01-01", domain.CommitmentMade{Commitment: "C-1", DueAt: due, KnownToCustomer: known})
	}
	l.Add("ceta", "2026-01-01", domain.CommitmentMade{Commitment: "C-1", DueAt: due})
	l.Add("ceta", "2026-01-31", domain.CommitmentKept{Commitment: "C-1"})
	replaced := stated("X-0", "requirement")
	l.Add("acme", "2026-01-02", replaced)
	l.Add("acme", "2026-01-03", domain.ExpectationMeasured{Expectation: "X-0", Value: 9})
	next := stated("X-1", "requirement")
	next.Replaces, next.By = "X-0", "us"
	l.Add("acme", "2026-01-04", next)
	l.Add("acme", "2026-01-05", domain.ExpectationConfirmed{Expectation: "X-1"})
	l.Add("acme", "2026-01-06", domain.ExpectationMeasured{Expectation: "X-1", Value: 2})
	l.Add("acme", "2026-01-07", domain.ExpectationMeasured{Expectation: "X-1", Value: 4})
	l.Add("delta", "2026-01-08", stated("G-1", "goal"))
	l.Add("delta", "2026-01-09", domain.ExpectationMeasured{Expectation: "G-1", Value: 3})
	l.Add("delta", "2026-01-09", domain.ExpectationValidated{Expectation: "G-1", Met: "below", By: "customer"})
	l.Add("echo", "2026-01-10", domain.DeliveryPromised{Line: "L-1", Basis: "first_confirmed", PromisedAt: due})
	for _, account := range []domain.AccountID{"foxtrot", "delta"} {
		l.Add(account, "2026-01-10", domain.DeliveryPromised{Line: "L-1", Basis: "first_confirmed", PromisedAt: due})
		l.Add(account, "2026-01-11", domain.RoleAssigned{Role: "planner", Person: "m.keller"})
	}
	l.Add("foxtrot", "2026-01-11", domain.DependencyRecorded{Dependency: "D-1", CustomerProcess: "assembly", OurDeliverable: "castings"})
	l.Add("foxtrot", "2026-01-11", domain.DependencyRecorded{Dependency: "D-2", CustomerProcess: "assembly", OurDeliverable: "seals"})
	l.Add("foxtrot", "2026-01-12", domain.RoleAssigned{Role: "welder", Person: "s.adeyemi"})
	l.Add("foxtrot", "2026-01-13", domain.RoleVacated{Role: "welder"})
	total, rows := dossiertest.Overall(l, promises.New(), "2026-02-03", promises.Overall)
	dossiertest.Same(t, total, `{"kept":{"due_count":3,"kept_on_first_count":1,"kept_on_last_count":1,"kept_late_count":0,"broken_count":2,"released_count":0,
		"on_first_pct":33.333333333333336,"on_last_pct":33.333333333333336,"moved_by_us_count":0,"moved_by_them_count":0,"open_count":2,"overdue_count":2,"overdue_known_count":1},
		"expected":{"stated_count":2,"confirmed_count":1,"confirmed_pct":50,"never_validated_count":1,"measured_count":2,"attained_count":1,"attained_pct":50,
		"goal_count":1,"goal_at_risk_count":1,"unchecked_count":1},"stop_count":1,"vacant_count":1,"no_backup_count":2}`)
	var got []any
	for _, r := range rows {
		got = append(got, []any{r.Account, r.DueCount, r.OnLastPct, r.OverdueKnownCount, r.OverdueCount, r.UnmetCount, r.NeverValidatedCount, r.GoalAtRiskCount, r.Uncovered})
	}
	dossiertest.Same(t, got, `[["beta",1,0,1,1,0,0,0,{"stop_count":0,"vacant_count":0,"no_backup_count":0}],
		["acme",1,0,0,1,1,1,0,{"stop_count":0,"vacant_count":0,"no_backup_count":0}],
		["foxtrot",0,null,0,0,0,0,0,{"stop_count":1,"vacant_count":1,"no_backup_count":1}],
		["delta",0,null,0,0,1,0,1,{"stop_count":0,"vacant_count":0,"no_backup_count":1}],
		["ceta",1,100,0,0,0,0,0,{"stop_count":0,"vacant_count":0,"no_backup_count":0}]]`)
}

// TestAPromiseEndsByWhatWasSaidOfIt: whatever is said of promises due on 20 February, as of the 15th and of the 20th itself.
func TestAPromiseEndsByWhatWasSaidOfIt(t *testing.T) {
	t.Parallel()
	moved := domain.CommitmentRenegotiated{Commitment: "C", NewDueAt: dossiertest.Time("2026-02-25"), AskedBy: "them"}
	for _, c := range []struct {
		about  string
		events []told
		want   [2]string
	}{
		{"nothing", nil, [2]string{"open: 0 due, 0 kept, 0 late, 0 broken, 0 overdue", "open: 0 due, 0 kept, 0 late, 0 broken, 0 overdue"}},
		{"broken before its date", []told{{"2026-02-10", domain.CommitmentBroken{Commitment: "C"}}},
			[2]string{"broken: 1 due, 0 kept, 0 late, 1 broken, 0 overdue", "broken: 1 due, 0 kept, 0 late, 1 broken, 0 overdue"}},
		{"broken, and then kept all the same", []told{{"2026-02-10", domain.CommitmentBroken{Commitment: "C"}}, {"2026-02-12", domain.CommitmentKept{Commitment: "C"}}},
			[2]string{"kept: 1 due, 1 kept, 0 late, 0 broken, 0 overdue", "kept: 1 due, 1 kept, 0 late, 0 broken, 0 overdue"}},
		{"said to be broken, while it had been kept", []told{{"2026-02-12", domain.CommitmentBroken{Commitment: "C"}}, {"2026-02-10", domain.CommitmentKept{Commitment: "C"}}},
			[2]string{"kept: 1 due, 1 kept, 0 late, 0 broken, 0 overdue", "kept: 1 due, 1 kept, 0 late, 0 broken, 0 overdue"}},
		{"said to be broken, while we had been released", []told{{"2026-02-12", domain.CommitmentBroken{Commitment: "C"}}, {"2026-02-10", domain.CommitmentReleased{Commitment: "C"}}},
			[2]string{"released: 0 due, 0 kept, 0 late, 0 broken, 0 overdue", "released: 0 due, 0 kept, 0 late, 0 broken, 0 overdue"}},
		{"moved", []told{{"2026-02-10", moved}}, [2]string{"open: 0 due, 0 kept, 0 late, 0 broken, 0 overdue", "open: 0 due, 0 kept, 0 late, 0 broken, 0 overdue"}},
		{"kept on its day", []told{{"2026-02-20", domain.CommitmentKept{Commitment: "C"}}},
			[2]string{"open: 0 due, 0 kept, 0 late, 0 broken, 0 overdue", "kept: 1 due, 1 kept, 0 late, 0 broken, 0 overdue"}},
	} {
		l := dossiertest.New(t)
		l.Add("acme", "2026-01-01", domain.CommitmentMade{Commitment: "C", DueAt: dossiertest.Time("2026-02-20")})
		for _, e := range c.events {
			l.Add("acme", e.on, e.Event)
		}
		for i, at := range []string{"2026-02-15", "2026-02-20"} {
			r := promises.About(l.Read(promises.New(), "acme", at, "2026-12-31"))
			k := r.Kept
			got := fmt.Sprintf("%s: %d due, %d kept, %d late, %d broken, %d overdue", append(r.Open, r.Past...)[0].State, k.DueCount, k.KeptOnLastCount, k.KeptLateCount, k.BrokenCount, k.OverdueCount)
			if got != c.want[i] {
				t.Errorf("%s: on %s got %s, want %s", c.about, at, got, c.want[i])
			}
		}
	}
}

func TestAPhaseShowsWhatWasKnownOfItsRequirementsWhenItEnded(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	of := func(id, plan domain.ID) domain.ExpectationStated {
		x := stated(id, "requirement")
		x.Plan = plan
		return x
	}
	l.Add("acme", "2026-01-01", domain.PlanCreated{Plan: "P-1", Kind: "project_phase", Project: "X", Phase: "design", DueAt: dossiertest.Time("2026-01-21")})
	l.Add("acme", "2026-01-02", of("R-1", "P-1"))
	l.Add("acme", "2026-01-02", of("R-2", "P-1"))
	l.Add("acme", "2026-01-31", domain.ExpectationConfirmed{Expectation: "R-1"})
	l.Add("acme", "2026-01-31", domain.PlanClosed{Plan: "P-1"})
	l.Add("acme", "2026-02-01", domain.PlanCreated{Plan: "P-2", Kind: "project_phase"})
	l.Add("acme", "2026-02-01", domain.ExpectationConfirmed{Expectation: "R-2"})
	l.Add("acme", "2026-02-02", of("R-3", "P-1"))
	l.Add("acme", "2026-02-03", of("R-4", "P-1"))
	dossiertest.Same(t, about(l, "2026-02-11").Phases, `[{"plan":"P-1","project":"X","phase":"design","started_at":"2026-01-01T00:00:00Z","due_at":"2026-01-21T00:00:00Z",
		"ended_at":"2026-01-31T00:00:00Z","planned_d":20,"used_d":30,"requirements_count":4,"confirmed_in_time_count":1,"confirmed_in_time_pct":25,
		"captured_late_count":2,"position":1},
		{"plan":"P-2","started_at":"2026-02-01T00:00:00Z","planned_d":null,"used_d":10,"requirements_count":0,"confirmed_in_time_count":0,
		"confirmed_in_time_pct":null,"captured_late_count":0,"position":6}]`)
}

func TestAPromiseThatWasKeptSaysWhyItHadBeenCalledBroken(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.CommitmentMade{Commitment: "C", DueAt: dossiertest.Time("2026-02-10"), MadeBy: "m.keller", ToContact: "p", KnownToCustomer: true})
	l.Add("acme", "2026-02-11", domain.CommitmentKept{Commitment: "C"})
	l.Add("acme", "2026-02-12", domain.CommitmentBroken{Commitment: "C", Reason: "no castings"})
	r := about(l, "2026-02-13")
	dossiertest.Same(t, r.Expectations, `[]`)
	dossiertest.Same(t, r.Past, `[{"commitment":"C","position":1,"state":"kept","made_at":"2026-01-01T00:00:00Z","made_by":"m.keller","to_contact":"p",
		"known_to_customer":true,"first_due_at":"2026-02-10T00:00:00Z","due_at":"2026-02-10T00:00:00Z","ended_at":"2026-02-11T00:00:00Z","late_h":24,"overdue":false,
		"reason":"no castings","positions":[1,2,3]}]`)
}
