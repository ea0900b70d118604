package commands

import (
	"context"
	"time"

	"github.com/rapport-ledger/rapport/domain"
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
			err = it.encode()
		}
		if err == nil {
			err = reader.read(ctx, it)
		}
		it.outcome.Err, it.decided = err, err != nil
	}
	return items
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

// encode is the item's stored form once the ledger has set its own attributes.
func (it *item) encode() error {
	stored, err := codec.Encode(it.event)
	if err == nil {
		it.stored = stored
	}
	return err
}
