package api

import (
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// Token is a token as it is listed: everything but the token itself.
type Token struct {
	ID      string    `json:"id" doc:"names it, and is no secret"`
	Name    string    `json:"name,omitzero" doc:"whose it is, for people"`
	Role    string    `json:"role" doc:"what it may do"`
	Sources []string  `json:"sources,omitzero" doc:"whose events it may have recorded"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero" doc:"when it ends; absent for never"`
	Used    time.Time `json:"used,omitzero" doc:"the hour in which it was used last"`
	Revoked time.Time `json:"revoked,omitzero" doc:"when it was revoked"`
}

// NewToken asks for a token.
type NewToken struct {
	Role    string    `json:"role" enum:"monitor,emitter,analyst,steward,admin"`
	Sources []string  `json:"sources,omitzero" maxItems:"1000" doc:"whose events it may have recorded; * is everybody's; an emitter needs some"`
	Name    string    `json:"name,omitzero" maxLength:"128" doc:"whose it is, for people"`
	Expires time.Time `json:"expires,omitzero" doc:"when it ends; never if absent"`
}

// CreatedToken is a token, this once with the secret.
type CreatedToken struct {
	Token
	Secret string `json:"token" doc:"to be shown as Authorization: Bearer ...; it cannot be had again"`
}

// TokenOf is a token as it is listed.
func TokenOf(t access.Token) Token {
	return Token{ID: t.ID, Name: t.Name, Role: string(t.Role), Sources: t.Sources, Created: t.Created, Expires: t.Expires, Used: t.Used, Revoked: t.Revoked}
}

// TokensOf is a list of tokens.
func TokensOf(all []access.Token) Page[Token] {
	page := Page[Token]{Items: make([]Token, len(all))}
	for i, t := range all {
		page.Items[i] = TokenOf(t)
	}
	return page
}
