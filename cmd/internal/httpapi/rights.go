package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// rights says what each route needs. It is the one place: a route that is not here
// does not answer, and [New] does not make a server that has one.
var rights = map[string]access.Right{
	"GET /{$}":           access.Anyone, // shows more to those who may watch
	"GET /docs":          access.Anyone,
	"GET /docs/":         access.Anyone,
	"GET /openapi.json":  access.Anyone,
	"GET /openapi.yaml":  access.Anyone,
	"GET /asyncapi.json": access.Anyone,
	"GET /healthz":       access.Anyone,
	"GET /readyz":        access.Anyone, // shows more to those who may watch
	"GET /metrics":       access.Watch,
	"POST /session":      access.Anyone, // takes a token
	"POST /session/end":  access.Anyone,

	"POST /v1/events":           access.Record, // which events, the principal's [access.Principal.Admit] says
	"GET /v1/events":            access.Read,
	"GET /v1/events/{position}": access.Read,
	"GET /v1/changes":           access.Read,

	"GET /v1/accounts":                    access.Read,
	"GET /v1/accounts/{account}":          access.Read,
	"GET /v1/accounts/{account}/timeline": access.Read,
	"GET /v1/accounts/{account}/trust":    access.Read,

	"GET /v1/accounts/{account}/trust/beginning":    access.Read,
	"GET /v1/accounts/{account}/portfolio/by-trust": access.Read,
	"GET /v1/portfolio/by-trust":                    access.Read,

	"GET /v1/accounts/{account}/performance": access.Read,
	"GET /v1/performance":                    access.Read,

	"GET /v1/accounts/{account}/promises":    access.Read,
	"GET /v1/accounts/{account}/portfolio":   access.Read,
	"GET /v1/portfolio":                      access.Read,
	"GET /v1/accounts/{account}/closeness":   access.Read,
	"GET /v1/closeness":                      access.Read,
	"GET /v1/accounts/{account}/improvement": access.Read,
	"GET /v1/improvement":                    access.Read,
	"GET /v1/promises":                       access.Read,
	"GET /v1/accounts/{account}/checklist":   access.Read,
	"GET /v1/checklist":                      access.Read,
	"GET /v1/accounts/{account}/voice":       access.Read,
	"GET /v1/voice":                          access.Read,

	"GET /v1/accounts/{account}/contacts/{contact}":         access.Read,
	"POST /v1/accounts/{account}/contacts/{contact}/forget": access.Act,

	"GET /v1/followups":                access.Read,
	"GET /v1/followups/{id}":           access.Read,
	"POST /v1/followups/{id}/assign":   access.Act,
	"POST /v1/followups/{id}/snooze":   access.Act,
	"POST /v1/followups/{id}/escalate": access.Act,
	"POST /v1/followups/{id}/complete": access.Act,
	"POST /v1/followups/{id}/tell":     access.Act,
	"POST /v1/followups/{id}/dismiss":  access.Act,

	"GET /v1/policy":         access.Read,
	"GET /v1/policy/history": access.Read,
	"POST /v1/policy":        access.Administer,

	"GET /v1/projections":                 access.Watch,
	"GET /v1/projections/{name}/digest":   access.Watch,
	"POST /v1/projections/{name}/rebuild": access.Administer,

	"GET /v1/rejected":              access.Read,
	"GET /v1/rejected/{id}":         access.Read,
	"POST /v1/rejected/{id}/resend": access.Act,

	"GET /v1/tokens":         access.Administer,
	"POST /v1/tokens":        access.Administer,
	"DELETE /v1/tokens/{id}": access.Administer,

	"GET /v1/backup": access.Administer,
	"GET /v1/export": access.Administer,

	"GET /v1/checkpoint":                   access.Read,
	"GET /v1/checkpoint/key":               access.Read,
	"GET /v1/checkpoints/{size}":           access.Read,
	"GET /v1/proof/event":                  access.Read,
	"GET /v1/proof/consistency":            access.Read,
	"GET /v1/tlog/checkpoint":              access.Read,
	"GET /v1/tlog/tile/{level}/{index}":    access.Read,
	"GET /v1/tlog/tile/{level}/{index...}": access.Read,

	"GET /v1/schemas":        access.Anyone,
	"GET /v1/schemas/{type}": access.Anyone,
}

// bearer is the name of the security scheme in the document.
const bearer = "bearer"

// Guard tells who asks.
type Guard interface {
	// Identify gives the principal of a request; nobody, if the request does not say.
	// The error is a problem: what the request shows is not valid, or cannot be
	// checked now.
	Identify(r *http.Request) (access.Principal, error)
}

// plain registers a route that the document does not have.
func (s *Server) plain(pattern string, h http.HandlerFunc) {
	s.others = append(s.others, pattern)
	s.mux.HandleFunc(pattern, h)
}

// guarded answers a request that is for the route, if who asks has the right.
func (s *Server) guarded(w http.ResponseWriter, r *http.Request, pattern string) {
	r.Pattern = pattern // of this request, which those around look at, not of the copy below
	right := rights[pattern]
	principal, err := s.Guard.Identify(r)
	if err != nil && right != access.Anyone {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	if !principal.May(right) {
		writeProblem(w, api.DeniedOf(&access.Denial{Principal: principal, Right: right}))
		return
	}
	if right == access.Anyone {
		s.mux.ServeHTTP(w, r.WithContext(access.With(r.Context(), principal)))
		return
	}
	if wait := s.Limits.Take(principal); wait > 0 {
		writeProblem(w, tooMany(principal, wait))
		return
	}
	ctx := access.With(r.Context(), principal)
	if !personal(r.Method, pattern, right) {
		s.mux.ServeHTTP(w, r.WithContext(ctx))
		return
	}
	s.trailed(w, r.WithContext(ctx), principal, pattern)
}

func tooMany(p access.Principal, wait time.Duration) *api.Problem {
	return api.TooMany("More requests or events come from "+strconv.Quote(p.Name)+" than it may send.", wait)
}

// documentRights writes into the document what each route needs.
func (s *Server) documentRights() {
	for path, item := range s.api.OpenAPI().Paths {
		for method, op := range operations(item) {
			s.documentRight(op, rights[method+" "+path])
		}
	}
}

// checkRights names a route without a right, or a right without a route.
func (s *Server) checkRights() error {
	routes := slices.Clone(s.others)
	for path, item := range s.api.OpenAPI().Paths {
		for method := range operations(item) {
			routes = append(routes, method+" "+path)
		}
	}
	for _, pattern := range routes {
		if _, ok := rights[pattern]; !ok {
			return fmt.Errorf("the route %s declares no right", pattern)
		}
	}
	for pattern := range rights {
		if !slices.Contains(routes, pattern) {
			return fmt.Errorf("there is a right for %s, which is no route", pattern)
		}
	}
	return nil
}

func (s *Server) documentRight(op *huma.Operation, right access.Right) {
	if op.Extensions == nil {
		op.Extensions = make(map[string]any)
	}
	op.Extensions["x-right"] = string(right)
	if right == access.Anyone {
		return
	}
	op.Security = []map[string][]string{{bearer: {}}}
	s.problemResponses(op, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests)
}

// operations are those of a path, by method.
func operations(item *huma.PathItem) map[string]*huma.Operation {
	all := map[string]*huma.Operation{
		http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put,
		http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
	}
	for method, op := range all {
		if op == nil {
			delete(all, method)
		}
	}
	return all
}
