package access_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/domain"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func openTokens(t *testing.T, dir string, now *time.Time) *access.Tokens {
	t.Helper()
	tokens, err := access.OpenTokens(dir, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tokens.Close() })
	return tokens
}

func create(t *testing.T, tokens *access.Tokens, role access.Role, sources ...string) (access.Token, string) {
	t.Helper()
	token, secret, err := tokens.Create("a name", role, sources, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return token, secret
}

func invalid(err error) bool {
	_, ok := errors.AsType[*access.Invalid](err)
	return ok
}

func TestATokenSaysWhoHoldsItUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	now := noon
	dir := filepath.Join(t.TempDir(), "access")
	tokens := openTokens(t, dir, &now)
	token, secret := create(t, tokens, access.Emitter, "erp", "crm", "erp")
	if !strings.HasPrefix(secret, access.TokenPrefix) {
		t.Errorf("the token is %s, want one that begins with %s", secret, access.TokenPrefix)
	}
	var told []string
	tokens.OnRevoke(func(id string) { told = append(told, id) })
	if err := tokens.Close(); err != nil {
		t.Fatal(err)
	}
	tokens = openTokens(t, dir, &now)
	tokens.OnRevoke(func(id string) { told = append(told, id) })
	who, err := tokens.Holder(secret)
	if err != nil || who.ID != token.ID || who.Name != "a name" || !who.HasSource("erp") || !who.HasSource("crm") || len(who.Sources) != 2 || !who.May(access.Record) {
		t.Fatalf("got %+v, %v", who, err)
	}
	if err := tokens.Revoke(token.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.Holder(secret); !invalid(err) {
		t.Errorf("a revoked token: got %v", err)
	}
	if len(told) != 1 || told[0] != token.ID {
		t.Errorf("told of %v, want %s", told, token.ID)
	}
	if err := tokens.Revoke(token.ID); !errors.Is(err, access.ErrNoToken) {
		t.Errorf("revoked again: got %v", err)
	}
	if err := tokens.Close(); err != nil {
		t.Fatal(err)
	}
	tokens = openTokens(t, dir, &now)
	if _, err := tokens.Holder(secret); !invalid(err) {
		t.Errorf("a revoked token after a restart: got %v", err)
	}
	if _, err := tokens.ByID(token.ID); !invalid(err) {
		t.Errorf("a revoked token by its id: got %v", err)
	}
	if listed := tokens.List(false); len(listed) != 0 {
		t.Errorf("a revoked token is listed: %v", listed)
	}
	if listed := tokens.List(true); len(listed) != 1 || listed[0].ID != token.ID || listed[0].Name != "a name" || !listed[0].Revoked.Equal(noon) || listed[0].Hash != "" {
		t.Errorf("those that were revoked: %+v", listed)
	}
}

func TestWhatIsNotATokenIsNobody(t *testing.T) {
	t.Parallel()
	now := noon
	tokens := openTokens(t, t.TempDir(), &now)
	token, secret := create(t, tokens, access.Admin)
	_, other := create(t, tokens, access.Admin)
	mixed := access.TokenPrefix + token.ID + "_" + other[strings.LastIndex(other, "_")+1:]
	for _, s := range []string{
		"", "rapport", access.TokenPrefix, access.TokenPrefix + token.ID, access.TokenPrefix + token.ID + "_", access.TokenPrefix + "_",
		secret[:len(secret)-1], secret + "A", " " + secret, strings.ToLower(secret), token.Hash, mixed, strings.TrimPrefix(secret, access.TokenPrefix),
	} {
		if who, err := tokens.Holder(s); !invalid(err) || who.Known() {
			t.Errorf("%q: got %+v, %v", s, who, err)
		}
	}
}

func TestATokenEndsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	now := noon
	tokens := openTokens(t, t.TempDir(), &now)
	_, secret, err := tokens.Create("", access.Admin, nil, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	now = noon.Add(time.Hour - time.Nanosecond)
	if who, err := tokens.Holder(secret); err != nil || !who.Expires.Equal(noon.Add(time.Hour)) || !tokens.HasAdmin() {
		t.Errorf("before: got %+v, %v", who, err)
	}
	now = noon.Add(time.Hour)
	if _, err := tokens.Holder(secret); !invalid(err) || tokens.HasAdmin() {
		t.Errorf("after: got %v", err)
	}
}

func TestTheHourOfLastUseIsKept(t *testing.T) {
	t.Parallel()
	now := noon.Add(17 * time.Minute)
	dir := t.TempDir()
	tokens := openTokens(t, dir, &now)
	_, secret := create(t, tokens, access.Analyst)
	if used := tokens.List(false)[0].Used; !used.IsZero() {
		t.Errorf("before use: %v", used)
	}
	if _, err := tokens.Holder(secret); err != nil {
		t.Fatal(err)
	}
	if err := tokens.Close(); err != nil {
		t.Fatal(err)
	}
	if used := openTokens(t, dir, &now).List(false)[0].Used; !used.Equal(noon) {
		t.Errorf("used %v, want %v", used, noon)
	}
}

func TestTheFileOfTokensGivesNoneAway(t *testing.T) {
	t.Parallel()
	now := noon
	dir := filepath.Join(t.TempDir(), "access")
	tokens := openTokens(t, dir, &now)
	_, secret := create(t, tokens, access.Admin)
	b, err := os.ReadFile(filepath.Join(dir, "tokens.json"))
	if err != nil {
		t.Fatal(err)
	}
	if part := secret[strings.LastIndex(secret, "_")+1:]; strings.Contains(string(b), part) {
		t.Error("the file has the token")
	}
	var kept []access.Token
	if err := json.Unmarshal(b, &kept); err != nil || len(kept) != 1 {
		t.Errorf("got %v, %v", kept, err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "tokens.json"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}

func TestAChangeThatCannotBeWrittenDoesNotHold(t *testing.T) {
	t.Parallel()
	now := noon
	dir := filepath.Join(t.TempDir(), "access")
	tokens := openTokens(t, dir, &now)
	token, secret := create(t, tokens, access.Admin)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := tokens.Create("", access.Admin, nil, time.Time{}); err == nil || len(tokens.List(false)) != 1 {
		t.Errorf("created: %v, %d tokens", err, len(tokens.List(false)))
	}
	if err := tokens.Revoke(token.ID); err == nil {
		t.Error("it is revoked and comes back at the next start")
	}
	if _, err := tokens.Holder(secret); err != nil {
		t.Error(err)
	}
}

func TestOneProcessHasTheTokensOpen(t *testing.T) {
	t.Parallel()
	now := noon
	dir := t.TempDir()
	tokens := openTokens(t, dir, &now)
	if _, err := access.OpenTokens(dir, time.Now); !errors.Is(err, access.ErrLocked) {
		t.Errorf("got %v", err)
	}
	if err := tokens.Close(); err != nil {
		t.Fatal(err)
	}
	openTokens(t, dir, &now)
}

func TestAFileOfTokensThatIsDamagedLetsNobodyIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tokens.json"), []byte(`[{"id":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := access.OpenTokens(dir, time.Now); err == nil || !strings.Contains(err.Error(), "tokens.json") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

func TestATokenThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	now := noon
	tokens := openTokens(t, t.TempDir(), &now)
	for _, c := range []struct {
		name    string
		role    access.Role
		sources []string
		expires time.Time
		want    string
	}{
		{"x", "root", nil, time.Time{}, "role"},
		{"x", access.Emitter, nil, time.Time{}, "sources"},
		{"x", access.Emitter, []string{"erp", ""}, time.Time{}, "sources.1"},
		{"x", access.Emitter, []string{domain.OwnSource}, time.Time{}, "sources.0"},
		{"x", access.Analyst, []string{"erp"}, time.Time{}, "sources"},
		{"x\n", access.Analyst, nil, time.Time{}, "name"},
		{strings.Repeat("x", 129), access.Analyst, nil, time.Time{}, "name"},
		{"x", access.Analyst, nil, noon, "expires"},
		{"x", access.Analyst, nil, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "expires"}, // JSON has no form for it
	} {
		_, _, err := tokens.Create(c.name, c.role, c.sources, c.expires)
		refusal, ok := errors.AsType[*domain.Refusal](err)
		if !ok || len(refusal.Faults) != 1 || refusal.Faults[0].Location != c.want {
			t.Errorf("%+v: got %v, want a fault at %s", c, err, c.want)
		}
	}
	if len(tokens.List(false)) != 0 {
		t.Errorf("there are %v", tokens.List(false))
	}
}
