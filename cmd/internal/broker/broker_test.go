package broker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap/zaptest"
)

// ledger is a broker with the streams the ledger has, one event in LEDGER, one answer
// in the bucket trust.
type ledger struct {
	*Broker
	relay  jetstream.JetStream
	door   jetstream.JetStream
	feed   jetstream.JetStream
	public *nats.Conn
	js     jetstream.JetStream // of public
	denied chan error
}

func start(t *testing.T) *ledger {
	t.Helper()
	b, err := Start(Options{Dir: t.TempDir(), Logger: zaptest.NewLogger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	l := &ledger{Broker: b, denied: make(chan error, 100)}
	for role, js := range map[Role]*jetstream.JetStream{Relay: &l.relay, Door: &l.door, Feed: &l.feed} {
		nc, err := b.Connect(role)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		if *js, err = jetstream.New(nc); err != nil {
			t.Fatal(err)
		}
	}
	l.public, err = nats.Connect("", nats.InProcessServer(b), nats.ErrorHandler(
		func(_ *nats.Conn, _ *nats.Subscription, err error) { l.denied <- err }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.public.Close)
	if l.js, err = jetstream.New(l.public); err != nil {
		t.Fatal(err)
	}
	l.fill(t)
	return l
}

func (l *ledger) fill(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	_, err := l.relay.CreateStream(ctx, jetstream.StreamConfig{
		Name: "LEDGER", Subjects: []string{"ledger.>"}, AllowDirect: true, PersistMode: jetstream.AsyncPersistMode})
	must(t, err)
	_, err = l.door.CreateStream(ctx, jetstream.StreamConfig{
		Name: "INBOX", Subjects: []string{"inbox.>"}, Retention: jetstream.WorkQueuePolicy})
	must(t, err)
	_, err = l.door.CreateStream(ctx, jetstream.StreamConfig{Name: "REJECTED", Subjects: []string{"rejected.>"}})
	must(t, err)
	kv, err := l.feed.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "trust"})
	must(t, err)
	_, err = l.relay.Publish(ctx, "ledger.complaint.raised", []byte(`{"complaint":"C1"}`))
	must(t, err)
	_, err = kv.Put(ctx, "acme", []byte(`{"score":50}`))
	must(t, err)
	l.mirrored(t, "LEDGER", 1)
	l.mirrored(t, "KV_trust", 1)
}

// mirrored waits until clients see the stream at the sequence.
func (l *ledger) mirrored(t *testing.T, stream string, seq uint64) {
	t.Helper()
	eventually(t, func() bool {
		s, err := l.js.Stream(t.Context(), stream)
		return err == nil && s.CachedInfo().State.LastSeq >= seq
	})
}

// eventually polls: what is waited for happens inside the server and tells nobody.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen in 20 seconds")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (l *ledger) lastSequences(t *testing.T) [4]uint64 {
	t.Helper()
	var seqs [4]uint64
	for i, of := range []struct {
		js   jetstream.JetStream
		name string
	}{{l.relay, "LEDGER"}, {l.feed, "KV_trust"}, {l.door, "INBOX"}, {l.door, "REJECTED"}} {
		s, err := of.js.Stream(t.Context(), of.name)
		if err != nil {
			t.Fatalf("%s: %v", of.name, err)
		}
		seqs[i] = s.CachedInfo().State.LastSeq
	}
	return seqs
}

func TestAClientMayNotPublishWhereTheLedgerSpeaks(t *testing.T) {
	t.Parallel()
	l := start(t)
	before := l.lastSequences(t)
	for _, subject := range []string{
		"ledger.complaint.raised", "$KV.trust.acme", "rejected.erp", "changes.trust.acme", "proof.checkpoint",
		"$JS.API.STREAM.DELETE.LEDGER", "$JS.API.STREAM.PURGE.LEDGER", "$JS.API.STREAM.UPDATE.LEDGER",
		"$JS.API.STREAM.CREATE.MINE", "$JS.API.STREAM.MSG.DELETE.LEDGER", "$JS.API.STREAM.RESTORE.LEDGER",
		"$JS.API.STREAM.SNAPSHOT.LEDGER", "mirror.api.CONSUMER.CREATE.INBOX", "mirror.deliver.x", "_R_.x",
	} {
		must(t, l.public.Publish(subject, nil))
		must(t, l.public.Flush())
		select {
		case err := <-l.denied:
			if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), subject) {
				t.Errorf("publish to %s: %v, want a permission violation that names it", subject, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("publish to %s was not refused", subject)
		}
	}
	for _, subject := range []string{"inbox.>", "rapport.record", "_R_.>", "mirror.>", "$JS.>", ">"} {
		_, err := l.public.SubscribeSync(subject)
		must(t, err)
		must(t, l.public.Flush())
		select {
		case err := <-l.denied:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("subscribe to %s: %v, want a permission violation", subject, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("subscribing to %s was not refused", subject)
		}
	}
	if after := l.lastSequences(t); after != before {
		t.Errorf("last sequences are %v, were %v", after, before)
	}
}

// The server answers with its own rights, on any subject it is asked to answer on.
func TestNoAnswerOfTheServerReachesWhatCounts(t *testing.T) {
	t.Parallel()
	l := start(t)
	before := l.lastSequences(t)
	targets := []string{
		"ledger.complaint.raised", "$KV.trust.acme", "rejected.erp", "$JS.API.STREAM.DELETE.LEDGER",
		"$JS.API.STREAM.PURGE.LEDGER", "$JS.API.STREAM.DELETE.INBOX", "$JS.API.STREAM.DELETE.KV_trust",
		"mirror.api.CONSUMER.CREATE.LEDGER", "mirror.api.CONSUMER.CREATE.INBOX.x", "mirror.deliver.x",
	}
	for _, target := range targets {
		l.trick(t, target)
	}
	if after := l.lastSequences(t); after != before {
		t.Errorf("last sequences are %v, were %v", after, before)
	}
	// What they did to the mirrors is repaired.
	l.mirrored(t, "LEDGER", 1)
	l.mirrored(t, "KV_trust", 1)
	eventually(t, func() bool {
		kv, err := l.js.KeyValue(t.Context(), "trust")
		if err != nil {
			return false
		}
		e, err := kv.Get(t.Context(), "acme")
		return err == nil && string(e.Value()) == `{"score":50}`
	})
}

// trick has every answering part of the server answer on the target.
func (l *ledger) trick(t *testing.T, target string) {
	t.Helper()
	ask := func(subject, body string) {
		must(t, l.public.PublishRequest(subject, target, []byte(body)))
	}
	create := func(stream, name, rest string) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		// Whether it is allowed does not matter; what comes of it does.
		_, _ = l.public.RequestWithContext(ctx, "$JS.API.CONSUMER.CREATE."+stream+"."+name, []byte(
			`{"stream_name":"`+stream+`","config":{"name":"`+name+`","ack_policy":"none","inactive_threshold":1000000000`+rest+`}}`))
	}
	ask("$JS.API.INFO", "")
	ask("$JS.API.STREAM.INFO.LEDGER", "")
	ask("$JS.API.STREAM.INFO.MINE", "")
	ask("$JS.API.STREAM.MSG.GET.LEDGER", `{"seq":1}`)
	ask("$JS.API.DIRECT.GET.LEDGER", `{"seq":1}`)
	ask("$JS.API.DIRECT.GET.LEDGER", `{"seq":99}`)
	ask("$JS.API.DIRECT.GET.KV_trust.$KV.trust.acme", "")
	ask("$SYS.REQ.USER.INFO", "")
	create("LEDGER", "empty", `,"deliver_policy":"new"`)
	ask("$JS.API.CONSUMER.MSG.NEXT.LEDGER.empty", `{"batch":1,"no_wait":true}`)
	create("LEDGER", "full", `,"deliver_policy":"all"`)
	ask("$JS.API.CONSUMER.MSG.NEXT.LEDGER.full", `{"batch":1,"no_wait":true}`)
	create("KV_trust", "push", `,"deliver_policy":"all","deliver_subject":"`+target+`","idle_heartbeat":100000000`)
	create("LEDGER", "push", `,"deliver_policy":"all","deliver_subject":"`+target+`","idle_heartbeat":100000000`)
	must(t, l.public.Flush())
	// Two heartbeats of the push consumers.
	time.Sleep(250 * time.Millisecond)
}

func TestOrdinaryClientsReadEverything(t *testing.T) {
	t.Parallel()
	l := start(t)
	ctx := t.Context()
	live, err := l.public.SubscribeSync("ledger.>")
	must(t, err)
	must(t, l.public.Flush())
	kv, err := l.js.KeyValue(ctx, "trust")
	must(t, err)
	watch, err := kv.WatchAll(ctx)
	must(t, err)
	defer watch.Stop()
	if e := <-watch.Updates(); e == nil || e.Key() != "acme" || string(e.Value()) != `{"score":50}` {
		t.Fatalf("watch began with %v", e)
	}
	if e := <-watch.Updates(); e != nil {
		t.Fatalf("watch went on with %v, want the end of the beginning", e)
	}
	own, err := l.feed.KeyValue(ctx, "trust")
	must(t, err)
	_, err = own.Put(ctx, "acme", []byte(`{"score":60}`))
	must(t, err)
	if e := <-watch.Updates(); string(e.Value()) != `{"score":60}` {
		t.Fatalf("watch showed %s", e.Value())
	}
	_, err = l.relay.Publish(ctx, "ledger.request.received", []byte(`{"request":"R1"}`))
	must(t, err)
	if m, err := live.NextMsg(10 * time.Second); err != nil || m.Subject != "ledger.request.received" {
		t.Fatalf("a plain subscriber got %v, %v", m, err)
	}
	for name, read := range map[string]func() (jetstream.Consumer, error){
		"ordered": func() (jetstream.Consumer, error) {
			return l.js.OrderedConsumer(ctx, "LEDGER", jetstream.OrderedConsumerConfig{})
		},
		"durable": func() (jetstream.Consumer, error) {
			return l.js.CreateOrUpdateConsumer(ctx, "LEDGER", jetstream.ConsumerConfig{Durable: "erp", FilterSubjects: []string{"ledger.>"}})
		},
	} {
		c, err := read()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for seq := uint64(1); seq <= 2; seq++ {
			m, err := c.Next(jetstream.FetchMaxWait(10 * time.Second))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if meta, err := m.Metadata(); err != nil || meta.Sequence.Stream != seq {
				t.Errorf("%s: sequence is %v, %v, want %d", name, meta, err, seq)
			}
			if name == "durable" {
				must(t, m.DoubleAck(ctx))
			}
		}
	}
	old, err := l.public.JetStream()
	must(t, err)
	push, err := old.SubscribeSync("ledger.>", nats.BindStream("LEDGER"), nats.OrderedConsumer())
	must(t, err)
	if m, err := push.NextMsg(10 * time.Second); err != nil || m.Subject != "ledger.complaint.raised" {
		t.Errorf("a push consumer got %v, %v", m, err)
	}
}

// Flow control has its own subjects, which cross between the accounts.
func TestAPushConsumerReadsMoreThanFitsOnce(t *testing.T) {
	t.Parallel()
	l := start(t)
	const n = 20_000
	for range n {
		_, err := l.relay.PublishAsync("ledger.many", make([]byte, 1000), jetstream.WithStallWait(20*time.Second))
		must(t, err)
	}
	<-l.relay.PublishAsyncComplete()
	old, err := l.public.JetStream()
	must(t, err)
	push, err := old.SubscribeSync("ledger.>", nats.BindStream("LEDGER"), nats.OrderedConsumer())
	must(t, err)
	for i := range n + 1 {
		m, err := push.NextMsg(20 * time.Second)
		if err != nil {
			t.Fatalf("after %d messages: %v", i, err)
		}
		if meta, err := m.Metadata(); err != nil || meta.Sequence.Stream != uint64(i+1) {
			t.Fatalf("message %d has %v, %v", i+1, meta, err)
		}
	}
}

func TestAServerElsewhereIsUsedByItsURL(t *testing.T) {
	t.Parallel()
	there, err := Start(Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	must(t, err)
	defer there.Close()
	b, err := Dial(there.URL(), zaptest.NewLogger(t))
	must(t, err)
	defer b.Close()
	nc, err := b.Connect(Reader)
	must(t, err)
	defer nc.Close()
	if nc.ConnectedUrl() != there.URL() || b.URL() != there.URL() || b.Check() != nil {
		t.Errorf("connected to %s, URL %s, fault %v, want %s", nc.ConnectedUrl(), b.URL(), b.Check(), there.URL())
	}
	there.Close()
	if _, err := Dial(there.URL(), nil); err == nil {
		t.Error("a server that is not there can be dialled")
	}
}

func TestAClientMaySendToTheInboxAndKnowsWhenItIsKept(t *testing.T) {
	t.Parallel()
	l := start(t)
	ack, err := l.js.Publish(t.Context(), "inbox.erp", []byte(`{}`))
	must(t, err)
	if ack.Stream != "INBOX" || ack.Sequence != 1 {
		t.Errorf("acknowledged as %s %d, want INBOX 1", ack.Stream, ack.Sequence)
	}
}

func TestAMirrorIsMadeAgainWithItsOrigin(t *testing.T) {
	t.Parallel()
	l := start(t)
	ctx := t.Context()
	must(t, l.relay.DeleteStream(ctx, "LEDGER"))
	_, err := l.relay.CreateStream(ctx, jetstream.StreamConfig{Name: "LEDGER", Subjects: []string{"ledger.>"}})
	must(t, err)
	_, err = l.relay.Publish(ctx, "ledger.other", []byte(`other`))
	must(t, err)
	eventually(t, func() bool {
		s, err := l.js.Stream(ctx, "LEDGER")
		if err != nil {
			return false
		}
		m, err := s.GetMsg(ctx, 1)
		return err == nil && string(m.Data) == "other"
	})
}

func TestABrokenServerIsReplacedAndConnectionsComeBack(t *testing.T) {
	t.Parallel()
	b, err := Start(Options{Dir: t.TempDir(), Listen: "127.0.0.1:0", Logger: zaptest.NewLogger(t)})
	must(t, err)
	defer b.Close()
	nc, err := b.Connect(Relay)
	must(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	must(t, err)
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "LEDGER", Subjects: []string{"ledger.>"}})
	must(t, err)
	_, err = js.Publish(t.Context(), "ledger.a", nil)
	must(t, err)
	url := b.URL()

	b.mu.Lock()
	s := b.server
	b.mu.Unlock()
	must(t, s.ShutdownJetStream())

	eventually(t, func() bool {
		s, err := js.Stream(t.Context(), "LEDGER")
		return err == nil && s.CachedInfo().State.LastSeq == 1
	})
	other, err := nats.Connect(url)
	must(t, err)
	other.Close()
}

func TestAnAddressInUseIsAnError(t *testing.T) {
	t.Parallel()
	first, err := Start(Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	must(t, err)
	defer first.Close()
	_, err = Start(Options{Dir: t.TempDir(), Listen: strings.TrimPrefix(first.URL(), "nats://")})
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error is %v, want one that says the address is in use", err)
	}
}
