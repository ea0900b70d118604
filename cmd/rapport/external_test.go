package main

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// The configuration in examples gives on a NATS elsewhere the rights that the embedded
// one gives. It is not parallel, for it sets what the configuration takes from the
// environment.
func TestTheExampleOfANATSElsewhereGivesTheSameRights(t *testing.T) {
	dir := t.TempDir()
	tokens, err := access.OpenTokens(accessDir(dir), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	erp, _, err := tokens.Create("erp", access.Emitter, []string{"erp"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tokens.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"RAPPORT", "ERP", "KEEPER", "ANALYST"} {
		t.Setenv(name+"_PASSWORD", "secret-"+name)
	}
	t.Setenv("ERP_SUBJECT", "rapport.by."+erp.ID)
	o, err := natsserver.ProcessConfigFile("../../examples/nats/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	o.Port, o.StoreDir, o.NoSigs = natsserver.RANDOM_PORT, t.TempDir(), true
	s, err := natsserver.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("it is not ready")
	}
	as := func(user string) (*nats.Conn, chan error) {
		t.Helper()
		denied := make(chan error, 10)
		nc, err := nats.Connect(s.ClientURL(), nats.UserInfo(user, "secret-"+strings.ToUpper(user)),
			nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		return nc, denied
	}
	l := startLedgerWith(t, options{data: dir, requireTokens: true, natsURL: strings.Replace(s.ClientURL(), "nats://", "nats://rapport:secret-RAPPORT@", 1)})
	if got := l.app.broker.URL(); got != s.ClientURL() {
		t.Errorf("it tells everybody that NATS is at %s", got)
	}

	emitter, denied := as("erp")
	ask := func(body string) string {
		t.Helper()
		m, err := emitter.Request("rapport.record", []byte(body), 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return string(m.Data)
	}
	if got := ask(callOf("erp", "1")); !strings.Contains(got, `"recorded"`) {
		t.Errorf("its own source: got %s", got)
	}
	if got := ask(callOf("helpdesk", "1")); !strings.Contains(got, `"status":403`) {
		t.Errorf("another's source: got %s", got)
	}
	js, err := jetstream.New(emitter)
	if err != nil {
		t.Fatal(err)
	}
	if ack, err := js.Publish(t.Context(), "inbox.erp", []byte(callOf("erp", "2"))); err != nil || ack.Stream != "INBOX" {
		t.Errorf("the inbox: got %v, %v", ack, err)
	}
	refused := func(nc *nats.Conn, denied chan error, subject string) {
		t.Helper()
		if err := errors.Join(nc.Publish(subject, []byte(callOf("erp", "3"))), nc.Flush()); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-denied:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: got %v", subject, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s was not refused", subject)
		}
	}
	for _, subject := range []string{"inbox.helpdesk", "ledger.interaction.held", "rapport.by." + erp.ID, "rapport.event", "$JS.API.STREAM.DELETE.LEDGER"} {
		refused(emitter, denied, subject)
	}

	keeper, _ := as("keeper")
	mirror, err := os.ReadFile("../../examples/nats/ledger-mirror.json")
	if err != nil {
		t.Fatal(err)
	}
	var config jetstream.StreamConfig
	if err := json.Unmarshal(mirror, &config); err != nil {
		t.Fatal(err)
	}
	keeps, err := jetstream.New(keeper)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keeps.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	reader, readerDenied := as("analyst")
	reads, err := jetstream.New(reader)
	if err != nil {
		t.Fatal(err)
	}
	l.eventually(func() bool {
		s, err := reads.Stream(t.Context(), "LEDGER")
		return err == nil && s.CachedInfo().State.LastSeq == 2
	})
	if m, err := reader.Request("rapport.event", []byte("1"), 10*time.Second); err != nil || !strings.Contains(string(m.Data), `"source":"erp"`) {
		t.Errorf("an event: got %v, %v", m, err)
	}
	for _, subject := range []string{"rapport.record", "inbox.erp", "ledger.interaction.held", "$KV.trust.acme", "$JS.API.STREAM.DELETE.LEDGER"} {
		refused(reader, readerDenied, subject)
	}

	if err := l.app.tokens.Revoke(erp.ID); err != nil {
		t.Fatal(err)
	}
	if got := ask(callOf("erp", "4")); !strings.Contains(got, `"status":401`) {
		t.Errorf("with a revoked token: got %s", got)
	}
	if got := l.head(); got != 2 {
		t.Errorf("the log has %d events, want 2", got)
	}
}
