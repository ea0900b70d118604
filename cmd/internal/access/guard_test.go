package access_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

func TestWhoARequestIsFrom(t *testing.T) {
	t.Parallel()
	now := noon
	tokens := openTokens(t, t.TempDir(), &now)
	token, secret := create(t, tokens, access.Analyst)
	open, strict := &access.Guard{Tokens: tokens}, &access.Guard{Tokens: tokens, Required: true}
	const nobody, denied, notValid = "", "denied", "not valid"
	for _, c := range []struct {
		what    string
		guard   *access.Guard
		host    string
		headers []string
		want    string
	}{
		{"nothing shown", strict, "ledger.example", nil, nobody},
		{"nothing shown to an open ledger", open, "127.0.0.1:8280", nil, access.Local.ID},
		{"by name", open, "LocalHost:8280", nil, access.Local.ID},
		{"by IPv6", open, "[::1]:8280", nil, access.Local.ID},
		{"without a port", open, "[::1]", nil, access.Local.ID},
		{"by a name that a page chose", open, "evil.example:8280", nil, denied},
		{"by a name that begins like ours", open, "localhost.evil.example", nil, denied},
		{"without a name", open, "", nil, denied},
		{"through a proxy", open, "localhost", []string{"X-Forwarded-For", "192.0.2.1"}, denied},
		{"through a modern proxy", open, "localhost", []string{"Forwarded", "for=192.0.2.1"}, denied},
		{"a token", strict, "ledger.example", []string{"Authorization", "Bearer " + secret}, token.ID},
		{"a token, in other case", strict, "ledger.example", []string{"authorization", "bearer  " + secret}, token.ID},
		{"a token to an open ledger, through a proxy", open, "x", []string{"Authorization", "Bearer " + secret, "Forwarded", "for=1"}, token.ID},
		{"a wrong token to an open ledger", open, "localhost", []string{"Authorization", "Bearer x"}, notValid},
		{"two tokens", open, "localhost", []string{"Authorization", "Bearer " + secret, "Authorization", "Bearer " + secret}, notValid},
		{"a password", open, "localhost", []string{"Authorization", "Basic eDp5"}, notValid},
		{"an empty header", open, "localhost", []string{"Authorization", ""}, notValid},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = c.host
		for i := 0; i < len(c.headers); i += 2 {
			r.Header.Add(c.headers[i], c.headers[i+1])
		}
		who, err := c.guard.Identify(r)
		got := who.ID
		if _, ok := errors.AsType[*access.Denial](err); ok {
			got = denied
		} else if invalid(err) {
			got = notValid
		}
		if got != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.what, got, err, c.want)
		}
	}
}
