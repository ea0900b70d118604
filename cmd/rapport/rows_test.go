package main

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

// rows records what a row of the requirements speaks of, and asks what the row asks. A test
// begins one for a projection, and has a subtest for each row.
type rows struct {
	*ledger
	written int
	last    domain.Position
}

func newRows(t *testing.T) *rows { return &rows{ledger: startLedger(t)} }

// fact records that something happened on a day of 2026, such as 03-02 or 03-02T14:30, and gives
// its position.
func (r *rows) fact(account, day, eventType, data string) domain.Position {
	r.t.Helper()
	if !strings.Contains(day, "T") {
		day += "T09:00"
	}
	r.written++
	e := event(fmt.Sprintf("row-%d", r.written), eventType, account, data)
	r.last = r.record(strings.Replace(e, "2026-03-02T09:00:00Z", "2026-"+day+":00Z", 1)).Position
	return r.last
}

// answer is what the path answers, with all that was recorded: as of 1 September 2026, or of
// the queue now.
func (r *rows) answer(path string) *tree {
	r.t.Helper()
	query := fmt.Sprintf("?wait_for=%d", r.last)
	if strings.Contains(path, "?") {
		query = "&" + query[1:]
	}
	if !strings.Contains(path, "/followups") && !strings.Contains(path, "?at=") && !strings.Contains(path, "&at=") {
		query += "&at=2026-09-01T00:00:00Z"
	}
	res := r.get(path + query)
	if res.status != http.StatusOK {
		r.t.Fatalf("GET %s: got %d: %s", path, res.status, res.body)
	}
	var t tree
	res.decode(r.t, &t)
	return &t
}

// row checks that the answer to a row's question is in the path's answer: by the names that
// lead to each value (items.0.account), what it is in CSV; "" if it is unknown.
func (r *rows) row(t *testing.T, id, question, path string, want map[string]string) {
	t.Helper()
	t.Run(id, func(t *testing.T) {
		t.Helper()
		answer := r.answer(path)
		for _, name := range slices.Sorted(maps.Keys(want)) {
			part := answer.part(name)
			switch {
			case part == nil:
				t.Errorf("%s GET %s has no %s", question, path, name)
			case part.plain() != want[name]:
				t.Errorf("%s GET %s: %s is %s, want %s", question, path, name, part.plain(), want[name])
			}
		}
	})
}

// documents are the requirements' documents, with their numbers of rows.
var documents = map[string]int{"S0": 21, "S1": 21, "S2": 16, "S3": 24, "S4": 33}

// TestEveryRowIsAsked holds the tests to the requirements: each row is named by one.
func TestEveryRowIsAsked(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("rows_*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	name := regexp.MustCompile(`"(S[0-4]-[0-9]+)"`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range name.FindAllStringSubmatch(string(source), -1) {
			named[found[1]] = true
		}
	}
	var missing []string
	for _, document := range slices.Sorted(maps.Keys(documents)) {
		for n := range documents[document] {
			if id := fmt.Sprintf("%s-%d", document, n+1); !named[id] {
				missing = append(missing, id)
			}
		}
	}
	if len(missing) > 0 {
		t.Errorf("no test asks rows %s", strings.Join(missing, ", "))
	}
}

// owed checks that an item of the reason waits in the account's queue.
func (r *rows) owed(t *testing.T, id, question, account, reason string) {
	t.Helper()
	t.Run(id, func(t *testing.T) {
		t.Helper()
		items := r.answer("/v1/followups?account=" + account).part("items")
		if !slices.ContainsFunc(items.parts, func(item tree) bool { return item.part("reason").plain() == reason }) {
			t.Errorf("%s Nobody is to: %s", question, items.plain())
		}
	})
}

// cli is what the command prints.
func (r *rows) cli(args ...string) string {
	r.t.Helper()
	var out, complaints strings.Builder
	if code := run(r.t.Context(), append(args, "--server", r.url), strings.NewReader(""), &out, &complaints); code != exitOK {
		r.t.Fatalf("rapport %s: exit code %d: %s", strings.Join(args, " "), code, complaints.String())
	}
	return out.String()
}
