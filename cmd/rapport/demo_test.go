package main

import (
	"testing"
	"time"

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
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if heads["today"] < 10_000 || heads["today"] != heads["three days later"] {
		t.Errorf("heads %v, want one number of at least 10,000", heads)
	}
}
