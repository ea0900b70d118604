package dossier

import (
	"context"
	"database/sql"
	"iter"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Read gives the account's dossier. Error: [ErrUnknownAccount].
func (p *Projector) Read(ctx context.Context, tx *sqldb.Tx, account domain.AccountID, s Span) (*Dossier, error) {
	r := reader{ctx: ctx, tx: tx, projector: p, Span: s}
	if err := r.exists(account); err != nil {
		return nil, err
	}
	if err := r.readGeneral(); err != nil {
		return nil, err
	}
	return r.account(account)
}

// All yields the dossier of every account, by id, as far as anything of it was recorded by then;
// those that are read as part of another are in that one's.
func (p *Projector) All(ctx context.Context, tx *sqldb.Tx, s Span) iter.Seq2[*Dossier, error] {
	return func(yield func(*Dossier, error) bool) {
		r := reader{ctx: ctx, tx: tx, projector: p, Span: s}
		if err := r.all(yield); err != nil {
			yield(nil, err)
		}
	}
}

// reader reads dossiers as of one pair of instants.
type reader struct {
	ctx       context.Context
	tx        *sqldb.Tx
	projector *Projector
	Span

	general  []domain.Recorded
	policies domain.PolicyCourse
}

func (r *reader) exists(account domain.AccountID) error {
	var known bool
	err := r.tx.QueryRow(r.ctx, `SELECT EXISTS (SELECT 1 FROM accounts WHERE account = ?1) OR EXISTS (SELECT 1 FROM merges WHERE other = ?1)`,
		string(account)).Scan(&known)
	if err == nil && !known {
		return ErrUnknownAccount
	}
	return err
}

// readGeneral reads what concerns no single account.
func (r *reader) readGeneral() error {
	events, err := r.events(domain.Ledger)
	if err != nil {
		return err
	}
	r.policies = domain.NewPolicies(events).Known(r.KnownAt)
	d := Dossier{Span: r.Span}
	d.take(domain.Standing(events), r.wanted)
	r.general = d.Events
	return nil
}

func (r *reader) wanted(t domain.Type) bool { return r.projector.wanted[t] }

// account reads the account with all that are read as part of it.
func (r *reader) account(account domain.AccountID) (*Dossier, error) {
	var standing []domain.Recorded
	members := []domain.AccountID{account}
	for i := 0; i < len(members); i++ {
		events, err := r.events(members[i])
		if err != nil {
			return nil, err
		}
		standing = append(standing, domain.Standing(events)...)
		candidates, err := r.candidates(members[i])
		if err != nil {
			return nil, err
		}
		for _, c := range candidates {
			into, err := r.mergedInto(c)
			if err != nil {
				return nil, err
			}
			if into == members[i] && !slices.Contains(members, c) {
				members = append(members, c)
			}
		}
	}
	return r.dossier(account, slices.Sorted(slices.Values(members[1:])), standing), nil
}

func (r *reader) dossier(account domain.AccountID, merged []domain.AccountID, standing []domain.Recorded) *Dossier {
	d := &Dossier{Account: account, Merged: merged, Span: r.Span, General: r.general, Policies: r.policies}
	d.take(standing, r.wanted)
	return d
}

// candidates are the accounts that were ever said to be part of this one.
func (r *reader) candidates(account domain.AccountID) ([]domain.AccountID, error) {
	return r.accounts(`SELECT DISTINCT account FROM merges WHERE other = ? ORDER BY account`, string(account))
}

func (r *reader) accounts(query string, args ...any) ([]domain.AccountID, error) {
	rows, err := r.tx.Query(r.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []domain.AccountID
	for rows.Next() {
		var a domain.AccountID
		if err := rows.Scan(&a); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// mergedInto is the account that this one is read as part of; "" if it is none.
func (r *reader) mergedInto(account domain.AccountID) (domain.AccountID, error) {
	events, err := r.events(account, `AND (type IN ('account.merged', 'account.unmerged') OR target IS NOT NULL)`)
	if err != nil {
		return "", err
	}
	into, _ := domain.FoldAccount(account, domain.Standing(events)).MergedInto()
	return into, nil
}

const columns = `SELECT account, position, type, occurred, assumed, recorded, actor, coalesce(target, 0), data FROM events`

// events reads what was recorded of the account by KnownAt, in recorded order.
func (r *reader) events(account domain.AccountID, more ...string) ([]domain.Recorded, error) {
	query := columns + ` WHERE account = ? AND recorded <= ? `
	for _, m := range more {
		query += m
	}
	rows, err := r.tx.Query(r.ctx, query+` ORDER BY position`, string(account), micros(r.KnownAt))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []domain.Recorded
	for rows.Next() {
		e, err := r.scan(rows)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

func (r *reader) scan(rows *sql.Rows) (domain.Recorded, error) {
	var record codec.Record
	var occurred, recorded int64
	err := rows.Scan(&record.Account, &record.Position, &record.Type, &occurred, &record.OccurredAssumed, &recorded,
		&record.Actor, &record.Target, &record.JSON)
	if err != nil {
		return domain.Recorded{}, err
	}
	record.OccurredAt, record.RecordedAt = fromMicros(occurred), fromMicros(recorded)
	return record.Decode()
}

// all reads every account in one pass over the index, which is in their order; only those
// that others were merged into are read by themselves, before.
func (r *reader) all(yield func(*Dossier, error) bool) error {
	if err := r.readGeneral(); err != nil {
		return err
	}
	parts, wholes, err := r.merges()
	if err != nil {
		return err
	}
	known, err := r.accounts(`SELECT account FROM accounts WHERE recorded <= ?1 UNION SELECT other FROM merges m
		WHERE (SELECT recorded FROM events e WHERE e.account = m.account AND e.position = m.position) <= ?1 ORDER BY 1`, micros(r.KnownAt))
	if err != nil {
		return err
	}
	rows, err := r.tx.Query(r.ctx, columns+` WHERE recorded <= ? AND account <> ? ORDER BY account, position`,
		micros(r.KnownAt), string(domain.Ledger))
	if err != nil {
		return err
	}
	defer rows.Close()
	var events []domain.Recorded
	var ahead *domain.Recorded // the first event of the next account that has any
	for _, account := range known {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if events, ahead, err = r.group(rows, account, events[:0], ahead); err != nil {
			return err
		}
		d := wholes[account]
		switch {
		case parts[account]:
			continue
		case d == nil:
			d = r.dossier(account, nil, domain.Standing(events))
		}
		if !yield(d, nil) {
			return nil
		}
	}
	return nil
}

// group takes the account's events off the rows.
func (r *reader) group(rows *sql.Rows, account domain.AccountID, events []domain.Recorded, ahead *domain.Recorded) ([]domain.Recorded, *domain.Recorded, error) {
	if ahead != nil {
		if ahead.Account != account {
			return events, ahead, nil
		}
		events = append(events, *ahead)
	}
	for rows.Next() {
		e, err := r.scan(rows)
		if err != nil {
			return nil, nil, err
		}
		if e.Account != account {
			return events, &e, nil
		}
		events = append(events, e)
	}
	return events, nil, rows.Err()
}

// merges gives the accounts that are read as part of others, and those others.
func (r *reader) merges() (parts map[domain.AccountID]bool, wholes map[domain.AccountID]*Dossier, err error) {
	candidates, err := r.accounts(`SELECT DISTINCT account FROM merges`)
	if err != nil {
		return nil, nil, err
	}
	parts, wholes = map[domain.AccountID]bool{}, map[domain.AccountID]*Dossier{}
	for _, c := range candidates {
		into, err := r.mergedInto(c)
		if err != nil {
			return nil, nil, err
		}
		if into != "" {
			parts[c], wholes[into] = true, nil
		}
	}
	for account := range wholes {
		if wholes[account], err = r.account(account); err != nil {
			return nil, nil, err
		}
	}
	return parts, wholes, nil
}
