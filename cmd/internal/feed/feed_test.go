package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap/zaptest"
	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/cmd/internal/broker"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// model is a projection's answers.
type model struct {
	mu       sync.Mutex
	answers  map[domain.AccountID]map[string][]byte
	rendered int
	fail     error
}

func newModel() *model { return &model{answers: make(map[domain.AccountID]map[string][]byte)} }

func (m *model) set(account domain.AccountID, id, answer string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.answers[account] == nil {
		m.answers[account] = make(map[string][]byte)
	}
	m.answers[account][id] = []byte(answer)
}

func (m *model) remove(account domain.AccountID, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.answers[account], id)
}

func (m *model) Accounts(context.Context) iter.Seq2[domain.AccountID, error] {
	return func(yield func(domain.AccountID, error) bool) {
		m.mu.Lock()
		all := maps.Clone(m.answers)
		m.mu.Unlock()
		for account := range all {
			if !yield(account, nil) {
				return
			}
		}
	}
}

func (m *model) Render(_ context.Context, account domain.AccountID) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rendered++
	if err := m.fail; err != nil {
		m.fail = nil
		return nil, err
	}
	return maps.Clone(m.answers[account]), nil
}

// all is what the bucket should have, by key.
func (m *model) all() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string]string)
	for _, answers := range m.answers {
		for id, answer := range answers {
			all[Key(id)] = string(answer)
		}
	}
	return all
}

type rig struct {
	t      *testing.T
	broker *broker.Broker
	client *nats.Conn
	js     jetstream.JetStream // of client
	model  *model
}

func newRig(t *testing.T) *rig {
	t.Helper()
	b, err := broker.Start(broker.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { b.Close() })
	r := &rig{t: t, broker: b, model: newModel()}
	r.client, err = nats.Connect("", nats.InProcessServer(b))
	must(t, err)
	t.Cleanup(r.client.Close)
	r.js, err = jetstream.New(r.client)
	must(t, err)
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run starts a feed of the projection "items".
func (r *rig) run() (f *Feed, stop func()) {
	r.t.Helper()
	nc, err := r.broker.Connect(broker.Feed)
	must(r.t, err)
	f, err = New(nc, zaptest.NewLogger(r.t), Projection{Name: "items", Accounts: r.model.Accounts, Render: r.model.Render})
	must(r.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { f.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); done.Wait(); nc.Close() })
	r.t.Cleanup(stop)
	return f, stop
}

func record(account domain.AccountID, p domain.Position) codec.Record {
	return codec.Record{Type: "voice.captured", Recorded: domain.Recorded{Position: p, Envelope: domain.Envelope{Account: account}}}
}

// equal waits until clients see in the bucket what the projection answers.
func (r *rig) equal() {
	r.t.Helper()
	var got map[string]string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		got = make(map[string]string)
		kv, err := r.js.KeyValue(r.t.Context(), "items")
		if err != nil {
			continue // not mirrored yet
		}
		watch, err := kv.WatchAll(r.t.Context(), jetstream.IgnoreDeletes())
		must(r.t, err)
		for e := range watch.Updates() {
			if e == nil {
				break
			}
			got[e.Key()] = string(e.Value())
		}
		must(r.t, watch.Stop())
		if maps.Equal(got, r.model.all()) {
			return
		}
	}
	r.t.Fatalf("the bucket has %v, want %v", got, r.model.all())
}

func TestTheBucketEndsEqualToTheAnswers(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	r := newRig(t)
	position := domain.Position(0)
	step := func() domain.AccountID {
		account := domain.AccountID(fmt.Sprintf("acme:%d..x.", random.IntN(10)))
		id := fmt.Sprintf("%s~%d", account, random.IntN(3))
		if random.IntN(4) == 0 {
			r.model.remove(account, id)
		} else {
			r.model.set(account, id, fmt.Sprint(random.Uint64()))
		}
		return account
	}
	for range 4 {
		for range 20 {
			step() // nobody is told: the feed is down
		}
		f, stop := r.run()
		for range 300 {
			position++
			f.Applied("items", []codec.Record{record(step(), position)})
		}
		r.equal()
		stop()
	}
}

func TestAnswersAreMadeAgainWhenToldSoAndAfterAFailure(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.model.set("acme", "acme", "1")
	f, _ := r.run()
	r.equal()
	r.model.mu.Lock()
	r.model.fail = errors.New("the read model is being swapped")
	r.model.mu.Unlock()
	r.model.set("acme", "acme", "2")
	f.Applied("items", nil)
	r.equal()
}

func TestAChangeIsToldWhenTheBucketHasIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.model.set("acme", "acme", "0")
	changes, err := r.client.SubscribeSync("changes.items.>")
	must(t, err)
	must(t, r.client.Flush())
	f, _ := r.run()
	r.equal()
	own, err := r.broker.Connect(broker.Feed)
	must(t, err)
	defer own.Close()
	js, err := jetstream.New(own)
	must(t, err)
	kv, err := js.KeyValue(t.Context(), "items")
	must(t, err)

	const last = 5000
	for p := domain.Position(1); p <= last; p++ {
		r.model.set("acme", "acme", fmt.Sprint(p))
		f.Applied("items", []codec.Record{record("acme", p)})
	}
	seen := domain.Position(0)
	for seen < last {
		m, err := changes.NextMsg(20 * time.Second)
		must(t, err)
		if m.Subject != "changes.items.acme" {
			t.Errorf("subject is %s", m.Subject)
		}
		var c Change
		must(t, json.Unmarshal(m.Data, &c))
		if c.Position <= seen || c.Positions[len(c.Positions)-1] != c.Position || len(c.Positions) > maxPositions {
			t.Errorf("after %d came position %d with %d positions", seen, c.Position, len(c.Positions))
		}
		e, err := kv.Get(t.Context(), "acme")
		must(t, err)
		var has domain.Position
		fmt.Sscan(string(e.Value()), &has)
		if has < c.Position {
			t.Errorf("told of %d, but the bucket has %d", c.Position, has)
		}
		seen = c.Position
	}
	if n := r.model.rendered; n > last/10 {
		t.Errorf("one busy account was rendered %d times for %d events", n, last)
	}
}

func TestAMergeConcernsBothAccounts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.model.set("acme", "acme", "1")
	f, _ := r.run()
	r.equal()
	r.model.set("acme", "acme", "2")
	merged := record("acme-old", 1)
	merged.Type, merged.JSON = "account.merged", []byte(`{"into":"acme"}`)
	f.Applied("items", []codec.Record{merged})
	r.equal()
}

func TestWhatConcernsNoSingleAccountIsPublished(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.model.set("acme", "acme~1", "1")
	f, _ := r.run()
	r.equal()
	r.model.set("_ledger", "_ledger~1", "a")
	f.Applied("items", []codec.Record{record("_ledger", 1)})
	r.equal()
	r.model.set("acme", "acme~1", "2")
	rules := record("_ledger", 2)
	rules.Type = "policy.changed"
	f.Applied("items", []codec.Record{rules}) // may change any answer
	r.equal()
}

func TestAProjectionIsNotHeldUpByAFeedThatDoesNotRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	nc, err := r.broker.Connect(broker.Feed)
	must(t, err)
	f, err := New(nc, zaptest.NewLogger(t), Projection{Name: "items", Accounts: r.model.Accounts, Render: r.model.Render})
	must(t, err)
	nc.Close()
	for p := domain.Position(1); p <= 1000; p++ {
		f.Applied("items", []codec.Record{record("acme", p)})
		f.Applied("others", []codec.Record{record("acme", p)})
	}
	changes, _, _ := f.parts["items"].dirt.take()
	if c := changes["acme"]; c == nil || c.Position != 1000 {
		t.Errorf("noted is %+v, want position 1000", c)
	}
}

func TestKeysAreWhatNATSAllowsAndCanBeReadBack(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"acme": "acme", "acme.eu": "acme.eu", "acme~1f": "acme=7E1f", "a:b": "a=3Ab", "a..b.": "a.=2Eb=2E", "a=b": "a=3Db", "_ledger": "_ledger",
	} {
		if got := Key(id); got != want {
			t.Errorf("key of %s is %s, want %s", id, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._:~=/ -]{0,20}`).Draw(t, "id")
		if got, err := ID(Key(id)); err != nil || got != id {
			t.Errorf("key %s of %q reads as %q, %v", Key(id), id, got, err)
		}
	})
	for _, key := range []string{"a=", "a=7", "a=7x", "a=7e"} {
		if id, err := ID(key); err == nil {
			t.Errorf("key %s reads as %q, want an error", key, id)
		}
	}
}
