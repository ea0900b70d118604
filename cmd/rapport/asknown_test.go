package main

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
)

// dated is an event of the test's source at a date of 2026.
func dated(id, eventType, account, date, data string) string {
	return strings.Replace(event(id, eventType, account, data), "2026-03-02T09:00:00Z", "2026-"+date+"T09:00:00Z", 1)
}

// correction is about the event of that id.
func correction(id, account, of, eventType, more, data string) string {
	return event(id, "entry.corrected", account, fmt.Sprintf(`{"id":%q,"reason":"it was otherwise","type":"rapport.%s.v1",%s"data":%s}`, of, eventType, more, data))
}

func retraction(id, account, of string) string {
	return event(id, "entry.retracted", account, fmt.Sprintf(`{"id":%q,"reason":"it was not so"}`, of))
}

// story is what happens to the account acme, with what is checked after each step.
type story struct {
	*ledger
	last api.Receipt
	told []moment
}

// moment is what the ledger said as known at a time.
type moment struct {
	known string
	said  string
}

const asked = "2026-09-01T00:00:00Z"

// asKnown is everything that can be asked for both clocks, as known then.
func (s *story) asKnown(known string) string {
	s.t.Helper()
	var b strings.Builder
	for _, path := range []string{
		"/v1/accounts/acme/timeline?order=occurred&limit=1000", "/v1/accounts/acme/timeline?order=recorded&limit=1000",
		"/v1/accounts/acme/timeline?at=2026-04-01T00:00:00Z&limit=1000",
		"/v1/accounts/acme/trust?explain=true&since=2026-02-15T00:00:00Z&at=" + asked,
	} {
		res := s.get(fmt.Sprintf("%s&wait_for=%d&known_at=%s", path, s.last.Position, known))
		if res.status != http.StatusOK {
			s.t.Fatalf("%s: got %d: %s", path, res.status, res.body)
		}
		b.WriteString(res.body)
	}
	return b.String()
}

// now is what can only be asked for the present.
func (s *story) now() string {
	s.t.Helper()
	var b strings.Builder
	for _, path := range []string{"/v1/accounts", "/v1/accounts/acme", "/v1/accounts/beta", "/v1/followups"} {
		res := s.get(fmt.Sprintf("%s?wait_for=%d", path, s.last.Position))
		b.WriteString(res.body)
	}
	return b.String()
}

// then records the event and checks what holds after every event.
func (s *story) then(event string) {
	s.t.Helper()
	s.last = s.record(event)
	s.check()
}

func (s *story) check() {
	s.t.Helper()
	var stored struct{ RecordedTime string }
	s.ask(fmt.Sprintf("/v1/events/%d", s.last.Position), &stored)
	s.told = append(s.told, moment{stored.RecordedTime, s.asKnown(stored.RecordedTime)})
	var trust api.Trust
	s.ask("/v1/accounts/acme/trust?explain=true&since=2026-02-15T00:00:00Z&at="+asked, &trust)
	sum := trust.Prior
	for _, c := range trust.Contributions {
		sum += c.Effect
	}
	if math.Abs(sum-trust.Mean) > 1e-6 {
		s.t.Errorf("after %d: the contributions add up to %v, the mean is %v", s.last.Position, sum, trust.Mean)
	}
	moved := trust.Before.Mean
	for _, c := range trust.Change {
		moved += c.Effect
	}
	if math.Abs(moved-trust.Mean) > 1e-6 {
		s.t.Errorf("after %d: what moved the mean leads to %v, the mean is %v", s.last.Position, moved, trust.Mean)
	}
}

func (s *story) lastContact(want string) {
	s.t.Helper()
	var a api.Account
	s.ask(fmt.Sprintf("/v1/accounts/acme?wait_for=%d", s.last.Position), &a)
	if got := a.LastContact.Format("01-02"); got != want {
		s.t.Errorf("after %d: last contact %v, want %s", s.last.Position, a.LastContact, want)
	}
}

func (s *story) refused(event, place string) {
	s.t.Helper()
	res := s.post(structured, event)
	if p := res.problem(s.t); res.status != http.StatusUnprocessableEntity || !strings.HasPrefix(p.Errors[0].Location, place) {
		s.t.Errorf("%s: got %d %+v, want a fault at %s", event, res.status, p.Errors, place)
	}
}

// item is the follow-up that a complaint of acme has.
func (s *story) item(reason string) api.FollowUp {
	s.t.Helper()
	for _, i := range s.queue("&account=acme", s.last.Position) {
		if i.Reason == reason {
			return i
		}
	}
	s.t.Fatalf("after %d: acme has no follow-up because of a %s", s.last.Position, reason)
	return api.FollowUp{}
}

func TestWhatWasKnownThenIsSaidTheSameForEver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &story{ledger: startLedgerIn(t, dir)}
	s.tell()
	now := s.now()
	s.same(now, "right after")
	s.stop()
	s.ledger = startLedgerIn(t, dir)
	s.same(now, "after a restart")
	for _, name := range []string{"timeline", "trust", "followups"} {
		s.rebuild(name)
	}
	s.same(now, "after a rebuild")
}

// tell is the story.
func (s *story) tell() {
	s.then(dated("1", "account.opened", "acme", "01-05", `{"name":"Acme","kind":"customer"}`))
	s.then(dated("2", "interaction.held", "acme", "02-01", `{"kind":"meeting"}`))
	s.then(dated("3", "complaint.raised", "acme", "03-02", `{"complaint":"C-1","severity":4}`))
	s.then(dated("4", "interaction.held", "acme", "05-01", `{"kind":"call"}`))
	s.lastContact("05-01")

	s.then(correction("5", "acme", "2", "interaction.held", "", `{"kind":"visit"}`))
	s.lastContact("05-01")
	s.then(correction("6", "acme", "2", "interaction.held", `"occurred_at":"2026-06-01T09:00:00Z",`, `{"kind":"visit"}`))
	s.lastContact("06-01")
	s.then(retraction("7", "acme", "6"))
	s.lastContact("05-01")
	s.then(retraction("8", "acme", "4"))
	s.lastContact("03-02")
	s.refused(retraction("9", "acme", "8"), "data.")
	s.refused(retraction("9", "acme", "4"), "data.")
	s.refused(correction("9", "acme", "3", "interaction.held", "", `{"kind":"call"}`), "data.type")
	s.refused(retraction("9", "beta", "3"), "data.")

	s.then(dated("10", "delivery.missed", "acme", "04-10", `{"line":"L-1","late_min":300}`))
	s.then(dated("11", "delivery.excused", "acme", "04-11", `{"line":"L-1","code":"flood","by":"acme"}`))
	s.then(retraction("12", "acme", "11"))
	s.then(dated("13", "interaction.held", "beta", "07-01", `{"kind":"call"}`))
	s.lastContact("03-02")
	s.then(dated("14", "account.merged", "beta", "08-01", `{"into":"acme"}`))
	s.lastContact("07-01")
	s.then(dated("15", "account.unmerged", "beta", "08-02", `{"from":"acme"}`))
	s.lastContact("03-02")
	s.then(dated("16", "account.merged", "beta", "08-03", `{"into":"acme"}`))
	s.then(retraction("17", "beta", "16"))
	s.lastContact("03-02")

	s.then(strings.Replace(dated("18", "interaction.held", "acme", "01-01", `{"kind":"call"}`), "2026-01-01", "2099-01-01", 1))
	s.lastContact("03-02")

	s.notice()
	s.act("assign", `{"owner":"anna"}`)
	s.act("complete", `{"outcome":"pump replaced"}`)
	s.act("tell", `{"channel":"phone","message":"It is done."}`)
	if i := s.item("complaint"); i.State != "closed" || !i.CustomerTold {
		s.t.Errorf("after it was done and told: %+v", i)
	}
	s.then(retraction("19", "acme", "3"))
}

// notice has time pass until what is overdue is noticed.
func (s *story) notice() {
	s.t.Helper()
	later := func() time.Time { return time.Now().Add(10 * time.Minute) }
	keeper := commands.NewTimekeeper(s.app.recorder, watch{s.app.projections}, later)
	before := s.head()
	for range 2 {
		if _, err := keeper.NoticeOverdue(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
	}
	s.last.Position = domain.Position(s.head())
	due := int(s.last.Position) - before
	var page api.Page[api.Entry]
	s.ask(fmt.Sprintf("/v1/accounts/acme/timeline?type=due.passed&wait_for=%d", s.last.Position), &page)
	if due == 0 || len(page.Items) != due {
		s.t.Errorf("%d events when time had passed, of which %d say that a date did", due, len(page.Items))
	}
	for _, e := range page.Items {
		if !e.Occurred.Before(e.Recorded) || !strings.Contains(string(e.Data), e.Occurred.Format(time.RFC3339)) {
			s.t.Errorf("%s is stamped %v, which is not when it was due", e.Data, e.Occurred)
		}
	}
	s.check()
}

func (s *story) act(name, body string) {
	s.t.Helper()
	res := s.do(http.MethodPost, "/v1/followups/"+s.item("complaint").ID+"/"+name, body, "Content-Type", "application/json")
	if res.status != http.StatusCreated {
		s.t.Fatalf("%s: got %d: %s", name, res.status, res.body)
	}
	var receipts api.Receipts
	res.decode(s.t, &receipts)
	s.last = receipts.Receipts[0]
	s.check()
}

// same asks again for everything that was said.
func (s *story) same(now, when string) {
	s.t.Helper()
	if got := s.now(); got != now {
		s.t.Errorf("%s: got\n%s\nwant\n%s", when, got, now)
	}
	for i, m := range s.told {
		if got := s.asKnown(m.known); got != m.said {
			s.t.Errorf("%s: as known after event %d: got\n%s\nwant\n%s", when, i+1, got, m.said)
			return
		}
	}
}

// rebuild makes the projection again and waits until that is done.
func (l *ledger) rebuild(name string) {
	l.t.Helper()
	if res := l.do(http.MethodPost, "/v1/projections/"+name+"/rebuild", ""); res.status != http.StatusAccepted {
		l.t.Fatalf("%s: got %d: %s", name, res.status, res.body)
	}
	l.eventually(func() bool {
		var page api.Page[api.Projection]
		l.ask("/v1/projections", &page)
		for _, p := range page.Items {
			if p.Name == name {
				return p.State == "live"
			}
		}
		return false
	})
}
