package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// sessionTime is how long a browser need not show a token again.
	sessionTime = 12 * time.Hour
	sessionKey  = 32
	// The prefix has browsers take the cookie only over TLS, for the whole site and for
	// no other name.
	sessionName = "rapport_session"
	hostPrefix  = "__Host-"
)

// Sessions let a browser in that has shown a token once: with a cookie that names the
// principal, signed, so that nobody can make one up. The rights are looked up each time:
// a token that is revoked ends its sessions.
type Sessions struct {
	key   []byte
	guard *Guard
}

// OpenSessions signs with the key in the directory, which is made at first.
func OpenSessions(dir string, guard *Guard) (*Sessions, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "session.key")
	key, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		key = make([]byte, sessionKey)
		rand.Read(key)
		err = replaceFile(path, key)
	}
	if err == nil && len(key) != sessionKey {
		err = fmt.Errorf("%s is not a key of sessions; delete it, and browsers have to log in again", path)
	}
	return &Sessions{key, guard}, err
}

// Begin is the cookie for a principal that has shown who it is.
func (s *Sessions) Begin(p Principal, r *http.Request) *http.Cookie {
	now := s.guard.Tokens.now()
	ends := now.Add(sessionTime)
	if !p.Expires.IsZero() && p.Expires.Before(ends) {
		ends = p.Expires
	}
	said := strconv.FormatInt(ends.Unix(), 10) + "." + s.guard.Remember(p)
	c := s.cookie(r)
	c.Value = said + "." + s.sign(said)
	c.MaxAge = int(ends.Sub(now).Seconds())
	return c
}

// End is the cookie that takes the place of a session's.
func (s *Sessions) End(r *http.Request) *http.Cookie {
	c := s.cookie(r)
	c.MaxAge = -1
	return c
}

func (s *Sessions) cookie(r *http.Request) *http.Cookie {
	return &http.Cookie{Name: sessionCookie(r), Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode}
}

func sessionCookie(r *http.Request) string {
	if r.TLS != nil {
		return hostPrefix + sessionName
	}
	return sessionName
}

func (s *Sessions) sign(said string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte("session " + said))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// principal is whose session the request is part of; false if it is of none that holds.
func (s *Sessions) principal(r *http.Request) (Principal, bool) {
	if s == nil {
		return Principal{}, false
	}
	c, err := r.Cookie(sessionCookie(r))
	if err != nil {
		return Principal{}, false
	}
	at := strings.LastIndexByte(c.Value, '.')
	if at < 0 || !hmac.Equal([]byte(c.Value[at+1:]), []byte(s.sign(c.Value[:at]))) {
		return Principal{}, false
	}
	ends, key, _ := strings.Cut(c.Value[:at], ".")
	unix, err := strconv.ParseInt(ends, 10, 64)
	if err != nil || !s.guard.Tokens.now().Before(time.Unix(unix, 0)) {
		return Principal{}, false
	}
	p, err := s.guard.Recall(key)
	return p, err == nil
}
