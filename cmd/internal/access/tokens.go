package access

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

const (
	// TokenPrefix begins every token, so that people and scanners for leaked secrets
	// know one when they see it.
	TokenPrefix = "rapport_"
	// usedWithin is how exact the time of last use is: enough to find tokens that
	// nobody needs, too little to watch people.
	usedWithin = time.Hour
	// maxTokens and maxRevoked bound the file, which is held in memory and written whole.
	maxTokens  = 10_000
	maxRevoked = 10_000
	maxName    = 128
	idBytes    = 5
)

// Errors of a store of tokens.
var (
	ErrNoToken    = errors.New("there is no token of this id")
	ErrLocked     = errors.New("another process has the tokens open")
	ErrTooMany    = fmt.Errorf("there are %d tokens already; revoke some", maxTokens)
	errNotOneOurs = errors.New("it is not a token of this ledger")
)

// Token is what is kept of a token: everything but the token.
type Token struct {
	ID      string    `json:"id"`
	Name    string    `json:"name,omitempty"`
	Role    Role      `json:"role"`
	Sources []string  `json:"sources,omitempty"`
	Created time.Time `json:"created"`
	// Expires is when it ends by itself; zero for never.
	Expires time.Time `json:"expires,omitzero"`
	// Used is the hour of last use; zero for never.
	Used time.Time `json:"used,omitzero"`
	// Revoked is when it was ended; zero if it was not. It is kept, because events say
	// by its id who had them recorded.
	Revoked time.Time `json:"revoked,omitzero"`

	// Hash is the SHA-256 of the token, in hexadecimal; empty once it is revoked. A slow hash, as for passwords,
	// would protect what can be guessed; 256 random bits cannot, and the hash is taken
	// for every request.
	Hash string `json:"hash"`
}

// principal is who holds the token.
func (t Token) principal() Principal {
	name := cmp.Or(t.Name, "token "+t.ID)
	return Principal{ID: t.ID, Name: name, Roles: []Role{t.Role}, Sources: t.Sources, Expires: t.Expires}
}

func (t Token) expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// Tokens are a ledger's tokens, in a file of their own. One process has them open at a
// time. What was created or revoked is on disk when the call returns, and holds at once.
type Tokens struct {
	dir  string
	now  func() time.Time
	lock *os.File

	mu      sync.Mutex
	tokens  map[string]Token
	unsaved bool // times of last use
	revoked []func(id string)
}

// OpenTokens opens the tokens in the directory, which is made if it is not there. The
// error is [ErrLocked] if another process has them open.
func OpenTokens(dir string, now func() time.Time) (*Tokens, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	t := &Tokens{dir: dir, now: now, lock: lock, tokens: make(map[string]Token)}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = errors.Join(err, lock.Close())
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", dir, ErrLocked)
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	if err := t.load(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return t, nil
}

func (t *Tokens) load() error {
	b, err := os.ReadFile(t.path())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var all []Token
	if err := json.Unmarshal(b, &all); err != nil {
		return fmt.Errorf("%s: %w", t.path(), err)
	}
	for _, token := range all {
		t.tokens[token.ID] = token
	}
	return nil
}

func (t *Tokens) path() string { return filepath.Join(t.dir, "tokens.json") }

// Close writes what is unsaved, and lets others open the tokens.
func (t *Tokens) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var err error
	if t.unsaved {
		err = t.save(t.tokens)
	}
	return errors.Join(err, t.lock.Close())
}

// OnRevoke has f called with the id of each token that is revoked from now on.
func (t *Tokens) OnRevoke(f func(id string)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.revoked = append(t.revoked, f)
}

// Create makes a token for the role and gives it as the secret to hand over; it is not
// kept and cannot be had again. An emitter needs sources; of the others only a steward
// may have some. The error is a [*domain.Refusal] if the token would make no sense.
func (t *Tokens) Create(name string, role Role, sources []string, expires time.Time) (_ Token, secret string, err error) {
	now := t.now().UTC().Truncate(time.Second)
	if err := checkToken(name, role, sources, expires, now); err != nil {
		return Token{}, "", err
	}
	id := make([]byte, idBytes)
	rand.Read(id)
	token := Token{
		ID: hex.EncodeToString(id), Name: name, Role: role, Sources: slices.Compact(slices.Sorted(slices.Values(sources))),
		Created: now, Expires: expires.UTC(),
	}
	secret = TokenPrefix + token.ID + "_" + rand.Text() + rand.Text() // twice 130 bits
	token.Hash = hashOf(secret)
	t.mu.Lock()
	defer t.mu.Unlock()
	if live(t.tokens) >= maxTokens {
		return Token{}, "", ErrTooMany
	}
	if _, taken := t.tokens[token.ID]; taken {
		return Token{}, "", fmt.Errorf("the id %s is taken; try again", token.ID)
	}
	return token, secret, t.change(func(all map[string]Token) { all[token.ID] = token })
}

func checkToken(name string, role Role, sources []string, expires, now time.Time) error {
	var faults []domain.Fault
	fault := func(at, message string) { faults = append(faults, domain.Fault{Location: at, Message: message}) }
	if _, err := ParseRole(string(role)); err != nil {
		fault("role", err.Error())
	}
	if len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		fault("name", fmt.Sprintf("must be plain text of at most %d bytes", maxName))
	}
	switch {
	case role == Emitter && len(sources) == 0:
		fault("sources", "an emitter needs the sources whose events it sends")
	case role != Emitter && role != Steward && len(sources) > 0:
		fault("sources", "a token of role "+string(role)+" takes none")
	}
	for i, s := range sources {
		if s == "" || s == domain.OwnSource || len(s) > 256 {
			fault(fmt.Sprintf("sources.%d", i), "must be the source of another system, of at most 256 bytes")
		}
	}
	if !expires.IsZero() && !expires.After(now) {
		fault("expires", "is in the past")
	}
	if expires.UTC().Year() > 9999 {
		fault("expires", "must be before the end of the year 9999, in UTC")
	}
	if faults != nil {
		return &domain.Refusal{Faults: faults}
	}
	return nil
}

// live is how many are not revoked.
func live(tokens map[string]Token) (n int) {
	for _, token := range tokens {
		if token.Revoked.IsZero() {
			n++
		}
	}
	return n
}

// Revoke ends a token. Whoever shows it from now on is refused. The error is
// [ErrNoToken] if there is none.
func (t *Tokens) Revoke(id string) error {
	t.mu.Lock()
	token, ok := t.tokens[id]
	if !ok || !token.Revoked.IsZero() {
		t.mu.Unlock()
		return ErrNoToken
	}
	token.Hash, token.Revoked = "", t.now().UTC().Truncate(time.Second)
	err := t.change(func(all map[string]Token) {
		all[id] = token
		dropRevoked(all)
	})
	told := t.revoked
	t.mu.Unlock()
	if err != nil {
		return err
	}
	for _, tell := range told {
		tell(id)
	}
	return nil
}

// dropRevoked drops the one that was revoked first, if there are too many.
func dropRevoked(all map[string]Token) {
	if len(all)-live(all) <= maxRevoked {
		return
	}
	var first Token
	for _, token := range all {
		if !token.Revoked.IsZero() && (first.ID == "" || token.Revoked.Before(first.Revoked)) {
			first = token
		}
	}
	delete(all, first.ID)
}

// List gives all tokens, the oldest first. Expired ones are among them, and, if they are
// asked for, revoked ones.
func (t *Tokens) List(revoked bool) []Token {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.SortedFunc(maps.Values(t.tokens), func(a, b Token) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return slices.DeleteFunc(all, func(token Token) bool { return !revoked && !token.Revoked.IsZero() })
}

// HasAdmin reports whether there is a token that lets its holder administer the ledger.
func (t *Tokens) HasAdmin() bool {
	now := t.now()
	return slices.ContainsFunc(t.List(false), func(token Token) bool { return token.Role == Admin && !token.expired(now) })
}

// Holder is who holds the token. The error is [*Invalid].
func (t *Tokens) Holder(secret string) (Principal, error) {
	rest, ok := strings.CutPrefix(secret, TokenPrefix)
	id, _, whole := strings.Cut(rest, "_")
	if !ok || !whole {
		return Principal{}, &Invalid{errNotOneOurs}
	}
	return t.holder(id, func(token Token) bool {
		return subtle.ConstantTimeCompare([]byte(token.Hash), []byte(hashOf(secret))) == 1
	})
}

// IsTokenID reports whether a principal's id is that of a token.
func IsTokenID(id string) bool {
	b, err := hex.DecodeString(id)
	return err == nil && len(b) == idBytes
}

// ByID is who holds the token of the id, for those who were told the id by somebody
// that has seen the token. The error is [*Invalid].
func (t *Tokens) ByID(id string) (Principal, error) {
	return t.holder(id, func(Token) bool { return true })
}

func (t *Tokens) holder(id string, matches func(Token) bool) (Principal, error) {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	token, ok := t.tokens[id]
	if !ok || !token.Revoked.IsZero() || !matches(token) {
		return Principal{}, &Invalid{errNotOneOurs}
	}
	if token.expired(now) {
		return Principal{}, &Invalid{fmt.Errorf("the token %s expired on %s", id, token.Expires.Format(time.RFC3339))}
	}
	if hour := now.UTC().Truncate(usedWithin); hour.After(token.Used) {
		token.Used, t.unsaved = hour, true
		t.tokens[id] = token
	}
	return token.principal(), nil
}

// Save writes the times of last use, if there are new ones. They are also written with
// whatever else changes.
func (t *Tokens) Save() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.unsaved {
		return nil
	}
	return t.save(t.tokens)
}

// change makes a change that holds once it is on disk; t.mu is held.
func (t *Tokens) change(do func(map[string]Token)) error {
	changed := maps.Clone(t.tokens)
	do(changed)
	if err := t.save(changed); err != nil {
		return err
	}
	t.tokens = changed
	return nil
}

// save writes the file anew beside the old one, and puts it in its place once it is on
// disk; t.mu is held.
func (t *Tokens) save(tokens map[string]Token) error {
	b, err := json.MarshalIndent(slices.SortedFunc(maps.Values(tokens), func(a, b Token) int { return cmp.Compare(a.ID, b.ID) }), "", " ")
	if err != nil {
		return err
	}
	if err := replaceFile(t.path(), b); err != nil {
		return fmt.Errorf("save the tokens: %w", err)
	}
	t.unsaved = false
	return nil
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
