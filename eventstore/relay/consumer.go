package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/domain"
)

const (
	// pullEvents and pullBytes are how much is asked for ahead. Wide, because replay
	// would otherwise spend its time on round trips; not wider, because what has come and
	// is not folded yet fills the memory, four kilobytes for an event with its headers.
	// A message that is larger than pullBytes would never come: it has to be more than
	// a server's largest payload.
	pullEvents = 2048
	pullBytes  = 16 << 20
	// heartbeat is how often the server says that it is still there when there is
	// nothing to deliver; two missing ones end a consumer.
	heartbeat = time.Second
	// handedOver is how many messages wait for the reader beside those asked for ahead.
	handedOver = 128
)

// consumer delivers the stream's messages, in order. It lives in the server's
// memory and goes away by itself when nobody asks it any more.
//
// The client's own iterator, Messages, is not good enough: it has room for as many messages
// as were asked for, but what the server says besides (that a request is fulfilled, that
// it is still there) takes room as well, and what finds none is dropped. So a reader
// that paused at the wrong moment lacked a message. A callback's queue has room to spare.
type consumer struct {
	arrived chan jetstream.Msg
	failed  chan error
	stopped chan struct{}
	context jetstream.ConsumeContext
}

// consume opens a consumer that begins after the position. Whoever opens it stops it.
func consume(ctx context.Context, js jetstream.JetStream, after domain.Position) (*consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	made, err := js.CreateConsumer(ctx, Stream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       uint64(after) + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, fmt.Errorf("consumer of %s: %w", Stream, err)
	}
	c := &consumer{
		arrived: make(chan jetstream.Msg, handedOver),
		failed:  make(chan error, 1),
		stopped: make(chan struct{}),
	}
	c.context, err = made.Consume(c.take,
		jetstream.PullMaxMessagesWithBytesLimit(pullEvents, pullBytes),
		jetstream.PullHeartbeat(heartbeat),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { c.fail(err) }),
	)
	if err != nil {
		return nil, fmt.Errorf("consumer of %s: %w", Stream, err)
	}
	return c, nil
}

// take holds the client's queue up until there is room.
func (c *consumer) take(m jetstream.Msg) {
	select {
	case c.arrived <- m:
	case <-c.stopped:
	}
}

func (c *consumer) fail(err error) {
	select {
	case c.failed <- err:
	default: // the first one says enough
	}
}

// next waits for the next message. After an error no more come.
func (c *consumer) next(ctx context.Context) (m jetstream.Msg, err error) {
	select {
	case m = <-c.arrived:
		return m, nil
	case err = <-c.failed:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return nil, fmt.Errorf("next message of %s: %w", Stream, err)
}

func (c *consumer) stop() {
	close(c.stopped)
	c.context.Stop()
}
