package portfolio_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/portfolio"
)

func TestPrioritiesAreByConsumerResourceAndRank(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	for _, p := range []domain.PriorityPublished{
		{Consumer: "sales", Resource: "press", Rank: 1, Accounts: []domain.AccountID{"beta", "acme"}},
		{Consumer: "sales", Tier: "B", Rank: 2},
		{Consumer: "sales", Tier: "D", Rank: 1},
		{Consumer: "sales", Tier: "A", Rank: 1},
		{Consumer: "dispatch", Tier: "A", Rank: 3, ValidFrom: dossiertest.Time("2026-01-20")},
	} {
		l.Add(domain.Ledger, "2026-01-02", p)
	}
	total, _ := overall(l, "2026-04-01")
	dossiertest.Same(t, total.Priorities, `[
		{"consumer":"dispatch","tier":"A","rank":3,"valid_from":"2026-01-20T00:00:00Z","position":6},
		{"consumer":"sales","tier":"A","rank":1,"valid_from":"2026-01-02T00:00:00Z","position":5},
		{"consumer":"sales","tier":"D","rank":1,"valid_from":"2026-01-02T00:00:00Z","position":4},
		{"consumer":"sales","tier":"B","rank":2,"valid_from":"2026-01-02T00:00:00Z","position":3},
		{"consumer":"sales","rank":1,"resource":"press","accounts":["beta","acme"],"valid_from":"2026-01-02T00:00:00Z","position":2}]`)
}

func TestRoundsAreCountedByProcess(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	l.Add(domain.Ledger, "2026-01-01", domain.CycleStarted{Process: "audit", Cycle: "1", CadenceD: 30, Owner: "m.keller"})
	l.Add(domain.Ledger, "2026-01-05", domain.CycleStarted{Process: "survey", Cycle: "1"})
	l.Add(domain.Ledger, "2026-01-20", domain.CycleClosed{Process: "audit", Cycle: "1", FindingsCount: 3})
	l.Add(domain.Ledger, "2026-01-21", domain.CycleClosed{Process: "never started", Cycle: "1", FindingsCount: 9})
	l.Add(domain.Ledger, "2026-01-31", domain.CycleStarted{Process: "audit", Cycle: "2"})
	l.Add(domain.Ledger, "2026-02-01", domain.CycleStarted{Process: "board", Cycle: "1", CadenceD: 365})
	l.Add(domain.Ledger, "2026-02-10", domain.CycleClosed{Process: "audit", Cycle: "2", FindingsCount: 2})
	total, _ := overall(l, "2026-04-01") // 60 days after the last audit: one round is missed, the next is to start now
	dossiertest.Same(t, total.Cycles, `[
		{"process":"audit","owner":"m.keller","cadence_d":30,"run_count":2,"closed_count":2,"missed_count":1,"findings_count":5,
			"last_at":"2026-01-31T00:00:00Z","next_at":"2026-03-02T00:00:00Z"},
		{"process":"board","cadence_d":365,"run_count":1,"closed_count":0,"missed_count":0,"findings_count":0,
			"last_at":"2026-02-01T00:00:00Z","next_at":"2027-02-01T00:00:00Z"},
		{"process":"survey","run_count":1,"closed_count":0,"missed_count":0,"findings_count":0,"last_at":"2026-01-05T00:00:00Z"}]`)
}

func TestReviewsThatSkippedTheCustomerAreCounted(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	l.Add(domain.Ledger, "2026-01-02", domain.ObjectiveSet{Person: "ceo", Measure: "nps", WeightPct: new(20.0)})
	l.Add(domain.Ledger, "2026-01-02", domain.ObjectiveSet{Person: "ceo", Measure: "otif"})
	l.Add(domain.Ledger, "2026-01-10", domain.ObjectiveReviewed{Person: "cfo"})
	l.Add(domain.Ledger, "2026-02-10", domain.ObjectiveReviewed{Person: "ceo", Measure: "nps", MeasureDiscussed: true})
	l.Add(domain.Ledger, "2026-02-11", domain.ObjectiveReviewed{Person: "ceo"})
	total, _ := overallSince(l, "2026-02-01", "2026-04-01")
	dossiertest.Same(t, total.Managers, `[
		{"person":"ceo","measures":["nps","otif"],"weight_pct":20,"review_count":2,"skipped_count":1},
		{"person":"cfo","measures":[],"weight_pct":null,"review_count":1,"skipped_count":1}]`)
	if total.SkippedCount != 1 || *total.ObjectivesPct != 50 {
		t.Errorf("skipped %d since February, want 1; %v %% with an objective, want 50", total.SkippedCount, *total.ObjectivesPct)
	}
}

func TestAnInitiativeCountsPeopleTrainedAndWhatWasDoneSinceItsLaunch(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	trained := func(account domain.AccountID, at, person string) {
		l.Add(account, at, domain.TrainingCompleted{Person: person, Audience: "employee", Initiative: "closer"})
	}
	l.Add("acme", "2025-12-30", domain.PlanCreated{Plan: "P-1", Initiative: "closer"}) // two days before: in no week
	trained(domain.Ledger, "2025-12-20", "l.moreau")
	l.Add(domain.Ledger, "2026-01-01", domain.InitiativeLaunched{Initiative: "closer", Name: "Closer", AudienceCount: new(int64(4))})
	l.Add(domain.Ledger, "2026-01-02", domain.InitiativeExplained{Initiative: "closer", AudienceCount: 3})
	l.Add(domain.Ledger, "2026-01-08", domain.InitiativeExplained{Initiative: "closer", AudienceCount: 2})
	trained(domain.Ledger, "2026-01-09", "m.keller")
	trained("acme", "2026-01-10", "m.keller")
	l.Add(domain.Ledger, "2026-01-16", domain.InitiativeEnded{Initiative: "closer", Reason: "done"})
	l.Add(domain.Ledger, "2026-01-18", domain.InitiativeLaunched{Initiative: "green", Name: "Green"})
	l.Add("acme", "2026-01-25", domain.PlanCreated{Plan: "P-2", Initiative: "green"})
	l.Add("acme", "2026-01-25", domain.PlanCreated{Plan: "P-3"})
	total, _ := overall(l, "2026-01-25")
	dossiertest.Same(t, total.Initiatives, `[
		{"initiative":"green","name":"Green","launched_at":"2026-01-18T00:00:00Z","audience_count":null,"explained_count":0,
			"trained_count":0,"trained_pct":null,"weeks":[0,1],"position":9},
		{"initiative":"closer","name":"Closer","launched_at":"2026-01-01T00:00:00Z","ended_at":"2026-01-16T00:00:00Z","reason":"done",
			"audience_count":4,"explained_count":5,"trained_count":2,"trained_pct":50,"weeks":[1,3,0,0],"position":3}]`)
}

func TestACompanyWithoutAccountsIsEmpty(t *testing.T) {
	t.Parallel()
	total, rows, err := portfolio.Overall(func(func(*dossier.Dossier, error) bool) {})
	if err != nil || len(rows) != 0 || total.AccountsCount != 0 {
		t.Errorf("got %+v, %v, %v", total, rows, err)
	}
	dossiertest.Same(t, total.Company, `{"priorities":[],"cycles":[],"managers":[],"objectives_pct":null,"skipped_count":0,"initiatives":[]}`)
}

func TestAShareThatNobodySaidIsNotNothing(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	l.Add(domain.Ledger, "2026-01-02", domain.ObjectiveSet{Person: "ceo", Measure: "nps"})
	total, _ := overall(l, "2026-04-01")
	dossiertest.Same(t, total.Managers, `[{"person":"ceo","measures":["nps"],"weight_pct":null,"review_count":0,"skipped_count":0}]`)
}

func TestWhatConcernsOneAccountAloneIsThereToo(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add(domain.Ledger, "2026-01-01", domain.InitiativeLaunched{Initiative: "closer", Name: "Closer"})
	l.Add(domain.Ledger, "2026-01-02", domain.PriorityPublished{Consumer: "dispatch", Rank: 2})
	l.Add(domain.Ledger, "2026-01-02", domain.CycleStarted{Process: "review", Cycle: "1"})
	l.Add(domain.Ledger, "2026-01-02", domain.ObjectiveSet{Person: "m.keller", Measure: "nps", WeightPct: new(30.0)})
	for _, account := range []domain.AccountID{"acme", "acme-north"} {
		l.Add(account, "2026-01-02", domain.PriorityPublished{Consumer: "dispatch", Rank: 1})
		l.Add(account, "2026-01-02", domain.CycleClosed{Process: "review", Cycle: "1", FindingsCount: 2}) // dated before it was started
		l.Add(account, "2026-01-03", domain.CycleStarted{Process: "review", Cycle: "1", CadenceD: 30})
		l.Add(account, "2026-01-03", domain.ObjectiveSet{Person: "m.keller", Measure: "nps", WeightPct: new(10.0)})
		l.Add(account, "2026-01-04", domain.ObjectiveReviewed{Person: "m.keller"})
		l.Add(account, "2026-01-04", domain.InitiativeLaunched{Initiative: "closer", Name: "Closer to " + string(account)})
		l.Add(account, "2026-01-05", domain.InitiativeExplained{Initiative: "closer", AudienceCount: 4})
	}
	l.Add("beta", "2026-01-05", domain.PlanCreated{Plan: "P-1", Initiative: "closer"})              // that of all
	l.Add("beta", "2026-01-05", domain.InitiativeExplained{Initiative: "closer", AudienceCount: 9}) // of beta's, which was retracted
	l.Add("acme-north", "2026-01-06", domain.AccountMerged{Into: "acme"})
	total, _ := overall(l, "2026-01-10")
	dossiertest.Same(t, total.Company, `{
		"priorities":[
			{"account":"acme","consumer":"dispatch","rank":1,"valid_from":"2026-01-02T00:00:00Z","position":5},
			{"consumer":"dispatch","rank":2,"valid_from":"2026-01-02T00:00:00Z","position":2}],
		"cycles":[
			{"process":"review","run_count":1,"closed_count":0,"missed_count":0,"findings_count":0,"last_at":"2026-01-02T00:00:00Z"},
			{"account":"acme","process":"review","cadence_d":30,"run_count":2,"closed_count":2,"missed_count":0,"findings_count":4,
				"last_at":"2026-01-03T00:00:00Z","next_at":"2026-02-02T00:00:00Z"}],
		"managers":[{"person":"m.keller","measures":["nps"],"weight_pct":40,"review_count":2,"skipped_count":2}],
		"objectives_pct":100,"skipped_count":2,
		"initiatives":[
			{"account":"acme","initiative":"acme-north/closer","name":"Closer to acme-north","launched_at":"2026-01-04T00:00:00Z",
				"audience_count":null,"explained_count":4,"trained_count":0,"trained_pct":null,"weeks":[1],"position":17},
			{"account":"acme","initiative":"closer","name":"Closer to acme","launched_at":"2026-01-04T00:00:00Z",
				"audience_count":null,"explained_count":4,"trained_count":0,"trained_pct":null,"weeks":[1],"position":10},
			{"initiative":"closer","name":"Closer","launched_at":"2026-01-01T00:00:00Z",
				"audience_count":null,"explained_count":0,"trained_count":0,"trained_pct":null,"weeks":[1,0],"position":1}]}`)
	dossiertest.Same(t, about(l, "2026-01-10").Priorities, `[{"account":"acme","consumer":"dispatch","rank":1,"valid_from":"2026-01-02T00:00:00Z","position":5}]`)
}

func TestProcessesThatMissedMostComeFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for _, account := range []domain.AccountID{"beta", "acme"} {
		l.Add(account, "2026-01-01", domain.CycleStarted{Process: "review", Cycle: "1", CadenceD: 30})
	}
	l.Add(domain.Ledger, "2026-01-01", domain.CycleStarted{Process: "survey", Cycle: "1", CadenceD: 10})
	l.Add(domain.Ledger, "2026-01-01", domain.CycleStarted{Process: "audit", Cycle: "1", CadenceD: 365})
	total, _ := overall(l, "2026-02-15") // 45 days later
	got := ""
	for _, c := range total.Cycles {
		got += fmt.Sprint(c.Process, " ", c.Account, " ", c.MissedCount, ", ")
	}
	if want := "survey  4, review acme 1, review beta 1, audit  0, "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhatIsDoneWithTheLaunchOfAnInitiativeIsInItsFirstWeek(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	l.Add(domain.Ledger, "2026-01-01", domain.InitiativeLaunched{Initiative: "closer", Name: "Closer"})
	l.Add(domain.Ledger, "2026-01-01", domain.InitiativeExplained{Initiative: "closer", AudienceCount: 3})
	total, _ := overall(l, "2026-01-02")
	dossiertest.Same(t, total.Initiatives[0].Weeks, "[1]")
}

func TestAReportOnAllThatCannotBeReadIsNone(t *testing.T) {
	t.Parallel()
	broken := errors.New("page 7 is damaged")
	_, rows, err := portfolio.Overall(func(yield func(*dossier.Dossier, error) bool) { yield(nil, broken) })
	if !errors.Is(err, broken) || rows != nil {
		t.Errorf("got %v, %v, want %v", rows, err, broken)
	}
}
