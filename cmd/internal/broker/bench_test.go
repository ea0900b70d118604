package broker

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/memory"
	"github.com/rapport-ledger/rapport/eventstore/relay"
)

// relayed is a log whose relay writes to an embedded server.
type relayed struct {
	log    *memory.Log
	relay  *relay.Relay
	source *relay.Source // as the projections have it
	client *relay.Source // as a client has it, on the mirror
}

func newRelayed(b *testing.B, log *memory.Log) relayed {
	server, err := Start(Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { server.Close() })
	connect := func(nc *nats.Conn, err error) jetstream.JetStream {
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(nc.Close)
		js, err := jetstream.New(nc)
		if err != nil {
			b.Fatal(err)
		}
		return js
	}
	r := relayed{
		log:    log,
		relay:  relay.New(log, connect(server.Connect(Relay)), zap.NewNop()),
		source: relay.NewSource(connect(server.Connect(Reader)), zap.NewNop()),
		client: relay.NewSource(connect(nats.Connect("", nats.InProcessServer(server))), zap.NewNop()),
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = r.relay.Run(ctx) })
	b.Cleanup(func() { cancel(); done.Wait() })
	return r
}

func event(b *testing.B, i int) eventstore.Append {
	account := domain.AccountID(fmt.Sprint("acme", i%100))
	e, err := codec.Encode(domain.Envelope{
		Source: "bench", ID: fmt.Sprint(i), Account: account, OccurredAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Data: domain.VoiceCaptured{Verbatim: "as the customer said it"},
	})
	if err != nil {
		b.Fatal(err)
	}
	return eventstore.Append{Stream: account, Expected: eventstore.Any, Events: []eventstore.Event{e}}
}

func wait(b *testing.B, s *relay.Source, p domain.Position) {
	for _, err := range s.Follow(b.Context(), p-1) {
		if err != nil {
			b.Fatal(err)
		}
		return
	}
}

// BenchmarkRelay is the whole way of events from the log to the stream, and on to the
// mirror that clients read.
func BenchmarkRelay(b *testing.B) {
	log := memory.New()
	appends := make([]eventstore.Append, b.N)
	for i := range appends {
		appends[i] = event(b, i)
	}
	if _, err := log.Append(b.Context(), appends...); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	r := newRelayed(b, log)
	wait(b, r.source, domain.Position(b.N))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "relayed/s")
	wait(b, r.client, domain.Position(b.N))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mirrored/s")
}

// BenchmarkLatency appends 2,000 events a second and tells how long they take to a
// projection, and to a client.
func BenchmarkLatency(b *testing.B) {
	r := newRelayed(b, memory.New())
	sent := make([]time.Time, b.N)
	var readers sync.WaitGroup
	for unit, s := range map[string]*relay.Source{"projection": r.source, "client": r.client} {
		readers.Go(func() {
			took := make([]time.Duration, 0, b.N)
			for e, err := range s.Follow(b.Context(), 0) {
				if err != nil {
					b.Error(err)
					return
				}
				took = append(took, time.Since(sent[e.Position-1]))
				if len(took) == b.N {
					break
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), unit+"-p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), unit+"-p99-µs")
		})
	}
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	for i := range b.N {
		e := event(b, i)
		<-tick.C
		sent[i] = time.Now()
		if _, err := r.log.Append(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
	readers.Wait()
}
