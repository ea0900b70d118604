package trust

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	model "github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// readFacts appends the account's facts that may count for the question.
func readFacts(ctx context.Context, tx *sqldb.Tx, a domain.AccountID, q Question, facts []model.Fact) ([]model.Fact, error) {
	var n int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM facts WHERE account = ?`, string(a)).Scan(&n); err != nil {
		return nil, err
	}
	facts = slices.Grow(facts, n)
	rows, err := tx.Query(ctx, `SELECT `+factColumns+` FROM facts
		WHERE account = ? AND occurred <= ? AND recorded <= ?`, string(a), micros(q.At), micros(q.KnownAt))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	r := newFactReader()
	for rows.Next() {
		f, err := r.read(rows)
		if err != nil {
			return nil, err
		}
		facts = append(facts, f)
	}
	return facts, rows.Err()
}

// factReader reads rows of facts. A busy account has tens of thousands, so it takes
// the values as the driver gives them: converting them costs more than reading them.
type factReader struct {
	account domain.AccountID // of the last row; sharing it makes comparing fast
	values  []any
	targets []any // pointers to the values
}

func newFactReader() *factReader {
	r := &factReader{values: make([]any, factWidth), targets: make([]any, factWidth)}
	for i := range r.values {
		r.targets[i] = &r.values[i]
	}
	return r
}

func (r *factReader) read(rows *sql.Rows) (f model.Fact, err error) {
	if err := rows.Scan(r.targets...); err != nil {
		return f, err
	}
	if a := r.text(0); a != string(r.account) {
		r.account = domain.AccountID(a)
	}
	f.Account, f.Position = r.account, domain.Position(r.integer(1))
	f.SpeaksFor = f.Position
	if r.values[2] != nil {
		f.SpeaksFor = domain.Position(r.integer(2))
	}
	f.Type, f.Key = domain.Type(r.text(3)), domain.ID(r.text(4))
	f.Occurred, f.Recorded = fromMicros(r.integer(5)), fromMicros(r.integer(6))
	if r.values[7] != nil {
		f.Moment = fromMicros(r.integer(7))
	}
	f.Amount, f.Tolerance = r.number(8), r.number(9)
	f.Unit, f.Marks = r.text(10), model.Marks(r.text(11))
	return f, nil
}

func (r *factReader) text(i int) string   { s, _ := r.values[i].(string); return s }
func (r *factReader) integer(i int) int64 { n, _ := r.values[i].(int64); return n }

func (r *factReader) number(i int) *float64 {
	if n, ok := r.values[i].(float64); ok {
		return &n
	}
	return nil
}

func readEntries(ctx context.Context, tx *sqldb.Tx, a domain.AccountID, knownAt time.Time, entries []model.Entry) ([]model.Entry, error) {
	rows, err := tx.Query(ctx, `SELECT position, target, retracts, recorded FROM entries
		WHERE account = ? AND recorded <= ?`, string(a), micros(knownAt))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e model.Entry
		var recorded int64
		if err := rows.Scan(&e.Position, &e.Target, &e.Retracts, &recorded); err != nil {
			return nil, err
		}
		e.Recorded = fromMicros(recorded)
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

const mergesQuery = `WITH RECURSIVE related(account) AS (
		VALUES (?) UNION SELECT m.account FROM merges m JOIN related r ON m.into_account = r.account)
	SELECT position, coalesce(corrects, position), account, into_account, undone, recorded FROM merges
	WHERE account IN (SELECT account FROM related) ORDER BY position`

// readMerges reads the merges of the account, of what was merged into it, and so on, into whatever it was.
func readMerges(ctx context.Context, tx *sqldb.Tx, a domain.AccountID) ([]model.Merge, error) {
	rows, err := tx.Query(ctx, mergesQuery, string(a))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var merges []model.Merge
	for rows.Next() {
		var m model.Merge
		var recorded int64
		if err := rows.Scan(&m.Position, &m.SpeaksFor, &m.Account, &m.Into, &m.Undone, &recorded); err != nil {
			return nil, err
		}
		m.Recorded = fromMicros(recorded)
		merges = append(merges, m)
	}
	return merges, rows.Err()
}

// readPolicies reads the history of the rules.
func readPolicies(ctx context.Context, tx *sqldb.Tx) (domain.Policies, error) {
	rows, err := tx.Query(ctx, `SELECT position, type, occurred, recorded, target, data FROM policies ORDER BY position`)
	if err != nil {
		return domain.Policies{}, err
	}
	defer rows.Close()
	var p domain.Policies
	for rows.Next() {
		r := codec.Record{Recorded: domain.Recorded{Envelope: domain.Envelope{Account: domain.Ledger}}}
		var occurred, recorded int64
		if err := rows.Scan(&r.Position, &r.Type, &occurred, &recorded, &r.Target, &r.JSON); err != nil {
			return domain.Policies{}, err
		}
		r.OccurredAt, r.RecordedAt = fromMicros(occurred), fromMicros(recorded)
		e, err := r.Decode()
		if err != nil {
			return domain.Policies{}, err
		}
		p.Add(e)
	}
	return p, rows.Err()
}
