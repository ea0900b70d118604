package keyring

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// OpenDefault opens the keyring with the master key that lies beside it, as
// [DefaultMasterKey] finds or makes it, and finishes what [Keyring.RotateDefault] began
// if the process ended in the middle.
func OpenDefault(dir string) (*Keyring, error) {
	master, err := DefaultMasterKey(dir)
	if err != nil {
		return nil, err
	}
	k, err := Open(dir, master)
	if !errors.Is(err, ErrMasterKey) {
		if err == nil {
			err = removeIfThere(staged(dir))
		}
		return k, err
	}
	next, none := ReadMasterKey(staged(dir))
	if none != nil {
		return nil, err
	}
	if k, err = Open(dir, next); err != nil {
		return nil, err
	}
	if err := publishMasterKey(dir); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return k, nil
}

// RotateDefault is [Keyring.Rotate] to a new master key, which takes the place of the
// one beside the keyring.
func (k *Keyring) RotateDefault(ctx context.Context, dir string) (rewrapped int, err error) {
	next := NewMasterKey()
	if err := stageMasterKey(dir, next); err != nil {
		return 0, err
	}
	if rewrapped, err = k.Rotate(ctx, next); err != nil {
		return 0, err
	}
	return rewrapped, publishMasterKey(dir)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// staged is where a new master key waits until the keyring is wrapped by it.
func staged(dir string) string { return filepath.Join(dir, MasterFileName+".new") }

// Rotate wraps every key by another master key, all at once or none.
func (k *Keyring) Rotate(ctx context.Context, next MasterKey) (rewrapped int, err error) {
	k.commit.Lock()
	defer k.commit.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	wrap, err := newMasterKey(next)
	if err != nil {
		return 0, err
	}
	err = k.update(ctx, func(tx *sql.Tx) error {
		if err := k.rewrapSecrets(tx, wrap); err != nil {
			return err
		}
		rewrapped, err = k.rewrapPersons(tx, wrap)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("rotate the master key: %w", err)
	}
	k.wrap = wrap
	return rewrapped, k.truncate(ctx)
}

func (k *Keyring) rewrapSecrets(tx *sql.Tx, wrap masterKey) error {
	rows, err := tx.Query(`SELECT name, wrapped FROM secrets`)
	if err != nil {
		return err
	}
	defer rows.Close()
	again := make(map[string][]byte)
	for rows.Next() {
		var name string
		var wrapped []byte
		if err := rows.Scan(&name, &wrapped); err != nil {
			return err
		}
		purpose := []byte(name)
		if of, ok := strings.CutPrefix(name, "secret "); ok {
			purpose = appendText([]byte("secret"), of)
		}
		var secret [32]byte
		if err := k.wrap.open(secret[:], wrapped, purpose); err != nil {
			return err
		}
		again[name] = wrap.seal(secret[:], purpose)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for name, wrapped := range again {
		if _, err := tx.Exec(`UPDATE secrets SET wrapped = ? WHERE name = ?`, wrapped, name); err != nil {
			return err
		}
	}
	return nil
}

// rewrapChunk is how many keys are in memory at a time.
const rewrapChunk = 1000

func (k *Keyring) rewrapPersons(tx *sql.Tx, wrap masterKey) (n int, err error) {
	for after := int64(0); ; {
		again, last, err := k.rewrapped(tx, wrap, after)
		if err != nil || last == after {
			return n, err
		}
		for number, wrapped := range again {
			if _, err := tx.Exec(`UPDATE persons SET wrapped = ? WHERE number = ?`, wrapped, number); err != nil {
				return n, err
			}
		}
		n, after = n+len(again), last
	}
}

// rewrapped gives the next keys, wrapped anew, and the number of the last looked at.
func (k *Keyring) rewrapped(tx *sql.Tx, wrap masterKey, after int64) (again map[int64][]byte, last int64, err error) {
	rows, err := tx.Query(`SELECT number, account, contact, generation, wrapped, wrapped = zeroblob(?) FROM persons
		WHERE number > ? ORDER BY number LIMIT ?`, wrappedBytes, after, rewrapChunk)
	if err != nil {
		return nil, after, err
	}
	defer rows.Close()
	again = make(map[int64][]byte)
	for last = after; rows.Next(); {
		var w who
		var generation uint64
		var wrapped []byte
		var destroyed bool
		if err := rows.Scan(&last, &w.account, &w.contact, &generation, &wrapped, &destroyed); err != nil {
			return nil, after, err
		}
		if destroyed {
			continue
		}
		var key [32]byte
		if err := k.wrap.open(key[:], wrapped, purpose(w, generation)); err != nil {
			return nil, after, err
		}
		again[last] = wrap.seal(key[:], purpose(w, generation))
	}
	return again, last, rows.Err()
}
