package main

import (
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

func TestTheDemoIsLoadedOnceHoweverOftenItIsRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	heads := map[string]uint64{}
	for _, run := range []struct {
		when string
		end  time.Time
	}{{"today", noon}, {"three days later", noon.AddDate(0, 0, 3)}} {
		if err := loadDemo(t.Context(), dir, run.end); err != nil {
			t.Fatalf("%s: %v", run.when, err)
		}
		log, err := pebble.Open(dir+"/log", pebble.Options{})
		if err != nil {
			t.Fatal(err)
		}
		head, err := log.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		heads[run.when] = uint64(head)
		if at := unsealed(t, log); at > 0 {
			t.Errorf("%s: personal data at position %d is not sealed", run.when, at)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if heads["today"] < 10_000 || heads["today"] != heads["three days later"] {
		t.Errorf("heads %v, want one number of at least 10,000", heads)
	}
}

// unsealed is the position of an event with personal data that is not sealed; 0 if there is none.
func unsealed(t *testing.T, log *pebble.Log) domain.Position {
	t.Helper()
	for stored, err := range log.ReadLog(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		plain, err := codec.Unsealed(stored)
		if err != nil {
			t.Fatal(err)
		}
		if len(plain) > 0 {
			return stored.Position
		}
	}
	return 0
}
