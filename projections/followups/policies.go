package followups

import (
	"context"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// takeLedgers takes in an entry or a policy of the ledger's own stream.
func (f *folder) takeLedgers(r codec.Record) error {
	if r.Type.Family() == "entry" {
		about, err := f.aboutRules(r)
		if err != nil {
			return err
		}
		if !about {
			return f.takeEntry(r)
		}
	}
	return f.takePolicy(r)
}

// takePolicy takes in rules. Others make other due dates, of the items that opened while
// they held; an entry about rules may change any.
func (f *folder) takePolicy(r codec.Record) error {
	if err := f.settle(); err != nil {
		return err
	}
	_, err := f.tx.Exec(f.ctx, "INSERT INTO policies VALUES (?, ?, ?, ?, ?, ?)",
		int64(r.Position), string(r.Type), int64(r.Target), r.OccurredAt.UnixMicro(), r.RecordedAt.UnixMicro(), r.JSON)
	if err != nil {
		return err
	}
	f.terms = nil
	from := noContact
	if r.Type == (domain.PolicyChanged{}).EventType() {
		from = r.OccurredAt.UnixMicro()
	}
	return f.dirtyWhere(r.Position, "opened_at >= ?", from)
}

// aboutRules reports whether it is an entry about rules, or about such an entry.
func (f *folder) aboutRules(r codec.Record) (yes bool, err error) {
	err = f.tx.QueryRow(f.ctx, "SELECT EXISTS (SELECT 1 FROM policies WHERE position = ?)", int64(r.Target)).Scan(&yes)
	return yes, err
}

func (f *folder) loadTerms() (err error) {
	if f.terms == nil {
		f.terms, err = loadTerms(f.ctx, f.tx)
	}
	return err
}

// loadTerms makes the terms of the policies recorded so far.
func loadTerms(ctx context.Context, tx *sqldb.Tx) (*followup.Terms, error) {
	rows, err := tx.Query(ctx, "SELECT position, type, target, occurred, recorded, data FROM policies ORDER BY position")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var policies domain.Policies
	var known time.Time
	for rows.Next() {
		var r codec.Record
		var occurred, recorded int64
		if err := rows.Scan(&r.Position, &r.Type, &r.Target, &occurred, &recorded, &r.JSON); err != nil {
			return nil, err
		}
		r.Account, r.OccurredAt, r.RecordedAt = domain.Ledger, moment(occurred), moment(recorded)
		e, err := r.Decode()
		if err != nil {
			return nil, err
		}
		policies.Add(e)
		known = e.RecordedAt
	}
	return followup.NewTerms(policies.Known(known)), rows.Err()
}
