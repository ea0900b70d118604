package access_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// issuer is an OpenID Connect issuer in this process.
type issuer struct {
	*httptest.Server
	t     *testing.T
	key   *ecdsa.PrivateKey
	keyID string
	down  atomic.Bool
	asked atomic.Int64 // for its keys
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t}
	i.rotate("first")
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q,"authorization_endpoint":"x","token_endpoint":"x","id_token_signing_alg_values_supported":["none","HS256","ES256"]}`, i.URL, i.URL+"/keys")
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.asked.Add(1)
		x, y := i.key.X.FillBytes(make([]byte, 32)), i.key.Y.FillBytes(make([]byte, 32))
		fmt.Fprintf(w, `{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":%q,"x":%q,"y":%q}]}`, i.keyID, b64(x), b64(y))
	})
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(i.Close)
	return i
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// rotate gives the issuer another key.
func (i *issuer) rotate(id string) {
	i.t.Helper()
	var err error
	if i.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		i.t.Fatal(err)
	}
	i.keyID = id
}

type claims map[string]any

// claims are those of a valid token of an analyst, with changes; nil takes one away.
func (i *issuer) claims(changes claims) claims {
	c := claims{"iss": i.URL, "aud": "rapport", "sub": "u-1", "exp": noon.Add(time.Hour).Unix(), "iat": noon.Unix(), "roles": []string{"analyst"}}
	for k, v := range changes {
		if v == nil {
			delete(c, k)
		} else {
			c[k] = v
		}
	}
	return c
}

func (i *issuer) token(changes claims) string {
	i.t.Helper()
	signed := i.unsigned("ES256", changes)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, i.key, digest[:])
	if err != nil {
		i.t.Fatal(err)
	}
	return signed + "." + b64(append(pad(r), pad(s)...))
}

func pad(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }

func (i *issuer) unsigned(algorithm string, changes claims) string {
	i.t.Helper()
	header, err := json.Marshal(claims{"alg": algorithm, "kid": i.keyID, "typ": "JWT"})
	if err != nil {
		i.t.Fatal(err)
	}
	body, err := json.Marshal(i.claims(changes))
	if err != nil {
		i.t.Fatal(err)
	}
	return b64(header) + "." + b64(body)
}

func (i *issuer) trusted(now *time.Time) *access.OIDC {
	i.t.Helper()
	o, err := access.NewOIDC(access.OIDCConfig{
		Issuer: i.URL, Audience: "rapport", RolesClaim: "roles", SourcesClaim: "rapport.sources", Now: func() time.Time { return *now },
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return o
}

func TestATokenOfTheIssuerSaysWhoItIs(t *testing.T) {
	t.Parallel()
	now := noon
	i := newIssuer(t)
	o := i.trusted(&now)
	who, err := o.Holder(t.Context(), i.token(claims{
		"roles": []string{"emitter", "wizard"}, "rapport": claims{"sources": []string{"erp", "crm"}}, "preferred_username": "erp-bot",
	}))
	if err != nil || who.ID != "oidc:u-1" || who.Name != "erp-bot" || !who.Foreign || !slices.Equal(who.Sources, []string{"erp", "crm"}) ||
		!slices.Equal(who.Roles, []access.Role{access.Emitter}) || !who.Expires.Equal(noon.Add(time.Hour+time.Minute)) {
		t.Errorf("got %+v, %v", who, err)
	}
	for what, c := range map[string]claims{
		"a string": {"roles": "analyst monitor"}, "a claim with a dot": {"roles": nil, "rapport.sources": "x"}, "nothing": {"roles": nil}, "a number": {"roles": 7},
	} {
		if who, err := o.Holder(t.Context(), i.token(c)); err != nil || who.May(access.Read) != (what == "a string") {
			t.Errorf("roles as %s: got %+v, %v", what, who, err)
		}
	}
}

func TestWhatTheIssuerDidNotSayIsNotBelieved(t *testing.T) {
	t.Parallel()
	now := noon
	i, other := newIssuer(t), newIssuer(t)
	o := i.trusted(&now)
	other.keyID = i.keyID
	valid := i.token(nil)
	secret := hmac.New(crypto.SHA256.New, []byte("secret"))
	symmetric := i.unsigned("HS256", nil)
	secret.Write([]byte(symmetric))
	for what, token := range map[string]string{
		"another's key":           other.token(claims{"iss": i.URL}),
		"another's token":         other.token(nil),
		"no signature":            i.unsigned("none", nil) + ".",
		"a signature of a secret": symmetric + "." + b64(secret.Sum(nil)),
		"a changed signature":     valid[:len(valid)-4] + "AAAA",
		"another audience":        i.token(claims{"aud": "payroll"}),
		"no audience":             i.token(claims{"aud": nil}),
		"another issuer":          i.token(claims{"iss": "https://issuer.example"}),
		"expired":                 i.token(claims{"exp": noon.Add(-2 * time.Minute).Unix()}),
		"no end":                  i.token(claims{"exp": nil}),
		"not yet":                 i.token(claims{"nbf": noon.Add(time.Hour).Unix()}),
		"no token":                "x.y.z",
		"nothing":                 "",
	} {
		if who, err := o.Holder(t.Context(), token); !invalid(err) || who.Known() {
			t.Errorf("%s: got %+v, %v", what, who, err)
		}
	}
	if _, err := o.Holder(t.Context(), i.token(claims{"exp": noon.Add(-30 * time.Second).Unix(), "aud": []string{"x", "rapport"}})); err != nil {
		t.Errorf("half a minute of difference between clocks: got %v", err)
	}
}

// taken asks until the token is taken: go-oidc gives the answer to its last question to whoever
// asks in the moment before it has put that away.
func taken(o *access.OIDC, token string) (err error) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		if _, err = o.Holder(context.Background(), token); err == nil {
			return nil
		}
	}
	return err
}

func TestAnIssuerThatIsDownHoldsUpOnlyTokensOfKeysThatAreNotKnown(t *testing.T) {
	t.Parallel()
	now := noon
	i := newIssuer(t)
	o := i.trusted(&now)
	i.down.Store(true)
	if _, err := o.Holder(t.Context(), i.token(nil)); !errors.Is(err, access.ErrIssuer) {
		t.Errorf("down from the start: got %v", err)
	}
	i.down.Store(false)
	if _, err := o.Holder(t.Context(), i.token(nil)); !errors.Is(err, access.ErrIssuer) {
		t.Errorf("asked again at once: got %v", err)
	}
	now = now.Add(10 * time.Second)
	old := i.token(nil)
	if err := taken(o, old); err != nil {
		t.Errorf("back: got %v", err)
	}
	now = now.Add(10 * time.Second)
	i.down.Store(true)
	if _, err := o.Holder(t.Context(), old); err != nil {
		t.Errorf("down, with a known key: got %v", err)
	}
	i.rotate("second")
	if _, err := o.Holder(t.Context(), i.token(nil)); !errors.Is(err, access.ErrIssuer) {
		t.Errorf("down, with a new key: got %v", err)
	}
	i.down.Store(false)
	now = now.Add(10 * time.Second)
	if err := taken(o, i.token(nil)); err != nil {
		t.Errorf("back, with a new key: got %v", err)
	}
	if _, err := o.Holder(t.Context(), old); err == nil {
		t.Error("a key that the issuer gave up is still taken")
	}
}

func TestTokensOfUnknownKeysDoNotMakeTheLedgerAskAllTheTime(t *testing.T) {
	t.Parallel()
	now := noon
	i := newIssuer(t)
	o := i.trusted(&now)
	if _, err := o.Holder(t.Context(), i.token(nil)); err != nil {
		t.Fatal(err)
	}
	i.keyID = "made up"
	for range 50 {
		if _, err := o.Holder(t.Context(), i.token(nil)); err == nil {
			t.Fatal("a token of no key is taken")
		}
	}
	if n := i.asked.Load(); n != 1 {
		t.Errorf("it asked %d times", n)
	}
}

func TestAnIssuerHasToBeReachedSafely(t *testing.T) {
	t.Parallel()
	for issuer, ok := range map[string]bool{
		"https://issuer.example": true, "http://127.0.0.1:1": true, "http://localhost": true,
		"http://issuer.example": false, "issuer.example": false, "ldap://issuer.example": false, "": false,
	} {
		if _, err := access.NewOIDC(access.OIDCConfig{Issuer: issuer, Audience: "rapport"}); (err == nil) != ok {
			t.Errorf("%q: got %v", issuer, err)
		}
	}
	if _, err := access.NewOIDC(access.OIDCConfig{Issuer: "https://issuer.example"}); err == nil {
		t.Error("tokens for anybody are taken")
	}
}
