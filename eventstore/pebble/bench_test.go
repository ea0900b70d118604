package pebble_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

// BenchmarkAppend appends events of about 600 bytes, one a call, over many accounts.
func BenchmarkAppend(b *testing.B) {
	for _, clients := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			l := open(b, b.TempDir(), pebble.Options{})
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range clients {
				wg.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						if _, err := l.Append(b.Context(), benchAppend(int(i))); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkAppendBatches appends a thousand events a call, from one client.
func BenchmarkAppendBatches(b *testing.B) {
	l := open(b, b.TempDir(), pebble.Options{})
	batch := make([]eventstore.Append, 1000)
	n := 0
	for b.Loop() {
		for i := range batch {
			batch[i] = benchAppend(n + i)
		}
		n += len(batch)
		if _, err := l.Append(b.Context(), batch...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkReadLog reads the whole log.
func BenchmarkReadLog(b *testing.B) {
	l := open(b, b.TempDir(), pebble.Options{})
	const events = 50_000
	for n := 0; n < events; n += 1000 {
		batch := make([]eventstore.Append, 1000)
		for i := range batch {
			batch[i] = benchAppend(n + i)
		}
		if _, err := l.Append(b.Context(), batch...); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		for _, err := range l.ReadLog(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)*events/b.Elapsed().Seconds(), "events/s")
}

func benchAppend(i int) eventstore.Append {
	return eventstore.Append{
		Stream: eventstore.StreamID(fmt.Sprint("account-", i*31%5000)), Expected: eventstore.Any, Events: []eventstore.Event{testEvent(i)},
	}
}
