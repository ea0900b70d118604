package commands

import (
	"context"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Options are the recorder's measures; a zero value stands for the default.
type Options struct {
	// Now is the clock that dates events which came without a time; [time.Now].
	Now func() time.Time
	// QueueEvents is how many events may wait; 8192. Callers wait for room.
	QueueEvents int
	// BatchEvents is how many events are appended together at most; 512. A request
	// with more is recorded in several appends.
	BatchEvents int
	// CacheBytes is about how much memory the state of accounts may take; 64 MiB.
	CacheBytes int
}

// Stats is how the recorder is doing.
type Stats struct {
	// QueuedEvents are waiting or in work now.
	QueuedEvents int
	// Since the start:
	Recorded, Duplicates, Rejected, Failed uint64
	// Batches is how often the log was appended to; Retries how often a decision was
	// made again because another writer was faster.
	Batches, Retries uint64
	// Waited is how long events waited for their outcome, in all.
	Waited time.Duration
	// CachedAccounts and CachedBytes are the state held.
	CachedAccounts, CachedBytes int
}

// Recorder has events recorded.
type Recorder struct{}

// NewRecorder starts a recorder on the log; [Recorder.Close] ends it.
func NewRecorder(log Log, o Options) *Recorder { return &Recorder{} }

// Record has the events recorded, in this order, each on its own merits: one that is
// refused does not keep the others out. Outcomes are in the order of the events.
func (r *Recorder) Record(ctx context.Context, events []domain.Envelope) []Outcome { return nil }

// Stats is how the recorder is doing now.
func (r *Recorder) Stats() Stats { return Stats{} }

// Close takes no more events, finishes those it has, and returns when that is done or
// ctx ends.
func (r *Recorder) Close(ctx context.Context) error { return nil }
