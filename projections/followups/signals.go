package followups

import (
	"database/sql"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

// signalRow is a row of the signals table. The rule and key are kept where they open
// an item; other rows can do without.
func signalRow(s followup.Signal, by domain.Position) []any {
	if !s.Does.Has(followup.Cause) {
		s.Rule, s.Key = "", ""
	}
	return []any{
		s.Item, int64(s.Position), int64(by), s.Rule, string(s.Key), int64(s.Does), s.Impact, stored(s.DueAt), stored(s.Until),
		s.Who, s.Text, s.Number, joined(s.Cites), s.OccurredAt.UnixMicro(), s.RecordedAt.UnixMicro(), 0,
	}
}

const signalColumns = "item, position, rule, key, does, impact, due_at, until, who, text, number, cites, occurred, recorded, void"

func scanSignal(rows *sql.Rows) (s followup.Signal, err error) {
	var due, until sql.NullInt64
	var occurred, recorded int64
	var cites string
	err = rows.Scan(&s.Item, &s.Position, &s.Rule, &s.Key, &s.Does, &s.Impact, &due, &until, &s.Who, &s.Text, &s.Number, &cites, &occurred, &recorded, &s.Void)
	s.DueAt, s.Until, s.Cites = loaded(due), loaded(until), split(cites)
	s.OccurredAt, s.RecordedAt = moment(occurred), moment(recorded)
	return s, err
}

// loadSignals gives all signals of the items, each item's in order.
func (f *folder) loadSignals(items []string) (map[string][]followup.Signal, error) {
	args := make([]any, len(items))
	for i, id := range items {
		args[i] = id
	}
	rows, err := f.tx.Query(f.ctx, "SELECT "+signalColumns+" FROM signals WHERE item IN ("+marks(len(args))+
		") ORDER BY item, position, said_by", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	signals := make(map[string][]followup.Signal, len(items))
	for rows.Next() {
		s, err := scanSignal(rows)
		if err != nil {
			return nil, err
		}
		signals[s.Item] = append(signals[s.Item], s)
	}
	return signals, rows.Err()
}

func accountFactRow(account domain.AccountID, fact followup.Fact, by domain.Position) []any {
	return []any{
		string(account), int64(fact.Position), int64(by), string(fact.Is), fact.Text, fact.Days, stored(fact.At),
		fact.OccurredAt.UnixMicro(), fact.RecordedAt.UnixMicro(), 0,
	}
}

// loadFacts gives everything that was said about an account's profile.
func (f *folder) loadFacts(account domain.AccountID) ([]followup.Fact, error) {
	rows, err := f.tx.Query(f.ctx, `SELECT position, fact, text, days, at, occurred, recorded, void
		FROM account_facts WHERE account = ? ORDER BY position, said_by`, string(account))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var facts []followup.Fact
	for rows.Next() {
		var fact followup.Fact
		var at sql.NullInt64
		var occurred, recorded int64
		if err := rows.Scan(&fact.Position, &fact.Is, &fact.Text, &fact.Days, &at, &occurred, &recorded, &fact.Void); err != nil {
			return nil, err
		}
		fact.At, fact.OccurredAt, fact.RecordedAt = loaded(at), moment(occurred), moment(recorded)
		facts = append(facts, fact)
	}
	return facts, rows.Err()
}
