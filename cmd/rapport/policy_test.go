package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

// fits holds what is printed to 80 columns.
func fits(t testing.TB, out string) {
	t.Helper()
	for line := range strings.Lines(out) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestThePolicyIsShownComparedAndChanged(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	cli := func(args ...string) string { return succeed(t, "", append(args, "--server", l.url)...) }
	file := filepath.Join(t.TempDir(), "rules.json")

	shown := cli("policy")
	fits(t, shown)
	for _, want := range []string{"Policy default-2, in force from the beginning.", "delivery.missed", "complaint", "mon tue wed thu fri 09:00–12:30"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in\n%s", want, shown)
		}
	}
	var p struct {
		Trust    domain.TrustPolicy    `json:"trust"`
		FollowUp domain.FollowUpPolicy `json:"followup"`
	}
	if err := json.Unmarshal([]byte(cli("policy", "-o", "json")), &p); err != nil {
		t.Fatal(err)
	}
	write := func() {
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if line := cli("policy", "-o", "ndjson"); strings.Count(line, "\n") != 1 || !strings.Contains(line, `"prior_strength":8`) {
		t.Errorf("in a line: got %s", line)
	}
	if rows := cli("policy", "-o", "csv"); !strings.HasPrefix(rows, "path,value\n") || !strings.Contains(rows, "\ntrust.weights.delivery.missed.weight,1.5\n") {
		t.Errorf("rows: got %s", rows)
	}
	write()
	if got := cli("policy", "diff", file); got != "They say the same.\n" {
		t.Errorf("got %s", got)
	}
	p.Trust.PriorStrength = 4
	p.FollowUp.DefaultDueH = 8
	write()
	diff := cli("policy", "diff", file, "-o", "csv")
	if want := "path,from,to\ntrust.prior_strength,8,4\nfollowup.default_due_h,37.5,8\n"; diff != want {
		t.Errorf("got %s, want %s", diff, want)
	}
	changed := cli("policy", "change", file, "--name", "quick", "--reason", "We were too slow.", "--actor", "ann", "--from", "2026-02-01")
	fits(t, changed)
	if !strings.HasPrefix(changed, "quick is recorded at position 1.\n") {
		t.Errorf("got %s", changed)
	}

	if got := cli("policy", "--wait-for", "1"); !strings.Contains(got, "Policy quick, in force since 2026-02-01 00:00 (UTC). Changed by event 1.\nReason: We were too slow.") {
		t.Errorf("got %s", got)
	}
	if got := cli("policy", "--at", "2026-01-31"); !strings.Contains(got, "Policy default-2") {
		t.Errorf("before it was in force: got %s", got)
	}
	if got := cli("policy", "--known-at", "2026-01-31"); !strings.Contains(got, "Policy default-2") {
		t.Errorf("before it was known: got %s", got)
	}
	for _, args := range [][]string{{"default-2", "quick"}, {"default-2"}, {"2026-01-31", "2026-02-01"}, {"default-2", file}} {
		if got := cli(append([]string{"policy", "diff", "-o", "csv"}, args...)...); got != diff {
			t.Errorf("%v: got %s, want %s", args, got, diff)
		}
	}
	history := cli("policy", "history")
	fits(t, history)
	if !strings.Contains(history, "quick") {
		t.Errorf("got %s", history)
	}
	var page api.Page[api.PolicyStep]
	if err := json.Unmarshal([]byte(cli("policy", "history", "-o", "json")), &page); err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 1 || page.Items[0].What != "changed" || len(page.Items[0].Differences) != 2 {
		t.Errorf("got %+v", page)
	}
}

func TestAPolicyThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	same, err := json.Marshal(map[string]any{"calendar": domain.DefaultPolicy().Calendar})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, content string
		policy, want  string
	}{
		{"a day of no such hours", `{"calendar":{"time_zone":"UTC","week":[{"day":"mon","from":"9:00","to":"17:00"}]}}`, "a", "data.calendar.week[0].from"},
		{"a name that is taken", `{"followup":{"slas":[],"default_due_h":3}}`, "default-2", "data.name"},
		{"a misspelt field", `{"followup":{"slas":[],"default_due":3}}`, "a", "default_due"},
		{"nothing that differs", string(same), "a", "nothing would change"},
		{"no JSON", `hours`, "a", "invalid character"},
	} {
		var out, errors bytes.Buffer
		args := []string{"policy", "change", file("p.json", c.content), "--name", c.policy, "--reason", "r", "--server", l.url}
		if code := run(t.Context(), args, strings.NewReader(""), &out, &errors); code != exitFailed || !strings.Contains(errors.String(), c.want) {
			t.Errorf("%s: got %d, %s", c.name, code, errors.String())
		}
	}
	var out, errors bytes.Buffer
	if code := run(t.Context(), []string{"policy", "nobody-s", "--server", l.url}, strings.NewReader(""), &out, &errors); code != exitFailed || !strings.Contains(errors.String(), "No policy was ever called that") {
		t.Errorf("got %d, %s", code, errors.String())
	}
}

func TestAChangeOfThePolicySentAgainIsOneChange(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	body := `{"name":"quick","reason":"r","followup":{"slas":[],"default_due_h":3}}`
	for _, want := range []string{api.StatusRecorded, api.StatusDuplicate} {
		req, err := http.NewRequest(http.MethodPost, l.url+"/v1/policy", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", "k-1")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var receipts api.Receipts
		err = json.NewDecoder(res.Body).Decode(&receipts)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusCreated || receipts.Receipts[0].Status != want || receipts.Receipts[0].Position != 1 {
			t.Errorf("got %d, %s, want %s", res.StatusCode, fmt.Sprint(receipts, err), want)
		}
	}
}
