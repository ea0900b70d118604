package followups

import (
	"context"
	"database/sql"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Grace is how long what was overdue already when it was recorded is left alone, so
// that an import in progress raises no alarms.
const Grace = 5 * time.Minute

// noticeTime is when it may be noticed that something passed.
func noticeTime(passed, recorded time.Time) time.Time {
	if passed.After(recorded) {
		return passed
	}
	return recorded.Add(Grace)
}

// Due is an item whose due date has passed without having been noticed.
type Due struct {
	Item    string
	Account domain.AccountID
	DueAt   time.Time
	// Cause is the first of the item's causes.
	Cause domain.Position
}

// Overdue gives the items that a due.passed is to be recorded of, at most limit,
// those that could be noticed first come first.
func Overdue(ctx context.Context, tx *sqldb.Tx, now time.Time, limit int) ([]Due, error) {
	rows, err := tx.Query(ctx, "SELECT id, account, due_at, causes FROM items WHERE notice_at <= ? ORDER BY notice_at, id LIMIT ?",
		now.UnixMicro(), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var due []Due
	for rows.Next() {
		var d Due
		var at int64
		var causes string
		if err := rows.Scan(&d.Item, &d.Account, &at, &causes); err != nil {
			return nil, err
		}
		d.DueAt = moment(at)
		if all := split(causes); len(all) > 0 {
			d.Cause = all[0]
		}
		due = append(due, d)
	}
	return due, rows.Err()
}

// Climb is an item that has been overdue for long enough to be taken a step up the
// policy's ladder.
type Climb struct {
	Item    string
	Account domain.AccountID
	DueAt   time.Time
	// Step counts from 1.
	Step int
	// At is when the item reached it.
	At time.Time
	// To is whom it is to be taken to.
	To string
}

// Climbs gives the items that a followup.escalated is to be recorded of, at most limit,
// account by account: deciding about one takes the history of its account, which is read
// once for all of them. The account that could be noticed first comes first.
func Climbs(ctx context.Context, tx *sqldb.Tx, now time.Time, limit int) ([]Climb, error) {
	rows, err := tx.Query(ctx, "SELECT account FROM items WHERE climb_at <= ? ORDER BY climb_at", now.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var climbs []Climb
	seen := map[domain.AccountID]bool{}
	for len(climbs) < limit && rows.Next() {
		var account domain.AccountID
		if err := rows.Scan(&account); err != nil {
			return nil, err
		}
		if !seen[account] {
			seen[account] = true
			if climbs, err = climbsOf(ctx, tx, account, now, limit, climbs); err != nil {
				return nil, err
			}
		}
	}
	return climbs, rows.Err()
}

// climbsOf appends the account's climbs until there are as many as the limit.
func climbsOf(ctx context.Context, tx *sqldb.Tx, account domain.AccountID, now time.Time, limit int, climbs []Climb) ([]Climb, error) {
	rows, err := tx.Query(ctx, `SELECT id, due_at, next_step, next_at, next_to FROM items WHERE account = ? AND climb_at <= ?
		ORDER BY climb_at, id LIMIT ?`, string(account), now.UnixMicro(), limit-len(climbs))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		c := Climb{Account: account}
		var due, at int64
		if err := rows.Scan(&c.Item, &due, &c.Step, &at, &c.To); err != nil {
			return nil, err
		}
		c.DueAt, c.At = moment(due), moment(at)
		climbs = append(climbs, c)
	}
	return climbs, rows.Err()
}

// Silence is an account that has not been in contact for longer than was agreed.
type Silence struct {
	Account domain.AccountID
	// LastContactAt is zero if there never was a contact.
	LastContactAt time.Time
	// CadenceD is how often contact was agreed, in days.
	CadenceD int64
	// Since is when the agreed time ran out.
	Since time.Time
}

// Silent gives the accounts that a silence.noticed is to be recorded of, at most
// limit, longest silent first. A contact with an account merged into another counts
// for that one, which alone can be silent.
func Silent(ctx context.Context, tx *sqldb.Tx, now time.Time, limit int) ([]Silence, error) {
	candidates, err := mayBeSilent(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	var silent []Silence
	for _, a := range candidates {
		if len(silent) == limit {
			break
		}
		if err := lastOfGroup(ctx, tx, a); err != nil {
			return nil, err
		}
		since, _ := a.SilentFrom(a.touch)
		noticed := a.Noticed && lastContact(a.NoticedFor) >= lastContact(a.touch)
		if !noticed && !noticeTime(since, a.silenceKnown()).After(now) {
			silent = append(silent, Silence{Account: a.Account, LastContactAt: a.touch, CadenceD: a.CadenceD, Since: since})
		}
	}
	return silent, nil
}

// mayBeSilent are the accounts that are silent by their own touches, but for those
// whose silence was noticed; where others are merged into one it takes a closer look.
func mayBeSilent(ctx context.Context, tx *sqldb.Tx, now time.Time) ([]*account, error) {
	rows, err := tx.Query(ctx, `SELECT `+accountColumns+` FROM accounts a
		WHERE cadence_d > 0 AND notice_at <= ? AND merged_into = '' AND (noticed_for IS NULL OR noticed_for < last_touch
			OR EXISTS (SELECT 1 FROM accounts m WHERE m.merged_into = a.account AND m.merged_into <> ''))
		ORDER BY silent_from, account`, now.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var accounts []*account
	for rows.Next() {
		a, err := scanAccount(rows)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, a)
	}
	return accounts, rows.Err()
}

// lastOfGroup makes the account's last touch that of its whole group.
func lastOfGroup(ctx context.Context, tx *sqldb.Tx, a *account) error {
	group, err := groupOf(ctx, tx, a.Account)
	if err != nil {
		return err
	}
	for _, member := range group[1:] {
		var touch, recorded sql.NullInt64
		err := tx.QueryRow(ctx, "SELECT last_touch, touch_recorded FROM accounts WHERE account = ?", string(member)).Scan(&touch, &recorded)
		if err != nil {
			return err
		}
		if at := loaded(touch); at.After(a.touch) {
			a.touch, a.touchRecorded = at, loaded(recorded)
		}
	}
	return nil
}

// Broken is a silence that was noticed and has come to its end.
type Broken struct {
	Account domain.AccountID
	// Silence is the position of the silence.noticed, which occurred at Since.
	Silence domain.Position
	Since   time.Time
	// LastContactAt is zero if there never was a contact before.
	LastContactAt time.Time
	// Contact is the position of the contact that ended it, perhaps with an account
	// that is merged into this one.
	Contact   domain.Position
	ContactAt time.Time
}

// BrokenSilences gives the silences that a silence.broken is to be recorded of, at most
// limit, those noticed first come first. A contact is left alone for a while: an import
// in progress may yet bring an earlier one.
func BrokenSilences(ctx context.Context, tx *sqldb.Tx, now time.Time, limit int) ([]Broken, error) {
	rows, err := tx.Query(ctx, `SELECT s.account, s.position, n.stands, s.after, s.broken_by, s.broken_at
		FROM silences s JOIN facts n ON n.position = s.position JOIN facts c ON c.position = s.broken_by
		WHERE s.told IS NULL AND n.stands IS NOT NULL AND c.recorded <= ? ORDER BY s.position LIMIT ?`,
		now.Add(-Grace).UnixMicro(), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var broken []Broken
	for rows.Next() {
		var b Broken
		var since, after, at int64
		if err := rows.Scan(&b.Account, &b.Silence, &since, &after, &b.Contact, &at); err != nil {
			return nil, err
		}
		b.Since, b.ContactAt = moment(since), moment(at)
		if after != noContact {
			b.LastContactAt = moment(after)
		}
		broken = append(broken, b)
	}
	return broken, rows.Err()
}
