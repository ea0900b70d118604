package broker

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/ingress"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
)

// recorder keeps what it is given, once.
type recorder struct {
	mu       sync.Mutex
	seen     map[string]bool
	bySource map[string][]string
}

func (r *recorder) Record(_ context.Context, events []domain.Envelope) []commands.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		if key := e.Source + " " + e.ID; !r.seen[key] {
			r.seen[key] = true
			r.bySource[e.Source] = append(r.bySource[e.Source], e.ID)
		}
	}
	return make([]commands.Outcome, len(events))
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen)
}

func TestTheInboxLosesNothingWhenTheServerIsReplaced(t *testing.T) {
	t.Parallel()
	b, err := Start(Options{Dir: t.TempDir(), Listen: "127.0.0.1:0", Logger: zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel))})
	must(t, err)
	defer b.Close()
	door, err := b.Connect(Door)
	must(t, err)
	defer door.Close()
	rec := &recorder{seen: make(map[string]bool), bySource: make(map[string][]string)}
	inbox, err := ingress.NewInbox(t.Context(), door, rec, &access.Guard{}, zaptest.NewLogger(t))
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = inbox.Run(ctx) })
	defer func() { cancel(); running.Wait() }()

	const sources, each = 4, 150
	var senders sync.WaitGroup
	for s := range sources {
		nc, err := nats.Connect(b.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
		must(t, err)
		defer nc.Close()
		js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(time.Second))
		must(t, err)
		senders.Go(func() {
			for i := range each {
				event := fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"s%d","type":"rapport.voice.captured.v1","subject":"acme","data":{"verbatim":"x"}}`, i, s)
				for { // as an emitter would: until it is kept
					if _, err := js.Publish(context.Background(), fmt.Sprint("inbox.s", s), []byte(event)); err == nil {
						break
					}
				}
			}
		})
	}
	for n := range 3 {
		eventually(t, func() bool { return rec.count() > n*sources*each/4 })
		must(t, b.restart())
	}
	senders.Wait()
	eventually(t, func() bool { return rec.count() == sources*each })
	for source, ids := range rec.bySource {
		for i, id := range ids {
			if id != fmt.Sprint(i) {
				t.Fatalf("of %s came %s, want %d", source, id, i)
			}
		}
	}
}

func TestConnectingWaitsForAServerThatIsBeingReplaced(t *testing.T) {
	t.Parallel()
	b, err := Start(Options{Dir: t.TempDir()})
	must(t, err)
	defer b.Close()
	replaced := make(chan error, 1)
	go func() { replaced <- b.restart() }()
	for {
		nc, err := b.Connect(Door)
		must(t, err)
		nc.Close()
		select {
		case err := <-replaced:
			must(t, err)
			return
		default:
		}
	}
}
