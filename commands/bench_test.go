package commands_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/memory"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

// touchpoints are events of 500 accounts: half of them facts by themselves, half
// such as have to be held against what is known.
func touchpoints(from, n int) []domain.Envelope {
	events := make([]domain.Envelope, n)
	for i := range events {
		k := from + i
		account := domain.AccountID(fmt.Sprint("account-", k%500))
		id := domain.ID(fmt.Sprint("C-", k/4))
		var data domain.Event
		switch k % 4 {
		case 0:
			data = domain.ComplaintRaised{Complaint: id, Severity: 3, Channel: "phone", Summary: "the second delivery in a row came without papers"}
		case 1:
			data = domain.CommitmentMade{Commitment: id, Statement: "the papers by Friday", DueAt: noon}
		case 2:
			data = domain.InteractionHeld{Kind: "call", Direction: "inbound", Contacts: []domain.ID{"eva"}, Topics: []string{"papers"}}
		default:
			data = domain.DeliveryMade{Line: id, DeliveredAt: noon}
		}
		events[i] = event(account, fmt.Sprint("event-", k), data)
	}
	return events
}

func BenchmarkRecord(b *testing.B) {
	logs := map[string]func(b *testing.B) commands.Log{
		"memory": func(b *testing.B) commands.Log { return memory.New() },
		"pebble": openPebble,
	}
	for _, name := range []string{"memory", "pebble"} {
		for _, batch := range []int{1, 100, 1000} {
			b.Run(fmt.Sprintf("%s/batch=%d", name, batch), func(b *testing.B) {
				r := commands.NewRecorder(logs[name](b), commands.Options{})
				defer r.Close(context.Background())
				benchmark(b, 1, batch, func(events []domain.Envelope) error { return firstError(r.Record(b.Context(), events)) })
			})
		}
		b.Run(name+"/clients=64", func(b *testing.B) {
			r := commands.NewRecorder(logs[name](b), commands.Options{})
			defer r.Close(context.Background())
			benchmark(b, 64, 1, func(events []domain.Envelope) error { return firstError(r.Record(b.Context(), events)) })
			s := r.Stats()
			b.ReportMetric(float64(s.Recorded)/float64(s.Batches), "events/append")
		})
	}
}

// BenchmarkAppend is the log alone, for comparison.
func BenchmarkAppend(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprintf("pebble/clients=%d", clients), func(b *testing.B) {
			l := openPebble(b)
			benchmark(b, clients, 1, func(events []domain.Envelope) error {
				stored, err := codec.Encode(events[0])
				if err != nil {
					return err
				}
				_, err = l.Append(b.Context(), eventstore.Append{Stream: events[0].Account, Expected: eventstore.Any, Events: []eventstore.Event{stored}})
				return err
			})
		})
	}
}

func openPebble(b *testing.B) commands.Log {
	l, err := pebble.Open(b.TempDir(), pebble.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	return l
}

// benchmark gives b.N events to the clients, in batches, and reports events a second.
func benchmark(b *testing.B, clients, batch int, record func([]domain.Envelope) error) {
	events := touchpoints(0, b.N)
	var next atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	done := make(chan error)
	for range clients {
		go func() {
			for {
				to := int(next.Add(int64(batch)))
				from := to - batch
				if from >= b.N {
					done <- nil
					return
				}
				if err := record(events[from:min(to, b.N)]); err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range clients {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func firstError(outcomes []commands.Outcome) error {
	for _, o := range outcomes {
		if o.Err != nil {
			return o.Err
		}
	}
	return nil
}
