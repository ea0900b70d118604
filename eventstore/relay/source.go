package relay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// Source reads the stream. It carries on over restarts of the server and rebuilds of
// the stream, from the position it had reached.
type Source struct {
	js     jetstream.JetStream
	logger *zap.Logger
}

// NewSource makes a source of the stream's events.
func NewSource(js jetstream.JetStream, logger *zap.Logger) *Source {
	return &Source{js: js, logger: logger}
}

// Head is the position of the last event in the stream; 0 if there is none.
func (s *Source) Head(ctx context.Context) (domain.Position, error) {
	stream, err := s.js.Stream(ctx, Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("head of stream %s: %w", Stream, err)
	}
	return domain.Position(stream.CachedInfo().State.LastSeq), nil
}

// DamageError says that the stream has not what the log has at the position.
type DamageError struct {
	Position domain.Position
	Err      error
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("stream %s at %d: %v", Stream, e.Position, e.Err)
}

func (e *DamageError) Unwrap() error { return e.Err }

// Follow yields every event after the position, in order and without gaps, and goes
// on with new ones until ctx ends (then it yields ctx's error) or the stream is damaged
// (a [*DamageError]). Trouble with the connection is logged and waited out.
func (s *Source) Follow(ctx context.Context, after domain.Position) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		wait := retryFirst
		for {
			before := after
			err := s.read(ctx, &after, yield)
			if err == nil {
				return
			}
			if ctx.Err() != nil {
				yield(codec.Record{}, ctx.Err())
				return
			}
			if _, damaged := errors.AsType[*DamageError](err); damaged {
				yield(codec.Record{}, err)
				return
			}
			if after != before {
				wait = retryFirst
			}
			s.logger.Warn("reading LEDGER interrupted", zap.Error(err), zap.Duration("retry_in", wait),
				zap.Uint64("position", uint64(after)))
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
			wait = min(2*wait, retryAtMost)
		}
	}
}

// read yields events from one consumer until it fails, or yield wants no more.
func (s *Source) read(ctx context.Context, after *domain.Position, yield func(codec.Record, error) bool) error {
	ctx, cancel := Connected(ctx, s.js.Conn())
	defer cancel()
	consumer, err := consume(ctx, s.js, *after)
	if err != nil {
		return err
	}
	defer consumer.stop()
	for {
		m, err := consumer.next(ctx)
		if err != nil {
			return err
		}
		r, err := s.decode(m, *after+1)
		if err != nil {
			return err
		}
		*after = r.Position
		if !yield(r, nil) {
			return nil
		}
	}
}

// errSkipped is a message that did not come on a consumer, as when the connection was
// lost; a new one tells whether it is there.
var errSkipped = errors.New("messages were skipped")

// decode reads the message, which has to be the event at the position.
func (s *Source) decode(m jetstream.Msg, want domain.Position) (codec.Record, error) {
	meta, err := m.Metadata()
	if err != nil {
		return codec.Record{}, fmt.Errorf("metadata of a message of %s: %w", Stream, err)
	}
	if got := domain.Position(meta.Sequence.Stream); got != want {
		if meta.Sequence.Consumer == 1 && got > want {
			return codec.Record{}, &DamageError{want, fmt.Errorf("there is no message before %d", got)}
		}
		return codec.Record{}, fmt.Errorf("%w: got %d after %d", errSkipped, got, want-1)
	}
	r, err := record(m.Headers(), m.Data())
	if err != nil {
		return codec.Record{}, &DamageError{want, err}
	}
	if r.Position != want {
		return codec.Record{}, &DamageError{want, fmt.Errorf("it says it is at %d", r.Position)}
	}
	return r, nil
}
