package ingress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/eventstore/relay"
)

const (
	// consumerName is the consumer that takes from INBOX.
	consumerName = "recorder"
	// held is how many messages are taken from the stream and not yet done with. They
	// are all kept from being delivered again, however long they wait.
	held = 256
	// ackWait is how soon a message comes again after whoever had it is gone.
	ackWait = 30 * time.Second
	// retryFirst and retryAtMost bound the wait after a failure.
	retryFirst  = 100 * time.Millisecond
	retryAtMost = 5 * time.Second
)

// subscriber takes messages from INBOX for Watermill.
//
// Watermill's router handles every message in a goroutine of its own, so the order is
// kept here: a message is handed on when the one before it of the same subject is
// acknowledged. A message that is not acknowledged is handed on again, before any that
// follows it.
type subscriber struct {
	js     jetstream.JetStream
	logger *zap.Logger
}

var _ message.Subscriber = (*subscriber)(nil)

// Subscribe hands on messages until ctx ends. The channel closes after the last of
// them is done with.
func (s *subscriber) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	l := &lanes{ctx: ctx, out: out, held: make(map[place]jetstream.Msg), waiting: make(map[string][]delivery)}
	go func() {
		defer close(out)
		defer l.done.Wait()
		s.take(ctx, l)
	}()
	return out, nil
}

// Close does nothing: Subscribe's context ends it.
func (s *subscriber) Close() error { return nil }

// take reads the stream until ctx ends, beginning again after every failure.
func (s *subscriber) take(ctx context.Context, l *lanes) {
	l.done.Go(l.keep)
	wait := retryFirst
	for ctx.Err() == nil {
		n, err := s.read(ctx, l)
		if ctx.Err() != nil {
			return
		}
		if n > 0 {
			wait = retryFirst
		}
		s.logger.Warn("reading the inbox interrupted", zap.Error(err), zap.Duration("retry_in", wait))
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, retryAtMost)
	}
}

// read gives the lanes what one consumer delivers, as long as that is without gaps.
func (s *subscriber) read(ctx context.Context, l *lanes) (n uint64, err error) {
	ctx, cancel := relay.Connected(ctx, s.js.Conn())
	defer cancel()
	consumer, err := s.consumer(ctx)
	if err != nil {
		return 0, fmt.Errorf("consumer of %s: %w", inboxStream, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(held), jetstream.PullHeartbeat(time.Second))
	if err != nil {
		return 0, fmt.Errorf("consumer of %s: %w", inboxStream, err)
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return n, fmt.Errorf("next message of %s: %w", inboxStream, cmp.Or(context.Cause(ctx), err))
		}
		meta, err := m.Metadata()
		if err != nil {
			return n, fmt.Errorf("message of %s: %w", inboxStream, err)
		}
		if n++; meta.Sequence.Consumer != n {
			return n, fmt.Errorf("message of %s: delivery %d came instead of %d", inboxStream, meta.Sequence.Consumer, n)
		}
		l.add(delivery{Msg: m, sequence: meta.Sequence.Stream, received: meta.Timestamp})
	}
}

// consumer makes the consumer anew. One that is taken up again would first go on with
// messages it has not given out yet, and come back to those it has only after ackWait:
// out of order. A new one begins with the oldest message that is not acknowledged. So
// there is nothing of it to keep on disk, where it could be damaged: the server opens
// no stream that has a consumer it cannot read.
func (s *subscriber) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, retryAtMost)
	defer cancel()
	if _, err := openStreams(ctx, s.js); err != nil {
		return nil, err
	}
	err := s.js.DeleteConsumer(ctx, inboxStream, consumerName)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, err
	}
	return s.js.CreateConsumer(ctx, inboxStream, jetstream.ConsumerConfig{
		Name:          consumerName,
		MemoryStorage: true,
		// After which the server forgets it, if nobody asks for messages.
		InactiveThreshold: time.Minute,
		AckPolicy:         jetstream.AckExplicitPolicy,
		AckWait:           ackWait,
		MaxAckPending:     held,
		MaxDeliver:        -1,
	})
}

// delivery is a message of INBOX.
type delivery struct {
	jetstream.Msg
	sequence uint64
	received time.Time
}

// place tells messages apart, those of a stream that was made again included: its
// sequences begin anew.
type place struct {
	sequence uint64
	received int64
}

func (d delivery) place() place { return place{d.sequence, d.received.UnixNano()} }

type deliveryKey struct{}

// deliveryOf is the delivery that the Watermill message stands for: NATS headers may
// have several values, Watermill's metadata may not.
func deliveryOf(m *message.Message) delivery {
	return m.Context().Value(deliveryKey{}).(delivery)
}

// lanes keeps the messages of each subject in order.
type lanes struct {
	ctx  context.Context
	out  chan<- *message.Message
	done sync.WaitGroup

	mu      sync.Mutex
	held    map[place]jetstream.Msg // waiting or being handled
	waiting map[string][]delivery   // by subject; an entry means that a lane is at work
}

// add puts the message at the end of its lane.
func (l *lanes) add(d delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, again := l.held[d.place()]; again {
		// Delivered a second time although we have it: acknowledging one is enough.
		l.held[d.place()] = d.Msg
		return
	}
	l.held[d.place()] = d.Msg
	lane, busy := l.waiting[d.Subject()]
	l.waiting[d.Subject()] = append(lane, d)
	if !busy {
		l.done.Go(func() { l.work(d.Subject()) })
	}
}

// work hands on the messages of a subject until there are no more.
func (l *lanes) work(subject string) {
	for {
		l.mu.Lock()
		lane := l.waiting[subject]
		if len(lane) == 0 || l.ctx.Err() != nil {
			delete(l.waiting, subject)
			l.mu.Unlock()
			return
		}
		next := lane[0]
		l.waiting[subject] = lane[1:]
		l.mu.Unlock()
		l.handOn(next)
	}
}

// handOn gives the message to the router until it is acknowledged there, and then
// acknowledges it to the server.
func (l *lanes) handOn(d delivery) {
	wait := retryFirst
	for {
		m := message.NewMessage(strconv.FormatUint(d.sequence, 10), d.Data())
		m.SetContext(context.WithValue(l.ctx, deliveryKey{}, d))
		select {
		case l.out <- m:
		case <-l.ctx.Done():
			return
		}
		select {
		case <-m.Acked():
			l.finish(d)
			return
		case <-m.Nacked():
		}
		select {
		case <-l.ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, retryAtMost)
	}
}

// finish acknowledges the message. Should that get lost, it comes again and is then a
// duplicate.
func (l *lanes) finish(d delivery) {
	l.mu.Lock()
	m := l.held[d.place()]
	delete(l.held, d.place())
	l.mu.Unlock()
	_ = m.Ack()
}

// keep tells the server, until ctx ends, that the messages held are not forgotten.
func (l *lanes) keep() {
	tick := time.NewTicker(ackWait / 3)
	defer tick.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
		}
		l.mu.Lock()
		for _, m := range l.held {
			_ = m.InProgress() // if it fails, the message comes again
		}
		l.mu.Unlock()
	}
}
