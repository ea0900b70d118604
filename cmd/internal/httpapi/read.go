package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// maxWait is how long a request waits for a projection to reach a position.
const maxWait = 10 * time.Second

// Projections is what the door asks of the read models and their runtime.
type Projections interface {
	View(ctx context.Context, name string, f func(*sqldb.Tx) error) error
	WaitFor(ctx context.Context, name string, position domain.Position) error
	Names() []string
	Status() []projections.Status
	Report(ctx context.Context) []projections.Status
	Digest(ctx context.Context, name string) (projections.Digest, error)
	Rebuild(ctx context.Context, name string) error
}

// Fresh is what every read of a projection takes.
type Fresh struct {
	WaitFor     uint64 `query:"wait_for" doc:"position of an event that the answer has to have seen; waits up to 10 seconds for it"`
	IfNoneMatch string `header:"If-None-Match" doc:"ETag of the answer at hand; 304 if it still holds"`
}

// Paging is what lists take.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"most items of a page"`
	Cursor string `query:"cursor" maxLength:"1024" doc:"next of the page before"`
}

// Clocks are the two clocks of a question.
type Clocks struct {
	At      Time `query:"at" doc:"what occurred after it does not count; now if absent"`
	KnownAt Time `query:"known_at" doc:"what was recorded after it does not count; now if absent"`
}

// fixed reports whether both are given: the answer then depends on no clock of ours.
func (c Clocks) fixed() bool { return !c.At.IsZero() && !c.KnownAt.IsZero() }

// answer is the response to a read.
type answer[T any] struct {
	Status       int
	ETag         string `header:"ETag" doc:"changes when the answer may have"`
	CacheControl string `header:"Cache-Control"`
	Body         T
}

// read answers from one state of a projection. Answers that depend on the present
// moment (timed) hold for a minute as far as the ETag is concerned.
func read[T any](ctx context.Context, s *Server, projection string, in Fresh, timed bool, f func(*sqldb.Tx) (T, error)) (*answer[T], error) {
	if err := s.waitFor(ctx, projection, domain.Position(in.WaitFor)); err != nil {
		return nil, err
	}
	out := &answer[T]{Status: http.StatusOK, CacheControl: "no-cache"}
	err := s.Projections.View(ctx, projection, func(tx *sqldb.Tx) error {
		position, err := projections.Position(ctx, tx)
		if err != nil {
			return err
		}
		out.ETag = fmt.Sprintf(`W/"%s-%d`, s.instance, position)
		if timed {
			out.ETag += fmt.Sprintf("-%x", s.Now().Unix()/60)
		}
		out.ETag += `"`
		if matches(in.IfNoneMatch, out.ETag) {
			out.Status = http.StatusNotModified
			return nil
		}
		out.Body, err = f(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if out.Status == http.StatusOK {
		showed(ctx, itemsIn(out.Body))
	}
	return out, nil
}

// itemsIn is how many items an answer has; one, if it is no list.
func itemsIn(body any) int {
	if list, ok := body.(interface{ Len() int }); ok {
		return list.Len()
	}
	return 1
}

func matches(header, etag string) bool {
	for given := range strings.SplitSeq(header, ",") {
		if given = strings.TrimSpace(given); given == etag || given == "*" {
			return true
		}
	}
	return false
}

// waitFor returns when the projection has folded the event at the position.
func (s *Server) waitFor(ctx context.Context, projection string, position domain.Position) error {
	if position == 0 {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	err := s.Projections.WaitFor(waiting, projection, position)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return api.Unavailable(fmt.Sprintf("The projection %s did not reach position %d within %s; ask again.", projection, position, maxWait))
	}
	return err
}

// AccountPath is the account that a route is about.
type AccountPath struct {
	Account string `path:"account" maxLength:"64" example:"acme" doc:"the account's id"`
}

// id is the account, or a refusal if it cannot be one.
func (p AccountPath) id() (domain.AccountID, error) {
	id := domain.AccountID(p.Account)
	if !id.Valid() && id != domain.Ledger {
		return "", api.Refused("", domain.Fault{Location: "path.account", Message: "is not an account id: letters, digits and . _ : - only, 64 at most, a letter or digit first"})
	}
	return id, nil
}

func get(id, path, tag, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{tag}, Summary: summary, Description: description,
		Errors: []int{404, 422, 503}, Responses: map[string]*huma.Response{},
	}
}
