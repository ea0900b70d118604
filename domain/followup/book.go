package followup

import (
	"fmt"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
)

// Book is what is known of one account's items, as far as it bears on whether an act
// on one of them may be recorded. It takes the account's events as they were recorded,
// entry.* events included.
//
// It does not look for touches: the item of a silence that was broken may still be
// acted on, to no effect.
type Book struct {
	account domain.AccountID
	items   map[string][]entry
	entries domain.Entries
	signals int
}

// entry is a signal, and the position of the event or correction it comes from.
type entry struct {
	Signal
	by domain.Position
}

// NewBook is the book of an account of which nothing is known.
func NewBook(account domain.AccountID) *Book {
	return &Book{account: account, items: make(map[string][]entry)}
}

// Evolve takes in the account's next event.
func (b *Book) Evolve(e domain.Recorded) {
	switch d := e.Data.(type) {
	case domain.EntryCorrected:
		b.correct(e, d)
	case domain.EntryRetracted:
		b.entries.Retract(e.Target)
		b.stand(b.entries.About(e.Target))
	default:
		b.add(e, e.Position)
	}
}

func (b *Book) add(e domain.Recorded, by domain.Position) {
	for _, s := range Read(e) {
		b.items[s.Item] = append(b.items[s.Item], entry{s, by})
		b.signals++
	}
}

// correct takes in what the target is now taken to say. Where the target gave no
// signal before, it is not known when it occurred or was recorded; the correction's
// times stand in, which makes no difference to what may be done with the item.
func (b *Book) correct(e domain.Recorded, d domain.EntryCorrected) {
	target, by := e.Target, e.Position
	for _, s := range b.at(target) {
		e.OccurredAt, e.RecordedAt = s.OccurredAt, s.RecordedAt
		break
	}
	if !d.OccurredAt.IsZero() {
		e.OccurredAt = d.OccurredAt
	}
	e.Data, e.Position = d.Data, target
	b.add(e, by)
	b.entries.Correct(target, by)
	b.stand(target)
}

// at are the signals of the event at a position, whoever says so.
func (b *Book) at(p domain.Position) []*entry {
	var found []*entry
	for _, item := range b.items {
		for i := range item {
			if item[i].Position == p {
				found = append(found, &item[i])
			}
		}
	}
	slices.SortFunc(found, func(a, b *entry) int { return int(a.by) - int(b.by) })
	return found
}

// stand has the signals of a position count that say what stands.
func (b *Book) stand(p domain.Position) {
	by := b.entries.Stands(p)
	for _, s := range b.at(p) {
		s.Void = s.by != by
	}
}

// Has reports whether there is, or was, an item of that id.
func (b *Book) Has(item string) bool {
	_, ok := fold(b.of(item))
	return ok
}

// ItemOf is the item that the event is somebody's act on; "" for events that are none,
// about which [Book.Check] has nothing to say. That a date has passed is nobody's act: it
// is so whatever became of the item, and only the ledger says it, of items it has.
func ItemOf(e domain.Event) string {
	item, says, ok := readAct(e)
	if !ok || says.Does == Noticed {
		return ""
	}
	return item
}

// Check is what speaks against recording the event: an act on an item that does not
// exist, or that is over already. It has nothing to say about other events.
func (b *Book) Check(e domain.Envelope) []domain.Fault {
	item, says, _ := readAct(e.Data)
	if ItemOf(e.Data) == "" {
		return nil
	}
	fault := func(format string, args ...any) []domain.Fault {
		return []domain.Fault{{Location: "data.item", Message: fmt.Sprintf(format, args...)}}
	}
	f, ok := fold(b.of(item))
	switch {
	case !ok:
		return fault("account %q has no follow-up %q", b.account, item)
	case !says.Does.Has(Decides), says.Does.Has(Told):
		// Whoever was told was told.
		return nil
	case f.Ending != "":
		return fault("follow-up %q is closed (%s)", item, f.Ending)
	case says.Does.Has(Done) && f.Done:
		return fault("the work of follow-up %q was done before; what is left is to tell the customer", item)
	}
	return nil
}

func (b *Book) of(item string) []Signal {
	signals := make([]Signal, len(b.items[item]))
	for i, s := range b.items[item] {
		signals[i] = s.Signal
	}
	return signals
}

// Weight is about how much memory the book takes, in bytes.
func (b *Book) Weight() int { return 256 + 300*b.signals + 64*len(b.items) + b.entries.Weight() }
