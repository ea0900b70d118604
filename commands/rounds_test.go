package commands_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/memory"
)

// slowLog takes its time for each append.
type slowLog struct {
	*memory.Log
	sizes []int // of the appends, in events
}

const appendTakes = 100 * time.Microsecond

func (l *slowLog) Append(ctx context.Context, appends ...eventstore.Append) ([]eventstore.Receipt, error) {
	time.Sleep(appendTakes)
	events := 0
	for _, a := range appends {
		events += len(a.Events)
	}
	l.sizes = append(l.sizes, events)
	return l.Log.Append(ctx, appends...)
}

// came says when a request came and how long it took.
type came struct{ at, took time.Duration }

// recordAt has an event recorded at each of the times, by clients that do not wait for one
// another, and gives what became of each and how many events each append had.
func recordAt(t *testing.T, times ...time.Duration) (requests []came, appends []int) {
	t.Helper()
	log := &slowLog{Log: memory.New()}
	r := commands.NewRecorder(log, commands.Options{})
	requests = make([]came, len(times))
	var clients sync.WaitGroup
	for i, at := range times {
		clients.Go(func() {
			time.Sleep(at)
			since := time.Now()
			e := domain.Envelope{Source: "test", ID: fmt.Sprint(i), Account: "acme", Data: domain.VoiceCaptured{Verbatim: "late again", Channel: "phone"}}
			if o := r.Record(t.Context(), []domain.Envelope{e}); o[0].Err != nil {
				t.Error(o[0].Err)
			}
			requests[i] = came{at, time.Since(since)}
		})
	}
	clients.Wait()
	if err := r.Close(context.Background()); err != nil {
		t.Error(err)
	}
	return requests, log.sizes
}

func TestClientsThatRecordAtATimeShareAppends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const us = time.Microsecond
		// The second and third come during the first append, so there is company; the fourth
		// waits for the fifth.
		requests, appends := recordAt(t, 0, 10*us, 20*us, 300*us, 500*us)
		if got, want := fmt.Sprint(appends), "[1 2 2]"; got != want {
			t.Errorf("appends had %s events, want %s", got, want)
		}
		if got, want := requests[3].took, 200*us+appendTakes; got != want {
			t.Errorf("the fourth took %v, want %v", got, want)
		}
		if got := requests[4].took; got != appendTakes {
			t.Errorf("the fifth took %v, want %v", got, appendTakes)
		}
	})
}

func TestWhoRecordsWhileOthersStayAwayWaitsAMillisecondAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const us = time.Microsecond
		requests, _ := recordAt(t, 0, 10*us, 20*us, 300*us, 5000*us)
		// The append before began at 100 us.
		if got, want := requests[3].took, 800*us+appendTakes; got != want {
			t.Errorf("the one that waited in vain took %v, want %v", got, want)
		}
		if got := requests[4].took; got != appendTakes {
			t.Errorf("the next took %v, want %v", got, appendTakes)
		}
	})
}

func TestWhoRecordsAloneDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		requests, _ := recordAt(t, 0, appendTakes, 2*appendTakes, 3*appendTakes)
		for _, r := range requests {
			if r.took != appendTakes {
				t.Errorf("the request of %v took %v, want %v", r.at, r.took, appendTakes)
			}
		}
	})
}
