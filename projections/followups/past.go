package followups

import (
	"context"
	"errors"
	"iter"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Kin are the accounts whose events may bear on the account's queue at any time: itself and
// those that were ever said to be merged with it, directly or not, whether or not that stands.
func Kin(ctx context.Context, tx *sqldb.Tx, account domain.AccountID) ([]domain.AccountID, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE
		pairs(one, other) AS (
			SELECT account, text FROM account_facts WHERE fact = 'merged' UNION SELECT text, account FROM account_facts WHERE fact = 'merged'),
		kin(account) AS (SELECT ? UNION SELECT other FROM kin JOIN pairs ON one = kin.account)
		SELECT account FROM kin ORDER BY account`, string(account))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var kin []domain.AccountID
	for rows.Next() {
		var id domain.AccountID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		kin = append(kin, id)
	}
	return kin, rows.Err()
}

// pastBatch is how many events are folded together.
const pastBatch = 1000

// Past is [Queue] for one account as it was: the tables know only how things stand, so the events
// given are folded into others, which are thrown away again. The query names an account, and
// the events are all those of its [Kin] and of the ledger's own stream that had been recorded by
// then, in the order of the log, without personal data. It takes time by their number.
func Past(ctx context.Context, events iter.Seq2[codec.Record, error], q Query) (page Page, err error) {
	db, err := sqldb.OpenTemporary()
	if err != nil {
		return page, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := foldPast(ctx, db, events); err != nil {
		return page, err
	}
	err = db.View(ctx, func(tx *sqldb.Tx) (err error) {
		page, err = Queue(ctx, tx, q)
		return err
	})
	return page, err
}

func foldPast(ctx context.Context, db *sqldb.DB, events iter.Seq2[codec.Record, error]) error {
	p := New()
	var batch []codec.Record
	fold := func() error {
		err := db.Update(ctx, func(tx *sqldb.Tx) error { return p.Apply(ctx, tx, batch) })
		batch = batch[:0]
		return err
	}
	err := db.Update(ctx, func(tx *sqldb.Tx) error {
		for _, statement := range append(p.Schema(), p.Indexes()...) {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for r, err := range events {
		if err != nil {
			return err
		}
		if !p.Wants(r) {
			continue
		}
		if batch = append(batch, r); len(batch) == pastBatch {
			if err := fold(); err != nil {
				return err
			}
		}
	}
	return fold()
}
