package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/projections"
)

// Check is a part of the ledger that may not be ready.
type Check struct {
	Name string
	// Vital says that the ledger is not ready without it. The others are reported.
	Vital bool
	// Fault says what is wrong; nil if it is ready.
	Fault func(ctx context.Context) error
}

// Readiness says whether the ledger can take events and answer, and what it lacks.
type Readiness struct {
	Ready bool   `json:"ready"`
	Parts []Part `json:"parts,omitzero"` // to those who may watch
}

// Part is one part of the ledger.
type Part struct {
	Name   string `json:"name"`
	Ready  bool   `json:"ready"`
	Detail string `json:"detail,omitzero"`
}

// ready is the state of all parts. A projection that has stopped or is behind holds
// nobody else back, and so does not make the ledger unready; it is there to be seen.
func (s *Server) ready(ctx context.Context) Readiness {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r := Readiness{Ready: true, Parts: []Part{}}
	for _, c := range s.Checks {
		part := Part{Name: c.Name, Ready: true}
		if err := c.Fault(ctx); err != nil {
			part.Ready, part.Detail = false, err.Error()
			r.Ready = r.Ready && !c.Vital
		}
		r.Parts = append(r.Parts, part)
	}
	for _, p := range s.Projections.Status() {
		part := Part{Name: "projection " + p.Name, Ready: p.State == projections.Live || p.State == projections.Rebuilding, Detail: p.Error}
		if !part.Ready && part.Detail == "" {
			part.Detail = string(p.State)
		}
		r.Parts = append(r.Parts, part)
	}
	return r
}

func (s *Server) registerHealth() {
	s.plain("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, plainJSON, map[string]string{"status": "ok"})
	})
	s.plain("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		answer := s.ready(r.Context())
		if !access.From(r.Context()).May(access.Watch) {
			answer.Parts = nil
		}
		status := http.StatusOK
		if !answer.Ready {
			status = http.StatusServiceUnavailable
		}
		writeJSON(w, status, plainJSON, answer)
	})
}
