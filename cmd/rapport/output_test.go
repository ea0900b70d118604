package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

func TestATableFitsTheTerminal(t *testing.T) {
	t.Setenv("COLUMNS", "60")
	accounts := []api.Account{
		{Account: "acme", Name: "Acme", Kind: "customer", Tier: "A", Events: 12},
		{Account: "brandt-maschinenbau-international", Name: "Brandt Maschinenbau und Söhne 株式会社 GmbH", Kind: "customer", Events: 3},
		{Account: "evil", Name: "a\x1b[31mred\nline\u202e", Kind: "public", Events: 1},
	}
	var out bytes.Buffer
	if err := writeTable(&out, each(accounts), accountColumns); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if got, want := len(lines), 4; got != want {
		t.Fatalf("got %d lines, want %d:\n%s", got, want, out.String())
	}
	for _, line := range lines {
		if w := text.StringWidth(line); w > 60 {
			t.Errorf("%d columns: %s", w, line)
		}
		if strings.ContainsAny(line, "\x1b\u202e") {
			t.Errorf("a terminal would obey this: %q", line)
		}
	}
	if !strings.Contains(lines[2], "…") {
		t.Errorf("what was cut does not say so: %s", lines[2])
	}
}

func TestALineOfATableHasNoBlanksAtItsEnd(t *testing.T) {
	t.Parallel()
	changes := []api.Change{{Cause: "late_arrival", Effect: -3.2, Positions: []domain.Position{7}}, {Cause: "fading", Effect: 0.1}}
	var out bytes.Buffer
	if err := writeTable(&out, each(changes), changeColumns); err != nil {
		t.Fatal(err)
	}
	if want := "CAUSE         EFFECT  EVENTS\nlate arrival   -3.20  7\nfading         +0.10\n"; out.String() != want {
		t.Errorf("got\n%q, want\n%q", out.String(), want)
	}
}

func TestWhatIsSpareIsLeftOutWhereATableIsTooWide(t *testing.T) {
	items := []api.FollowUp{{ID: "brandt-maschinenbau~0123456789ab", Reason: "expectation_unvalidated", Subject: "e-1", Owner: "ann"}}
	for columns, want := range map[string]bool{"80": false, "200": true} {
		t.Setenv("COLUMNS", columns)
		var out bytes.Buffer
		if err := writeTable(&out, each(items), followUpColumns); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "OWNER"); got != want {
			t.Errorf("in %s columns the owner is there: %v, want %v\n%s", columns, got, want, out.String())
		}
		if !strings.Contains(out.String(), "expectation_unv") {
			t.Errorf("in %s columns the reason cannot be read:\n%s", columns, out.String())
		}
	}
}

func TestTheOwnerOfAnItemSaysWhoHadItAndWhomItWasTakenTo(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]api.FollowUp{
		"ann":                    {Owner: "ann"},
		"ann > eve":              {Owner: "ann", EscalatedTo: "eve"},
		"nobody":                 {},
		"nobody, ann left > eve": {OwnerBefore: "ann", EscalatedTo: "eve"},
	} {
		if got := owner(f); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNoTextBreaksATable(t *testing.T) {
	t.Setenv("COLUMNS", "40")
	texts := []string{
		"👩‍👩‍👧‍👦🇩🇪🏳️‍🌈", "e\u0301\u0301\u0301", "한글 조합", "ﷺ", "ไม่รู้", "\u200b\u200d", "\ufeff\u200f", "１２３", "\x7f\u0085\x00", "株", "…", "\U000e0041",
		"a\u202eb\u2066c\u061c", "\x1b]0;title\x07\x1b[2J", "\r\n\t", "\xff\xfe",
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var a [2]api.Account
		for i := range a {
			for range rng.IntN(12) {
				a[i].Name += texts[rng.IntN(len(texts))]
			}
			a[i].Account = strings.Repeat("x", rng.IntN(64))
		}
		var out bytes.Buffer
		if err := writeTable(&out, each(a[:]), accountColumns[:2]); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != 3 || strings.ContainsAny(out.String(), "\x00\x07\x1b\r\t\u200f\u202e\u2066\u061c\ufeff") {
			t.Fatalf("%q", out.String())
		}
		for _, line := range lines {
			if w := text.StringWidth(line); w > 40 {
				t.Fatalf("%d columns: %q", w, line)
			}
		}
	}
}

func TestTheHeadingOfALongNameIsBroken(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	trust := api.Trust{
		Account: strings.Repeat("a", 64), Policy: "strict \u202e" + strings.Repeat("policy ", 8),
		At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), KnownAt: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
	}
	var out bytes.Buffer
	if err := (&trustCmd{}).table(&env{stdout: &out}, trust); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if w := text.StringWidth(strings.TrimSuffix(line, "\n")); w > 80 || strings.Contains(line, "\u202e") {
			t.Errorf("%d columns: %q", w, line)
		}
	}
}

func TestListsAreTheSameInEveryFormat(t *testing.T) {
	t.Parallel()
	items := []api.Flag{{Name: "one"}, {Name: "two"}}
	columns := []column[api.Flag]{{name: "name", title: "NAME", value: func(f api.Flag) string { return f.Name }}}
	for format, want := range map[string]string{
		"table":  "NAME\none\ntwo\n",
		"csv":    "name\none\ntwo\n",
		"json":   "{\"items\":[\n{\"name\":\"one\",\"positions\":null},\n{\"name\":\"two\",\"positions\":null}\n]}\n",
		"ndjson": "{\"name\":\"one\",\"positions\":null}\n{\"name\":\"two\",\"positions\":null}\n",
	} {
		var out bytes.Buffer
		if err := write(&env{stdout: &out}, output{format}, each(items), columns); err != nil || out.String() != want {
			t.Errorf("%s: got %q, %v; want %q", format, out.String(), err, want)
		}
	}
	var out bytes.Buffer
	if err := write(&env{stdout: &out}, output{"json"}, each([]api.Flag(nil)), columns); err != nil || out.String() != "{\"items\":[]}\n" {
		t.Errorf("an empty list: got %q, %v", out.String(), err)
	}
	failed := errors.New("broken off")
	for _, format := range []string{"table", "csv", "json", "ndjson"} {
		err := write(&env{stdout: new(bytes.Buffer)}, output{format}, func(yield func(api.Flag, error) bool) { yield(api.Flag{}, failed) }, columns)
		if !errors.Is(err, failed) {
			t.Errorf("%s: got %v, want %v", format, err, failed)
		}
	}
}

func TestRunsOfPositionsArePutTogether(t *testing.T) {
	t.Parallel()
	for want, given := range map[string][]domain.Position{
		"": nil, "3": {3}, "3, 5": {3, 5}, "3–5, 9, 11–12": {3, 4, 5, 9, 11, 12},
	} {
		if got := list(given); got != want {
			t.Errorf("%v: got %q, want %q", given, got, want)
		}
	}
}

func TestTheBarShowsTheIntervalAndTheScoreInIt(t *testing.T) {
	t.Parallel()
	score := 50.0
	for want, r := range map[string]api.Reading{
		"·····─────●─────·····": {Known: true, Score: &score, Mean: 50, Low: 25, High: 75},
		"·····───────────·····": {Mean: 50, Low: 25, High: 75},
		"●────────────────────": {Known: true, Mean: 0, Low: 0, High: 100},
	} {
		if got := bar(r); got != want {
			t.Errorf("%+v: got %s, want %s", r, got, want)
		}
	}
}

func TestDataInALineSaysWhatMatters(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"complaint":"C-1","severity":4,"safety":true,"due_at":"2026-03-02T09:00:00Z","summary":"It leaks"}`: "C-1, severity 4, safety true, due_at 2026-03-02 09:00, It leaks",
		`{}`: "",
	} {
		if got := summary(json.RawMessage(data)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEventsAreReadInEveryForm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                 "",
		"\n \n":                            "",
		"{\"a\":1}\n{\"a\":2}\n":           `{"a":1} {"a":2}`,
		"\n{\"a\":1}\r\n\r\n{\"a\":2}":     `{"a":1} {"a":2}`,
		"[{\"a\":1},\n{\"a\":2}]":          `{"a":1} {"a":2}`,
		"[]":                               "",
		"{\n\"a\":1\n}\n{\n\"a\":2\n}":     "{\n\"a\":1\n} {\n\"a\":2\n}",
		"{\"a\":1}\nnonsense\n{\"a\":2}":   `{"a":1} fault(line 2) {"a":2}`,
		"{\"a\":1}\n{\"a\":1},{\"b\":2}":   `{"a":1} fault(line 2)`,
		"\n\n{\"a\":1}\n\n\nx":             `{"a":1} fault(line 6)`,
		"[{\"a\":1},":                      `{"a":1} error`,
		"{\n\"a\":1\n}\nnonsense":          "{\n\"a\":1\n} error",
		"[{\"a\":1}]\n[{\"a\":2}]":         `{"a":1} error`,
		"\xef\xbb\xbf{\"a\":1}\n{\"a\":2}": `{"a":1} {"a":2}`,
	} {
		var got []string
		err := readEvents(strings.NewReader(in))(func(i item) bool {
			if i.problem != nil {
				got = append(got, "fault("+i.problem.Errors[0].Location+")")
			} else {
				got = append(got, string(i.event))
			}
			return true
		})
		if err != nil {
			got = append(got, "error")
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%q: got %q, want %q (%v)", in, got, want, err)
		}
	}
}
