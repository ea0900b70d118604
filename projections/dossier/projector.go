package dossier

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Projector keeps the events of some types.
type Projector struct {
	name    string
	version int
	wanted  map[domain.Type]bool
}

var (
	_ projections.Projector = (*Projector)(nil)
	_ projections.Indexer   = (*Projector)(nil)
	_ projections.Selective = (*Projector)(nil)
)

// New makes a projector that keeps the events named: types such as "complaint.raised", or
// whole families such as "delivery". It panics if there is no such type or family.
func New(name string, version int, wanted ...string) *Projector {
	p := &Projector{name: name, version: version, wanted: map[domain.Type]bool{}}
	for _, w := range wanted {
		found := false
		for _, entry := range domain.Catalogue {
			if string(entry.Type) == w || entry.Type.Family() == w {
				p.wanted[entry.Type], found = true, true
			}
		}
		if !found {
			panic("dossier: no event type or family is called " + w)
		}
	}
	return p
}

// Name implements projections.Projector.
func (p *Projector) Name() string { return p.name }

// Version implements projections.Projector.
func (p *Projector) Version() int { return p.version }

// identity are the types that say whose events are read as whose and by which rules;
// every projector keeps them.
var identity = map[domain.Type]bool{
	domain.AccountMerged{}.EventType():    true,
	domain.AccountUnmerged{}.EventType():  true,
	domain.ContactMerged{}.EventType():    true,
	domain.ContactUnmerged{}.EventType():  true,
	domain.PersonForgotten{}.EventType():  true,
	domain.PolicyChanged{}.EventType():    true,
	domain.PolicyCalibrated{}.EventType(): true,
}

const (
	corrected = domain.Type("entry.corrected")
	retracted = domain.Type("entry.retracted")
)

// Keeps reports whether answers may depend on events of the type.
func (p *Projector) Keeps(t domain.Type) bool { return p.wanted[t] || identity[t] }

// Wants implements projections.Selective: an account's first event is wanted because it
// says that the account exists, an entry because what it is about may be kept.
func (p *Projector) Wants(r codec.Record) bool {
	return p.Keeps(r.Type) || r.Revision == 1 || r.Target != 0
}

// Apply implements projections.Projector. It only ever adds rows: what stands is found
// when it is asked for.
func (p *Projector) Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error {
	f := fold{
		ctx: ctx, tx: tx,
		accounts: sqldb.Inserter{Verb: "INSERT OR FAIL", Into: "accounts (account, position, recorded)", Columns: 3},
		events: sqldb.Inserter{
			Verb: "INSERT OR FAIL", Into: "events (account, position, type, occurred, assumed, recorded, actor, target, moved, data)", Columns: 10,
		},
	}
	for _, r := range batch {
		err := f.record(r, p.Keeps(r.Type))
		if err == nil && f.events.Enough() {
			err = f.flush()
		}
		if err != nil {
			return fmt.Errorf("position %d: %w", r.Position, err)
		}
	}
	return f.flush()
}

// fold is a batch on its way into the tables.
type fold struct {
	ctx              context.Context
	tx               *sqldb.Tx
	accounts, events sqldb.Inserter
}

func (f *fold) record(r codec.Record, wanted bool) error {
	if r.Revision == 1 && r.Account != domain.Ledger {
		f.accounts.Add(string(r.Account), int64(r.Position), micros(r.RecordedAt))
	}
	switch {
	case r.Target != 0:
		return f.entry(r)
	case r.Type == (domain.AccountMerged{}).EventType():
		f.add(r, nil)
		e, err := r.Decode()
		if err != nil {
			return err
		}
		return f.merge(r, e.Data)
	case wanted:
		f.add(r, nil)
	}
	return nil
}

func (f *fold) add(r codec.Record, moved any) {
	var target any
	if r.Target != 0 {
		target = int64(r.Target)
	}
	f.events.Add(string(r.Account), int64(r.Position), string(r.Type), micros(r.OccurredAt), r.OccurredAssumed, micros(r.RecordedAt),
		r.Actor, target, moved, string(r.JSON))
}

// entry keeps what is said about an event that was kept.
func (f *fold) entry(r codec.Record) error {
	if err := f.flush(); err != nil { // the event it is about may be in this batch
		return err
	}
	var kept bool
	err := f.tx.QueryRow(f.ctx, `SELECT EXISTS (SELECT 1 FROM events WHERE account = ? AND position = ?)`,
		string(r.Account), int64(r.Target)).Scan(&kept)
	if err != nil || !kept {
		return err
	}
	if r.Type != corrected {
		f.add(r, nil)
		return nil
	}
	e, err := r.Decode()
	if err != nil {
		return err
	}
	c := e.Data.(domain.EntryCorrected)
	var moved any
	if !c.OccurredAt.IsZero() {
		moved = micros(c.OccurredAt)
	}
	f.add(r, moved)
	return f.merge(r, c.Data)
}

// merge remembers that the account was said to be part of another, if that is what the event
// says, or now says.
func (f *fold) merge(r codec.Record, data domain.Event) error {
	merged, ok := data.(domain.AccountMerged)
	if !ok {
		return nil
	}
	_, err := f.tx.Exec(f.ctx, `INSERT INTO merges (position, account, other) VALUES (?, ?, ?)`,
		int64(r.Position), string(r.Account), string(merged.Into))
	return err
}

func (f *fold) flush() error {
	if err := f.accounts.Flush(f.ctx, f.tx); err != nil {
		return err
	}
	return f.events.Flush(f.ctx, f.tx)
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// table is the SQL name of the view of a type's events.
func table(t domain.Type) string { return strings.ReplaceAll(string(t), ".", "_") }
