package main

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/client"
)

type trustCmd struct {
	remote
	output
	fresh
	Account   string  `arg:"" help:"The account's id."`
	At        instant `placeholder:"TIME" help:"The score then; now if absent."`
	KnownAt   instant `placeholder:"TIME" help:"As known then: from what was recorded by then."`
	Explain   bool    `help:"Show what every event contributes."`
	Since     instant `placeholder:"TIME" help:"Show what moved the score since then."`
	Beginning bool    `help:"Show the score in the first 90 days of the relationship, beside others of the same age."`
}

func (c *trustCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	query := given("wait_for", orNothing(c.WaitFor), "at", c.At.String(), "known_at", c.KnownAt.String(), "since", c.Since.String())
	if c.Beginning {
		return c.beginning(e, remote, query)
	}
	if c.Explain {
		query.Set("explain", "true")
	}
	var t api.Trust
	if err := remote.Get(e.ctx, "/v1/accounts/"+segment(c.Account)+"/trust", query, &t); err != nil {
		return err
	}
	switch c.Output {
	case "json":
		return writeIndented(e.stdout, t)
	case "ndjson":
		return writeJSON(e.stdout, t)
	case "csv":
		return c.csv(e, t)
	}
	return c.table(e, t)
}

// beginning shows the first days.
func (c *trustCmd) beginning(e *env, remote *client.Client, query url.Values) error {
	if c.Explain || !c.Since.IsZero() {
		return usageError("--beginning goes with neither --explain nor --since")
	}
	var b api.Beginning
	if err := remote.Get(e.ctx, "/v1/accounts/"+segment(c.Account)+"/trust/beginning", query, &b); err != nil {
		return err
	}
	switch c.Output {
	case "json":
		return writeIndented(e.stdout, b)
	case "ndjson":
		return writeJSON(e.stdout, b)
	case "csv":
		return writeCSV(e.stdout, each(b.Curve), ageColumns)
	}
	fmt.Fprintf(e.stdout, "%s since %s (UTC), beside others of the same age\n\n", b.Account, minute(b.Since))
	return writeTable(e.stdout, each(b.Curve), ageColumns)
}

var ageColumns = []column[api.Age]{
	{name: "age_d", title: "DAYS", value: func(a api.Age) string { return fmt.Sprint(a.AgeD) }, right: true},
	{name: "at", title: "AT (UTC)", value: func(a api.Age) string { return stamp(a.At) }, show: func(a api.Age) string { return minute(a.At) }},
	scoreColumn("score", "SCORE", func(a api.Age) *float64 { return a.Score }),
	scoreColumn("lower_quartile", "OTHERS: LOWER", func(a api.Age) *float64 { return a.LowerQuartile }),
	scoreColumn("median", "MEDIAN", func(a api.Age) *float64 { return a.Median }),
	scoreColumn("upper_quartile", "UPPER", func(a api.Age) *float64 { return a.UpperQuartile }),
	{name: "peers_known_count", title: "WITH SCORE", value: func(a api.Age) string { return fmt.Sprint(a.KnownPeers) }, right: true},
	{name: "peers_count", title: "OF", value: func(a api.Age) string { return fmt.Sprint(a.Peers) }, right: true},
}

// scoreColumn has a score of each row, empty in CSV if it is unknown.
func scoreColumn[T any](name, title string, of func(T) *float64) column[T] {
	return column[T]{name: name, title: title, value: func(t T) string {
		if s := of(t); s != nil {
			return fmt.Sprint(*s)
		}
		return ""
	}, show: func(t T) string { return points(of(t)) }, right: true}
}

// csv prints one list: the events if they are to be explained, the causes if the
// change is asked for, the dimensions otherwise.
func (c *trustCmd) csv(e *env, t api.Trust) error {
	switch {
	case c.Explain:
		return writeCSV(e.stdout, each(t.Contributions), contributionColumns)
	case !c.Since.IsZero():
		return writeCSV(e.stdout, each(t.Change), changeColumns)
	}
	return writeCSV(e.stdout, each(dimensionsOf(t)), dimensionColumns)
}

func (c *trustCmd) table(e *env, t api.Trust) error {
	sayWrapped(e.stdout, heading(t))
	fmt.Fprintln(e.stdout)
	if err := writeTable(e.stdout, each(dimensionsOf(t)), dimensionColumns); err != nil {
		return err
	}
	if t.Unflagged != nil {
		fmt.Fprintf(e.stdout, "\nWithout what was said in negotiation or for political reasons: %s (%.0f to %.0f)\n",
			points(t.Unflagged.Score), t.Unflagged.Low, t.Unflagged.High)
	}
	if len(t.Flags) > 0 {
		fmt.Fprintln(e.stdout)
		if err := writeTable(e.stdout, each(t.Flags), flagColumns); err != nil {
			return err
		}
	}
	if !c.Since.IsZero() && t.Before != nil {
		fmt.Fprintf(e.stdout, "\nSince %s UTC the score went from %s to %s:\n\n", minute(t.Since), points(t.Before.Score), points(t.Score))
		if err := writeTable(e.stdout, each(t.Change), changeColumns); err != nil {
			return err
		}
	}
	if c.Explain {
		return c.explain(e, t)
	}
	return nil
}

// heading says whose trust it is, when, and by which rules.
func heading(t api.Trust) string {
	known := ""
	if minute(t.KnownAt) != minute(t.At) {
		known = ", as known at " + minute(t.KnownAt)
	}
	return fmt.Sprintf("%s at %s%s (UTC), by policy %s", t.Account, minute(t.At), known, t.Policy)
}

// mostContributions is how many the table shows.
const mostContributions = 30

func (c *trustCmd) explain(e *env, t api.Trust) error {
	all := slices.Clone(t.Contributions)
	slices.SortStableFunc(all, func(a, b api.Contribution) int { return cmp.Compare(math.Abs(b.Effect), math.Abs(a.Effect)) })
	sum := t.Prior
	for _, k := range all {
		sum += k.Effect
	}
	fmt.Fprintf(e.stdout, "\nWithout evidence %.1f, with all of it %.1f. What moves it most:\n\n", t.Prior, sum)
	shown := all[:min(len(all), mostContributions)]
	if err := writeTable(e.stdout, each(shown), contributionColumns); err != nil {
		return err
	}
	if n := len(all) - len(shown); n > 0 {
		rest := 0.0
		for _, k := range all[len(shown):] {
			rest += k.Effect
		}
		fmt.Fprintf(e.stdout, "and %d more, %+.2f together; -o csv shows all.\n", n, rest)
	}
	return nil
}

func dimensionsOf(t api.Trust) []api.Dimension {
	return append([]api.Dimension{{Name: "overall", Share: 1, Reading: t.Reading}}, t.Dimensions...)
}

var dimensionColumns = []column[api.Dimension]{
	{name: "dimension", title: "DIMENSION", value: func(d api.Dimension) string { return d.Name }},
	{name: "known", value: func(d api.Dimension) string { return fmt.Sprint(d.Known) }},
	scoreColumn("score", "SCORE", func(d api.Dimension) *float64 { return d.Score }),
	{title: "0        50       100", value: func(d api.Dimension) string { return bar(d.Reading) }},
	{name: "mean", value: func(d api.Dimension) string { return fmt.Sprint(d.Mean) }},
	{name: "low", title: "LOW", value: func(d api.Dimension) string { return fmt.Sprint(d.Low) }, show: func(d api.Dimension) string { return fmt.Sprintf("%.0f", d.Low) }, right: true},
	{name: "high", title: "HIGH", value: func(d api.Dimension) string { return fmt.Sprint(d.High) }, show: func(d api.Dimension) string { return fmt.Sprintf("%.0f", d.High) }, right: true},
	{name: "evidence", title: "EVIDENCE", value: func(d api.Dimension) string { return fmt.Sprint(d.Evidence) }, show: func(d api.Dimension) string { return fmt.Sprintf("%.1f", d.Evidence) }, right: true},
	{name: "share", title: "SHARE", value: func(d api.Dimension) string { return fmt.Sprint(d.Share) }, show: func(d api.Dimension) string { return fmt.Sprintf("%.0f%%", 100*d.Share) }, right: true},
}

// points is a score for people.
func points(score *float64) string {
	if score == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.0f", *score)
}

// bar draws the 90% interval, and the score in it, on a scale from 0 to 100.
func bar(r api.Reading) string {
	const steps = 20
	at := func(points float64) int { return int(math.Round(min(max(points, 0), 100) / 100 * steps)) }
	low, high, mean := at(r.Low), at(r.High), at(r.Mean)
	var b strings.Builder
	for i := range steps + 1 {
		switch {
		case i == mean && r.Known:
			b.WriteString("●")
		case i >= low && i <= high:
			b.WriteString("─")
		default:
			b.WriteString("·")
		}
	}
	return b.String()
}

var flagColumns = []column[api.Flag]{
	{title: "FLAG", value: func(f api.Flag) string { return strings.ReplaceAll(f.Name, "_", " ") }, alarm: func(api.Flag) bool { return true }},
	{title: "ABOUT", value: func(f api.Flag) string { return f.Key }, flex: true},
	{title: "SINCE (UTC)", value: func(f api.Flag) string { return minute(f.Since) }},
	{title: "EVENTS", value: func(f api.Flag) string { return list(f.Positions) }, flex: true},
}

var changeColumns = []column[api.Change]{
	{name: "cause", title: "CAUSE", value: func(c api.Change) string { return c.Cause }, show: func(c api.Change) string { return strings.ReplaceAll(c.Cause, "_", " ") }},
	{name: "effect", title: "EFFECT", value: func(c api.Change) string { return fmt.Sprint(c.Effect) }, show: func(c api.Change) string { return fmt.Sprintf("%+.2f", c.Effect) }, right: true},
	{name: "positions", title: "EVENTS", value: func(c api.Change) string { return strings.Trim(fmt.Sprint(c.Positions), "[]") }, show: func(c api.Change) string { return list(c.Positions) }, flex: true},
}

var contributionColumns = []column[api.Contribution]{
	{name: "position", title: "POS", value: func(c api.Contribution) string { return number(c.Position) }, right: true},
	{name: "at", title: "WHEN (UTC)", value: func(c api.Contribution) string { return stamp(c.At) }, show: func(c api.Contribution) string { return minute(c.At) }},
	{name: "dimension", title: "DIMENSION", value: func(c api.Contribution) string { return c.Dimension }},
	{name: "kind", title: "EVIDENCE", value: func(c api.Contribution) string { return c.Kind }, flex: true},
	{name: "for", title: "FOR", value: func(c api.Contribution) string { return fmt.Sprint(c.For) }, show: func(c api.Contribution) string { return fmt.Sprintf("%.2f", c.For) }, right: true},
	{name: "against", title: "AGAINST", value: func(c api.Contribution) string { return fmt.Sprint(c.Against) }, show: func(c api.Contribution) string { return fmt.Sprintf("%.2f", c.Against) }, right: true},
	{name: "effect", title: "EFFECT", value: func(c api.Contribution) string { return fmt.Sprint(c.Effect) }, show: func(c api.Contribution) string { return fmt.Sprintf("%+.2f", c.Effect) }, right: true},
}
