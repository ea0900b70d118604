package commands

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Stats is how the recorder is doing.
type Stats struct {
	// QueuedEvents are waiting or in work now.
	QueuedEvents int
	// Events since the start, by what became of them. Rejected includes conflicts of
	// identity; Failed is what the log could not take or nobody waited for.
	Recorded, Duplicates, Rejected, Failed uint64
	// Batches is how often the log was appended to, Retries how often a decision was
	// made again because another writer was faster.
	Batches, Retries uint64
	// Waited is how long requests waited for their outcomes in all, and Requests how
	// many there were.
	Waited   time.Duration
	Requests uint64
	// CachedAccounts and CachedBytes are about the state held in memory.
	CachedAccounts, CachedBytes int
}

// Stats is how the recorder is doing now. It may be asked at any time.
func (r *Recorder) Stats() Stats {
	c := &r.counts
	return Stats{
		QueuedEvents:   int(c.queued.Load()),
		Recorded:       c.recorded.Load(),
		Duplicates:     c.duplicates.Load(),
		Rejected:       c.rejected.Load(),
		Failed:         c.failed.Load(),
		Batches:        c.batches.Load(),
		Retries:        c.retries.Load(),
		Waited:         time.Duration(c.waited.Load()),
		Requests:       c.requests.Load(),
		CachedAccounts: int(r.accounts.count.Load()),
		CachedBytes:    int(r.accounts.bytes.Load()),
	}
}

type counters struct {
	queued                                 atomic.Int64
	recorded, duplicates, rejected, failed atomic.Uint64
	batches, retries                       atomic.Uint64
	waited                                 atomic.Int64
	requests                               atomic.Uint64
}

func (c *counters) count(q *request) {
	var queued int64
	for i := range q.items {
		if q.items[i].queued {
			queued++
			c.outcome(q.items[i].outcome)
		}
	}
	c.queued.Add(-queued)
	c.requests.Add(1)
	c.waited.Add(int64(time.Since(q.since)))
}

func (c *counters) outcome(o Outcome) {
	var refusal *domain.Refusal
	switch {
	case o.Err == nil && o.Receipt.Duplicate:
		c.duplicates.Add(1)
	case o.Err == nil:
		c.recorded.Add(1)
	case errors.As(o.Err, &refusal), errors.Is(o.Err, eventstore.ErrIdentityConflict):
		c.rejected.Add(1)
	default:
		c.failed.Add(1)
	}
}
