package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// succeed runs a command that must succeed and gives what it prints.
func succeed(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	var out, errors bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(stdin), &out, &errors); code != exitOK {
		t.Fatalf("rapport %s: got %d: %s%s", strings.Join(args, " "), code, out.String(), errors.String())
	}
	return out.String()
}

// promised is a ledger of promises of a past year: of each other account all kept, of
// the rest one in five.
func promised(t testing.TB) *ledger {
	t.Helper()
	l := startLedger(t)
	begun := time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)
	var events []string
	for n := range 30 {
		for a := range 12 {
			at := begun.AddDate(0, 0, n).Add(time.Duration(a) * time.Minute)
			fact, id := "kept", fmt.Sprintf("%d-%d", a, n)
			if a%2 == 1 && (7*n+3*a)%5 < 4 {
				fact = "broken"
			}
			events = append(events,
				occurred(at, id+"-made", "commitment.made", a, fmt.Sprintf(`{"commitment":%q,"statement":"x","due_at":%q,"known_to_customer":true}`, id, at.Add(time.Hour).Format(time.RFC3339))),
				occurred(at.Add(time.Minute), id+"-end", "commitment."+fact, a, fmt.Sprintf(`{"commitment":%q}`, id)))
		}
	}
	succeed(t, strings.Join(events, "\n"), "record", "-", "--server", l.url)
	return l
}

func occurred(at time.Time, id, kind string, account int, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"test","type":"rapport.%s.v1","subject":"a%d","time":%q,"data":%s}`,
		id, kind, account, at.Format(time.RFC3339), data)
}

func TestABacktestIsTheSameFromAServerAndFromItsDirectory(t *testing.T) {
	t.Parallel()
	l := promised(t)
	asked := succeed(t, "", "backtest", "--server", l.url, "-o", "json")
	var report backtestJSON
	if err := json.Unmarshal([]byte(asked), &report); err != nil {
		t.Fatal(err)
	}
	d := report.Dimensions[3]
	if report.Clock != "occurred" || d.Name != "promises" || d.Trained != 240 || d.Judged != 120 || d.Verdict != "signal" || len(d.Scores) != 7 {
		t.Errorf("got %s", asked)
	}
	if report.Trust == nil || report.Dimensions[0].Verdict != "too_few" {
		t.Errorf("got %s", asked)
	}
	table := succeed(t, "", "backtest", "--server", l.url, "--calibration")
	fits(t, table)
	for _, want := range []string{"PROMISES: 240 outcomes", "SIGNAL: ", "policy, fitted", "VOICE: too few", "FORETOLD  HAPPENED"} {
		if !strings.Contains(table, want) {
			t.Errorf("%q is missing in\n%s", want, table)
		}
	}
	line := succeed(t, "", "backtest", "--server", l.url, "-o", "ndjson")
	if whole := new(bytes.Buffer); json.Indent(whole, []byte(line), "", "  ") != nil || whole.String() != asked || strings.Count(line, "\n") != 1 {
		t.Errorf("in a line: got %s", line)
	}
	l.stop()
	if read := succeed(t, "", "backtest", "--data", l.app.data, "-o", "json"); read != asked {
		t.Errorf("from the directory:\n%s\nfrom the server:\n%s", read, asked)
	}
}

func TestABacktestOfNothingSaysSo(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	out := succeed(t, "", "backtest", "--server", l.url)
	if !strings.Contains(out, "PROMISES: too few outcomes") || !strings.Contains(out, "Nothing was fitted") {
		t.Errorf("got %s", out)
	}
	for args, want := range map[string]int{
		"backtest --train-until someday --server " + l.url: exitUsage,
		"backtest --data " + t.TempDir():                   exitFailed,
		"backtest --server http://127.0.0.1:1":             exitUnreachable,
	} {
		var out, errors bytes.Buffer
		if got := run(t.Context(), strings.Fields(args), strings.NewReader(""), &out, &errors); got != want {
			t.Errorf("rapport %s: got %d, want %d: %s", args, got, want, errors.String())
		}
	}
}
