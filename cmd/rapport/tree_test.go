package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/projections/closeness"
	"github.com/rapport-ledger/rapport/projections/improvement"
	"github.com/rapport-ledger/rapport/projections/performance"
	"github.com/rapport-ledger/rapport/projections/portfolio"
	"github.com/rapport-ledger/rapport/projections/promises"
	"github.com/rapport-ledger/rapport/projections/voice"
)

// shown is the JSON as people read it, at 80 columns.
func shown(t *testing.T, answer string) string {
	t.Helper()
	var read tree
	if err := json.Unmarshal([]byte(answer), &read); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := writeTree(&out, &read, func(path string) string { return "--part " + path + " -o csv" }); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// many are rows, enough for a table.
func many(row string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(row+",", fewRows+1), ",") + "]"
}

func TestATextThatIsTooLongForItsColumnTakesMoreLines(t *testing.T) {
	t.Parallel()
	why := strings.Repeat("because of this ", 8)
	out := shown(t, fmt.Sprintf(`{"items":%s}`, many(fmt.Sprintf(`{"item":"voice","why":%q,"count":7}`, why))))
	if strings.Contains(out, "…") || strings.Count(out, "because") != 8*(fewRows+1) {
		t.Errorf("something is cut:\n%s", out)
	}
	out = shown(t, fmt.Sprintf(`{"items":%s}`, many(fmt.Sprintf(`{"item":"voice","why":%q,"first_minor":12345678901,"second_minor":12345678901}`, why+"and of that, and of much else"))))
	if !strings.Contains(out, "Not shown: second minor") || strings.Contains(out, "Not shown: first") {
		t.Errorf("a text gets the room of columns after it if it takes too many lines, and of no more than it needs:\n%s", out)
	}
	for line := range strings.Lines(out) {
		if len(line) > 81 {
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
}

func TestWhatATableLeavesOutIsNamed(t *testing.T) {
	t.Parallel()
	wide := `{"account":"acme"`
	for i := range 12 {
		wide += fmt.Sprintf(`,"amount_%d_minor":12345678901`, i)
	}
	for name, c := range map[string]struct{ rows, want string }{
		"columns":                {many(wide + "}"), "amount 11 minor; --part items -o csv has all."},
		"lists within the rows":  {many(`{"supplier":"polymers","evidence":[{"what":"ISO 9001"}]}`), "Not shown: evidence; --part items -o csv has all."},
		"lists that most lack":   {strings.Replace(many(`{"supplier":"polymers","evidence":[]}`), "[]", `[{"what":"ISO 9001"}]`, 1), "Not shown: evidence;"},
		"lists of a few in full": {`[{"supplier":"polymers","evidence":[{"what":"ISO 9001"}]}]`, "what ISO 9001"},
	} {
		if out := shown(t, `{"items":`+c.rows+`}`); !strings.Contains(strings.Join(strings.Fields(out), " "), c.want) {
			t.Errorf("%s: %q is not in\n%s", name, c.want, out)
		}
	}
}

func TestAnEmptyListIsSaidToBeEmpty(t *testing.T) {
	t.Parallel()
	if got, want := shown(t, `{"losses":[],"lost_pct":null}`), "losses  none\nlost    unknown\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatThereIsNotIsNotCalledUnknown(t *testing.T) {
	t.Parallel()
	if got, want := shown(t, `{"late_d":null,"value_minor":null,"loss":null}`), "late d       –\nvalue minor  unknown\nloss         –\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if out := shown(t, `{"items":[{"improvement":"i1","late_d":null,"planned_person_h":null}]}`); !strings.Contains(strings.Join(strings.Fields(out), " "), "i1 – unknown") {
		t.Errorf("got\n%s", out)
	}
}

func TestWhatMayBeAbsentIsInAReport(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, report := range []any{
		closeness.Report{}, closeness.Total{}, closeness.Row{}, improvement.Report{}, improvement.Total{}, improvement.Row{},
		performance.Report{}, performance.Total{}, performance.Row{}, portfolio.Report{}, portfolio.Total{}, portfolio.Row{},
		promises.Report{}, promises.Total{}, promises.Row{}, voice.Report{}, voice.Total{}, voice.Row{},
	} {
		nullable(reflect.TypeOf(report), map[reflect.Type]bool{}, names)
	}
	for _, name := range inapplicable {
		if !names[name] {
			t.Errorf("%s is null in no report", name)
		}
	}
}

// nullable notes the names of what may be null in the type's JSON.
func nullable(of reflect.Type, seen map[reflect.Type]bool, names map[string]bool) {
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice:
		nullable(of.Elem(), seen, names)
	case reflect.Struct:
		if seen[of] {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			field := of.Field(i)
			name, omit, _ := strings.Cut(field.Tag.Get("json"), ",")
			if field.Type.Kind() == reflect.Pointer && name != "" && omit == "" {
				names[name] = true
			}
			nullable(field.Type, seen, names)
		}
	}
}

func TestACountAndItsPercentageHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	want := "told count  3\ntold        unknown\nlost        2\n"
	if got := shown(t, `{"told_count":3,"told_pct":null,"lost_count":2}`); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if out := shown(t, `{"items":[{"told_count":3,"told_pct":75}]}`); !strings.Contains(strings.Join(strings.Fields(out), " "), "TOLD COUNT TOLD 3 75%") {
		t.Errorf("got\n%s", out)
	}
}
