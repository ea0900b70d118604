package main

import (
	"bytes"
	"strings"
	"testing"
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
		"":                                                                exitUsage,
		"accounts --server http://127.0.0.1:1":                            exitUnreachable,
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
