package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// compared is how many of the stream's last messages are held against the log before
// anything is added. Where the two have parted, as after a restore, they differ there. What
// a crash takes from the middle shows in the stream's own count, which its server makes anew
// from all its files when it was not stopped in good order; see dense.
const compared = 64

// config is LEDGER's. Nobody needs its messages synced: the relay publishes again
// what a crash took from its end.
var config = jetstream.StreamConfig{
	Name:        Stream,
	Description: "Every event of the ledger; the sequence is the position in the log.",
	Subjects:    []string{"ledger.>"},
	Storage:     jetstream.FileStorage,
	PersistMode: jetstream.AsyncPersistMode,
	Retention:   jetstream.LimitsPolicy,
	AllowDirect: true,
	DenyDelete:  true,
	DenyPurge:   true,
}

// mismatch says that the stream is not a copy of the log.
type mismatch struct{ why string }

func (m *mismatch) Error() string { return "the stream LEDGER is not the log's: " + m.why }

// prepare makes sure of the stream, compares it with the log, makes it again if it is
// not a copy, and gives the position it has reached.
func (r *Relay) prepare(ctx context.Context) (domain.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*requestTimeout)
	defer cancel()
	stream, err := r.js.Stream(ctx, Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, r.create(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("look up stream %s: %w", Stream, err)
	}
	last, err := r.compare(ctx, stream)
	if damage, ok := errors.AsType[*mismatch](err); ok {
		return 0, r.rebuild(ctx, damage)
	}
	return last, err
}

func (r *Relay) create(ctx context.Context) error {
	if _, err := r.js.CreateStream(ctx, config); err != nil {
		return fmt.Errorf("create stream %s: %w", Stream, err)
	}
	return nil
}

// rebuild starts the stream anew; the session then publishes the whole log.
func (r *Relay) rebuild(ctx context.Context, why error) error {
	r.logger.Error("stream LEDGER is thrown away and made again from the log", zap.Error(why))
	r.rebuilds.Add(1)
	if err := r.js.DeleteStream(ctx, Stream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("delete stream %s: %w", Stream, err)
	}
	return r.create(ctx)
}

// compare holds the stream's shape and its last messages against the log.
func (r *Relay) compare(ctx context.Context, stream jetstream.Stream) (domain.Position, error) {
	// First of all: whatever else it is, somebody else's stream is not thrown away.
	if subjects := stream.CachedInfo().Config.Subjects; !slices.Equal(subjects, config.Subjects) {
		return 0, fmt.Errorf("stream %s is somebody else's: its subjects are %v, not %v", Stream, subjects, config.Subjects)
	}
	state := stream.CachedInfo().State
	if err := dense(state); err != nil {
		return 0, err
	}
	last := domain.Position(state.LastSeq)
	head, err := r.log.Head(ctx)
	if err != nil {
		return 0, fmt.Errorf("head of the log: %w", err)
	}
	if last > head {
		return 0, &mismatch{fmt.Sprintf("it has %d messages, the log %d events", last, head)}
	}
	after := last - min(last, compared)
	for e, err := range r.log.ReadLog(ctx, after) {
		if err != nil {
			return 0, fmt.Errorf("read the log: %w", err)
		}
		if e.Position > last {
			break
		}
		if err := held(ctx, stream, e); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// held asks for the event's message, which has to be the event.
func held(ctx context.Context, stream jetstream.Stream, e eventstore.Recorded) error {
	record, err := decode(e)
	if err != nil {
		return err
	}
	got, err := stream.GetMsg(ctx, uint64(e.Position))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return &mismatch{fmt.Sprintf("there is no message at %d", e.Position)}
	case err != nil:
		return fmt.Errorf("read message %d of %s: %w", e.Position, Stream, err)
	case !same(got, message(record)):
		return &mismatch{fmt.Sprintf("the message at %d is not the log's event", e.Position)}
	}
	return nil
}

// dense checks that the stream has every message from 1 on.
func dense(state jetstream.StreamState) error {
	if state.LastSeq > 0 && (state.FirstSeq != 1 || state.Msgs != state.LastSeq) {
		return &mismatch{fmt.Sprintf("it has %d messages from %d to %d", state.Msgs, state.FirstSeq, state.LastSeq)}
	}
	return nil
}
