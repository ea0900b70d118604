package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/timeline"
	"github.com/rapport-ledger/rapport/projections/trust"
)

func TestEveryErrorHasItsProblem(t *testing.T) {
	t.Parallel()
	fault := []domain.Fault{{Location: "data.x", Message: "is wrong"}}
	cases := []struct {
		err      error
		status   int
		kind     string
		location string
	}{
		{&codec.Malformed{Faults: fault}, 400, "malformed", "data.x"},
		{&domain.Refusal{Faults: fault}, 422, "refused", "data.x"},
		{&eventstore.IdentityConflictError{Source: "s", ID: "1", Position: 7}, 409, "conflict", "recorded"},
		{&eventstore.IdentityConflictError{Source: "s", ID: "1"}, 409, "conflict", "recorded"},
		{&eventstore.RevisionConflictError{}, 409, "contended", ""},
		{&http.MaxBytesError{Limit: 10}, 413, "too-large", ""},
		{&eventstore.CorruptionError{Position: 9, Err: errors.New("bits")}, 500, "corrupt", ""},
		{eventstore.ErrNotFound, 404, "not-found", ""},
		{commands.ErrNoSuchItem, 404, "not-found", ""},
		{followups.ErrUnknownItem, 404, "not-found", ""},
		{timeline.ErrUnknownAccount, 404, "not-found", ""},
		{trust.ErrUnknownAccount, 404, "not-found", ""},
		{trust.ErrUnknownPolicy, 404, "not-found", ""},
		{dossier.ErrUnknownAccount, 404, "not-found", ""},
		{projections.ErrUnknown, 404, "not-found", ""},
		{timeline.ErrBadCursor, 422, "refused", "query.cursor"},
		{followups.ErrBadCursor, 422, "refused", "query.cursor"},
		{trust.ErrBadSpan, 422, "refused", "query.since"},
		{projections.ErrRebuilding, 409, "busy", ""},
		{projections.ErrBuilding, 503, "unavailable", ""},
		{&projections.FailedError{Name: "trust", Err: errors.New("x")}, 503, "unavailable", ""},
		{eventstore.ErrUnavailable, 503, "unavailable", ""},
		{eventstore.ErrClosed, 503, "unavailable", ""},
		{projections.ErrClosed, 503, "unavailable", ""},
		{commands.ErrStopped, 503, "unavailable", ""},
		{context.Canceled, 503, "unavailable", ""},
		{context.DeadlineExceeded, 504, "timeout", ""},
		{errors.New("secret"), 500, "internal", ""},
		{NotFound("gone"), 404, "not-found", ""},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%T %v", c.err, c.err), func(t *testing.T) {
			p := ProblemOf(fmt.Errorf("record: %w", c.err))
			if p.Status != c.status || p.Type != "urn:rapport:problem:"+c.kind || p.Title == "" {
				t.Errorf("got %+v", p)
			}
			if c.location != "" && (len(p.Errors) == 0 || p.Errors[0].Location != c.location) {
				t.Errorf("got %+v, want a fault at %s", p.Errors, c.location)
			}
			if got, want := p.Internal(), c.status == 500; got != want {
				t.Errorf("internal: got %t, want %t", got, want)
			}
			if strings.Contains(p.Error(), "secret") {
				t.Errorf("it tells what is inside: %s", p.Error())
			}
			if got, want := p.GetHeaders().Get("Retry-After") != "", c.status == 503; got != want {
				t.Errorf("Retry-After: got %t, want %t", got, want)
			}
		})
	}
}

func TestAFullDiskIsWorthTryingAgainAndIsLogged(t *testing.T) {
	t.Parallel()
	p := ProblemOf(&fs.PathError{Op: "write", Path: "secret", Err: syscall.ENOSPC})
	if p.Status != 503 || !p.Internal() || p.GetHeaders().Get("Retry-After") == "" || strings.Contains(p.Error(), "secret") {
		t.Errorf("got %+v", p)
	}
}

func TestAConflictNamesBothHashesAndThePlace(t *testing.T) {
	t.Parallel()
	p := ProblemOf(&eventstore.IdentityConflictError{
		Source: "erp", ID: "7", Position: 42, Recorded: eventstore.Hash{0xab}, Offered: eventstore.Hash{0xcd},
	})
	if !strings.Contains(p.Detail, "position 42") {
		t.Errorf("detail: %s", p.Detail)
	}
	for i, want := range []string{"sha256:ab00", "sha256:cd00"} {
		if !strings.HasPrefix(p.Errors[i].Message, want) {
			t.Errorf("got %q, want it to begin with %q", p.Errors[i].Message, want)
		}
	}
}

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"2026-01-31":                       "2026-01-31T00:00:00Z",
		"2026-01-31T09:30:00Z":             "2026-01-31T09:30:00Z",
		"2026-01-31T09:30:00+01:00":        "2026-01-31T08:30:00Z",
		"2026-01-31T09:30:00.123456789Z":   "2026-01-31T09:30:00.123456Z",
		"0001-01-02":                       "0001-01-02T00:00:00Z",
		"0001-01-01":                       "", // the zero time would be none
		"0001-01-01T01:00:00+01:00":        "",
		"0001-01-01T00:00:00+14:00":        "", // in UTC it is before the year 1
		"0000-06-01":                       "",
		"9999-12-31T23:59:59Z":             "9999-12-31T23:59:59Z",
		"9999-12-31T23:59:59-14:00":        "", // in UTC it is after the year 9999
		"2026-02-30":                       "",
		"31.1.2026":                        "",
		"":                                 "",
		"2026-01-31T09:30:00 01:00":        "",
		"2026-01-31T09:30:00":              "",
		"2026-01-31T09:30:00Z; drop table": "",
	}
	for given, want := range cases {
		got, err := ParseTime(given)
		if (err != nil) != (want == "") || err == nil && got.Format("2006-01-02T15:04:05.999999Z07:00") != want {
			t.Errorf("%q: got %v, %v; want %q", given, got, err, want)
		}
	}
}
