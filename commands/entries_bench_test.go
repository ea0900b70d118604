package commands_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// BenchmarkRecordWithEntries records a thousand events of one account, three of which
// speak of others, on top of what the account has already.
func BenchmarkRecordWithEntries(b *testing.B) {
	for _, size := range []int{1_000, 10_000, 100_000} {
		log := openPebble(b)
		fillAccount(b, log, size)
		for _, cache := range []struct {
			name  string
			bytes int
		}{{"warm", 0}, {"cold", 1}} {
			b.Run(fmt.Sprintf("%s/account=%d", cache.name, size), func(b *testing.B) {
				r := commands.NewRecorder(log, commands.Options{CacheBytes: cache.bytes})
				defer r.Close(context.Background())
				run := 0
				record := func() {
					run++
					if err := firstError(r.Record(b.Context(), withEntries(fmt.Sprint(cache.name, b.N, "-", run)))); err != nil {
						b.Fatal(err)
					}
				}
				record() // the first one reads the account
				b.ReportAllocs()
				for b.Loop() {
					record()
				}
			})
		}
	}
}

// withEntries is a thousand events, of which two correct and one retracts.
func withEntries(prefix string) []domain.Envelope {
	events := conversations(prefix, 997)
	for i, target := range []int{100, 200, 300} {
		var entry domain.Event = domain.EntryRetracted{ID: events[target].ID, Reason: "another account's"}
		if i > 0 {
			talk := events[target].Data.(domain.InteractionHeld)
			talk.Kind = "video"
			entry = domain.EntryCorrected{ID: events[target].ID, Reason: "typing", Type: "rapport.interaction.held.v1", Data: talk}
		}
		events = append(events, event("busy", fmt.Sprint(prefix, "-entry-", i), entry))
	}
	return events
}

// conversations are events of one account, half of which matter to later decisions.
func conversations(prefix string, n int) []domain.Envelope {
	events := make([]domain.Envelope, n)
	for i := range events {
		id := fmt.Sprint(prefix, "-", i)
		var data domain.Event = domain.InteractionHeld{
			Interaction: domain.ID(id), Kind: "call", Direction: "inbound", Contacts: []domain.ID{"eva"},
			Topics: []string{"papers"}, Notes: "the second delivery in a row came without papers",
		}
		if i%4 == 1 || i%4 == 3 {
			data = domain.DeliveryMade{Line: domain.ID(id), DeliveredAt: noon}
		}
		events[i] = event("busy", id, data)
	}
	return events
}

func fillAccount(b *testing.B, log commands.Log, n int) {
	for from := 0; from < n; from += 1000 {
		var stored []eventstore.Event
		for _, e := range conversations(fmt.Sprint("past-", from), min(1000, n-from)) {
			s, err := codec.Encode(e)
			if err != nil {
				b.Fatal(err)
			}
			stored = append(stored, s)
		}
		if _, err := log.Append(b.Context(), eventstore.Append{Stream: "busy", Expected: eventstore.Any, Events: stored}); err != nil {
			b.Fatal(err)
		}
	}
}
