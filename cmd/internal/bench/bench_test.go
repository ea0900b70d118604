package bench

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Child()
	os.Exit(m.Run())
}

func TestAppendsOfTheLogAndJetStreamAreMeasuredSideBySide(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := Appends(t.Context(), &out, Options{
		Contestants: []string{Rapport, JetStream}, Clients: []int{1, 4}, SyncDelays: []time.Duration{0}, Duration: time.Second, Dir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 || strings.Contains(out.String(), "left out") {
		t.Fatalf("got\n%s\nwant a heading and two lines of figures", &out)
	}
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		if len(fields) != 7 || fields[2] == "0" || fields[4] == "0" {
			t.Errorf("got %q, want clients, delay, two rates with their latencies, and a ratio", line)
		}
	}
}

func TestAContestantThatCannotRunIsNamed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := Appends(t.Context(), &out, Options{
		Contestants: []string{"nobody"}, Clients: []int{1}, SyncDelays: []time.Duration{0}, Duration: time.Millisecond, Dir: t.TempDir(),
	})
	if err != nil || !strings.Contains(out.String(), "nobody was left out") {
		t.Fatalf("got %v and\n%s", err, &out)
	}
}

func TestMeasureStopsAtAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	_, err := Measure(t.Context(), 4, time.Hour, func(ctx context.Context, client, n int) error {
		if client == 2 && n == 3 {
			return broken
		}
		if client != 2 {
			<-ctx.Done()
		}
		return nil
	})
	if !errors.Is(err, broken) {
		t.Fatalf("got %v, want %v", err, broken)
	}
}
