package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

// connected is a NATS client of the ledger.
func (l *ledger) connected() *nats.Conn {
	l.t.Helper()
	nc, err := nats.Connect(l.app.broker.URL())
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(nc.Close)
	return nc
}

// attempt is what one door said to one of the clients that race.
type attempt struct {
	door    string
	content int // which of the contents was offered
	receipt api.Receipt
	problem *api.Problem
}

func attemptOf(door string, content int, body []byte) (attempt, error) {
	a := attempt{door: door, content: content}
	var receipts api.Receipts
	if err := json.Unmarshal(body, &receipts); err == nil && len(receipts.Receipts) == 1 {
		a.receipt = receipts.Receipts[0]
		return a, nil
	}
	if err := json.Unmarshal(body, &a.problem); err != nil || a.problem.Status == 0 {
		return a, fmt.Errorf("%s: neither a receipt nor a problem: %s", door, body)
	}
	return a, nil
}

func TestOneFactThroughEveryDoorAtOnceIsOneEvent(t *testing.T) {
	t.Parallel()
	l := startLedgerWith(t, options{data: t.TempDir(), natsListen: "127.0.0.1:0"})
	nc := l.connected()
	const facts = 30
	contents := []string{`{"kind":"call"}`, `{"kind":"visit"}`}
	for n := range facts {
		id := fmt.Sprint("fact-", n)
		attempts := l.race(nc, id, contents)
		recorded := l.identified(id)
		winner := 0
		if strings.Contains(recorded, `"visit"`) {
			winner = 1
		}
		var event struct{ Sequence string }
		if err := json.Unmarshal([]byte(recorded), &event); err != nil || event.Sequence != fmt.Sprint(n+1) {
			t.Fatalf("%s: at %q, want %d alone (%v): %s", id, event.Sequence, n+1, err, recorded)
		}
		checkAttempts(t, id, attempts, winner, domain.Position(n+1))
	}
	if got := l.head(); got != facts {
		t.Errorf("%d events of %d facts", got, facts)
	}
	l.conflicted(facts)
}

// race offers the fact with each of the contents through every door at the same time.
// What the doors that answer said comes back; the inbox does not answer.
func (l *ledger) race(nc *nats.Conn, id string, contents []string) []attempt {
	l.t.Helper()
	var mu sync.Mutex
	var attempts []attempt
	note := func(a attempt, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			l.t.Error(err)
			return
		}
		attempts = append(attempts, a)
	}
	var clients sync.WaitGroup
	start := make(chan struct{})
	for content, data := range contents {
		body := event(id, "interaction.held", "acme", data)
		clients.Go(func() {
			<-start
			note(attemptOf("http", content, []byte(l.post(structured, body).body)))
		})
		clients.Go(func() {
			<-start
			m, err := nc.Request("rapport.record", []byte(body), 20*time.Second)
			if err != nil {
				note(attempt{}, err)
				return
			}
			note(attemptOf("nats", content, m.Data))
		})
		clients.Go(func() {
			<-start
			if _, err := nc.Request(fmt.Sprint("inbox.", content), []byte(body), 20*time.Second); err != nil {
				note(attempt{}, err)
			}
		})
	}
	close(start)
	clients.Wait()
	return attempts
}

// identified waits for the event of the test's source and that id, and gives it.
func (l *ledger) identified(id string) (event string) {
	l.t.Helper()
	l.eventually(func() bool {
		res := l.get("/v1/events?source=test&id=" + id)
		event = res.body
		return res.status == http.StatusOK
	})
	return event
}

func checkAttempts(t *testing.T, id string, attempts []attempt, winner int, position domain.Position) {
	t.Helper()
	recorded := 0
	for _, a := range attempts {
		switch {
		case a.content != winner:
			p := a.problem
			if p == nil || p.Status != http.StatusConflict || len(p.Errors) != 2 || p.Errors[0].Message == p.Errors[1].Message {
				t.Errorf("%s, other content by %s: got %+v %+v, want a conflict that names both hashes", id, a.door, a.receipt, p)
			}
		case a.problem != nil || a.receipt.Position != position:
			t.Errorf("%s, same content by %s: got %+v %+v, want position %d", id, a.door, a.receipt, a.problem, position)
		case a.receipt.Status == api.StatusRecorded:
			recorded++
		case a.receipt.Status != api.StatusDuplicate:
			t.Errorf("%s by %s: got %+v", id, a.door, a.receipt)
		}
	}
	if recorded > 1 {
		t.Errorf("%s was recorded %d times, they were told", id, recorded)
	}
}

// conflicted waits until the inbox has refused that many messages, each a conflict
// that names both hashes.
func (l *ledger) conflicted(want int) {
	l.t.Helper()
	var page api.Page[api.Rejected]
	l.eventually(func() bool {
		l.ask("/v1/rejected?limit=1000", &page)
		return len(page.Items) >= want
	})
	if len(page.Items) != want {
		l.t.Errorf("%d messages were refused, want %d", len(page.Items), want)
	}
	for _, r := range page.Items {
		if p := r.Problem; p.Status != http.StatusConflict || len(p.Errors) != 2 || p.Errors[0].Message == p.Errors[1].Message {
			l.t.Errorf("refused for another reason: %+v", p)
		}
	}
}
