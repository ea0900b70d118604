package commands

import (
	"container/list"
	"context"
	"errors"
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
func read(ctx context.Context, log ledger, id domain.AccountID, withBook bool) (*known, error) {
	k := &known{id: id, account: domain.NewAccount(id)}
	if withBook {
		k.book = followup.NewBook(id)
	}
	return k, k.catchUp(ctx, log)
}

// catchUp takes in what was recorded since k was read. Of the events that bear on no
// decision no more than the type is looked at, and none is kept.
func (k *known) catchUp(ctx context.Context, log ledger) error {
	for stored, err := range log.ReadStream(ctx, k.id, k.revision+1) {
		if err == nil {
			err = k.takeStored(ctx, log, stored)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", k.id, err)
		}
	}
	return nil
}

func (k *known) takeStored(ctx context.Context, log ledger, stored eventstore.Recorded) error {
	t, err := codec.TypeOf(stored)
	if err != nil {
		return err
	}
	if domain.ChangesAccount(t) || t.Family() == "entry" || k.book != nil && followup.Listens(t) {
		e, err := decode(stored)
		if err != nil {
			return err
		}
		if !isEntry(e.Data) {
			k.account.Evolve(e)
		} else if err := k.amend(ctx, log, e); err != nil {
			return err
		}
		if k.book != nil {
			k.book.Evolve(e)
		}
	}
	k.revision = stored.Revision
	return nil
}

// amend takes in an entry, which changes what went before.
func (k *known) amend(ctx context.Context, log ledger, entry domain.Recorded) error {
	return k.account.Amend(entry, k.reader(ctx, log))
}

// reader reads single events of the account.
func (k *known) reader(ctx context.Context, log ledger) domain.ReadEvent {
	return func(p domain.Position) (domain.Recorded, error) {
		stored, err := log.At(ctx, p)
		switch {
		case errors.Is(err, eventstore.ErrNotFound), err == nil && stored.Stream != k.id:
			return domain.Recorded{}, nil
		case err != nil:
			return domain.Recorded{}, err
		}
		return log.open(stored)
	}
}

// take brings k up to an item that was appended. The account has taken it in when it
// was planned, unless it is an entry.
func (k *known) take(ctx context.Context, log ledger, it *item, receipt eventstore.Receipt, now time.Time) error {
	e := domain.Recorded{
		Envelope: it.event, Position: receipt.Position, Revision: receipt.Revision,
		RecordedAt: now.UTC(), // the log's own is a moment off; no decision rests on it
	}
	if !isEntry(e.Data) {
		k.account.Settle(e)
	} else if err := k.amend(ctx, log, e); err != nil {
		return err
	}
	if k.book != nil {
		k.book.Evolve(e)
	}
	k.revision = receipt.Revision
	return nil
}

// serves reports whether k is enough for a decision that needs the book or does not.
func (k *known) serves(withBook bool) bool { return k != nil && (!withBook || k.book != nil) }

// decode gives the event without personal data that is sealed.
func decode(stored eventstore.Recorded) (domain.Recorded, error) {
	record, err := codec.Decode(stored)
	if err != nil {
		return domain.Recorded{}, err
	}
	return record.Decode()
}

// ledger is the log with the keys to what is sealed in it.
type ledger struct {
	Log
	keys Keys // nil if nothing is sealed
}

// open decodes the event with all personal data that can be opened. Most decisions do
// without; whether a correction changes anything is one that does not.
func (l ledger) open(stored eventstore.Recorded) (domain.Recorded, error) {
	record, err := codec.Decode(stored)
	if err == nil && l.keys != nil {
		record, _, err = record.Open(l.keys)
	}
	if err != nil {
		return domain.Recorded{}, err
	}
	return record.Decode()
}

func isEntry(e domain.Event) bool { return e.EventType().Family() == "entry" }

// accounts holds what is known of the accounts last written to. It belongs to the
// recorder's goroutine; only warm and the counts are for others too.
type accounts struct {
	log      ledger
	maxBytes int64
	byID     map[domain.AccountID]*list.Element // of *known
	recent   *list.List                         // the latest in front
	books    int                                // how many of them have one
	warm     sync.Map                           // of domain.AccountID: whether the book is held, too
	count    atomic.Int64
	bytes    atomic.Int64
}

func newAccounts(log ledger, maxBytes int) *accounts {
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
	if k.book != nil {
		a.books++
	}
	a.weigh(k)
	return k, nil
}

func (a *accounts) fresh(ctx context.Context, id domain.AccountID, ahead *known, withBook bool) (*known, error) {
	if ahead.serves(withBook) && !ahead.spoiled {
		return ahead, ahead.catchUp(ctx, a.log)
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
	a.closeBook(k)
	k.spoiled = true
	a.bytes.Add(-k.weight)
	a.count.Add(-1)
	a.recent.Remove(at)
	a.warm.Delete(id)
	delete(a.byID, id)
}

// closeBook forgets the account's book, if there is one.
func (a *accounts) closeBook(k *known) {
	if k.book == nil {
		return
	}
	k.book = nil
	a.books--
	a.warm.Store(k.id, false)
	a.weigh(k)
}

// booksKept is how many books stay, however large: of several acts that are recorded one
// by one, the next would have to read the history again.
const booksKept = 2

// trim drops what was not used for longest until the rest fits: books first, which are
// large, and which only acts on follow-ups need. The account used last stays.
func (a *accounts) trim() {
	for at := a.recent.Back(); a.books > booksKept && a.bytes.Load() > a.maxBytes; at = at.Prev() {
		a.closeBook(at.Value.(*known))
	}
	for a.recent.Len() > 1 && a.bytes.Load() > a.maxBytes {
		a.drop(a.recent.Back().Value.(*known).id)
	}
}
