package feed

import (
	"slices"
	"sync"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// maxPositions is how many events a change names.
const maxPositions = 100

// Change is what is told of an account whose answers moved.
type Change struct {
	Projection string            `json:"projection"`
	Account    domain.AccountID  `json:"account"`
	Position   domain.Position   `json:"position"`
	Positions  []domain.Position `json:"positions"`
	Types      []domain.Type     `json:"types"`
}

// add notes one more event behind the change.
func (c *Change) add(p domain.Position, t domain.Type) {
	if p <= c.Position {
		return
	}
	c.merge(Change{Position: p, Positions: []domain.Position{p}, Types: []domain.Type{t}})
}

// merge notes the events of a later change.
func (c *Change) merge(later Change) {
	c.Position = later.Position
	c.Positions = append(c.Positions, later.Positions...)
	if extra := len(c.Positions) - maxPositions; extra > 0 {
		c.Positions = slices.Delete(c.Positions, 0, extra)
	}
	for _, t := range later.Types {
		if !slices.Contains(c.Types, t) {
			c.Types = append(c.Types, t)
		}
	}
}

// dirt is what has changed and is not published yet.
type dirt struct {
	projection string
	signal     chan struct{} // holds a token when there is something

	mu         sync.Mutex
	accounts   map[domain.AccountID]*Change
	everything bool // any answer may have changed
	reload     bool // the bucket may have too
}

func newDirt(projection string) *dirt {
	return &dirt{projection: projection, signal: make(chan struct{}, 1), accounts: make(map[domain.AccountID]*Change)}
}

// add notes the accounts whose answers the events may change.
func (d *dirt) add(batch []codec.Record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range batch {
		r := &batch[i]
		d.change(r.Account).add(r.Position, r.Type)
		if other := alsoConcerns(r); other != "" {
			d.change(other).add(r.Position, r.Type)
		}
		if family := r.Type.Family(); r.Account == domain.Ledger && (family == "policy" || family == "entry") {
			d.everything = true
		}
	}
	d.wake()
}

// alsoConcerns is the other account of a merge. A correction of one is found by the
// next refresh.
func alsoConcerns(r *codec.Record) domain.AccountID {
	if r.Type != (domain.AccountMerged{}).EventType() && r.Type != (domain.AccountUnmerged{}).EventType() {
		return ""
	}
	e, err := r.Decode()
	if err != nil {
		return ""
	}
	switch data := e.Data.(type) {
	case domain.AccountMerged:
		return data.Into
	case domain.AccountUnmerged:
		return data.From
	}
	return ""
}

// all notes that any answer may have changed, and with reload that the bucket may not
// have what was put there.
func (d *dirt) all(reload bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.everything = true
	d.reload = d.reload || reload
	d.wake()
}

// putBack notes a change that could not be published.
func (d *dirt) putBack(c *Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if later, ok := d.accounts[c.Account]; ok {
		c.merge(*later)
	}
	d.accounts[c.Account] = c
	d.wake()
}

func (d *dirt) change(account domain.AccountID) *Change {
	c, ok := d.accounts[account]
	if !ok {
		c = &Change{Projection: d.projection, Account: account}
		d.accounts[account] = c
	}
	return c
}

func (d *dirt) wake() {
	select {
	case d.signal <- struct{}{}:
	default:
	}
}

// take gives what has changed, and forgets it.
func (d *dirt) take() (accounts map[domain.AccountID]*Change, everything, reload bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	accounts, everything, reload = d.accounts, d.everything, d.reload
	d.accounts, d.everything, d.reload = make(map[domain.AccountID]*Change), false, false
	return accounts, everything, reload
}
