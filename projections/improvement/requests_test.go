package improvement_test

import (
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// ask is requests of every state, received before February or in it.
func ask(l *dossiertest.Ledger, account domain.AccountID) {
	add := func(on string, e domain.Event) { l.Add(account, on, e) }
	receive := func(on string, id domain.ID, due string) {
		r := domain.RequestReceived{Request: id}
		if due != "" {
			r.DueAt = dossiertest.Time(due)
		}
		add(on, r)
	}
	receive("2026-01-30T09:00", "old", "")
	add("2026-01-30T10:00", domain.RequestReceived{Request: "old, declined"})
	add("2026-02-01T10:00", domain.RequestDeclined{Request: "old, declined", Reason: "too dear", Shortcoming: "price list"})
	add("2026-02-02T09:00", domain.RequestReceived{Request: "clarified", Topic: "manual", Contact: "jane"})
	add("2026-02-02T09:30", domain.RequestClarified{Request: "clarified", Awaiting: "customer"})
	add("2026-02-02T10:30", domain.RequestClarified{Request: "clarified", Awaiting: "us"})
	add("2026-02-02T11:00", domain.RequestAnswered{Request: "clarified", Outcome: "sent", FirstAnswerSufficient: new(false), Shortcoming: "no manual"})
	receive("2026-02-03T09:00", "by its date", "2026-02-03T12:00")
	add("2026-02-03T12:00", domain.RequestAnswered{Request: "by its date", FirstAnswerSufficient: new(true)})
	receive("2026-02-03T09:00", "declined late", "2026-02-03T12:00")
	add("2026-02-03T14:00", domain.RequestDeclined{Request: "declined late", Reason: "too dear", Shortcoming: "no manual"})
	receive("2026-02-04T09:00", "due now", "2026-03-31")
	receive("2026-02-05T09:00", "open", "")
	receive("2026-02-05T09:00", "as allowed", "")
	receive("2026-02-05T09:00", "a minute more", "")
	add("2026-02-09T09:00", domain.RequestAnswered{Request: "as allowed", Shortcoming: "price list"})
	add("2026-02-09T09:01", domain.RequestAnswered{Request: "a minute more", Shortcoming: "capacity"})
	receive("2026-02-06T09:00", "their turn", "")
	add("2026-02-06T10:00", domain.RequestClarified{Request: "their turn", Awaiting: "customer"})
}

func TestEveryFigureOfRequests(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	ask(l, "acme")
	dossiertest.Same(t, since(t, l).Requests, `{"received_count":8,"unanswered_count":4,"declined_count":1,"median_answer_min":540,"clarification_pct":25,"first_answer_pct":50,
		"contacts_per_answer":2.5,"shortcomings":[{"name":"no manual","count":2},{"name":"capacity","count":1},{"name":"price list","count":1}]}`)
}

func TestEveryFieldOfARequest(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	ask(l, "acme")
	all := since(t, l).RequestList
	got := ""
	for _, r := range all {
		got += fmt.Sprintf("%s: %s, answered %s, age %v, late %v\n", r.Request, r.State, show(r.AnswerMin), r.AgeMin, r.Late)
	}
	want := `old: open, answered -, age 18900, late true
due now: open, answered -, age 17550, late false
open: open, answered -, age 17100, late true
their turn: open, answered -, age 60, late false
old, declined: declined, answered 390, age 390, late false
clarified: answered, answered 60, age 60, late false
by its date: answered, answered 180, age 180, late false
declined late: declined, answered 240, age 240, late true
as allowed: answered, answered 900, age 900, late false
a minute more: answered, answered 901, age 901, late true
`
	if got != want {
		t.Fatalf("got\n%s, want\n%s", got, want)
	}
	dossiertest.Same(t, all[5], `{"request":"clarified","state":"answered","received_at":"2026-02-02T09:00:00Z","answer_min":60,"age_min":60,"late":false,"clarified_count":2,"first_sufficient":false,
		"topic":"manual","outcome":"sent","shortcoming":"no manual","contact":"jane","position":4,"positions":[4,5,6,7]}`)
	dossiertest.Same(t, all[7], `{"request":"declined late","state":"declined","received_at":"2026-02-03T09:00:00Z","due_at":"2026-02-03T12:00:00Z","answer_min":240,"age_min":240,"late":true,
		"clarified_count":0,"first_sufficient":null,"reason":"too dear","shortcoming":"no manual","position":10,"positions":[10,11]}`)
	dossiertest.Same(t, all[2], `{"request":"open","state":"open","received_at":"2026-02-05T09:00:00Z","answer_min":null,"age_min":17100,"late":true,"clarified_count":0,"first_sufficient":null,
		"position":13,"positions":[13]}`)
}

func TestContactsForAnAnswerAreUnknownUntilThereIsOne(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-05T09:00", domain.RequestReceived{Request: "R-1"})
	if got := about(l, "2026-02-01").Requests.ContactsPerAnswer; got != nil {
		t.Errorf("before: %v", *got)
	}
	l.Add("acme", "2026-01-05T10:00", domain.RequestAnswered{Request: "R-1"})
	if got := about(l, "2026-02-01").Requests.ContactsPerAnswer; got == nil || *got != 2 {
		t.Errorf("after: %s", show(got))
	}
}
