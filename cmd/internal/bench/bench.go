// Package bench measures this ledger. [Appends] has its log beside plain PostgreSQL
// inserts and JetStream publishes, in one run on one machine, with and without time
// added to every sync; [Doors] has the doors beside the log; [Visible] the time until a
// query knows what was recorded; [Scale] a ledger of a million events.
//
// The last three measure the whole program, in a child process, from outside. A
// measurement of the first is a [Cell]. Each runs in a process of its own, a child of the one
// that measures, so that none inherits another's heap, caches or goroutines, and so
// that the time can be added from outside, to all contestants in the same way: strace
// lets each fsync and fdatasync of the child, and of what it starts, take that much
// longer. (None of the three writes events with O_SYNC or O_DSYNC; sync_file_range,
// which makes nothing durable, is left alone.)
package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"
)

// The contestants.
const (
	Rapport    = "rapport log"
	PostgreSQL = "postgresql insert"
	JetStream  = "jetstream publish"
)

// Cell is one measurement: clients that each append one event at a time, or a few, and
// wait until they are durable.
type Cell struct {
	Contestant string
	Clients    int
	// Batch is how many events are appended together, by the log only; 1 if 0.
	Batch int
	// SyncDelay is added to each sync.
	SyncDelay time.Duration
	// Duration is how long to measure, after a warm-up of a fifth of it.
	Duration time.Duration
	// Dir is an empty directory to work in.
	Dir string
}

// Options say what to measure.
type Options struct {
	// Contestants to run; all if empty.
	Contestants []string
	// Clients are the numbers of concurrent clients; 1, 8 and 64 if empty.
	Clients []int
	// SyncDelays are times added to each sync; none and 2.6 ms if empty.
	SyncDelays []time.Duration
	// Duration of each measurement; 3 seconds if 0.
	Duration time.Duration
	// Dir is where to keep data meanwhile: the disk that is measured. The system's
	// directory for temporary files if empty.
	Dir string
}

func (o Options) withDefaults() Options {
	if len(o.Contestants) == 0 {
		o.Contestants = []string{Rapport, PostgreSQL, JetStream}
	}
	if len(o.Clients) == 0 {
		o.Clients = []int{1, 8, 64}
	}
	if len(o.SyncDelays) == 0 {
		o.SyncDelays = []time.Duration{0, 2600 * time.Microsecond}
	}
	if o.Duration == 0 {
		o.Duration = 3 * time.Second
	}
	return o
}

// Appends measures and writes a table as it goes, a line for each number of clients
// and delay. A contestant that cannot run here is named with the reason, and left
// out. The error is about measuring itself, or about this ledger's log.
func Appends(ctx context.Context, out io.Writer, options Options) error {
	o := options.withDefaults()
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "clients\tsync +ms\t")
	for _, c := range o.Contestants {
		fmt.Fprintf(tw, "%s /s\tp99 ms\t", c)
	}
	fmt.Fprintln(tw, "log / best other\t")
	absent := map[string]error{}
	for _, delay := range o.SyncDelays {
		for _, clients := range o.Clients {
			if err := row(ctx, tw, o, Cell{Clients: clients, SyncDelay: delay, Duration: o.Duration}, absent); err != nil {
				return err
			}
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, name := range o.Contestants {
		if why := absent[name]; why != nil {
			fmt.Fprintf(out, "%s was left out: %v\n", name, why)
		}
	}
	return nil
}

// row measures all contestants in turn, and prints the line.
func row(ctx context.Context, out io.Writer, o Options, cell Cell, absent map[string]error) error {
	fmt.Fprintf(out, "%d\t%.1f\t", cell.Clients, cell.SyncDelay.Seconds()*1000)
	ours, best := 0.0, 0.0
	for _, name := range o.Contestants {
		var r Result
		if absent[name] == nil {
			var err error
			cell.Contestant = name
			r, err = inChild(ctx, o.Dir, cell)
			if err != nil && (name == Rapport || ctx.Err() != nil) {
				return fmt.Errorf("%s with %d clients: %w", name, cell.Clients, err)
			}
			absent[name] = err
		}
		if absent[name] != nil {
			fmt.Fprint(out, "-\t-\t")
			continue
		}
		fmt.Fprintf(out, "%.0f\t%.2f\t", r.Rate, r.P99.Seconds()*1000)
		if name == Rapport {
			ours = r.Rate
		} else {
			best = max(best, r.Rate)
		}
	}
	if ours > 0 && best > 0 {
		fmt.Fprintf(out, "%.2f", ours/best)
	}
	_, err := fmt.Fprintln(out, "\t")
	return err
}

// cellVariable holds the cell, as JSON, in the environment of a child.
const cellVariable = "RAPPORT_BENCH_CELL"

// Child measures the cell and exits, if this process was started to do that. A main
// function that leads to [Appends] calls it first.
func Child() {
	text := os.Getenv(cellVariable)
	if text == "" {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cell Cell
	err := json.Unmarshal([]byte(text), &cell)
	var r Result
	if err == nil {
		r, err = cell.run(ctx)
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// inChild runs the cell in a child process, below strace if syncs are to take longer.
func inChild(ctx context.Context, dir string, cell Cell) (r Result, err error) {
	cell.Dir, err = os.MkdirTemp(dir, "rapport-bench-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(cell.Dir)) }()
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	config, err := json.Marshal(cell)
	if err != nil {
		return r, err
	}
	args := []string{self}
	if cell.SyncDelay > 0 {
		args = append(slowSyncs(cell.SyncDelay), self)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = append(os.Environ(), cellVariable+"="+string(config))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("%w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return r, json.Unmarshal(out, &r)
}

// slowSyncs is a command that runs the one after it with each sync taking longer.
func slowSyncs(by time.Duration) []string {
	const syncs = "fsync,fdatasync"
	return []string{
		"strace", "-f", "--seccomp-bpf", "-qqq", "-o", os.DevNull,
		"-e", "trace=" + syncs, "-e", "signal=none",
		"-e", fmt.Sprintf("inject=%s:delay_exit=%d", syncs, by.Microseconds()),
	}
}
