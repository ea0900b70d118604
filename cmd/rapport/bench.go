package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/bench"
)

type benchCmd struct {
	What    string  `arg:"" optional:"" enum:"log,doors,visible,scale,all" default:"all" help:"log, doors, visible, scale or all (${default})."`
	Seconds float64 `default:"3" placeholder:"N" help:"How long each measurement takes (${default}); how soon events are seen takes three times as long."`
	Events  int     `default:"1000000" placeholder:"N" help:"How many events scale records (${default})."`
	Dir     string  `placeholder:"DIR" help:"Where to keep data meanwhile: the disk that is measured. The system's directory for temporary files, if absent."`
}

// Help says more than fits a line.
func (benchCmd) Help() string {
	return `What can be measured:

    log      durable appends beside PostgreSQL inserts and JetStream publishes
    doors    recording over HTTP and NATS beside the log, singly and in batches
    visible  how soon a query knows what was recorded, at 2,000 events a second
    scale    a ledger of a million events: memory, pages, rebuilds, next start

PostgreSQL, and strace for syncs that take longer, are left out where they are not installed.`
}

func (c *benchCmd) Run(e *env) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	// What was started has to be ended, and its data to go away.
	ctx, stop := signal.NotifyContext(e.ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	long := time.Duration(c.Seconds * float64(time.Second))
	for _, b := range []struct {
		name, title string
		run         func() error
	}{
		{"log", "Durable appends, events/s, one event each", func() error {
			return bench.Appends(ctx, e.stdout, bench.Options{Duration: long, Dir: c.Dir})
		}},
		{"doors", "Recording through the doors, events/s", func() error {
			return bench.Doors(ctx, e.stdout, bench.DoorOptions{Program: program, Duration: long, Dir: c.Dir})
		}},
		{"visible", "From an event to an answer that has it", func() error {
			return bench.Visible(ctx, e.stdout, bench.VisibleOptions{Program: program, Duration: 3 * long, Dir: c.Dir})
		}},
		{"scale", "A large ledger", func() error {
			return bench.Scale(ctx, e.stdout, bench.ScaleOptions{Program: program, Events: c.Events, Duration: 3 * long, Dir: c.Dir})
		}},
	} {
		if c.What != b.name && c.What != "all" {
			continue
		}
		fmt.Fprintf(e.stdout, "%s\n\n", b.title)
		if err := b.run(); err != nil {
			return fmt.Errorf("bench %s: %w", b.name, err)
		}
		fmt.Fprintln(e.stdout)
	}
	return nil
}
