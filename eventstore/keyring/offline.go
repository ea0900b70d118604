package keyring

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rapport-ledger/rapport/domain"
)

// CopyFile writes a consistent copy of the keyring in a directory to a new file, whether
// or not a process has it open. It needs no master key; the copy does, the same.
func CopyFile(ctx context.Context, dir, to string) (err error) {
	from := filepath.Join(dir, FileName)
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("copy the keyring: %w", err)
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy the keyring: %w", err)
	}
	db, err := open(from, "temp_store(MEMORY)")
	if err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	if err = errors.Join(err, db.Close(), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("copy the keyring: %w", err)
	}
	return nil
}

// ForgetIn destroys the keys of the persons whom the events, each a
// [domain.PersonForgotten], say were forgotten, in the keyring of a directory that no
// process has open. It needs no master key. A ledger that opens the keyring finds the
// events [Keyring.Unannounced], and records them. Events that the keyring knows are
// passed over.
func ForgetIn(ctx context.Context, dir string, events []domain.Envelope) (destroyed int, err error) {
	path := filepath.Join(dir, FileName)
	if _, err := os.Stat(path); err != nil {
		return 0, fmt.Errorf("forget: %w", err)
	}
	k := &Keyring{}
	if err := k.connect(path); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, k.read.Close(), k.write.Close()) }()
	if err := k.makeTables(ctx); err != nil {
		return 0, fmt.Errorf("forget: %w", err)
	}
	for _, e := range events {
		n, err := k.forgetUnseen(ctx, e)
		if err != nil {
			return destroyed, fmt.Errorf("forget: %w", err)
		}
		destroyed += n
	}
	return destroyed, k.truncate(ctx)
}

// forgetUnseen destroys the keys of one person without looking at them.
func (k *Keyring) forgetUnseen(ctx context.Context, e domain.Envelope) (destroyed int, err error) {
	told, ok := e.Data.(domain.PersonForgotten)
	if !ok {
		return 0, fmt.Errorf("%T does not say that a person was forgotten", e.Data)
	}
	p := &person{who: who{e.Account, told.Contact}}
	var known int
	err = k.write.QueryRowContext(ctx, `SELECT count(*) FROM forgotten WHERE id = ?`, e.ID).Scan(&known)
	if err != nil || known > 0 {
		return 0, err
	}
	var newest sql.NullInt64
	err = k.write.QueryRowContext(ctx, `SELECT count(*), max(generation) FROM persons
		WHERE account = ? AND contact = ? AND wrapped <> zeroblob(?)`, string(p.account), string(p.contact), wrappedBytes).Scan(&destroyed, &newest)
	if err != nil {
		return 0, err
	}
	p.generation = uint64(newest.Int64)
	return destroyed, k.destroy(ctx, []*person{p}, []domain.Envelope{e})
}
