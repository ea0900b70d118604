package pebble_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/disktest"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

// fill leaves that many bytes free, in a file it returns. Others may write meanwhile.
func fill(t *testing.T, dir string, free int64, name string) string {
	t.Helper()
	ballast := filepath.Join(dir, name)
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); ; {
		var st syscall.Statfs_t
		if err := syscall.Statfs(dir, &st); err != nil {
			t.Fatal(err)
		}
		if int64(st.Bavail)*st.Bsize < free+int64(len(block)) {
			return ballast
		}
		if _, err := f.Write(block); err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
}

// recorder appends numbered events and remembers which were acknowledged.
type recorder struct {
	event func(i int) eventstore.Event
	next  atomic.Int64
	mu    sync.Mutex
	acked map[int]eventstore.Receipt
}

// largeEvent fills a disk fast: nothing in it can be compressed.
func largeEvent(i int) eventstore.Event {
	body := make([]byte, 16<<10)
	rand.NewChaCha8([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}).Read(body)
	return eventstore.Event{Source: "test", ID: fmt.Sprint("large-", i), Hash: sha256.Sum256(body), Body: body}
}

// one appends the next event.
func (r *recorder) one(ctx context.Context, l *pebble.Log) error {
	i := int(r.next.Add(1))
	receipts, err := l.Append(ctx, eventstore.Append{
		Stream: eventstore.StreamID(fmt.Sprint("account-", i%50)), Expected: eventstore.Any, Events: []eventstore.Event{r.event(i)},
	})
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.acked[i] = receipts[0]
	}
	return err
}

// count is how many events were acknowledged.
func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.acked)
}

// untilFull appends from several goroutines until the log says it cannot write.
func (r *recorder) untilFull(t *testing.T, l *pebble.Log) {
	t.Helper()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				if err := r.one(t.Context(), l); err != nil {
					if !errors.Is(err, eventstore.ErrUnavailable) {
						t.Errorf("append to a full disk: %v", err)
					}
					return
				}
			}
		})
	}
	wg.Wait()
}

// eventually appends until one succeeds.
func (r *recorder) eventually(t *testing.T, l *pebble.Log) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		err := r.one(t.Context(), l)
		if err == nil {
			return
		}
		if !errors.Is(err, eventstore.ErrUnavailable) || time.Now().After(end) {
			t.Fatalf("append after space returned: %v", err)
		}
	}
}

// check proves that every acknowledged event is there once, where its receipt says.
func (r *recorder) check(t *testing.T, l *pebble.Log) {
	t.Helper()
	seen := map[string]bool{}
	want := eventstore.Recorded{}
	for e, err := range l.ReadLog(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if want.Position++; e.Position != want.Position {
			t.Fatalf("read position %d, want %d", e.Position, want.Position)
		}
		if seen[e.ID] {
			t.Fatalf("%s is there twice", e.ID)
		}
		seen[e.ID] = true
	}
	for i, receipt := range r.acked {
		want := r.event(i)
		e, err := l.Find(t.Context(), want.Source, want.ID)
		if err != nil || e.Position != receipt.Position || e.Revision != receipt.Revision || string(e.Body) != string(want.Body) {
			t.Fatalf("event %d was acknowledged as %+v; found %+v, %v", i, receipt, e.Position, err)
		}
	}
	t.Logf("%d events, %d acknowledged", len(seen), len(r.acked))
}

func TestAFullDiskRefusesAppendsAndRecovers(t *testing.T) {
	t.Parallel()
	disk := disktest.Small(t, 32)
	dir := filepath.Join(disk, "log")
	l := open(t, dir, pebble.Options{})
	r := &recorder{event: largeEvent, acked: map[int]eventstore.Receipt{}}
	for round := range 3 {
		ballast := fill(t, disk, 4<<20, "ballast")
		r.untilFull(t, l)
		if _, err := l.Head(t.Context()); err != nil {
			t.Errorf("head on a full disk: %v", err)
		}
		r.check(t, l)
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		r.eventually(t, l)
		t.Logf("round %d: %+v", round, l.Stats())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, pebble.Options{})
	r.check(t, l)
	r.eventually(t, l)
}

func TestADiskFilledByOthersDownToTheLastByteDoesNotStopTheProcess(t *testing.T) {
	t.Parallel()
	disk := disktest.Small(t, 48)
	dir := filepath.Join(disk, "log")
	l := open(t, dir, pebble.Options{})
	r := &recorder{event: largeEvent, acked: map[int]eventstore.Receipt{}}
	var wg sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				r.one(ctx, l) // whatever comes of it
			}
		})
	}
	for range 4 {
		for enough := r.count() + 150; r.count() < enough; {
			time.Sleep(time.Millisecond)
		}
		ballast := fill(t, disk, 0, "ballast")
		waitUntil(t, "the log is full", func() bool { return l.Stats().Full })
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		waitUntil(t, "the log has space", func() bool { return !l.Stats().Full })
	}
	stop()
	wg.Wait()
	r.check(t, l)
	ballast := fill(t, disk, 0, "ballast")
	if err := l.Close(); err != nil {
		t.Fatalf("close on a full disk: %v", err)
	}
	rest := fill(t, disk, 0, "rest") // what closing may have set free
	r.onFull(t, dir)
	if err := errors.Join(os.Remove(ballast), os.Remove(rest)); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, pebble.Options{})
	r.check(t, l)
	r.eventually(t, l)
}

// onFull opens the log on a full disk. It may find room by tidying up, or must say
// that it has none.
func (r *recorder) onFull(t *testing.T, dir string) {
	t.Helper()
	l, err := pebble.Open(dir, pebble.Options{})
	if err == nil {
		r.check(t, l)
		err = errors.Join(r.one(t.Context(), l), l.Close())
	}
	if err != nil && !errors.Is(err, eventstore.ErrUnavailable) {
		t.Fatalf("a full disk: %v, want ErrUnavailable", err)
	}
}

func waitUntil(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
