package keyring

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

var (
	aMaster = MasterKey{1, 2, 3}
	noon    = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func reopen(t testing.TB, dir string, master MasterKey) *Keyring {
	t.Helper()
	k, err := Open(dir, master)
	must(t, err)
	t.Cleanup(func() { k.Close() })
	return k
}

// letter is something sealed.
type letter struct {
	account domain.AccountID
	persons []domain.ID
	sealed  []byte
}

func seal(t testing.TB, k *Keyring, account domain.AccountID, persons ...domain.ID) letter {
	t.Helper()
	sealed, err := k.Seal(account, persons, []byte("bound"), []byte("content"))
	must(t, err)
	must(t, k.Sync(t.Context()))
	return letter{account, persons, sealed}
}

// reads says what becomes of opening: the content, who was forgotten, or the error.
func (l letter) reads(k *Keyring) string {
	content, forgotten, err := k.Open(l.account, l.persons, []byte("bound"), l.sealed)
	switch {
	case err != nil:
		return "error: " + err.Error()
	case forgotten != nil:
		var names []string
		for _, f := range forgotten {
			names = append(names, fmt.Sprintf("%s at %d", f.Contact, f.Position))
		}
		return strings.Join(names, ", ")
	}
	return string(content)
}

func check(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func told(id string, account domain.AccountID, contacts ...domain.ID) []domain.Envelope {
	var events []domain.Envelope
	for _, c := range contacts {
		events = append(events, domain.Envelope{
			Source: domain.OwnSource, ID: id + "/" + string(c), Account: account, OccurredAt: noon, CorrelationID: id, Actor: "dpo", RecordedBy: "28d0333eef",
			Data: domain.PersonForgotten{Contact: c, Reason: "asked", RequestedAt: noon.Add(-time.Hour)},
		})
	}
	return events
}

func forget(t testing.TB, k *Keyring, events []domain.Envelope) int {
	t.Helper()
	n, err := k.Forget(t.Context(), events)
	must(t, err)
	return n
}

func announce(t testing.TB, k *Keyring, events []domain.Envelope, position domain.Position) {
	t.Helper()
	for _, e := range events {
		must(t, k.Announced(t.Context(), e, position))
	}
}

func TestWhatIsSealedOpensAlsoAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := reopen(t, dir, aMaster)
	if !k.Fresh() {
		t.Error("a new keyring does not say so")
	}
	letters := []letter{seal(t, k, "acme"), seal(t, k, "acme", "jane"), seal(t, k, "acme", "jane", "joe"), seal(t, k, "bolt", "jane")}
	for range 2 {
		for _, l := range letters {
			check(t, fmt.Sprint(l.persons), l.reads(k), "content")
		}
		must(t, k.Close())
		k = reopen(t, dir, aMaster)
	}
	if k.Fresh() {
		t.Error("a keyring that was there says it is new")
	}
	twisted := letters[2]
	twisted.persons = []domain.ID{"joe", "jane"}
	check(t, "persons in another order", twisted.reads(k), "content")
}

func TestNothingOpensForOthersOrElsewhere(t *testing.T) {
	t.Parallel()
	k := reopen(t, t.TempDir(), aMaster)
	seal(t, k, "acme", "joe")
	seal(t, k, "bolt", "jane")
	l := seal(t, k, "acme", "jane")
	for name, spoil := range map[string]func(l *letter){
		"another contact": func(l *letter) { l.persons = []domain.ID{"joe"} },
		"another account": func(l *letter) { l.account = "bolt" },
		"a flipped bit":   func(l *letter) { l.sealed[len(l.sealed)/2] ^= 1 },
		"cut short":       func(l *letter) { l.sealed = l.sealed[:20] },
		"nothing":         func(l *letter) { l.sealed = nil },
	} {
		spoilt := letter{l.account, l.persons, bytes.Clone(l.sealed)}
		spoil(&spoilt)
		check(t, name, spoilt.reads(k), "error: "+ErrDamaged.Error())
	}
	if _, _, err := k.Open(l.account, l.persons, []byte("elsewhere"), l.sealed); !errors.Is(err, ErrDamaged) {
		t.Errorf("bound elsewhere: %v", err)
	}
	other := reopen(t, t.TempDir(), aMaster)
	if _, _, err := other.Open(l.account, l.persons, []byte("bound"), l.sealed); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("another keyring: %v", err)
	}
}

func TestOnlyTheForgottenAreForgotten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := reopen(t, dir, aMaster)
	jane, both, joe, elsewhere, own := seal(t, k, "acme", "jane"), seal(t, k, "acme", "joe", "jane"), seal(t, k, "acme", "joe"),
		seal(t, k, "bolt", "jane"), seal(t, k, "acme")
	epoch := k.Epoch()
	if n := forget(t, k, told("f1", "acme", "jane")); n != 1 {
		t.Errorf("%d keys were destroyed, want 1", n)
	}
	if k.Epoch() == epoch {
		t.Error("the epoch is the same")
	}
	check(t, "before it is announced", jane.reads(k), "jane at 0")
	announce(t, k, told("f1", "acme", "jane"), 7)
	back := seal(t, k, "acme", "jane")
	for range 2 {
		check(t, "hers", jane.reads(k), "jane at 7")
		check(t, "theirs", both.reads(k), "jane at 7")
		check(t, "his", joe.reads(k), "content")
		check(t, "her namesake's", elsewhere.reads(k), "content")
		check(t, "the account's", own.reads(k), "content")
		check(t, "hers since she is back", back.reads(k), "content")
		must(t, k.Close())
		k = reopen(t, dir, aMaster)
	}
	if n := forget(t, k, told("f2", "acme", "joe", "jane", "jim")); n != 2 {
		t.Errorf("%d keys were destroyed, want 2", n)
	}
	announce(t, k, told("f2", "acme", "joe", "jane", "jim"), 9)
	check(t, "hers of the first time", jane.reads(k), "jane at 7")
	check(t, "hers of the second time", back.reads(k), "jane at 9")
	check(t, "theirs", both.reads(k), "joe at 9, jane at 7")
}

// TestNoFileHasAKeyThatWasDestroyed makes people in random order, in batches of random
// size, as they come and go, and looks at every byte.
func TestNoFileHasAKeyThatWasDestroyed(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(rand.Uint64(), 0))
	dir := t.TempDir()
	k := reopen(t, dir, aMaster)
	var people []who
	for round := range 40 {
		for range 1 + random.IntN(150) {
			w := who{domain.AccountID(fmt.Sprintf("a%d", random.IntN(50))), domain.ID(strings.Repeat("x", random.IntN(60)) + fmt.Sprint(random.Uint64()))}
			_, err := k.Seal(w.account, []domain.ID{w.contact}, nil, nil)
			must(t, err)
			people = append(people, w)
		}
		must(t, k.Sync(t.Context()))
		for n := range 5 {
			i := random.IntN(len(people))
			w := people[i]
			people = slices.Delete(people, i, i+1)
			wrapped := wrappedOf(t, k, w)
			if !onDisk(t, dir, wrapped) {
				t.Fatal("the key is not on disk before it is destroyed: this test sees nothing")
			}
			forget(t, k, told(fmt.Sprint(round, "-", n), w.account, w.contact))
			if onDisk(t, dir, wrapped) {
				t.Fatalf("round %d: the key is still on disk", round)
			}
		}
	}
}

func wrappedOf(t *testing.T, k *Keyring, w who) (wrapped []byte) {
	t.Helper()
	must(t, k.read.QueryRow(`SELECT wrapped FROM persons WHERE account = ? AND contact = ?`, string(w.account), string(w.contact)).Scan(&wrapped))
	return wrapped
}

// onDisk reports whether any file has a part of the wrapped key: nonce, or half the rest.
func onDisk(t *testing.T, dir string, wrapped []byte) bool {
	t.Helper()
	files, err := os.ReadDir(dir)
	must(t, err)
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		must(t, err)
		for part := range slices.Chunk(wrapped, 24) {
			if bytes.Contains(content, part) {
				return true
			}
		}
	}
	return false
}

func TestAJournalThatCannotBeEmptiedIsEmptiedLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := reopen(t, dir, aMaster)
	jane := seal(t, k, "acme", "jane")
	wrapped := wrappedOf(t, k, who{"acme", "jane"})
	other, err := open(filepath.Join(dir, FileName))
	must(t, err)
	defer other.Close()
	_, err = other.Exec("BEGIN DEFERRED")
	must(t, err)
	var n int
	must(t, other.QueryRow(`SELECT count(*) FROM persons`).Scan(&n)) // from now on it needs what was there
	_, err = k.write.Exec("PRAGMA busy_timeout = 1")
	must(t, err)
	want := told("f1", "acme", "jane")
	if _, err := k.Forget(t.Context(), want); !errors.Is(err, ErrJournal) {
		t.Errorf("got %v", err)
	}
	check(t, "for who asks", jane.reads(k), "jane at 0")
	if _, err := k.Unannounced(t.Context()); !errors.Is(err, ErrJournal) || !onDisk(t, dir, wrapped) {
		t.Errorf("got %v, or this test sees nothing", err)
	}
	_, err = other.Exec("ROLLBACK")
	must(t, err)
	events, err := k.Unannounced(t.Context())
	must(t, err)
	if !reflect.DeepEqual(events, want) || onDisk(t, dir, wrapped) {
		t.Errorf("got %+v, or the key is still on disk", events)
	}
}

func TestAForgettingThatNoEventTellsOfYetIsRemembered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := reopen(t, dir, aMaster)
	seal(t, k, "acme", "jane")
	want := told("f1", "acme", "jane", "j2", "j1")
	forget(t, k, want)
	must(t, k.Close())
	k = reopen(t, dir, aMaster)
	open, err := k.Unannounced(t.Context())
	must(t, err)
	if !reflect.DeepEqual(open, want) {
		t.Errorf("got %+v, want %+v", open, want)
	}
	announce(t, k, want, 12)
	if open, err = k.Unannounced(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("got %v, %v", open, err)
	}
}

func TestAKeyThatWasMadeAndDestroyedBeforeItWasWrittenIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := reopen(t, dir, aMaster)
	sealed, err := k.Seal("acme", []domain.ID{"jane"}, []byte("bound"), []byte("content"))
	must(t, err)
	lost := letter{"acme", []domain.ID{"jane"}, sealed}
	forget(t, k, told("f1", "acme", "jane"))
	must(t, k.Sync(t.Context()))
	must(t, k.Close())
	k = reopen(t, dir, aMaster)
	back := seal(t, k, "acme", "jane")
	check(t, "lost", lost.reads(k), "jane at 0")
	check(t, "back", back.reads(k), "content")
}

func TestTheMasterKeyMustBeTheOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, reopen(t, dir, aMaster).Close())
	if _, err := Open(dir, MasterKey{9}); !errors.Is(err, ErrMasterKey) {
		t.Errorf("with another: %v", err)
	}
	if _, err := OpenDefault(dir); !errors.Is(err, ErrNoMasterKey) {
		t.Errorf("with none: %v", err)
	}
	reopen(t, dir, aMaster)
}

func TestAMasterKeyIsReadInEveryForm(t *testing.T) {
	t.Parallel()
	want := NewMasterKey()
	for _, form := range []string{
		string(want[:]), hex.EncodeToString(want[:]) + "\n", strings.ToUpper(hex.EncodeToString(want[:])),
		base64.StdEncoding.EncodeToString(want[:]) + "\r\n", base64.RawURLEncoding.EncodeToString(want[:]),
	} {
		if m, err := ParseMasterKey([]byte(form)); err != nil || m != want {
			t.Errorf("%q: %x, %v", form, m, err)
		}
	}
	for _, form := range []string{"", "secret", strings.Repeat("ab", 31), strings.Repeat("a", 33)} {
		if m, err := ParseMasterKey([]byte(form)); err == nil {
			t.Errorf("%q is read as %x", form, m)
		}
	}
}

func TestAKeyringClosedWhileItWritesKeysKeepsThemWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 3 {
		k := reopen(t, dir, aMaster)
		letters := make([]letter, 50)
		for i := range letters {
			l := letter{account: domain.AccountID(fmt.Sprint(round, "-", i))}
			var err error
			l.sealed, err = k.Seal(l.account, nil, []byte("bound"), []byte("content"))
			must(t, err)
			letters[i] = l
		}
		var synced error
		var writing sync.WaitGroup
		writing.Go(func() { synced = k.Sync(t.Context()) })
		must(t, k.Close())
		writing.Wait()
		k = reopen(t, dir, aMaster)
		for _, l := range letters {
			_, _, err := k.Open(l.account, nil, []byte("bound"), l.sealed)
			if err != nil && (synced == nil || !errors.Is(err, ErrUnknownKey)) {
				t.Fatalf("round %d, synced with %v: %v", round, synced, err)
			}
		}
		must(t, k.Close())
	}
}

func TestTheMasterKeyIsRotatedWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k, err := OpenDefault(dir)
	must(t, err)
	var letters []letter
	for i := range 2*rewrapChunk + 10 {
		sealed, err := k.Seal("acme", []domain.ID{domain.ID(fmt.Sprint(i))}, []byte("bound"), []byte("content"))
		must(t, err)
		letters = append(letters, letter{"acme", []domain.ID{domain.ID(fmt.Sprint(i))}, sealed})
	}
	must(t, k.Sync(t.Context()))
	secret, err := k.Secret("broker")
	must(t, err)
	forget(t, k, told("f", "acme", "5"))
	wrapped := wrappedOf(t, k, who{"acme", "6"})
	// The process ends after the keys are wrapped anew and before the file says so.
	next := NewMasterKey()
	must(t, stageMasterKey(dir, next))
	n, err := k.Rotate(t.Context(), next)
	if err != nil || n != len(letters)-1 {
		t.Fatalf("%d keys were wrapped, want %d: %v", n, len(letters)-1, err)
	}
	check(t, "in use", letters[6].reads(k), "content")
	must(t, k.Close())
	if onDisk(t, dir, wrapped) {
		t.Error("what the old master key opens is still there")
	}
	for range 2 {
		k, err = OpenDefault(dir)
		must(t, err)
		for _, l := range letters {
			want := "content"
			if l.persons[0] == "5" {
				want = "5 at 0"
			}
			check(t, "rotated", l.reads(k), want)
		}
		if again, err := k.Secret("broker"); err != nil || again != secret {
			t.Errorf("the secret is another: %v", err)
		}
		_, err = k.RotateDefault(t.Context(), dir)
		must(t, err)
		must(t, k.Close())
	}
	// It ends before anything is wrapped.
	must(t, stageMasterKey(dir, NewMasterKey()))
	k, err = OpenDefault(dir)
	must(t, err)
	defer k.Close()
	check(t, "not rotated", letters[0].reads(k), "content")
}

func TestACopyOpensAndHasNoDestroyedKey(t *testing.T) {
	t.Parallel()
	from, dir := t.TempDir(), t.TempDir()
	k := reopen(t, from, aMaster)
	jane, joe := seal(t, k, "acme", "jane"), seal(t, k, "acme", "joe")
	wrapped := wrappedOf(t, k, who{"acme", "jane"})
	forget(t, k, told("f", "acme", "jane"))
	must(t, CopyFile(t.Context(), from, filepath.Join(dir, FileName)))
	if onDisk(t, dir, wrapped) {
		t.Error("the copy has a destroyed key")
	}
	copied := reopen(t, dir, aMaster)
	check(t, "hers", jane.reads(copied), "jane at 0")
	check(t, "his", joe.reads(copied), "content")
}

func TestManySealTogetherAndLittleIsHeld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := reopen(t, dir, aMaster)
	k.people.most = 50
	var mu sync.Mutex
	var letters []letter
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := range 200 {
				l := seal(t, k, "acme", domain.ID(fmt.Sprint(i%100)), domain.ID(fmt.Sprint("w", w, i)))
				mu.Lock()
				letters = append(letters, l)
				mu.Unlock()
			}
		})
	}
	writers.Wait()
	if n := len(k.people.people); n > 60 || n != k.people.recent.Len() {
		t.Errorf("%d persons are in memory", n)
	}
	must(t, k.Close())
	k = reopen(t, dir, aMaster)
	for _, l := range letters {
		check(t, "after a restart", l.reads(k), "content")
	}
}

func benchmarkEvent() domain.Envelope {
	return domain.Envelope{
		Source: "https://example.org/helpdesk", ID: "T-4711", Account: "acme", OccurredAt: noon,
		Data: domain.ComplaintRaised{Complaint: "C-1", Severity: 4, Channel: "phone", Contact: "jane",
			Summary: strings.Repeat("Two pallets arrived wet. ", 10)},
	}
}

func BenchmarkEncode(b *testing.B) {
	k := reopen(b, b.TempDir(), aMaster)
	e := benchmarkEvent()
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			_, err := codec.Encode(e)
			must(b, err)
		}
	})
	b.Run("sealed", func(b *testing.B) {
		for b.Loop() {
			_, err := codec.EncodeSealed(e, k)
			must(b, err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	k := reopen(b, b.TempDir(), aMaster)
	content := bytes.Repeat([]byte("x"), 250)
	for _, persons := range [][]domain.ID{{"a"}, {"a", "b"}, {"a", "b", "c", "d", "e"}} {
		sealed, err := k.Seal("acme", persons, nil, content)
		must(b, err)
		b.Run(fmt.Sprint("seal for ", len(persons)), func(b *testing.B) {
			for b.Loop() {
				_, err := k.Seal("acme", persons, nil, content)
				must(b, err)
			}
		})
		b.Run(fmt.Sprint("open of ", len(persons)), func(b *testing.B) {
			for b.Loop() {
				_, _, err := k.Open("acme", persons, nil, sealed)
				must(b, err)
			}
		})
	}
}

func BenchmarkNewPersons(b *testing.B) {
	k := reopen(b, b.TempDir(), aMaster)
	for i := range b.N {
		_, err := k.Seal("acme", []domain.ID{domain.ID(fmt.Sprint(i))}, nil, nil)
		must(b, err)
		if i%1000 == 999 {
			must(b, k.Sync(context.Background()))
		}
	}
}
