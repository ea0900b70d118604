package followups

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// account is a row of the accounts table.
type account struct {
	followup.Profile
	silences int
	// touch is when the last touch was, and touchRecorded when it was recorded; zero
	// if there never was one.
	touch, touchRecorded time.Time
	// newest is the touch recorded last; 0 if there is none.
	newest domain.Position
}

// account loads the account's row; nil if it has none.
func (f *folder) account(id domain.AccountID) (*account, error) {
	if a, ok := f.accounts[id]; ok {
		return a, nil
	}
	if err := f.loadAccounts([]domain.AccountID{id}); err != nil {
		return nil, err
	}
	return f.accounts[id], nil
}

// loadAccounts loads the rows of accounts that are not loaded yet.
func (f *folder) loadAccounts(ids []domain.AccountID) error {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id domain.AccountID) bool {
		_, ok := f.accounts[id]
		return ok
	})
	return inChunks(missing, func(part []domain.AccountID) error {
		args := make([]any, len(part))
		for i, id := range part {
			args[i], f.accounts[id] = string(id), nil
		}
		rows, err := f.tx.Query(f.ctx, "SELECT "+accountColumns+" FROM accounts WHERE account IN ("+marks(len(args))+")", args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			a, err := scanAccount(rows)
			if err != nil {
				return err
			}
			f.accounts[a.Account] = a
		}
		return rows.Err()
	})
}

const accountColumns = `account, tier, manager, sponsor, released, merged_into, cadence_d, cadence_at, cadence_recorded,
	silences, noticed_for, last_touch, touch_recorded, touch_position`

func scanAccount(rows *sql.Rows) (*account, error) {
	var a account
	var cadence, cadenceRecorded, noticedFor, touch, touchRecorded, newest sql.NullInt64
	var former string
	err := rows.Scan(&a.Account, &a.Tier, &a.Manager, &a.Sponsor, &former, &a.MergedInto, &a.CadenceD, &cadence, &cadenceRecorded,
		&a.silences, &noticedFor, &touch, &touchRecorded, &newest)
	a.CadenceAt, a.CadenceRecorded, a.touch, a.touchRecorded = loaded(cadence), loaded(cadenceRecorded), loaded(touch), loaded(touchRecorded)
	a.newest = domain.Position(newest.Int64)
	if a.Noticed = noticedFor.Valid; a.Noticed && noticedFor.Int64 != noContact {
		a.NoticedFor = moment(noticedFor.Int64)
	}
	if err == nil {
		a.Released, err = released(former)
	}
	return &a, err
}

// row is the account's row, as the table has it.
func (a *account) row() []any {
	var noticedFor, silentFrom, noticeAt, newest any
	if a.newest > 0 {
		newest = int64(a.newest)
	}
	if a.Noticed {
		noticedFor = lastContact(a.NoticedFor)
	}
	if from, ok := a.SilentFrom(a.touch); ok {
		silentFrom, noticeAt = from.UnixMicro(), noticeTime(from, a.silenceKnown()).UnixMicro()
	}
	return []any{
		string(a.Account), a.Tier, a.Manager, a.Sponsor, formerManagers(a.Released), string(a.MergedInto), a.CadenceD, stored(a.CadenceAt), stored(a.CadenceRecorded),
		a.silences, noticedFor, stored(a.touch), stored(a.touchRecorded), newest, silentFrom, noticeAt,
	}
}

// silenceKnown is when the last event was recorded that says how long it was silent.
func (a *account) silenceKnown() time.Time {
	if a.touchRecorded.After(a.CadenceRecorded) {
		return a.touchRecorded
	}
	return a.CadenceRecorded
}

// foldProfiles folds the profiles something was said of.
func (f *folder) foldProfiles() error {
	ids := slices.Sorted(maps.Keys(f.profiles))
	if err := f.loadAccounts(ids); err != nil {
		return err
	}
	rows := make([][]any, 0, len(ids))
	for _, id := range ids {
		a, err := f.foldProfile(id)
		if err != nil {
			return err
		}
		rows = append(rows, a.row())
	}
	if err := f.replace("accounts", rows); err != nil {
		return err
	}
	clear(f.profiles)
	return f.dirtyHeld()
}

func (f *folder) foldProfile(id domain.AccountID) (*account, error) {
	facts, err := f.loadFacts(id)
	if err != nil {
		return nil, err
	}
	a := f.accounts[id]
	if a == nil {
		a = &account{}
		f.accounts[id] = a
	}
	a.Profile, a.silences = followup.FoldProfile(id, facts), 0
	for _, fact := range facts {
		if fact.Is == followup.SilenceSeen {
			a.silences++
		}
	}
	return a, nil
}

// dirtyHeld notes that events bore on all items of the accounts they gave other holders,
// and of those that are merged into them.
func (f *folder) dirtyHeld() error {
	if len(f.holders) == 0 {
		return nil
	}
	pending := make(map[domain.AccountID][]string) // items that may not be folded yet
	for item := range f.items {
		id := followup.AccountOf(item)
		pending[id] = append(pending[id], item)
	}
	for _, id := range slices.Sorted(maps.Keys(f.holders)) {
		by := f.holders[id]
		group, err := groupOf(f.ctx, f.tx, id)
		if err != nil {
			return err
		}
		for _, member := range group {
			for _, item := range pending[member] {
				f.dirty(item, by)
			}
			// The key, because while a table is filled it has no other index.
			from, to := string(member)+"~", string(member)+"~~"
			if err := f.dirtyWhere(by, "id BETWEEN ? AND ?", from, to); err != nil {
				return err
			}
		}
	}
	clear(f.holders)
	return nil
}

// dirtyWhere notes that an event bore on the items of the table that meet a condition.
func (f *folder) dirtyWhere(by domain.Position, condition string, args ...any) error {
	rows, err := f.tx.Query(f.ctx, "SELECT id FROM items WHERE "+condition, args...)
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
	}
	return rows.Err()
}

// groupOf is an account and those that are merged into it, directly or not.
func groupOf(ctx context.Context, tx *sqldb.Tx, id domain.AccountID) ([]domain.AccountID, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE merged(account) AS (
			SELECT ? UNION SELECT a.account FROM merged JOIN accounts a ON a.merged_into = merged.account AND a.merged_into <> ''
		) SELECT account FROM merged`, string(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var group []domain.AccountID
	for rows.Next() {
		var member domain.AccountID
		if err := rows.Scan(&member); err != nil {
			return nil, err
		}
		group = append(group, member)
	}
	return group, rows.Err()
}

// chain is an account and those it is merged into, the one that stands alone last.
func (f *folder) chain(id domain.AccountID) ([]domain.AccountID, error) {
	var chain []domain.AccountID
	for id != "" && !slices.Contains(chain, id) {
		chain = append(chain, id)
		a, err := f.account(id)
		if err != nil {
			return nil, err
		}
		id = ""
		if a != nil {
			id = a.MergedInto
		}
	}
	return chain, nil
}

// holdersOf are the people around an account.
func (f *folder) holdersOf(id domain.AccountID) (followup.Holders, error) {
	chain, err := f.chain(id)
	if err != nil {
		return followup.Holders{}, err
	}
	var profiles []followup.Profile
	for _, member := range chain {
		a, err := f.account(member)
		if err != nil {
			return followup.Holders{}, err
		}
		if a != nil {
			profiles = append(profiles, a.Profile)
		}
	}
	return followup.HoldersOf(profiles...), nil
}

// regroup does something that may change what an account is merged into, and folds
// what depends on it: the items of the account, and the silences of the accounts it is
// or was part of.
func (f *folder) regroup(id domain.AccountID, by domain.Position, do func() error) error {
	before, err := f.chain(id)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	f.profiles[id], f.holders[id] = by, by
	if err := f.write(); err != nil {
		return err
	}
	if err := f.foldProfiles(); err != nil {
		return err
	}
	after, err := f.chain(id)
	if err != nil {
		return err
	}
	for _, member := range append(before, after...) {
		if err := f.breakAnew(member, by); err != nil {
			return err
		}
	}
	return f.settle()
}
