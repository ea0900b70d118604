package commands

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// maxTries bounds how often a decision is made again because of other writers.
const maxTries = 16

// advance has as much of the requests recorded as can be in one append: of each lane, up to
// an event whose decision has to wait until those before it are in the log. Where the log
// cannot have one of them, each is appended by itself.
func (r *Recorder) advance(requests []*request) {
	tries, limit := 0, math.MaxInt
	for again := true; again; {
		p := newPlan(r)
		taken := p.takeAll(requests, limit)
		err := p.append()
		var conflict *eventstore.RevisionConflictError
		switch {
		case errors.As(err, &conflict) && tries < maxTries:
			tries++
			r.counts.retries.Add(1)
		case errors.Is(err, eventstore.ErrIdentityConflict) && p.blame(err):
			// The others are decided again without it.
		case errors.Is(err, eventstore.ErrInvalid) && taken > 1:
			limit = 1 // one of them is to blame; it must not keep the others out
		default:
			if err != nil {
				p.fail(err)
			}
			tries, again = 0, limit == 1 && taken > 0
		}
	}
	r.accounts.trim()
}

// plan is what one append is to record. While it is made, the accounts in memory are
// ahead of the log: they have taken in what is planned.
type plan struct {
	r       *Recorder
	planned []*item
	appends []eventstore.Append
	pending map[domain.AccountID]domain.Revision // how many are planned
	sealed  map[domain.AccountID]bool            // nothing more can be decided before the append
	first   map[identity]*item
	// newKeys says that items were sealed with keys that may not be durable.
	newKeys bool
	// tentative are conclusions that hold only if what was planned before is recorded.
	tentative []conclusion
}

type identity struct{ source, id string }

type conclusion struct {
	item *item
	err  error
	// same is the item that this one repeats, if it does.
	same *item
}

func newPlan(r *Recorder) *plan {
	return &plan{
		r:       r,
		pending: make(map[domain.AccountID]domain.Revision),
		sealed:  make(map[domain.AccountID]bool),
		first:   make(map[identity]*item),
	}
}

// takeAll takes items of the requests in their order, at most limit, and tells how many.
// Where one has to wait, those after it in its lane wait as well.
func (p *plan) takeAll(requests []*request, limit int) (taken int) {
	waits := make(map[string]bool)
	for _, q := range requests {
		for i := range q.items {
			it := &q.items[i]
			if it.decided {
				continue
			}
			if taken == limit {
				return taken
			}
			if waits[q.lane] || !p.take(it) {
				waits[q.lane] = true
				break
			}
			taken++
		}
	}
	return taken
}

// take decides the item and plans or concludes it. It is false if that has to wait
// until what is planned already is in the log.
func (p *plan) take(it *item) bool {
	if p.repeats(it) || p.recorded(it) {
		return true
	}
	if p.mustWait(it) {
		return false
	}
	k, err := p.decide(it)
	if errors.Is(err, errTooEarly) {
		return false
	}
	if err == nil {
		if err = p.reseal(it); err != nil {
			err = failed(it, err)
		}
	}
	switch {
	case err != nil && p.restsOnPlanned(it):
		p.tentative = append(p.tentative, conclusion{item: it, err: err})
	case err != nil:
		it.conclude(Outcome{Err: err})
	default:
		p.add(it, k)
	}
	return true
}

// repeats concludes an item whose identity is that of one planned before it.
func (p *plan) repeats(it *item) bool {
	first, ok := p.first[identity{it.event.Source, it.event.ID}]
	if !ok {
		return false
	}
	c := conclusion{item: it, same: first}
	if first.stored.Hash != it.stored.Hash {
		c.err = conflict(it, 0, first.stored.Hash)
	}
	p.tentative = append(p.tentative, c)
	return true
}

// recorded concludes an item whose identity is in the log. That is asked before the
// domain is: the second try of a fact is a duplicate and not a contradiction.
func (p *plan) recorded(it *item) bool {
	stored, err := p.r.log.Find(p.r.ctx, it.event.Source, it.event.ID)
	switch {
	case errors.Is(err, eventstore.ErrNotFound):
		return false
	case err != nil:
		it.conclude(Outcome{Err: failed(it, err)})
	case stored.Hash != it.stored.Hash:
		it.conclude(Outcome{Err: conflict(it, stored.Position, stored.Hash)})
	default:
		it.conclude(Outcome{Receipt: Receipt{
			Source: stored.Source, ID: stored.ID, Account: stored.Stream,
			Position: stored.Position, Revision: stored.Revision, Duplicate: true,
		}})
	}
	return true
}

func conflict(it *item, at domain.Position, recorded eventstore.Hash) error {
	return &eventstore.IdentityConflictError{
		Source: it.event.Source, ID: it.event.ID,
		Position: at, Recorded: recorded, Offered: it.stored.Hash,
	}
}

func failed(it *item, err error) error {
	return fmt.Errorf("record %s %s: %w", it.event.Source, it.event.ID, err)
}

// mustWait reports whether the decision needs the log to be further on: it needs the
// positions of events that are only planned, or an account that an entry changes.
func (p *plan) mustWait(it *item) bool {
	account := it.event.Account
	if _, merge := it.event.Data.(domain.AccountMerged); merge && len(p.sealed) > 0 {
		return true
	}
	return p.sealed[account] || p.pending[account] > 0 && needsPositions(it.event.Data)
}

// restsOnPlanned reports whether what is planned may have had a part in the decision.
// Merges, and entries, which may be about them, look at other accounts.
func (p *plan) restsOnPlanned(it *item) bool {
	_, merge := it.event.Data.(domain.AccountMerged)
	return p.pending[it.event.Account] > 0 || len(p.planned) > 0 && (merge || isEntry(it.event.Data))
}

// add plans the item. The account is nil if the decision did not depend on it.
func (p *plan) add(it *item, k *known) {
	account := it.event.Account
	if n := len(p.appends); n == 0 || p.appends[n-1].Stream != account {
		p.appends = append(p.appends, eventstore.Append{Stream: account, Expected: eventstore.Any})
	}
	a := &p.appends[len(p.appends)-1]
	if k != nil {
		a.Expected = eventstore.Exactly(k.revision + p.pending[account] - domain.Revision(len(a.Events)))
		k.account.Evolve(domain.Recorded{Envelope: it.event})
	}
	a.Events = append(a.Events, it.stored)
	p.newKeys = p.newKeys || it.newKeys
	p.pending[account]++
	p.planned = append(p.planned, it)
	p.first[identity{it.event.Source, it.event.ID}] = it
	if isEntry(it.event.Data) {
		p.sealed[account] = true
	}
}

// append records what is planned. After an error nothing in memory is ahead of the log.
func (p *plan) append() error {
	var receipts []eventstore.Receipt
	if len(p.planned) > 0 {
		var err error
		p.r.counts.batches.Add(1)
		if p.newKeys {
			err = p.r.o.Keys.Sync(p.r.ctx)
		}
		if err == nil {
			receipts, err = p.r.log.Append(p.r.ctx, p.appends...)
		}
		if err != nil {
			for account := range p.pending {
				p.r.accounts.drop(account)
			}
			return err
		}
	}
	for i, it := range p.planned {
		p.settle(it, receipts[i])
	}
	for _, c := range p.tentative {
		o := Outcome{Err: c.err}
		if c.err == nil {
			o.Receipt = c.same.outcome.Receipt
			o.Receipt.Duplicate = true
		}
		c.item.conclude(o)
	}
	return nil
}

// settle concludes an item that was appended and brings what is in memory up to it.
func (p *plan) settle(it *item, receipt eventstore.Receipt) {
	account := it.event.Account
	it.conclude(Outcome{Receipt: Receipt{
		Source: it.event.Source, ID: it.event.ID, Account: account,
		Position: receipt.Position, Revision: receipt.Revision, Duplicate: receipt.Duplicate,
	}})
	if k := p.r.accounts.held(account); k == nil {
		return
	} else if receipt.Revision != k.revision+1 || k.take(p.r.ctx, p.r.log, it, receipt, p.r.o.Now()) != nil {
		p.r.accounts.drop(account)
	} else {
		p.r.accounts.weigh(k)
	}
}

// blame concludes the planned item that the log says is in conflict with another
// writer's. It is false if there is none.
func (p *plan) blame(err error) bool {
	var conflict *eventstore.IdentityConflictError
	if !errors.As(err, &conflict) {
		return false
	}
	it, ok := p.first[identity{conflict.Source, conflict.ID}]
	if ok {
		it.conclude(Outcome{Err: conflict})
	}
	return ok
}

// fail concludes everything that the append should have recorded, and everything that
// was decided in the belief that it would.
func (p *plan) fail(err error) {
	if errors.Is(err, eventstore.ErrWrongExpectedRevision) {
		err = fmt.Errorf("%w: other writers keep changing the account: %w", eventstore.ErrUnavailable, err)
	}
	if p.r.ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", ErrStopped, err)
	}
	for _, it := range p.planned {
		it.conclude(Outcome{Err: failed(it, err)})
	}
	for _, c := range p.tentative {
		c.item.conclude(Outcome{Err: failed(c.item, err)})
	}
}

// account is what is known of an account, with what is planned for it.
func (p *plan) account(ctx context.Context, id domain.AccountID, ahead *known, withBook bool) (*known, error) {
	wasHeld := p.r.accounts.held(id) != nil
	k, err := p.r.accounts.load(ctx, id, ahead, withBook)
	if err != nil {
		return nil, err
	}
	if !wasHeld && p.pending[id] > 0 {
		for _, it := range p.planned {
			if it.event.Account == id {
				k.account.Evolve(domain.Recorded{Envelope: it.event})
			}
		}
	}
	return k, nil
}
