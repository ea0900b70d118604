package relay

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Verify reads the whole stream beside the log and calls differ for each position at
// which it has not the log's event: the stream is at fault there, and the relay will
// make it again. It gives how many messages the stream has. A stream that is shorter than
// the log is no fault: the relay has still to copy the rest.
func Verify(ctx context.Context, log Log, js jetstream.JetStream, read func(domain.Position), differ func(domain.Position, error)) (domain.Position, error) {
	stream, err := js.Stream(ctx, Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look up stream %s: %w", Stream, err)
	}
	state := stream.CachedInfo().State
	last := domain.Position(state.LastSeq)
	head, err := log.Head(ctx)
	if err != nil {
		return last, fmt.Errorf("head of the log: %w", err)
	}
	if err := dense(state); err != nil {
		differ(domain.Position(state.FirstSeq), err)
		return last, nil
	}
	if last > head {
		differ(head+1, &mismatch{fmt.Sprintf("it has %d messages, the log %d events", last, head)})
	}
	source := NewSource(js, zap.NewNop())
	_, messages, err := source.consume(ctx, 0)
	if err != nil {
		return last, err
	}
	defer messages.Stop()
	next, stop := iter.Pull2(log.ReadLog(ctx, 0))
	defer stop()
	for p := domain.Position(1); p <= min(last, head); p++ {
		e, err, _ := next()
		if err != nil {
			return last, fmt.Errorf("read the log: %w", err)
		}
		if err := compareNext(ctx, messages, e); err != nil {
			if !isMismatch(err) {
				return last, err
			}
			differ(p, err)
			if errors.Is(err, errSkipped) {
				return last, nil // what follows is not where it belongs
			}
		}
		if read != nil {
			read(p)
		}
	}
	return last, nil
}

func isMismatch(err error) bool {
	_, ok := errors.AsType[*mismatch](err)
	return ok || errors.Is(err, errSkipped)
}

// compareNext holds the next message against the event.
func compareNext(ctx context.Context, messages jetstream.MessagesContext, e eventstore.Recorded) error {
	record, err := decode(e)
	if err != nil {
		return err
	}
	m, err := messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return fmt.Errorf("next message of %s: %w", Stream, err)
	}
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("metadata of a message of %s: %w", Stream, err)
	}
	if at := domain.Position(meta.Sequence.Stream); at != e.Position {
		return fmt.Errorf("%w: %d came after %d", errSkipped, at, e.Position-1)
	}
	if !same(&jetstream.RawStreamMsg{Subject: m.Subject(), Header: m.Headers(), Data: m.Data()}, message(record)) {
		return &mismatch{"its message is not the event"}
	}
	return nil
}
