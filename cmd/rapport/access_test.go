package main

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/access/accesstest"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// token makes a token on the running ledger.
func (l *ledger) token(role access.Role, sources ...string) (access.Token, string) {
	l.t.Helper()
	token, secret, err := l.app.tokens.Create(string(role), role, sources, time.Time{})
	if err != nil {
		l.t.Fatal(err)
	}
	return token, secret
}

func bearer(secret string) []string { return []string{"Authorization", "Bearer " + secret} }

func TestALedgerThatRequiresTokensGivesEachWhatItsRoleMay(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), requireTokens: true})
	_, erp := l.token(access.Emitter, "erp")
	_, ann := l.token(access.Analyst)
	_, stu := l.token(access.Steward)
	_, mon := l.token(access.Monitor)
	_, ada := l.token(access.Admin)
	fact := strings.Replace(complaint("1", "acme"), `"source":"test"`, `"source":"erp"`, 1)
	if !strings.Contains(fact, `"source":"erp"`) {
		t.Fatalf("the fact is %s", fact)
	}
	for _, c := range []struct {
		who, secret, method, path, body string
		want                            int
	}{
		{"nobody", "", "POST", "/v1/events", fact, 401},
		{"nobody", "", "GET", "/v1/accounts", "", 401},
		{"nobody", "", "GET", "/healthz", "", 200},
		{"a wrong token", ada + "x", "GET", "/v1/accounts", "", 401},
		{"a wrong token", ada + "x", "GET", "/healthz", "", 200},
		{"emitter", erp, "POST", "/v1/events", fact, 201},
		{"emitter", erp, "POST", "/v1/events", complaint("2", "acme"), 403},
		{"emitter", erp, "GET", "/v1/accounts", "", 403},
		{"emitter", erp, "GET", "/v1/events", "", 403},
		{"analyst", ann, "GET", "/v1/events", "", 200},
		{"analyst", ann, "HEAD", "/v1/accounts/acme/timeline?wait_for=1", "", 200},
		{"analyst", ann, "POST", "/v1/events", fact, 403},
		{"analyst", ann, "POST", "/v1/projections/timeline/rebuild", "", 403},
		{"steward", stu, "GET", "/v1/rejected", "", 200},
		{"steward", stu, "GET", "/v1/tokens", "", 403},
		{"steward", stu, "POST", "/v1/followups/acme~0/dismiss", `{"reason":"x"}`, 404},
		{"analyst", ann, "POST", "/v1/followups/acme~0/dismiss", `{"reason":"x"}`, 403},
		{"monitor", mon, "GET", "/metrics", "", 200},
		{"monitor", mon, "GET", "/v1/projections", "", 200},
		{"monitor", mon, "GET", "/v1/accounts", "", 403},
		{"admin", ada, "GET", "/v1/tokens", "", 200},
		{"admin", ada, "POST", "/v1/events", complaint("2", "acme"), 201},
	} {
		headers := []string{"Content-Type", "application/json"}
		if c.secret != "" {
			headers = append(headers, bearer(c.secret)...)
		}
		if got := l.do(c.method, c.path, c.body, headers...); got.status != c.want {
			t.Errorf("%s, %s %s: got %d %s, want %d", c.who, c.method, c.path, got.status, got.body, c.want)
		}
	}
	if page := l.get("/"); strings.Contains(page.body, "Projections") || page.status != 200 {
		t.Errorf("the page tells nobody of the projections: %s", page.body)
	}
	if ready := l.get("/readyz"); strings.Contains(ready.body, "parts") || ready.status != 200 {
		t.Errorf("/readyz tells nobody of the parts: %s", ready.body)
	}
}

func TestATokenMadeOverHTTPWorksUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), requireTokens: true})
	_, ada := l.token(access.Admin)
	made := l.do("POST", "/v1/tokens", `{"role":"analyst","name":"Ann"}`, append(bearer(ada), "Content-Type", "application/json")...)
	var token api.CreatedToken
	made.decode(t, &token)
	if made.status != http.StatusCreated || made.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %v", made.status, made.header)
	}
	if got := l.get("/v1/accounts", bearer(token.Secret)...); got.status != 200 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if list := l.get("/v1/tokens", bearer(ada)...); strings.Contains(list.body, token.Secret) || !strings.Contains(list.body, `"name":"Ann"`) {
		t.Errorf("the list is %s", list.body)
	}
	if got := l.do("DELETE", "/v1/tokens/"+token.ID, "", bearer(ada)...); got.status != http.StatusNoContent {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := l.get("/v1/accounts", bearer(token.Secret)...); got.status != 401 || got.header.Get("WWW-Authenticate") == "" {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := l.do("DELETE", "/v1/tokens/"+token.ID, "", bearer(ada)...); got.status != 404 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	bad := l.do("POST", "/v1/tokens", `{"role":"emitter","name":"x"}`, append(bearer(ada), "Content-Type", "application/json")...)
	if p := bad.problem(t); p.Status != 422 || p.Errors[0].Location != "sources" {
		t.Errorf("got %+v", p)
	}
}

func TestWithACertificateEverythingIsTLS(t *testing.T) {
	t.Parallel()
	cert, key, roots := accesstest.Certificate(t, t.TempDir(), 1)
	l := startLedgerWith(t, options{data: t.TempDir(), tlsCert: cert, tlsKey: key})
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	res, err := client.Get("https://" + l.app.address + "/v1/accounts")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.ProtoMajor != 2 {
		t.Errorf("got %d over %s", res.StatusCode, res.Proto)
	}
	if plain, err := http.Get("http://" + l.app.address + "/v1/accounts"); err != nil || plain.StatusCode != 400 {
		t.Errorf("without TLS: got %v, %v", plain, err)
	}
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS11}}}
	if _, err := old.Get("https://" + l.app.address + "/v1/accounts"); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
}

func TestWhichAddressesOtherMachinesReach(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1:8280": false, "127.9.9.9:1": false, "[::1]:8280": false, "localhost:8280": false,
		"0.0.0.0:8280": true, ":8280": true, "[::]:8280": true, "192.0.2.1:1": true, "[fe80::1%eth0]:1": true, "8280": false, "": false, "no.such.name.invalid:1": false,
	} {
		if got := reachable(address); got != want {
			t.Errorf("%q: got %v, want %v", address, got, want)
		}
	}
}

func TestOverNATSATokenGivesTheSameRights(t *testing.T) {
	t.Parallel()
	cert, key, roots := accesstest.Certificate(t, t.TempDir(), 1)
	l := startLedgerWith(t, options{data: t.TempDir(), requireTokens: true, natsListen: "127.0.0.1:0", tlsCert: cert, tlsKey: key})
	_, erp := l.token(access.Emitter, "erp")
	nc, err := nats.Connect(l.app.broker.URL(), nats.Token(erp), nats.Secure(&tls.Config{RootCAs: roots}))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	ask := func(body string) string {
		t.Helper()
		m, err := nc.Request("rapport.record", []byte(body), 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return string(m.Data)
	}
	own := strings.Replace(complaint("1", "acme"), `"source":"test"`, `"source":"erp"`, 1)
	if got := ask(own); !strings.Contains(got, `"recorded"`) {
		t.Errorf("its own source: got %s", got)
	}
	if got := ask(complaint("2", "acme")); !strings.Contains(got, `"status":403`) {
		t.Errorf("another's source: got %s", got)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	// The subject says whose events may be in the message.
	if _, err := js.Publish(t.Context(), "inbox.erp", []byte("["+complaint("3", "acme")+","+own+"]")); err != nil {
		t.Fatal(err)
	}
	var page api.Page[api.Rejected]
	l.eventually(func() bool {
		page, err = l.app.inbox.Rejected(t.Context(), "", 10)
		return err == nil && len(page.Items) == 1
	})
	if p := page.Items[0].Problem; p.Status != 403 || !strings.Contains(p.Detail, "1 of 2 events") {
		t.Errorf("another's event in one's own inbox: got %+v", p)
	}
	again, err := l.app.inbox.Resend(t.Context(), page.Items[0].ID)
	if err != nil || again.Receipts[0].Problem == nil || again.Receipts[0].Problem.Status != 403 {
		t.Errorf("sent again: got %+v, %v", again, err)
	}
	if _, err := nats.Connect(strings.Replace(l.app.broker.URL(), "tls://", "nats://", 1), nats.Token(erp)); err == nil {
		t.Error("NATS speaks without TLS to one who does not trust the certificate")
	}
}
