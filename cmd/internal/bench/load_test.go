package bench

import (
	"bytes"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/eventstore/codec"
)

func TestALoadIsValidAndTheSameEachTime(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	const events = 100_000
	a, b := newLoad(1, 0, 4, events, end), newLoad(1, 0, 4, events, end)
	busy := 0
	for n := range events / 4 {
		event, err := a.next()
		if err != nil {
			t.Fatal(err)
		}
		again, _ := b.next()
		if !bytes.Equal(event, again) {
			t.Fatalf("event %d is %s, and then %s", n, event, again)
		}
		e, err := codec.ParseStructured(event)
		if err != nil {
			t.Fatalf("%s: %v", event, err)
		}
		if e.OccurredAt.After(end) {
			t.Errorf("%s occurred after the end", event)
		}
		if e.Account == busyAccount {
			busy++
		}
	}
	if share := float64(busy) / events; share < .09 || share > .11 {
		t.Errorf("the busy account has %.3f of all events, want about %.1f", share, busyShare)
	}
}

func BenchmarkLoad(b *testing.B) {
	l := newLoad(1, 0, 4, 1_000_000, time.Now())
	for b.Loop() {
		event, err := l.next()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(event)))
	}
}
