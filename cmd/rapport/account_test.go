package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

func TestAnAccountIsShownAsItWasSeenBesideHindsight(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	l.record(complaint("1", "acme"))
	seen := l.record(complaint("2", "acme"))
	then := l.recordedTime(seen)
	l.record(retraction("3", "acme", "1"))
	last := l.record(complaint("4", "acme"))
	l.queue("", last.Position) // waits
	l.get("/v1/accounts/acme/timeline?wait_for=4")
	l.get("/v1/accounts/acme/trust?wait_for=4")

	var got replayedAccount
	if err := json.Unmarshal([]byte(succeed(t, "", "account", "acme", "--known-at", then, "-o", "json", "--server", l.url)), &got); err != nil {
		t.Fatal(err)
	}
	if positions := entryPositions(got.Then.Timeline); !slices.Equal(positions, []uint64{2, 1}) || len(got.Then.FollowUps) != 2 || got.Then.Trust.KnownAt != *got.KnownAt {
		t.Errorf("then: got %+v", got.Then)
	}
	whats := map[uint64]string{}
	for _, r := range got.Hindsight.Events {
		whats[uint64(r.Entry.Position)] = r.What
	}
	if whats[1] != "retracted" || whats[4] != "not known then" || whats[2] != "" {
		t.Errorf("hindsight: got %v", whats)
	}
	states := map[string]string{}
	for _, f := range got.Hindsight.FollowUps {
		states[f.Now.Subject] = f.Then + " " + state(f.Now)
	}
	for subject, want := range map[string]string{"C-1": "overdue withdrawn", "C-2": "overdue overdue", "C-4": "missed overdue"} {
		if states[subject] != want {
			t.Errorf("%s: got %q, want %q", subject, states[subject], want)
		}
	}
	var trust api.Trust
	l.ask("/v1/accounts/acme/trust?at="+then, &trust)
	if got.Hindsight.Trust.Mean != trust.Mean {
		t.Errorf("trust: got %v, want %v", got.Hindsight.Trust.Mean, trust.Mean)
	}

	if line := succeed(t, "", "account", "acme", "--known-at", then, "-o", "ndjson", "--server", l.url); strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, `{"account":"acme"`) {
		t.Errorf("in a line: got %s", line)
	}
	var rows []string
	for row := range strings.Lines(succeed(t, "", "account", "acme", "--known-at", then, "-o", "csv", "--server", l.url)) {
		rows = append(rows, strings.Join(strings.SplitN(row, ",", 3)[:2], " "))
	}
	slices.Sort(rows[1:]) // they occurred at one time
	if want := []string{"hindsight position", " 2", "not known then 3", "not known then 4", "retracted 1"}; !slices.Equal(rows, want) {
		t.Errorf("rows: got %q, want %q", rows, want)
	}

	table := succeed(t, "", "account", "acme", "--known-at", then, "--server", l.url)
	before, after, _ := strings.Cut(table, "HINDSIGHT")
	if !strings.Contains(before, "C-1") || strings.Contains(before, "C-4") || !strings.Contains(after, "missed") {
		t.Errorf("got %s", table)
	}
	fits(t, table)
	if now := succeed(t, "", "account", "acme", "--server", l.url); strings.Contains(now, "HINDSIGHT") || !strings.Contains(now, "C-4") ||
		!strings.Contains(now, "Timeline, 4 of 4 events") {
		t.Errorf("now: got %s", now)
	}
	newest := succeed(t, "", "account", "acme", "-n", "3", "--server", l.url)
	if !strings.Contains(newest, "Timeline, the newest 3 events:") || strings.Count(newest, "complaint.raised")+strings.Count(newest, "entry.retracted") != 3 {
		t.Errorf("the newest three: got %s", newest)
	}
}

func TestAnAccountIsNotShownInFewerThanNoLines(t *testing.T) {
	t.Parallel()
	var out, errors bytes.Buffer
	if code := run(t.Context(), []string{"account", "acme", "-n", "-1"}, strings.NewReader(""), &out, &errors); code != exitUsage {
		t.Errorf("got %d, %s", code, errors.String())
	}
}

func TestWhatWasMovedOutOfATimeIsNotOfItInHindsight(t *testing.T) {
	t.Parallel()
	before := []api.Entry{{Position: 1}, {Position: 2, Occurred: time.Unix(1, 0)}}
	got := revisions(before, []api.Entry{{Position: 1, CorrectedBy: 3}})
	if len(got) != 2 || got[0].What != "corrected" || got[1].What != "not of this time" || got[1].Entry.Position != 2 {
		t.Errorf("got %+v", got)
	}
}

func entryPositions(entries []api.Entry) (all []uint64) {
	for _, n := range entries {
		all = append(all, uint64(n.Position))
	}
	return all
}
