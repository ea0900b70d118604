package trust

import (
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Walk makes evidence of a ledger's facts as they become known, one after the other and
// knowing nothing of those that follow. It reads accounts as they were recorded, not as
// merged. What it has made of the facts so far is what the model makes of them.
type Walk struct {
	cases     map[caseOf]*openCase
	home      map[domain.Position]*openCase   // of the fact an event left
	corrected map[domain.Position][]*openCase // by the event corrected, where its corrections are
	entries   domain.Entries
}

// Evidence is a piece of evidence that came to stand, or no longer does.
type Evidence struct {
	Account domain.AccountID
	// Kind is its index in [domain.EvidenceKinds].
	Kind int
	// At is when it happened, but not after it was known; it fades from then on.
	At time.Time
	// Times is how often the kind's weight it counts, Good the share of it in favour.
	Times, Good float64
	// Withdrawn says that it stands no longer; else it does from now on.
	Withdrawn bool
	// Outcome says that the event itself brought it, and did not just change what an
	// earlier one comes to.
	Outcome bool
}

// caseOf tells cases apart. Facts without a key are a case each.
type caseOf struct {
	account domain.AccountID
	family  string
	key     domain.ID
	alone   domain.Position
}

type openCase struct {
	account domain.AccountID
	facts   []*Fact
	pieces  []heldPiece
}

// heldPiece is a piece that stands, and from when it fades.
type heldPiece struct {
	piece
	from time.Time
}

// NewWalk starts before everything.
func NewWalk() *Walk {
	return &Walk{
		cases: map[caseOf]*openCase{}, home: map[domain.Position]*openCase{},
		corrected: map[domain.Position][]*openCase{},
	}
}

// Fact takes in a fact that becomes known now and gives what that changes. A correction
// only counts after its [Walk.Entry].
func (w *Walk) Fact(f *Fact, now time.Time) []Evidence {
	c := w.caseOf(f)
	i, _ := slices.BinarySearchFunc(c.facts, f, compareFacts)
	c.facts = slices.Insert(c.facts, i, f)
	if f.SpeaksFor == f.Position {
		w.home[f.Position] = c
		return w.judge(c, now, f.Position)
	}
	if !slices.Contains(w.corrected[f.SpeaksFor], c) {
		w.corrected[f.SpeaksFor] = append(w.corrected[f.SpeaksFor], c)
	}
	return nil
}

// Entry takes in a correction or retraction that becomes known now and gives what that
// changes.
func (w *Walk) Entry(e Entry, now time.Time) []Evidence {
	e.take(&w.entries)
	about := w.entries.About(e.Target)
	var changes []Evidence
	if c := w.home[about]; c != nil {
		changes = w.judge(c, now, 0)
	}
	for _, c := range w.corrected[about] {
		if c != w.home[about] {
			changes = append(changes, w.judge(c, now, 0)...)
		}
	}
	return changes
}

func (w *Walk) caseOf(f *Fact) *openCase {
	id := caseOf{account: f.Account, family: f.Type.Family(), key: f.Key}
	if f.Key == "" {
		id.alone = f.Position
	}
	c := w.cases[id]
	if c == nil {
		c = &openCase{account: f.Account}
		w.cases[id] = c
	}
	return c
}

// judge judges the case anew and gives what is different now. Outcomes are what the
// event brought.
func (w *Walk) judge(c *openCase, now time.Time, event domain.Position) []Evidence {
	stands := make([]*Fact, 0, len(c.facts))
	for _, f := range c.facts {
		if w.entries.Stands(f.SpeaksFor) == f.Position {
			stands = append(stands, f)
		}
	}
	var changes []Evidence
	gone := c.pieces
	kept := make([]heldPiece, 0, len(c.pieces)+1)
	for _, p := range evidence(stands) {
		if i := slices.IndexFunc(gone, func(h heldPiece) bool { return h.equal(p) }); i >= 0 {
			kept = append(kept, gone[i])
			gone = slices.Delete(slices.Clone(gone), i, i+1)
			continue
		}
		h := heldPiece{piece: p, from: p.at}
		if h.from.After(now) {
			h.from = now
		}
		kept = append(kept, h)
		changes = append(changes, h.told(c.account, false, p.position == event && p.times > 0))
	}
	for _, h := range gone {
		changes = append(changes, h.told(c.account, true, false))
	}
	c.pieces = kept
	return changes
}

func (h heldPiece) told(account domain.AccountID, withdrawn, outcome bool) Evidence {
	return Evidence{
		Account: account, Kind: h.kind, At: h.from, Times: h.times, Good: h.good, Withdrawn: withdrawn, Outcome: outcome,
	}
}
