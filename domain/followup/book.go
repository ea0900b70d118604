package followup

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
)

// Book is what is known of one account's items, as far as it bears on whether an act
// on one of them may be recorded: which of the account's events speak of an item. What
// they say is read again when it is asked for; kept for every item, it would be many
// times as large. A book takes the account's events as they were recorded, entry.* events
// included.
//
// It does not look for touches: the item of a silence that was broken may still be
// acted on, to no effect.
type Book struct {
	account  domain.AccountID
	latest   map[itemKey]int32 // the mention that was taken in last, an index into mentions
	mentions []mention
	entries  domain.Entries
}

// itemKey is the beginning of a SHA-256 of an item's id.
type itemKey [16]byte

// mention is an event that speaks of an item.
type mention struct {
	at     domain.Position // of the event
	by     domain.Position // the event, or the correction of it, that says so
	before int32           // the item's mention before, counted from 1; 0: there is none
}

// NewBook is the book of an account of which nothing is known.
func NewBook(account domain.AccountID) *Book {
	return &Book{account: account, latest: make(map[itemKey]int32)}
}

// Evolve takes in the account's next event.
func (b *Book) Evolve(e domain.Recorded) {
	switch d := e.Data.(type) {
	case domain.EntryCorrected:
		b.entries.Correct(e.Target, e.Position)
		e.Data = d.Data
		b.add(e, e.Target)
	case domain.EntryRetracted:
		b.entries.Retract(e.Target)
	default:
		b.add(e, e.Position)
	}
}

// add takes in what the event says of the one at a position.
func (b *Book) add(e domain.Recorded, at domain.Position) {
	for _, s := range Read(e) {
		key := keyOf(s.Item)
		b.mentions = append(b.mentions, mention{at: at, by: e.Position, before: b.latest[key]})
		b.latest[key] = int32(len(b.mentions))
	}
}

func keyOf(item string) itemKey {
	sum := sha256.Sum256([]byte(item))
	return itemKey(sum[:])
}

// signals are the item's, in the order in which they were given.
func (b *Book) signals(item string, read domain.ReadEvent) ([]Signal, error) {
	var signals []Signal
	for i := b.latest[keyOf(item)]; i != 0; {
		m := b.mentions[i-1]
		said, err := m.read(read)
		if err != nil {
			return nil, err
		}
		void := b.entries.Stands(m.at) != m.by
		for _, s := range slices.Backward(Read(said)) {
			if s.Item == item {
				s.Void = void
				signals = append(signals, s)
			}
		}
		// Where an event speaks of the item twice, both are read already.
		for i != 0 && b.mentions[i-1].at == m.at && b.mentions[i-1].by == m.by {
			i = b.mentions[i-1].before
		}
	}
	slices.Reverse(signals)
	return signals, nil
}

// read is the event as it is said to have been.
func (m mention) read(read domain.ReadEvent) (domain.Recorded, error) {
	e, err := read(m.at)
	if err != nil || m.by == m.at {
		return e, err
	}
	correction, err := read(m.by)
	if d, ok := correction.Data.(domain.EntryCorrected); ok {
		e.Data = d.Data
		if !d.OccurredAt.IsZero() {
			e.OccurredAt = d.OccurredAt
		}
	}
	return e, err
}

// Has reports whether there is, or was, an item of that id. The error is read's.
func (b *Book) Has(item string, read domain.ReadEvent) (bool, error) {
	signals, err := b.signals(item, read)
	if err != nil {
		return false, err
	}
	_, ok := fold(signals)
	return ok, nil
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
// exist, or that is over already. It has nothing to say about other events. The error is
// read's.
func (b *Book) Check(e domain.Envelope, read domain.ReadEvent) ([]domain.Fault, error) {
	item, says, _ := readAct(e.Data)
	if ItemOf(e.Data) == "" {
		return nil, nil
	}
	signals, err := b.signals(item, read)
	if err != nil {
		return nil, err
	}
	fault := func(format string, args ...any) ([]domain.Fault, error) {
		return []domain.Fault{{Location: "data.item", Message: fmt.Sprintf(format, args...)}}, nil
	}
	f, ok := fold(signals)
	switch {
	case !ok:
		return fault("account %q has no follow-up %q", b.account, item)
	case !says.Does.Has(Decides), says.Does.Has(Told):
		// Whoever was told was told.
		return nil, nil
	case f.Ending != "":
		return fault("follow-up %q is closed (%s)", item, f.Ending)
	case says.Does.Has(Done) && f.Done:
		return fault("the work of follow-up %q was done before; what is left is to tell the customer", item)
	}
	return nil, nil
}

// Weight is about how much memory the book takes, in bytes.
func (b *Book) Weight() int { return 256 + 36*len(b.latest) + 28*len(b.mentions) + b.entries.Weight() }
