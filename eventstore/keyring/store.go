package keyring

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// The tables. A wrapped key is in persons alone, in no index, and in a table that only
// grows at its end, so that the database never moves it to another page and leaves a
// copy behind. It is overwritten with zeros of the same length when it is destroyed.
var schema = []string{
	`CREATE TABLE IF NOT EXISTS secrets (
	name TEXT PRIMARY KEY,        -- check: a known text, which tells if the master key is right
	wrapped BLOB NOT NULL
)`,
	`CREATE TABLE IF NOT EXISTS persons (
	number INTEGER PRIMARY KEY,
	account TEXT NOT NULL,
	contact TEXT NOT NULL,        -- empty: the account itself
	generation INTEGER NOT NULL,  -- 1 for a person's first key
	wrapped BLOB NOT NULL         -- zeros once destroyed
)`,
	`CREATE UNIQUE INDEX IF NOT EXISTS persons_by_name ON persons (account, contact, generation)`,
	`CREATE TABLE IF NOT EXISTS forgotten (
	id TEXT PRIMARY KEY,          -- of the event that tells of it
	account TEXT NOT NULL,
	contact TEXT NOT NULL,
	generation INTEGER NOT NULL,  -- the last key destroyed; all before it are gone as well
	request TEXT NOT NULL,        -- what the event is correlated with
	actor TEXT NOT NULL,
	recorded_by TEXT NOT NULL DEFAULT '',
	reason TEXT NOT NULL,
	requested INTEGER,            -- microseconds since 1970
	at INTEGER NOT NULL,
	position INTEGER              -- of the event; null until it is recorded
)`,
	`CREATE INDEX IF NOT EXISTS forgotten_by_name ON forgotten (account, contact)`,
}

// columns are those that a keyring of a time before may lack.
var columns = map[string]string{"recorded_by": `ALTER TABLE forgotten ADD COLUMN recorded_by TEXT NOT NULL DEFAULT ''`}

// makeTables makes what is missing.
func (k *Keyring) makeTables(ctx context.Context) error {
	for _, statement := range schema {
		if _, err := k.write.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	for name, statement := range columns {
		var there bool
		err := k.write.QueryRowContext(ctx, `SELECT count(*) > 0 FROM pragma_table_info('forgotten') WHERE name = ?`, name).Scan(&there)
		if err == nil && !there {
			_, err = k.write.ExecContext(ctx, statement)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// connect opens the database. secure_delete zeroes what is freed.
func (k *Keyring) connect(path string) (err error) {
	if k.write, err = open(path, "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)", "temp_store(MEMORY)"); err != nil {
		return err
	}
	k.read, err = open(path, "query_only(ON)", "temp_store(MEMORY)")
	return err
}

func open(path string, pragmas ...string) (*sql.DB, error) {
	q := url.Values{
		"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...),
		"_txlock": {"immediate"},
		"_dqs":    {"false"},
	}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

var checkText = []byte("rapport keyring, format 1\x00\x00\x00\x00\x00\x00\x00")

// prepare makes the tables, checks the master key, and empties a journal that a crash
// may have left behind.
func (k *Keyring) prepare(master MasterKey) (err error) {
	if k.wrap, err = newMasterKey(master); err != nil {
		return err
	}
	ctx := context.Background()
	if err := k.makeTables(ctx); err != nil {
		return err
	}
	var wrapped []byte
	err = k.write.QueryRowContext(ctx, `SELECT wrapped FROM secrets WHERE name = 'check'`).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = k.write.ExecContext(ctx, `INSERT INTO secrets (name, wrapped) VALUES ('check', ?)`, k.wrap.seal(checkText, []byte("check")))
	} else if err == nil && k.wrap.open(make([]byte, len(checkText)), wrapped, []byte("check")) != nil {
		err = ErrMasterKey
	}
	if err != nil {
		return err
	}
	return k.truncate(ctx)
}

// truncate moves what the write-ahead log has into the database and empties the log.
func (k *Keyring) truncate(ctx context.Context) error {
	var busy, frames, moved int
	err := k.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	if err == nil && busy != 0 {
		err = ErrJournal
	}
	return err
}

// Secret gives 32 random bytes that stay the same for the name: a key for another part
// of the ledger. They do not change with the master key.
func (k *Keyring) Secret(name string) (secret [32]byte, err error) {
	k.commit.Lock()
	defer k.commit.Unlock()
	purpose := appendText([]byte("secret"), name)
	var wrapped []byte
	err = k.write.QueryRow(`SELECT wrapped FROM secrets WHERE name = ?`, "secret "+name).Scan(&wrapped)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, _ = rand.Read(secret[:]) // never fails
		_, err = k.write.Exec(`INSERT INTO secrets (name, wrapped) VALUES (?, ?)`, "secret "+name, k.wrap.seal(secret[:], purpose))
	case err == nil:
		err = k.wrap.open(secret[:], wrapped, purpose)
	}
	if err != nil {
		return secret, fmt.Errorf("keyring: secret %s: %w", name, err)
	}
	return secret, nil
}

// load reads a person.
func (k *Keyring) load(w who) (*person, error) {
	p := &person{who: w}
	var wrapped []byte
	err := k.read.QueryRow(`SELECT generation, wrapped FROM persons WHERE account = ? AND contact = ?
		ORDER BY generation DESC LIMIT 1`, string(w.account), string(w.contact)).Scan(&p.generation, &wrapped)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if err := k.loadForgotten(p); err != nil {
		return nil, err
	}
	for _, f := range p.forgotten {
		if f.generation >= p.generation {
			p.generation, wrapped = f.generation, nil
		}
	}
	if wrapped == nil {
		return p, nil
	}
	p.live = true
	if err := k.wrap.open(p.key[:], wrapped, purpose(w, p.generation)); err != nil {
		return nil, fmt.Errorf("key %d of contact %q of %s: %w", p.generation, w.contact, w.account, err)
	}
	return p, nil
}

func (k *Keyring) loadForgotten(p *person) error {
	rows, err := k.read.Query(`SELECT generation, id, at, coalesce(position, 0) FROM forgotten
		WHERE account = ? AND contact = ? ORDER BY generation, at`, string(p.account), string(p.contact))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		f := past{Forgotten: codec.Forgotten{Contact: p.contact}}
		var at int64
		if err := rows.Scan(&f.generation, &f.id, &at, &f.Position); err != nil {
			return err
		}
		f.At = time.UnixMicro(at).UTC()
		p.forgotten = append(p.forgotten, f)
	}
	return rows.Err()
}

// insert writes new keys in one transaction.
func (k *Keyring) insert(ctx context.Context, made []*person) error {
	return k.update(ctx, func(tx *sql.Tx) error {
		statement, err := tx.Prepare(`INSERT INTO persons (account, contact, generation, wrapped) VALUES (?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		defer statement.Close()
		for _, p := range made {
			wrapped := k.wrap.seal(p.key[:], purpose(p.who, p.generation))
			if _, err := statement.Exec(string(p.account), string(p.contact), p.generation, wrapped); err != nil {
				return err
			}
		}
		return nil
	})
}

// update runs f in a transaction. Once begun it is not interrupted.
func (k *Keyring) update(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := k.write.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// destroy overwrites the keys of the people and notes the events that will tell of it.
func (k *Keyring) destroy(ctx context.Context, people []*person, events []domain.Envelope) error {
	return k.update(ctx, func(tx *sql.Tx) error {
		for i, p := range people {
			_, err := tx.Exec(`UPDATE persons SET wrapped = zeroblob(?) WHERE account = ? AND contact = ?`,
				wrappedBytes, string(p.account), string(p.contact))
			if err != nil {
				return err
			}
			e := events[i]
			told := e.Data.(domain.PersonForgotten)
			var requested any
			if !told.RequestedAt.IsZero() {
				requested = told.RequestedAt.UnixMicro()
			}
			_, err = tx.Exec(`INSERT INTO forgotten (id, account, contact, generation, request, actor, recorded_by, reason, requested, at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.ID, string(p.account), string(p.contact), p.generation,
				e.CorrelationID, e.Actor, e.RecordedBy, told.Reason, requested, e.OccurredAt.UnixMicro())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *Keyring) setPosition(ctx context.Context, id string, position domain.Position) error {
	return k.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE forgotten SET position = ? WHERE id = ?`, int64(position), id)
		return err
	})
}

// Unannounced gives the events given to [Keyring.Forget] that are not known to be
// recorded, because the process ended before [Keyring.Announced], or the journal could
// not be emptied. It empties the journal, or fails. The oldest is first.
func (k *Keyring) Unannounced(ctx context.Context) ([]domain.Envelope, error) {
	k.commit.Lock()
	defer k.commit.Unlock()
	if err := k.truncate(ctx); err != nil {
		return nil, err
	}
	rows, err := k.read.QueryContext(ctx, `SELECT id, account, contact, request, actor, recorded_by, reason, requested, at
		FROM forgotten WHERE position IS NULL ORDER BY at, rowid`)
	if err != nil {
		return nil, fmt.Errorf("read the keyring: %w", err)
	}
	defer rows.Close()
	var all []domain.Envelope
	for rows.Next() {
		e := domain.Envelope{Source: domain.OwnSource}
		var told domain.PersonForgotten
		var requested sql.NullInt64
		var at int64
		if err := rows.Scan(&e.ID, &e.Account, &told.Contact, &e.CorrelationID, &e.Actor, &e.RecordedBy, &told.Reason, &requested, &at); err != nil {
			return nil, fmt.Errorf("read the keyring: %w", err)
		}
		if e.OccurredAt = time.UnixMicro(at).UTC(); requested.Valid {
			told.RequestedAt = time.UnixMicro(requested.Int64).UTC()
		}
		e.Data = told
		all = append(all, e)
	}
	return all, rows.Err()
}
