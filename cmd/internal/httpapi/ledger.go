package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/ingress"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
)

// Inbox keeps the events that came by NATS and were refused.
type Inbox interface {
	Rejected(ctx context.Context, cursor string, limit int) (api.Page[api.Rejected], error)
	Get(ctx context.Context, id string) (api.Rejected, error)
	Resend(ctx context.Context, id string) (api.Receipts, error)
}

func (s *Server) registerLedger() {
	handle(s, get("list-projections", "/v1/projections", "Ledger", "How the projections stand",
		"Digests are brought up to date where the read model is small."), s.projections)
	handle(s, get("get-digest", "/v1/projections/{name}/digest", "Ledger", "Sum up a projection's contents",
		"Reads the whole read model. Two of the same version at the same position have the same digest."), s.digest)
	rebuild := get("rebuild-projection", "/v1/projections/{name}/rebuild", "Ledger", "Build a projection anew",
		"The present read model answers until the new one has caught up and takes its place.")
	rebuild.Method, rebuild.DefaultStatus = http.MethodPost, http.StatusAccepted
	rebuild.Errors = append(rebuild.Errors, http.StatusConflict)
	handle(s, rebuild, s.rebuild)

	handle(s, get("list-rejected", "/v1/rejected", "Ledger", "Events that came by the inbox and were refused", "Oldest first."), s.rejected)
	handle(s, get("get-rejected", "/v1/rejected/{id}", "Ledger", "Get a refused event", ""), s.rejectedOne)
	resend := get("resend-rejected", "/v1/rejected/{id}/resend", "Ledger", "Record a refused event again",
		"Recorded, it leaves the list; refused, it stays with the new problem.")
	resend.Method, resend.DefaultStatus = http.MethodPost, http.StatusCreated
	handle(s, resend, s.resend)

	handle(s, get("list-schemas", "/v1/schemas", "Ledger", "The catalogue of event types", ""), s.schemas)
	handle(s, get("get-schema", "/v1/schemas/{type}", "Ledger", "Get an event type", ""), s.schema)
}

type plain[T any] struct {
	Body T
}

type projectionPath struct {
	Name string `path:"name" maxLength:"64" example:"timeline"`
}

func (s *Server) projections(ctx context.Context, _ *struct{}) (*plain[api.Page[api.Projection]], error) {
	return &plain[api.Page[api.Projection]]{api.ProjectionsOf(s.Projections.Report(ctx))}, nil
}

func (s *Server) digest(ctx context.Context, in *projectionPath) (*plain[api.Digest], error) {
	if !slices.Contains(s.Projections.Names(), in.Name) {
		return nil, projections.ErrUnknown
	}
	d, err := s.Projections.Digest(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return &plain[api.Digest]{api.Digest{
		Name: in.Name, Version: s.projection(in.Name).Version, Position: d.Position, Digest: d.Sum, Rows: d.Rows,
	}}, nil
}

func (s *Server) rebuild(ctx context.Context, in *projectionPath) (*plain[api.Projection], error) {
	if err := s.Projections.Rebuild(ctx, in.Name); err != nil {
		return nil, err
	}
	return &plain[api.Projection]{s.projection(in.Name)}, nil
}

// projection is the status of the projection of that name.
func (s *Server) projection(name string) api.Projection {
	for _, p := range api.ProjectionsOf(s.Projections.Status()).Items {
		if p.Name == name {
			return p
		}
	}
	return api.Projection{Name: name}
}

func (s *Server) rejected(ctx context.Context, in *Paging) (*plain[api.Page[api.Rejected]], error) {
	page, err := s.Inbox.Rejected(ctx, in.Cursor, in.Limit)
	if page.Items == nil {
		page.Items = []api.Rejected{}
	}
	showed(ctx, page.Len())
	return &plain[api.Page[api.Rejected]]{page}, err
}

type rejectedPath struct {
	ID string `path:"id" maxLength:"128"`
}

func (s *Server) rejectedOne(ctx context.Context, in *rejectedPath) (*plain[api.Rejected], error) {
	r, err := s.Inbox.Get(ctx, in.ID)
	if err == nil {
		showed(ctx, 1)
	}
	return &plain[api.Rejected]{r}, notRejected(err)
}

func (s *Server) resend(ctx context.Context, in *rejectedPath) (*recorded, error) {
	receipts, err := s.Inbox.Resend(ctx, in.ID)
	if err != nil {
		return nil, notRejected(err)
	}
	if len(receipts.Receipts) == 1 && receipts.Receipts[0].Problem != nil {
		return nil, receipts.Receipts[0].Problem
	}
	out := &recorded{Status: http.StatusCreated, Body: receipts}
	if receipts.Rejected() {
		out.Status = http.StatusMultiStatus
	}
	return out, nil
}

func notRejected(err error) error {
	if errors.Is(err, ingress.ErrNotRejected) {
		return api.NotFound("The rejected list has nothing of this id.")
	}
	return err
}

func (s *Server) schemas(context.Context, *struct{}) (*plain[api.Page[api.Schema]], error) {
	return &plain[api.Page[api.Schema]]{api.Schemas()}, nil
}

type schemaPath struct {
	Type string `path:"type" maxLength:"128" example:"complaint.raised" doc:"stored name or CloudEvents type"`
}

func (s *Server) schema(_ context.Context, in *schemaPath) (*plain[api.Schema], error) {
	t, _, _ := codec.ResolveType(in.Type)
	e, ok := domain.Lookup(t)
	if !ok {
		return nil, api.NotFound("No event type is called that; /v1/schemas lists them.")
	}
	return &plain[api.Schema]{api.SchemaOf(e)}, nil
}
