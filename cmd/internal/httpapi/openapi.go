package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

const about = `Rapport records every touchpoint with a customer as an immutable event and answers from
independent projections: timelines, trust and follow-ups.

Times in answers are RFC 3339 in UTC. Times in queries may be dates too: the start of that day in UTC.
Two clocks run: an event *occurred* when it happened and was *recorded* when the ledger accepted it.
` + "`from`, `to` and `at` speak of the first (`from` and `at` include, `to` excludes), `known_at` of the second." + `

Every refusal is a problem document (RFC 9457) that lists all faults with their locations. Unknown query
parameters are refused, not ignored.`

// ours makes huma speak in our problems. The library has these as variables of the
// package and nothing smaller.
var ours = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		var faults []domain.Fault
		for _, err := range errs {
			var d huma.ErrorDetailer
			if errors.As(err, &d) {
				faults = append(faults, domain.Fault{Location: d.ErrorDetail().Location, Message: d.ErrorDetail().Message})
			} else if err != nil {
				faults = append(faults, domain.Fault{Message: err.Error()})
			}
		}
		return api.ForStatus(status, "Nothing was done: "+message+".", faults...)
	}
})

func newAPI(mux *http.ServeMux, version string) huma.API {
	ours()
	format := huma.Format{Marshal: api.Write, Unmarshal: json.Unmarshal}
	return humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Rapport", Version: version, Description: about,
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{bearer: {
					Type: "http", Scheme: "bearer", Description: "A token of the ledger, or of the issuer it trusts. " +
						"A ledger that is open to its own machine asks for none.",
				}},
			},
			Tags: []*huma.Tag{
				{Name: "Events", Description: "Record events, read the log."},
				{Name: "Accounts", Description: "What the events say about an account."},
				{Name: "All accounts", Description: "What the events say about all accounts together."},
				{Name: "Follow-ups", Description: "Who owes the customer what, by when."},
				{Name: "Proof", Description: "Signed checkpoints, and proofs that what they cover has not changed."},
				{Name: "Ledger", Description: "The ledger's own affairs."},
			},
		},
		Formats:       map[string]huma.Format{plainJSON: format, "json": format}, // the second is for what ends in +json
		DefaultFormat: plainJSON,
	})
}

// schemaName is the name of a type in the document. Several projections have a Report: theirs have
// the projection's name before.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	_, projection, ok := strings.Cut(t.PkgPath()+"."+t.Name(), "/projections/")
	if !ok {
		return name
	}
	projection, _, _ = strings.Cut(projection, ".")
	return strings.ToUpper(projection[:1]) + projection[1:] + name
}

// handle registers a typed handler. What it returns as an error goes through the one
// table.
func handle[I, O any](s *Server, op huma.Operation, h func(context.Context, *I) (*O, error)) {
	op.Middlewares = append(op.Middlewares, s.strictQuery)
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// handleRaw registers a handler that reads the request itself; the operation says by
// hand what it takes and gives.
func handleRaw(s *Server, op huma.Operation, h http.HandlerFunc) {
	s.api.OpenAPI().AddOperation(&op)
	s.api.Adapter().Handle(&op, func(ctx huma.Context) {
		s.strictQuery(ctx, func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			h(w, r)
		})
	})
}

// problem is the problem for an error; what is our own fault is logged here, once.
func (s *Server) problem(ctx context.Context, err error) *api.Problem {
	p := api.ProblemOf(err)
	if p.Internal() {
		s.logInternal(ctx, p, err)
	}
	return p
}

func (s *Server) logInternal(ctx context.Context, p *api.Problem, err error) {
	s.log.Error("request failed", zap.String("request", requestID(ctx)), zap.String("correlation", p.Correlation), zap.Error(err))
}

// problemResponses documents the answers of a raw operation that are problems.
func (s *Server) problemResponses(op *huma.Operation, statuses ...int) {
	schema := s.schemaOf(api.Problem{})
	for _, status := range statuses {
		op.Responses[fmt.Sprint(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		}
	}
}

// serveDocuments serves the OpenAPI document, which is complete once all handlers are
// registered, and the one about NATS beside it. Each is made when it is first asked for: they
// would be half of the work of a start.
func (s *Server) serveDocuments() {
	serve := func(path, contentType string, made func() ([]byte, error)) {
		made = sync.OnceValues(made)
		s.plain("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			document, err := made()
			if err != nil {
				writeProblem(w, s.problem(r.Context(), err))
				return
			}
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write(document)
		})
	}
	serve("/openapi.json", "application/json", func() ([]byte, error) { return json.MarshalIndent(s.api.OpenAPI(), "", "  ") })
	serve("/openapi.yaml", "application/yaml", func() ([]byte, error) { return s.api.OpenAPI().YAML() })
	serve("/asyncapi.json", "application/json", s.AsyncAPI)
}
