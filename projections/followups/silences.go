package followups

import (
	"database/sql"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// noContact stands for the last contact where there never was one: before all others.
const noContact = int64(math.MinInt64)

func lastContact(at time.Time) int64 {
	if at.IsZero() {
		return noContact
	}
	return at.UnixMicro()
}

// silence is a row of the silences table.
type silence struct {
	account  domain.AccountID
	position domain.Position
	after    int64
	brokenBy domain.Position // 0: not broken
	brokenAt int64
	told     sql.NullInt64 // position of the silence.broken
}

func (s silence) brokenSooner(at int64) bool {
	return at > s.after && (s.brokenBy == 0 || at < s.brokenAt)
}

// chainTouches ties each touch that is to be written to the one before it.
func (f *folder) chainTouches() error {
	var ids []domain.AccountID
	seen := make(map[domain.AccountID]bool)
	for _, c := range f.contacts[f.chained:] {
		if !seen[c.account] {
			seen[c.account] = true
			ids = append(ids, c.account)
		}
	}
	if err := f.loadAccounts(ids); err != nil {
		return err
	}
	for _, c := range f.contacts[f.chained:] {
		if c.fact == nil {
			continue
		}
		a := f.accounts[c.account]
		if a == nil {
			a = &account{Profile: followup.Profile{Account: c.account}}
			f.accounts[c.account] = a
		}
		if a.newest > 0 {
			c.fact[len(c.fact)-1] = int64(a.newest)
		}
		a.newest, f.touched[c.account] = c.position, true
	}
	f.chained = len(f.contacts)
	return nil
}

// foldContacts folds touches and silences, in the order of the log, into when accounts
// were last in touch and what ended which silence.
func (f *folder) foldContacts() error {
	for _, c := range f.contacts {
		fold := f.addTouch
		switch {
		case c.silence:
			fold = f.addSilence
		case c.moved != nil:
			fold = f.retouch
		}
		if err := fold(c); err != nil {
			return err
		}
	}
	var rows [][]any
	for _, id := range slices.Sorted(maps.Keys(f.touched)) {
		rows = append(rows, f.accounts[id].row())
	}
	return f.put("INSERT INTO accounts", rows, ` ON CONFLICT (account) DO UPDATE SET last_touch = excluded.last_touch,
		touch_recorded = excluded.touch_recorded, touch_position = excluded.touch_position,
		silent_from = excluded.silent_from, notice_at = excluded.notice_at`)
}

func (f *folder) addTouch(c contact) error {
	if !domain.InContact(moment(c.occurred), moment(c.recorded)) {
		return nil
	}
	f.accounts[c.account].take(moment(c.occurred), moment(c.recorded))
	return f.breakSilences(c)
}

// take takes in a touch that stands.
func (a *account) take(touch, recorded time.Time) {
	if d := touch.Compare(a.touch); a.touch.IsZero() || d > 0 || d == 0 && recorded.After(a.touchRecorded) {
		a.touch, a.touchRecorded = touch, recorded
	}
}

// addSilence keeps a silence, and what has ended it already: a touch that was recorded
// before it was noticed, or late.
func (f *folder) addSilence(c contact) error {
	s := silence{account: c.account, position: c.position, after: c.after}
	if err := f.firstTouch(&s, c.position); err != nil {
		return err
	}
	return f.saveSilence(s)
}

// firstTouch finds the first touch after the last contact, among those recorded up to
// a position.
func (f *folder) firstTouch(s *silence, until domain.Position) error {
	group, err := groupOf(f.ctx, f.tx, s.account)
	if err != nil {
		return err
	}
	s.brokenBy, s.brokenAt = 0, 0
	for _, member := range group {
		err := f.touches(member, func(p domain.Position, at, _ int64) {
			first := s.brokenBy == 0 || at < s.brokenAt || at == s.brokenAt && p < s.brokenBy
			if at > s.after && p <= until && first {
				s.brokenBy, s.brokenAt = p, at
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// touches calls f with all touches of an account that stand and count, the newest first.
func (f *folder) touches(id domain.AccountID, each func(p domain.Position, at, recorded int64)) error {
	a, err := f.account(id)
	if err != nil || a == nil {
		return err
	}
	rows, err := f.tx.Query(f.ctx, `WITH RECURSIVE chain(position, stands, recorded, before) AS (
			SELECT position, stands, recorded, before FROM facts WHERE position = ?
			UNION ALL SELECT f.position, f.stands, f.recorded, f.before FROM chain JOIN facts f ON f.position = chain.before
		) SELECT position, stands, recorded FROM chain WHERE stands <= recorded + ?`, int64(a.newest), domain.Ahead.Microseconds())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p domain.Position
		var at, recorded int64
		if err := rows.Scan(&p, &at, &recorded); err != nil {
			return err
		}
		each(p, at, recorded)
	}
	return rows.Err()
}

func (f *folder) saveSilence(s silence) error {
	var by, at any
	if s.brokenBy > 0 {
		by, at = int64(s.brokenBy), s.brokenAt
	}
	return f.replace("silences", [][]any{{string(s.account), int64(s.position), s.after, by, at, s.told}})
}

func (f *folder) loadSilences(id domain.AccountID) ([]silence, error) {
	rows, err := f.tx.Query(f.ctx, "SELECT position, after, broken_by, broken_at, told FROM silences WHERE account = ? ORDER BY position", string(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var silences []silence
	for rows.Next() {
		s := silence{account: id}
		var by, at sql.NullInt64
		if err := rows.Scan(&s.position, &s.after, &by, &at, &s.told); err != nil {
			return nil, err
		}
		s.brokenBy, s.brokenAt = domain.Position(by.Int64), at.Int64
		silences = append(silences, s)
	}
	return silences, rows.Err()
}

// takeTold takes in that the end of a silence was recorded.
func (f *folder) takeTold(r codec.Record) error {
	e, err := r.Decode()
	if err != nil {
		return err
	}
	if err := f.settle(); err != nil { // the silence may be in this batch
		return err
	}
	_, err = f.tx.Exec(f.ctx, "UPDATE silences SET told = ? WHERE account = ? AND position = ?",
		int64(r.Position), string(r.Account), int64(e.Data.(domain.SilenceBroken).Silence))
	return err
}

// breakSilences ends the silences that a touch ends: of its account, and of those it
// is merged into.
func (f *folder) breakSilences(c contact) error {
	chain, err := f.chain(c.account)
	if err != nil {
		return err
	}
	for _, id := range chain {
		if a := f.accounts[id]; a == nil || a.silences == 0 {
			continue
		}
		silences, err := f.loadSilences(id)
		if err != nil {
			return err
		}
		for _, s := range silences {
			if !s.brokenSooner(c.occurred) {
				continue
			}
			s.brokenBy, s.brokenAt = c.position, c.occurred
			if err := f.saveSilence(s); err != nil {
				return err
			}
			f.dirty(followup.ItemID(id, followup.Silence, ""), c.position)
		}
	}
	return nil
}

// breakAnew finds again what ended the account's silences.
func (f *folder) breakAnew(id domain.AccountID, by domain.Position) error {
	silences, err := f.loadSilences(id)
	if err != nil || len(silences) == 0 {
		return err
	}
	for _, s := range silences {
		if err := f.firstTouch(&s, by); err != nil {
			return err
		}
		if err := f.saveSilence(s); err != nil {
			return err
		}
	}
	f.dirty(followup.ItemID(id, followup.Silence, ""), by)
	return nil
}

// breaks are the signals that a silence's item was ended by touches; none for others.
func (f *folder) breaks(item string, signals []followup.Signal) ([]followup.Signal, error) {
	if !slices.ContainsFunc(signals, func(s followup.Signal) bool { return s.Rule == followup.Silence }) {
		return nil, nil
	}
	silences, err := f.loadSilences(followup.AccountOf(item))
	if err != nil {
		return nil, err
	}
	var breaks []followup.Signal
	for _, s := range silences {
		for _, cause := range signals {
			if cause.Position == s.position && cause.Does.Has(followup.Cause) && !cause.Void && s.brokenBy > 0 {
				breaks = append(breaks, followup.Broken(cause, s.brokenBy, moment(s.brokenAt)))
			}
		}
	}
	return breaks, nil
}

// moved says that a touch was corrected to have been at another time, or withdrawn.
type moved struct {
	by     domain.Position // the entry
	before sql.NullInt64
	now    fact
}

// retouch takes in that a touch was moved. The account's touches are gone through only
// if it was the one that counted.
func (f *folder) retouch(c contact) error {
	a, now := f.accounts[c.account], c.moved.now
	if now.stands.Valid && !domain.InContact(moment(now.stands.Int64), moment(now.recorded)) {
		now.stands = sql.NullInt64{} // it does not count
	}
	if before := c.moved.before; before.Valid && moment(before.Int64).Equal(a.touch) {
		a.touch, a.touchRecorded = time.Time{}, time.Time{}
		err := f.touches(c.account, func(_ domain.Position, at, recorded int64) { a.take(moment(at), moment(recorded)) })
		if err != nil {
			return err
		}
	} else if now.stands.Valid {
		a.take(moment(now.stands.Int64), moment(now.recorded))
	}
	chain, err := f.chain(c.account)
	if err != nil {
		return err
	}
	for _, member := range chain {
		if err := f.rebreak(member, c.position, c.moved.by, now.stands); err != nil {
			return err
		}
	}
	return nil
}

// rebreak finds again what ended those of the account's silences that the touch had
// ended or now ends sooner.
func (f *folder) rebreak(id domain.AccountID, touch, by domain.Position, at sql.NullInt64) error {
	silences, err := f.loadSilences(id)
	if err != nil {
		return err
	}
	for _, s := range silences {
		sooner := at.Valid && at.Int64 > s.after && at.Int64 <= s.brokenAt
		if s.brokenBy != touch && s.brokenBy != 0 && !sooner {
			continue
		}
		if err := f.firstTouch(&s, by); err != nil {
			return err
		}
		if err := f.saveSilence(s); err != nil {
			return err
		}
		f.dirty(followup.ItemID(id, followup.Silence, ""), by)
	}
	return nil
}
