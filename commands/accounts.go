package commands

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// known is what decisions need of an account, as of a revision of its stream.
type known struct {
	id       domain.AccountID
	account  *domain.Account
	book     *followup.Book // nil until somebody acts on a follow-up
	revision domain.Revision
	weight   int64
	// spoiled says that it has taken in what was not recorded after all.
	spoiled bool
}

// read folds the account from its stream.
func read(ctx context.Context, log Log, id domain.AccountID, withBook bool) (*known, error) {
	past, err := history(ctx, log, id, nil)
	if err != nil {
		return nil, err
	}
	k := &known{id: id, account: domain.FoldAccount(id, domain.Standing(past)), revision: last(past)}
	if withBook {
		k.book = followup.NewBook(id)
		for _, e := range past {
			k.book.Evolve(e)
		}
	}
	return k, nil
}

// catchUp takes in what was recorded since k was read. It is false if k has to be
// read anew, because what it rests on was corrected.
func (k *known) catchUp(ctx context.Context, log Log) (bool, error) {
	for stored, err := range log.ReadStream(ctx, k.id, k.revision+1) {
		if err != nil {
			return false, fmt.Errorf("read %s: %w", k.id, err)
		}
		e, err := decode(stored)
		if err != nil {
			return false, fmt.Errorf("read %s: %w", k.id, err)
		}
		if isEntry(e.Data) {
			return false, nil
		}
		k.account.Evolve(e)
		if k.book != nil {
			k.book.Evolve(e)
		}
		k.revision = e.Revision
	}
	return true, nil
}

// take brings k up to an item that was appended. The account has taken it in when it
// was planned, unless it is an entry, which changes what went before.
func (k *known) take(it *item, receipt eventstore.Receipt, now time.Time) {
	e := domain.Recorded{
		Envelope: it.event, Position: receipt.Position, Revision: receipt.Revision,
		RecordedAt: now.UTC(), // the log's own is a moment off; no decision rests on it
	}
	if isEntry(e.Data) {
		it.past = append(it.past[:len(it.past):len(it.past)], e)
		k.account = domain.FoldAccount(k.id, domain.Standing(it.past))
	}
	if k.book != nil {
		k.book.Evolve(e)
	}
	k.revision = receipt.Revision
}

// serves reports whether k is enough for a decision that needs the book or does not.
func (k *known) serves(withBook bool) bool { return k != nil && (!withBook || k.book != nil) }

// history is all of a stream's events; past is the part that was read before.
func history(ctx context.Context, log Log, id domain.AccountID, past []domain.Recorded) ([]domain.Recorded, error) {
	past = past[:len(past):len(past)] // others may be reading it
	for stored, err := range log.ReadStream(ctx, id, last(past)+1) {
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", id, err)
		}
		e, err := decode(stored)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", id, err)
		}
		past = append(past, e)
	}
	return past, nil
}

func last(past []domain.Recorded) domain.Revision {
	if len(past) == 0 {
		return 0
	}
	return past[len(past)-1].Revision
}

func decode(stored eventstore.Recorded) (domain.Recorded, error) {
	record, err := codec.Decode(stored)
	if err != nil {
		return domain.Recorded{}, err
	}
	return record.Decode()
}

func isEntry(e domain.Event) bool { return e.EventType().Family() == "entry" }

// accounts holds what is known of the accounts last written to. It belongs to the
// recorder's goroutine; only warm and the counts are for others too.
type accounts struct {
	log      Log
	maxBytes int64
	byID     map[domain.AccountID]*list.Element // of *known
	recent   *list.List                         // the latest in front
	warm     sync.Map                           // of domain.AccountID: whether the book is held, too
	count    atomic.Int64
	bytes    atomic.Int64
}

func newAccounts(log Log, maxBytes int) *accounts {
	return &accounts{
		log:      log,
		maxBytes: int64(maxBytes),
		byID:     make(map[domain.AccountID]*list.Element),
		recent:   list.New(),
	}
}

// isWarm reports whether a decision will probably find the account in memory.
func (a *accounts) isWarm(id domain.AccountID, withBook bool) bool {
	hasBook, held := a.warm.Load(id)
	return held && (!withBook || hasBook.(bool))
}

// held is the account if it is in memory, nil otherwise.
func (a *accounts) held(id domain.AccountID) *known {
	at, ok := a.byID[id]
	if !ok {
		return nil
	}
	a.recent.MoveToFront(at)
	return at.Value.(*known)
}

// load is the account from memory or, failing that, from what was read ahead of the
// decision, brought up to date, or from the log. It stays in memory until the next
// [accounts.trim], however much there is.
func (a *accounts) load(ctx context.Context, id domain.AccountID, ahead *known, withBook bool) (*known, error) {
	if k := a.held(id); k.serves(withBook) {
		return k, nil
	}
	k, err := a.fresh(ctx, id, ahead, withBook)
	if err != nil {
		return nil, err
	}
	a.drop(id)
	a.byID[id] = a.recent.PushFront(k)
	a.warm.Store(id, k.book != nil)
	a.count.Add(1)
	a.weigh(k)
	return k, nil
}

func (a *accounts) fresh(ctx context.Context, id domain.AccountID, ahead *known, withBook bool) (*known, error) {
	if ahead.serves(withBook) && !ahead.spoiled {
		ok, err := ahead.catchUp(ctx, a.log)
		if ok || err != nil {
			return ahead, err
		}
	}
	return read(ctx, a.log, id, withBook)
}

// weigh counts what the account takes now.
func (a *accounts) weigh(k *known) {
	weight := int64(k.account.Weight())
	if k.book != nil {
		weight += int64(k.book.Weight())
	}
	a.bytes.Add(weight - k.weight)
	k.weight = weight
}

// drop forgets the account: what is known of it may be wrong.
func (a *accounts) drop(id domain.AccountID) {
	at, ok := a.byID[id]
	if !ok {
		return
	}
	k := at.Value.(*known)
	k.spoiled = true
	a.bytes.Add(-k.weight)
	a.count.Add(-1)
	a.recent.Remove(at)
	a.warm.Delete(id)
	delete(a.byID, id)
}

// trim drops those not used for longest until the rest fits.
func (a *accounts) trim() {
	for a.bytes.Load() > a.maxBytes {
		a.drop(a.recent.Back().Value.(*known).id)
	}
}
