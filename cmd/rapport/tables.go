package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rapport-ledger/rapport/projections"
)

type tablesCmd struct {
	Name string `arg:"" optional:"" help:"The projection's name; all of them if absent."`
}

// Help says more than fits a line.
func (tablesCmd) Help() string {
	return `The statements that make them, with what their columns mean. Each projection is an SQLite database, views/NAME.db in the data directory: open it read only. Times are microseconds since 1970, UTC. There are no personal data in them.

A new version of the program may change the tables; it then builds them anew.`
}

func (c *tablesCmd) Run(e *env) error {
	all := projectors()
	if c.Name != "" {
		all = slices.DeleteFunc(all, func(p projections.Projector) bool { return p.Name() != c.Name })
	}
	if len(all) == 0 {
		var names []string
		for _, p := range projectors() {
			names = append(names, p.Name())
		}
		return usageError(fmt.Sprintf("there is no projection %q; there are %s", c.Name, strings.Join(names, ", ")))
	}
	for i, p := range all {
		if i > 0 {
			fmt.Fprintln(e.stdout)
		}
		fmt.Fprintf(e.stdout, "-- views/%s.db, version %d\n", p.Name(), p.Version())
		statements := p.Schema()
		if indexed, ok := p.(projections.Indexer); ok {
			statements = slices.Concat(statements, indexed.Indexes())
		}
		for _, s := range statements {
			if _, err := fmt.Fprintf(e.stdout, "\n%s;\n", atMargin.Replace(s)); err != nil {
				return err
			}
		}
	}
	return nil
}

// atMargin takes a statement as it stands in a program to the margin.
var atMargin = strings.NewReplacer("\n\t\t\t", "\n\t", "\n\t\t)", "\n)")
