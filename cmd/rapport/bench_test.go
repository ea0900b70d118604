package main_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/bench"
)

func TestBenchScaleLoadsAsksRebuildsAndRestarts(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, "bench", "scale", "--events", "5000", "--seconds", "0.1", "--dir", t.TempDir()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, line := range strings.Split(string(out), "\n") {
		if len(line) > 80 {
			t.Errorf("%q is wider than 80 columns", line)
		}
	}
	if n, want := strings.Count(string(out), " equal"), 11; n != want { // ten projections, and all at once
		t.Errorf("%d rebuilds are equal, want %d:\n%s", n, want, out)
	}
}

func TestBenchMeasuresBothDoors(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = bench.Doors(t.Context(), &out, bench.DoorOptions{
		Program: path, Clients: []int{2}, Batches: []int{10}, Duration: time.Second, Dir: t.TempDir(),
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if err != nil || len(lines) != 2 {
		t.Fatalf("got %v and\n%s\nwant a heading and a line", err, &out)
	}
	for _, line := range lines[1:] {
		if fields := strings.Fields(line); len(fields) != 8 || fields[2] == "0" || fields[4] == "0" || fields[6] == "0" {
			t.Errorf("got %q, want batch, clients, and three rates with their latencies", line)
		}
	}
}
