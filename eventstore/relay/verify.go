package relay

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Verify reads the whole stream beside the log and calls differ for each position at
// which it has not the log's event. It gives how many messages the stream has. A stream
// that is shorter than the log is no fault: the relay has still to copy the rest.
func Verify(ctx context.Context, log Log, js jetstream.JetStream, read func(domain.Position), differ func(domain.Position, error)) (domain.Position, error) {
	stream, err := js.Stream(ctx, Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look up stream %s: %w", Stream, err)
	}
	last := domain.Position(stream.CachedInfo().State.LastSeq)
	head, err := log.Head(ctx)
	if err != nil {
		return last, fmt.Errorf("head of the log: %w", err)
	}
	if last > head {
		differ(head+1, &mismatch{fmt.Sprintf("it has %d messages, the log %d events", last, head)})
	}
	c, err := consume(ctx, js, 0)
	if err != nil {
		return last, err
	}
	defer c.stop()
	next, stop := iter.Pull2(log.ReadLog(ctx, 0))
	defer stop()
	v := verification{stream: stream, consumer: c}
	for p := domain.Position(1); p <= min(last, head); p++ {
		e, err, _ := next()
		if err != nil {
			return last, fmt.Errorf("read the log: %w", err)
		}
		err = v.compare(ctx, e)
		if _, ok := errors.AsType[*mismatch](err); ok {
			differ(p, err)
		} else if err != nil {
			return last, err
		}
		if read != nil {
			read(p)
		}
	}
	return last, nil
}

// verification reads the stream as its consumers do.
type verification struct {
	stream   jetstream.Stream
	consumer *consumer
	message  jetstream.Msg // the next one; nil if it is to be awaited
	at       domain.Position
	silent   bool // nothing came for a while; the rest is asked for by name
}

// compare holds the message at the event's position against the event. One that was not
// delivered is asked for by name: only if that does not bring it, it is not there.
func (v *verification) compare(ctx context.Context, e eventstore.Recorded) error {
	if !v.silent && v.message == nil {
		if err := v.advance(ctx); err != nil {
			return err
		}
	}
	if v.silent || v.at != e.Position {
		return held(ctx, v.stream, e)
	}
	m := v.message
	v.message = nil
	record, err := decode(e)
	if err != nil {
		return err
	}
	if !same(&jetstream.RawStreamMsg{Subject: m.Subject(), Header: m.Headers(), Data: m.Data()}, message(record)) {
		return &mismatch{"its message is not the event"}
	}
	return nil
}

// advance waits for the next message, but not for ever: a server says nothing of a
// message at the end that it cannot read.
func (v *verification) advance(ctx context.Context) error {
	patience, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	m, err := v.consumer.next(patience)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		v.silent = true
		return nil
	}
	if err != nil {
		return err
	}
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("metadata of a message of %s: %w", Stream, err)
	}
	v.message, v.at = m, domain.Position(meta.Sequence.Stream)
	return nil
}
