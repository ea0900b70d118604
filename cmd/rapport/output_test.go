package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

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
