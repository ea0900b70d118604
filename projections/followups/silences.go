package followups

import (
	"database/sql"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
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
}

func (s silence) brokenSooner(at int64) bool {
	return at > s.after && (s.brokenBy == 0 || at < s.brokenAt)
}

// foldContacts folds touches and silences, in the order of the log, into when accounts
// were last in touch and what ended which silence.
func (f *folder) foldContacts() error {
	var ids []domain.AccountID
	seen := make(map[domain.AccountID]bool)
	for _, c := range f.contacts {
		if !seen[c.account] {
			seen[c.account] = true
			ids = append(ids, c.account)
		}
	}
	if err := f.loadAccounts(ids); err != nil {
		return err
	}
	touched := make(map[*account]bool)
	for _, c := range f.contacts {
		a := f.accounts[c.account]
		if a == nil {
			continue // nobody asked to know
		}
		if c.silence {
			if err := f.addSilence(c); err != nil {
				return err
			}
			continue
		}
		at, recorded := moment(c.occurred), moment(c.recorded)
		if d := at.Compare(a.touch); a.touch.IsZero() || d > 0 || d == 0 && recorded.After(a.touchRecorded) {
			a.touch, a.touchRecorded = at, recorded
			touched[a] = true
		}
		if err := f.breakSilences(c); err != nil {
			return err
		}
	}
	var rows [][]any
	for _, id := range ids {
		if a := f.accounts[id]; a != nil && touched[a] {
			rows = append(rows, a.row())
		}
	}
	return f.replace("accounts", rows)
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
		var at int64
		var by domain.Position
		err := f.tx.QueryRow(f.ctx, `SELECT stands, position FROM facts WHERE account = ? AND touch = 1 AND stands > ? AND position <= ?
			ORDER BY stands, position LIMIT 1`, string(member), s.after, int64(until)).Scan(&at, &by)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			continue
		case err != nil:
			return err
		}
		if s.brokenBy == 0 || at < s.brokenAt || at == s.brokenAt && by < s.brokenBy {
			s.brokenBy, s.brokenAt = by, at
		}
	}
	return nil
}

func (f *folder) saveSilence(s silence) error {
	var by, at any
	if s.brokenBy > 0 {
		by, at = int64(s.brokenBy), s.brokenAt
	}
	return f.replace("silences", [][]any{{string(s.account), int64(s.position), s.after, by, at}})
}

func (f *folder) loadSilences(id domain.AccountID) ([]silence, error) {
	rows, err := f.tx.Query(f.ctx, "SELECT position, after, broken_by, broken_at FROM silences WHERE account = ? ORDER BY position", string(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var silences []silence
	for rows.Next() {
		s := silence{account: id}
		var by, at sql.NullInt64
		if err := rows.Scan(&s.position, &s.after, &by, &at); err != nil {
			return nil, err
		}
		s.brokenBy, s.brokenAt = domain.Position(by.Int64), at.Int64
		silences = append(silences, s)
	}
	return silences, rows.Err()
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

// retouch finds an account's last touch again after one was corrected or withdrawn,
// and what ended silences.
func (f *folder) retouch(id domain.AccountID, by domain.Position) error {
	a, err := f.account(id)
	if err != nil || a == nil {
		return err
	}
	if err := f.lastTouch(id, a); err != nil {
		return err
	}
	if err := f.replace("accounts", [][]any{a.row()}); err != nil {
		return err
	}
	chain, err := f.chain(id)
	if err != nil {
		return err
	}
	for _, member := range chain {
		if err := f.breakAnew(member, by); err != nil {
			return err
		}
	}
	return nil
}
