package commands_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/memory"
)

// busy starts a recorder that is kept in its first append until the function given is
// called.
func busy(t *testing.T, o commands.Options) (*commands.Recorder, *testLog, func()) {
	t.Helper()
	l := &testLog{Log: memory.New()}
	r := commands.NewRecorder(l, o)
	entered, leave := make(chan struct{}), make(chan struct{})
	l.next(func() error { close(entered); <-leave; return nil }, nil)
	var first sync.WaitGroup
	first.Go(func() { r.Record(t.Context(), []domain.Envelope{call("acme", "first")}) })
	<-entered
	t.Cleanup(func() {
		first.Wait()
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r, l, func() { close(leave) }
}

func from(source, id string) domain.Envelope {
	e := call("acme", id)
	e.Source = source
	return e
}

// sources gives the sources of the log's events in order, but for the first.
func sources(t *testing.T, l *testLog) []string {
	t.Helper()
	var all []string
	for stored, err := range l.ReadLog(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, stored.Source)
	}
	return all
}

func TestWhoSendsMuchKeepsNobodyElseOut(t *testing.T) {
	t.Parallel()
	r, l, release := busy(t, commands.Options{BatchEvents: 100})
	var clients sync.WaitGroup
	queued := 0
	send := func(ctx context.Context, events ...domain.Envelope) {
		t.Helper()
		queued += len(events)
		clients.Go(func() {
			for _, o := range r.Record(ctx, events) {
				if o.Err != nil {
					t.Error(o.Err)
				}
			}
		})
		for r.Stats().QueuedEvents < queued+1 { // the first is under way
			runtime.Gosched()
		}
	}
	for i := range 50 {
		var flood []domain.Envelope
		for j := range 100 {
			flood = append(flood, from("flood", fmt.Sprintf("%d.%d", i, j)))
		}
		send(t.Context(), flood...)
	}
	for i := range 10 {
		send(t.Context(), from("quiet", fmt.Sprint(i)))
	}
	release()
	clients.Wait()
	last, n := 0, 0
	for i, source := range sources(t, l) {
		if source == "quiet" {
			last, n = i, n+1
		}
	}
	if n != 10 || last > 300 {
		t.Errorf("the last of %d of the quiet source is at %d: it waited for the flood", n, last)
	}
}

func TestWhatIsRecordedOneByOneKeepsNobodyElseOut(t *testing.T) {
	t.Parallel()
	r, l, release := busy(t, commands.Options{})
	var clients sync.WaitGroup
	want := "first"
	var slow []domain.Envelope // an entry waits until what it speaks of is in the log, and what follows waits for it
	for i := range 20 {
		target, entry := from("slow", fmt.Sprint(i)), from("slow", fmt.Sprint("not-", i))
		entry.Data = domain.EntryRetracted{ID: target.ID, Source: "slow", Reason: "wrong"}
		slow = append(slow, target, entry)
		want += fmt.Sprintf(" %s %s", target.ID, entry.ID)
	}
	clients.Go(func() {
		for _, o := range r.Record(t.Context(), slow) {
			if o.Err != nil {
				t.Error(o.Err)
			}
		}
	})
	for r.Stats().QueuedEvents < 41 {
		runtime.Gosched()
	}
	clients.Go(func() { r.Record(t.Context(), []domain.Envelope{from("quiet", "quiet")}) })
	for r.Stats().QueuedEvents < 42 {
		runtime.Gosched()
	}
	release()
	clients.Wait()
	if at := slices.Index(sources(t, l), "quiet"); at > 2 {
		t.Errorf("the other lane's is at %d: it waited for appends of others", at)
	}
	if got := strings.Replace(inLog(t, l.Log), " quiet", "", 1); got != want {
		t.Errorf("the log has %s, want %s", got, want)
	}
}

func TestARequestIsInTheLaneOfItsContextWhateverItsSource(t *testing.T) {
	t.Parallel()
	r, l, release := busy(t, commands.Options{}) // what waits fits into one append: lanes take turns in it, too
	var clients sync.WaitGroup
	for i := range 300 {
		ctx := commands.InLane(t.Context(), "flood")
		if i == 299 {
			ctx = commands.InLane(t.Context(), "quiet")
		}
		clients.Go(func() { r.Record(ctx, []domain.Envelope{from(fmt.Sprint("source", i), "1")}) })
		for r.Stats().QueuedEvents < i+2 {
			runtime.Gosched()
		}
	}
	release()
	clients.Wait()
	for i, source := range sources(t, l) {
		if source == "source299" && i > 64 {
			t.Errorf("the other lane's is at %d", i)
		}
	}
}

func TestThePartsOfALargeRequestKeepTheirOrderWhateverTheirSources(t *testing.T) {
	t.Parallel()
	r, l, release := busy(t, commands.Options{BatchEvents: 8})
	var clients sync.WaitGroup
	send := func(events []domain.Envelope) {
		clients.Go(func() { r.Record(t.Context(), events) })
	}
	var flood, mixed []domain.Envelope
	var want []string
	for i := range 400 {
		flood = append(flood, from("a", fmt.Sprint("flood", i)))
	}
	for i := range 64 {
		source := string(rune('a' + i/8))
		mixed = append(mixed, from(source, fmt.Sprint(i)))
		want = append(want, fmt.Sprint(i))
	}
	send(flood)
	for r.Stats().QueuedEvents < 401 {
		runtime.Gosched()
	}
	send(mixed)
	for r.Stats().QueuedEvents < 465 {
		runtime.Gosched()
	}
	release()
	clients.Wait()
	var got []string
	for stored, err := range l.ReadLog(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(stored.ID, "flood") {
			got = append(got, stored.ID)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded in the order %v", got)
	}
}
