package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/memory"
)

func record(t *testing.T, log eventstore.Log, ids ...string) {
	t.Helper()
	var events []eventstore.Event
	for _, id := range ids {
		events = append(events, eventstore.Event{Source: "test", ID: id, Hash: eventstore.Hash{1}, Body: []byte("{}")})
	}
	if _, err := log.Append(t.Context(), eventstore.Append{Stream: "acme", Expected: eventstore.Any, Events: events}); err != nil {
		t.Fatal(err)
	}
}

func TestAnUnhurriedReaderGetsTogetherWhatComesWhileItRests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := memory.New()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for _, id := range []string{"b", "c"} {
				time.Sleep(time.Millisecond)
				record(t, log, id)
			}
			time.Sleep(time.Minute)
			record(t, log, "d", "e")
			time.Sleep(time.Second)
			cancel()
		}()
		record(t, log, "a")
		began, got := time.Now(), ""
		for e, err := range eventstore.Unhurried(ctx, log, 0, 10*time.Millisecond) {
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Errorf("it ended with %v, want %v", err, context.Canceled)
				}
				break
			}
			got += fmt.Sprintf("%s after %v; ", e.ID, time.Since(began))
		}
		want := "a after 0s; b after 10ms; c after 10ms; d after 1m0.002s; e after 1m0.002s; "
		if got != want {
			t.Errorf("events came\n%s, want\n%s", got, want)
		}
	})
}

func TestAnUnhurriedReaderStopsWhereItsReaderDoesAndTellsWhatFails(t *testing.T) {
	t.Parallel()
	log := memory.New()
	record(t, log, "a", "b")
	for e := range eventstore.Unhurried(t.Context(), log, 0, time.Hour) {
		if e.Position == 1 {
			break
		}
		t.Fatalf("position %d was given", e.Position)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for _, err := range eventstore.Unhurried(t.Context(), log, 0, time.Hour) {
		if !errors.Is(err, eventstore.ErrClosed) {
			t.Errorf("of a closed log it gives %v, want %v", err, eventstore.ErrClosed)
		}
		return
	}
	t.Error("a closed log's events ended without an error")
}

// headless has no head that could be read.
type headless struct{ *memory.Log }

var errHeadless = errors.New("no head")

func (headless) Head(context.Context) (domain.Position, error) { return 0, errHeadless }

func TestAnUnhurriedReaderIsToldWhenTheHeadCannotBeRead(t *testing.T) {
	t.Parallel()
	log := headless{memory.New()}
	record(t, log, "a")
	var failed error
	for _, err := range eventstore.Unhurried(t.Context(), log, 0, time.Hour) {
		failed = err
	}
	if !errors.Is(failed, errHeadless) {
		t.Errorf("it ended with %v, want %v", failed, errHeadless)
	}
}
