package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Invalid is the error that what somebody shows does not say who they are.
type Invalid struct{ Why error }

func (i *Invalid) Error() string { return i.Why.Error() }
func (i *Invalid) Unwrap() error { return i.Why }

// ErrIssuer is wrapped by errors that say that the issuer of a token does not answer,
// so that nothing can be said about the token.
var ErrIssuer = errors.New("the issuer of the token does not answer")

// Issuer checks the tokens of others.
type Issuer interface {
	// Holder is who holds the token. The error is [*Invalid], or wraps [ErrIssuer].
	Holder(ctx context.Context, token string) (Principal, error)
}

// Guard tells who asks.
type Guard struct {
	// Required says that everybody has to show a token. Otherwise those who show none
	// are [Local], as far as they seem to be on this machine.
	Required bool
	Tokens   *Tokens
	// Issuer checks tokens that are not the ledger's own; nil if nobody's are trusted.
	Issuer Issuer
	// Sessions let browsers in; nil if none are.
	Sessions *Sessions
	// Limits bound what each principal does, and Trail says who read what; nil for none.
	Limits *Limits
	Trail  *Trail

	mu      sync.Mutex
	foreign map[string]Principal // by key
}

// Holder is who holds the credential. The error is [*Invalid], or wraps [ErrIssuer].
func (g *Guard) Holder(ctx context.Context, credential string) (Principal, error) {
	if g.Issuer != nil && !strings.HasPrefix(credential, TokenPrefix) {
		return g.Issuer.Holder(ctx, credential)
	}
	return g.Tokens.Holder(credential)
}

// Identify gives the principal of a request; nobody, if it does not say. What it shows
// has to be valid even where nothing need be shown.
func (g *Guard) Identify(r *http.Request) (Principal, error) {
	shown := r.Header.Values("Authorization")
	switch {
	case len(shown) > 1:
		return Principal{}, &Invalid{errors.New("there is more than one Authorization header")}
	case len(shown) == 1:
		scheme, credential, _ := strings.Cut(shown[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return Principal{}, &Invalid{errors.New("the Authorization header is not of the form Bearer TOKEN")}
		}
		return g.Holder(r.Context(), strings.TrimSpace(credential))
	}
	if p, ok := g.Sessions.principal(r); ok {
		return p, nil
	}
	if g.Required {
		return Principal{}, nil
	}
	return Local, fromHere(r)
}

// fromHere is an error if a request to an open ledger seems to come from elsewhere,
// although only this machine reaches the listener: through a proxy that was put before
// it, or from a page in a browser whose own name was made to lead here.
func fromHere(r *http.Request) error {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if r.Header.Get(header) != "" {
			return &Denial{Why: "This ledger is open to its own machine only, and the request came through a proxy. " +
				"Start it with --require-tokens."}
		}
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	if ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost") {
		return nil
	}
	return &Denial{Why: "This ledger is open to its own machine only, by the name localhost or its address. Start it with --require-tokens for other names."}
}

// Remember gives a key by which [Guard.Recall] knows the principal again: letters and
// digits only, so that it can be a part of a NATS subject. Of a token it is the id.
func (g *Guard) Remember(p Principal) string {
	if !p.Foreign {
		return p.ID
	}
	sum := sha256.Sum256([]byte(p.ID))
	key := foreignKey + hex.EncodeToString(sum[:])
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.foreign == nil {
		g.foreign = make(map[string]Principal)
	}
	now := g.Tokens.now()
	maps.DeleteFunc(g.foreign, func(_ string, p Principal) bool { return p.expired(now) })
	g.foreign[key] = p
	return key
}

// foreignKey begins the keys of those who have no token of the ledger's own; ids of
// tokens are hexadecimal.
const foreignKey = "x"

// Recall gives the principal of a key. The error is [*Invalid]: a token may have been
// revoked, and what an issuer said holds no longer than it said.
func (g *Guard) Recall(key string) (Principal, error) {
	if !strings.HasPrefix(key, foreignKey) {
		return g.Tokens.ByID(key)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := g.foreign[key]
	if !ok || p.expired(g.Tokens.now()) {
		return Principal{}, &Invalid{errors.New("what the issuer said of the client holds no longer")}
	}
	return p, nil
}
