package domain

func isEntry(e Event) bool {
	switch e.(type) {
	case EntryCorrected, EntryRetracted:
		return true
	}
	return false
}

// ReadEvent gives the account's event at a position as it was recorded; its data is
// nil if the account has none there.
type ReadEvent func(Position) (Recorded, error)

// Amend takes in the account's next event if that is an entry event: afterwards the
// account is what it would be had the event spoken of never been recorded, or said
// from the first what the correction says. It reads what it needs of the account's
// events; the error is read's, and leaves the account of no more use.
func (a *Account) Amend(entry Recorded, read ReadEvent) error {
	at := a.entries.About(entry.Target)
	was := a.entries.Stands(at)
	if _, ok := entry.Data.(EntryCorrected); ok {
		a.entries.Correct(entry.Target, entry.Position)
	} else {
		a.entries.Retract(entry.Target)
	}
	is := a.entries.Stands(at)
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
		a.things.undo(c.thing, at)
	}
	if c, ok := changeOf(after); ok {
		a.things.make(c, at)
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
