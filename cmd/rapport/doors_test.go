package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/broker"
	"github.com/rapport-ledger/rapport/domain"
)

// queue gives the follow-ups as of the position.
func (l *ledger) queue(query string, position domain.Position) []api.FollowUp {
	l.t.Helper()
	var page api.Page[api.FollowUp]
	l.ask(fmt.Sprintf("/v1/followups?wait_for=%d%s", position, query), &page)
	return page.Items
}

func TestAFollowUpGoesFromHandToHandUntilTheCustomerIsTold(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	opened := l.record(complaint("1", "acme"))
	items := l.queue("", opened.Position)
	if len(items) != 1 {
		t.Fatalf("got %+v, want one item", items)
	}
	id := items[0].ID
	act := func(name, body string, headers ...string) api.Receipt {
		t.Helper()
		res := l.do(http.MethodPost, "/v1/followups/"+id+"/"+name, body, append(headers, "Content-Type", "application/json")...)
		if res.status != http.StatusCreated {
			t.Fatalf("%s: got %d: %s", name, res.status, res.body)
		}
		var receipts api.Receipts
		res.decode(t, &receipts)
		return receipts.Receipts[0]
	}
	now := func(position domain.Position) api.FollowUp {
		t.Helper()
		var item api.FollowUp
		l.ask(fmt.Sprintf("/v1/followups/%s?wait_for=%d", id, position), &item)
		return item
	}

	if got := now(act("assign", `{"owner":"anna","actor":"boss"}`).Position); got.Owner != "anna" || got.State != "open" {
		t.Errorf("assigned: got %+v", got)
	}
	if got := now(act("escalate", `{"to":"the board","reason":"it is the third"}`).Position); got.EscalatedTo != "the board" {
		t.Errorf("escalated: got %+v", got)
	}
	if got := now(act("snooze", `{"until":"2099-01-01T00:00:00Z"}`).Position); got.State != "snoozed" || got.SnoozedUntil.Year() != 2099 {
		t.Errorf("snoozed: got %+v", got)
	}
	if got := now(act("complete", `{"outcome":"pump replaced"}`).Position); !got.Done || got.CustomerTold {
		t.Errorf("completed: got %+v", got)
	}
	first := act("tell", `{"channel":"phone","message":"It is done."}`, "Idempotency-Key", "k1")
	again := act("tell", `{"channel":"phone","message":"It is done."}`, "Idempotency-Key", "k1")
	if again.Status != api.StatusDuplicate || again.Position != first.Position {
		t.Errorf("the same request again: got %+v after %+v", again, first)
	}
	if got := now(first.Position); got.State != "closed" || !got.CustomerTold {
		t.Errorf("told: got %+v", got)
	}
	res := l.do(http.MethodPost, "/v1/followups/"+id+"/assign", `{"owner":"bob"}`, "Content-Type", "application/json")
	if res.status != http.StatusUnprocessableEntity {
		t.Errorf("an act on what is closed: got %d: %s", res.status, res.body)
	}
}

func TestAnActThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	opened := l.record(complaint("1", "acme"))
	id := l.queue("", opened.Position)[0].ID
	cases := []struct {
		path, contentType, body string
		status                  int
		place                   string
	}{
		{id + "/assign", "application/json", `{}`, 422, "body"},
		{id + "/assign", "application/json", `{"owner":"anna","colour":"red"}`, 422, "body.colour"},
		{id + "/assign", "application/json", `{"owner":7}`, 422, "body.owner"},
		{id + "/assign", "application/json", `{"owner"`, 400, "body"},
		{id + "/assign", "application/json", ``, 400, ""},
		{id + "/assign", "text/plain", `{"owner":"anna"}`, 415, ""},
		{id + "/snooze", "application/json", `{"until":"tomorrow"}`, 422, "body.until"},
		{"acme~000000000000/dismiss", "application/json", `{"reason":"none"}`, 404, ""},
		{"nonsense/dismiss", "application/json", `{"reason":"none"}`, 404, ""},
	}
	for _, c := range cases {
		t.Run(c.path+c.body, func(t *testing.T) {
			res := l.do(http.MethodPost, "/v1/followups/"+c.path, c.body, "Content-Type", c.contentType)
			if res.status != c.status {
				t.Fatalf("got %d, want %d: %s", res.status, c.status, res.body)
			}
			p := res.problem(t)
			if c.place != "" && (len(p.Errors) == 0 || p.Errors[0].Location != c.place) {
				t.Errorf("got %+v, want a fault at %s", p.Errors, c.place)
			}
		})
	}
}

func TestAnEntryThatWouldCloseACircleOfMergesIsRefused(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	l.record(event("1", "account.merged", "acme", `{"into":"dent"}`))
	l.record(event("2", "account.merged", "bell", `{"into":"acme"}`))
	l.record(event("3", "contact.merged", "acme", `{"contact":"eva","into":"e.m"}`))
	l.record(event("4", "contact.unmerged", "acme", `{"contact":"eva","from":"e.m"}`))
	l.record(event("5", "contact.merged", "acme", `{"contact":"e.m","into":"eva"}`))
	for body, want := range map[string]api.Fault{
		event("6", "entry.corrected", "acme", `{"id":"1","reason":"another","type":"rapport.account.merged.v1","data":{"into":"bell"}}`): {
			Location: "data.id", Message: `by that, account "acme" would be merged into "bell", which is itself merged into "acme"`},
		event("7", "entry.retracted", "acme", `{"position":4,"reason":"wrong"}`): {
			Location: "data.position", Message: `by that, contact "eva" would be merged into "e.m", which is itself merged into "eva"`},
	} {
		res := l.post("application/cloudevents+json", body)
		if p := res.problem(t); res.status != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0] != want {
			t.Errorf("%s\ngot %d: %+v, want %+v", body, res.status, p.Errors, want)
		}
	}
	l.record(event("8", "entry.corrected", "acme", `{"id":"1","reason":"another","type":"rapport.account.merged.v1","data":{"into":"cane"}}`))
}

func TestWhatCameByTheInboxAndWasRefusedCanBeSeenAndSentAgain(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), natsListen: "127.0.0.1:0"})
	nc, err := nats.Connect(l.app.broker.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	msg := nats.NewMsg("inbox.test")
	msg.Header.Set("Content-Type", structured)
	msg.Data = []byte(event("1", "complaint.acknowledged", "acme", `{"complaint":"C-2"}`))
	if err := nc.PublishMsg(msg); err != nil {
		t.Fatal(err)
	}
	var page api.Page[api.Rejected]
	l.eventually(func() bool {
		l.ask("/v1/rejected", &page)
		return len(page.Items) == 1
	})
	rejected := page.Items[0]
	if rejected.Problem.Status != 422 || rejected.Problem.Errors[0].Location != "data.complaint" {
		t.Errorf("got %+v", rejected)
	}
	var one api.Rejected
	l.ask("/v1/rejected/"+rejected.ID, &one)
	if one.ID != rejected.ID || len(one.Event) == 0 {
		t.Errorf("got %+v", one)
	}
	if res := l.do(http.MethodPost, "/v1/rejected/"+rejected.ID+"/resend", ""); res.status != http.StatusUnprocessableEntity {
		t.Errorf("sent again before anything has changed: got %d: %s", res.status, res.body)
	}
	l.record(complaint("2", "acme"))
	l.ask("/v1/rejected", &page)
	res := l.do(http.MethodPost, "/v1/rejected/"+page.Items[0].ID+"/resend", "")
	var receipts api.Receipts
	res.decode(t, &receipts)
	if res.status != http.StatusCreated || receipts.Receipts[0].Status != api.StatusRecorded {
		t.Errorf("sent again: got %d: %s", res.status, res.body)
	}
	l.ask("/v1/rejected", &page)
	if len(page.Items) != 0 {
		t.Errorf("still rejected: %+v", page.Items)
	}
}

// eventually waits for what another goroutine does and gives no signal of.
func (l *ledger) eventually(holds func() bool) {
	l.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			l.t.Fatal("it did not come to be")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestARebuiltProjectionIsTheSame(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	var last api.Receipt
	for i := range 20 {
		last = l.record(complaint(fmt.Sprint(i), "acme"))
	}
	for _, name := range []string{"timeline", "trust", "followups"} {
		if err := l.app.projections.WaitFor(t.Context(), name, last.Position); err != nil {
			t.Fatal(err)
		}
		var before, after api.Digest
		l.ask("/v1/projections/"+name+"/digest", &before)
		if res := l.do(http.MethodPost, "/v1/projections/"+name+"/rebuild", ""); res.status != http.StatusAccepted {
			t.Fatalf("%s: got %d: %s", name, res.status, res.body)
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
		l.ask("/v1/projections/"+name+"/digest", &after)
		if before != after || before.Rows == 0 {
			t.Errorf("%s: got %+v after the rebuild, want %+v", name, after, before)
		}
	}
	if res := l.do(http.MethodPost, "/v1/projections/nothing/rebuild", ""); res.status != http.StatusNotFound {
		t.Errorf("rebuilding nothing: got %d", res.status)
	}
}

func TestOperatorsSeeHowTheLedgerIsDoing(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	last := l.record(complaint("1", "acme"))
	l.get(fmt.Sprintf("/v1/accounts/acme/timeline?wait_for=%d", last.Position))
	l.get("/v1/nothing")
	metrics := l.get("/metrics").body
	for _, line := range []string{
		`rapport_events_total{status="recorded"} 1`,
		`rapport_log_head 1`,
		`rapport_relay_lag_events 0`,
		`rapport_projection_position{projection="timeline"} 1`,
		`rapport_projection_state{projection="trust",state="failed"} 0`,
		`rapport_recorder_queued_events 0`,
		`rapport_http_request_duration_seconds_count{route="POST /v1/events",status="201"} 1`,
		`rapport_http_request_duration_seconds_count{route="GET /v1/accounts/{account}/timeline",status="200"} 1`,
		`rapport_http_request_duration_seconds_count{route="none",status="404"} 1`,
		`go_goroutines `,
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	var ready struct {
		Ready bool
		Parts []struct{ Name string }
	}
	l.ask("/readyz", &ready)
	if !ready.Ready || len(ready.Parts) != 3+len(projectors()) { // the log, NATS and the relay
		t.Errorf("got %+v", ready)
	}
	if got, want := l.get("/healthz").body, "{\"status\":\"ok\"}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestThePageSaysWhatRunsHere(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	l.record(complaint("1", "acme"))
	page := l.get("/")
	for _, part := range []string{"<title>Rapport</title>", "timeline", "followups", `href="/docs"`, l.url + "/v1/events", "in this process only", `name="viewport"`, "prefers-color-scheme: dark"} {
		if !strings.Contains(page.body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	evil := l.do(http.MethodGet, "/", "", "Host", `x"><script>`)
	if strings.Contains(evil.body, "<script>") {
		t.Error("a header is on the page as it came")
	}
	if docs := l.get("/docs"); !strings.Contains(docs.body, "/openapi.json") || regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(docs.body) {
		t.Errorf("the API's page should show our document and load nothing from elsewhere: %s", docs.body)
	}
	if css := l.get("/docs/swagger-ui.css"); css.status != http.StatusOK {
		t.Errorf("style of the API's page: got %d", css.status)
	}
}

func TestTheServerAndTheCommandLineDescribeNATSAlike(t *testing.T) {
	t.Parallel()
	var printed strings.Builder
	if err := (&schemaCmd{AsyncAPI: true}).Run(&env{stdout: &printed}); err != nil {
		t.Fatal(err)
	}
	served := startLedger(t).get("/asyncapi.json")
	if served.status != http.StatusOK || served.body != printed.String() {
		t.Errorf("got %d and %d bytes, want the %d bytes that rapport schema prints", served.status, len(served.body), printed.Len())
	}
}

// document is what the tests look at of an OpenAPI document.
type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		OperationID string                     `json:"operationId"`
		Summary     string                     `json:"summary"`
		Responses   map[string]json.RawMessage `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
}

func TestTheDocumentDescribesEveryRouteAndEveryRouteAnswers(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	last := l.record(complaint("1", "acme"))
	item := l.queue("", last.Position)[0].ID
	var doc document
	res := l.ask("/openapi.json", &doc)
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("got version %q", doc.OpenAPI)
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(res.body, -1) {
		if _, ok := doc.Components.Schemas[ref[1]]; !ok {
			t.Errorf("the document refers to a schema %s that it lacks", ref[1])
		}
	}
	compiler := jsonschema.NewCompiler()
	for name, schema := range doc.Components.Schemas {
		parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.ReplaceAll(string(schema), "#/components/schemas/", "mem:///")))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource("mem:///"+name, parsed); err != nil {
			t.Fatal(err)
		}
	}
	for name := range doc.Components.Schemas {
		if _, err := compiler.Compile("mem:///" + name); err != nil {
			t.Errorf("schema %s: %v", name, err)
		}
	}
	fill := strings.NewReplacer("{account}", "acme", "{contact}", "nobody", "{position}", "1", "{type}", "complaint.raised", "{name}", "timeline",
		"/v1/followups/{id}", "/v1/followups/"+item, "/v1/rejected/{id}", "/v1/rejected/1")
	bodies := map[string]string{
		"record": complaint("2", "acme"), "assign-followup": `{"owner":"anna"}`, "snooze-followup": `{"until":"2099-01-01T00:00:00Z"}`,
		"escalate-followup": `{"to":"boss","reason":"late"}`, "complete-followup": `{"outcome":"done"}`, "tell-followup": `{}`, "dismiss-followup": `{"reason":"none"}`, "forget-person": `{"reason":"none"}`,
	}
	seen := map[string]bool{}
	for path, operations := range doc.Paths {
		for method, op := range operations {
			if op.OperationID == "" || op.Summary == "" || seen[op.OperationID] {
				t.Errorf("%s %s: an operation needs an id of its own and a summary: %+v", method, path, op)
			}
			seen[op.OperationID] = true
			status := l.try(strings.ToUpper(method), fill.Replace(path), bodies[op.OperationID])
			if _, ok := op.Responses[fmt.Sprint(status)]; !ok {
				t.Errorf("%s %s: the answer %d is not in the document", method, path, status)
			}
		}
	}
	if got, want := len(seen), 38; got < want {
		t.Errorf("got %d operations, want %d at least", got, want)
	}
}

// try sends a request and gives the status, without waiting for the end of a stream.
func (l *ledger) try(method, path, body string) int {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, l.url+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestAStopUnderLoadLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := startLedgerIn(t, dir)
	var mu sync.Mutex
	acknowledged := map[string]domain.Position{}
	var clients sync.WaitGroup
	begun := make(chan struct{}, 8)
	for c := range 8 {
		clients.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", c, i)
				res, err := http.Post(l.url+"/v1/events", structured, strings.NewReader(complaint(id, fmt.Sprintf("account-%d", c))))
				if err != nil {
					return
				}
				var receipts api.Receipts
				b, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if err != nil || res.StatusCode != http.StatusCreated || json.Unmarshal(b, &receipts) != nil {
					return
				}
				mu.Lock()
				acknowledged[id] = receipts.Receipts[0].Position
				mu.Unlock()
				if i == 5 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range 8 {
		<-begun
	}
	l.stop()
	clients.Wait()

	again := startLedgerIn(t, dir)
	if head := again.head(); head < len(acknowledged) {
		t.Fatalf("the log ends at %d, and %d events were acknowledged", head, len(acknowledged))
	}
	for id, position := range acknowledged {
		r := again.record(complaint(id, "account-"+strings.Split(id, "-")[0]))
		if r.Status != api.StatusDuplicate || r.Position != position {
			t.Errorf("%s: got %+v, want a duplicate at %d", id, r, position)
		}
	}
	for _, entry := range l.logs.FilterLevelExact(2).All() {
		t.Errorf("the first server logged an error: %s %v", entry.Message, entry.ContextMap())
	}
}

func TestNothingACustomerSaidIsInTheLog(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	const said = "my neighbour's wife"
	for i, data := range []string{
		`{"complaint":"C-1","severity":3,"summary":"` + said + `"}`,
		`{"complaint":"C-2","severity":9,"summary":"` + said + `"}`,
		`{"complaint":"C-3","severity":3,"` + said + `":1}`,
	} {
		l.post(structured, event(fmt.Sprint(i), "complaint.raised", "acme", data))
	}
	l.post(structured, `{"`+said)
	l.get("/v1/accounts?q=" + strings.ReplaceAll(said, " ", "%20"))
	for _, entry := range l.logs.All() {
		if line := entry.Message + fmt.Sprint(entry.ContextMap()); strings.Contains(line, "neighbour") {
			t.Errorf("logged: %s", line)
		}
	}
}

func TestAFollowerThatLeavesIsLetGo(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	ctx, leave := context.WithCancel(t.Context())
	l.record(complaint("1", "acme"))
	l.follow(ctx, "/v1/changes?after=0").next()
	leave()
	l.eventually(func() bool {
		return strings.Contains(l.get("/metrics").body, `rapport_http_request_duration_seconds_count{route="GET /v1/changes",status="200"} 1`)
	})
}

func TestTheLedgerRunsOnANATSElsewhere(t *testing.T) {
	t.Parallel()
	elsewhere, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), MaxPayload: broker.MaxPayload})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere.Start()
	t.Cleanup(func() { elsewhere.Shutdown(); elsewhere.WaitForShutdown() })
	if !elsewhere.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS elsewhere is not ready")
	}
	l := startLedgerWith(t, options{data: t.TempDir(), natsURL: elsewhere.ClientURL()})
	last := l.record(complaint("1", "acme"))
	if items := l.queue("", last.Position); len(items) != 1 {
		t.Errorf("got %+v", items)
	}
	nc, err := nats.Connect(elsewhere.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	answer, err := nc.Request("rapport.record", []byte(complaint("2", "acme")), 10*time.Second)
	if err != nil || !strings.Contains(string(answer.Data), `"recorded"`) {
		t.Errorf("got %v, %v", answer, err)
	}
}
