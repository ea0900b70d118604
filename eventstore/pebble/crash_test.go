package pebble_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

// crashDir is set for the process that is to be killed.
const crashDir = "RAPPORT_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		appendForEver(dir)
	}
	// Each example of the property tests is a log of its own on the disk.
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// appendForEver appends from several goroutines, starting with the events the last
// process may have left unacknowledged, and prints each receipt.
func appendForEver(dir string) {
	l, err := pebble.Open(dir, pebble.Options{MemTableBytes: 256 << 10})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	head, err := l.Head(context.Background())
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("opened", head)
	const writers = 8
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := max(0, int(head)-100) + w; ; i += writers {
				receipts, err := l.Append(context.Background(), eventstore.Append{
					Stream: eventstore.StreamID(fmt.Sprint("account-", i%50)), Expected: eventstore.Any, Events: []eventstore.Event{testEvent(i)},
				})
				if err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				fmt.Printf("acked %d %d %d\n", i, receipts[0].Position, receipts[0].Revision)
			}
		})
	}
	wg.Wait()
}

func TestKilledAtAnyMomentTheLogKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	r := &recorder{event: testEvent, acked: map[int]eventstore.Receipt{}}
	for range 10 {
		runAndKill(t, dir, r, 1+rng.IntN(1000))
	}
	r.check(t, open(t, dir, pebble.Options{}))
}

// runAndKill runs the appending process and kills it after so many receipts, having
// taken all it managed to print.
func runAndKill(t *testing.T, dir string, r *recorder, receipts int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "error") {
			t.Error(line)
		}
		var i int
		var receipt eventstore.Receipt
		if n, _ := fmt.Sscanf(line, "acked %d %d %d", &i, &receipt.Position, &receipt.Revision); n != 3 {
			continue // opened, or cut short
		}
		if before, again := r.acked[i]; again && before != receipt {
			t.Errorf("event %d was acknowledged as %+v and then as %+v", i, before, receipt)
		}
		r.acked[i] = receipt
		if seen++; seen == receipts {
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
}

func TestAnotherServerOnTheSameDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir, pebble.Options{})
	for _, refused := range []error{openError(dir), otherProcess(t, dir)} {
		if refused == nil || !strings.Contains(refused.Error(), "another server has "+dir+" open") {
			t.Errorf("got %v, want a sentence naming %s", refused, dir)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openError(dir); err != nil {
		t.Errorf("open after closing: %v", err)
	}
}

func openError(dir string) error {
	l, err := pebble.Open(dir, pebble.Options{})
	if err == nil {
		return l.Close()
	}
	return err
}

// otherProcess is what another process hears that opens the directory.
func otherProcess(t *testing.T, dir string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.Output()
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s", out)
}
