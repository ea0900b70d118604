package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func TestAReplayToParquetHasTheEventsThatTheLinesHave(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	l.record(event("1", "account.opened", "acme", `{"name":"Acme","kind":"customer"}`))
	raised := l.record(complaint("2", "acme"))
	l.record(event("3", "entry.retracted", "acme", fmt.Sprintf(`{"position":%d,"reason":"Entered twice."}`, raised.Position)))
	l.record(`{"specversion":"1.0","id":"4","source":"test","type":"rapport.complaint.raised.v1","subject":"other","actor":"ann",` +
		`"correlationid":"c-1","causationid":"c-0","data":{"complaint":"C-4","severity":5,"summary":"\"Quoted\", 株式会社"}}`)

	path := filepath.Join(t.TempDir(), "events.parquet")
	succeed(t, "", "replay", "-o", "parquet", "--file", path, "--server", l.url)
	rows, err := parquet.ReadFile[eventRow](path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(succeed(t, "", "replay", "--server", l.url), "\n"), "\n")
	if len(rows) != 4 || len(lines) != 4 {
		t.Fatalf("got %d rows and %d lines, want 4", len(rows), len(lines))
	}
	for i, line := range lines {
		if got, want := attributesOf(t, rows[i]), givenIn(t, line); got != want {
			t.Errorf("row %d:\n got %s\nwant %s", i, got, want)
		}
	}
}

// attributesOf is the row as a CloudEvent in canonical JSON.
func attributesOf(t *testing.T, r eventRow) string {
	t.Helper()
	all := map[string]any{
		"sequence": fmt.Sprint(r.Sequence), "revision": fmt.Sprint(r.Revision), "recordedtime": stamp(r.Recorded), "time": stamp(r.Occurred),
		"type": r.Type, "source": r.Source, "id": r.ID, "subject": r.Subject, "data": json.RawMessage(r.Data),
	}
	if r.Assumed {
		all["timeassumed"] = true
	}
	if r.Target != 0 {
		all["target"] = fmt.Sprint(r.Target)
	}
	for name, value := range map[string]string{
		"actor": r.Actor, "correlationid": r.CorrelationID, "causationid": r.CausationID, "traceparent": r.TraceParent,
		"recordedby": r.RecordedBy, "forgotten": r.Forgotten,
	} {
		if value != "" {
			all[name] = value
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return givenIn(t, string(b))
}

// givenIn is the event of a line in canonical JSON, without what is the same in each and
// without the copy of the subject.
func givenIn(t *testing.T, line string) string {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(line), &all); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"specversion", "datacontenttype", "partitionkey"} {
		delete(all, name)
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestARowGroupIsWrittenWhenItIsFull(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x", 1<<20)
	events := 0
	lines := func(yield func([]byte, error) bool) {
		for events < 40 {
			events++
			if !yield(fmt.Appendf(nil, `{"sequence":"%d","revision":"1","data":{"text":%q}}`, events, text), nil) {
				return
			}
		}
	}
	var out bytes.Buffer
	if err := replayParquet(&out, lines); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(f.RowGroups()), 3; got != want || f.NumRows() != 40 {
		t.Errorf("got %d row groups with %d rows, want %d with 40", got, f.NumRows(), want)
	}
}

func TestAReplayThatIsCutLeavesNoFile(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "{\"sequence\":\"1\",\"revision\":\"1\",\"data\":{}}\n{\"seq")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	for _, format := range []string{"ndjson", "csv", "parquet"} {
		dir := t.TempDir()
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"replay", "-o", format, "--file", filepath.Join(dir, "events"), "--server", server.URL}, strings.NewReader(""), &out, &errs)
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if code != exitFailed || len(left) != 0 || !strings.Contains(errs.String(), "was not written") {
			t.Errorf("%s: got %d, %q, left %v", format, code, errs.String(), left)
		}
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"replay", "-o", "parquet", "--server", server.URL}, strings.NewReader(""), &out, &errs); code != exitFailed {
		t.Errorf("got %d", code)
	}
	if _, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len())); err == nil {
		t.Error("what was cut looks whole")
	}
}

func TestAReplayReplacesNoFile(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	path := filepath.Join(t.TempDir(), "events.parquet")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"replay", "-o", "parquet", "--file", path, "--server", l.url}, strings.NewReader(""), &out, &errs)
	if b, err := os.ReadFile(path); err != nil || string(b) != "mine" || code != exitFailed {
		t.Errorf("got %d, %q, %v", code, b, err)
	}
}
