package improvement_test

import (
	"errors"
	"iter"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/improvement"
)

// overall is about all accounts at the end of March, and the time from February on.
func overall(l *dossiertest.Ledger) (improvement.Total, []improvement.Row) {
	return dossiertest.OverallIn(l, improvement.New(), dossiertest.Span("2026-02-01", "2026-03-31", "2026-12-31"), improvement.Overall)
}

func TestEveryFigureOfAllAccounts(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	capacities(l)
	complain(l, "acme")
	for _, account := range []domain.AccountID{"beta", "acme"} {
		ask(l, account)
		improve(l, account)
		fail(l, account)
		train(l, account)
	}
	complain(l, "ceta")
	plan(l, "acme")
	plan(l, "delta")
	l.Add("acme", "2026-02-16", domain.NonconformityOpened{Nonconformity: "francs", Severity: 1, CostMinor: new(int64(8)), Currency: "CHF"})
	involve(l, "echo")
	l.Add("empty", "2026-01-05", domain.VoiceCaptured{Verbatim: "before February"})

	total, rows := overall(l)
	dossiertest.Same(t, total, `{"accounts_count":5,
		"complaints":{"raised_count":18,"open_count":12,"open_safety_count":4,"median_ack_min":60,"ack_in_time_pct":75,"answered_in_time_pct":62.5,"accepted_pct":50,"reopened_pct":20,
			"recovered_pct":11.11111111111111,"severities":[{"severity":3,"count":4,"median_h":50.75,"p90_h":91},{"severity":4,"count":4,"median_h":20.5,"p90_h":37.5}]},
		"requests":{"received_count":16,"unanswered_count":8,"declined_count":2,"median_answer_min":540,"clarification_pct":25,"first_answer_pct":50,"contacts_per_answer":2.5,
			"shortcomings":[{"name":"no manual","count":4},{"name":"capacity","count":2},{"name":"price list","count":2}]},
		"nonconformities":{"opened_count":9,"open_count":9,"overdue_actions_count":4,
			"stages":[{"stage":"D2","count":6,"median_h":2},{"stage":"D3","count":2,"median_h":5.5},{"stage":"D4","count":4,"median_h":1.5},
				{"stage":"D5","count":4,"median_h":120.75},{"stage":"D6","count":2,"median_h":7.5},{"stage":"D7","count":2,"median_h":7.5}],
			"effective_pct":50,"recurrence_pct":44.44444444444444,"cost":[{"amount_minor":8,"currency":"CHF"},{"amount_minor":18000,"currency":"EUR"},{"amount_minor":600,"currency":"USD"}],
			"uncosted_count":4},
		"improvements":{"agreed_count":21,"delivered_count":10,"descoped_count":2,"not_told_count":6,"ownerless_count":8,"on_time_pct":50,"told_pct":60,"co_agreed_pct":19.047619047619047,"unchecked_count":17,
			"planned_person_h":24,"capacity_person_h":160,"value":[{"amount_minor":500,"currency":"EUR"}],"assumed":[{"amount_minor":120,"currency":"EUR"},{"amount_minor":80,"currency":"USD"}],
			"levels":[{"owner_level":"","count":2,"on_time_pct":0},{"owner_level":"executive","count":2,"on_time_pct":100},{"owner_level":"manager","count":4,"on_time_pct":50}]},
		"inputs":{"inputs_count":12,"planned_pct":66.66666666666667,"unplanned_count":2,"known_overdue_count":4},
		"expiring":[{"scheme":"crane","person":"m.keller","valid_to":"2027-01-01T00:00:00Z","expired":true,"position":200},
			{"scheme":"auditor","person":"l.moreau","valid_to":"2026-03-31T00:00:00Z","expired":true,"position":202},
			{"scheme":"auditor","person":"m.keller","valid_to":"2026-06-01T00:00:00Z","expired":false,"position":196}]}`)
	dossiertest.Same(t, rows, `[
		{"account":"acme","open_complaints_count":6,"unanswered_count":4,"open_nonconformities_count":5,"overdue_actions_count":2,"known_overdue_count":2,
			"not_told_count":3,"unplanned_count":1,"accepted_pct":50,"median_answer_min":540,"told_pct":60,"untrained_count":1},
		{"account":"delta","open_complaints_count":0,"unanswered_count":0,"open_nonconformities_count":1,"overdue_actions_count":0,"known_overdue_count":2,
			"not_told_count":1,"unplanned_count":1,"accepted_pct":null,"median_answer_min":null,"told_pct":0,"untrained_count":0},
		{"account":"ceta","open_complaints_count":6,"unanswered_count":0,"open_nonconformities_count":0,"overdue_actions_count":0,"known_overdue_count":0,
			"not_told_count":0,"unplanned_count":0,"accepted_pct":50,"median_answer_min":null,"told_pct":null,"untrained_count":0},
		{"account":"beta","open_complaints_count":0,"unanswered_count":4,"open_nonconformities_count":3,"overdue_actions_count":2,"known_overdue_count":0,
			"not_told_count":2,"unplanned_count":0,"accepted_pct":null,"median_answer_min":540,"told_pct":75,"untrained_count":1},
		{"account":"echo","open_complaints_count":0,"unanswered_count":0,"open_nonconformities_count":0,"overdue_actions_count":0,"known_overdue_count":0,
			"not_told_count":0,"unplanned_count":0,"accepted_pct":null,"median_answer_min":null,"told_pct":null,"untrained_count":0}]`)
}

func TestAnAccountHasARowWhereThereIsAnythingToSay(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("complaint", "2026-01-05", domain.ComplaintRaised{Complaint: "C-1", Severity: 1})
	l.Add("request", "2026-01-05", domain.RequestReceived{Request: "R-1"})
	l.Add("nonconformity", "2026-01-05", domain.NonconformityOpened{Nonconformity: "N-1", Severity: 1})
	l.Add("improvement", "2026-01-05", domain.ImprovementAgreed{Improvement: "I-1"})
	l.Add("plan", "2026-01-05", domain.PlanCreated{Plan: "P-1"})
	l.Add("effort", "2026-01-05", domain.InvolvementStarted{Effort: "E-1", Party: "customer", Kind: "pilot"})
	l.Add("untrained", "2026-01-05", domain.AccountManagerAssigned{Person: "m.keller"})
	l.Add("input", "2026-02-05", domain.WishExpressed{Topic: "a portal"})
	l.Add("trained", "2026-01-05", domain.AccountManagerAssigned{Person: "l.moreau"})
	l.Add(domain.Ledger, "2026-01-06", domain.TrainingCompleted{Person: "l.moreau", Audience: "employee"})
	l.Add("earlier input", "2026-01-05", domain.WishExpressed{Topic: "a portal"})
	total, rows := overall(l)
	got := ""
	for _, r := range rows {
		got += string(r.Account) + "; "
	}
	if want := "complaint; request; effort; improvement; input; nonconformity; plan; untrained; "; got != want || total.AccountsCount != 8 {
		t.Errorf("got %d: %s, want %s", total.AccountsCount, got, want)
	}
}

func TestAccountsWithMostThatIsOverdueComeFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("a", "2026-01-05", domain.InvolvementStarted{Effort: "E-1", Party: "customer", Kind: "pilot"})
	l.Add("b", "2026-01-05", domain.ImprovementAgreed{Improvement: "I-1"})
	l.Add("b", "2026-01-05", domain.ImprovementDelivered{Improvement: "I-1"})
	l.Add("c", "2026-01-05", domain.RequestReceived{Request: "R-1"})
	l.Add("d", "2026-01-05", domain.ComplaintRaised{Complaint: "C-1", Severity: 1})
	l.Add("e", "2026-01-05", domain.PlanCreated{Plan: "P-1", CustomerKnows: true, DueAt: dossiertest.Time("2026-01-06")})
	_, rows := overall(l)
	got := ""
	for _, r := range rows {
		got += string(r.Account)
	}
	if got != "edcba" {
		t.Errorf("got %s", got)
	}
}

func TestNothingIsSaidOfAllAccountsIfOneCannotBeRead(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var one iter.Seq2[*dossier.Dossier, error] = func(yield func(*dossier.Dossier, error) bool) { yield(nil, broken) }
	if _, rows, err := improvement.Overall(one); !errors.Is(err, broken) || rows != nil {
		t.Errorf("got %v, %v", rows, err)
	}
}
