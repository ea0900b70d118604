// Package keyring keeps a key for each person, so that what the ledger knows of the
// person can be made unreadable by destroying the key.
//
// A person is a contact of an account; personal data of nobody in particular belongs
// to the account itself. Keys are made when first used and stored wrapped by a master
// key that is kept elsewhere. A key is destroyed by overwriting it where it is, and by
// emptying the journal that may still have it: afterwards no file has its bytes.
//
// Data of several persons is sealed under a key that is derived from all of theirs, so
// that destroying any of them destroys it.
package keyring

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

const (
	// FileName is the database in the directory given to [Open].
	FileName = "keyring.db"
	// mostCached bounds the persons whose keys are in memory; a person takes some 300 bytes.
	mostCached = 16 << 10
)

var (
	// ErrMasterKey is a master key that is not the one the keyring was made with.
	ErrMasterKey = errors.New("this is not the master key that the keyring was made with")
	// ErrUnknownKey is sealed data whose key the keyring never had: it is another ledger's
	// keyring, or an older copy of this one.
	ErrUnknownKey = errors.New("the keyring does not have the key that this was sealed with")
	// ErrJournal is a journal that cannot be emptied, because another program reads the
	// database. It may still have keys that were destroyed.
	ErrJournal = errors.New("the keyring's journal cannot be emptied while another program reads the database")
	// ErrDamaged is sealed data that does not open with its key: it was changed, or belongs
	// to another event.
	ErrDamaged = errors.New("sealed data was changed")
)

// Keyring is the keys of all persons. Its methods may be called from many goroutines.
// They fail if the disk does.
type Keyring struct {
	write, read *sql.DB
	wrap        masterKey
	path        string
	fresh       bool

	// commit is held while new keys are written or keys are destroyed. It comes before mu.
	commit sync.Mutex

	mu     sync.Mutex // guards what follows
	people cache
	// made are persons whose newest key is not on disk yet. They are in people as well.
	made []*person
	// epoch counts the times that keys were destroyed.
	epoch uint64
}

var (
	_ codec.Sealer = (*Keyring)(nil)
	_ codec.Opener = (*Keyring)(nil)
)

// who names a person. The contact is empty for the account itself.
type who struct {
	account domain.AccountID
	contact domain.ID
}

// person is what is known of a person's keys.
type person struct {
	who
	// generation is the number of the newest key, from 1; 0 if there never was one. A
	// person who is forgotten and comes back gets another.
	generation uint64
	live       bool // the newest key is there
	pending    bool // and not on disk yet
	key        [chacha20poly1305.KeySize]byte
	forgotten  []past
}

// past is a key that was destroyed.
type past struct {
	generation uint64
	id         string // of the forgetting
	codec.Forgotten
}

// Open opens the keyring in the directory, or makes one. Only one process may have it
// open at a time; the lock on the ledger's log sees to that. It fails with
// [ErrMasterKey] if the keyring was made with another master key.
func Open(dir string, master MasterKey) (*Keyring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, FileName)
	fresh, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("open the keyring: %w", err)
	}
	k := &Keyring{path: path, fresh: fresh, people: newCache(mostCached)}
	if err = k.connect(path); err == nil {
		err = k.prepare(master)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the keyring %s: %w", path, err), k.Close())
	}
	return k, nil
}

// create makes the file if there is none, for its owner alone.
func create(path string) (bool, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		info, err := os.Stat(path)
		return err == nil && info.Size() == 0, err
	}
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

// Fresh reports whether the keyring was made by this [Open], and so can open nothing
// that was sealed before.
func (k *Keyring) Fresh() bool { return k.fresh }

// Close closes the keyring. What was sealed with keys that [Keyring.Sync] has not
// written cannot be opened again.
func (k *Keyring) Close() error {
	k.commit.Lock() // or a key might be cleared while it is written, and be zeros on disk
	defer k.commit.Unlock()
	k.mu.Lock()
	k.people.clear()
	k.mu.Unlock()
	var errs []error
	for _, db := range []*sql.DB{k.read, k.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Discard closes a keyring that was made just now and removes it, so that another can be
// put in its place.
func (k *Keyring) Discard() error {
	if !k.fresh {
		return errors.New("the keyring was there before and is not removed")
	}
	err := k.Close()
	for _, suffix := range []string{"-wal", "-shm", ""} {
		err = errors.Join(err, removeIfThere(k.path+suffix))
	}
	return err
}

// Epoch changes whenever keys are destroyed: what was sealed in an earlier one may be
// unreadable already.
func (k *Keyring) Epoch() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.epoch
}

// Seal implements [codec.Sealer]. New keys are on disk after the next [Keyring.Sync]:
// what is sealed must not be kept before.
//
// The sealed content is, for each person in their order, the number of the key (uvarint;
// the account's alone if there are no persons), a random nonce of 24 bytes, and what
// XChaCha20-Poly1305 makes of the content.
func (k *Keyring) Seal(account domain.AccountID, persons []domain.ID, bound, content []byte) ([]byte, error) {
	var few [4]key
	keys, err := k.keys(few[:0], account, persons)
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, 0, 2*len(keys)+chacha20poly1305.NonceSizeX+len(content)+chacha20poly1305.Overhead)
	for _, key := range keys {
		sealed = binary.AppendUvarint(sealed, key.generation)
	}
	var nonce [chacha20poly1305.NonceSizeX]byte
	_, _ = rand.Read(nonce[:]) // never fails
	aead, err := joint(keys, account, persons)
	if err != nil {
		return nil, err
	}
	return aead.Seal(append(sealed, nonce[:]...), nonce[:], content, bound), nil
}

// Open implements [codec.Opener].
func (k *Keyring) Open(account domain.AccountID, persons []domain.ID, bound, sealed []byte) ([]byte, []codec.Forgotten, error) {
	var few [4]key
	keys := few[:0]
	var forgotten []codec.Forgotten
	for _, contact := range holders(persons) {
		generation, n := binary.Uvarint(sealed)
		if n <= 0 {
			return nil, nil, ErrDamaged
		}
		sealed = sealed[n:]
		key, gone, err := k.old(who{account, contact}, generation)
		if err != nil {
			return nil, nil, err
		}
		if gone != nil {
			forgotten = append(forgotten, *gone)
		}
		keys = append(keys, key)
	}
	if forgotten != nil {
		return nil, forgotten, nil
	}
	if len(sealed) < chacha20poly1305.NonceSizeX {
		return nil, nil, ErrDamaged
	}
	aead, err := joint(keys, account, persons)
	if err != nil {
		return nil, nil, err
	}
	nonce, sealed := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	content, err := aead.Open(nil, nonce, sealed, bound)
	if err != nil {
		return nil, nil, ErrDamaged
	}
	return content, nil, nil
}

// holders are whose keys seal data of the persons: theirs, or the account's.
func holders(persons []domain.ID) []domain.ID {
	if len(persons) == 0 {
		return theAccount
	}
	return persons
}

// theAccount holds data of nobody in particular.
var theAccount = []domain.ID{""}

// keys appends the persons' newest keys, making those that are missing.
func (k *Keyring) keys(keys []key, account domain.AccountID, persons []domain.ID) ([]key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, contact := range holders(persons) {
		p, err := k.find(who{account, contact})
		if err != nil {
			return nil, err
		}
		if !p.live {
			p.generation, p.live, p.pending = p.generation+1, true, true
			_, _ = rand.Read(p.key[:]) // never fails
			k.made = append(k.made, p)
		}
		keys = append(keys, key{p.generation, p.key})
	}
	return keys, nil
}

// old is the person's key of the generation, or how it was destroyed.
func (k *Keyring) old(w who, generation uint64) (key, *codec.Forgotten, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, err := k.find(w)
	if err != nil {
		return key{}, nil, err
	}
	if p.live && p.generation == generation {
		return key{generation, p.key}, nil, nil
	}
	at := slices.IndexFunc(p.forgotten, func(f past) bool { return f.generation == generation })
	if at < 0 {
		return key{}, nil, fmt.Errorf("%w: key %d of contact %q of %s", ErrUnknownKey, generation, w.contact, w.account)
	}
	return key{}, &p.forgotten[at].Forgotten, nil
}

// find gives the person from memory or disk. Called with mu held.
func (k *Keyring) find(w who) (*person, error) {
	if p := k.people.get(w); p != nil {
		return p, nil
	}
	p, err := k.load(w)
	if err != nil {
		return nil, fmt.Errorf("read the keyring: %w", err)
	}
	k.people.put(p)
	return p, nil
}

// Sync returns when every key that [Keyring.Seal] has used so far is on disk. Those
// who wait together share one write.
func (k *Keyring) Sync(ctx context.Context) error {
	if !k.unsynced() {
		return nil
	}
	k.commit.Lock()
	defer k.commit.Unlock()
	k.mu.Lock()
	made := slices.Clone(k.made)
	k.mu.Unlock()
	if len(made) == 0 {
		return nil // whoever was first has written ours, too
	}
	if err := k.insert(ctx, made); err != nil {
		return fmt.Errorf("write to the keyring: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range made {
		p.pending = false
	}
	k.made = slices.Delete(k.made, 0, len(made))
	return nil
}

func (k *Keyring) unsynced() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.made) > 0
}

// Has reports whether the person has, or had, a key.
func (k *Keyring) Has(account domain.AccountID, contact domain.ID) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, err := k.find(who{account, contact})
	return err == nil && p.generation > 0, err
}

// Forget destroys the keys of the persons that the events, each a
// [domain.PersonForgotten], say are forgotten, all or none, and tells how many there
// were. When it returns, no file of the keyring has them. The same write keeps the
// events, which are yet to be recorded, until [Keyring.Announced].
//
// With [ErrJournal] the keys are destroyed for everybody who asks, but a file may still
// have them: [Keyring.Unannounced] tries again.
func (k *Keyring) Forget(ctx context.Context, events []domain.Envelope) (destroyed int, err error) {
	k.commit.Lock()
	defer k.commit.Unlock()
	if destroyed, err = k.forget(ctx, events); err != nil {
		return 0, err
	}
	return destroyed, k.truncate(ctx)
}

// forget destroys keys in memory and in the database. Called with commit held.
func (k *Keyring) forget(ctx context.Context, events []domain.Envelope) (destroyed int, err error) {
	k.mu.Lock()
	defer k.mu.Unlock() // nobody seals or opens meanwhile
	people := make([]*person, len(events))
	for i, e := range events {
		told, ok := e.Data.(domain.PersonForgotten)
		if !ok {
			return 0, fmt.Errorf("forget: %T does not say that a person was forgotten", e.Data)
		}
		if people[i], err = k.find(who{e.Account, told.Contact}); err != nil {
			return 0, err
		}
	}
	if err := k.destroy(ctx, people, events); err != nil {
		return 0, fmt.Errorf("destroy keys: %w", err)
	}
	for i, p := range people {
		if p.live {
			destroyed++
		}
		clear(p.key[:])
		p.live, p.pending = false, false
		p.forgotten = append(p.forgotten, past{p.generation, events[i].ID, codec.Forgotten{Contact: p.contact, At: events[i].OccurredAt}})
	}
	k.made = slices.DeleteFunc(k.made, func(p *person) bool { return !p.live })
	k.epoch++
	return destroyed, nil
}

// Announced notes the position of an event given to [Keyring.Forget].
func (k *Keyring) Announced(ctx context.Context, e domain.Envelope, position domain.Position) error {
	told, ok := e.Data.(domain.PersonForgotten)
	if !ok {
		return fmt.Errorf("announced: %T does not say that a person was forgotten", e.Data)
	}
	k.commit.Lock()
	defer k.commit.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.setPosition(ctx, e.ID, position); err != nil {
		return fmt.Errorf("write to the keyring: %w", err)
	}
	p := k.people.get(who{e.Account, told.Contact})
	for i := 0; p != nil && i < len(p.forgotten); i++ {
		if p.forgotten[i].id == e.ID {
			p.forgotten[i].Position = position
		}
	}
	return nil
}
