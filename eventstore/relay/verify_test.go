package relay

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/domain"
)

// records are the places of the messages in a block file of a stopped server, from
// the first to the last. A record begins with its length; the highest bit says that the
// message has headers.
func (b *broker) records() (path string, block []byte, places []int) {
	b.t.Helper()
	path = filepath.Join(b.dir, "jetstream", "$G", "streams", Stream, "msgs", "1.blk")
	block, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	for at := 0; at < len(block); {
		places = append(places, at)
		at += int(binary.LittleEndian.Uint32(block[at:]) &^ (1 << 31))
	}
	return path, block, append(places, len(block))
}

// crashedWithout takes the message out of the stopped server's files and leaves them as
// a crash does, without the index that is written at a stop.
func (b *broker) crashedWithout(position domain.Position) {
	b.t.Helper()
	path, block, at := b.records()
	err := errors.Join(
		os.WriteFile(path, slices.Delete(block, at[position-1], at[position]), 0o600),
		os.Remove(filepath.Join(filepath.Dir(path), "index.db")),
	)
	if err != nil {
		b.t.Fatal(err)
	}
}

// flipped flips a bit of the message in the stopped server's files.
func (b *broker) flipped(position domain.Position) {
	b.t.Helper()
	path, block, at := b.records()
	block[at[position]-20] ^= 1
	if err := os.WriteFile(path, block, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func TestAMessageThatACrashTookFromTheMiddleIsFoundAtTheStart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(10 * compared)
	stop := r.relayed()
	r.broker.stop()
	stop()
	r.broker.crashedWithout(2 * compared)
	r.broker.start()
	r.run().repaired(r.head())
	r.isTheLog()
	if n := r.relay.Stats().Rebuilds; n != 1 {
		t.Errorf("the stream was rebuilt %d times, want 1", n)
	}
}

// relayed runs the relay until the stream has the log.
func (r *rig) relayed() (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.relay.Run(ctx) }()
	read(ctx, r.t, r.source(), 0, r.head())
	return func() { cancel(); <-done }
}

// verify gives the positions at which the stream is not the log.
func (r *rig) verify(js jetstream.JetStream) (differ []domain.Position, read int) {
	r.t.Helper()
	last, err := Verify(r.t.Context(), r.log, js, func(domain.Position) { read++ }, func(p domain.Position, _ error) { differ = append(differ, p) })
	if err != nil || last != r.head() {
		r.t.Fatalf("the stream is at %d, %v", last, err)
	}
	return differ, read
}

func TestVerifyNamesEveryMessageThatTheServerCannotRead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(20)
	stop := r.relayed()
	r.broker.stop()
	stop()
	want := []domain.Position{4, 5, 9, 20}
	for _, p := range want {
		r.broker.flipped(p)
	}
	r.broker.start()
	if differ, read := r.verify(r.broker.connect()); !slices.Equal(differ, want) || read != 20 {
		t.Errorf("%d messages were read, and %v are not the log's, want %v", read, differ, want)
	}
}

func TestVerifyNamesEveryMessageThatIsNotThere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.fill(20)
	deletable := config
	deletable.DenyDelete = false
	stream, err := r.js.CreateStream(t.Context(), deletable)
	if err != nil {
		t.Fatal(err)
	}
	r.relayed()()
	want := []domain.Position{1, 2, 7, 20}
	for _, p := range want {
		if err := stream.DeleteMsg(t.Context(), uint64(p)); err != nil {
			t.Fatal(err)
		}
	}
	if differ, read := r.verify(r.js); !slices.Equal(differ, want) || read != 20 {
		t.Errorf("%d messages were read, and %v are not the log's, want %v", read, differ, want)
	}
}

// lossy is a JetStream on the way from which messages are lost, once.
type lossy struct {
	jetstream.JetStream
	lost map[uint64]bool
}

func (l *lossy) CreateConsumer(ctx context.Context, stream string, config jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	c, err := l.JetStream.CreateConsumer(ctx, stream, config)
	return &lossyConsumer{c, l}, err
}

type lossyConsumer struct {
	jetstream.Consumer
	on *lossy
}

func (c *lossyConsumer) Consume(handle jetstream.MessageHandler, opts ...jetstream.PullConsumeOpt) (jetstream.ConsumeContext, error) {
	return c.Consumer.Consume(func(m jetstream.Msg) {
		meta, err := m.Metadata()
		if err == nil && c.on.lost[meta.Sequence.Stream] {
			delete(c.on.lost, meta.Sequence.Stream)
			return
		}
		handle(m)
	}, opts...)
}

func TestAMessageLostOnItsWayIsNoFaultOfTheStream(t *testing.T) {
	t.Parallel()
	r := newRig(t).run()
	r.fill(100)
	read(t.Context(), t, r.source(), 0, 100)
	lost := func() *lossy { return &lossy{r.js, map[uint64]bool{7: true, 50: true, 51: true}} }

	if differ, read := r.verify(lost()); differ != nil || read != 100 {
		t.Errorf("%d messages were read, and %v are said not to be the log's", read, differ)
	}
	source := r.source()
	source.js = lost()
	if got := read(t.Context(), t, source, 0, 100); len(got) != 100 {
		t.Errorf("the source gave %d events, want 100", len(got))
	}
	if n := r.relay.Stats().Rebuilds; n != 0 {
		t.Errorf("the stream was rebuilt %d times, which nothing calls for", n)
	}
}
