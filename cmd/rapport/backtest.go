package main

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/domain/trust/backtest"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

type backtestCmd struct {
	remote
	output
	Data        string  `placeholder:"DIR" help:"Read this data directory, on which no server runs, instead of asking one."`
	TrainUntil  instant `placeholder:"TIME" help:"What was known before trains, what came later judges; by default two thirds of the outcomes train."`
	Clock       string  `enum:"auto,recorded,occurred" default:"auto" placeholder:"CLOCK" help:"When events became known: recorded, or occurred for history that was imported. By default it depends on how most of them came in."`
	Calibration bool    `help:"Show what was foretold beside what happened."`
}

// Help says more than fits a line.
func (backtestCmd) Help() string {
	return `Walks through the ledger's past in the order in which it became known, and has each dimension of trust foretold, outcome by outcome, from what was known before: by the policy in force, by the policy as fitted to the training span, and by simpler means. Nothing is recorded.

Log-loss, Brier score and ECE (calibration error): less is better. AUC: 0.5 is chance, 1 is perfect order. 80% COVERS: how often an 80% interval held what happened. go doc ./domain/trust/backtest has the formulas.`
}

func (c *backtestCmd) Run(e *env) error {
	read, err := c.collect(e)
	if err != nil {
		return err
	}
	clock, imported := backtest.ClockFor(read.Facts)
	if c.Clock != "auto" {
		clock = backtest.Clock(c.Clock)
	}
	policy := read.Policies.At(time.Now(), time.Now()).Policy
	report := backtest.Run(read.Facts, read.Entries, backtest.Options{Policy: policy.Trust, Clock: clock, TrainUntil: c.TrainUntil.Time})
	switch c.Output {
	case "json":
		return writeIndented(e.stdout, backtestOf(report, policy))
	case "ndjson":
		return writeJSON(e.stdout, backtestOf(report, policy))
	case "csv":
		return writeCSV(e.stdout, each(scoresOf(report)), scoreColumns)
	}
	return c.table(e, report, policy, imported)
}

// collect reads the ledger: what the trust model keeps of it.
func (c *backtestCmd) collect(e *env) (*trust.Collector, error) {
	records := c.ask(e)
	if c.Data != "" {
		records = dataRecords(e.ctx, c.Data)
	}
	var read trust.Collector
	bar, n := newProgress(e.stderr, 0), 0
	defer bar.done()
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		n++
		bar.at(n)
		if !bearsOnTrust(r.Type) {
			continue
		}
		event, err := r.Decode()
		if err != nil {
			return nil, err
		}
		read.Add(event)
	}
	return &read, nil
}

func bearsOnTrust(t domain.Type) bool {
	return trust.Wants(t) || t.Family() == "entry" || t.Family() == "policy"
}

// ask has a server send what bears on trust.
func (c *backtestCmd) ask(e *env) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		remote, err := c.client()
		if err != nil {
			yield(codec.Record{}, err)
			return
		}
		var types []string
		for _, t := range domain.Catalogue {
			if bearsOnTrust(t.Type) {
				types = append(types, string(t.Type))
			}
		}
		for line, err := range replayed(e.ctx, remote, given("type", strings.Join(types, ","))) {
			var r codec.Record
			if err == nil {
				r, err = codec.FromStructured(line)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// dataRecords are the events in a data directory.
func dataRecords(ctx context.Context, data string) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		if st, err := os.Stat(filepath.Join(data, "log")); err != nil || !st.IsDir() {
			yield(codec.Record{}, fmt.Errorf("there is no log in %s", data))
			return
		}
		log, err := openLog(data, pebbleOptions(time.Now, zap.NewNop()))
		if err != nil {
			yield(codec.Record{}, err)
			return
		}
		defer log.Close()
		for e, err := range log.ReadLog(ctx, 0) {
			var r codec.Record
			if err == nil {
				r, err = codec.Decode(e)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}
