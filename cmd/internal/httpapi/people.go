package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/timeline"
)

// People answers for the persons in the ledger.
type People interface {
	Forget(ctx context.Context, account domain.AccountID, contact domain.ID, r api.Forget) (api.ForgottenPerson, error)
	Person(ctx context.Context, account domain.AccountID, contact domain.ID) (api.Person, error)
	// Entries are the events of a timeline, with personal data.
	Entries(ctx context.Context, items []timeline.Item) ([]api.Entry, error)
	// Event is the event at a position as a CloudEvent in structured mode, with personal data.
	Event(ctx context.Context, position domain.Position) ([]byte, error)
	// Open puts personal data into an event, and names the persons because of whom the
	// rest is missing.
	Open(r codec.Record) (codec.Record, []codec.Forgotten, error)
}

func (s *Server) registerPeople() {
	handle(s, get("get-person", "/v1/accounts/{account}/contacts/{contact}", "Accounts", "All that is held about a person",
		"Every event that names the contact, or one merged with it, with its data; roles, follow-ups, refused messages."), s.person)
	handle(s, huma.Operation{
		OperationID: "forget-person", Method: http.MethodPost, Path: "/v1/accounts/{account}/contacts/{contact}/forget", Tags: []string{"Accounts"},
		Summary: "Forget a person", Description: "Destroys the person's key, so that no data of theirs can be read again, records a `person.forgotten`, " +
			"deletes refused messages that concern them, and waits until every projection has taken note. Nothing undoes it. " +
			"The contact's id stays where events name it. What is recorded of the contact later is of a new beginning.",
		Errors: []int{400, 404, 413, 415, 422, 503}, BodyReadTimeout: bodyTime,
	}, s.forget)
}

// PersonPath is the person that a route is about.
type PersonPath struct {
	AccountPath
	Contact string `path:"contact" minLength:"1" maxLength:"128" example:"jane"`
}

func (s *Server) person(ctx context.Context, in *PersonPath) (*plain[api.Person], error) {
	account, err := in.id()
	if err != nil {
		return nil, err
	}
	person, err := s.People.Person(ctx, account, domain.ID(in.Contact))
	showed(ctx, len(person.Events)+len(person.Rejected))
	return &plain[api.Person]{person}, err
}

type forgetIn struct {
	PersonPath
	Body api.Forget
}

func (s *Server) forget(ctx context.Context, in *forgetIn) (*plain[api.ForgottenPerson], error) {
	account, err := in.id()
	if err != nil {
		return nil, err
	}
	done, err := s.People.Forget(ctx, account, domain.ID(in.Contact), in.Body)
	return &plain[api.ForgottenPerson]{done}, err
}
