package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/client"
	"github.com/rapport-ledger/rapport/domain"
)

type accountCmd struct {
	remote
	output
	Limit   int     `short:"n" default:"10" placeholder:"N" help:"Most lines of the timeline in tables (${default})."`
	Account string  `arg:"" help:"The account's id."`
	KnownAt instant `placeholder:"TIME" help:"As a person saw it then, from what was recorded by then; now if absent."`
	At      instant `placeholder:"TIME" help:"What had happened by then; the time of --known-at if absent."`
}

// Help says more than fits a line.
func (accountCmd) Help() string {
	return `With --known-at, what was known then comes first, and then hindsight: what is known now about the same time, such as events that were recorded only later, and corrections.

CSV has the timeline, and what hindsight says of its events; JSON has all.

The follow-ups are those of --known-at, also where --at is another time: they are made again from the account's events by today's rules.`
}

// picture is what is known of an account.
type picture struct {
	Timeline  []api.Entry    `json:"timeline"`
	Trust     api.Trust      `json:"trust"`
	FollowUps []api.FollowUp `json:"followups"`
}

// replayedAccount is an account as it was seen, and as it is seen now.
type replayedAccount struct {
	Account   string     `json:"account"`
	At        *time.Time `json:"at,omitempty"`
	KnownAt   *time.Time `json:"known_at,omitempty"`
	Then      picture    `json:"then"`
	Hindsight *hindsight `json:"hindsight,omitempty"`
}

// hindsight is what is known now and was not known then, about the same time.
type hindsight struct {
	Events    []revision       `json:"events"`
	Trust     api.Trust        `json:"trust"`
	FollowUps []followUpBecame `json:"followups"`
}

// revision is an event that is seen otherwise now.
type revision struct {
	What  string    `json:"what"`
	Entry api.Entry `json:"entry"`
}

// followUpBecame is what became of an item of the queue, or one that should have been in it.
type followUpBecame struct {
	Then string       `json:"then"` // its state; missed: it was not in the queue
	Now  api.FollowUp `json:"now"`
}

func (c *accountCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	if c.Limit < 0 {
		return usageError("--limit: fewer than no lines cannot be shown")
	}
	r := replayedAccount{Account: c.Account}
	if !c.KnownAt.IsZero() {
		r.At, r.KnownAt = &c.KnownAt.Time, &c.KnownAt.Time
	}
	if !c.At.IsZero() {
		r.At = &c.At.Time
	}
	most := 0
	if c.Output == "table" && r.KnownAt == nil {
		most = c.Limit + 1 // one more tells that there are more
	}
	if r.Then, err = c.picture(e, remote, r.At, r.KnownAt, most); err != nil {
		return err
	}
	if r.KnownAt != nil {
		now, err := c.picture(e, remote, r.At, nil, 0)
		if err != nil {
			return err
		}
		r.Hindsight = &hindsight{Events: revisions(r.Then.Timeline, now.Timeline), Trust: now.Trust, FollowUps: became(r.Then.FollowUps, now.FollowUps, *r.At)}
	}
	switch c.Output {
	case "json":
		return writeIndented(e.stdout, r)
	case "ndjson":
		return writeJSON(e.stdout, r)
	case "csv":
		return writeCSV(e.stdout, each(r.events()), revisionColumns)
	}
	return c.table(e.stdout, r)
}

// events are those that were known then, with what is known of them now, and those that were not,
// newest first.
func (r replayedAccount) events() []revision {
	var all []revision
	if r.Hindsight != nil {
		all = slices.Clone(r.Hindsight.Events)
	}
	otherwise := map[domain.Position]bool{}
	for _, seen := range all {
		otherwise[seen.Entry.Position] = true
	}
	for _, n := range r.Then.Timeline {
		if !otherwise[n.Position] {
			all = append(all, revision{Entry: n})
		}
	}
	slices.SortFunc(all, func(a, b revision) int {
		return cmp.Or(b.Entry.Occurred.Compare(a.Entry.Occurred), cmp.Compare(b.Entry.Position, a.Entry.Position))
	})
	return all
}

// picture is what is known of the account at the time; nil is now. Of the timeline it has so
// many events at most, the newest; 0 is all of them.
func (c *accountCmd) picture(e *env, remote *client.Client, at, known *time.Time, most int) (p picture, err error) {
	var times []string
	if at != nil {
		times = append(times, "at", stamp(*at))
	}
	var knownAt string
	if known != nil {
		knownAt = stamp(*known)
	}
	query := given(append(times, "known_at", knownAt)...)
	path := "/v1/accounts/" + segment(c.Account)
	if p.Timeline, err = collected(client.Items[api.Entry](e.ctx, remote, path+"/timeline", query, most)); err != nil {
		return p, err
	}
	if err := remote.Get(e.ctx, path+"/trust", query, &p.Trust); err != nil {
		return p, err
	}
	p.FollowUps, err = collected(client.Items[api.FollowUp](e.ctx, remote, "/v1/followups", given("account", c.Account, "known_at", knownAt), 0))
	return p, err
}

// collected are all the items; never null in JSON.
func collected[T any](items func(func(T, error) bool)) ([]T, error) {
	all := []T{}
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// revisions are the events that came, went or changed between two timelines, in the order of
// the later one, what went last.
func revisions(then, now []api.Entry) []revision {
	before, found := map[uint64]api.Entry{}, []revision{}
	for _, n := range then {
		before[uint64(n.Position)] = n
	}
	for _, n := range now {
		old, seen := before[uint64(n.Position)]
		delete(before, uint64(n.Position))
		var what []string
		if !seen {
			what = append(what, "not known then")
		}
		if n.RetractedBy != old.RetractedBy {
			what = append(what, "retracted")
		}
		if n.CorrectedBy != old.CorrectedBy {
			what = append(what, "corrected")
		}
		if len(what) > 0 {
			found = append(found, revision{strings.Join(what, ", "), n})
		}
	}
	for _, n := range then {
		if _, gone := before[uint64(n.Position)]; gone {
			found = append(found, revision{"not of this time", n})
		}
	}
	return found
}

// became is what became of the items of a queue, and which were missing in it: those from causes
// that had happened by then and still count.
func became(then, now []api.FollowUp, at time.Time) []followUpBecame {
	all := []followUpBecame{}
	for _, f := range now {
		if i := slices.IndexFunc(then, func(o api.FollowUp) bool { return o.ID == f.ID }); i >= 0 {
			if then[i].State != "closed" {
				all = append(all, followUpBecame{state(then[i]), f})
			}
		} else if !f.Opened.After(at) && f.Ending != "withdrawn" {
			all = append(all, followUpBecame{"missed", f})
		}
	}
	return all
}

func (c *accountCmd) table(w io.Writer, r replayedAccount) error {
	section := func(title string) {
		fmt.Fprintln(w)
		sayWrapped(w, title)
	}
	sayWrapped(w, heading(r.Then.Trust))
	fmt.Fprintln(w)
	if err := writeTable(w, each(dimensionsOf(r.Then.Trust)), dimensionColumns); err != nil {
		return err
	}
	if flags := r.Then.Trust.Flags; len(flags) > 0 {
		section("Flags:")
		if err := writeTable(w, each(flags), flagColumns); err != nil {
			return err
		}
	}
	last := r.Then.Timeline[:min(len(r.Then.Timeline), c.Limit)]
	title := fmt.Sprintf("Timeline, %d of %d events, newest first:", len(last), len(r.Then.Timeline))
	if r.Hindsight == nil && len(last) < len(r.Then.Timeline) { // not all were read
		title = fmt.Sprintf("Timeline, the newest %d events:", len(last))
	}
	section(title)
	if err := writeTable(w, each(last), entryColumns); err != nil {
		return err
	}
	queue := slices.DeleteFunc(slices.Clone(r.Then.FollowUps), func(f api.FollowUp) bool { return f.State == "closed" })
	section(fmt.Sprintf("Follow-ups, %d:", len(queue)))
	if err := writeTable(w, each(queue), followUpColumns); err != nil {
		return err
	}
	if r.Hindsight == nil {
		return nil
	}
	return r.Hindsight.table(w, r, c.Limit)
}

func (h *hindsight) table(w io.Writer, r replayedAccount, limit int) error {
	fmt.Fprintf(w, "\nHINDSIGHT: what is known now about the same time\n\n")
	if err := writeTable(w, each(compared(r.Then.Trust, h.Trust)), comparisonColumns); err != nil {
		return err
	}
	shown := h.Events[:min(len(h.Events), limit)]
	fmt.Fprintf(w, "\nEvents that are seen otherwise now, %d of %d:\n", len(shown), len(h.Events))
	if err := writeTable(w, each(shown), revisionColumns); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nWhat became of the follow-ups, %d:\n", len(h.FollowUps))
	return writeTable(w, each(h.FollowUps), becameColumns)
}

// comparison is a dimension then and now.
type comparison struct{ then, now api.Dimension }

func compared(then, now api.Trust) []comparison {
	all := []comparison{}
	later := dimensionsOf(now)
	for _, d := range dimensionsOf(then) {
		if i := slices.IndexFunc(later, func(o api.Dimension) bool { return o.Name == d.Name }); i >= 0 {
			all = append(all, comparison{d, later[i]})
		}
	}
	return all
}

var comparisonColumns = []column[comparison]{
	{title: "DIMENSION", value: func(c comparison) string { return c.then.Name }},
	{title: "THEN", value: func(c comparison) string { return points(c.then.Score) }, right: true},
	{title: "NOW", value: func(c comparison) string { return points(c.now.Score) }, right: true},
	{title: "90% THEN", value: func(c comparison) string { return ninety(c.then.Reading) }, right: true},
	{title: "90% NOW", value: func(c comparison) string { return ninety(c.now.Reading) }, right: true},
	{title: "EVIDENCE", value: func(c comparison) string { return fmt.Sprintf("%.1f", c.then.Evidence) }, right: true},
	{title: "NOW", value: func(c comparison) string { return fmt.Sprintf("%.1f", c.now.Evidence) }, right: true},
}

func ninety(r api.Reading) string { return fmt.Sprintf("%.0f–%.0f", r.Low, r.High) }

var revisionColumns = append([]column[revision]{
	{title: "POS", value: func(r revision) string { return number(r.Entry.Position) }, right: true},
	{title: "OCCURRED", value: func(r revision) string { return day(r.Entry.Occurred) }},
	{title: "RECORDED", value: func(r revision) string { return day(r.Entry.Recorded) }},
	{name: "hindsight", title: "NOW", value: func(r revision) string { return r.What }},
	{title: "TYPE", value: func(r revision) string { return r.Entry.Type }, flex: true},
	{title: "WHAT", value: func(r revision) string { return what(r.Entry) }, flex: true},
}, entryFields()...)

// entryFields are an event's columns in CSV.
func entryFields() []column[revision] {
	var all []column[revision]
	for _, c := range entryColumns {
		all = append(all, column[revision]{name: c.name, value: func(r revision) string { return c.value(r.Entry) }})
	}
	return all
}

var becameColumns = []column[followUpBecame]{
	{title: "THEN", value: func(f followUpBecame) string { return f.Then }, alarm: func(f followUpBecame) bool { return f.Then == "missed" }},
	{title: "NOW", value: func(f followUpBecame) string { return state(f.Now) }},
	{title: "SINCE", value: func(f followUpBecame) string { return day(f.Now.Opened) }},
	{title: "REASON", value: func(f followUpBecame) string { return reason(f.Now) }, flex: true},
	{title: "ID", value: func(f followUpBecame) string { return f.Now.ID }},
}
