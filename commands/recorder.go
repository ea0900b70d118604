package commands

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// Options are the recorder's measures; a zero value stands for the default.
type Options struct {
	// Now is the clock that dates events which came without a time; [time.Now].
	Now func() time.Time
	// BatchEvents is how many events are enough for one append; 512. Requests that
	// wait are gathered until there are as many, and larger ones are split, so that an
	// append has less than twice as many.
	BatchEvents int
	// Keys seal personal data before it is appended; nil stores it as it is.
	Keys Keys
	// CacheBytes is about how much memory the state of accounts may take; 32 MiB.
	CacheBytes int
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.BatchEvents <= 0 {
		o.BatchEvents = 512
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 32 << 20
	}
	return o
}

// Keys are the keys of the persons whose data events hold.
type Keys interface {
	codec.Sealer
	codec.Opener
	// Sync returns when all keys that Seal has used are durable.
	Sync(ctx context.Context) error
	// Epoch changes when keys are destroyed, so that what was sealed before and is not
	// recorded yet has to be sealed again.
	Epoch() uint64
}

// Recorder has events recorded. One goroutine takes the requests in turn, decides
// their events against what is known of the accounts, and appends as many together as
// are waiting, so that many clients share one sync of the disk. The order of the
// events of a request is kept, in the log as in the answer; requests are independent,
// and take turns by lane (see [InLane]), so that who sends much keeps nobody else out.
//
// What it knows of an account is a cache over the log. Every append that rests on it
// says at which revision it was right; when another writer was faster, the whole
// decision is made again.
type Recorder struct {
	log      ledger
	o        Options
	accounts *accounts
	counts   counters

	lanes   *lanes
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
	l := ledger{log, o.Keys}
	r := &Recorder{
		log:      l,
		o:        o,
		accounts: newAccounts(l, o.CacheBytes),
		lanes:    newLanes(),
		closing:  make(chan struct{}),
		stopped:  make(chan struct{}),
		ctx:      ctx,
		cancel:   cancel,
	}
	go r.run()
	return r
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
	lane := laneOf(ctx, items)
	for lo := 0; lo < len(items) && refused == nil; lo += r.o.BatchEvents {
		q := newRequest(ctx, lane, items[lo:min(lo+r.o.BatchEvents, len(items))])
		if q.open == 0 {
			close(q.done)
		} else if refused = r.send(q); refused != nil {
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

// own records an event of the ledger's own source, with an id that is made up if it has
// none.
func (r *Recorder) own(ctx context.Context, e domain.Envelope) (Receipt, error) {
	if e.ID == "" {
		made, err := uuid.NewV7()
		if err != nil {
			return Receipt{}, fmt.Errorf("make an event id: %w", err)
		}
		e.ID = made.String()
	}
	e.Source = domain.OwnSource
	if err := codec.Validate(e); err != nil {
		return Receipt{}, err
	}
	o := r.submit(ctx, []domain.Envelope{e})[0]
	return o.Receipt, o.Err
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
