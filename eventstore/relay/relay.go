// Package relay copies the log, in order, on to the JetStream stream LEDGER, whose
// sequence is the log's position; and reads it back from there.
//
// Every event is one message on ledger.<family>.<fact>, a CloudEvent in binary mode as
// the NATS protocol binding has it. The body is the data as JSON. Each attribute is a
// header, percent-encoded where it is not plain ASCII, as in the HTTP binding:
//
//	ce-specversion, ce-id, ce-source, ce-type, ce-subject, ce-time, ce-datacontenttype
//	ce-sequence       the log's position, which is the stream's sequence too
//	ce-revision       the place in the account's stream
//	ce-recordedtime   when the ledger accepted the event
//	ce-partitionkey   the account
//	ce-timeassumed    if the emitter gave no time and ce-time is the time of receipt
//	ce-recordedby     who had it recorded: the id of a token, say, if that is known
//	ce-target         for entry.*, the position of the event it speaks of
//	ce-actor, ce-correlationid, ce-causationid, ce-traceparent   if the emitter gave them
//
// Header names are exactly these, in lower case.
package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Stream is the JetStream stream's name.
const Stream = "LEDGER"

const (
	// retryFirst and retryAtMost bound the wait after a failure.
	retryFirst  = 50 * time.Millisecond
	retryAtMost = 5 * time.Second
	// requestTimeout bounds each question to the server.
	requestTimeout = 5 * time.Second
)

// Log is what the relay needs of the event log.
type Log interface {
	ReadLog(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
	Follow(ctx context.Context, after domain.Position) iter.Seq2[eventstore.Recorded, error]
	Head(ctx context.Context) (domain.Position, error)
}

// Relay copies the log to the stream. It alone writes there; each publish names the
// sequence before it, so that the server refuses whatever would break the order. The
// log is the record: where the stream differs from it, the stream is thrown away.
type Relay struct {
	log    Log
	js     jetstream.JetStream
	logger *zap.Logger

	position  atomic.Uint64
	published atomic.Uint64
	rebuilds  atomic.Uint64

	mu  sync.Mutex
	err error
}

// New makes a relay; it starts with [Relay.Run].
func New(log Log, js jetstream.JetStream, logger *zap.Logger) *Relay {
	return &Relay{log: log, js: js, logger: logger}
}

// Run copies until ctx ends. Failures are logged and tried again; it returns ctx's
// error.
func (r *Relay) Run(ctx context.Context) error {
	wait := retryFirst
	for {
		before := r.position.Load()
		err := r.session(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if r.position.Load() != before {
			wait = retryFirst
		}
		r.setErr(err)
		r.logger.Warn("relay to NATS interrupted", zap.Error(err), zap.Duration("retry_in", wait),
			zap.Uint64("position", r.position.Load()))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait = min(2*wait, retryAtMost)
	}
}

// session brings the stream in line with the log and copies until something fails.
func (r *Relay) session(ctx context.Context) error {
	ctx, cancel := Connected(ctx, r.js.Conn())
	defer cancel()
	last, err := r.prepare(ctx)
	if err != nil {
		return cmp.Or(context.Cause(ctx), err)
	}
	r.position.Store(uint64(last))
	r.setErr(nil)
	return newPipeline(r, last).run(ctx)
}

// Stats is how the relay is doing.
type Stats struct {
	// Position is the last event in the stream.
	Position domain.Position
	// Published counts the events published, again after a rebuild too.
	Published uint64
	// Rebuilds counts how often the stream was found to differ from the log.
	Rebuilds uint64
	// Err is why nothing is moving now; nil if all is well.
	Err error
}

// Stats gives the current figures.
func (r *Relay) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Stats{
		Position:  domain.Position(r.position.Load()),
		Published: r.published.Load(),
		Rebuilds:  r.rebuilds.Load(),
		Err:       r.err,
	}
}

// Lag is how many events of the log are not in the stream yet.
func (r *Relay) Lag(ctx context.Context) (uint64, error) {
	head, err := r.log.Head(ctx)
	if err != nil {
		return 0, fmt.Errorf("relay lag: %w", err)
	}
	return uint64(head) - min(uint64(head), r.position.Load()), nil
}

func (r *Relay) setErr(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// isCanceled reports whether the error is about a context, and so is not the cause.
func isCanceled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
