package improvement_test

import (
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// fail is nonconformities at several stages, opened before February or in it.
func fail(l *dossiertest.Ledger, account domain.AccountID) {
	add := func(on string, e domain.Event) { l.Add(account, on, e) }
	plan := func(on string, id, action domain.ID, due string) {
		a := domain.NonconformityActionPlanned{Nonconformity: id, Action: action}
		if due != "" {
			a.DueAt = dossiertest.Time(due)
		}
		add(on, a)
	}
	add("2026-01-30T09:00", domain.NonconformityOpened{Nonconformity: "old", Severity: 5, CostMinor: new(int64(70)), Currency: "EUR"})
	plan("2026-01-30T10:00", "old", "A", "2026-02-10")

	add("2026-02-02T09:00", domain.NonconformityOpened{
		Nonconformity: "closed", Severity: 4, CostMinor: new(int64(5000)), Currency: "EUR", QtyAffected: new(12.0), UOM: "pcs",
		Complaint: "C-1", Product: "pump", Supplier: "castings", Owner: "m.keller",
	})
	add("2026-02-02T11:00", domain.NonconformityContained{Nonconformity: "closed"})
	add("2026-02-03T09:00", domain.NonconformityCauseFound{Nonconformity: "closed", Code: "tool", Level: "occurrence"})
	add("2026-02-03T10:00", domain.NonconformityCauseFound{Nonconformity: "closed", Code: "gauge", Level: "escape"})
	plan("2026-02-03T11:00", "closed", "A", "2026-02-10")
	plan("2026-02-03T12:00", "closed", "B", "2026-02-11")
	add("2026-02-04T09:00", domain.NonconformityActionImplemented{Nonconformity: "closed", Action: "A"})
	add("2026-02-05T09:00", domain.NonconformityEffectVerified{Nonconformity: "closed", Effective: true})
	add("2026-02-06T09:00", domain.NonconformityClosed{Nonconformity: "closed", CostMinor: new(int64(9000)), Currency: "EUR"})

	add("2026-02-09T09:00", domain.NonconformityOpened{Nonconformity: "planned", Severity: 4})
	add("2026-02-09T12:00", domain.NonconformityCauseFound{Nonconformity: "planned", Code: "training", Level: "system"})
	plan("2026-02-09T14:00", "planned", "due now", "2026-03-31")
	plan("2026-02-09T14:00", "planned", "without a date", "")
	plan("2026-02-09T14:00", "planned", "done late", "2026-03-20")
	add("2026-02-09T15:00", domain.NonconformityContained{Nonconformity: "planned"}) // nothing goes back
	add("2026-03-25T09:00", domain.NonconformityActionImplemented{Nonconformity: "planned", Action: "done late"})

	add("2026-02-16T09:00", domain.NonconformityOpened{Nonconformity: "back", Severity: 2, Repeats: "closed", CostMinor: new(int64(300)), Currency: "USD"})
	add("2026-02-16T10:00", domain.NonconformityEffectVerified{Nonconformity: "back", Effective: false, RecurrencesCount: 2})
}

func TestEveryFigureOfNonconformities(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	fail(l, "acme")
	dossiertest.Same(t, since(t, l).Nonconformities, `{"opened_count":3,"open_count":3,"overdue_actions_count":2,
		"stages":[{"stage":"D2","count":3,"median_h":2},{"stage":"D3","count":1,"median_h":5.5},{"stage":"D4","count":2,"median_h":1.5},
			{"stage":"D5","count":2,"median_h":120.75},{"stage":"D6","count":1,"median_h":7.5},{"stage":"D7","count":1,"median_h":7.5}],
		"effective_pct":50,"recurrence_pct":66.66666666666667,"cost":[{"amount_minor":9000,"currency":"EUR"},{"amount_minor":300,"currency":"USD"}],"uncosted_count":1}`)
}

func TestEveryFieldOfANonconformity(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	fail(l, "acme")
	dossiertest.Same(t, since(t, l).Unmet, `[
		{"nonconformity":"old","stage":"D5","open":true,"severity":5,"opened_at":"2026-01-30T09:00:00Z","clocks":[{"stage":"D2","hours_h":1},{"stage":"D5","hours_h":314}],
			"causes":[],"actions_count":1,"overdue_count":1,"effective":null,"recurred_count":0,"cost_minor":70,"currency":"EUR","qty_affected":null,"position":1,"positions":[1,2]},
		{"nonconformity":"planned","stage":"D6","open":true,"severity":4,"opened_at":"2026-02-09T09:00:00Z",
			"clocks":[{"stage":"D2","hours_h":3},{"stage":"D4","hours_h":1},{"stage":"D5","hours_h":236},{"stage":"D6","hours_h":30}],
			"causes":["system training"],"actions_count":3,"overdue_count":0,"effective":null,"recurred_count":0,"cost_minor":null,"qty_affected":null,"position":12,
			"positions":[12,13,14,15,16,17,18]},
		{"nonconformity":"back","stage":"D7","open":true,"severity":2,"opened_at":"2026-02-16T09:00:00Z","clocks":[{"stage":"D2","hours_h":1},{"stage":"D7","hours_h":231.5}],
			"causes":[],"actions_count":0,"overdue_count":0,"effective":false,"recurred_count":2,"repeats":"closed","cost_minor":300,"currency":"USD","qty_affected":null,
			"position":19,"positions":[19,20]},
		{"nonconformity":"closed","stage":"D8","open":false,"severity":4,"opened_at":"2026-02-02T09:00:00Z",
			"clocks":[{"stage":"D2","hours_h":2},{"stage":"D3","hours_h":5.5},{"stage":"D4","hours_h":2},{"stage":"D5","hours_h":5.5},{"stage":"D6","hours_h":7.5},{"stage":"D7","hours_h":7.5}],
			"owner":"m.keller","causes":["occurrence tool","escape gauge"],"actions_count":2,"overdue_count":1,"effective":true,"recurred_count":1,"cost_minor":9000,"currency":"EUR",
			"qty_affected":12,"uom":"pcs","complaint":"C-1","product":"pump","supplier":"castings","position":3,"positions":[3,4,5,6,7,8,9,10,11]}]`)
}

func TestAnActionThatWasDoneBeforeItIsSaidToHaveBeenPlannedIsDone(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05", domain.NonconformityOpened{Nonconformity: "N-1", Severity: 4})
	l.Add("acme", "2026-01-05", domain.PlanCreated{Plan: "P-1"})
	l.Add("acme", "2026-01-08", domain.NonconformityActionPlanned{Nonconformity: "N-1", Action: "A", DueAt: dossiertest.Time("2026-01-09")})
	l.Add("acme", "2026-01-08", domain.PlanActionAdded{Plan: "P-1", Action: "A", DueAt: dossiertest.Time("2026-01-09")})
	l.Add("acme", "2026-01-07", domain.NonconformityActionImplemented{Nonconformity: "N-1", Action: "A"})
	l.Add("acme", "2026-01-07", domain.PlanActionCompleted{Plan: "P-1", Action: "A"})
	r := about(l, "2026-03-01")
	got := fmt.Sprintf("%d, %d of %d and %v", r.Unmet[0].OverdueCount, r.Plans[0].DoneCount, r.Plans[0].ActionsCount, r.Plans[0].Overdue)
	if want := "0, 1 of 1 and false"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
