package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/demo"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/pebble"
)

type demoCmd struct {
	Data string `placeholder:"DIR" help:"Where to keep it; a directory that goes away at the end, if absent."`
	listening
	logging
}

// Help says more than fits a line.
func (demoCmd) Help() string {
	return `Serves a made-up company's last eighteen months: some forty accounts, and a few stories worth reading. The history ends yesterday and is the same for everybody who runs it today. It is recorded as if the ledger had been there all the time, so that what was known when can be asked.`
}

func (c *demoCmd) Run(e *env) error {
	if err := c.listening.check(); err != nil {
		return err
	}
	dir := c.Data
	if dir == "" {
		temporary, err := os.MkdirTemp("", "rapport-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		dir = temporary
	}
	logger := c.logger(e.stderr)
	defer func() { _ = logger.Sync() }() // a terminal cannot be synced
	ctx, stop := signal.NotifyContext(e.ctx, syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	fmt.Fprintln(e.stdout, "Loading eighteen months of a made-up company ...")
	if err := loadDemo(ctx, dir, time.Now()); err != nil {
		if ctx.Err() != nil {
			return nil // it was told to stop
		}
		return err
	}
	o := c.options()
	o.data, o.now, o.logger = dir, time.Now, logger
	return serve(&env{ctx: ctx, stdin: e.stdin, stdout: e.stdout, stderr: e.stderr}, o, showDemo)
}

// loadDemo records the demo's history in the directory, evening by evening, on a clock
// that goes with it. A directory that has it already gets what may be missing.
func loadDemo(ctx context.Context, dir string, end time.Time) (err error) {
	var clock atomic.Pointer[time.Time]
	now := func() time.Time { return *clock.Load() }
	history := demo.History(end)
	clock.Store(&history[0].RecordedAt)
	log, err := pebble.Open(filepath.Join(dir, "log"), pebble.Options{Clock: now})
	if errors.Is(err, eventstore.ErrLocked) {
		return lockedDir(dir)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if history, err = sameHistory(ctx, log, history, end); err != nil {
		return err
	}
	keys, _, err := openKeyring(dir, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	recorder := commands.NewRecorder(log, commands.Options{Now: now, Keys: keys})
	defer func() { err = errors.Join(err, recorder.Close(context.WithoutCancel(ctx))) }()
	for _, day := range history {
		clock.Store(&day.RecordedAt)
		for i, outcome := range recorder.Record(ctx, day.Events) {
			if outcome.Err != nil {
				return fmt.Errorf("demo: %s: %w", day.Events[i].ID, outcome.Err)
			}
		}
	}
	return nil
}

// sameHistory gives the history that the log began with, on whatever day that was.
func sameHistory(ctx context.Context, log eventstore.Log, history []demo.Day, end time.Time) ([]demo.Day, error) {
	for first, err := range log.ReadLog(ctx, 0) {
		if err != nil {
			return nil, err
		}
		if first.Source != history[0].Events[0].Source || first.ID != history[0].Events[0].ID {
			return nil, errors.New("the data directory holds a ledger of its own; choose another for the demo with --data")
		}
		return demo.History(end.Add(first.RecordedAt.Sub(history[0].RecordedAt))), nil
	}
	return history, nil
}

// showDemo says what to look at, once it can be seen.
func showDemo(e *env, a *app) {
	ctx, cancel := context.WithTimeout(e.ctx, time.Minute)
	defer cancel()
	if head, err := a.log.Head(ctx); err == nil {
		for _, name := range a.projections.Names() {
			_ = a.projections.WaitFor(ctx, name, head) // what is behind is shown as behind
		}
	}
	program := os.Args[0]
	server := ""
	if a.url() != "http://127.0.0.1:8280" {
		server = " --server " + a.url()
	}
	fmt.Fprintf(e.stdout, `
In another terminal, look at

  the silent one        %[1]s timeline halvorsen-pumps%[2]s
  the broken promise    %[1]s trust brandt-maschinenbau --explain%[2]s
  the recovered one     %[1]s trust okafor-medical%[2]s
  three detractors      %[1]s followups --account lumen-glass%[2]s
  what is owed to whom  %[1]s followups%[2]s
  a promise put off     %[1]s promises brandt-maschinenbau%[2]s
  who falls silent      %[1]s closeness --part items -n 5%[2]s
  the ten points        %[1]s checklist%[2]s

or in a browser at %[3]s/ and %[3]s/docs. Ctrl-C ends it.
`, program, server, a.url())
}
