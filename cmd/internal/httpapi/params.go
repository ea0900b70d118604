package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

// Time is an instant in a query: RFC 3339, or a date, which is the start of that day
// in UTC. The zero value was not given.
type Time struct{ time.Time }

// UnmarshalText is [api.ParseTime].
func (t *Time) UnmarshalText(b []byte) error {
	at, err := api.ParseTime(string(b))
	t.Time = at
	return err
}

// Schema describes the parameter.
func (t Time) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Examples: []any{"2026-01-31T09:30:00Z", "2026-01-31"}}
}

// refusals makes one refusal of several, or nil of none.
func refusals(errs ...error) error {
	var faults []domain.Fault
	for _, err := range errs {
		if p, ok := errors.AsType[*api.Problem](err); ok {
			for _, f := range p.Errors {
				faults = append(faults, domain.Fault(f))
			}
		} else if err != nil {
			return err
		}
	}
	if faults == nil {
		return nil
	}
	return api.Refused("", faults...)
}

// accountFilter is the account that a list is asked for; empty if for any.
func accountFilter(given string) (domain.AccountID, error) {
	if given == "" {
		return "", nil
	}
	id, err := AccountPath{given}.id()
	if err != nil {
		return "", api.Refused("", domain.Fault{Location: "query.account", Message: "is not an account id"})
	}
	return id, nil
}

// span refuses a span of time that ends before it begins; nothing could be in it.
func span(from, to Time) error {
	if !from.IsZero() && !to.IsZero() && to.Before(from.Time) {
		return api.Refused("", domain.Fault{Location: "query.to", Message: "is before from"})
	}
	return nil
}

// strictQuery refuses what a handler would silently ignore: unknown parameters,
// parameters given twice, empty ones and broken escapes. All faults at once.
func (s *Server) strictQuery(ctx huma.Context, next func(huma.Context)) {
	u := ctx.URL()
	if u.RawQuery == "" {
		next(ctx)
		return
	}
	if p := checkQuery(u.RawQuery, ctx.Operation()); p != nil {
		_, w := humago.Unwrap(ctx)
		writeProblem(w, p)
		return
	}
	next(ctx)
}

func checkQuery(raw string, op *huma.Operation) *api.Problem {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return api.Malformed("The query of the URL cannot be read.", domain.Fault{Location: "query", Message: err.Error()})
	}
	var known []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			known = append(known, p.Name)
		}
	}
	var faults []domain.Fault
	fault := func(name, message string) {
		faults = append(faults, domain.Fault{Location: "query." + name, Message: message})
	}
	for name, values := range query {
		switch {
		case !slices.Contains(known, name) && len(known) == 0:
			fault(name, "unknown parameter; there are none here")
		case !slices.Contains(known, name):
			fault(name, "unknown parameter; there are "+strings.Join(known, ", "))
		case len(values) > 1:
			fault(name, fmt.Sprintf("given %d times", len(values)))
		case values[0] == "":
			fault(name, "given without a value")
		}
	}
	if faults == nil {
		return nil
	}
	slices.SortFunc(faults, func(a, b domain.Fault) int { return strings.Compare(a.Location, b.Location) })
	return api.ForStatus(http.StatusUnprocessableEntity, "Nothing was done.", faults...)
}
