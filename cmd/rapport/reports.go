package main

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/rapport-ledger/rapport/cmd/internal/client"
)

// reportCmd shows what a projection made of dossiers answers. Its name is the projection's.
type reportCmd struct {
	listing
	fresh
	Account string  `arg:"" optional:"" help:"The account's id; without it, all accounts together."`
	From    instant `placeholder:"TIME" help:"Figures count what occurred from then on."`
	At      instant `placeholder:"TIME" help:"As of then; now if absent."`
	KnownAt instant `placeholder:"TIME" help:"As known then: from what was recorded by then."`
	Part    string  `placeholder:"NAME" help:"This part of the answer only, such as kept or open."`

	name string
}

// AfterApply takes the name of the command that was chosen.
func (c *reportCmd) AfterApply(chosen *kong.Context) error {
	c.name = chosen.Selected().Name
	return nil
}

// portfolioCmd is a report that can be asked for beside trust, too.
type portfolioCmd struct {
	reportCmd
	ByTrust bool `help:"What followed, half year by half year, on the trust with which each began."`
}

func (c *portfolioCmd) Run(e *env) error {
	if c.ByTrust {
		c.name += "/by-trust"
	}
	return c.reportCmd.Run(e)
}

func (c *reportCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	query := given("wait_for", orNothing(c.WaitFor), "from", c.From.String(), "at", c.At.String(), "known_at", c.KnownAt.String())
	var answer tree
	more := false
	if c.Account != "" {
		err = remote.Get(e.ctx, "/v1/accounts/"+segment(c.Account)+"/"+c.name, query, &answer)
	} else {
		more, err = c.all(e, remote, query, &answer)
	}
	if err != nil {
		return err
	}
	if err := c.print(e, &answer); err != nil {
		return err
	}
	if more {
		fmt.Fprintln(e.stderr, "There are more accounts; -n 0 shows all.")
	}
	return nil
}

// all reads pages until there are enough accounts, and makes one of them. It reports
// whether there are more.
func (c *reportCmd) all(e *env, remote *client.Client, query url.Values, answer *tree) (more bool, err error) {
	const most = 500 // a page
	for left := c.most(); ; {
		query.Set("limit", fmt.Sprint(most))
		if left > 0 {
			query.Set("limit", fmt.Sprint(min(most, left)))
		}
		var page tree
		if err := remote.Get(e.ctx, "/v1/"+c.name, query, &page); err != nil {
			return false, err
		}
		next, items := page.part("next"), page.part("items")
		left -= len(items.parts)
		if answer.kind == 0 {
			*answer = page
			answer.drop("next")
		} else {
			whole := answer.part("items")
			whole.parts = append(whole.parts, items.parts...)
		}
		if next == nil || left == 0 {
			return next != nil, nil
		}
		query.Set("cursor", next.plain())
	}
}

func (c *reportCmd) print(e *env, answer *tree) error {
	if c.Part != "" {
		part := answer.part(c.Part)
		if part == nil {
			return usageError(fmt.Sprintf("the answer has no part %q; it has %s", c.Part, strings.Join(names(answer.parts), ", ")))
		}
		answer = part
	}
	switch c.Output {
	case "json":
		return writeIndented(e.stdout, answer)
	case "ndjson":
		return c.lines(e, answer)
	case "csv":
		return c.csv(e, answer)
	}
	if items := answer.part("items"); items != nil && c.Account == "" {
		items.name = "accounts" // an account's report may have items of its own
	}
	return writeTree(e.stdout, answer, c.inFull)
}

// inFull is how to ask for a list with all its columns, by where it is in what is shown.
func (c *reportCmd) inFull(path string) string {
	if path == "accounts" && c.Account == "" {
		path = "items"
	}
	if c.Part != "" {
		path = strings.TrimSuffix(c.Part+"."+path, ".")
	}
	if path == "items" && c.Account == "" {
		return "-o csv"
	}
	return "--part " + path + " -o csv"
}

func names(parts []tree) []string {
	all := make([]string, len(parts))
	for i, p := range parts {
		all[i] = p.name
	}
	return all
}

// lines prints a list an item a line, of all accounts their rows, and anything else on one.
func (c *reportCmd) lines(e *env, answer *tree) error {
	if items := answer.part("items"); items != nil && c.Account == "" {
		answer = items
	}
	if answer.kind != '[' {
		return writeJSON(e.stdout, answer)
	}
	for i := range answer.parts {
		if err := writeJSON(e.stdout, &answer.parts[i]); err != nil {
			return err
		}
	}
	return nil
}

// csv prints a list, of all accounts their rows, and of anything else the figures, one a row.
func (c *reportCmd) csv(e *env, answer *tree) error {
	if items := answer.part("items"); items != nil && c.Account == "" {
		answer = items
	}
	out := csv.NewWriter(e.stdout)
	var rows [][]string
	if answer.kind == '[' {
		columns, nested := answer.columns()
		columns = append(columns, nested...)
		rows = append(rows, columns)
		for i := range answer.parts {
			row := make([]string, len(columns))
			for n, name := range columns {
				if p := answer.parts[i].part(name); p != nil {
					row[n] = p.plain()
				}
			}
			rows = append(rows, row)
		}
	} else {
		rows = append(rows, []string{"figure", "value"})
		for _, l := range answer.leaves("") {
			rows = append(rows, []string{l.path, l.plain()})
		}
	}
	return out.WriteAll(rows)
}
