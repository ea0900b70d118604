package access_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// FuzzIdentify has anything in the headers by which somebody says who they are. Nobody
// is let in but by the token, or by the cookie that was given for it.
func FuzzIdentify(f *testing.F) {
	now := noon
	tokens, err := access.OpenTokens(f.TempDir(), func() time.Time { return now })
	if err != nil {
		f.Fatal(err)
	}
	defer tokens.Close()
	token, secret, err := tokens.Create("Ann", access.Analyst, nil, time.Time{})
	if err != nil {
		f.Fatal(err)
	}
	guard := &access.Guard{Required: true, Tokens: tokens}
	if guard.Sessions, err = access.OpenSessions(f.TempDir(), guard); err != nil {
		f.Fatal(err)
	}
	principal, err := tokens.Holder(secret)
	if err != nil {
		f.Fatal(err)
	}
	overTLS := &http.Request{TLS: new(tls.ConnectionState)}
	cookie := guard.Sessions.Begin(principal, overTLS)
	f.Add("Bearer "+secret, "")
	f.Add("", cookie.Name+"="+cookie.Value)
	f.Add("bearer  "+secret+" ", cookie.Name+`="`+cookie.Value+`"`)
	f.Add("Bearer "+access.TokenPrefix+token.ID+"_", cookie.Name+"=9999999999."+token.ID+".")
	f.Add("Basic OjE=", "rapport_session=1..; "+cookie.Name+"=.")
	f.Fuzz(func(t *testing.T, authorization, cookies string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.TLS = overTLS.TLS
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		if cookies != "" {
			r.Header.Set("Cookie", cookies)
		}
		got, err := guard.Identify(r)
		byToken := len(authorization) > len(secret) && err == nil
		c, none := r.Cookie(cookie.Name)
		byCookie := authorization == "" && none == nil && c.Value == cookie.Value
		if got.Known() != (byToken || byCookie) || got.Known() && got.ID != token.ID {
			t.Errorf("%q, %q: let in as %+v, %v", authorization, cookies, got, err)
		}
	})
}
