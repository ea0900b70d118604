package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// ledger is the real app on a directory of its own, with NATS in this process only.
type ledger struct {
	t    testing.TB
	app  *app
	url  string
	logs *observer.ObservedLogs
}

func startLedger(t testing.TB) *ledger {
	t.Helper()
	return startLedgerIn(t, t.TempDir())
}

func startLedgerIn(t testing.TB, dir string) *ledger {
	t.Helper()
	return startLedgerWith(t, options{data: dir})
}

// startLedgerWith fills in what the options leave out. Its timekeeper does not look: what time
// brings about would be events that a test knows nothing of, whenever it takes long enough.
func startLedgerWith(t testing.TB, o options) *ledger {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	o.http, o.logger, o.look = "127.0.0.1:0", zap.New(core), 24*time.Hour
	if o.now == nil {
		o.now = time.Now
	}
	a, err := open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{t: t, app: a, url: "http://" + a.address, logs: logs}
	t.Cleanup(l.stop)
	return l
}

// stop ends the ledger as a signal would. It may be called twice.
func (l *ledger) stop() {
	if err := l.app.close(context.Background()); err != nil {
		l.t.Errorf("close: %v", err)
	}
}

// response is an answer, read to its end.
type response struct {
	status int
	header http.Header
	body   string
}

// problem reads the answer as a problem document and checks its form.
func (r response) problem(t testing.TB) api.Problem {
	t.Helper()
	if got, want := r.header.Get("Content-Type"), "application/problem+json"; got != want {
		t.Fatalf("content type: got %q, want %q; body %s", got, want, r.body)
	}
	var p api.Problem
	r.decode(t, &p)
	if p.Status != r.status || p.Title == "" || p.Type == "" {
		t.Errorf("a problem needs type, title and the answer's status: got %+v with status %d", p, r.status)
	}
	return p
}

func (r response) decode(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), into); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
}

// do sends a request; headers are pairs of name and value.
func (l *ledger) do(method, path, body string, headers ...string) response {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), method, l.url+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return response{res.StatusCode, res.Header, string(b)}
}

func (l *ledger) get(path string, headers ...string) response {
	l.t.Helper()
	return l.do(http.MethodGet, path, "", headers...)
}

// ask gets the path and reads the answer; it must be a 200.
func (l *ledger) ask(path string, into any) response {
	l.t.Helper()
	r := l.get(path)
	if r.status != http.StatusOK {
		l.t.Fatalf("GET %s: got %d: %s", path, r.status, r.body)
	}
	r.decode(l.t, into)
	return r
}

const (
	structured = "application/cloudevents+json"
	batch      = "application/cloudevents-batch+json"
)

func (l *ledger) post(contentType, body string) response {
	l.t.Helper()
	return l.do(http.MethodPost, "/v1/events", body, "Content-Type", contentType)
}

// record records one event and gives its receipt.
func (l *ledger) record(event string) api.Receipt {
	l.t.Helper()
	r := l.post(structured, event)
	if r.status != http.StatusCreated {
		l.t.Fatalf("record %s: got %d: %s", event, r.status, r.body)
	}
	var receipts api.Receipts
	r.decode(l.t, &receipts)
	return receipts.Receipts[0]
}

// event is a CloudEvent of the test's source.
func event(id, eventType, account, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"test","type":"rapport.%s.v1","subject":%q,"time":"2026-03-02T09:00:00Z","data":%s}`,
		id, eventType, account, data)
}

func complaint(id, account string) string {
	return event(id, "complaint.raised", account, fmt.Sprintf(`{"complaint":%q,"severity":3}`, "C-"+id))
}
