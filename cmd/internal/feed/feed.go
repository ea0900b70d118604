// Package feed publishes what the projections answer: the current answers in NATS KV
// buckets, and a message for each change.
//
// A bucket has the projection's name and a key per account, or per item of an account.
// Keys are the ids themselves where NATS allows it; [Key] says how the rest is written.
// Values are the JSON that HTTP gives.
//
// What moved is told on changes.<projection>.<account>, after the bucket has it:
//
//	{"projection","account","position","positions":[...],"types":[...]}
//
// with the last event behind the change as position, all of them (the last 100 at
// most) as positions, and their types. Events that come while an answer is being made
// are told together. These messages are not kept; who must not miss one reads LEDGER.
package feed

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// Projection is a projection to publish.
type Projection struct {
	// Name is the projection's, and its bucket's.
	Name string
	// Accounts yields every account that has answers; the ledger itself may be one.
	Accounts func(ctx context.Context) iter.Seq2[domain.AccountID, error]
	// Render gives an account's current answers as JSON, by id: the account's, or its
	// items', which begin with the account and a tilde. No answers is an empty map.
	// Without Render there is no bucket, and only changes are told.
	Render func(ctx context.Context, account domain.AccountID) (map[string][]byte, error)
	// Answer is a value of the type that Render gives as JSON, for the AsyncAPI document.
	Answer any
	// Refresh is how often every answer is made again because answers change with time
	// alone; 0 is never.
	Refresh time.Duration
}

// Feed publishes answers and changes.
type Feed struct {
	parts map[string]*part
}

// New makes a feed; it starts with [Feed.Run].
func New(nc *nats.Conn, logger *zap.Logger, projections ...Projection) (*Feed, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	f := &Feed{parts: make(map[string]*part, len(projections))}
	for _, p := range projections {
		f.parts[p.Name] = newPart(p, nc, js, logger)
	}
	// A server that was replaced may have lost the last answers: they are not synced.
	nc.SetReconnectHandler(func(*nats.Conn) {
		for _, p := range f.parts {
			p.dirt.all(true)
		}
	})
	return f, nil
}

// Applied tells the feed that a projection has folded a batch of events and committed
// it; no batch says that its answers may have changed as a whole. It never blocks. A
// projection the feed does not know is left alone.
func (f *Feed) Applied(projection string, batch []codec.Record) {
	p, ok := f.parts[projection]
	switch {
	case !ok:
	case len(batch) == 0:
		p.dirt.all(false)
	default:
		p.dirt.add(batch)
	}
}

// Run publishes until ctx ends, beginning with what differs from the buckets. It
// returns ctx's error; all others are logged and tried again.
func (f *Feed) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	for _, p := range f.parts {
		parts.Go(func() { p.run(ctx) })
	}
	parts.Wait()
	return ctx.Err()
}
