package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// Tokens are the ledger's tokens.
type Tokens interface {
	Create(name string, role access.Role, sources []string, expires time.Time) (access.Token, string, error)
	Revoke(id string) error
	List(revoked bool) []access.Token
}

func (s *Server) registerTokens() {
	handle(s, get("list-tokens", "/v1/tokens", "Ledger", "Who has tokens", "The oldest first, expired ones too. What events keep as `recordedby` is the id of a token, if the ledger made it."), s.tokens)
	create := get("create-token", "/v1/tokens", "Ledger", "Make a token",
		"The answer has the token itself, which is not kept and cannot be had again.")
	create.Method, create.DefaultStatus, create.BodyReadTimeout = http.MethodPost, http.StatusCreated, bodyTime
	create.Errors = append(create.Errors, 400, 413, 415)
	handle(s, create, s.createToken)
	revoke := get("revoke-token", "/v1/tokens/{id}", "Ledger", "Revoke a token", "It ends at once, and so do NATS connections that were made with it.")
	revoke.Method, revoke.DefaultStatus = http.MethodDelete, http.StatusNoContent
	handle(s, revoke, s.revokeToken)
}

type tokensIn struct {
	Revoked bool `query:"revoked" doc:"those that were revoked, too"`
}

func (s *Server) tokens(_ context.Context, in *tokensIn) (*plain[api.Page[api.Token]], error) {
	return &plain[api.Page[api.Token]]{api.TokensOf(s.Tokens.List(in.Revoked))}, nil
}

type createTokenIn struct {
	Body api.NewToken
}

type createdToken struct {
	CacheControl string `header:"Cache-Control"`
	Body         api.CreatedToken
}

func (s *Server) createToken(_ context.Context, in *createTokenIn) (*createdToken, error) {
	t, secret, err := s.Tokens.Create(in.Body.Name, access.Role(in.Body.Role), in.Body.Sources, in.Body.Expires)
	if err != nil {
		return nil, err
	}
	return &createdToken{"no-store", api.CreatedToken{Token: api.TokenOf(t), Secret: secret}}, nil
}

type tokenPath struct {
	ID string `path:"id" maxLength:"64"`
}

func (s *Server) revokeToken(_ context.Context, in *tokenPath) (*struct{}, error) {
	return nil, s.Tokens.Revoke(in.ID)
}
