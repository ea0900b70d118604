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
	f := newFold(ctx, tx)
	for _, r := range batch {
		if err := f.entry(r); err != nil {
			return err
		}
	}
	return f.finish()
}

// fold is one batch on its way into the tables. Rows are gathered, which is several times
// faster than a statement for each.
type fold struct {
	ctx context.Context
	tx  *sqldb.Tx

	// Gathered and not yet written: events, and the contacts they name.
	entries, people sqldb.Inserter
	// profiles are accounts whose identity something was said of, and touches the positions
	// of touches that entries speak of.
	profiles map[domain.AccountID]bool
	touches  map[domain.Position]bool
}

func newFold(ctx context.Context, tx *sqldb.Tx) *fold {
	return &fold{
		ctx: ctx, tx: tx,
		entries: sqldb.Inserter{
			Verb: "INSERT OR FAIL", Columns: 14,
			Into: "entries (position, account, revision, type, occurred, assumed, recorded, source, id, actor, target, touched, profile, data)",
		},
		people:   sqldb.Inserter{Verb: "INSERT OR FAIL", Into: "contacts (position, contact, account, occurred, type)", Columns: 5},
		profiles: make(map[domain.AccountID]bool), touches: make(map[domain.Position]bool),
	}
}

func (f *fold) exec(query string, args ...any) error {
	_, err := f.tx.Exec(f.ctx, query, args...)
	return err
}

// flush writes what was gathered, so that queries see it. The contacts come first: with the
// entries they go into indexes.
func (f *fold) flush() error {
	return errors.Join(f.people.Flush(f.ctx, f.tx), f.entries.Flush(f.ctx, f.tx))
}

// finish writes the rest and what follows from the whole batch.
func (f *fold) finish() error {
	err := f.flush()
	for _, position := range slices.Sorted(maps.Keys(f.touches)) {
		err = errors.Join(err, f.retouch(position))
	}
	for _, account := range slices.Sorted(maps.Keys(f.profiles)) {
		err = errors.Join(err, f.profile(account))
	}
	return err
}

// entry puts one event into the tables.
func (f *fold) entry(r codec.Record) error {
	event, err := r.Decode()
	if err != nil {
		return err
	}
	row := entryRow{touch: touch(r.Type) && domain.InContact(r.OccurredAt, r.RecordedAt), profile: identity[r.Type]}
	if r.Target != 0 {
		if err := f.flush(); err != nil {
			return err
		}
		target, err := f.base(r.Target)
		if err != nil {
			return fmt.Errorf("find the event at position %d: %w", r.Target, err)
		}
		row.profile = target.profile
		if target.touch {
			f.touches[target.position] = true
		}
	}
	f.insert(r, row)
	f.contacts(r, event.Data)
	if err := f.account(r); err != nil {
		return err
	}
	if row.profile == ofAccount {
		f.profiles[r.Account] = true
		if err := f.merge(r, event.Data); err != nil {
			return err
		}
	}
	if f.entries.Enough() {
		return f.flush()
	}
	return nil
}

// about is what an event tells the identity of; 0 if of nothing.
type about int

const (
	ofAccount  about = 1
	ofContacts about = 2
)

var identity = map[domain.Type]about{
	domain.AccountOpened{}.EventType():          ofAccount,
	domain.AccountClassified{}.EventType():      ofAccount,
	domain.AccountManagerAssigned{}.EventType(): ofAccount,
	domain.AccountManagerReleased{}.EventType(): ofAccount,
	domain.AccountStageChanged{}.EventType():    ofAccount,
	domain.AccountMerged{}.EventType():          ofAccount,
	domain.AccountUnmerged{}.EventType():        ofAccount,
	domain.ContactMerged{}.EventType():          ofContacts,
	domain.ContactUnmerged{}.EventType():        ofContacts,
}

func touch(t domain.Type) bool {
	entry, _ := domain.Lookup(t)
	return entry.Touch
}

// entryRow is what a row of entries says beside the event itself.
type entryRow struct {
	touch   bool
	profile about
}

func (f *fold) insert(r codec.Record, row entryRow) {
	occurred := micros(r.OccurredAt)
	var target, touched, profile any
	if r.Target != 0 {
		target = int64(r.Target)
	}
	if row.touch {
		touched = occurred
	}
	if row.profile != 0 {
		profile = int64(row.profile)
	}
	f.entries.Add(int64(r.Position), string(r.Account), int64(r.Revision), string(r.Type), occurred, r.OccurredAssumed,
		micros(r.RecordedAt), r.Source, r.ID, r.Actor, target, touched, profile, string(r.JSON))
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
		err := f.tx.QueryRow(f.ctx, `SELECT type, coalesce(profile, 0), target FROM entries WHERE position = ?`, int64(position)).
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
	var touched any // null if it does not stand, or cannot have happened
	if stands := domain.Standing(history); len(stands) > 0 && domain.InContact(stands[0].OccurredAt, stands[0].RecordedAt) {
		touched = micros(stands[0].OccurredAt)
	}
	return f.exec(`UPDATE entries SET touched = ? WHERE position = ?`, touched, int64(position))
}

func (f *fold) contacts(r codec.Record, event domain.Event) {
	for _, contact := range codec.Contacts(event) {
		f.people.Add(int64(r.Position), string(contact), string(r.Account), micros(r.OccurredAt), string(r.Type))
	}
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
	return errors.Join(
		f.exec(`INSERT INTO accounts (account, own, lead, search) VALUES (?, 0, 0, ?) ON CONFLICT (account) DO NOTHING`,
			string(merged.Into), search(merged.Into, "")),
		f.exec(`INSERT INTO merges (position, account, other) VALUES (?, ?, ?)`,
			int64(r.Position), string(r.Account), string(merged.Into)))
}

// account notes an account's first event, and those recorded before they occurred.
func (f *fold) account(r codec.Record) error {
	lead := max(0, micros(r.OccurredAt)-micros(r.RecordedAt))
	if r.Account == domain.Ledger || r.Revision > 1 && lead == 0 {
		return nil
	}
	return f.exec(`INSERT INTO accounts (account, own, lead, search) VALUES (?1, 1, ?2, ?3)
		ON CONFLICT (account) DO UPDATE SET own = 1, lead = CASE WHEN lead < ?2 THEN ?2 ELSE lead END`,
		string(r.Account), lead, search(r.Account, ""))
}

// search is what searches for the account look in.
func search(id domain.AccountID, name string) string {
	return strings.ToLower(string(id) + "\n" + name)
}

// micros is how times are stored.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }
