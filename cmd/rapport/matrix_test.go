package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// offer is what goes into every door: a CloudEvent in structured mode, or bytes that
// are none.
type offer struct {
	name   string
	body   string
	status int // 0: recorded
	places string
	raw    bool // has no binary form, and other locations within a batch
}

func offers() []offer {
	bare := func(members string) string {
		return `{"specversion":"1.0","id":"$","source":"test","type":"rapport.complaint.raised.v1","subject":"acme",` + members + `}`
	}
	return []offer{
		{name: "an account nobody opened", body: event("$", "interaction.held", "nobody-$", `{"kind":"call"}`)},
		{name: "no time", body: bare(`"data":{"complaint":"C-$","severity":1}`)},
		{name: "other letters", body: event("$", "complaint.raised", "acme", `{"complaint":"C-$","severity":1,"summary":"株式会社 \u202e ä"}`)},
		{name: "a control character", body: event("$", "complaint.raised", "acme", `{"complaint":"C","severity":1,"summary":"\u001b[2J"}`), status: 422, places: "data.summary"},
		{name: "an unknown type", body: event("$", "complaint.imagined", "acme", `{}`), status: 422, places: "type"},
		{name: "a later version", body: strings.Replace(event("$", "complaint.raised", "acme", `{}`), ".v1", ".v9", 1), status: 422, places: "type"},
		{name: "no type", body: `{"specversion":"1.0","id":"$","source":"test","subject":"acme","data":{}}`, status: 400, places: "type"},
		{name: "no id, no source", body: `{"specversion":"1.0","type":"rapport.complaint.raised.v1","subject":"acme","data":{"complaint":"1","severity":1}}`,
			status: 400, places: "id source"},
		{name: "no subject", body: strings.Replace(bare(`"data":{"complaint":"C","severity":1}`), `"subject":"acme",`, "", 1), status: 422, places: "subject"},
		{name: "another specversion", body: strings.Replace(bare(`"data":{"complaint":"C","severity":1}`), "1.0", "0.3", 1), status: 400, places: "specversion"},
		{name: "no data", body: strings.TrimSuffix(bare(``), ",}") + "}", status: 422, places: "data"},
		{name: "an attribute of one's own", body: bare(`"colour":"red","data":{"complaint":"C","severity":1}`), status: 422, places: "colour"},
		{name: "attributes the ledger sets", body: bare(`"sequence":"7","recordedtime":"2026-01-01T00:00:00Z","data":{"complaint":"C-$","severity":1}`)},
		{name: "no time of day", body: bare(`"time":"2026-03-01","data":{"complaint":"C","severity":1}`), status: 422, places: "time"},
		{name: "a time that never was", body: bare(`"time":"2026-02-30T10:00:00Z","data":{"complaint":"C","severity":1}`), status: 422, places: "time"},
		{name: "fields missing, extra and out of range", body: event("$", "complaint.raised", "acme", `{"severity":9,"colour":"red"}`),
			status: 422, places: "data.complaint data.severity data.colour"},
		{name: "a text for a number", body: event("$", "complaint.raised", "acme", `{"complaint":"C","severity":"3"}`), status: 422, places: "data.severity"},
		{name: "half a number", body: event("$", "complaint.raised", "acme", `{"complaint":"C","severity":1.5}`), status: 422, places: "data.severity"},
		{name: "null", body: event("$", "complaint.raised", "acme", `{"complaint":null,"severity":null}`), status: 422, places: "data.complaint data.severity"},
		{name: "a field twice", body: event("$", "complaint.raised", "acme", `{"complaint":"C","severity":1,"severity":2}`), status: 400, places: "data.severity"},
		{name: "a quantity of no unit", body: event("$", "delivery.made", "acme", `{"line":"L","delivered_at":"2026-03-01T00:00:00Z","qty":1}`), status: 422, places: "data.uom"},
		{name: "no currency", body: event("$", "effort.logged", "acme", `{"hours_h":-1,"cost_minor":1.5,"currency":"euros","purpose":"visit"}`),
			status: 422, places: "data.hours_h data.cost_minor data.currency"},
		{name: "no such choice", body: event("$", "interaction.held", "acme", `{"kind":"seance"}`), status: 422, places: "data.kind"},
		{name: "a complaint never raised", body: event("$", "complaint.closed", "acme", `{"complaint":"C-never","accepted_by_customer":true}`), status: 422, places: "data.complaint"},
		{name: "a correction of nothing", body: event("$", "entry.retracted", "acme", `{"target_source":"test","target_id":"never","reason":"mistake"}`), status: 422, places: "*"},
		{name: "base64", body: bare(`"data_base64":"e30="`), status: 422, places: "data_base64", raw: true},
		{name: "half an event", body: `{"specversion":"1.0","id":`, status: 400, places: "*", raw: true},
		{name: "not UTF-8", body: event("$", "complaint.raised", "acme", `{"complaint":"C","severity":1,"summary":"`+"\xff"+`"}`), status: 400, places: "*", raw: true},
		{name: "text", body: "hello", status: 400, places: "*", raw: true},
		{name: "a number", body: "17", status: 400, places: "body", raw: true},
		{name: "nothing", body: "", status: 400, places: "*", raw: true},
		{name: "an event and more", body: event("$", "interaction.held", "acme", `{"kind":"call"}`) + "{}", status: 400, places: "*", raw: true},
		{name: "a megabyte in a field", body: event("$", "interaction.held", "acme", `{"kind":"call","notes":"`+strings.Repeat("n", 1<<20)+`"}`), status: 422, places: "data.notes"},
		{name: "half a batch", body: "[" + event("$", "interaction.held", "acme", `{"kind":"call"}`) + ",", status: 400, places: "*", raw: true},
		{name: "a batch of nothing", body: "[]", status: 400, places: "body", raw: true},
	}
}

// doors give what became of an offer: a receipt or a problem.
func (l *ledger) doors(nc *nats.Conn) map[string]func(o offer, body string) (api.Receipt, *api.Problem) {
	ask := func(header nats.Header, body string) []byte {
		m, err := nc.RequestMsg(&nats.Msg{Subject: "rapport.record", Header: header, Data: []byte(body)}, 20*time.Second)
		if err != nil {
			l.t.Fatal(err)
		}
		return m.Data
	}
	first := func(answer []byte) (api.Receipt, *api.Problem) {
		var receipts api.Receipts
		if err := json.Unmarshal(answer, &receipts); err == nil && len(receipts.Receipts) > 0 {
			return receipts.Receipts[0], receipts.Receipts[0].Problem
		}
		var p api.Problem
		if err := json.Unmarshal(answer, &p); err != nil || p.Status == 0 {
			l.t.Errorf("neither receipt nor problem: %s", answer)
		}
		return api.Receipt{}, &p
	}
	return map[string]func(offer, string) (api.Receipt, *api.Problem){
		"http-single": func(_ offer, body string) (api.Receipt, *api.Problem) {
			return first([]byte(l.post("application/json", body).body))
		},
		"http-batch": func(_ offer, body string) (api.Receipt, *api.Problem) {
			return first([]byte(l.post(batch, "["+body+"]").body))
		},
		"http-binary": func(_ offer, body string) (api.Receipt, *api.Problem) {
			attributes, data := binaryOf(l.t, body)
			headers := []string{"Content-Type", "application/json"}
			for name, value := range attributes {
				headers = append(headers, "ce-"+name, value)
			}
			return first([]byte(l.do(http.MethodPost, "/v1/events", data, headers...).body))
		},
		"nats-single": func(_ offer, body string) (api.Receipt, *api.Problem) { return first(ask(nil, body)) },
		"nats-batch":  func(_ offer, body string) (api.Receipt, *api.Problem) { return first(ask(nil, "["+body+"]")) },
		"nats-binary": func(_ offer, body string) (api.Receipt, *api.Problem) {
			header, data := natsBinary(l.t, body)
			return first(ask(header, data))
		},
		"inbox": func(o offer, body string) (api.Receipt, *api.Problem) { return l.byInbox(nc, o, nil, body) },
		"inbox-binary": func(o offer, body string) (api.Receipt, *api.Problem) {
			header, data := natsBinary(l.t, body)
			return l.byInbox(nc, o, header, data)
		},
	}
}

// binaryOf is a CloudEvent in binary mode.
func binaryOf(t testing.TB, body string) (attributes map[string]string, data string) {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatal(err)
	}
	data = string(members["data"])
	delete(members, "data")
	attributes = map[string]string{}
	for name, raw := range members {
		var value string
		if err := json.Unmarshal(raw, &value); err != nil {
			t.Fatal(err)
		}
		attributes[name] = url.PathEscape(value)
	}
	return attributes, data
}

func natsBinary(t testing.TB, body string) (nats.Header, string) {
	attributes, data := binaryOf(t, body)
	header := nats.Header{"content-type": {"application/json"}}
	for name, value := range attributes {
		header["ce-"+name] = []string{value}
	}
	return header, data
}

// byInbox sends by the inbox and waits until the event is recorded, or rejected.
func (l *ledger) byInbox(nc *nats.Conn, o offer, header nats.Header, body string) (api.Receipt, *api.Problem) {
	l.t.Helper()
	before := l.rejected()
	m := &nats.Msg{Subject: "inbox.test", Header: header, Data: []byte(body)}
	if ack, err := nc.RequestMsg(m, 20*time.Second); err != nil || !strings.Contains(string(ack.Data), `"seq"`) {
		l.t.Fatalf("%s: not taken: %v %v", o.name, ack, err)
	}
	if o.status == 0 {
		var e struct{ Sequence string }
		if err := json.Unmarshal([]byte(l.identified(idIn(body, header))), &e); err != nil {
			l.t.Fatal(err)
		}
		return api.Receipt{Status: api.StatusRecorded}, nil
	}
	var now []api.Rejected
	l.eventually(func() bool { now = l.rejected(); return len(now) > len(before) })
	r := now[len(now)-1]
	if r.Source != "test" || r.Event != nil && !bytes.Contains([]byte(compact(l.t, body)), []byte(compact(l.t, string(r.Event)))) || r.Event == nil && r.Original != strings.ToValidUTF8(body, "\ufffd") {
		l.t.Errorf("%s: kept as %.200s %.200q, came as %.200q", o.name, r.Event, r.Original, body)
	}
	return api.Receipt{Status: api.StatusRejected}, &r.Problem
}

func compact(t testing.TB, s string) string {
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(s)); err != nil {
		return s
	}
	return b.String()
}

func idIn(body string, header nats.Header) string {
	if id := header["ce-id"]; id != nil {
		return id[0]
	}
	var e struct{ ID string }
	_ = json.Unmarshal([]byte(body), &e) // the offers that are recorded can be read
	return e.ID
}

func (l *ledger) rejected() []api.Rejected {
	l.t.Helper()
	var page api.Page[api.Rejected]
	l.ask("/v1/rejected?limit=1000", &page)
	return page.Items
}

func TestEveryDoorSaysTheSameOfTheSame(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), natsListen: "127.0.0.1:0"})
	doors := l.doors(l.connected())
	names := []string{"http-single", "http-batch", "http-binary", "nats-single", "nats-batch", "nats-binary", "inbox", "inbox-binary"}
	recorded := 0
	for i, o := range offers() {
		var first string
		for d, name := range names {
			if o.raw && (strings.HasSuffix(name, "binary") || strings.HasSuffix(name, "batch")) {
				continue
			}
			receipt, problem := doors[name](o, strings.ReplaceAll(o.body, "$", fmt.Sprintf("%d-%d", i, d)))
			if o.status == 0 {
				recorded++
				if problem != nil || receipt.Status != api.StatusRecorded {
					t.Errorf("%s by %s: got %+v %+v, want it recorded", o.name, name, receipt, problem)
				}
				continue
			}
			if problem == nil {
				t.Errorf("%s by %s: got %+v, want a problem", o.name, name, receipt)
				continue
			}
			if problem.Status != o.status || !places(problem, o.places) {
				t.Errorf("%s by %s: got %d %+v, want %d at %q", o.name, name, problem.Status, problem.Errors, o.status, o.places)
			}
			said := fmt.Sprintf("%d %s %+v", problem.Status, problem.Title, problem.Errors)
			said = strings.ReplaceAll(said, fmt.Sprintf("%d-%d", i, d), "$")
			if first == "" {
				first = said
			}
			if said != first {
				t.Errorf("%s by %s:\n got %s\nwant %s", o.name, name, said, first)
			}
		}
	}
	if got := l.head(); got != recorded {
		t.Errorf("%d events in the log, %d were recorded", got, recorded)
	}
}

func places(p *api.Problem, want string) bool {
	if want == "*" {
		return true
	}
	var got []string
	for _, f := range p.Errors {
		got = append(got, f.Location)
	}
	wanted := strings.Fields(want)
	slices.Sort(got)
	slices.Sort(wanted)
	return slices.Equal(got, wanted)
}

func TestABatchIsAnsweredAlikeOverHTTPAndNATS(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), natsListen: "127.0.0.1:0"})
	mixed := func(tag string) string {
		return "[" + strings.ReplaceAll(strings.Join([]string{
			complaint("$1", "$"), event("$2", "complaint.raised", "$", `{"complaint":"C","severity":9}`), complaint("$1", "$"),
			event("$1", "complaint.raised", "$", `{"complaint":"C-other","severity":1}`), `{}`, `17`, event("$3", "interaction.held", "$", `{"kind":"call"}`),
		}, ","), "$", tag) + "]"
	}
	answer, err := l.connected().Request("rapport.record", []byte(mixed("n")), 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	res := l.post(batch, mixed("h"))
	if res.status != http.StatusMultiStatus {
		t.Errorf("got %d", res.status)
	}
	said := func(body []byte) (lines []string) {
		var receipts api.Receipts
		if err := json.Unmarshal(body, &receipts); err != nil {
			t.Fatal(err)
		}
		for _, r := range receipts.Receipts {
			line := r.Status
			if r.Problem != nil {
				line += fmt.Sprintf(" %d", r.Problem.Status)
			}
			lines = append(lines, line)
		}
		return lines
	}
	overHTTP, overNATS := said([]byte(res.body)), said(answer.Data)
	want := []string{"recorded", "rejected 422", "duplicate", "rejected 409", "rejected 400", "rejected 400", "recorded"}
	if !slices.Equal(overHTTP, want) || !slices.Equal(overNATS, want) {
		t.Errorf("got %q by HTTP and %q by NATS, want %q", overHTTP, overNATS, want)
	}
}

func TestWhatWasRejectedIsListedAndSentAgainByHand(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), natsListen: "127.0.0.1:0"})
	nc := l.connected()
	o := offer{name: "closed", status: 422}
	l.byInbox(nc, o, nil, event("2", "complaint.closed", "acme", `{"complaint":"C-1","accepted_by_customer":true}`))
	l.byInbox(nc, o, nil, "\x1b[31mno event\n")
	rapport := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := run(t.Context(), append(args, "--server", l.url), strings.NewReader(""), &out, &out)
		return code, out.String()
	}
	code, out := rapport("rejected")
	if code != exitOK || strings.Count(out, "\n") != 3 || strings.Contains(out, "\x1b") || !strings.Contains(out, "data.complaint: ") {
		t.Errorf("got %d:\n%s", code, out)
	}
	if code, out = rapport("rejected", "resend", "1"); code != exitFailed || !strings.Contains(out, "data.complaint") {
		t.Errorf("before anything has changed: got %d:\n%s", code, out)
	}
	l.record(complaint("1", "acme"))
	if code, out = rapport("rejected", "resend", "1"); code != exitOK || !strings.Contains(out, "recorded") {
		t.Errorf("after what was missing came: got %d:\n%s", code, out)
	}
	if code, out = rapport("rejected", "resend", "1"); code != exitFailed || !strings.Contains(out, "rejected list") {
		t.Errorf("once more: got %d:\n%s", code, out)
	}
	if left := l.rejected(); len(left) != 1 || left[0].ID != "2" {
		t.Errorf("left: %+v", left)
	}
}
