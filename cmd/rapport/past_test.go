package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

func TestTheQueueAsKnownAtATimeHasNothingOfWhatCameLater(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	l.record(complaint("1", "acme"))
	l.record(complaint("2", "other"))
	l.record(complaint("3", "old-acme"))
	last := l.record(event("4", "account.merged", "old-acme", `{"into":"acme"}`))
	then := l.recordedTime(last)
	last = l.record(retraction("5", "acme", "1"))
	last = l.record(complaint("6", "acme"))

	var before, after, first api.Page[api.FollowUp]
	l.ask(fmt.Sprintf("/v1/followups?account=acme&known_at=%s&wait_for=%d", then, last.Position), &before)
	if got, want := subjects(before), "C-1 open, C-3 open, "; got != want {
		t.Errorf("then: got %s, want %s", got, want)
	}
	l.ask(fmt.Sprintf("/v1/followups?account=acme&known_at=%s", l.recordedTime(last)), &after)
	if got, want := subjects(after), "C-6 open, C-3 open, C-1 closed, "; got != want {
		t.Errorf("now: got %s, want %s", got, want)
	}
	l.ask(fmt.Sprintf("/v1/followups?account=acme&limit=1&known_at=%s", then), &first)
	if r := l.get("/v1/followups?account=acme&known_at=2026-01-01&cursor=" + first.Next); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a cursor of another time: got %d: %s", r.status, r.body)
	}
	var none api.Page[api.FollowUp]
	l.ask("/v1/followups?account=acme&known_at=2020-01-01", &none)
	l.ask("/v1/followups?account=nobody&known_at="+then, &none)
	if len(none.Items) != 0 {
		t.Errorf("got %+v", none.Items)
	}
	if r := l.get("/v1/followups?known_at=2026-01-01"); r.status != http.StatusUnprocessableEntity || r.problem(t).Errors[0].Location != "query.known_at" {
		t.Errorf("of all accounts: got %d: %s", r.status, r.body)
	}
}

// recordedTime is when the event was recorded.
func (l *ledger) recordedTime(r api.Receipt) string {
	l.t.Helper()
	var stored struct{ RecordedTime string }
	l.ask(fmt.Sprintf("/v1/events/%d", r.Position), &stored)
	return stored.RecordedTime
}

func subjects(page api.Page[api.FollowUp]) (all string) {
	for _, f := range page.Items {
		all += f.Subject + " " + f.State + ", "
	}
	return all
}
