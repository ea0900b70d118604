package promises

import (
	"cmp"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// commitments folds the events about each promise, in the order in which they were made.
func commitments(d *dossier.Dossier) []*Commitment {
	var all []*Commitment
	named := map[string]*Commitment{}
	for _, e := range d.Events {
		if data, ok := e.Data.(domain.CommitmentMade); ok {
			c := &Commitment{
				Commitment: d.Name(e, data.Commitment), Position: e.Position, State: "open", MadeAt: e.OccurredAt, MadeBy: data.MadeBy,
				ToContact: d.Person(e, data.ToContact), KnownToCustomer: data.KnownToCustomer, FirstDueAt: data.DueAt, DueAt: data.DueAt,
				Positions: []domain.Position{e.Position},
			}
			all, named[c.Commitment] = append(all, c), c
		}
	}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.CommitmentRenegotiated:
			named[d.Name(e, data.Commitment)].move(e, data)
		case domain.CommitmentKept:
			named[d.Name(e, data.Commitment)].end(e, "kept", "")
		case domain.CommitmentBroken:
			named[d.Name(e, data.Commitment)].end(e, "broken", data.Reason)
		case domain.CommitmentReleased:
			named[d.Name(e, data.Commitment)].end(e, "released", data.Reason)
		}
	}
	for _, c := range all {
		c.lateness(d.At)
	}
	return all
}

// move takes in a later date. There is no promise to move if its beginning was retracted.
func (c *Commitment) move(e domain.Recorded, data domain.CommitmentRenegotiated) {
	if c == nil {
		return
	}
	c.DueAt = data.NewDueAt
	c.Moved = append(c.Moved, Move{At: e.OccurredAt, DueAt: data.NewDueAt, AskedBy: data.AskedBy})
	c.Positions = append(c.Positions, e.Position)
}

// end is what became of the promise. One that was broken may still be kept, or released; then that
// is what became of it, whenever it happened.
func (c *Commitment) end(e domain.Recorded, state, reason string) {
	if c == nil {
		return
	}
	c.Positions = append(c.Positions, e.Position)
	if state == "broken" && c.State != "open" {
		c.Reason = cmp.Or(c.Reason, reason)
		return
	}
	c.State, c.EndedAt, c.Reason = state, e.OccurredAt, cmp.Or(reason, c.Reason)
}

func (c *Commitment) lateness(now time.Time) {
	until := now
	switch c.State {
	case "kept":
		until = c.EndedAt
	case "released":
		return
	}
	if late := until.Sub(c.DueAt); late > 0 {
		hours := late.Hours()
		c.LateH, c.Overdue = &hours, c.State == "open"
	}
}

// byUrgency puts what the customer knows to be overdue first.
func byUrgency(a, b Commitment) int {
	return cmp.Or(rank(a)-rank(b), a.DueAt.Compare(b.DueAt), cmp.Compare(a.Position, b.Position))
}

func rank(c Commitment) int {
	switch {
	case c.Overdue && c.KnownToCustomer:
		return 0
	case c.Overdue:
		return 1
	}
	return 2
}

// count takes in a promise.
func (k *Kept) count(d *dossier.Dossier, c *Commitment) {
	k.moves(d, c)
	due := c.DueAt
	switch c.State {
	case "open":
		k.open(c)
		if !c.Overdue { // on its date there is still time
			return
		}
	case "released":
		if d.Within(c.EndedAt) {
			k.ReleasedCount++
		}
		return
	default:
		if c.EndedAt.Before(due) {
			due = c.EndedAt
		}
	}
	if !d.Within(due) {
		return
	}
	k.DueCount++
	switch {
	case c.State != "kept":
		k.BrokenCount++
	case c.LateH != nil:
		k.KeptLateCount++
	default:
		k.KeptOnLastCount++
	}
	if c.State == "kept" && !c.EndedAt.After(c.FirstDueAt) {
		k.KeptOnFirstCount++
	}
}

func (k *Kept) moves(d *dossier.Dossier, c *Commitment) {
	for _, m := range c.Moved {
		switch {
		case !d.Within(m.At):
		case m.AskedBy == "us":
			k.MovedByUsCount++
		default:
			k.MovedByThemCount++
		}
	}
}

func (k *Kept) open(c *Commitment) {
	k.OpenCount++
	if c.Overdue {
		k.OverdueCount++
		if c.KnownToCustomer {
			k.OverdueKnownCount++
		}
	}
}

func (k *Kept) rate() {
	k.OnFirstPct, k.OnLastPct = dossier.Percent(k.KeptOnFirstCount, k.DueCount), dossier.Percent(k.KeptOnLastCount, k.DueCount)
}
