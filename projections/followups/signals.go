package followups

import (
	"cmp"
	"database/sql"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

// heard is a signal, and the position of the event or of the correction that gave it.
type heard struct {
	followup.Signal
	by domain.Position
}

// compare orders an item's signals.
func (h *heard) compare(o *heard) int {
	return cmp.Or(cmp.Compare(h.Position, o.Position), cmp.Compare(h.by, o.by))
}

func (h *heard) row() []any {
	return []any{nil, int64(h.Position), int64(h.by), h.Item, number(h.Item), flag(isCause(h.Signal)), pack(h.Signal), flag(h.Void)}
}

// number is what the signals of an item are found by: a hash of its id, which takes less room.
func number(item string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(item)) // never fails
	return int64(h.Sum32())
}

// openable are those of the items that something may have opened; the others have no row.
func (f *folder) openable(items []string) (openable []string, err error) {
	err = inChunks(items, func(part []string) error {
		opened, err := f.opened(part)
		for _, id := range part {
			if opened[number(id)] {
				openable = append(openable, id)
			}
		}
		return err
	})
	return openable, err
}

// opened are the numbers of those of the items that have a signal which may open them.
func (f *folder) opened(items []string) (map[int64]bool, error) {
	rows, err := f.tx.Query(f.ctx, "SELECT number FROM signals WHERE opens = 1 AND number IN ("+marks(len(items))+")", numbers(items)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	opened := make(map[int64]bool)
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		opened[n] = true
	}
	return opened, rows.Err()
}

func numbers(items []string) []any {
	args := make([]any, len(items), len(items)+1)
	for i, id := range items {
		args[i] = number(id)
	}
	return args
}

// loadSignals gives all signals of the items, each item's in order.
func (f *folder) loadSignals(items []string) (map[string][]followup.Signal, error) {
	before, err := f.loadHeard(items)
	if err != nil {
		return nil, err
	}
	signals := make(map[string][]followup.Signal, len(items))
	for _, item := range items {
		all := append(before[item], f.heard[item]...)
		slices.SortFunc(all, (*heard).compare)
		signals[item] = make([]followup.Signal, len(all))
		for i, h := range all {
			signals[item][i] = h.Signal
		}
	}
	return signals, nil
}

// loadHeard gives the items' signals that were given before those the folder has, and perhaps
// those of others.
func (f *folder) loadHeard(items []string) (map[string][]*heard, error) {
	rows, err := f.tx.Query(f.ctx, "SELECT item, position, said_by, says, void FROM signals WHERE number IN ("+marks(len(items))+
		") AND said_by < ?", append(numbers(items), int64(f.from))...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	before := make(map[string][]*heard)
	for rows.Next() {
		h := new(heard)
		var says sql.RawBytes
		if err := rows.Scan(&h.Item, &h.Position, &h.by, &says, &h.Void); err != nil {
			return nil, err
		}
		if err := unpack(says, &h.Signal); err != nil {
			return nil, fmt.Errorf("signal of %s at position %d: %w", h.Item, h.Position, err)
		}
		before[h.Item] = append(before[h.Item], h)
	}
	return before, rows.Err()
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
