package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

const (
	// windowEvents and windowBytes bound what is published and not yet acknowledged.
	// The server refuses more than 10,000 waiting messages per stream.
	windowEvents = 4096
	windowBytes  = 16 << 20
	// ackTimeout is how long an acknowledgement may take: a server that cannot write
	// does not answer.
	ackTimeout = 5 * time.Second
	// rest is the least time from one round of publishing to the next: each passes a dozen
	// goroutines of the server, with one event as with a hundred. Our own readers do not wait
	// for it.
	rest = 10 * time.Millisecond
	// checkEvery is how often the stream's shape is looked at.
	checkEvery = 5 * time.Second
)

const expectLastSequence = "Nats-Expected-Last-Sequence"

// pipeline publishes events one after the other without waiting for each to be
// acknowledged. Acknowledgements come in order; the first that is missing or negative
// ends it.
type pipeline struct {
	relay *Relay
	nc    *nats.Conn
	reply string
	fail  context.CancelCauseFunc

	mu      sync.Mutex
	moved   *sync.Cond // an acknowledgement came, or the pipeline ended
	ended   bool
	sizes   []int // of the messages under way, in order
	bytes   int   // their sum
	acked   domain.Position
	waiting time.Time // since when the first message under way has been
}

func newPipeline(r *Relay, last domain.Position) *pipeline {
	p := &pipeline{relay: r, nc: r.js.Conn(), reply: r.js.Conn().NewInbox(), acked: last}
	p.moved = sync.NewCond(&p.mu)
	return p
}

// run publishes what follows until ctx ends or something fails.
func (p *pipeline) run(ctx context.Context) error {
	ctx, p.fail = context.WithCancelCause(ctx)
	defer p.fail(nil)
	acks, err := p.nc.Subscribe(p.reply, p.ack)
	if err != nil {
		return fmt.Errorf("subscribe to acknowledgements: %w", err)
	}
	defer acks.Unsubscribe()
	var watch sync.WaitGroup
	watch.Go(func() { p.watch(ctx) })
	defer watch.Wait()
	stop := context.AfterFunc(ctx, p.end)
	defer stop()
	err = p.publish(ctx)
	if cause := context.Cause(ctx); cause != nil && (err == nil || isCanceled(err)) {
		err = cause
	}
	p.fail(err)
	return err
}

func (p *pipeline) publish(ctx context.Context) error {
	for e, err := range eventstore.Unhurried(ctx, p.relay.log, p.acked, rest) {
		if err != nil {
			return fmt.Errorf("follow the log: %w", err)
		}
		record, err := decode(e)
		if err != nil {
			return err
		}
		msg := message(record)
		msg.Header[expectLastSequence] = []string{strconv.FormatUint(uint64(e.Position)-1, 10)}
		msg.Reply = p.reply
		if !p.enter(len(msg.Data) + 512) {
			return context.Cause(ctx)
		}
		if err := p.nc.PublishMsg(msg); err != nil {
			return fmt.Errorf("publish event %d: %w", e.Position, err)
		}
		p.relay.published.Add(1)
	}
	return nil
}

// enter waits until there is room for a message of that size, and takes it.
func (p *pipeline) enter(size int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.ended && (len(p.sizes) >= windowEvents || p.bytes > 0 && p.bytes+size > windowBytes) {
		p.moved.Wait()
	}
	if len(p.sizes) == 0 {
		p.waiting = time.Now()
	}
	p.sizes = append(p.sizes, size)
	p.bytes += size
	return !p.ended
}

func (p *pipeline) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.moved.Broadcast()
}

// ack takes in the server's answer to the first message under way.
func (p *pipeline) ack(m *nats.Msg) {
	if err := ackError(m); err != nil {
		p.fail(err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sizes) == 0 {
		return
	}
	p.bytes -= p.sizes[0]
	p.sizes = p.sizes[1:]
	p.acked++
	p.waiting = time.Now()
	p.relay.position.Store(uint64(p.acked))
	p.moved.Signal()
}

// ackError is why a publish was not accepted; nil if it was.
func ackError(m *nats.Msg) error {
	if len(m.Data) == 0 {
		return fmt.Errorf("publish: %w", nats.ErrNoResponders)
	}
	if !bytes.Contains(m.Data, []byte(`"error"`)) {
		return nil
	}
	var answer struct {
		Error struct {
			Code        int    `json:"err_code"`
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return fmt.Errorf("publish: answer %q: %w", m.Data, err)
	}
	return fmt.Errorf("publish: %s (JetStream error %d)", answer.Error.Description, answer.Error.Code)
}

var errNoAck = errors.New("the server does not acknowledge")

// watch ends the pipeline when acknowledgements stay away, and when the stream has lost
// a message.
func (p *pipeline) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	checked := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if p.stuck() {
			p.fail(fmt.Errorf("%w: none for %v", errNoAck, ackTimeout))
			return
		}
		if time.Since(checked) < checkEvery {
			continue
		}
		checked = time.Now()
		if err := p.look(ctx); err != nil {
			p.fail(err)
			return
		}
	}
}

func (p *pipeline) stuck() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sizes) > 0 && time.Since(p.waiting) > ackTimeout
}

// look checks the stream from outside: what was acknowledged is still there.
func (p *pipeline) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	acked := p.relay.position.Load()
	stream, err := p.relay.js.Stream(ctx, Stream)
	if err != nil {
		return fmt.Errorf("look at stream %s: %w", Stream, err)
	}
	state := stream.CachedInfo().State
	if state.LastSeq < acked {
		return fmt.Errorf("stream %s is at %d, but %d was acknowledged", Stream, state.LastSeq, acked)
	}
	return dense(state)
}
