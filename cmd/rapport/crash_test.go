package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// kills is how often the campaign kills the server.
const kills = 50

// emitter is a client that sends event after event and sends each again until it is
// acknowledged, whatever happens to the server meanwhile.
type emitter struct {
	source string
	send   func(ctx context.Context, ids []string) (positions []uint64, err error)
	size   int           // events in a batch
	pause  time.Duration // after each acknowledgement

	acknowledged map[string]uint64 // position by id; 0 where the door does not tell
	last         string            // the id acknowledged last
}

func (e *emitter) run(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		ids := make([]string, e.size)
		for i := range ids {
			ids[i] = fmt.Sprintf("%s-%d-%d", e.source, n, i)
		}
		for ctx.Err() == nil {
			positions, err := e.send(ctx, ids)
			if err == nil {
				e.acknowledge(ids, positions)
				time.Sleep(e.pause)
				break
			}
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
}

func (e *emitter) acknowledge(ids []string, positions []uint64) {
	for i, id := range ids {
		e.last = id
		e.acknowledged[id] = 0
		if positions != nil {
			e.acknowledged[id] = positions[i]
		}
	}
}

func TestNothingIsLostAndNothingCountsTwiceWhateverIsKilled(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	p := newProcess(t, t.TempDir())
	p.args = []string{"--sign-every", "1s", "--rate", "0"}
	p.requireTokens("http-one", "http-batch", "http-large", "nats-request", "nats-inbox")
	gone, kept := p.createToken("--role", "analyst"), p.createToken("--role", "analyst")
	p.start()
	p.ready()

	emitters := []*emitter{
		{source: "http-one", size: 1, send: p.sendHTTP("http-one")},
		{source: "http-batch", size: 20, send: p.sendHTTP("http-batch")},
		// The pause leaves fewer events to read, compare and rebuild from at the end.
		{source: "http-large", size: 200, send: p.sendHTTP("http-large"), pause: 100 * time.Millisecond},
		{source: "nats-request", size: 5, send: p.sendNATS("nats-request")},
		{source: "nats-inbox", size: 1, send: p.sendInbox("nats-inbox")},
	}
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for _, e := range emitters {
		e.acknowledged = map[string]uint64{}
		clients.Go(func() { e.run(ctx) })
	}
	w := p.witness()
	var forgetting sync.WaitGroup
	var before, between person // forgotten before a kill, and whatever is killed meanwhile
	for n := range kills {
		select {
		case <-time.After(time.Duration(rng.IntN(400)) * time.Millisecond):
		case <-p.exited:
			t.Fatalf("the server ended by itself with %d:\n%s", p.exitCode, p.output)
		}
		switch n {
		case kills / 3:
			p.ready()
			before = p.forget("account-1", "contact-1")
			forgetting.Go(func() { between = p.forget("account-1", "contact-2") })
		case kills / 2:
			p.ready()
			p.revoke(gone)
		}
		p.kill()
		p.start()
		if rng.IntN(4) > 0 { // now and then it is killed while it starts
			p.ready()
		}
	}
	p.ready()
	forgetting.Wait()
	stop()
	clients.Wait()

	head := p.settled(emitters)
	t.Logf("%d events after %d kills", head, kills)
	log := p.checkLog(emitters, head)
	p.checkStream(log)
	p.checkProjections(head)
	p.checkPeople(before, between)
	p.checkTokens(gone, kept)
	shown := w.stop()
	p.stop()
	p.checkSigned(shown)
	p.checkSealed()
}

func (p *process) sendHTTP(source string) func(context.Context, []string) ([]uint64, error) {
	return func(ctx context.Context, ids []string) ([]uint64, error) {
		status, body, err := p.postAs(ctx, p.tokens[source], "/v1/events", "application/cloudevents-batch+json", batch(source, ids))
		if err != nil {
			return nil, err
		}
		if status != http.StatusCreated {
			return nil, fmt.Errorf("status %d: %s", status, body)
		}
		return receipts(body)
	}
}

func (p *process) sendNATS(source string) func(context.Context, []string) ([]uint64, error) {
	connect := p.connection(source)
	return func(ctx context.Context, ids []string) ([]uint64, error) {
		nc, err := connect()
		if err != nil {
			return nil, err
		}
		reply, err := nc.Request("rapport.record", batch(source, ids), 2*time.Second)
		if err != nil {
			return nil, err
		}
		return receipts(reply.Data)
	}
}

func (p *process) sendInbox(source string) func(context.Context, []string) ([]uint64, error) {
	connect := p.connection(source)
	return func(ctx context.Context, ids []string) ([]uint64, error) {
		nc, err := connect()
		if err != nil {
			return nil, err
		}
		ack, err := nc.Request("inbox."+source, touchpoint(source, ids[0], account(ids[0])), 2*time.Second)
		if err != nil {
			return nil, err
		}
		var answer struct {
			Stream string `json:"stream"`
			Seq    uint64 `json:"seq"`
		}
		if err := json.Unmarshal(ack.Data, &answer); err != nil || answer.Seq == 0 {
			return nil, fmt.Errorf("not taken: %s", ack.Data)
		}
		return nil, nil
	}
}

// connection gives a source's connection, which lasts, once there is one.
func (p *process) connection(source string) func() (*nats.Conn, error) {
	var nc atomic.Pointer[nats.Conn]
	p.t.Cleanup(func() {
		if c := nc.Load(); c != nil {
			c.Close()
		}
	})
	return func() (*nats.Conn, error) {
		if c := nc.Load(); c != nil {
			return c, nil
		}
		c, err := nats.Connect(p.nats, nats.Token(p.tokens[source]),
			nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond), nats.ReconnectJitter(0, 0))
		if err != nil {
			return nil, err
		}
		nc.Store(c)
		return c, nil
	}
}

func account(id string) string { return fmt.Sprintf("account-%d", number(id)%13) }

// contact is whom an event of the id is about: one of five of its account.
func contact(id string) string { return fmt.Sprintf("contact-%d", number(id)/13%5) }

// number is one of many that the id always gives.
func number(id string) int {
	h := 0
	for _, c := range id {
		h = h*31 + int(c)
	}
	return h & 0xffff
}

func batch(source string, ids []string) []byte {
	b := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, touchpoint(source, id, account(id))...)
	}
	return append(b, ']')
}

func receipts(body []byte) ([]uint64, error) {
	var answer struct {
		Receipts []struct {
			Position uint64 `json:"position"`
			Status   string `json:"status"`
		} `json:"receipts"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if len(answer.Receipts) == 0 {
		return nil, fmt.Errorf("no receipts: %s", body)
	}
	var positions []uint64
	for _, r := range answer.Receipts {
		if r.Status != "recorded" && r.Status != "duplicate" {
			return nil, fmt.Errorf("refused: %s", body)
		}
		positions = append(positions, r.Position)
	}
	return positions, nil
}

type projectionStatus struct {
	Name     string `json:"name"`
	Position uint64 `json:"position"`
	Lag      int64  `json:"lag"`
	State    string `json:"state"`
	Error    string `json:"error"`
}

func (p *process) projections() ([]projectionStatus, error) {
	var answer struct {
		Items []projectionStatus `json:"items"`
	}
	err := p.get("/v1/projections", &answer)
	return answer.Items, err
}

// settled waits until every emitter's last event is in the log, whatever door it came
// by, and until NATS and every projection have caught up. It gives the head.
func (p *process) settled(emitters []*emitter) (head uint64) {
	p.t.Helper()
	for _, e := range emitters {
		p.eventually("the last of "+e.source, func() error {
			return p.get("/v1/events?source="+e.source+"&id="+e.last, nil)
		})
	}
	js, err := jetstream.New(p.connect())
	if err != nil {
		p.t.Fatal(err)
	}
	p.eventually("settled", func() error {
		ledger, err := js.Stream(p.t.Context(), "LEDGER")
		if err != nil {
			return err
		}
		statuses, err := p.projections()
		if err != nil {
			return err
		}
		head = ledger.CachedInfo().State.LastSeq
		for _, s := range statuses {
			if s.State != "live" || s.Lag != 0 || s.Position != head {
				return fmt.Errorf("%+v, stream at %d", s, head)
			}
		}
		return nil
	})
	return head
}

// checkLog reads the whole log: dense, each id once, each acknowledged one where its
// receipt said. It gives the ids in order.
func (p *process) checkLog(emitters []*emitter, head uint64) []string {
	p.t.Helper()
	resp, err := p.fetch("/v1/events")
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var ids []string
	at := map[string]uint64{}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			ID       string `json:"id"`
			Sequence string `json:"sequence"`
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			p.t.Fatalf("%v: %s", err, lines.Bytes())
		}
		ids = append(ids, e.ID)
		if want := fmt.Sprint(len(ids)); e.Sequence != want {
			p.t.Fatalf("the event after position %d has %s", len(ids)-1, e.Sequence)
		}
		if before, twice := at[e.ID]; twice {
			p.t.Fatalf("%s is at %d and at %s", e.ID, before, e.Sequence)
		}
		at[e.ID] = uint64(len(ids))
	}
	if err := lines.Err(); err != nil {
		p.t.Fatal(err)
	}
	if uint64(len(ids)) != head {
		p.t.Fatalf("the log has %d events, the stream %d", len(ids), head)
	}
	acknowledged := 0
	for _, e := range emitters {
		if len(e.acknowledged) == 0 {
			p.t.Errorf("%s never had an event acknowledged", e.source)
		}
		acknowledged += len(e.acknowledged)
		for id, position := range e.acknowledged {
			if at[id] == 0 {
				p.t.Errorf("%s was acknowledged and is lost", id)
			} else if position != 0 && at[id] != position {
				p.t.Errorf("%s was acknowledged at %d and is at %d", id, position, at[id])
			}
		}
	}
	p.t.Logf("%d of them acknowledged", acknowledged)
	return ids
}

// checkStream holds the JetStream stream against the log.
func (p *process) checkStream(log []string) {
	p.t.Helper()
	js, err := jetstream.New(p.connect())
	if err != nil {
		p.t.Fatal(err)
	}
	consumer, err := js.OrderedConsumer(p.t.Context(), "LEDGER", jetstream.OrderedConsumerConfig{})
	if err != nil {
		p.t.Fatal(err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		p.t.Fatal(err)
	}
	defer messages.Stop()
	for i, id := range log {
		m, err := messages.Next()
		if err != nil {
			p.t.Fatal(err)
		}
		meta, err := m.Metadata()
		if err != nil {
			p.t.Fatal(err)
		}
		if got := meta.Sequence.Stream; got != uint64(i+1) {
			p.t.Fatalf("the message after sequence %d has %d", i, got)
		}
		if got := m.Headers().Get("ce-id"); got != id {
			p.t.Fatalf("sequence %d is %s, position %d is %s", i+1, got, i+1, id)
		}
	}
}

type digest struct {
	Digest   string `json:"digest"`
	Position uint64 `json:"position"`
}

// checkProjections rebuilds every projection and compares.
func (p *process) checkProjections(head uint64) {
	p.t.Helper()
	statuses, err := p.projections()
	if err != nil {
		p.t.Fatal(err)
	}
	if len(statuses) < 3 {
		p.t.Fatalf("%d projections", len(statuses))
	}
	for _, s := range statuses {
		var before, after digest
		if err := p.get("/v1/projections/"+s.Name+"/digest", &before); err != nil {
			p.t.Fatal(err)
		}
		if out, err := p.run("projections", "rebuild", s.Name); err != nil {
			p.t.Fatalf("rebuild %s: %v\n%s", s.Name, err, out)
		}
		p.eventually("rebuilt "+s.Name, func() error {
			now, err := p.projections()
			if err != nil {
				return err
			}
			for _, n := range now {
				if n.Name == s.Name && (n.State != "live" || n.Position != head) {
					return fmt.Errorf("%+v", n)
				}
			}
			return nil
		})
		if err := p.get("/v1/projections/"+s.Name+"/digest", &after); err != nil {
			p.t.Fatal(err)
		}
		if before.Digest == "" || before != after || before.Position != head {
			p.t.Errorf("%s: digest %+v, after the rebuild %+v, head %d", s.Name, before, after, head)
		}
	}
}
