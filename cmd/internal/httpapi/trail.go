package httpapi

import (
	"context"
	"net/http"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// impersonal are the routes that read something, and no personal data. What else is
// read goes into the access trail.
var impersonal = map[string]bool{
	"GET /v1/policy":                       true,
	"GET /v1/policy/history":               true,
	"GET /v1/tokens":                       true,
	"GET /v1/checkpoint":                   true,
	"GET /v1/checkpoint/key":               true,
	"GET /v1/checkpoints/{size}":           true,
	"GET /v1/proof/consistency":            true,
	"GET /v1/tlog/checkpoint":              true,
	"GET /v1/tlog/tile/{level}/{index}":    true,
	"GET /v1/tlog/tile/{level}/{index...}": true,
}

// personal reports whether the answers of a route may have personal data.
func personal(method, pattern string, right access.Right) bool {
	reads := method == http.MethodGet || method == http.MethodHead
	return reads && right != access.Anyone && right != access.Watch && !impersonal[pattern]
}

type itemsKey struct{}

// showed counts items that the answer to a request has, for the access trail.
func showed(ctx context.Context, n int) {
	if items, ok := ctx.Value(itemsKey{}).(*atomic.Int64); ok {
		items.Add(int64(n))
	}
}

// trailed answers a request, and has it in the access trail that it was.
func (s *Server) trailed(w http.ResponseWriter, r *http.Request, p access.Principal, pattern string) {
	if s.Trail == nil {
		s.mux.ServeHTTP(w, r)
		return
	}
	items := new(atomic.Int64)
	r = r.WithContext(context.WithValue(r.Context(), itemsKey{}, items))
	reading := access.Reading{
		Time: s.Now().UTC(), Principal: p.ID, Name: p.Name, Route: pattern, Account: r.URL.Query().Get("account"), Request: requestID(r.Context()),
	}
	if pattern == followRoute { // it may go on for days
		s.trail(reading)
	}
	defer func() {
		if account := r.PathValue("account"); account != "" {
			reading.Account = account
		}
		reading.Items = int(items.Load())
		if seen, ok := w.(*responseWriter); ok {
			reading.Status = max(seen.status, http.StatusOK)
		}
		s.trail(reading)
	}()
	s.mux.ServeHTTP(w, r)
}

// trail adds a line. That it cannot is an error, and does not keep anybody from reading.
func (s *Server) trail(r access.Reading) {
	if err := s.Trail.Add(r); err != nil {
		s.log.Error("the access trail has a gap", zap.String("request", r.Request), zap.Error(err))
	}
}
