package followups

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// folder folds one batch. Events are gathered, written together, and then everything
// they bear on is folded again: each item and profile once, whatever the batch said
// about it. Dirty things are noted with the position of the event that bore on them.
type folder struct {
	ctx context.Context
	tx  *sqldb.Tx

	// Gathered and not yet written:
	facts        [][]any
	signals      []*heard
	accountFacts [][]any

	items map[string]domain.Position
	// heard are all signals that were given since the position from, by item, as they
	// stand: those need not be read again. from is past all positions if there are none.
	heard map[string][]*heard
	from  domain.Position
	// profiles are accounts something was said of; holders are those of which it was
	// something that bears on all of their items.
	profiles, holders map[domain.AccountID]domain.Position
	// contacts are touches and silences, in log order, of which so many are chained to
	// those before; touched are the accounts of touches.
	contacts []contact
	chained  int
	touched  map[domain.AccountID]bool
	// noticed says that there is a silence among the contacts.
	noticed bool

	accounts map[domain.AccountID]*account // loaded; nil for those without a row
	terms    *followup.Terms
}

// contact is a touch, a touch that was moved, or a silence that was noticed.
type contact struct {
	account  domain.AccountID
	position domain.Position
	occurred int64
	recorded int64
	silence  bool
	after    int64  // of a silence
	fact     []any  // of a touch: its row
	moved    *moved // of a touch recorded before
}

func newFolder(ctx context.Context, tx *sqldb.Tx) *folder {
	f := &folder{ctx: ctx, tx: tx}
	f.forget()
	return f
}

// forget starts anew after a settlement.
func (f *folder) forget() {
	f.facts, f.signals, f.accountFacts, f.contacts = f.facts[:0], f.signals[:0], f.accountFacts[:0], f.contacts[:0]
	f.items = make(map[string]domain.Position)
	f.heard, f.from = make(map[string][]*heard), math.MaxInt64
	f.profiles = make(map[domain.AccountID]domain.Position)
	f.holders = make(map[domain.AccountID]domain.Position)
	f.accounts = make(map[domain.AccountID]*account)
	f.touched = make(map[domain.AccountID]bool)
	f.chained, f.noticed = 0, false
}

// take takes in one event.
func (f *folder) take(r codec.Record) error {
	switch {
	case r.Account == domain.Ledger && !interests[r.Type].speaks:
		return f.takeLedgers(r)
	case r.Type.Family() == "entry":
		return f.takeEntry(r)
	case r.Type == domain.SilenceBroken{}.EventType():
		return f.takeTold(r)
	}
	i := interests[r.Type]
	i.touch = i.touch && r.Account != domain.Ledger // with nobody
	occurred, recorded := r.OccurredAt.UnixMicro(), r.RecordedAt.UnixMicro()
	fact := []any{int64(r.Position), occurred, recorded, occurred, flag(i.touch), nil}
	f.facts = append(f.facts, fact)
	if i.touch {
		f.contacts = append(f.contacts, contact{account: r.Account, position: r.Position, occurred: occurred, recorded: recorded, fact: fact})
	}
	if !i.speaks {
		return nil
	}
	e, err := r.Decode()
	if err != nil {
		return err
	}
	return f.listen(e)
}

// listen takes in an event that may say something.
func (f *folder) listen(e domain.Recorded) error {
	switch d := e.Data.(type) {
	case domain.AccountMerged, domain.AccountUnmerged:
		if err := f.settle(); err != nil {
			return err
		}
		return f.regroup(e.Account, e.Position, func() error {
			f.say(e, e.Position)
			return nil
		})
	case domain.SilenceNoticed:
		after := noContact
		if !d.LastContactAt.IsZero() {
			after = d.LastContactAt.UnixMicro()
		}
		f.contacts = append(f.contacts, contact{account: e.Account, position: e.Position, silence: true, after: after})
		f.noticed = true
	}
	f.say(e, e.Position)
	return nil
}

// say gathers what an event says, in its own words or in a correction's.
func (f *folder) say(e domain.Recorded, by domain.Position) {
	for _, s := range followup.Read(e) {
		h := &heard{s, by}
		f.signals, f.heard[s.Item], f.from = append(f.signals, h), append(f.heard[s.Item], h), min(f.from, by)
		f.dirty(s.Item, by)
	}
	if fact, ok := followup.ReadFact(e); ok {
		f.accountFacts = append(f.accountFacts, accountFactRow(e.Account, fact, by))
		f.profiles[e.Account] = by
		if fact.BearsOnItems() {
			f.holders[e.Account] = by
		}
	}
}

// dirty notes that an event bore on the item.
func (f *folder) dirty(item string, by domain.Position) { f.items[item] = max(f.items[item], by) }

// settle writes what was gathered and folds what it bears on. What changes how much
// else an event bears on (entries, merges, policies) settles what came before it, so
// that it makes no difference how batches are cut.
func (f *folder) settle() error {
	if err := f.write(); err != nil {
		return err
	}
	for _, step := range []func() error{f.foldProfiles, f.foldContacts, f.foldItems} {
		if err := step(); err != nil {
			return err
		}
	}
	f.forget()
	return nil
}

// write writes what was gathered, so that queries see it.
func (f *folder) write() error {
	if err := f.chainTouches(); err != nil {
		return err
	}
	if err := f.insert("facts", &f.facts); err != nil {
		return err
	}
	if err := f.insert("account_facts", &f.accountFacts); err != nil {
		return err
	}
	rows := make([][]any, len(f.signals))
	for i, h := range f.signals {
		rows[i] = h.row()
	}
	f.signals = f.signals[:0]
	return f.insert("signals", &rows)
}

// insert writes the rows gathered for a table. Whatever fails undoes the whole batch; OR FAIL
// spares the database a copy of each page, to undo the statement alone.
func (f *folder) insert(table string, rows *[][]any) error {
	err := f.put("INSERT OR FAIL INTO "+table, *rows, "")
	*rows = (*rows)[:0]
	return err
}

// replace writes rows in place of those of the same key.
func (f *folder) replace(table string, rows [][]any) error {
	return f.put("INSERT OR REPLACE INTO "+table, rows, "")
}

func (f *folder) put(into string, rows [][]any, conflict string) error {
	return inChunks(rows, func(part [][]any) error {
		row := "(" + marks(len(part[0])) + ")"
		_, err := f.tx.Exec(f.ctx, into+" VALUES "+strings.Repeat(row+",", len(part)-1)+row+conflict, slices.Concat(part...)...)
		return err
	})
}

// foldItems folds every item that is dirty.
func (f *folder) foldItems() error {
	ids, err := f.openable(slices.Sorted(maps.Keys(f.items)))
	if err != nil {
		return err
	}
	return inChunks(ids, func(part []string) error {
		signals, err := f.loadSignals(part)
		if err != nil {
			return err
		}
		var rows [][]any
		var none []any
		for _, id := range part {
			row, err := f.foldItem(id, signals[id])
			switch {
			case err != nil:
				return err
			case row != nil:
				rows = append(rows, row)
			case slices.ContainsFunc(signals[id], isCause):
				none = append(none, id)
			}
		}
		if err := f.put("INSERT INTO items", rows, keepPlace); err != nil {
			return err
		}
		return f.remove(none)
	})
}

// keepPlace has an item's row stay where it is in the table.
var keepPlace = func() string {
	columns := strings.Split("account, rule, reason, subject, causes, owner, owner_before, opened_at, due_at, notice_at, asleep, "+
		"snoozed_until, escalated_to, next_step, next_at, next_to, climb_at, customer_knows, impact, tier, weight, stage, done, told, "+
		"ending, closed_at, outcome, changed", ", ")
	for i, c := range columns {
		columns[i] = c + " = excluded." + c
	}
	return " ON CONFLICT (id) DO UPDATE SET " + strings.Join(columns, ", ")
}()

// remove takes away the rows of items that there is nothing to say of: however late
// facts and corrections may arrive, what is folded again is what a rebuild would fold.
func (f *folder) remove(items []any) error {
	return inChunks(items, func(part []any) error {
		_, err := f.tx.Exec(f.ctx, "DELETE FROM items WHERE id IN ("+marks(len(part))+")", part...)
		return err
	})
}

// foldItem gives the item's row; nil if there is no item.
func (f *folder) foldItem(id string, signals []followup.Signal) ([]any, error) {
	if !slices.ContainsFunc(signals, isCause) {
		return nil, nil
	}
	breaks, err := f.breaks(id, signals)
	if err != nil {
		return nil, err
	}
	if err := f.loadTerms(); err != nil {
		return nil, err
	}
	item, ok := followup.Fold(append(signals, breaks...), f.terms)
	if !ok {
		return nil, nil
	}
	holders, err := f.holdersOf(item.Account)
	if err != nil {
		return nil, err
	}
	return itemRow(item, holders, f.items[id]), nil
}

func isCause(s followup.Signal) bool { return s.Does.Has(followup.Cause) }

// itemRow is a row of the items table. An import may bring an item that was due long
// ago, and its end in a moment: what was overdue when it was recorded gets [Grace].
func itemRow(i followup.Item, holders followup.Holders, changed domain.Position) []any {
	stage, weight := "open", followup.Weight(i.CustomerKnows, holders.Tier, i.Impact)
	switch {
	case i.Ending != "":
		stage, weight = "closed", 0
	case i.Done:
		stage = "done"
	case i.Paused:
		stage = "paused"
	}
	var noticeAt any
	if !i.Noticed && (stage == "open" || stage == "done") {
		noticeAt = noticeTime(i.DueAt, i.DueRecorded).UnixMicro()
	}
	var climbAt any
	if !i.Next.At.IsZero() {
		climbAt = noticeTime(i.Next.At, i.DueRecorded).UnixMicro()
	}
	owner, before := followup.HandOver(i, holders)
	return []any{
		i.ID, string(i.Account), i.Rule, i.Reason, i.Subject, joined(i.Causes), owner, before,
		i.OpenedAt.UnixMicro(), i.DueAt.UnixMicro(), noticeAt, flag(!i.SnoozedUntil.IsZero()), stored(i.SnoozedUntil), i.EscalatedTo,
		i.Next.Number, stored(i.Next.At), followup.TakenTo(i.Next.To, holders), climbAt,
		flag(i.CustomerKnows), i.Impact, holders.Tier, weight, stage, flag(i.Done), flag(i.Told),
		string(i.Ending), stored(i.ClosedAt), i.Outcome, int64(changed),
	}
}
