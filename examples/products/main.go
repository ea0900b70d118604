// Command products is a projection that runs beside the ledger, in a process of its
// own: which products customers complain about. It follows the JetStream stream
// LEDGER, keeps a table in a file, goes on from where it was when started again, and
// prints the table whenever it changes.
//
//	go run ./examples/products -nats nats://127.0.0.1:4222 -dir ./products
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/relay"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

func main() {
	url := flag.String("nats", nats.DefaultURL, "where the ledger's NATS listens")
	dir := flag.String("dir", "products", "where to keep the table")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *url, *dir); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "products:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	runtime, err := projections.Open(projections.Config{
		Dir: dir, Source: relay.NewSource(js, zap.NewNop()),
	}, projector{})
	if err != nil {
		return err
	}
	defer runtime.Close()
	runtime.Observe(func(string, []codec.Record) {
		if err := runtime.View(ctx, projector{}.Name(), printTable(ctx)); err != nil {
			fmt.Fprintln(os.Stderr, "products:", err)
		}
	})
	return runtime.Run(ctx)
}

func printTable(ctx context.Context) func(*sqldb.Tx) error {
	return func(tx *sqldb.Tx) error {
		counts, err := Counts(ctx, tx)
		if err != nil {
			return err
		}
		fmt.Println("complaints  product")
		for _, c := range counts {
			fmt.Printf("%10d  %s\n", c.Complaints, c.Product)
		}
		return nil
	}
}
