package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

func TestWhatWasRecordedCanBeReadAtOnce(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	l.record(event("1", "account.opened", "acme", `{"name":"Acme","kind":"customer"}`))
	last := l.record(complaint("2", "acme"))
	wait := fmt.Sprintf("?wait_for=%d", last.Position)

	var page api.Page[api.Entry]
	l.ask("/v1/accounts/acme/timeline"+wait, &page)
	if len(page.Items) != 2 || page.Items[0].Type != "complaint.raised" || page.Items[0].Position != last.Position || page.Next != "" {
		t.Errorf("timeline: got %+v", page)
	}
	if got, want := string(page.Items[0].Data), `{"complaint":"C-2","severity":3}`; got != want {
		t.Errorf("data: got %s, want %s", got, want)
	}
	var accounts api.Page[api.Account]
	l.ask("/v1/accounts"+wait, &accounts)
	if len(accounts.Items) != 1 || accounts.Items[0].Name != "Acme" || accounts.Items[0].Events != 2 {
		t.Errorf("accounts: got %+v", accounts)
	}
	var account api.Account
	l.ask("/v1/accounts/acme"+wait, &account)
	if account != accounts.Items[0] {
		t.Errorf("account: got %+v, want %+v", account, accounts.Items[0])
	}
	var trust api.Trust
	l.ask("/v1/accounts/acme/trust"+wait+"&explain=true&since=2026-01-01", &trust)
	if !trust.Known || trust.Score == nil || len(trust.Contributions) == 0 || trust.Contributions[0].Position != last.Position || trust.Before == nil || len(trust.Change) == 0 {
		t.Errorf("trust: got %+v", trust)
	}
	var queue api.Page[api.FollowUp]
	l.ask("/v1/followups"+wait, &queue)
	if len(queue.Items) != 1 || queue.Items[0].Reason != "complaint" || queue.Items[0].Causes[0] != last.Position {
		t.Fatalf("queue: got %+v", queue)
	}
	var item api.FollowUp
	l.ask("/v1/followups/"+queue.Items[0].ID+wait, &item)
	if item.ID != queue.Items[0].ID {
		t.Errorf("item: got %+v", item)
	}
}

func TestAnAccountWithoutEvidenceHasNoScore(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	last := l.record(event("1", "account.opened", "acme", `{"name":"Acme","kind":"customer"}`))
	var trust map[string]any
	l.ask(fmt.Sprintf("/v1/accounts/acme/trust?wait_for=%d", last.Position), &trust)
	if score, there := trust["score"]; trust["known"] != false || score != nil || !there {
		t.Errorf("got known %v, score %v", trust["known"], trust["score"])
	}
}

func TestPagesFollowEachOtherToTheEnd(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	var last api.Receipt
	for i := range 7 {
		last = l.record(complaint(fmt.Sprint(i), "acme"))
	}
	var seen []string
	path := fmt.Sprintf("/v1/accounts/acme/timeline?limit=3&wait_for=%d", last.Position)
	for cursor := ""; ; {
		var page api.Page[api.Entry]
		l.ask(path+cursor, &page)
		for _, e := range page.Items {
			seen = append(seen, e.ID)
		}
		if page.Next == "" {
			break
		}
		cursor = "&cursor=" + page.Next
	}
	if got, want := strings.Join(seen, ""), "6543210"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestQueriesThatMakeNoSenseAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	last := l.record(complaint("1", "acme"))
	cases := []struct {
		path   string
		status int
		places string
	}{
		{"/v1/accounts?colour=red", 422, "query.colour"},
		{"/v1/accounts?limit=0", 422, "query.limit"},
		{"/v1/accounts?limit=1001", 422, "query.limit"},
		{"/v1/accounts?limit=ten", 422, "query.limit"},
		{"/v1/accounts?tier=E&kind=pet", 422, "query.tier query.kind"},
		{"/v1/accounts?limit=1&limit=2", 422, "query.limit"},
		{"/v1/accounts?q=", 422, "query.q"},
		{"/v1/accounts?q=%zz", 400, "query"},
		{"/v1/accounts/acme?at=2026-01-01", 422, "query.at"},
		{"/v1/accounts/acme/timeline?at=yesterday", 422, "query.at"},
		{"/v1/accounts/acme/timeline?at=2026-01-31T09:00:00+01:00", 422, "query.at"},
		{"/v1/accounts/acme/timeline?from=1&to=2&known_at=3", 422, "query.known_at query.from query.to"},
		{"/v1/accounts/acme/timeline?order=backwards", 422, "query.order"},
		{"/v1/accounts/acme/timeline?type=complaint.imagined,dream.*", 422, "query.type query.type"},
		{"/v1/accounts/acme/timeline?cursor=nonsense", 422, "query.cursor"},
		{"/v1/accounts/acme/timeline?wait_for=-1", 422, "query.wait_for"},
		{"/v1/accounts/a%20b/timeline", 422, "path.account"},
		{"/v1/accounts/a%20b/timeline?type=dream.*&from=2026-02-02&to=2026-02-01", 422, "path.account query.type query.to"},
		{"/v1/accounts/a%20b/checklist?from=2026-02-02&at=2026-02-01", 422, "path.account query.at"},
		{"/v1/events?account=a%20b&type=dream.*&from=2026-02-02&to=2026-02-01", 422, "query.account query.type query.to"},
		{"/v1/followups?account=a%20b", 422, "query.account"},
		{"/v1/accounts/nobody/timeline", 404, ""},
		{"/v1/accounts/nobody/trust", 404, ""},
		{"/v1/accounts/nobody", 404, ""},
		{"/v1/accounts/acme/trust?at=2026-01-01&since=2026-02-01", 422, "query.since"},
		{"/v1/accounts/acme/trust?explain=maybe", 422, "query.explain"},
		{"/v1/followups?state=lost", 422, "query.state[0]"},
		{"/v1/followups/acme~000000000000", 404, ""},
		{"/v1/events?id=1", 422, "query.id"},
		{"/v1/events?source=test&id=none", 404, ""},
		{"/v1/events?account=a%20b", 422, "query.account"},
		{"/v1/events/99", 404, ""},
		{"/v1/events/0", 422, "path.position"},
		{"/v1/events/first", 422, "path.position"},
		{"/v1/changes?after=now", 422, "query.after"},
		{"/v1/projections/nothing/digest", 404, ""},
		{"/v1/rejected/nothing", 404, ""},
		{"/v1/schemas/complaint.imagined", 404, ""},
		{"/v1/nothing", 404, ""},
	}
	l.get(fmt.Sprintf("/v1/accounts/acme/timeline?wait_for=%d", last.Position))
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			res := l.get(c.path)
			if res.status != c.status {
				t.Fatalf("got %d, want %d: %s", res.status, c.status, res.body)
			}
			var places []string
			for _, f := range res.problem(t).Errors {
				places = append(places, f.Location)
			}
			if got := strings.Join(places, " "); got != c.places {
				t.Errorf("got faults at %q, want %q: %s", got, c.places, res.body)
			}
		})
	}
}

func TestAMethodThatIsNotThereSaysWhichAre(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	res := l.do(http.MethodDelete, "/v1/accounts", "")
	if got, want := res.status, http.StatusMethodNotAllowed; got != want {
		t.Errorf("got %d, want %d", got, want)
	}
	if got, want := res.header.Get("Allow"), "GET, HEAD"; got != want {
		t.Errorf("Allow: got %q, want %q", got, want)
	}
	res.problem(t)
}

func TestAnAnswerThatStillHoldsIsNotSentAgain(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	last := l.record(complaint("1", "acme"))
	path := fmt.Sprintf("/v1/accounts/acme/timeline?wait_for=%d", last.Position)
	first := l.get(path)
	tag := first.header.Get("ETag")
	if tag == "" {
		t.Fatal("there is no ETag")
	}
	if again := l.get(path, "If-None-Match", tag); again.status != http.StatusNotModified || again.body != "" {
		t.Errorf("got %d %q, want 304 without a body", again.status, again.body)
	}
	next := l.record(complaint("2", "acme"))
	path = fmt.Sprintf("/v1/accounts/acme/timeline?wait_for=%d", next.Position)
	if changed := l.get(path, "If-None-Match", tag); changed.status != http.StatusOK || changed.header.Get("ETag") == tag {
		t.Errorf("after a change: got %d with the tag %s", changed.status, changed.header.Get("ETag"))
	}
}

func TestWaitingForWhatDoesNotComeEnds(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	began := time.Now()
	res := l.get("/v1/accounts?wait_for=1000")
	if res.status != http.StatusServiceUnavailable || !strings.Contains(res.problem(t).Detail, "position 1000") {
		t.Errorf("got %d %s", res.status, res.body)
	}
	if took := time.Since(began); took < 5*time.Second {
		t.Errorf("it waited for %s only", took)
	}
}

func TestTheLogIsReadAsAStreamOfCloudEvents(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	l.record(complaint("1", "acme"))
	l.record(complaint("2", "globex"))
	l.record(event("3", "complaint.acknowledged", "acme", `{"complaint":"C-1"}`))
	cases := []struct{ query, ids string }{
		{"", "123"},
		{"?account=acme", "13"},
		{"?account=acme&after=1", "3"},
		{"?after=1", "23"},
		{"?type=complaint.raised", "12"},
		{"?type=rapport.complaint.acknowledged.v1", "3"},
		{"?type=complaint.*", "123"},
		{"?from=2026-03-02T09:00:00Z", "123"},
		{"?from=2026-03-03", ""},
		{"?to=2026-03-02T09:00:00Z", ""},
		{"?known_at=2026-03-02", ""},
		{"?source=test&id=2", "2"},
	}
	for _, c := range cases {
		res := l.get("/v1/events" + c.query)
		if got, want := res.header.Get("Content-Type"), "application/x-ndjson"; got != want {
			t.Errorf("%s: content type: got %q, want %q", c.query, got, want)
		}
		ids := ""
		for line := range strings.Lines(res.body) {
			var e struct{ ID, Sequence, RecordedTime string }
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%s: %v: %s", c.query, err, line)
			}
			if e.Sequence == "" || e.RecordedTime == "" {
				t.Errorf("%s: no sequence or recordedtime: %s", c.query, line)
			}
			ids += e.ID
		}
		if ids != c.ids {
			t.Errorf("%s: got events %q, want %q", c.query, ids, c.ids)
		}
	}
	one := l.get("/v1/events/2")
	if got, want := one.header.Get("Content-Type"), structured; got != want {
		t.Errorf("content type: got %q, want %q", got, want)
	}
	if again := l.post(structured, one.body); !strings.Contains(again.body, `"duplicate"`) {
		t.Errorf("an event read and sent again: got %s", again.body)
	}
}

// follower reads server-sent events.
type follower struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (l *ledger) follow(ctx context.Context, path string, headers ...string) *follower {
	l.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+path, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = res.Body.Close() })
	return &follower{l.t.(*testing.T), bufio.NewScanner(res.Body)}
}

// next gives the id of the next event and the id of its CloudEvent.
func (f *follower) next() (position, id string) {
	f.t.Helper()
	for f.lines.Scan() {
		line := f.lines.Text()
		if p, ok := strings.CutPrefix(line, "id: "); ok {
			position = p
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			var e struct{ ID string }
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				f.t.Fatal(err)
			}
			return position, e.ID
		}
	}
	f.t.Fatalf("the stream ended: %v", f.lines.Err())
	return "", ""
}

func TestChangesAreFollowedAndGoOnWhereAClientBrokeOff(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	l.record(complaint("1", "acme"))
	ctx, leave := context.WithCancel(t.Context())
	f := l.follow(ctx, "/v1/changes?after=0")
	if position, id := f.next(); position != "1" || id != "1" {
		t.Errorf("got %s %s, want what was recorded before", position, id)
	}
	l.record(complaint("2", "acme"))
	if position, id := f.next(); position != "2" || id != "2" {
		t.Errorf("got %s %s, want what was recorded meanwhile", position, id)
	}
	leave()
	l.record(complaint("3", "globex"))
	l.record(complaint("4", "acme"))
	f = l.follow(t.Context(), "/v1/changes?after=0&account=acme", "Last-Event-ID", "2")
	if position, id := f.next(); position != "4" || id != "4" {
		t.Errorf("got %s %s, want the account's next event after the last that was seen", position, id)
	}
	for path, headers := range map[string][]string{"/v1/changes?after=5": nil, "/v1/changes": {"Last-Event-ID", "5"}} {
		// A client that remembers more than the log has would miss what is recorded up to there.
		if p := l.get(path, headers...).problem(t); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Errors[0].Message, "the log ends at 4") {
			t.Errorf("%s %s: got %+v", path, headers, p)
		}
	}
	f = l.follow(t.Context(), "/v1/changes")
	l.record(complaint("5", "acme"))
	if position, id := f.next(); position != "5" || id != "5" {
		t.Errorf("got %s %s, want what comes after the head", position, id)
	}
}

func TestStreamsEndWhenTheLedgerStops(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	f := l.follow(t.Context(), "/v1/changes")
	began := time.Now()
	l.stop()
	for f.lines.Scan() {
	}
	if took := time.Since(began); took > drainTime {
		t.Errorf("a follower held the ledger up for %s", took)
	}
}
