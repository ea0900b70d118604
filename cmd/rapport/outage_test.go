package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/broker"
	"github.com/rapport-ledger/rapport/domain"
)

// elsewhere is a NATS server that is not the ledger's.
type elsewhere struct {
	t      *testing.T
	port   int
	server *natsserver.Server
}

func (e *elsewhere) start(dir string) {
	e.t.Helper()
	port := e.port
	if port == 0 {
		port = natsserver.RANDOM_PORT
	}
	s, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, MaxPayload: broker.MaxPayload, NoSigs: true})
	if err != nil {
		e.t.Fatal(err)
	}
	s.Start()
	e.server = s
	e.t.Cleanup(e.stop)
	if !s.ReadyForConnections(10 * time.Second) {
		e.t.Fatal("the NATS elsewhere is not ready")
	}
	at, err := url.Parse(s.ClientURL())
	if err != nil {
		e.t.Fatal(err)
	}
	if e.port, err = strconv.Atoi(at.Port()); err != nil {
		e.t.Fatal(err)
	}
}

func (e *elsewhere) stop() {
	if e.server != nil {
		e.server.Shutdown()
		e.server.WaitForShutdown()
		e.server = nil
	}
}

func TestTheLedgerOutlivesANATSThatGoesAwayAndOneThatForgetsEverything(t *testing.T) {
	t.Parallel()
	nc := &elsewhere{t: t}
	dir := t.TempDir()
	nc.start(dir)
	l := startLedgerWith(t, options{data: t.TempDir(), natsURL: nc.server.ClientURL()})
	recorded := 0
	record := func(n int) (last api.Receipt) {
		t.Helper()
		for range n {
			recorded++
			last = l.record(complaint(fmt.Sprint(recorded), fmt.Sprint("account-", recorded%3)))
		}
		return last
	}
	l.followed(nc, record(5).Position)
	for _, back := range []struct{ name, dir string }{
		{"with its data", dir}, {"with nothing", t.TempDir()}, {"with what it had at first", dir},
	} {
		nc.stop()
		l.seen(record(10).Position) // the read models do not need it
		l.unready("nats")
		if res := l.get("/v1/accounts"); res.status != http.StatusOK {
			t.Errorf("reading without NATS: got %d: %s", res.status, res.body)
		}
		nc.start(back.dir)
		began := time.Now()
		l.followed(nc, record(1).Position)
		t.Logf("NATS came back %s, and all was well after %v", back.name, time.Since(began).Round(time.Millisecond))
	}
	if got := l.head(); got != recorded {
		t.Errorf("%d events in the log, %d were recorded", got, recorded)
	}
	nc.stop()
	record(1)
	l.unready("nats")
	began := time.Now()
	if l.stop(); time.Since(began) > settleTime {
		t.Errorf("stopping without NATS took %v", time.Since(began))
	}
}

func (l *ledger) unready(part string) {
	l.t.Helper()
	l.eventually(func() bool {
		var answer struct {
			Parts []struct {
				Name  string
				Ready bool
			}
		}
		l.get("/readyz").decode(l.t, &answer)
		for _, p := range answer.Parts {
			if p.Name == part {
				return !p.Ready
			}
		}
		return false
	})
}

// seen waits until every projection has come to the position.
func (l *ledger) seen(position domain.Position) {
	l.t.Helper()
	for _, name := range l.app.projections.Names() {
		if err := l.app.projections.WaitFor(l.t.Context(), name, position); err != nil {
			l.t.Error(err)
		}
	}
}

// followed waits until NATS has the log up to the position, every projection has seen
// it, and both doors on NATS work.
func (l *ledger) followed(e *elsewhere, position domain.Position) {
	l.t.Helper()
	nc, err := nats.Connect(e.server.ClientURL())
	if err != nil {
		l.t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		l.t.Fatal(err)
	}
	l.eventually(func() bool {
		ledger, err := js.Stream(l.t.Context(), "LEDGER")
		return err == nil && ledger.CachedInfo().State.LastSeq == uint64(position) && ledger.CachedInfo().State.Msgs == uint64(position)
	})
	l.seen(position)
	l.eventually(func() bool { return l.get("/readyz").status == http.StatusOK })
	again := complaint("1", "account-1")
	l.eventually(func() bool {
		answer, err := nc.Request("rapport.record", []byte(again), time.Second)
		return err == nil && len(answer.Data) > 0
	})
	l.eventually(func() bool { return l.get("/v1/rejected").status == http.StatusOK })
	before := len(l.rejected())
	l.eventually(func() bool {
		_, err := js.Publish(l.t.Context(), "inbox.test", []byte("no event"))
		return err == nil
	})
	l.eventually(func() bool { return len(l.rejected()) > before })
}
