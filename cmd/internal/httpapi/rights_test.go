package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// as is a guard that takes everybody for the principal.
type as access.Principal

func (p as) Identify(*http.Request) (access.Principal, error) { return access.Principal(p), nil }

// routes are all routes of the document, with their parameters filled in, and those
// beside it.
func routes(s *Server) map[string]string {
	all := make(map[string]string)
	fill := strings.NewReplacer("{account}", "acme", "{id}", "x", "{name}", "x", "{type}", "x", "{position}", "1", "{$}", "")
	for path, item := range s.api.OpenAPI().Paths {
		for method := range operations(item) {
			all[method+" "+path] = fill.Replace(path)
		}
	}
	for _, pattern := range s.others {
		_, path, _ := strings.Cut(pattern, " ")
		all[pattern] = fill.Replace(path)
	}
	return all
}

func TestEveryRouteDeclaresARightAndHoldsNobodyWithoutItInside(t *testing.T) {
	t.Parallel()
	for _, role := range append(access.Roles(), "") {
		principal := access.Principal{}
		if role != "" {
			principal = access.Principal{ID: "t", Name: "t", Roles: []access.Role{role}}
		}
		s := newServer(t, Parts{Guard: as(principal)})
		for pattern, path := range routes(s) {
			right, ok := rights[pattern]
			if !ok {
				t.Errorf("%s declares no right", pattern)
			}
			if principal.May(right) {
				continue
			}
			method, _, _ := strings.Cut(pattern, " ")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			want := http.StatusForbidden
			if role == "" {
				want = http.StatusUnauthorized
			}
			if w.Code != want || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s as %q: got %d %s, want %d", pattern, role, w.Code, w.Body, want)
			}
			if challenge := w.Header().Get("WWW-Authenticate"); (challenge != "") != (want == http.StatusUnauthorized) {
				t.Errorf("%s as %q: WWW-Authenticate is %q", pattern, role, challenge)
			}
		}
	}
}

func TestAServerWithARouteThatDeclaresNoRightIsNotMade(t *testing.T) {
	t.Parallel()
	s := newServer(t, Parts{})
	s.plain("GET /v1/secrets", func(http.ResponseWriter, *http.Request) { t.Error("it answered") })
	if err := s.checkRights(); err == nil || !strings.Contains(err.Error(), "GET /v1/secrets") {
		t.Errorf("got %v, want an error that names the route", err)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/secrets", nil))
	if w.Code != http.StatusForbidden {
		t.Errorf("got %d, want 403", w.Code)
	}
}

func TestTheSourceOfTheLedgerIsNobodyElses(t *testing.T) {
	t.Parallel()
	s := newServer(t, Parts{Recorder: counter{}})
	r := httptest.NewRequest(http.MethodPost, "/v1/events", strings.NewReader(strings.Replace(call, `"source":"test"`, `"source":"rapport"`, 1)))
	r.Header.Set("Content-Type", structuredType)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "the ledger's own") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestWhatHasNoPersonalDataIsARoute(t *testing.T) {
	t.Parallel()
	for pattern := range impersonal {
		if _, ok := rights[pattern]; !ok {
			t.Errorf("%s is no route", pattern)
		}
	}
}
