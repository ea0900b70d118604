package timeline

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// recordColumns begins the query of what [scanHistory] reads.
const recordColumns = `SELECT e.position, e.account, e.revision, e.type, e.occurred, e.assumed, e.recorded,
	e.source, e.id, e.actor, coalesce(e.target, 0), e.data`

func scanRecord(rows *sql.Rows) (r codec.Record, err error) {
	var occurred, recorded int64
	err = rows.Scan(&r.Position, &r.Account, &r.Revision, &r.Type, &occurred, &r.OccurredAssumed, &recorded,
		&r.Source, &r.ID, &r.Actor, &r.Target, &r.JSON)
	r.OccurredAt, r.RecordedAt = fromMicros(occurred), fromMicros(recorded)
	return r, err
}

// scanHistory reads whole events, and closes the rows.
func scanHistory(rows *sql.Rows) ([]domain.Recorded, error) {
	defer rows.Close()
	var history []domain.Recorded
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
			return nil, err
		}
		event, err := r.Decode()
		if err != nil {
			return nil, err
		}
		history = append(history, event)
	}
	return history, rows.Err()
}

// selectIdentity reads what tells the identity of an account or of its contacts.
const selectIdentity = recordColumns + ` FROM entries e
	WHERE e.account = ? AND e.profile = ? AND e.position <= ? ORDER BY e.position`

// standing is what tells the identity of the account or of its contacts and stood when the
// ledger ended at the position, in recorded order.
func standing(ctx context.Context, tx *sqldb.Tx, id domain.AccountID, what about, until domain.Position) ([]domain.Recorded, error) {
	rows, err := tx.Query(ctx, selectIdentity, string(id), int(what), int64(until))
	if err != nil {
		return nil, err
	}
	history, err := scanHistory(rows)
	return domain.Standing(history), err
}

// profile is what an account's row tells of its events' data.
type profile struct {
	name, kind, tier, stage, manager string
	opened                           time.Time
}

// fold takes what occurred last, not what was recorded last: an import of old history
// does not undo what is known of today.
func (p *profile) fold(events []domain.Recorded) {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b domain.Recorded) int {
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.Position, b.Position))
	})
	for _, e := range events {
		switch d := e.Data.(type) {
		case domain.AccountOpened:
			p.name, p.kind, p.opened = d.Name, d.Kind, e.OccurredAt
		case domain.AccountClassified:
			p.tier = d.TierNow
		case domain.AccountStageChanged:
			p.stage = d.To
		case domain.AccountManagerAssigned:
			p.manager = d.Person
		case domain.AccountManagerReleased:
			if p.manager == d.Person {
				p.manager = ""
			}
		}
	}
}

// profile brings what the account's row tells of its events' data up to date.
func (f *fold) profile(id domain.AccountID) error {
	events, err := standing(f.ctx, f.tx, id, ofAccount, forever)
	if err != nil {
		return err
	}
	var p profile
	p.fold(events)
	into, _ := domain.FoldAccount(id, events).MergedInto()
	var opened any
	if !p.opened.IsZero() {
		opened = micros(p.opened)
	}
	return f.exec(`UPDATE accounts SET name = ?, kind = ?, tier = ?, stage = ?, manager = ?, opened = ?, merged_into = ?,
		search = ? WHERE account = ?`,
		known(p.name), known(p.kind), known(p.tier), known(p.stage), known(p.manager), opened, known(string(into)),
		search(id, p.name), string(id))
}

// known stores what is not known as null.
func known(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// members are the account and all that were merged into it, by what stood when the ledger
// ended at the position.
func members(ctx context.Context, tx *sqldb.Tx, id domain.AccountID, until domain.Position) ([]domain.AccountID, error) {
	all := []domain.AccountID{id}
	for i := 0; i < len(all); i++ {
		candidates, err := texts[domain.AccountID](ctx, tx,
			`SELECT DISTINCT account FROM merges WHERE other = ? AND position <= ? ORDER BY account`, string(all[i]), int64(until))
		if err != nil {
			return nil, err
		}
		for _, candidate := range candidates {
			if slices.Contains(all, candidate) {
				continue
			}
			events, err := standing(ctx, tx, candidate, ofAccount, until)
			if err != nil {
				return nil, err
			}
			if into, _ := domain.FoldAccount(candidate, events).MergedInto(); into == all[i] {
				all = append(all, candidate)
			}
		}
	}
	return all, nil
}

// contactMerges is which contacts are merged into which others, by a standing history.
func contactMerges(events []domain.Recorded) map[domain.ID]domain.ID {
	into := make(map[domain.ID]domain.ID)
	for _, e := range events {
		switch d := e.Data.(type) {
		case domain.ContactMerged:
			into[d.Contact] = d.Into
		case domain.ContactUnmerged:
			delete(into, d.Contact)
		}
	}
	return into
}

// persons are the contact and all contacts of the account that were merged into it, by a
// standing history.
func persons(contact domain.ID, events []domain.Recorded) []domain.ID {
	into := contactMerges(events)
	all := []domain.ID{contact}
	for i := 0; i < len(all); i++ {
		for from, to := range into {
			if to == all[i] && !slices.Contains(all, from) {
				all = append(all, from)
			}
		}
	}
	return all
}

// texts runs a query of one column of texts.
func texts[T ~string](ctx context.Context, tx *sqldb.Tx, query string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var t T
		if err := rows.Scan(&t); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// SamePerson gives the contact, and then all contacts of the account that are the same
// person by the merges that stand.
func SamePerson(ctx context.Context, tx *sqldb.Tx, account domain.AccountID, contact domain.ID) ([]domain.ID, error) {
	events, err := standing(ctx, tx, account, ofContacts, forever)
	if err != nil {
		return nil, err
	}
	into := contactMerges(events)
	all := []domain.ID{contact}
	for i := 0; i < len(all); i++ {
		var linked []domain.ID
		for from, to := range into {
			switch all[i] {
			case from:
				linked = append(linked, to)
			case to:
				linked = append(linked, from)
			}
		}
		slices.Sort(linked)
		for _, other := range linked {
			if !slices.Contains(all, other) {
				all = append(all, other)
			}
		}
	}
	return all, nil
}
