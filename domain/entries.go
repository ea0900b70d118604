package domain

import "slices"

// entries is what the entry events of an account come to: [Standing], event by event.
type entries struct {
	retracted map[Position]bool
	// corrections are those of an event that are not themselves retracted, in order.
	corrections map[Position][]Position
	corrects    map[Position]Position // the event that a correction is about
}

func isEntry(e Event) bool {
	switch e.(type) {
	case EntryCorrected, EntryRetracted:
		return true
	}
	return false
}

// about is the event that the entry bears on in the end: who retracts a correction
// speaks of the event corrected.
func (x *entries) about(entry Recorded) Position {
	if corrected, ok := x.corrects[entry.Target]; ok {
		return corrected
	}
	return entry.Target
}

// stands is the position of the event that says what counts at a position: itself, or
// a correction; 0 if nothing does.
func (x *entries) stands(p Position) Position {
	if x.retracted[p] {
		return 0
	}
	if c := x.corrections[p]; len(c) > 0 {
		return c[len(c)-1]
	}
	return p
}

func (x *entries) evolve(entry Recorded) {
	if x.retracted == nil {
		x.retracted, x.corrections, x.corrects = make(map[Position]bool), make(map[Position][]Position), make(map[Position]Position)
	}
	if _, ok := entry.Data.(EntryCorrected); ok {
		x.corrects[entry.Position] = entry.Target
		x.corrections[entry.Target] = append(x.corrections[entry.Target], entry.Position)
		return
	}
	x.retracted[entry.Target] = true
	if corrected, ok := x.corrects[entry.Target]; ok {
		x.corrections[corrected] = slices.DeleteFunc(x.corrections[corrected], func(p Position) bool { return p == entry.Target })
	}
}

// weight is about how many bytes it takes.
func (x *entries) weight() int { return 24*len(x.retracted) + 96*len(x.corrects) }

// ReadEvent gives the account's event at a position as it was recorded; its data is
// nil if the account has none there.
type ReadEvent func(Position) (Recorded, error)

// Amend takes in the account's next event if that is an entry event: afterwards the
// account is what it would be had the event spoken of never been recorded, or said
// from the first what the correction says. It reads what it needs of the account's
// events; the error is read's, and leaves the account of no more use.
func (a *Account) Amend(entry Recorded, read ReadEvent) error {
	at := a.entries.about(entry)
	was := a.entries.stands(at)
	a.entries.evolve(entry)
	is := a.entries.stands(at)
	if was == is {
		return nil
	}
	before, err := said(was, read)
	if err != nil {
		return err
	}
	after, err := said(is, func(p Position) (Recorded, error) {
		if p == entry.Position {
			return entry, nil
		}
		return read(p)
	})
	if err != nil {
		return err
	}
	if c, ok := changeOf(before); ok {
		a.undo(c, at)
	}
	if c, ok := changeOf(after); ok {
		a.make(c, at)
	}
	return nil
}

// said is what the event at a position says is the case; nil if there is none.
func said(p Position, read ReadEvent) (Event, error) {
	if p == 0 {
		return nil, nil
	}
	e, err := read(p)
	if c, ok := e.Data.(EntryCorrected); ok {
		return c.Data, err
	}
	return e.Data, err
}

// before is the account as its events before a position have it, with what is known by
// now about those. It is for decisions alone.
func (a *Account) before(p Position) *Account {
	past := *a
	past.until = p
	return &past
}
