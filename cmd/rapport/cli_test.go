package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

func TestExitCodesTellWhatWentWrong(t *testing.T) {
	t.Parallel()
	l := startLedger(t)
	for args, want := range map[string]int{
		"version":                              exitOK,
		"--help":                               exitOK,
		"schema complaint.raised":              exitOK,
		"accounts --server " + l.url:           exitOK,
		"schema complaint.imagined":            exitFailed,
		"timeline nobody --server " + l.url:    exitFailed,
		"record none.ndjson --server " + l.url: exitFailed,
		"record --type complaint.raised --account acme --server " + l.url: exitFailed,
		"accounts --server nowhere":                                       exitUsage,
		"accounts --colour":                                               exitUsage,
		"record":                                                          exitUsage,
		"followups snooze x --until tomorrow":                             exitUsage,
		"trust acme --at tomorrow --server " + l.url:                      exitUsage,
		"promises --known-at= --server " + l.url:                          exitUsage,
		"trust acme --wait-for x --server " + l.url:                       exitUsage,
		"replay --after -1 --server " + l.url:                             exitUsage,
		"trust nobody --at 2026-01-31 --server " + l.url:                  exitFailed,
		"":                                     exitUsage,
		"accounts --server http://127.0.0.1:1": exitUnreachable,
	} {
		var out, errors bytes.Buffer
		if got := run(t.Context(), strings.Fields(args), strings.NewReader(""), &out, &errors); got != want {
			t.Errorf("rapport %s: got %d, want %d: %s%s", args, got, want, out.String(), errors.String())
		}
		if want > exitFailed && !strings.HasPrefix(errors.String(), "rapport: ") {
			t.Errorf("rapport %s: got %q", args, errors.String())
		}
	}
}

func TestTimesAreReadInOnePlace(t *testing.T) {
	t.Parallel()
	times := 0
	for _, command := range kong.Must(&cli{}).Model.Leaves(false) {
		for _, flag := range command.Flags {
			switch flag.Target.Interface().(type) {
			case instant:
				times++
			case time.Duration:
			default:
				if flag.PlaceHolder == "TIME" {
					t.Errorf("%s --%s is no time", command.FullPath(), flag.Name)
				}
			}
		}
	}
	if times < 20 {
		t.Errorf("found %d times", times)
	}
}

func TestAPasswordInTheServersAddressIsNotShown(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]int{
		"http://anna:secret@127.0.0.1:1": exitUnreachable,
		"htp://anna:secret@127.0.0.1":    exitUsage,
		"http://anna:secret%@127.0.0.1":  exitUsage,
		"anna:secret@127.0.0.1":          exitUsage,
	} {
		var out, errors bytes.Buffer
		got := run(t.Context(), []string{"accounts", "--server", server}, strings.NewReader(""), &out, &errors)
		if said := out.String() + errors.String(); got != want || strings.Contains(said, "secret") || !strings.Contains(said, "127.0.0.1") {
			t.Errorf("--server %s: got %d, want %d: %s", server, got, want, said)
		}
	}
}

func TestAFileWithoutATokenIsWrongUsage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errors bytes.Buffer
	got := run(t.Context(), []string{"accounts", "--token-file", file, "--server", "http://127.0.0.1:1"}, strings.NewReader(""), &out, &errors)
	if want := "rapport: --token-file: " + file + " has no token in it\n"; got != exitUsage || errors.String() != want {
		t.Errorf("got %d: %s, want %d: %s", got, errors.String(), exitUsage, want)
	}
}

func TestAReplayThatIsCutSaysWhereAndPrintsWholeEventsOnly(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "2" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"type":"urn:rapport:problem:corrupt","title":"The log is damaged","status":500,"detail":"The event at position 3 is not what was written."}`)
			return
		}
		fmt.Fprint(w, "{\"sequence\":\"1\"}\n{\"sequence\":\"2\"}\n{\"seq")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	for format, want := range map[string]int{"ndjson": 2, "csv": 3} {
		var out, errors bytes.Buffer
		code := run(t.Context(), []string{"replay", "-o", format, "--server", server.URL}, strings.NewReader(""), &out, &errors)
		if code != exitFailed || strings.Count(out.String(), "\n") != want || !strings.Contains(errors.String(), "position 3 is not what was written") {
			t.Errorf("%s: got %d, %q, %q", format, code, out.String(), errors.String())
		}
	}
}
