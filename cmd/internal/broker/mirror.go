package broker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"
)

// originKey is where a mirror's metadata says of which stream it is a mirror: when
// that one was made. A stream made again needs a new mirror.
const originKey = "rapport_origin"

// mirrors keeps, for every stream of the account RAPPORT that is for all to read, a
// mirror of the same name in the account PUBLIC.
type mirrors struct {
	logger       *zap.Logger
	origins      jetstream.JetStream
	copies       jetstream.JetStream
	connections  []*nats.Conn
	somethingNew chan struct{}
}

func public(stream string) bool { return stream == "LEDGER" || strings.HasPrefix(stream, "KV_") }

// startMirrors puts the mirrors right once, before anybody can write, and then keeps
// them.
func (b *Broker) startMirrors() error {
	m := &mirrors{logger: b.logger, somethingNew: make(chan struct{}, 1)}
	for role, js := range map[Role]*jetstream.JetStream{keeper: &m.origins, publicKeeper: &m.copies} {
		nc, err := b.Connect(role)
		if err != nil {
			m.close()
			return err
		}
		m.connections = append(m.connections, nc)
		nc.SetReconnectHandler(func(*nats.Conn) { m.look() })
		if _, err := nc.Subscribe("$JS.EVENT.ADVISORY.STREAM.>", func(*nats.Msg) { m.look() }); err != nil {
			m.close()
			return err
		}
		if *js, err = jetstream.New(nc); err != nil {
			m.close()
			return err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := m.repair(ctx, true); err != nil {
		b.logger.Warn("mirrors for NATS clients", zap.Error(err))
	}
	b.background.Go(func() {
		defer m.close()
		m.keep(ctx)
	})
	b.background.Go(func() {
		<-b.stop
		cancel()
	})
	return nil
}

func (m *mirrors) close() {
	for _, nc := range m.connections {
		nc.Close()
	}
}

func (m *mirrors) look() {
	select {
	case m.somethingNew <- struct{}{}:
	default:
	}
}

// keep repairs the mirrors whenever the server tells of a stream made or deleted, and
// now and then, as advisories can be missed.
func (m *mirrors) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.somethingNew:
		case <-time.After(5 * time.Second):
		}
		if !m.origins.Conn().IsConnected() || !m.copies.Conn().IsConnected() {
			continue // coming back, they look again
		}
		if err := m.repair(ctx, false); err != nil && ctx.Err() == nil {
			m.logger.Warn("mirrors for NATS clients", zap.Error(err))
		}
	}
}

// repair makes the mirrors what they should be. LEDGER's has every message from 1 on; one
// that lost some, as a loss of power may bring about, is replaced, because those who read
// it would not notice. At the start a mirror of a bucket that is ahead of its origin is
// replaced, too: the origin lost its tail in a crash, and other values will take those
// places. LEDGER's places never get another value.
func (m *mirrors) repair(ctx context.Context, atStart bool) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	copies := make(map[string]*jetstream.StreamInfo)
	listed := m.copies.ListStreams(ctx)
	for info := range listed.Info() {
		copies[info.Config.Name] = info
	}
	if err := listed.Err(); err != nil {
		return fmt.Errorf("list mirrors: %w", err)
	}
	listed = m.origins.ListStreams(ctx)
	var errs []error
	for origin := range listed.Info() {
		name := origin.Config.Name
		if !public(name) {
			continue
		}
		copied := copies[name]
		ahead := copied != nil && atStart && name != "LEDGER" && copied.State.LastSeq > origin.State.LastSeq
		lacking := copied != nil && name == "LEDGER" && whole(origin.State) && !whole(copied.State)
		if lacking {
			m.logger.Error("the mirror of LEDGER lacks messages and is made again; durable consumers on it are gone",
				zap.Uint64("messages", copied.State.Msgs), zap.Uint64("last", copied.State.LastSeq))
		}
		if copied != nil && !ahead && !lacking && sameMirror(copied.Config, mirrorOf(origin)) {
			continue
		}
		errs = append(errs, m.replace(ctx, copied != nil, origin))
	}
	return errors.Join(append(errs, listed.Err())...)
}

// whole is false if the stream does not have every message from 1 on.
func whole(s jetstream.StreamState) bool {
	return s.Msgs == s.LastSeq && (s.Msgs == 0 || s.FirstSeq == 1)
}

func (m *mirrors) replace(ctx context.Context, exists bool, origin *jetstream.StreamInfo) error {
	name := origin.Config.Name
	if exists {
		if err := m.copies.DeleteStream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("delete mirror %s: %w", name, err)
		}
	}
	if _, err := m.copies.CreateStream(ctx, mirrorOf(origin)); err != nil {
		return fmt.Errorf("create mirror %s: %w", name, err)
	}
	m.logger.Debug("mirror made for NATS clients", zap.String("stream", name))
	return nil
}

// mirrorOf is the configuration of the origin's mirror. It has no subjects.
func mirrorOf(origin *jetstream.StreamInfo) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        origin.Config.Name,
		Description: origin.Config.Description,
		Mirror: &jetstream.StreamSource{
			Name:     origin.Config.Name,
			External: &jetstream.ExternalStream{APIPrefix: "mirror.api", DeliverPrefix: "mirror.deliver"},
		},
		MaxMsgsPerSubject: origin.Config.MaxMsgsPerSubject,
		Storage:           jetstream.FileStorage,
		PersistMode:       jetstream.AsyncPersistMode,
		AllowDirect:       true,
		DenyDelete:        true,
		DenyPurge:         true,
		Metadata:          map[string]string{originKey: origin.Created.UTC().Format(time.RFC3339Nano)},
	}
}

func sameMirror(have, want jetstream.StreamConfig) bool {
	ours := maps.Clone(have.Metadata)
	maps.DeleteFunc(ours, func(k, _ string) bool { return strings.HasPrefix(k, "_nats.") })
	return have.Mirror != nil && have.Mirror.Name == want.Mirror.Name && len(have.Subjects) == 0 &&
		maps.Equal(ours, want.Metadata)
}
