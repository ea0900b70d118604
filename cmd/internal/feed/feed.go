// Package feed publishes what the projections answer: the current answers in NATS KV
// buckets, and a message for each change.
package feed

import (
	"context"
	"errors"
	"iter"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// Projection is a projection to publish.
type Projection struct {
	// Name is the projection's, and its bucket's.
	Name string
	// Bucket says whether there is a KV bucket; without one only changes are published.
	Bucket bool
	// Accounts yields every account that has answers.
	Accounts func(ctx context.Context) iter.Seq2[domain.AccountID, error]
	// Render gives an account's current answers as JSON, by key: the account itself, or
	// the ids of its items. No answers is an empty map.
	Render func(ctx context.Context, account domain.AccountID) (map[string][]byte, error)
}

// Feed publishes answers and changes.
type Feed struct{}

// New makes a feed; it starts with [Feed.Run].
func New(nc *nats.Conn, logger *zap.Logger, projections ...Projection) (*Feed, error) {
	return &Feed{}, nil
}

// Applied tells the feed that a projection has folded a batch of events and committed
// it. It never blocks.
func (f *Feed) Applied(projection string, batch []codec.Record) {}

// Run publishes until ctx ends, beginning with what differs from the buckets.
func (f *Feed) Run(ctx context.Context) error { return errors.ErrUnsupported }
