package access_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

func withSessions(t *testing.T, dir string, tokens *access.Tokens) *access.Guard {
	t.Helper()
	g := &access.Guard{Tokens: tokens, Required: true}
	var err error
	if g.Sessions, err = access.OpenSessions(dir, g); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestASessionLastsUntilItEndsOrItsTokenDoes(t *testing.T) {
	t.Parallel()
	now := noon
	dir := filepath.Join(t.TempDir(), "keys")
	tokens := openTokens(t, t.TempDir(), &now)
	g := withSessions(t, dir, tokens)
	token, secret := create(t, tokens, access.Analyst)
	p, err := tokens.Holder(secret)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/session", nil)
	cookie := g.Sessions.Begin(p, r)
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Secure || cookie.Path != "/" || cookie.MaxAge != 12*60*60 || strings.Contains(cookie.Value, secret) {
		t.Errorf("the cookie is %v", cookie)
	}
	who := func(g *access.Guard, c *http.Cookie) string {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(c)
		p, err := g.Identify(r)
		if err != nil {
			t.Fatal(err)
		}
		return p.ID
	}
	if got := who(g, cookie); got != token.ID {
		t.Errorf("got %q, want %q", got, token.ID)
	}
	if got := who(withSessions(t, dir, tokens), cookie); got != token.ID {
		t.Errorf("after a restart: got %q", got)
	}
	if got := who(withSessions(t, t.TempDir(), tokens), cookie); got != "" {
		t.Errorf("by another ledger's key: got %q", got)
	}
	now = noon.Add(12*time.Hour - time.Second)
	if got := who(g, cookie); got != token.ID {
		t.Errorf("just before the end: got %q", got)
	}
	now = noon.Add(12 * time.Hour)
	if got := who(g, cookie); got != "" {
		t.Errorf("after the end: got %q", got)
	}
	now = noon
	if err := tokens.Revoke(token.ID); err != nil {
		t.Fatal(err)
	}
	if got := who(g, cookie); got != "" {
		t.Errorf("after the token: got %q", got)
	}
}

func TestACookieThatTheLedgerDidNotSignIsNobodys(t *testing.T) {
	t.Parallel()
	now := noon
	tokens := openTokens(t, t.TempDir(), &now)
	g := withSessions(t, t.TempDir(), tokens)
	mine, secret := create(t, tokens, access.Analyst)
	admin, _ := create(t, tokens, access.Admin)
	p, err := tokens.Holder(secret)
	if err != nil {
		t.Fatal(err)
	}
	good := g.Sessions.Begin(p, httptest.NewRequest("POST", "/", nil)).Value
	for _, value := range []string{
		"", ".", "..", good + "x", good[:len(good)-1], "1" + good, strings.Replace(good, mine.ID, admin.ID, 1),
		strings.Replace(good, ".", "..", 1), good[:strings.LastIndex(good, ".")], good[:strings.LastIndex(good, ".")+1],
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: "rapport_session", Value: value})
		if who, err := g.Identify(r); err != nil || who.Known() {
			t.Errorf("%q: got %+v, %v", value, who, err)
		}
	}
}

func TestUnderTLSTheCookieIsForTLSAlone(t *testing.T) {
	t.Parallel()
	now := noon
	tokens := openTokens(t, t.TempDir(), &now)
	g := withSessions(t, t.TempDir(), tokens)
	_, secret, err := tokens.Create("", access.Analyst, nil, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	p, err := tokens.Holder(secret)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/", nil)
	r.TLS = &tls.ConnectionState{}
	if c := g.Sessions.Begin(p, r); !c.Secure || c.Name != "__Host-rapport_session" || c.MaxAge != 3600 || c.Valid() != nil {
		t.Errorf("the cookie is %v", c)
	}
	if c := g.Sessions.End(r); c.MaxAge >= 0 || c.Value != "" || !c.Secure {
		t.Errorf("the end is %v", c)
	}
}

func TestAKeyOfSessionsIsItsOwners(t *testing.T) {
	t.Parallel()
	now := noon
	dir := filepath.Join(t.TempDir(), "keys")
	g := withSessions(t, dir, openTokens(t, t.TempDir(), &now))
	path := filepath.Join(dir, "session.key")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Errorf("got %v, %v", info, err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := access.OpenSessions(dir, g); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a short key: got %v", err)
	}
}
