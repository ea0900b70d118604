// Package trust is the projection that answers how far an account can trust us, why,
// how sure we are, and what moved it. It stores facts; the model in domain/trust
// weighs them when asked, by the policy in force at the instant asked about. So a
// late event, a correction or another policy needs no replay.
package trust

import (
	"context"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	model "github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Name is the projection's name.
const Name = "trust"

// Projector folds events into facts.
type Projector struct{}

var (
	_ projections.Projector = (*Projector)(nil)
	_ projections.Indexer   = (*Projector)(nil)
	_ projections.Selective = (*Projector)(nil)
)

// New makes the projector.
func New() *Projector { return &Projector{} }

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 2 }

// Wants implements projections.Selective. Of most types nothing is kept but that their
// account exists, which its first event says.
func (*Projector) Wants(r codec.Record) bool {
	if r.Account == domain.Ledger {
		return rules(r.Type)
	}
	return r.Revision == 1 || kept(r.Type)
}

// Apply implements projections.Projector.
func (*Projector) Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error {
	f := newFold(ctx, tx)
	for _, r := range batch {
		err := f.record(r)
		if err == nil && f.facts.Enough() {
			err = f.flush()
		}
		if err != nil {
			return fmt.Errorf("position %d: %w", r.Position, err)
		}
	}
	return f.flush()
}

// fold collects the rows of a batch and writes them many at a time.
type fold struct {
	ctx      context.Context
	tx       *sqldb.Tx
	seen     map[domain.AccountID]bool
	accounts sqldb.Inserter
	facts    sqldb.Inserter
}

func newFold(ctx context.Context, tx *sqldb.Tx) *fold {
	return &fold{
		ctx: ctx, tx: tx, seen: map[domain.AccountID]bool{},
		accounts: sqldb.Inserter{Verb: "INSERT OR IGNORE", Into: "accounts (account, position)", Columns: 2},
		facts:    sqldb.Inserter{Verb: "INSERT OR FAIL", Into: "facts (" + factColumns + ")", Columns: factWidth},
	}
}

// record folds one event, decoding it only if something of it is kept.
func (f *fold) record(r codec.Record) error {
	if r.Account == domain.Ledger {
		return f.policy(r)
	}
	f.account(r.Account, r.Position)
	if !kept(r.Type) {
		return nil
	}
	e, err := r.Decode()
	if err != nil {
		return err
	}
	return f.event(e)
}

func kept(t domain.Type) bool {
	switch t {
	case "account.merged", "account.unmerged", "entry.corrected", "entry.retracted":
		return true
	}
	return model.Wants(t)
}

// account notes that the account exists. The position is that of its first event.
func (f *fold) account(a domain.AccountID, p domain.Position) {
	if !f.seen[a] {
		f.seen[a] = true
		f.accounts.Add(string(a), int64(p))
	}
}

// policy keeps an event of the ledger's own stream whole.
func (f *fold) policy(r codec.Record) error {
	_, err := f.tx.Exec(f.ctx, `INSERT INTO policies (position, type, occurred, recorded, target, data)
		VALUES (?, ?, ?, ?, ?, ?)`, int64(r.Position), string(r.Type), micros(r.OccurredAt), micros(r.RecordedAt),
		int64(r.Target), string(r.JSON))
	return err
}

// rules reports whether an event of the ledger's own stream bears on the rules.
func rules(t domain.Type) bool {
	switch t {
	case "policy.changed", "policy.calibrated", "entry.corrected", "entry.retracted":
		return true
	}
	return false
}

func (f *fold) event(e domain.Recorded) error {
	switch d := e.Data.(type) {
	case domain.EntryRetracted:
		return f.entry(e, true)
	case domain.EntryCorrected:
		if err := f.entry(e, false); err != nil {
			return err
		}
		return f.correction(e, d)
	case domain.AccountMerged:
		return f.merge(e, e.Position, d.Into, false)
	case domain.AccountUnmerged:
		return f.merge(e, e.Position, d.From, true)
	}
	if fact, ok := model.FactOf(e); ok {
		f.fact(fact)
	}
	return nil
}

func (f *fold) fact(c model.Fact) {
	f.facts.Add(string(c.Account), int64(c.Position), corrected(c.Position, c.SpeaksFor), string(c.Type), text(string(c.Key)),
		micros(c.Occurred), micros(c.Recorded), instant(c.Moment), number(c.Amount), number(c.Tolerance), text(c.Unit), text(string(c.Marks)))
}

func (f *fold) entry(e domain.Recorded, retracts bool) error {
	_, err := f.tx.Exec(f.ctx, `INSERT INTO entries (account, position, target, retracts, recorded) VALUES (?, ?, ?, ?, ?)`,
		string(e.Account), int64(e.Position), int64(e.Target), retracts, micros(e.RecordedAt))
	return err
}

func (f *fold) merge(e domain.Recorded, speaksFor domain.Position, into domain.AccountID, undone bool) error {
	_, err := f.tx.Exec(f.ctx, `INSERT INTO merges (position, corrects, account, into_account, undone, recorded)
		VALUES (?, ?, ?, ?, ?, ?)`, int64(e.Position), corrected(e.Position, speaksFor), string(e.Account), string(into), undone, micros(e.RecordedAt))
	return err
}

// correction stores what a corrected event now says, beside what it said. It has the
// original's time of recording, and of occurrence unless that was corrected too.
func (f *fold) correction(e domain.Recorded, c domain.EntryCorrected) error {
	now := e
	now.Data, now.OccurredAt = c.Data, c.OccurredAt
	switch d := c.Data.(type) {
	case domain.AccountMerged:
		return f.correctedMerge(e, d.Into, false)
	case domain.AccountUnmerged:
		return f.correctedMerge(e, d.From, true)
	}
	fact, ok := model.FactOf(now)
	if !ok {
		return nil
	}
	if err := f.flush(); err != nil { // the original may be in this batch
		return err
	}
	var occurred, recorded int64
	err := f.tx.QueryRow(f.ctx, `SELECT occurred, recorded FROM facts WHERE account = ? AND position = ?`,
		string(e.Account), int64(e.Target)).Scan(&occurred, &recorded)
	if err != nil {
		return fmt.Errorf("find the event corrected at %d: %w", e.Target, err)
	}
	fact.SpeaksFor, fact.Recorded = e.Target, fromMicros(recorded)
	if fact.Occurred.IsZero() {
		fact.Occurred = fromMicros(occurred)
	}
	f.fact(fact)
	return nil
}

func (f *fold) correctedMerge(e domain.Recorded, other domain.AccountID, undone bool) error {
	var recorded int64
	err := f.tx.QueryRow(f.ctx, `SELECT recorded FROM merges WHERE position = ?`, int64(e.Target)).Scan(&recorded)
	if err != nil {
		return fmt.Errorf("find the merge corrected at %d: %w", e.Target, err)
	}
	e.RecordedAt = fromMicros(recorded)
	return f.merge(e, e.Target, other, undone)
}

func (f *fold) flush() error {
	if err := f.accounts.Flush(f.ctx, f.tx); err != nil {
		return err
	}
	return f.facts.Flush(f.ctx, f.tx)
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// corrected is what a row at the position corrects; null where it speaks for itself.
func corrected(position, speaksFor domain.Position) any {
	if speaksFor == position {
		return nil
	}
	return int64(speaksFor)
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// instant is null where there is no time.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return micros(t)
}

func number(n *float64) any {
	if n == nil {
		return nil
	}
	return *n
}
