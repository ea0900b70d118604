package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/client"
	"github.com/rapport-ledger/rapport/cmd/internal/ingress"
)

// callOf is an interaction of the source.
func callOf(source, id string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":%q,"type":"rapport.interaction.held.v1","subject":"a-%s","data":{"kind":"call"}}`, id, source, source)
}

func TestWhoSendsMoreThanItMayIsToldWhenToSendAgain(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), requireTokens: true, rate: 1, natsListen: "127.0.0.1:0"})
	_, erp := l.token(access.Emitter, "erp")
	_, crm := l.token(access.Emitter, "crm")
	headers := append(bearer(erp), "Content-Type", "application/cloudevents-batch+json")
	batch := func(source string, n int) string {
		events := make([]string, n)
		for i := range events {
			events[i] = callOf(source, fmt.Sprint(i))
		}
		return "[" + strings.Join(events, ",") + "]"
	}
	if got := l.do("POST", "/v1/events", batch("erp", 9_000), headers...); got.status != http.StatusCreated {
		t.Fatalf("got %d %.200s", got.status, got.body)
	}
	if got := l.do("POST", "/v1/events", batch("erp", 3_000), headers...); got.status != http.StatusCreated {
		t.Fatalf("a batch that is more than is left: got %d %.200s", got.status, got.body)
	}
	got := l.do("POST", "/v1/events", callOf("erp", "1"), headers...)
	after, err := strconv.Atoi(got.header.Get("Retry-After"))
	if p := got.problem(t); p.Status != http.StatusTooManyRequests || err != nil || after < 1_000 || after > 3_000 {
		t.Errorf("got %+v, to be tried again after %q seconds", p, got.header.Get("Retry-After"))
	}
	if got := l.do("POST", "/v1/events", callOf("crm", "1"), append(bearer(crm), "Content-Type", structured)...); got.status != http.StatusCreated {
		t.Errorf("another: got %d %s", got.status, got.body)
	}
	nc, err := nats.Connect(l.app.broker.URL(), nats.Token(erp))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	m, err := nc.Request(ingress.Subject, []byte(callOf("erp", "1")), 10*time.Second)
	if err != nil || m.Header.Get("Nats-Service-Error-Code") != "429" {
		t.Errorf("over NATS: got %v, %v", m, err)
	}
}

// The flood goes on until the quiet emitter has its answers: one that is starved gets none.
// It does not run beside other tests: it takes all the machine has.
func TestAFloodFromOneEmitterDoesNotStarveAnother(t *testing.T) {
	l := startLedgerWith(t, options{data: t.TempDir(), requireTokens: true, natsListen: "127.0.0.1:0"})
	_, flooding := l.token(access.Emitter, "flood")
	_, quiet := l.token(access.Emitter, "quiet")
	ctx, stop := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	for c := range 8 {
		flood.Go(func() {
			bodies := make([]string, 20)
			for i := range bodies {
				events := make([]string, 500)
				for j := range events {
					events[j] = callOf("flood", fmt.Sprintf("%d.%d.%d", c, i, j))
				}
				bodies[i] = "[" + strings.Join(events, ",") + "]"
			}
			for i := 0; ctx.Err() == nil; i++ {
				r, err := http.NewRequestWithContext(ctx, "POST", l.url+"/v1/events", strings.NewReader(bodies[i%len(bodies)]))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Authorization", "Bearer "+flooding)
				r.Header.Set("Content-Type", "application/json")
				if res, err := http.DefaultClient.Do(r); err == nil {
					res.Body.Close()
				}
			}
		})
	}
	over, err := nats.Connect(l.app.broker.URL(), nats.Token(flooding))
	if err != nil {
		t.Fatal(err)
	}
	defer over.Close()
	for c := range 32 {
		flood.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				_, _ = over.RequestWithContext(ctx, ingress.Subject, []byte(callOf("flood", fmt.Sprintf("nats.%d.%d", c, i))))
			}
		})
	}
	nc, err := nats.Connect(l.app.broker.URL(), nats.Token(quiet))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	var byHTTP, byNATS []time.Duration
	for i := range 6 {
		began := time.Now()
		if got := l.do("POST", "/v1/events", callOf("quiet", fmt.Sprint("h", i)), append(bearer(quiet), "Content-Type", structured)...); got.status != http.StatusCreated {
			t.Fatalf("got %d %s", got.status, got.body)
		}
		byHTTP = append(byHTTP, time.Since(began))
		began = time.Now()
		if m, err := nc.Request(ingress.Subject, []byte(callOf("quiet", fmt.Sprint("n", i))), 20*time.Second); err != nil || !strings.Contains(string(m.Data), "recorded") {
			t.Fatalf("over NATS: got %v, %v", m, err)
		}
		byNATS = append(byNATS, time.Since(began))
	}
	stop()
	flood.Wait()
	head, h, n := l.head(), slices.Max(byHTTP), slices.Max(byNATS)
	t.Logf("the quiet emitter waited at most %v over HTTP, %v over NATS, beside %d events of the flood", h, n, head-12)
	if head < 1_000 {
		t.Errorf("%d events are no flood", head)
	}
}

func TestAPrincipalFollowsABoundedNumberOfStreams(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), requireTokens: true})
	_, ann := l.token(access.Analyst)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	follow := func() int {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, "GET", l.url+"/v1/changes", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+ann)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK {
			res.Body.Close()
		}
		return res.StatusCode
	}
	for i := range streamsEach {
		if got := follow(); got != http.StatusOK {
			t.Fatalf("stream %d: got %d", i, got)
		}
	}
	if got := follow(); got != http.StatusTooManyRequests {
		t.Errorf("one more: got %d", got)
	}
	_, other := l.token(access.Analyst)
	if got := l.get("/v1/accounts", bearer(other)...); got.status != http.StatusOK {
		t.Errorf("another: got %d", got.status)
	}
}

func TestTheTrailSaysWhoReadWhatAndNotWhatItSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := startLedgerWith(t, options{data: dir, requireTokens: true, accessTrail: true})
	token, ann := l.token(access.Analyst)
	_, ada := l.token(access.Admin)
	as := append(bearer(ada), "Content-Type", structured)
	for i := range 3 {
		if got := l.do("POST", "/v1/events", complaint(fmt.Sprint(i), fmt.Sprint("acme-", i)), as...); got.status != http.StatusCreated {
			t.Fatal(got.body)
		}
	}
	for path, status := range map[string]int{
		"/v1/accounts/acme-1/timeline?wait_for=3": 200, "/v1/accounts?wait_for=3&q=Meier": 200, "/v1/events?account=acme-2": 200, "/v1/accounts/none/trust": 404,
		"/v1/proof/event?id=1": 200,
		"/v1/projections":      200, "/v1/schemas": 200, "/healthz": 200, "/v1/tokens": 403,
	} {
		if got := l.get(path, bearer(ann)...); got.status != status {
			t.Errorf("%s: got %d %s", path, got.status, got.body)
		}
	}
	l.stop()
	f, err := os.Open(filepath.Join(dir, "access", "trail.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r access.Reading
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.Principal != token.ID || r.Name != "analyst" || r.Request == "" || time.Since(r.Time) > time.Hour || strings.Contains(lines.Text(), "Meier") {
			t.Errorf("a line is %s", lines.Text())
		}
		got = append(got, fmt.Sprintf("%s %s %d %d", r.Route, r.Account, r.Status, r.Items))
	}
	slices.Sort(got)
	want := []string{
		"GET /v1/accounts  200 3", "GET /v1/accounts/{account}/timeline acme-1 200 1", "GET /v1/accounts/{account}/trust none 404 0", "GET /v1/events acme-2 200 1", "GET /v1/proof/event  200 1",
	}
	if want[0] = "GET /v1/accounts  200 0"; !slices.Equal(got, want) { // nobody is called Meier
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestABrowserLogsInWithATokenOnce(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), requireTokens: true})
	_, ann := l.token(access.Analyst)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	post := func(path, token string, headers ...string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "POST", l.url+path, strings.NewReader(url.Values{"token": {token}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		res, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	reads := func() int {
		t.Helper()
		res, err := browser.Get(l.url + "/v1/accounts")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if page := l.get("/"); !strings.Contains(page.body, `action="/session"`) {
		t.Errorf("the page offers no way in: %s", page.body)
	}
	if got := post("/session", "wrong"); got != http.StatusUnauthorized || reads() != http.StatusUnauthorized {
		t.Errorf("a wrong token: got %d", got)
	}
	if got := post("/session", ann, "Sec-Fetch-Site", "cross-site"); got != http.StatusForbidden || reads() != http.StatusUnauthorized {
		t.Errorf("from a page of another site: got %d", got)
	}
	if got := post("/session", ann, "Sec-Fetch-Site", "same-origin"); got != http.StatusOK || reads() != http.StatusOK {
		t.Errorf("a token: got %d", got)
	}
	if got := post("/v1/projections/timeline/rebuild", "", "Origin", "https://evil.example"); got != http.StatusForbidden {
		t.Errorf("a change from a page of another site: got %d", got)
	}
	if got := post("/session/end", ""); got != http.StatusOK || reads() != http.StatusUnauthorized {
		t.Errorf("the end: got %d", got)
	}
}

func TestTheClientWaitsWhenThereIsTooMuchAtOnce(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), requireTokens: true, rate: 100})
	token, erp := l.token(access.Emitter, "erp")
	c, err := client.New(l.url, client.Options{Token: erp})
	if err != nil {
		t.Fatal(err)
	}
	record := func(id string) {
		t.Helper()
		if receipts, err := c.Record(t.Context(), []json.RawMessage{json.RawMessage(callOf("erp", id))}); err != nil || len(receipts) != 1 {
			t.Fatalf("got %v, %v", receipts, err)
		}
	}
	record("1")
	erps, err := l.app.tokens.ByID(token.ID)
	if err != nil {
		t.Fatal(err)
	}
	l.app.guard.Limits.Spend(erps, 10_000)
	l.app.guard.Limits.Spend(erps, 200) // two seconds' worth more than it may
	record("2")
	if metrics := l.get("/metrics", bearer(l.admin())...); !strings.Contains(metrics.body, `route="POST /v1/events",status="429"`) {
		t.Error("there never was too much")
	}
	if got := l.head(); got != 2 {
		t.Errorf("the log has %d events, want 2", got)
	}
}

func TestARequestThatDoesNotEndIsCutOffAtAStop(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), drain: time.Millisecond})
	client, err := net.Dial("tcp", l.app.address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	fmt.Fprintf(client, "POST /v1/events HTTP/1.1\r\nHost: %s\r\nContent-Type: application/cloudevents+json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", l.app.address)
	answer := bufio.NewReader(client)
	if line, err := answer.ReadString('\n'); !strings.Contains(line, "100 Continue") {
		t.Fatalf("got %q, %v, want that the body is waited for", line, err)
	}
	l.stop() // fails the test if the stop fails
	if rest, err := io.ReadAll(answer); strings.Contains(string(rest), "HTTP/1.1 2") {
		t.Errorf("got %s, %v, and nothing was asked", rest, err)
	}
	if l.logs.FilterMessageSnippet("cut off").Len() != 1 {
		t.Error("the log does not say that somebody has no answer")
	}
}

func TestWhereAnIssuerIsTrustedEverybodyIsAsked(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), oidc: access.OIDCConfig{Issuer: "http://" + freePort(t), Audience: "rapport"}})
	if got := l.get("/v1/accounts"); got.status != http.StatusUnauthorized {
		t.Errorf("nobody: got %d", got.status)
	}
	if got := l.get("/v1/accounts", bearer("ey.ey.xx")...); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("a token of an issuer that is down: got %d %s", got.status, got.body)
	}
	if got := l.get("/v1/accounts", bearer(l.admin())...); got.status != http.StatusOK {
		t.Errorf("a token of the ledger: got %d %s", got.status, got.body)
	}
}

// freePort is an address on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (l *ledger) admin() string {
	l.t.Helper()
	_, secret := l.token(access.Admin)
	return secret
}
