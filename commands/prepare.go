package commands

import (
	"context"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// prepare does, on the caller's time, what needs no knowledge of the ledger's state,
// and reads ahead of the decision what is not in memory.
func (r *Recorder) prepare(ctx context.Context, events []domain.Envelope) []item {
	now := r.o.Now().UTC().Truncate(time.Microsecond)
	reader := aheadReader{r: r, known: map[domain.AccountID]*known{}}
	items := make([]item, len(events))
	for i, e := range events {
		if e.Account == "" && ledgerWide(e.Data) {
			e.Account = domain.Ledger
		}
		if e.OccurredAt.IsZero() {
			e.OccurredAt, e.OccurredAssumed = now, true
		}
		e.OccurredAt = e.OccurredAt.UTC().Truncate(time.Microsecond)
		e.Target = 0
		it := &items[i]
		it.event = e
		err := complete(e)
		if err == nil {
			err = it.encode(r.o.Keys)
		}
		if err == nil {
			err = reader.read(ctx, it)
		}
		it.outcome.Err, it.decided = err, err != nil
	}
	r.keep(ctx, items)
	return items
}

// keep has the keys that the items were sealed with on disk before the items can be.
func (r *Recorder) keep(ctx context.Context, items []item) {
	if r.o.Keys == nil {
		return
	}
	err := r.o.Keys.Sync(ctx)
	for i := range items {
		if it := &items[i]; err != nil && !it.decided {
			it.outcome.Err, it.decided = failed(it, fmt.Errorf("%w: %w", eventstore.ErrUnavailable, err)), true
		}
	}
}

// aheadReader reads each account of a request once.
type aheadReader struct {
	r     *Recorder
	known map[domain.AccountID]*known
}

// read gives the item what its decision will need, unless that is in memory. Reading
// a long history in the recorder's goroutine would make everybody wait for it.
func (a *aheadReader) read(ctx context.Context, it *item) (err error) {
	id := it.event.Account
	needed, withBook := needsAccount(it.event.Data)
	if !needed || a.r.accounts.isWarm(id, withBook) {
		return nil
	}
	if !a.known[id].serves(withBook) && !a.recorded(ctx, it) {
		a.known[id], err = read(ctx, a.r.log, id, withBook)
	}
	it.ahead = a.known[id]
	return err
}

// recorded reports whether the log has the item already: no account is needed to say
// so, and importing again would otherwise read every history for nothing.
func (a *aheadReader) recorded(ctx context.Context, it *item) bool {
	_, err := a.r.log.Find(ctx, it.event.Source, it.event.ID)
	return err == nil
}

func ledgerWide(e domain.Event) bool {
	if e == nil {
		return false
	}
	entry, _ := domain.Lookup(e.EventType())
	return entry.LedgerWide
}

// complete refuses what has no identity, says nothing, or belongs nowhere.
func complete(e domain.Envelope) error {
	switch {
	case e.Source == "":
		return domain.Refuse("source", "needed")
	case e.ID == "":
		return domain.Refuse("id", "needed")
	case e.Data == nil:
		return domain.Refuse("data", "needed")
	case e.Account != domain.Ledger && !e.Account.Valid():
		return domain.Refuse("subject", "must be the id of an account")
	}
	return nil
}

// encode is the item's stored form once the ledger has set its own attributes. Keys it
// makes are durable after the next Sync.
func (it *item) encode(keys Keys) (err error) {
	if keys == nil {
		it.stored, err = codec.Encode(it.event)
		return err
	}
	it.epoch = keys.Epoch() // before sealing: if keys are destroyed meanwhile, it is an old one
	it.stored, err = codec.EncodeSealed(it.event, keys)
	return err
}

// encode encodes the item once more, in the recorder's goroutine.
func (p *plan) encode(it *item) error {
	before := it.epoch
	err := it.encode(p.r.o.Keys)
	it.newKeys = it.newKeys || it.epoch != before
	return err
}

// reseal seals the item again if keys were destroyed since: what is recorded after
// somebody was forgotten is of a new beginning, and is not lost with what went before.
func (p *plan) reseal(it *item) error {
	if keys := p.r.o.Keys; keys == nil || keys.Epoch() == it.epoch {
		return nil
	}
	return p.encode(it)
}
