package timeline

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Apply implements projections.Projector.
func (*Projector) Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error {
	f := fold{ctx: ctx, tx: tx, accounts: make(map[domain.AccountID]*changes)}
	for _, r := range batch {
		if err := f.entry(r); err != nil {
			return err
		}
	}
	// In order, so that the database is written alike every time.
	for _, id := range slices.Sorted(maps.Keys(f.accounts)) {
		if err := f.account(id, f.accounts[id]); err != nil {
			return err
		}
	}
	return nil
}

// fold is one batch on its way into the tables.
type fold struct {
	ctx      context.Context
	tx       *sqldb.Tx
	accounts map[domain.AccountID]*changes
}

// changes are what a batch did to an account. Its row is written once for all of them.
type changes struct {
	events  int64
	touched sql.NullInt64 // the latest contact among the batch's events
	lead    int64         // the longest that one was recorded before it occurred, in microseconds
	// retouched says that an entry changed whether or when an earlier event was a contact.
	retouched bool
	// profile says that what the account's row tells may be other than before.
	profile bool
}

func (f *fold) exec(query string, args ...any) error {
	_, err := f.tx.Exec(f.ctx, query, args...)
	return err
}

// entry puts one event into the tables.
func (f *fold) entry(r codec.Record) error {
	event, err := r.Decode()
	if err != nil {
		return err
	}
	c := f.changes(r.Account)
	c.events++
	row := entryRow{touch: touch(r.Type), profile: ofProfile[r.Type]}
	var about base
	if r.Target != 0 {
		if about, err = f.base(r.Target); err != nil {
			return fmt.Errorf("find the event at position %d: %w", r.Target, err)
		}
		row.profile = about.profile
	}
	if err := f.insert(r, row); err != nil {
		return err
	}
	if row.touch {
		occurred := micros(r.OccurredAt)
		if !c.touched.Valid || occurred > c.touched.Int64 {
			c.touched = sql.NullInt64{Int64: occurred, Valid: true}
		}
	}
	c.lead = max(c.lead, micros(r.OccurredAt)-micros(r.RecordedAt))
	c.profile = c.profile || row.profile
	if about.touch {
		c.retouched = true
		if err := f.retouch(about.position); err != nil {
			return err
		}
	}
	return errors.Join(f.contacts(r, event.Data), f.merge(r, event.Data))
}

func (f *fold) changes(id domain.AccountID) *changes {
	c := f.accounts[id]
	if c == nil {
		c = new(changes)
		f.accounts[id] = c
	}
	return c
}

// ofProfile are the types that say who the account and its contacts are.
var ofProfile = map[domain.Type]bool{
	domain.AccountOpened{}.EventType():          true,
	domain.AccountClassified{}.EventType():      true,
	domain.AccountManagerAssigned{}.EventType(): true,
	domain.AccountManagerReleased{}.EventType(): true,
	domain.AccountStageChanged{}.EventType():    true,
	domain.AccountMerged{}.EventType():          true,
	domain.AccountUnmerged{}.EventType():        true,
	domain.ContactMerged{}.EventType():          true,
	domain.ContactUnmerged{}.EventType():        true,
}

func touch(t domain.Type) bool {
	entry, _ := domain.Lookup(t)
	return entry.Touch
}

type entryRow struct{ touch, profile bool }

func (f *fold) insert(r codec.Record, row entryRow) error {
	occurred := micros(r.OccurredAt)
	var target, touched any
	if r.Target != 0 {
		target = int64(r.Target)
	}
	if row.touch {
		touched = occurred
	}
	return f.exec(`INSERT INTO entries (position, account, revision, type, occurred, assumed, recorded, source, id, actor,
		target, touched, profile, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(r.Position), string(r.Account), int64(r.Revision), string(r.Type), occurred, r.OccurredAssumed,
		micros(r.RecordedAt), r.Source, r.ID, r.Actor, target, touched, row.profile, string(r.JSON))
}

// base is the event that an entry is about in the end.
type base struct {
	position domain.Position
	entryRow
}

// base finds the event at the position or, if that is a correction, the one it corrects.
func (f *fold) base(position domain.Position) (base, error) {
	for {
		b := base{position: position}
		var t domain.Type
		var target sql.NullInt64
		err := f.tx.QueryRow(f.ctx, `SELECT type, profile, target FROM entries WHERE position = ?`, int64(position)).
			Scan(&t, &b.profile, &target)
		if err != nil {
			return base{}, err
		}
		if !target.Valid {
			b.touch = touch(t)
			return b, nil
		}
		position = domain.Position(target.Int64)
	}
}

// selectHistory reads an event, the entries about it and those about its corrections.
const selectHistory = recordColumns + ` FROM entries e WHERE e.position = ?1 OR e.target = ?1
	OR e.target IN (SELECT c.position FROM entries c WHERE c.target = ?1) ORDER BY e.position`

// retouch sets when the event at the position was a contact by what now stands.
func (f *fold) retouch(position domain.Position) error {
	rows, err := f.tx.Query(f.ctx, selectHistory, int64(position))
	if err != nil {
		return err
	}
	history, err := scanHistory(rows)
	if err != nil {
		return err
	}
	var touched any // null if it does not stand
	if stands := domain.Standing(history); len(stands) > 0 {
		touched = micros(stands[0].OccurredAt)
	}
	return f.exec(`UPDATE entries SET touched = ? WHERE position = ?`, touched, int64(position))
}

func (f *fold) contacts(r codec.Record, event domain.Event) error {
	for _, contact := range codec.Contacts(event) {
		err := f.exec(`INSERT INTO contacts (position, contact, account, occurred, type) VALUES (?, ?, ?, ?, ?)`,
			int64(r.Position), string(contact), string(r.Account), micros(r.OccurredAt), string(r.Type))
		if err != nil {
			return err
		}
	}
	return nil
}

// merge remembers that one account was said to be part of another, and that there is such
// another.
func (f *fold) merge(r codec.Record, event domain.Event) error {
	if c, ok := event.(domain.EntryCorrected); ok {
		event = c.Data
	}
	merged, ok := event.(domain.AccountMerged)
	if !ok {
		return nil
	}
	f.changes(merged.Into)
	return f.exec(`INSERT INTO merges (position, account, other) VALUES (?, ?, ?)`,
		int64(r.Position), string(r.Account), string(merged.Into))
}

// account brings the account's row up to date.
func (f *fold) account(id domain.AccountID, c *changes) error {
	if id == domain.Ledger {
		return nil
	}
	err := f.exec(`INSERT INTO accounts (account, events, last_contact, search, lead) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (account) DO UPDATE SET events = events + ?2, lead = max(lead, ?5),
			last_contact = max(coalesce(last_contact, ?3), coalesce(?3, last_contact))`,
		string(id), c.events, c.touched, search(id, ""), c.lead)
	if err == nil && c.retouched {
		err = f.exec(`UPDATE accounts SET last_contact = (SELECT max(touched) FROM entries
			WHERE account = ?1 AND touched IS NOT NULL) WHERE account = ?1`, string(id))
	}
	if err == nil && c.profile {
		err = f.profile(id)
	}
	return err
}

// search is what searches for the account look in.
func search(id domain.AccountID, name string) string {
	return strings.ToLower(string(id) + "\n" + name)
}

// micros is how times are stored.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }
