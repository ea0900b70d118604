package trust

import (
	"cmp"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
)

// Collector keeps of a log what the model needs. The zero value has nothing yet.
type Collector struct {
	Facts    []Fact // by position
	Entries  []Entry
	Merges   []Merge // by position
	Policies domain.Policies
}

// Add takes in one more event. Events come in recorded order and may be of any
// accounts, the ledger's own stream among them.
func (c *Collector) Add(e domain.Recorded) {
	c.Policies.Add(e)
	speaksFor := e.Position
	switch d := e.Data.(type) {
	case domain.EntryRetracted:
		c.Entries = append(c.Entries, Entry{e.Position, e.Target, e.RecordedAt, true})
		return
	case domain.EntryCorrected:
		c.Entries = append(c.Entries, Entry{e.Position, e.Target, e.RecordedAt, false})
		speaksFor = e.Target
		e.Data, e.OccurredAt = d.Data, d.OccurredAt
	}
	switch d := e.Data.(type) {
	case domain.AccountMerged:
		c.merge(Merge{e.Position, speaksFor, e.Account, d.Into, e.RecordedAt, false})
	case domain.AccountUnmerged:
		c.merge(Merge{e.Position, speaksFor, e.Account, d.From, e.RecordedAt, true})
	}
	if f, ok := FactOf(e); ok {
		f.SpeaksFor = speaksFor
		c.fact(f)
	}
}

// fact keeps a fact. One that corrects another has that one's time of recording, and of
// occurrence unless it says another.
func (c *Collector) fact(f Fact) {
	if f.SpeaksFor != f.Position {
		i, found := slices.BinarySearchFunc(c.Facts, f.SpeaksFor, func(f Fact, p domain.Position) int { return cmp.Compare(f.Position, p) })
		if found {
			f.Recorded = c.Facts[i].Recorded
			if f.Occurred.IsZero() {
				f.Occurred = c.Facts[i].Occurred
			}
		}
	}
	c.Facts = append(c.Facts, f)
}

func (c *Collector) merge(m Merge) {
	i, found := slices.BinarySearchFunc(c.Merges, m.SpeaksFor, func(m Merge, p domain.Position) int { return cmp.Compare(m.Position, p) })
	if found {
		m.Recorded = c.Merges[i].Recorded
	}
	c.Merges = append(c.Merges, m)
}

// History is the history of what was collected. The collector is not used afterwards.
func (c *Collector) History() *History {
	return NewHistory(c.Facts, c.Entries, c.Merges, c.Policies)
}
