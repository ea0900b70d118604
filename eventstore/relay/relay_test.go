package relay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/memory"
)

// broker is a NATS server that can be restarted.
type broker struct {
	t   testing.TB
	dir string

	mu sync.Mutex
	s  *server.Server
}

func newBroker(t testing.TB) *broker {
	b := &broker{t: t, dir: t.TempDir()}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start() {
	s, err := server.NewServer(&server.Options{
		JetStream: true, StoreDir: b.dir, DontListen: true, NoSigs: true, NoLog: true,
		JetStreamMaxStore: 1 << 40, JetStreamMaxMemory: 1 << 28})
	if err != nil {
		b.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		b.t.Fatal("the server is not ready")
	}
	greet(b.t, s)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s = s
}

// greet has each of JetStream's workers answer: one that first runs after the server
// was stopped panics.
func greet(t testing.TB, s *server.Server) {
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for range 16 {
		if _, err := nc.Request("$JS.API.INFO", nil, 20*time.Second); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *broker) stop() {
	b.mu.Lock()
	s := b.s
	b.s = nil
	b.mu.Unlock()
	s.Shutdown()
	s.WaitForShutdown()
}

func (b *broker) InProcessConn() (net.Conn, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.s == nil {
		return nil, nats.ErrNoServers
	}
	return b.s.InProcessConn()
}

func (b *broker) connect() jetstream.JetStream {
	b.t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(b), nats.MaxReconnects(-1),
		nats.ReconnectWait(10*time.Millisecond), nats.ReconnectBufSize(-1), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		b.t.Fatal(err)
	}
	return js
}

// rig is a log with its relay at work.
type rig struct {
	t      testing.TB
	broker *broker
	log    *memory.Log
	js     jetstream.JetStream
	relay  *Relay
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, broker: newBroker(t), log: memory.New()}
	r.js = r.broker.connect()
	r.relay = New(r.log, r.broker.connect(), zap.NewNop())
	return r
}

func (r *rig) run() *rig {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { r.relay.Run(ctx) })
	r.t.Cleanup(func() { cancel(); done.Wait() })
	return r
}

func (r *rig) source() *Source { return NewSource(r.broker.connect(), zap.NewNop()) }

func event(t testing.TB, account domain.AccountID, id string) eventstore.Append {
	e, err := codec.Encode(domain.Envelope{
		Source: "test", ID: id, Account: account, OccurredAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Actor: "Žofie, 100% \"quoted\"", Data: domain.VoiceCaptured{Verbatim: "what customer " + id + " said"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return eventstore.Append{Stream: account, Expected: eventstore.Any, Events: []eventstore.Event{e}}
}

func (r *rig) append(account domain.AccountID, id string) {
	if _, err := r.log.Append(context.Background(), event(r.t, account, id)); err != nil {
		r.t.Error(err)
	}
}

func (r *rig) head() domain.Position {
	head, err := r.log.Head(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return head
}

// read takes events from the source up to the position.
func read(ctx context.Context, t testing.TB, s *Source, after, to domain.Position) []codec.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	var got []codec.Record
	if to == after {
		return nil
	}
	for e, err := range s.Follow(ctx, after) {
		if err != nil {
			t.Fatalf("after %d events: %v", len(got), err)
		}
		got = append(got, e)
		if e.Position >= to {
			return got
		}
	}
	return got
}

// isTheLog checks that the stream is the log's copy, message by message.
func (r *rig) isTheLog() {
	r.t.Helper()
	events := read(r.t.Context(), r.t, r.source(), 0, r.head())
	for e, err := range r.log.ReadLog(r.t.Context(), 0) {
		if err != nil {
			r.t.Fatal(err)
		}
		got := events[e.Position-1]
		if got.Position != e.Position || got.ID != e.ID || got.Account != e.Stream || got.Revision != e.Revision || !got.RecordedAt.Equal(e.RecordedAt) {
			r.t.Fatalf("at %d the stream has %s of %s at %d, the log %s of %s", e.Position, got.ID, got.Account, got.Position, e.ID, e.Stream)
		}
	}
	stream, err := r.js.Stream(r.t.Context(), Stream)
	if err != nil {
		r.t.Fatal(err)
	}
	if state := stream.CachedInfo().State; state.LastSeq != uint64(r.head()) || state.Msgs != uint64(r.head()) || r.head() > 0 && state.FirstSeq != 1 {
		r.t.Errorf("the stream has %d messages from %d to %d, want 1 to %d", state.Msgs, state.FirstSeq, state.LastSeq, r.head())
	}
}

// repaired waits until the stream can be read up to the position.
func (r *rig) repaired(to domain.Position) {
	r.t.Helper()
	source := r.source()
	for at := domain.Position(0); at < to; {
		for e, err := range source.Follow(r.t.Context(), at) {
			if _, damaged := errors.AsType[*DamageError](err); damaged {
				break // begin anew
			}
			if err != nil {
				r.t.Fatalf("after %d: %v", at, err)
			}
			if at = e.Position; at == to {
				break
			}
		}
	}
}

func TestTheSequenceIsThePositionUnderConcurrentAppends(t *testing.T) {
	t.Parallel()
	r := newRig(t).run()
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := range 250 {
				r.append(domain.AccountID(fmt.Sprint("acme", w)), fmt.Sprint(w, "-", i))
			}
		})
	}
	writers.Wait()
	r.isTheLog()
	lag, err := r.relay.Lag(t.Context())
	if err != nil || lag != 0 {
		t.Errorf("lag is %d, %v, want 0", lag, err)
	}
}

func TestNothingIsLostOrDoubledWhenTheServerIsRestarted(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	r := newRig(t).run()
	const events = 5000
	var got []codec.Record
	var reader sync.WaitGroup
	source := r.source()
	reader.Go(func() { got = read(t.Context(), t, source, 0, events) })
	for i := range events {
		r.append("acme", fmt.Sprint(i))
		if random.IntN(events/6) == 0 {
			r.broker.stop()
			r.broker.start()
		}
	}
	reader.Wait()
	for i, e := range got {
		if e.Position != domain.Position(i+1) || e.ID != fmt.Sprint(i) {
			t.Fatalf("event %d is %s at %d", i, e.ID, e.Position)
		}
	}
	r.isTheLog()
	if n := r.relay.Stats().Rebuilds; n != 0 {
		t.Errorf("the stream was rebuilt %d times, which no restart calls for", n)
	}
}

func TestAStreamThatDiffersFromTheLogIsMadeAgain(t *testing.T) {
	t.Parallel()
	open := config // a stream whose messages can be deleted, so that the test can
	open.DenyDelete, open.DenyPurge = false, false
	tests := map[string]func(t *testing.T, r *rig, stream jetstream.Stream){
		"another message than the log's": func(t *testing.T, r *rig, _ jetstream.Stream) {
			publish(t, r.js, "ledger.voice.captured", "something else")
		},
		"more messages than the log has events": func(t *testing.T, r *rig, _ jetstream.Stream) {
			for range 20 {
				publish(t, r.js, "ledger.voice.captured", "intruder")
			}
		},
		"a message missing": func(t *testing.T, r *rig, stream jetstream.Stream) {
			for e := range r.log.ReadLog(t.Context(), 0) {
				record, err := decode(e)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.js.PublishMsg(t.Context(), message(record)); err != nil {
					t.Fatal(err)
				}
			}
			if err := stream.DeleteMsg(t.Context(), 4); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			for i := range 10 {
				r.append("acme", fmt.Sprint(i))
			}
			stream, err := r.js.CreateStream(t.Context(), open)
			if err != nil {
				t.Fatal(err)
			}
			spoil(t, r, stream)
			r.run().repaired(10)
			r.isTheLog()
			if n := r.relay.Stats().Rebuilds; n != 1 {
				t.Errorf("the stream was rebuilt %d times, want 1", n)
			}
		})
	}
}

func TestAStreamOfThatNameThatIsSomebodyElsesIsLeftAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.append("acme", "1")
	stream, err := r.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: Stream, Subjects: []string{"money.>"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		publish(t, r.js, "money.paid", "theirs")
	}
	if err := stream.DeleteMsg(t.Context(), 2); err != nil { // and it is not whole either
		t.Fatal(err)
	}
	if _, err := r.relay.prepare(t.Context()); err == nil || !strings.Contains(err.Error(), "somebody else's") {
		t.Errorf("error is %v", err)
	}
	if info, err := stream.Info(t.Context()); err != nil || info.State.Msgs != 2 {
		t.Errorf("the stream is %+v, %v, want their two messages", info, err)
	}
}

func publish(t *testing.T, js jetstream.JetStream, subject, data string) {
	t.Helper()
	if _, err := js.Publish(t.Context(), subject, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func TestAnIntrudersMessageIsFoundWithTheNextEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t).run()
	r.append("acme", "1")
	read(t.Context(), t, r.source(), 0, 1)
	publish(t, r.js, "ledger.voice.captured", "intruder")
	r.append("acme", "2")
	r.repaired(2)
	r.isTheLog()
	if n := r.relay.Stats().Rebuilds; n != 1 {
		t.Errorf("the stream was rebuilt %d times, want 1", n)
	}
}

func TestASourceSaysWhereTheStreamIsDamagedAndGoesOnOnceItIsRepaired(t *testing.T) {
	t.Parallel()
	r := newRig(t).run()
	r.append("acme", "1")
	source := r.source()
	read(t.Context(), t, source, 0, 1)
	publish(t, r.js, "ledger.voice.captured", "intruder")

	var damage *DamageError
	for _, err := range source.Follow(t.Context(), 1) {
		if !errors.As(err, &damage) || damage.Position != 2 {
			t.Fatalf("error is %v, want damage at 2", err)
		}
	}
	r.append("acme", "2")
	r.repaired(2)
	if got := read(t.Context(), t, source, 1, 2); len(got) != 1 || got[0].ID != "2" {
		t.Errorf("after the repair came %v, want event 2", got)
	}
}

func (r *rig) fill(n int) {
	appends := make([]eventstore.Append, n)
	for i := range appends {
		appends[i] = event(r.t, domain.AccountID(fmt.Sprint("acme", i%100)), fmt.Sprint(r.head(), "-", i))
	}
	if _, err := r.log.Append(r.t.Context(), appends...); err != nil {
		r.t.Error(err)
	}
}

func TestAReaderGetsEveryEventOnceOverRestartsAndRebuilds(t *testing.T) {
	t.Parallel()
	r := newRig(t).run()
	const rounds, perRound = 4, 2100
	r.fill(perRound)
	source := r.source()
	next, total := domain.Position(1), domain.Position((rounds+1)*perRound)
	for e, err := range source.Follow(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Position != next {
			t.Fatalf("got position %d, want %d", e.Position, next)
		}
		if e.Position == total {
			break
		}
		// Each time the reader has everything the server restarts.
		if e.Position%perRound == 0 {
			r.broker.stop()
			r.broker.start()
			if n := e.Position / perRound; n%2 == 0 {
				r.deleteStream()
			}
			r.fill(perRound)
			for r.relay.Stats().Position < e.Position+perRound {
				runtime.Gosched()
			}
		}
		next++
	}
	r.isTheLog()
}

// deleteStream deletes the stream as soon as the server can be asked to.
func (r *rig) deleteStream() {
	for r.t.Context().Err() == nil {
		if err := r.js.DeleteStream(r.t.Context(), Stream); err == nil || errors.Is(err, jetstream.ErrStreamNotFound) {
			return
		}
		runtime.Gosched()
	}
}

func TestASourceBeginsAfterThePositionAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := newRig(t).run()
	for i := range 20 {
		r.append("acme", fmt.Sprint(i+1))
	}
	source := r.source()
	if got := read(t.Context(), t, source, 17, 20); len(got) != 3 || got[0].Position != 18 {
		t.Errorf("after 17 came %d events, first %v, want 3 from 18", len(got), got[0].Position)
	}
	if head, err := source.Head(t.Context()); err != nil || head != 20 {
		t.Errorf("head is %d, %v, want 20", head, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	for _, err := range source.Follow(ctx, 19) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error is %v, want context.Canceled", err)
			}
			break
		}
		cancel()
	}
	cancel()
}

func TestASourceWaitsForAStreamThatIsNotThereYet(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	source := r.source()
	if head, err := source.Head(t.Context()); err != nil || head != 0 {
		t.Errorf("head is %d, %v, want 0", head, err)
	}
	r.append("acme", "1")
	var got []codec.Record
	var reader sync.WaitGroup
	reader.Go(func() { got = read(t.Context(), t, source, 0, 1) })
	r.run()
	reader.Wait()
	if len(got) != 1 || got[0].ID != "1" {
		t.Errorf("got %v, want event 1", got)
	}
}

func TestTheCloudEventsSDKReadsWhatIsPublished(t *testing.T) {
	t.Parallel()
	r := newRig(t).run()
	r.append("acme", "1")
	read(t.Context(), t, r.source(), 0, 1)
	stream, err := r.js.Stream(t.Context(), Stream)
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	for name, values := range m.Header {
		header.Set(name, values[0])
	}
	header.Set("Content-Type", m.Header.Get("ce-datacontenttype"))
	header.Del("ce-datacontenttype")
	e, err := binding.ToEvent(t.Context(), cehttp.NewMessage(header, http.NoBody))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
	if e.ID() != "1" || e.Type() != "rapport.voice.captured.v1" || e.Subject() != "acme" || e.Extensions()["sequence"] != "1" {
		t.Errorf("the SDK reads %v", e)
	}
	if want := `{"verbatim":"what customer 1 said"}`; string(m.Data) != want {
		t.Errorf("data is %s, want %s", m.Data, want)
	}
	if want := "%C5%BDofie,%20100%25%20%22quoted%22"; m.Header.Get("ce-actor") != want {
		t.Errorf("actor is sent as %s, want %s", m.Header.Get("ce-actor"), want)
	}
}

func BenchmarkRelay(b *testing.B) {
	r := newRig(b)
	appends := make([]eventstore.Append, 0, b.N)
	for i := range b.N {
		appends = append(appends, event(b, domain.AccountID(fmt.Sprint("acme", i%100)), fmt.Sprint(i)))
	}
	if _, err := r.log.Append(b.Context(), appends...); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	r.run()
	read(b.Context(), b, r.source(), domain.Position(b.N-1), domain.Position(b.N))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkSource(b *testing.B) {
	r := newRig(b).run()
	appends := make([]eventstore.Append, 0, b.N)
	for i := range b.N {
		appends = append(appends, event(b, domain.AccountID(fmt.Sprint("acme", i%100)), fmt.Sprint(i)))
	}
	if _, err := r.log.Append(b.Context(), appends...); err != nil {
		b.Fatal(err)
	}
	read(b.Context(), b, r.source(), domain.Position(b.N-1), domain.Position(b.N))
	b.ResetTimer()
	read(b.Context(), b, r.source(), 0, domain.Position(b.N))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
