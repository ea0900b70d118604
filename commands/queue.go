package commands

import (
	"context"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// request is a part of what a caller gave, and what became of it. The recorder's
// goroutine owns it until done is closed.
type request struct {
	ctx   context.Context
	lane  string
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
	epoch   uint64 // of the keys that stored is sealed with
	newKeys bool   // they may not be durable yet
	// ahead is the account as of when the caller gave the event: read on the caller's
	// time if the decision will need it.
	ahead   *known
	queued  bool // it was undecided when the recorder got it
	decided bool
	outcome Outcome
}

func (it *item) conclude(o Outcome) {
	it.outcome, it.decided = o, true
	it.request.open--
}

func newRequest(ctx context.Context, lane string, items []item) *request {
	q := &request{ctx: ctx, lane: lane, items: items, since: time.Now(), done: make(chan struct{})}
	for i := range items {
		items[i].request = q
		if !items[i].decided {
			items[i].queued = true
			q.open++
		}
	}
	return q
}

func (r *Recorder) send(q *request) error {
	select {
	case <-r.closing:
		return ErrStopped
	default:
	}
	r.counts.queued.Add(int64(q.open))
	r.lanes.add(q)
	return nil
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
		default: // it came after the last look
			return lost(ErrStopped)
		}
	}
	for i := range q.items {
		outcomes[i] = q.items[i].outcome
	}
	return outcomes
}

// run takes requests until the recorder is closed and none is left.
func (r *Recorder) run() {
	defer close(r.stopped)
	defer r.cancel()
	var company Company
	for {
		for requests := r.next(); len(requests) > 0; requests = r.next() {
			company.Begin()
			r.record(requests)
			company.Gather(len(requests), r.lanes.want, r.lanes.filled, r.closing)
		}
		select {
		case <-r.lanes.filled:
		case <-r.closing:
			for requests := r.next(); len(requests) > 0; requests = r.next() {
				r.record(requests)
			}
			return
		}
	}
}

// next gives the requests whose turn it is, about a batch of events.
func (r *Recorder) next() []*request { return r.lanes.take(r.o.BatchEvents) }

// record decides and appends events of the requests. What has to wait until those are in
// the log goes back to the lanes, so that others have their turn meanwhile.
func (r *Recorder) record(requests []*request) {
	for _, q := range requests {
		if err := r.given(q); err != nil {
			q.abandon(err)
		}
	}
	r.advance(requests)
	var rest []*request
	for _, q := range requests {
		if q.open > 0 {
			rest = append(rest, q)
		} else {
			r.finish(q)
		}
	}
	r.lanes.giveBack(rest)
}

// given is an error if nobody waits for the request any more.
func (r *Recorder) given(q *request) error {
	if r.ctx.Err() != nil {
		return ErrStopped
	}
	return context.Cause(q.ctx)
}

func (q *request) abandon(err error) {
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
