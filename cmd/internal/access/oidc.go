package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// skew is how far the issuer's clock may be from ours.
	skew = time.Minute
	// askEvery is how often the issuer is asked at most, for each of its documents:
	// anybody can show a token of a key that there is not.
	askEvery = 5 * time.Second
	// askTime is how long the issuer may take to answer, and askSize how much it may
	// say, in bytes.
	askTime = 5 * time.Second
	askSize = 1 << 20
)

// OIDCConfig says whose tokens are trusted, and what they say.
type OIDCConfig struct {
	// Issuer is its URL, as it is in the tokens. Other than on this machine it has to
	// be https.
	Issuer string
	// Audience has to be among those that a token is for.
	Audience string
	// RolesClaim and SourcesClaim are the claims that have the names of roles and of
	// sources: a string or a list, with dots for claims in claims.
	RolesClaim, SourcesClaim string
	Now                      func() time.Time
	// Transport is how the issuer is reached; nil for the usual way.
	Transport http.RoundTripper
}

// OIDC trusts the tokens of an OpenID Connect issuer. Its keys are fetched when they
// are needed and kept, so that tokens of known keys are taken while it is down.
type OIDC struct {
	config OIDCConfig
	client *http.Client

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier // nil until the issuer has said where its keys are
}

var _ Issuer = (*OIDC)(nil)

// NewOIDC trusts an issuer. It need not be there yet.
func NewOIDC(c OIDCConfig) (*OIDC, error) {
	u, err := url.Parse(c.Issuer)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("the issuer %q is not a URL", c.Issuer)
	case u.Scheme == "http" && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback():
		return nil, fmt.Errorf("the issuer %s would tell its keys where others can change them; it has to be https", c.Issuer)
	case c.Audience == "":
		return nil, errors.New("tokens of an issuer are taken only for an audience; say which")
	}
	transport := c.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &OIDC{config: c, client: &http.Client{
		Timeout: askTime, Transport: &seldom{next: transport, asked: make(map[string]asked), now: c.Now},
	}}, nil
}

// Holder is who the issuer says that holds the token.
func (o *OIDC) Holder(ctx context.Context, token string) (Principal, error) {
	verifier, err := o.ready()
	if err != nil {
		return Principal{}, fmt.Errorf("%w: %w", ErrIssuer, err)
	}
	keys := new(keyTrouble)
	verified, err := verifier.Verify(context.WithValue(ctx, keyTroubleKey{}, keys), token)
	if keys.err != nil {
		return Principal{}, fmt.Errorf("%w: %w", ErrIssuer, keys.err)
	}
	if err != nil {
		return Principal{}, &Invalid{err}
	}
	var claims map[string]any
	if err := verified.Claims(&claims); err != nil {
		return Principal{}, &Invalid{err}
	}
	p := Principal{ID: "oidc:" + verified.Subject, Name: verified.Subject, Foreign: true, Expires: verified.Expiry.Add(skew)}
	if name, ok := claims["preferred_username"].(string); ok && name != "" {
		p.Name = name
	}
	p.Sources = listed(claims, o.config.SourcesClaim)
	for _, name := range listed(claims, o.config.RolesClaim) {
		if role, err := ParseRole(name); err == nil { // others are other programs'
			p.Roles = append(p.Roles, role)
		}
	}
	return p, nil
}

// ready gives the verifier, once the issuer has said where its keys are.
func (o *OIDC) ready() (*oidc.IDTokenVerifier, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.verifier != nil {
		return o.verifier, nil
	}
	ctx := oidc.ClientContext(context.Background(), o.client)
	provider, err := oidc.NewProvider(ctx, o.config.Issuer)
	if err != nil {
		return nil, err
	}
	var document struct {
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, err
	}
	o.verifier = oidc.NewVerifier(o.config.Issuer, watchedKeys{oidc.NewRemoteKeySet(ctx, document.Keys)}, &oidc.Config{
		ClientID: o.config.Audience, SupportedSigningAlgs: asymmetric(document.Algorithms),
		Now: func() time.Time { return o.config.Now().Add(-skew) },
	})
	return o.verifier, nil
}

// asymmetric are those of the algorithms that need no secret of ours.
func asymmetric(algorithms []string) []string {
	known := []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}
	// None is RS256 to the library.
	return slices.DeleteFunc(known, func(a string) bool { return !slices.Contains(algorithms, a) })
}

// listed are the values of a claim, which is a string or a list of them; dots lead into
// claims.
func listed(claims map[string]any, path string) []string {
	value, ok := claims[path] // a claim may have a dot in its name
	if !ok {
		value = claims
		for part := range strings.SplitSeq(path, ".") {
			within, _ := value.(map[string]any)
			value = within[part]
		}
	}
	switch v := value.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		var all []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// keyTrouble is why the issuer's keys could not be had while a token was checked. The
// library tells that and a wrong signature apart by their words alone.
type keyTrouble struct{ err error }

type keyTroubleKey struct{}

type watchedKeys struct{ oidc.KeySet }

func (w watchedKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := w.KeySet.VerifySignature(ctx, jwt)
	if trouble, ok := ctx.Value(keyTroubleKey{}).(*keyTrouble); ok && (errors.Is(err, errUnanswered) || ctx.Err() != nil) {
		trouble.err = err
	}
	return payload, err
}

var (
	errUnanswered = errors.New("no answer")
	errUnchanged  = errors.New("what the issuer said a moment ago is all there is")
)

// seldom asks for each address now and then only, and takes what is no answer for an
// error.
type seldom struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	asked map[string]asked
}

type asked struct {
	at  time.Time
	err error
}

func (s *seldom) RoundTrip(r *http.Request) (*http.Response, error) {
	address, now := r.URL.String(), s.now()
	s.mu.Lock()
	last := s.asked[address]
	s.mu.Unlock()
	if !last.at.IsZero() && now.Sub(last.at) < askEvery {
		return nil, cmp.Or(last.err, errUnchanged)
	}
	res, err := s.ask(r)
	s.mu.Lock()
	s.asked[address] = asked{now, err}
	s.mu.Unlock()
	return res, err
}

func (s *seldom) ask(r *http.Request) (*http.Response, error) {
	res, err := s.next.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnanswered, err)
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, fmt.Errorf("%w: %s says %s", errUnanswered, r.URL, res.Status)
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, askSize), res.Body}
	return res, nil
}
