// Command rapport is the ledger: the server, and the commands that speak to one.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // calendars name time zones, which a small machine may not know

	"github.com/rapport-ledger/rapport/cmd/internal/bench"
)

func main() {
	bench.Child()
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
