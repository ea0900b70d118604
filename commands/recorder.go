package commands

import (
	"context"
	"sync"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Options are the recorder's measures; a zero value stands for the default.
type Options struct {
	// Now is the clock that dates events which came without a time; [time.Now].
	Now func() time.Time
	// QueueRequests is how many requests may wait; 1024. Callers wait for room. A
	// request with more than BatchEvents events counts once for each such part.
	QueueRequests int
	// BatchEvents is how many events are appended together at most; 512.
	BatchEvents int
	// CacheBytes is about how much memory the state of accounts may take; 64 MiB.
	CacheBytes int
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.QueueRequests <= 0 {
		o.QueueRequests = 1024
	}
	if o.BatchEvents <= 0 {
		o.BatchEvents = 512
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 64 << 20
	}
	return o
}

// Recorder has events recorded. One goroutine takes the requests in turn, decides
// their events against what is known of the accounts, and appends as many together as
// are waiting, so that many clients share one sync of the disk. The order of the
// events of a request is kept, in the log as in the answer; requests are independent.
//
// What it knows of an account is a cache over the log. Every append that rests on it
// says at which revision it was right; when another writer was faster, the whole
// decision is made again.
type Recorder struct {
	log      Log
	o        Options
	accounts *accounts
	counts   counters

	queue   chan *request
	closing chan struct{} // closed when no more requests are taken
	stopped chan struct{} // closed when the goroutine has ended
	close   sync.Once
	ctx     context.Context // the goroutine's; ends when a Close runs out of time
	cancel  context.CancelFunc
}

// NewRecorder starts a recorder on the log; [Recorder.Close] ends it. The log stays
// the caller's to close.
func NewRecorder(log Log, o Options) *Recorder {
	o = o.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	r := &Recorder{
		log:      log,
		o:        o,
		accounts: newAccounts(log, o.CacheBytes),
		queue:    make(chan *request, o.QueueRequests),
		closing:  make(chan struct{}),
		stopped:  make(chan struct{}),
		ctx:      ctx,
		cancel:   cancel,
	}
	go r.run()
	return r
}

// request is a part of what a caller gave, and what became of it. The recorder's
// goroutine owns it until done is closed.
type request struct {
	ctx   context.Context
	items []item
	open  int // items without an outcome
	since time.Time
	done  chan struct{}
}

// item is one event on its way into the log.
type item struct {
	request *request
	event   domain.Envelope
	stored  eventstore.Event
	// ahead is the account, or past its whole history, as of when the caller gave the
	// event: read on the caller's time if the decision will need it.
	ahead   *known
	past    []domain.Recorded
	queued  bool // it was undecided when the recorder got it
	decided bool
	outcome Outcome
}

func (it *item) conclude(o Outcome) {
	it.outcome, it.decided = o, true
	it.request.open--
}

// Record has the events recorded, in this order, each on its own merits: one that is
// refused does not keep the others out. Outcomes are in the order of the events.
//
// It returns when all are decided and what was accepted is durable. If ctx ends
// before, what has no outcome yet gets ctx's error.
func (r *Recorder) Record(ctx context.Context, events []domain.Envelope) []Outcome {
	outcomes := r.submit(ctx, events)
	for i := range outcomes {
		if unknown, ok := outcomes[i].Err.(*noSuchItem); ok {
			outcomes[i].Err = unknown.Refusal
		}
	}
	return outcomes
}

// submit is Record for those who want to know a [noSuchItem].
func (r *Recorder) submit(ctx context.Context, events []domain.Envelope) []Outcome {
	items := r.prepare(ctx, events)
	outcomes := make([]Outcome, 0, len(events))
	var sent []*request
	var refused error
	for lo := 0; lo < len(items) && refused == nil; lo += r.o.BatchEvents {
		q := newRequest(ctx, items[lo:min(lo+r.o.BatchEvents, len(items))])
		if q.open == 0 {
			close(q.done)
		} else if refused = r.send(ctx, q); refused != nil {
			break
		}
		sent = append(sent, q)
	}
	for _, q := range sent {
		outcomes = append(outcomes, r.await(ctx, q)...)
	}
	for len(outcomes) < len(events) {
		it := items[len(outcomes)]
		if !it.decided {
			it.outcome = Outcome{Err: refused}
		}
		outcomes = append(outcomes, it.outcome)
	}
	return outcomes
}

// prepare does, on the caller's time, what needs no knowledge of the ledger's state,
// and reads ahead of the decision what is not in memory.
func (r *Recorder) prepare(ctx context.Context, events []domain.Envelope) []item {
	now := r.o.Now().UTC().Truncate(time.Microsecond)
	reader := aheadReader{r: r, past: map[domain.AccountID][]domain.Recorded{}, known: map[domain.AccountID]*known{}}
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
	past  map[domain.AccountID][]domain.Recorded
	known map[domain.AccountID]*known
}

// read gives the item what its decision will need, unless that is in memory. Reading
// a long history in the recorder's goroutine would make everybody wait for it.
func (a *aheadReader) read(ctx context.Context, it *item) (err error) {
	id := it.event.Account
	if isEntry(it.event.Data) {
		if a.past[id] == nil {
			a.past[id], err = history(ctx, a.r.log, id, nil)
		}
		it.past = a.past[id]
		return err
	}
	needed, withBook := needsAccount(it.event.Data)
	if !needed || a.r.accounts.isWarm(id, withBook) {
		return nil
	}
	if !a.known[id].serves(withBook) {
		a.known[id], err = read(ctx, a.r.log, id, withBook)
	}
	it.ahead = a.known[id]
	return err
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

func newRequest(ctx context.Context, items []item) *request {
	q := &request{ctx: ctx, items: items, since: time.Now(), done: make(chan struct{})}
	for i := range items {
		items[i].request = q
		if !items[i].decided {
			items[i].queued = true
			q.open++
		}
	}
	return q
}

func (r *Recorder) send(ctx context.Context, q *request) error {
	select {
	case <-r.closing:
		return ErrStopped
	default:
	}
	r.counts.queued.Add(int64(q.open))
	select {
	case r.queue <- q:
		return nil
	case <-ctx.Done():
		r.counts.queued.Add(int64(-q.open))
		return context.Cause(ctx)
	case <-r.closing:
		r.counts.queued.Add(int64(-q.open))
		return ErrStopped
	}
}

// await gives the outcomes of a request. Only a request that is done may be looked at.
func (r *Recorder) await(ctx context.Context, q *request) []Outcome {
	outcomes := make([]Outcome, len(q.items))
	lost := func(err error) []Outcome {
		for i := range outcomes {
			outcomes[i].Err = err
		}
		return outcomes
	}
	select {
	case <-q.done:
	case <-ctx.Done():
		return lost(context.Cause(ctx))
	case <-r.stopped:
		select {
		case <-q.done:
		default: // it came into the queue after the last look
			return lost(ErrStopped)
		}
	}
	for i := range q.items {
		outcomes[i] = q.items[i].outcome
	}
	return outcomes
}

// Close takes no more events, finishes those it has, and returns when that is done.
// If ctx ends before, what waits is not recorded and gets [ErrStopped].
func (r *Recorder) Close(ctx context.Context) error {
	r.close.Do(func() { close(r.closing) })
	select {
	case <-r.stopped:
		return nil
	case <-ctx.Done():
		r.cancel()
		return context.Cause(ctx)
	}
}

// run takes requests until the recorder is closed and none is left.
func (r *Recorder) run() {
	defer close(r.stopped)
	defer r.cancel()
	for {
		select {
		case q := <-r.queue:
			r.record(r.gather(q))
		case <-r.closing:
			select {
			case q := <-r.queue:
				r.record(r.gather(q))
			default:
				return
			}
		}
	}
}

// gather adds the requests that are waiting, up to a batch of events.
func (r *Recorder) gather(q *request) []*request {
	requests := []*request{q}
	for n := q.open; n < r.o.BatchEvents; {
		select {
		case q := <-r.queue:
			requests = append(requests, q)
			n += q.open
		default:
			return requests
		}
	}
	return requests
}

// record decides and appends all events of the requests.
func (r *Recorder) record(requests []*request) {
	var items []*item
	for _, q := range requests {
		if err := r.given(q); err != nil {
			r.abandon(q, err)
			continue
		}
		for i := range q.items {
			if !q.items[i].decided {
				items = append(items, &q.items[i])
			}
		}
	}
	r.recordAll(items)
	for _, q := range requests {
		r.finish(q)
	}
}

// given is an error if nobody waits for the request any more.
func (r *Recorder) given(q *request) error {
	if r.ctx.Err() != nil {
		return ErrStopped
	}
	return context.Cause(q.ctx)
}

func (r *Recorder) abandon(q *request, err error) {
	for i := range q.items {
		if it := &q.items[i]; !it.decided {
			it.conclude(Outcome{Err: err})
		}
	}
}

func (r *Recorder) finish(q *request) {
	r.counts.count(q)
	close(q.done)
}
