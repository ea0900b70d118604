package improvement_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// plan is what a customer told us before February or in it, and plans, some because of that.
func plan(l *dossiertest.Ledger, account domain.AccountID) {
	add := func(on string, e domain.Event) domain.Position { return l.Add(account, on, e) }
	step := func(on string, id, action domain.ID, due string) {
		a := domain.PlanActionAdded{Plan: id, Action: action}
		if due != "" {
			a.DueAt = dossiertest.Time(due)
		}
		add(on, a)
	}
	add("2026-01-20", domain.PlanCreated{Plan: "old", CustomerKnows: true, DueAt: dossiertest.Time("2026-01-30T12:00")})
	step("2026-01-20", "old", "A", "2026-01-29T12:00")
	add("2026-01-31", domain.VoiceCaptured{Verbatim: "too late"})

	angry := add("2026-02-02", domain.VoiceCaptured{Verbatim: "too late again", Polarity: new(int64(-1))})
	wish := add("2026-02-02", domain.WishExpressed{Topic: "a portal"})
	problem := add("2026-02-02", domain.ProblemDisclosed{Statement: "scrap"})
	said := add("2026-02-02", domain.VoiceCaptured{Verbatim: "the manual is thick"})
	add("2026-02-03", domain.VoiceCaptured{Verbatim: "so it is", Polarity: new(int64(0))})
	add("2026-02-03", domain.VoiceCaptured{Verbatim: "well done", Polarity: new(int64(1))})
	add("2026-03-24T09:00", domain.VoiceCaptured{Verbatim: "slow"}) // five business days ago
	add("2026-02-04", domain.ImprovementAgreed{Improvement: "I", From: []domain.Position{wish}})
	add("2026-02-05", domain.NonconformityOpened{Nonconformity: "N", Severity: 1, Of: problem})
	add("2026-02-06", domain.ImprovementDelivered{Improvement: "I", From: []domain.Position{said}})

	add("2026-02-02", domain.PlanCreated{Plan: "known", From: []domain.Position{angry}, CustomerKnows: true, DueAt: dossiertest.Time("2026-03-31")})
	step("2026-02-02", "known", "late", "2026-03-30T13:30")
	step("2026-02-02", "known", "later", "2026-03-30T09:00")
	step("2026-02-02", "known", "due now", "2026-03-31")
	step("2026-02-02", "known", "done late", "2026-03-01")
	step("2026-02-02", "known", "without a date", "")
	add("2026-03-10", domain.PlanActionCompleted{Plan: "known", Action: "done late"})

	add("2026-02-03", domain.PlanCreated{Plan: "open", CustomerKnows: true})
	add("2026-02-03", domain.PlanCreated{Plan: "closed, a step left", Owner: "m.keller"})
	step("2026-02-03", "closed, a step left", "A", "2026-02-20T09:00")
	add("2026-02-10", domain.PlanClosed{Plan: "closed, a step left"})
	add("2026-02-03", domain.PlanCreated{Plan: "closed", DueAt: dossiertest.Time("2026-02-10")})
	add("2026-02-12", domain.PlanClosed{Plan: "closed"})
}

func TestEveryFigureOfInputs(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	plan(l, "acme")
	dossiertest.Same(t, since(t, l).Inputs, `{"inputs_count":6,"planned_pct":66.66666666666667,"unplanned_count":1,"known_overdue_count":2}`)
}

func TestWhatTheCustomerKnowsToBeOverdueComesFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	past := dossiertest.Time("2026-01-09")
	l.Add("acme", "2026-01-05", domain.PlanCreated{Plan: "closed", CustomerKnows: true})
	l.Add("acme", "2026-01-05", domain.PlanClosed{Plan: "closed"})
	l.Add("acme", "2026-01-05", domain.PlanCreated{Plan: "open"})
	l.Add("acme", "2026-01-05", domain.PlanCreated{Plan: "open, known", CustomerKnows: true})
	l.Add("acme", "2026-01-05", domain.PlanCreated{Plan: "overdue", DueAt: past})
	l.Add("acme", "2026-01-05", domain.PlanCreated{Plan: "overdue, known", DueAt: past, CustomerKnows: true})
	got := ""
	for _, p := range about(l, "2026-02-01").Plans {
		got += p.Plan + "; "
	}
	if want := "overdue, known; overdue; open; open, known; closed; "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEveryFieldOfAPlan(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	plan(l, "acme")
	dossiertest.Same(t, since(t, l).Plans, `[
		{"plan":"old","open":true,"overdue":true,"customer_knows":true,"created_at":"2026-01-20T00:00:00Z","due_at":"2026-01-30T12:00:00Z","actions_count":1,"done_count":0,
			"overdue_count":1,"overdue_h":319.5,"from":[],"position":1},
		{"plan":"known","open":true,"overdue":true,"customer_knows":true,"created_at":"2026-02-02T00:00:00Z","due_at":"2026-03-31T00:00:00Z","actions_count":5,"done_count":1,
			"overdue_count":2,"overdue_h":7.5,"from":[4],"position":14},
		{"plan":"closed, a step left","open":false,"overdue":true,"customer_knows":false,"owner":"m.keller","created_at":"2026-02-03T00:00:00Z","actions_count":1,"done_count":0,
			"overdue_count":1,"overdue_h":202.5,"from":[],"position":22},
		{"plan":"open","open":true,"overdue":false,"customer_knows":true,"created_at":"2026-02-03T00:00:00Z","actions_count":0,"done_count":0,"overdue_count":0,"overdue_h":null,
			"from":[],"position":21},
		{"plan":"closed","open":false,"overdue":false,"customer_knows":false,"created_at":"2026-02-03T00:00:00Z","due_at":"2026-02-10T00:00:00Z","actions_count":0,"done_count":0,
			"overdue_count":0,"overdue_h":null,"from":[],"position":25}]`)
}
