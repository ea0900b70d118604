package tail

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/memory"
)

func fill(t testing.TB, log eventstore.Log, n int) {
	t.Helper()
	head, err := log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	appends := make([]eventstore.Append, n)
	for i := range appends {
		account := domain.AccountID(fmt.Sprint("acme", i%100))
		e, err := codec.Encode(domain.Envelope{
			Source: "test", ID: fmt.Sprint(head, "-", i), Account: account, Data: domain.VoiceCaptured{Verbatim: "late again", Channel: "phone"},
		})
		if err != nil {
			t.Fatal(err)
		}
		appends[i] = eventstore.Append{Stream: account, Expected: eventstore.Any, Events: []eventstore.Event{e}}
	}
	if _, err := log.Append(t.Context(), appends...); err != nil {
		t.Fatal(err)
	}
}

// run starts a reader of the log.
func run(t testing.TB, log Log) *Reader {
	t.Helper()
	r, err := New(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = r.Run(ctx) }) // ctx's error
	t.Cleanup(func() { cancel(); running.Wait() })
	return r
}

func TestReadersGetEveryEventOnceHoweverSlowTheyAre(t *testing.T) {
	t.Parallel()
	const rounds, perRound = 4, keepEvents + 100
	log := memory.New()
	fill(t, log, perRound)
	r := run(t, log)
	var readers sync.WaitGroup
	for _, most := range []int{1, 7, 1000, 10_000} {
		readers.Go(func() {
			for at := domain.Position(0); at < rounds*perRound; {
				records, err := r.Next(t.Context(), at, most)
				if err != nil || len(records) == 0 || len(records) > most {
					t.Errorf("after %d: %d records of at most %d, %v", at, len(records), most, err)
					return
				}
				for _, record := range records {
					if at++; record.Position != at || record.Sealed() {
						t.Errorf("got position %d, want %d; sealed is %v", record.Position, at, record.Sealed())
						return
					}
				}
			}
		})
	}
	readers.Go(func() {
		at := domain.Position(5)
		for record, err := range r.Follow(t.Context(), at) {
			if at++; err != nil || record.Position != at {
				t.Errorf("followed to %d, want %d: %v", record.Position, at, err)
				return
			}
			if at == rounds*perRound {
				return
			}
		}
	})
	for range rounds - 1 {
		fill(t, log, perRound)
	}
	readers.Wait()
}

// Whenever a reader asks, it gets whole appends.
func TestWhatIsAppendedTogetherIsSeenTogether(t *testing.T) {
	t.Parallel()
	const together, rounds = 50, 20
	log := memory.New()
	r := run(t, log)
	var appending sync.WaitGroup
	appending.Go(func() {
		for range rounds {
			fill(t, log, together)
		}
	})
	for at := 0; at < rounds*together; {
		records, err := r.Next(t.Context(), domain.Position(at), rounds*together)
		if err != nil || len(records) == 0 || len(records)%together != 0 {
			t.Fatalf("after %d: %d records, want all of each append; %v", at, len(records), err)
		}
		at += len(records)
	}
	appending.Wait()
}

func TestTheLastEventsAreDecodedOnceForAll(t *testing.T) {
	t.Parallel()
	log := memory.New()
	r := run(t, log)
	fill(t, log, 1)
	var data [2]domain.Event
	for i := range data {
		records, err := r.Next(t.Context(), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		e, err := records[0].Decode()
		if err != nil {
			t.Fatal(err)
		}
		data[i] = e.Data
	}
	if data[0] != data[1] || data[0].(domain.VoiceCaptured).Channel != "phone" {
		t.Errorf("decoded to %v and %v", data[0], data[1])
	}
}

func TestWhoWaitsEndsWithTheContext(t *testing.T) {
	t.Parallel()
	r := run(t, memory.New())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Next(ctx, 0, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if _, err := r.Next(ctx, 1<<40, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("beyond the end, error is %v", err)
	}
}

// broken is a log that cannot be followed until it is mended.
type broken struct {
	*memory.Log
	mu  sync.Mutex
	err error
}

func (b *broken) set(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *broken) Follow(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error] {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.err; err != nil {
		return func(yield func(eventstore.Recorded, error) bool) { yield(eventstore.Recorded{}, err) }
	}
	return b.Log.Follow(ctx, after)
}

func TestALogThatCannotBeReadIsTriedAgainAndItsReadersAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		damage := errors.New("the disk is sick")
		log := &broken{Log: memory.New(), err: damage}
		r := run(t, log)
		fill(t, log, 3)
		if _, err := r.Next(t.Context(), 0, 10); !errors.Is(err, damage) {
			t.Errorf("error is %v, want %v", err, damage)
		}
		log.set(nil)
		time.Sleep(2 * retry)
		if records, err := r.Next(t.Context(), 0, 10); err != nil || len(records) != 3 {
			t.Errorf("then %d records, %v, want 3", len(records), err)
		}
	})
}
