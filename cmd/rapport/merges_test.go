package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/demo"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
)

// dial is a clock that goes when it is told to.
type dial struct{ at atomic.Pointer[time.Time] }

func (d *dial) set(t time.Time) { d.at.Store(&t) }
func (d *dial) now() time.Time  { return *d.at.Load() }

// reading is a ledger of the demo's company on a dial, all of whose reads can be taken at once.
type reading struct {
	*ledger
	clock dial
	noon  time.Time // after the demo's last event; what the test does happens in the hour before
	paths []string  // see [reading.find]
	last  domain.Position
}

func startReading(t *testing.T, accounts ...string) *reading {
	t.Helper()
	r := &reading{noon: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	data := t.TempDir()
	r.remember(t, data, accounts)
	r.clock.set(r.noon.Add(-time.Hour))
	r.ledger = startLedgerWith(t, options{data: data, now: r.clock.now})
	r.settle()
	r.clock.set(r.noon.Add(-50 * time.Minute)) // what was overdue when it was recorded is noticed only now
	r.settle()
	r.find()
	return r
}

// remember records the accounts' history in the directory, on which no ledger runs yet: one that
// does would fold day after day.
func (r *reading) remember(t *testing.T, data string, accounts []string) {
	t.Helper()
	history := demo.History(r.noon)
	r.clock.set(history[0].RecordedAt)
	a := &app{options: options{data: data, now: r.clock.now, logger: zap.NewNop()}}
	if err := errors.Join(a.openLog(t.Context()), a.openKeys(t.Context())); err != nil {
		t.Fatal(err)
	}
	recorder := commands.NewRecorder(a.log, commands.Options{Now: a.now, Keys: a.keys})
	for _, day := range history {
		r.clock.set(day.RecordedAt)
		events := slices.DeleteFunc(day.Events, func(e domain.Envelope) bool {
			return e.Account != domain.Ledger && !slices.Contains(accounts, string(e.Account))
		})
		for _, outcome := range recorder.Record(t.Context(), events) {
			if outcome.Err != nil {
				t.Fatal(outcome.Err)
			}
		}
	}
	if err := errors.Join(recorder.Close(t.Context()), a.close(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// settle records what time has brought about, as the ledger's own timekeeper would.
func (r *reading) settle() (noticed int) {
	r.t.Helper()
	keeper := commands.NewTimekeeper(r.app.recorder, watch{r.app.projections}, r.clock.now)
	for before := r.head(); ; before = r.head() {
		r.seen(domain.Position(before))
		if err := keeper.Tick(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
		r.last = domain.Position(r.head())
		if r.head() == before {
			return noticed
		}
		noticed += r.head() - before
	}
}

// find takes the reads off the server's own description, so that a new projection's are among
// them: all that answer about accounts, contacts and follow-ups.
func (r *reading) find() {
	r.t.Helper()
	var description struct {
		Paths map[string]map[string]struct {
			Tags       []string
			Parameters []struct{ Name, In string }
		}
	}
	r.ask("/openapi.json", &description)
	about := []string{"Accounts", "All accounts", "Follow-ups"}
	for path, operations := range description.Paths {
		get, ok := operations["get"]
		if !ok || !slices.ContainsFunc(get.Tags, func(tag string) bool { return slices.Contains(about, tag) }) {
			continue
		}
		query, clocks := url.Values{}, 0
		for _, p := range get.Parameters {
			if value, ok := fullest[p.Name]; ok {
				query.Set(p.Name, value)
			}
			if p.Name == "at" || p.Name == "known_at" {
				clocks++
			}
		}
		r.paths = append(r.paths, path+"?"+query.Encode())
		if clocks == 2 { // the queue as known then is asked of one account only, and has a test of its own
			r.paths = append(r.paths, path+"?at=2026-10-01&"+query.Encode(), path+"?at=2026-10-01&"+asThen+"&"+query.Encode())
		}
	}
	slices.Sort(r.paths)
	if len(r.paths) < 40 {
		r.t.Fatalf("found only %q", r.paths)
	}
}

// fullest are the parameters that make an answer say most.
var fullest = map[string]string{"limit": "1000", "explain": "true", "since": "2026-06-01", "state": "open,snoozed,done,closed"}

// asThen asks what was known before the test did anything.
const asThen = "known_at=2026-10-15"

// told are answers by what was asked.
type told map[string]string

// all asks everything, as of noon, about the accounts and their contacts, and about all accounts together.
func (r *reading) all(accounts []string, contacts map[string][]string) told {
	r.t.Helper()
	r.seen(r.last)
	back := r.clock.now()
	r.clock.set(r.noon)
	defer r.clock.set(back)
	var items []string
	for _, i := range r.queue("&state=open,snoozed,done,closed&limit=1000", r.last) {
		if slices.Contains(accounts, i.Account) {
			items = append(items, i.ID)
		}
	}
	answers := told{}
	for _, path := range r.paths {
		for _, account := range accounts {
			for _, contact := range append(slices.Clone(contacts[account]), "") {
				for _, item := range append(slices.Clone(items), "") {
					if strings.Contains(path, "{contact}") == (contact == "") || strings.Contains(path, "{id}") == (item == "") {
						continue
					}
					asked := strings.NewReplacer("{account}", account, "{contact}", contact, "{id}", item).Replace(path)
					if _, ok := answers[asked]; !ok {
						answers[asked] = r.one(asked)
					}
				}
			}
		}
	}
	return answers
}

func (r *reading) one(asked string) string {
	r.t.Helper()
	res := r.get(asked)
	if res.status != http.StatusOK {
		r.t.Fatalf("GET %s: got %d: %s", asked, res.status, res.body)
	}
	return res.body
}

// then records an event of the test, at the dial's time.
func (r *reading) then(id, account, eventType, data string) {
	r.t.Helper()
	at := r.clock.now().Add(time.Second)
	r.clock.set(at)
	e := event(id, eventType, account, data)
	r.last = r.record(strings.Replace(e, "2026-03-02T09:00:00Z", at.Format(time.RFC3339), 1)).Position
}

// same compares the answers whose questions are chosen with those of before, byte for byte, but for
// what a history of so many more events of the account legitimately changes:
//   - The events themselves, in the account's timeline and among what is held about a person, and their number.
//   - Of follow-ups, the position of the event that last bore on them (changed).
//
// As known before, nothing differs.
func (t told) same(test *testing.T, when string, before told, account string, more int, chosen func(asked string) bool) {
	test.Helper()
	if len(t) != len(before) {
		test.Errorf("%s: %d answers, before it were %d", when, len(t), len(before))
	}
	compared := 0
	for asked, want := range before {
		if !chosen(asked) {
			continue
		}
		compared++
		got := t[asked]
		if !strings.Contains(asked, asThen) {
			got, want = without(test, got, account, more), without(test, want, account, 0)
		}
		if got != want {
			test.Errorf("%s: GET %s\n%s", when, asked, apart(got, want))
		}
	}
	if compared == 0 {
		test.Errorf("%s: nothing was compared", when)
	}
}

var (
	changed = regexp.MustCompile(`"changed":[0-9]+`)
	events  = regexp.MustCompile(`"account":"([^"]+)","name":[^{}]*"events":([0-9]+)`)
)

// without takes out of an answer what [told.same] excuses.
func without(test *testing.T, answer, account string, more int) string {
	test.Helper()
	var timeline struct{ Items []json.RawMessage }
	var person struct{ Events []json.RawMessage }
	if json.Unmarshal([]byte(answer), &timeline) != nil {
		test.Fatalf("not an object: %s", answer)
	}
	_ = json.Unmarshal([]byte(answer), &person) // elsewhere it is a number
	for _, item := range slices.Concat(timeline.Items, person.Events) {
		if strings.Contains(string(item), `"source":"test"`) {
			answer = strings.NewReplacer(","+string(item), "", string(item)+",", "").Replace(answer) // it may be the last
		}
	}
	answer = events.ReplaceAllStringFunc(answer, func(profile string) string {
		part := events.FindStringSubmatch(profile)
		n, _ := strconv.Atoi(part[2])
		if part[1] == account {
			n -= more
		}
		return strings.TrimSuffix(profile, part[2]) + strconv.Itoa(n)
	})
	return changed.ReplaceAllString(answer, "")
}

// apart shows two texts around where they part.
func apart(got, want string) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	part := func(s string) string { return s[max(0, at-200):min(len(s), at+200)] }
	return fmt.Sprintf(" got ... %s\nwant ... %s", part(got), part(want))
}

func everything(string) bool { return true }

// about chooses what is asked about an account, such as its reports.
func about(account string) func(string) bool {
	return func(asked string) bool { return strings.HasPrefix(asked, "/v1/accounts/"+account+"/") }
}

// alone chooses what is asked about an account and does not set it beside others, of which there are
// fewer while two of them are one.
func alone(account string) func(string) bool {
	return func(asked string) bool { return about(account)(asked) && !strings.Contains(asked, "/trust/beginning?") }
}

func TestAMergeOfAccountsUndoneLeavesEveryAnswerAsItWas(t *testing.T) {
	t.Parallel()
	const part, whole, other = "halvorsen-pumps", "castellan-foods", "okafor-medical"
	r := startReading(t, part, whole, other)
	all := func() told { return r.all([]string{part, whole, other}, nil) }
	before := all()

	r.then("merge", part, "account.merged", `{"into":"castellan-foods"}`)
	r.counted(before, all(), part, whole)
	if n := r.settle(); n != 0 {
		t.Fatalf("while the accounts were one, %d events were noticed: what they changed is not what this test is about", n)
	}
	r.then("unmerge", part, "account.unmerged", `{"from":"castellan-foods"}`)
	all().same(t, "after the merge was undone", before, part, 2, everything)

	r.then("again", part, "account.merged", `{"into":"castellan-foods"}`)
	r.counted(before, all(), part, whole)
	r.then("retraction", part, "entry.retracted", `{"id":"again","reason":"they are two"}`)
	all().same(t, "after the merge was retracted", before, part, 4, everything)
}

// counted checks what is said while one account is part of another.
func (r *reading) counted(before, during told, part, whole string) {
	t := r.t.(*testing.T)
	t.Helper()
	during.same(t, "while merged, as known before", before, part, 0, func(asked string) bool { return strings.Contains(asked, asThen) })
	during.same(t, "while merged, the part by itself", before, part, 0, alone(part))
	during.same(t, "while merged, an account that has nothing to do with it", before, part, 0, alone("okafor-medical"))
	for asked, answer := range during {
		switch {
		case strings.Contains(asked, asThen):
		case about(whole)(asked) && answer == before[asked]:
			t.Errorf("GET %s is the same as before: what happened with %s does not count", asked, part)
		case !strings.HasPrefix(asked, "/v1/accounts/") && !strings.HasPrefix(asked, "/v1/followups") && strings.Contains(answer, fmt.Sprintf(`"account":%q`, part)):
			t.Errorf("GET %s lists %s, which is part of %s", asked, part, whole)
		}
	}
	var accounts [3]api.Account
	for i, answer := range []string{before["/v1/accounts/"+part+"?"], before["/v1/accounts/"+whole+"?"], during["/v1/accounts/"+whole+"?"]} {
		if err := json.Unmarshal([]byte(answer), &accounts[i]); err != nil {
			t.Fatal(err)
		}
	}
	if got, least := accounts[2].Events, accounts[0].Events+accounts[1].Events; got <= least {
		t.Errorf("together they have %d events, want more than %d", got, least)
	}
}

func TestAMergeOfContactsUndoneLeavesEveryAnswerAsItWas(t *testing.T) {
	t.Parallel()
	const account, other = "castellan-foods", "okafor-medical"
	r := startReading(t, account, other)
	var heard api.Page[api.Entry]
	r.ask("/v1/accounts/"+account+"/timeline?type=contact.added&limit=1000", &heard)
	var contacts []string
	for _, e := range heard.Items {
		var added struct{ Contact string }
		if err := json.Unmarshal(e.Data, &added); err != nil {
			t.Fatal(err)
		}
		contacts = append(contacts, added.Contact)
	}
	if len(contacts) < 2 {
		t.Fatalf("the account has only %q", contacts)
	}
	part, whole := contacts[0], contacts[1]
	all := func() told { return r.all([]string{account, other}, map[string][]string{account: contacts}) }
	before := all()

	r.then("merge", account, "contact.merged", fmt.Sprintf(`{"contact":%q,"into":%q}`, part, whole))
	during := all()
	during.same(t, "while merged, as known before", before, account, 0, func(asked string) bool { return strings.Contains(asked, asThen) })
	during.same(t, "while merged, an account that has nothing to do with it", before, account, 0, about(other))
	for _, report := range []string{"closeness?", "contacts/" + whole + "?"} {
		if asked := "/v1/accounts/" + account + "/" + report; during[asked] == before[asked] {
			t.Errorf("GET %s is the same as before: %s does not count as %s", asked, part, whole)
		}
	}
	r.then("unmerge", account, "contact.unmerged", fmt.Sprintf(`{"contact":%q,"from":%q}`, part, whole))
	all().same(t, "after the merge was undone", before, account, 2, everything)

	r.then("again", account, "contact.merged", fmt.Sprintf(`{"contact":%q,"into":%q}`, part, whole))
	r.then("retraction", account, "entry.retracted", `{"id":"again","reason":"they are two"}`)
	all().same(t, "after the merge was retracted", before, account, 4, everything)
}
