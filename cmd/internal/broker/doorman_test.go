package broker

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap/zaptest"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// guarded is a broker that lets in who shows a token.
type guarded struct {
	*Broker
	t      *testing.T
	tokens *access.Tokens
}

func startGuarded(t *testing.T, required bool) guarded {
	t.Helper()
	tokens, err := access.OpenTokens(t.TempDir(), time.Now)
	must(t, err)
	b, err := Start(Options{
		Dir: t.TempDir(), Listen: "127.0.0.1:0", Logger: zaptest.NewLogger(t),
		Guard: &access.Guard{Tokens: tokens, Required: required},
	})
	must(t, err)
	t.Cleanup(func() { b.Close(); tokens.Close() })
	g := guarded{b, t, tokens}
	door := g.as(Door)
	js, err := jetstream.New(door)
	must(t, err)
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "INBOX", Subjects: []string{"inbox.>"}})
	must(t, err)
	relay, err := jetstream.New(g.as(Relay))
	must(t, err)
	_, err = relay.CreateStream(t.Context(), jetstream.StreamConfig{Name: "LEDGER", Subjects: []string{"ledger.>"}})
	must(t, err)
	return g
}

func (g guarded) as(role Role) *nats.Conn {
	g.t.Helper()
	nc, err := g.Connect(role)
	must(g.t, err)
	g.t.Cleanup(nc.Close)
	return nc
}

func (g guarded) token(role access.Role, sources ...string) (access.Token, string) {
	g.t.Helper()
	token, secret, err := g.tokens.Create(string(role), role, sources, time.Time{})
	must(g.t, err)
	return token, secret
}

// client connects with the token and gives what it is denied.
func (g guarded) client(secret string, opts ...nats.Option) (*nats.Conn, chan error) {
	g.t.Helper()
	denied := make(chan error, 100)
	nc, err := nats.Connect(g.URL(), append(opts, nats.Token(secret), nats.MaxReconnects(0),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))...)
	must(g.t, err)
	g.t.Cleanup(nc.Close)
	return nc, denied
}

// tries publishes and reports whether that was denied.
func tries(t *testing.T, nc *nats.Conn, denied chan error, subject string) bool {
	t.Helper()
	must(t, nc.Publish(subject, []byte(`{}`)))
	must(t, nc.Flush())
	select {
	case err := <-denied:
		if !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("%s: %v", subject, err)
		}
		return true
	case <-time.After(100 * time.Millisecond): // the server says nothing where it allows
		return false
	}
}

func TestWithoutATokenNobodyIsLetInWhereOneIsRequired(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, true)
	_, monitor := g.token(access.Monitor)
	for what, opt := range map[string]nats.Option{
		"nothing":            nats.Name("x"),
		"a wrong token":      nats.Token(access.TokenPrefix + "0000000000_X"),
		"the public user":    nats.UserInfo("public", ""),
		"a part's name":      nats.UserInfo("relay", ""),
		"who reads no event": nats.Token(monitor),
	} {
		if nc, err := nats.Connect(g.URL(), opt); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: got %v, %v", what, nc, err)
		}
	}
}

func TestAnEmitterMaySendItsSourcesAndNothingElse(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, true)
	token, secret := g.token(access.Emitter, "erp", "https://crm.example/eu", "a.*.b")
	nc, denied := g.client(secret)
	asked := make(chan *nats.Msg, 10)
	door := g.as(Door)
	sub, err := door.Subscribe("rapport.by.*", func(m *nats.Msg) { asked <- m; _ = m.Respond([]byte("done")) })
	must(t, err)
	must(t, sub.SetPendingLimits(10, -1))
	must(t, door.Flush())
	answer, err := nc.Request("rapport.record", []byte("please"), 10*time.Second)
	if err != nil || string(answer.Data) != "done" {
		t.Fatalf("got %v, %v", answer, err)
	}
	if m := <-asked; m.Subject != "rapport.by."+token.ID {
		t.Errorf("the ledger was asked on %s, want one that says who asks", m.Subject)
	}
	js, err := jetstream.New(nc)
	must(t, err)
	for _, subject := range []string{"inbox.erp", "inbox.https://crm.example/eu"} {
		if ack, err := js.Publish(t.Context(), subject, []byte("{}")); err != nil || ack.Stream != "INBOX" {
			t.Errorf("%s: got %v, %v", subject, ack, err)
		}
	}
	for _, subject := range []string{
		"inbox.helpdesk", "inbox.erp.eu", "inbox.ERP", "inbox.>", "inbox.*", "inbox.a.x.b", "inbox.", "rapport.by." + token.ID, "rapport.by.other", "rapport.event",
		"ledger.complaint.raised", "$KV.trust.acme", "changes.trust.acme", "rejected.erp", "$JS.API.INFO", "$JS.API.STREAM.INFO.LEDGER",
		"$JS.API.CONSUMER.CREATE.LEDGER", "$SYS.REQ.USER.INFO", "mirror.api.CONSUMER.CREATE.INBOX",
	} {
		if !tries(t, nc, denied, subject) {
			t.Errorf("an emitter may publish on %s", subject)
		}
	}
	for _, subject := range []string{"ledger.>", ">", "inbox.>", "rapport.record", "$KV.>"} {
		_, err := nc.SubscribeSync(subject)
		must(t, err)
		must(t, nc.Flush())
		select {
		case <-denied:
		case <-time.After(10 * time.Second):
			t.Errorf("an emitter may subscribe to %s", subject)
		}
	}
}

func TestEmittersDoNotSeeEachOthersAnswers(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, true)
	_, one := g.token(access.Emitter, "one")
	_, two := g.token(access.Emitter, access.AnySource)
	asks, _ := g.client(one)
	listens, _ := g.client(two)
	heard, err := listens.SubscribeSync("_INBOX.>")
	must(t, err)
	must(t, listens.Flush())
	_, err = g.as(Door).Subscribe("rapport.by.*", func(m *nats.Msg) { _ = m.Respond([]byte("secret")) })
	must(t, err)
	must(t, g.as(Door).Flush())
	if _, err := asks.Request("rapport.record", nil, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	must(t, listens.Flush())
	if n, _, err := heard.Pending(); n != 0 || err != nil {
		t.Errorf("another heard %d messages, %v", n, err)
	}
}

// A reply subject names where the server answers, with its own rights.
func TestNoAnswerBringsAnEmitterOrAReaderWhereItMayNotPublish(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, true)
	victim, _ := g.token(access.Emitter, "victim")
	_, erp := g.token(access.Emitter, "erp")
	_, ann := g.token(access.Analyst)
	heard := make(chan string, 100)
	door := g.as(Door)
	_, err := door.Subscribe("rapport.by.*", func(m *nats.Msg) {
		if m.Subject == "rapport.by."+victim.ID {
			heard <- m.Subject
		}
		_ = m.Respond([]byte("an answer"))
	})
	must(t, err)
	_, err = door.Subscribe("rapport.record", func(m *nats.Msg) { heard <- m.Subject })
	must(t, err)
	must(t, door.Flush())
	emitter, _ := g.client(erp)
	reader, _ := g.client(ann)
	for _, target := range []string{"rapport.by." + victim.ID, "inbox.victim", "rapport.record", "ledger.x.y", "$JS.API.STREAM.DELETE.LEDGER"} {
		must(t, emitter.PublishRequest("rapport.record", target, []byte("x")))
		must(t, emitter.PublishRequest("inbox.erp", target, []byte("x")))
		for _, ask := range []string{"$JS.API.INFO", "$JS.API.STREAM.INFO.LEDGER", "$JS.API.DIRECT.GET.LEDGER", "$SYS.REQ.USER.INFO", "$JS.API.CONSUMER.MSG.NEXT.LEDGER.x"} {
			must(t, reader.PublishRequest(ask, target, nil))
		}
	}
	must(t, reader.Flush())
	sends, err := jetstream.New(emitter)
	must(t, err)
	for range 3 { // what was before is answered before
		_, err = sends.Publish(t.Context(), "inbox.erp", []byte("x"))
		must(t, err)
	}
	js, err := jetstream.New(door)
	must(t, err)
	inbox, err := js.Stream(t.Context(), "INBOX")
	must(t, err)
	info, err := inbox.Info(t.Context(), jetstream.WithSubjectFilter(">"))
	must(t, err)
	for subject := range info.State.Subjects {
		if subject != "inbox.erp" {
			t.Errorf("the inbox has messages on %s", subject)
		}
	}
	if len(heard) > 0 {
		t.Errorf("the ledger was asked on %s", <-heard)
	}
	relay, err := jetstream.New(g.as(Relay))
	must(t, err)
	if s, err := relay.Stream(t.Context(), "LEDGER"); err != nil || s.CachedInfo().State.LastSeq != 0 {
		t.Errorf("LEDGER has %v, %v", s, err)
	}
}

func TestAnAnalystReadsAndSendsNothing(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, true)
	_, secret := g.token(access.Analyst)
	nc, denied := g.client(secret)
	live, err := nc.SubscribeSync("ledger.>")
	must(t, err)
	must(t, nc.Flush())
	relay, err := jetstream.New(g.as(Relay))
	must(t, err)
	_, err = relay.Publish(t.Context(), "ledger.complaint.raised", []byte("{}"))
	must(t, err)
	if m, err := live.NextMsg(10 * time.Second); err != nil || m.Subject != "ledger.complaint.raised" {
		t.Errorf("got %v, %v", m, err)
	}
	js, err := jetstream.New(nc)
	must(t, err)
	eventually(t, func() bool {
		s, err := js.Stream(t.Context(), "LEDGER")
		return err == nil && s.CachedInfo().State.LastSeq == 1
	})
	for _, subject := range []string{"rapport.record", "inbox.erp", "rapport.by.x", "ledger.x", "$JS.API.STREAM.DELETE.LEDGER"} {
		if !tries(t, nc, denied, subject) {
			t.Errorf("an analyst may publish on %s", subject)
		}
	}
}

func TestARevokedTokenEndsItsConnections(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, true)
	token, secret := g.token(access.Emitter, "erp")
	_, other := g.token(access.Emitter, "erp")
	closed := make(chan struct{})
	g.client(secret, nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	stays, _ := g.client(other)
	must(t, g.tokens.Revoke(token.ID))
	select {
	case <-closed:
	case <-time.After(20 * time.Second):
		t.Error("the connection goes on")
	}
	must(t, stays.Flush())
	if _, err := nats.Connect(g.URL(), nats.Token(secret)); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("got %v", err)
	}
}

func TestAnOpenServerHonoursTokensAndRefusesWrongOnes(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, false)
	_, secret := g.token(access.Emitter, "erp")
	anybody, err := nats.Connect(g.URL())
	must(t, err)
	defer anybody.Close()
	js, err := jetstream.New(anybody)
	must(t, err)
	if _, err := js.Publish(t.Context(), "inbox.anything", []byte("{}")); err != nil {
		t.Errorf("got %v", err)
	}
	emitter, denied := g.client(secret)
	if !tries(t, emitter, denied, "inbox.other") {
		t.Error("a token gives more than it should")
	}
	// As a password, for clients that know only names and passwords.
	if nc, err := nats.Connect(strings.Replace(g.URL(), "nats://", "nats://erp:"+secret+"@", 1)); err != nil {
		t.Error(err)
	} else {
		nc.Close()
	}
	if _, err := nats.Connect(g.URL(), nats.Token("wrong")); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("got %v", err)
	}
}

func TestEmittersComeBackAfterTheServerIsReplaced(t *testing.T) {
	t.Parallel()
	g := startGuarded(t, true)
	_, secret := g.token(access.Emitter, "erp")
	nc, err := nats.Connect(g.URL(), nats.Token(secret), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	must(t, err)
	defer nc.Close()
	must(t, g.restart())
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(time.Second))
	must(t, err)
	eventually(t, func() bool {
		_, err := js.Publish(t.Context(), "inbox.erp", []byte("{}"))
		return err == nil
	})
}
