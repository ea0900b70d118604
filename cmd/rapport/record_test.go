package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/httpapi"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

func TestEventsAreRecordedInEveryMode(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	modes := []struct {
		name, body string
		headers    []string
	}{
		{"structured", complaint("1", "acme"), []string{"Content-Type", structured}},
		{"structured, with a charset", complaint("2", "acme"), []string{"Content-Type", structured + "; charset=UTF-8"}},
		{"structured, as plain JSON", complaint("3", "acme"), []string{"Content-Type", "application/json"}},
		{"batch", "[" + complaint("4", "acme") + "]", []string{"Content-Type", batch}},
		{"batch, as plain JSON", " \n[" + complaint("5", "acme") + "]", []string{"Content-Type", "application/json"}},
		{"binary", `{"complaint":"C-6","severity":3}`, []string{"Content-Type", "application/json",
			"ce-specversion", "1.0", "ce-id", "6", "ce-source", "test", "ce-type", "rapport.complaint.raised.v1",
			"ce-subject", "acme", "ce-time", "2026-03-02T09:00:00Z", "ce-actor", "J%C3%B6rg"}},
	}
	for i, mode := range modes {
		res := l.do(http.MethodPost, "/v1/events", mode.body, mode.headers...)
		if res.status != http.StatusCreated {
			t.Fatalf("%s: got %d: %s", mode.name, res.status, res.body)
		}
		var got api.Receipts
		res.decode(t, &got)
		want := api.Receipt{Source: "test", ID: fmt.Sprint(i + 1), Account: "acme", Status: api.StatusRecorded}
		want.Position++
		want.Revision++
		for range i {
			want.Position++
			want.Revision++
		}
		if len(got.Receipts) != 1 || got.Receipts[0] != want {
			t.Errorf("%s: got %+v, want %+v", mode.name, got.Receipts, want)
		}
	}
	var stored struct{ Actor string }
	l.ask("/v1/events/6", &stored)
	if got, want := stored.Actor, "Jörg"; got != want {
		t.Errorf("percent-encoded header: got %q, want %q", got, want)
	}
}

func TestSendingAnEventAgainIsADuplicateAndOtherContentAConflict(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	first := l.record(complaint("1", "acme"))
	again := l.record(complaint("1", "acme"))
	if again.Status != api.StatusDuplicate || again.Position != first.Position || again.Revision != first.Revision {
		t.Errorf("got %+v after %+v", again, first)
	}
	res := l.post(structured, event("1", "complaint.raised", "acme", `{"complaint":"C-1","severity":4}`))
	p := res.problem(t)
	if res.status != http.StatusConflict || len(p.Errors) != 2 || p.Errors[0].Location != "recorded" || p.Errors[1].Location != "offered" {
		t.Fatalf("got %d %+v", res.status, p)
	}
	for _, f := range p.Errors {
		if len(f.Message) != len("sha256:")+64 {
			t.Errorf("%s: %q is not a hash", f.Location, f.Message)
		}
	}
	if p.Errors[0].Message == p.Errors[1].Message {
		t.Error("the hashes are equal")
	}
}

func TestABatchIsAnsweredEventByEventInOrder(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	l.record(complaint("0", "acme"))
	res := l.post(batch, "["+strings.Join([]string{
		complaint("1", "acme"),
		event("2", "complaint.raised", "acme", `{"complaint":"C-2","severity":9}`),
		complaint("0", "acme"),
		event("3", "complaint.answered", "acme", `{"complaint":"C-nobody","remedy":"none","stance":"accepted"}`),
		event("4", "complaint.imagined", "acme", `{}`),
		`17`,
		complaint("5", "globex"),
	}, ",")+"]")
	if res.status != http.StatusMultiStatus {
		t.Fatalf("got %d: %s", res.status, res.body)
	}
	var got api.Receipts
	res.decode(t, &got)
	want := []struct {
		id, status, fault string
		code              int
	}{
		{id: "1", status: "recorded"},
		{id: "2", status: "rejected", code: 422, fault: "data.severity"},
		{id: "0", status: "duplicate"},
		{id: "3", status: "rejected", code: 422, fault: "data.complaint"},
		{id: "4", status: "rejected", code: 422, fault: "type"},
		{id: "", status: "rejected", code: 400, fault: ""},
		{id: "5", status: "recorded"},
	}
	if len(got.Receipts) != len(want) {
		t.Fatalf("got %d receipts, want %d: %s", len(got.Receipts), len(want), res.body)
	}
	for i, w := range want {
		r := got.Receipts[i]
		if r.ID != w.id || r.Status != w.status {
			t.Errorf("%d: got %q %s, want %q %s", i, r.ID, r.Status, w.id, w.status)
		}
		if (r.Problem != nil) != (w.code != 0) {
			t.Errorf("%d: problem %v", i, r.Problem)
		} else if r.Problem != nil && (r.Problem.Status != w.code || w.fault != "" && r.Problem.Errors[0].Location != w.fault) {
			t.Errorf("%d: got %+v, want %d at %s", i, r.Problem, w.code, w.fault)
		}
	}
	if got, want := got.Receipts[6].Position, got.Receipts[0].Position+1; got != want {
		t.Errorf("what is refused takes no position: got %d, want %d", got, want)
	}
}

func TestBadInputIsRefusedWithEveryFaultAndItsPlace(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	large := strings.Repeat("x", httpapi.MaxBody+1)
	binary := []string{"Content-Type", "application/json", "ce-specversion", "1.0", "ce-id", "1", "ce-source", "test", "ce-subject", "acme"}
	cases := []struct {
		name, body string
		headers    []string
		status     int
		locations  string
	}{
		{"nothing", "", []string{"Content-Type", structured}, 400, ""},
		{"no content type", complaint("1", "acme"), nil, 415, ""},
		{"another content type", complaint("1", "acme"), []string{"Content-Type", "text/plain"}, 415, ""},
		{"another charset", complaint("1", "acme"), []string{"Content-Type", structured + "; charset=latin1"}, 415, ""},
		{"compressed", complaint("1", "acme"), []string{"Content-Type", structured, "Content-Encoding", "gzip"}, 415, ""},
		{"too large", large, []string{"Content-Type", structured}, 413, ""},
		{"not JSON", `{"specversion":`, []string{"Content-Type", structured}, 400, "specversion"},
		{"not UTF-8", strings.Replace(complaint("1", "acme"), "C-1", "C-\xff", 1), []string{"Content-Type", structured}, 400, "data.complaint"},
		{"a list where one is expected", "[" + complaint("1", "acme") + "]", []string{"Content-Type", structured}, 400, "body"},
		{"an empty batch", "[]", []string{"Content-Type", batch}, 400, "body"},
		{"no batch", "{}", []string{"Content-Type", batch}, 400, "body"},
		{"an unknown type", event("1", "complaint.imagined", "acme", "{}"), []string{"Content-Type", structured}, 422, "type"},
		{"fields missing, extra and out of range", event("1", "complaint.raised", "acme", `{"severity":9,"colour":"red"}`),
			[]string{"Content-Type", structured}, 422, "data.complaint data.severity data.colour"},
		{"a text for a number", event("1", "complaint.raised", "acme", `{"complaint":"C-1","severity":"3"}`), []string{"Content-Type", structured}, 422, "data.severity"},
		{"no such choice", event("1", "interaction.held", "acme", `{"kind":"seance"}`), []string{"Content-Type", structured}, 422, "data.kind"},
		{"no account's id", complaint("1", "a b"), []string{"Content-Type", structured}, 422, "subject"},
		{"a complaint that was never raised", event("1", "complaint.closed", "acme", `{"complaint":"C-9","accepted_by_customer":true}`),
			[]string{"Content-Type", structured}, 422, "data.complaint"},
		{"binary without a type", `{}`, binary, 400, "type"},
		{"binary with an attribute twice", `{}`, append(slices.Clone(binary), "ce-id", "2"), 400, "id"},
		{"binary and structured at once", complaint("1", "acme"), []string{"Content-Type", structured, "ce-id", "1"}, 400, "header.content-type"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			res := l.do(http.MethodPost, "/v1/events", c.body, c.headers...)
			if res.status != c.status {
				t.Fatalf("got %d, want %d: %s", res.status, c.status, res.body)
			}
			p := res.problem(t)
			var locations []string
			for _, f := range p.Errors {
				if f.Message == "" {
					t.Errorf("%s has no message", f.Location)
				}
				locations = append(locations, f.Location)
			}
			slices.Sort(locations)
			want := strings.Fields(c.locations)
			slices.Sort(want)
			if !slices.Equal(locations, want) {
				t.Errorf("faults: got %v, want %v: %s", locations, want, res.body)
			}
		})
	}
	if n := l.head(); n != 0 {
		t.Errorf("%d events were recorded", n)
	}
}

// head is the position of the log's last event.
func (l *ledger) head() int {
	l.t.Helper()
	head, err := l.app.log.Head(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return int(head)
}

func TestABatchHasALimit(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	res := l.post(batch, "["+strings.Repeat("1,", codec.MaxBatch)+"1]")
	if res.status != http.StatusRequestEntityTooLarge {
		t.Fatalf("got %d", res.status)
	}
	res.problem(t)
}

func TestABodyOfUnknownLengthIsCutOffAtTheLimit(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.url+"/v1/events", io.MultiReader(bytes.NewReader(bytes.Repeat([]byte(" "), httpapi.MaxBody)), strings.NewReader("  ")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", structured)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got, want := res.StatusCode, http.StatusRequestEntityTooLarge; got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}

func TestAClientThatReadsOnlyOnceItHasSentEverythingLearnsThatItIsTooMuch(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	conn, err := net.Dial("tcp", l.app.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	large := make([]byte, httpapi.MaxBody+2<<20)
	fmt.Fprintf(conn, "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", structured, len(large))
	if _, err := conn.Write(large); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer := make([]byte, 13)
	if _, err := io.ReadFull(conn, answer); err != nil {
		t.Fatal(err)
	}
	if got, want := string(answer), "HTTP/1.1 413 "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAClientThatBreaksOffRecordsNothing(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	conn, err := net.Dial("tcp", l.app.address)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n%s", structured, `{"specversion":"1.0",`)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Errorf("got %q", answer)
	}
	if n := l.head(); n != 0 {
		t.Errorf("%d events were recorded", n)
	}
}

func TestAPageOfAnotherSiteMayNotRecord(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	res := l.do(http.MethodPost, "/v1/events", complaint("1", "acme"), "Content-Type", structured, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	if res.status != http.StatusForbidden {
		t.Errorf("got %d, want 403", res.status)
	}
	res.problem(t)
}
