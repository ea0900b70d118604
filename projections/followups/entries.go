package followups

import (
	"database/sql"
	"errors"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// takeEntry takes in a correction or retraction: another version of an event stands
// from now on, or none.
func (f *folder) takeEntry(r codec.Record) error {
	if err := f.write(); err != nil {
		return err
	}
	e, err := r.Decode()
	if err != nil {
		return err
	}
	switch d := e.Data.(type) {
	case domain.EntryCorrected:
		return f.correct(e, d)
	case domain.EntryRetracted:
		return f.retract(e)
	}
	return nil
}

func (f *folder) correct(e domain.Recorded, d domain.EntryCorrected) error {
	target, ok, err := f.fact(e.Target)
	if err != nil || !ok {
		return err // the queue has no interest in that event
	}
	_, err = f.tx.Exec(f.ctx, "INSERT INTO corrections VALUES (?, ?, ?, 0)", int64(e.Position), int64(e.Target), stored(d.OccurredAt))
	if err != nil {
		return err
	}
	by := e.Position
	e.Position, e.Data, e.OccurredAt, e.RecordedAt = e.Target, d.Data, moment(target.occurred), moment(target.recorded)
	if !d.OccurredAt.IsZero() {
		e.OccurredAt = d.OccurredAt
	}
	return f.reinterpret(e.Account, e.Target, by, false, func() { f.say(e, by) })
}

func (f *folder) retract(e domain.Recorded) error {
	target := e.Target
	err := f.tx.QueryRow(f.ctx, "UPDATE corrections SET void = 1 WHERE position = ? RETURNING target", int64(target)).Scan(&target)
	noCorrection := errors.Is(err, sql.ErrNoRows)
	if err != nil && !noCorrection {
		return err
	}
	return f.reinterpret(e.Account, target, e.Position, noCorrection, func() {})
}

// fact is a row of the facts table.
type fact struct {
	occurred, recorded int64
	touch              bool
	stands             sql.NullInt64 // when it occurred; null if it was retracted
}

func (f *folder) fact(p domain.Position) (fact, bool, error) {
	var row fact
	err := f.tx.QueryRow(f.ctx, "SELECT occurred, recorded, touch, stands FROM facts WHERE position = ?", int64(p)).
		Scan(&row.occurred, &row.recorded, &row.touch, &row.stands)
	if errors.Is(err, sql.ErrNoRows) {
		return fact{}, false, nil
	}
	return row, err == nil, err
}

// reinterpret makes what now stands of an event what counts: nothing, if it is
// retracted. The entry at the position by brought it about, and may have more to say.
func (f *folder) reinterpret(account domain.AccountID, target, by domain.Position, retracted bool, say func()) error {
	row, ok, err := f.fact(target)
	if err != nil || !ok {
		return err
	}
	before := row.stands
	version, err := f.version(target, retracted, &row)
	if err != nil {
		return err
	}
	moved := contact{account: account, position: target, moved: &moved{by, before, row}}
	if !row.touch || row.stands == before {
		moved.moved = nil
	}
	merges, err := f.merges(account, target)
	if err != nil {
		return err
	}
	watched, err := f.watched(account)
	if err != nil {
		return err
	}
	if merges || moved.moved != nil && watched {
		if err := f.settle(); err != nil {
			return err
		}
	}
	do := func() error {
		say()
		if err := f.write(); err != nil {
			return err
		}
		return f.stand(account, target, by, version, row)
	}
	if merges {
		return f.regroup(account, by, do)
	}
	if moved.moved != nil {
		f.contacts = append(f.contacts, moved)
		f.touched[account] = true
	}
	return do()
}

// watched reports whether the account has silences that touches may end, or may be
// about to have one.
func (f *folder) watched(account domain.AccountID) (bool, error) {
	chain, err := f.chain(account)
	return f.noticed || slices.ContainsFunc(chain, func(id domain.AccountID) bool {
		a := f.accounts[id]
		return a != nil && a.silences > 0
	}), err
}

// merges reports whether the event is a merge of accounts, or the end of one.
func (f *folder) merges(account domain.AccountID, p domain.Position) (yes bool, err error) {
	err = f.tx.QueryRow(f.ctx, `SELECT EXISTS (SELECT 1 FROM account_facts
		WHERE account = ? AND position = ? AND fact IN ('merged', 'unmerged'))`, string(account), int64(p)).Scan(&yes)
	return yes, err
}

// version is which version of an event stands: the last correction that was not
// retracted, else the event itself; 0, if the event was retracted. It says in the row
// when the event now occurred.
func (f *folder) version(target domain.Position, retracted bool, row *fact) (domain.Position, error) {
	if retracted || !row.stands.Valid {
		row.stands = sql.NullInt64{}
		return 0, nil
	}
	version := target
	var corrected sql.NullInt64
	err := f.tx.QueryRow(f.ctx, "SELECT position, occurred FROM corrections WHERE target = ? AND void = 0 ORDER BY position DESC LIMIT 1",
		int64(target)).Scan(&version, &corrected)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	if row.stands.Int64 = row.occurred; corrected.Valid {
		row.stands = corrected
	}
	return version, nil
}

// stand marks the version of an event that stands, and those that do not.
func (f *folder) stand(account domain.AccountID, target, by, version domain.Position, row fact) error {
	for _, set := range []struct {
		query string
		args  []any
	}{
		{"UPDATE facts SET stands = ? WHERE position = ?", []any{row.stands, int64(target)}},
		{"UPDATE signals SET void = (said_by <> ?) WHERE position = ?", []any{int64(version), int64(target)}},
		{"UPDATE account_facts SET void = (said_by <> ?) WHERE account = ? AND position = ?", []any{int64(version), string(account), int64(target)}},
	} {
		if _, err := f.tx.Exec(f.ctx, set.query, set.args...); err != nil {
			return err
		}
	}
	return f.dirtyAt(account, target, by, version)
}

// dirtyAt notes that an entry bore on everything that an event says something about, and
// which version of it stands.
func (f *folder) dirtyAt(account domain.AccountID, target, by, version domain.Position) error {
	rows, err := f.tx.Query(f.ctx, "SELECT item FROM signals WHERE position = ?", int64(target))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var item string
		if err := rows.Scan(&item); err != nil {
			return err
		}
		f.dirty(item, by)
		for _, h := range f.heard[item] {
			if h.Position == target {
				h.Void = h.by != version
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	var said bool
	err = f.tx.QueryRow(f.ctx, "SELECT EXISTS (SELECT 1 FROM account_facts WHERE account = ? AND position = ?)",
		string(account), int64(target)).Scan(&said)
	if said {
		f.profiles[account], f.holders[account] = by, by
	}
	return err
}
