package ingress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap/zaptest"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/broker"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// recorder is a [Recorder] that keeps events in memory and does what a test tells it.
type recorder struct {
	// before is asked before an event is recorded; its error is the outcome.
	before func(domain.Envelope) error
	// after is told when a call is done, before its outcomes are given.
	after func([]commands.Outcome) []commands.Outcome

	mu      sync.Mutex
	events  []domain.Envelope
	seen    map[string]commands.Receipt
	changed *sync.Cond
}

func newRecorder() *recorder {
	r := &recorder{seen: make(map[string]commands.Receipt)}
	r.changed = sync.NewCond(&r.mu)
	return r
}

func (r *recorder) Record(_ context.Context, events []domain.Envelope) []commands.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.changed.Broadcast()
	outcomes := make([]commands.Outcome, len(events))
	for i, e := range events {
		if r.before != nil {
			if err := r.before(e); err != nil {
				outcomes[i].Err = err
				continue
			}
		}
		key := e.Source + " " + e.ID
		receipt, again := r.seen[key]
		if again {
			receipt.Duplicate = true
		} else {
			r.events = append(r.events, e)
			receipt = commands.Receipt{Source: e.Source, ID: e.ID, Account: e.Account, Position: domain.Position(len(r.events)), Revision: 1}
			r.seen[key] = receipt
		}
		outcomes[i].Receipt = receipt
	}
	if r.after != nil {
		outcomes = r.after(outcomes)
	}
	return outcomes
}

// wait returns when n events are recorded.
func (r *recorder) wait(t *testing.T, n int) []domain.Envelope {
	t.Helper()
	late := time.AfterFunc(30*time.Second, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		n = 0
		r.changed.Broadcast()
	})
	defer late.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.events) < n {
		r.changed.Wait()
	}
	if n == 0 {
		t.Fatalf("after 30 seconds %d events are recorded", len(r.events))
	}
	return slices.Clone(r.events)
}

type rig struct {
	t      *testing.T
	rec    *recorder
	door   *nats.Conn
	client *nats.Conn
	js     jetstream.JetStream // of client
}

func newRig(t *testing.T) *rig {
	t.Helper()
	b, err := broker.Start(broker.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { b.Close() })
	r := &rig{t: t, rec: newRecorder()}
	r.door, err = b.Connect(broker.Door)
	must(t, err)
	t.Cleanup(r.door.Close)
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

// background runs f until the test ends, or until the function it returns is called.
func background(t *testing.T, f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := f(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	stop = func() { cancel(); done.Wait() }
	t.Cleanup(stop)
	return stop
}

func (r *rig) serve() (stop func()) {
	r.t.Helper()
	s, err := NewService(r.door, r.rec, &access.Guard{}, nil, zaptest.NewLogger(r.t))
	must(r.t, err)
	return background(r.t, s.Run)
}

func (r *rig) inbox() *Inbox {
	r.t.Helper()
	in, err := NewInbox(r.t.Context(), r.door, r.rec, &access.Guard{}, zaptest.NewLogger(r.t))
	must(r.t, err)
	return in
}

func (r *rig) send(source, body string) {
	r.t.Helper()
	_, err := r.js.Publish(r.t.Context(), "inbox."+source, []byte(body))
	must(r.t, err)
}

func event(source, id string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":%q,"type":"rapport.voice.captured.v1","subject":"acme",`+
		`"time":"2026-03-01T12:00:00Z","datacontenttype":"application/json","data":{"verbatim":"as heard"}}`, id, source)
}

// until polls: what is waited for happens in the server and tells nobody.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen in 30 seconds")
		}
	}
}

func (r *rig) waiting(in *Inbox) uint64 {
	r.t.Helper()
	s, err := in.js.Stream(r.t.Context(), inboxStream)
	must(r.t, err)
	return s.CachedInfo().State.Msgs
}

func (r *rig) rejected(in *Inbox) []api.Rejected {
	r.t.Helper()
	page, err := in.Rejected(r.t.Context(), "", 100)
	must(r.t, err)
	return page.Items
}

func TestARequestIsAnsweredLikeOneOverHTTP(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rec.before = func(e domain.Envelope) error {
		if e.ID == "ruled-out" {
			return domain.Refuse("data.complaint", "was never raised")
		}
		return nil
	}
	r.serve()
	binary := nats.Header{}
	for name, value := range map[string]string{
		"ce-specversion": "1.0", "ce-id": "b%20in", "ce-source": "erp", "ce-type": "rapport.voice.captured.v1",
		"ce-subject": "acme", "ce-time": "2026-03-01T12:00:00Z", "Content-Type": "application/json",
	} {
		binary[name] = []string{value}
	}
	tests := []struct {
		name     string
		header   nats.Header
		body     string
		statuses []string // of the receipts
		ids      string
		problem  int
	}{
		{"structured", nil, event("erp", "1"), []string{"recorded"}, "1", 0},
		{"the same again", nil, event("erp", "1"), []string{"duplicate"}, "1", 0},
		{"a batch in part", nil, "[" + event("erp", "2") + "," + event("erp", "ruled-out") + `,{"id":"3"}]`,
			[]string{"recorded", "rejected", "rejected"}, "2 ruled-out ", 0},
		{"binary", binary, `{"verbatim":"as heard"}`, []string{"recorded"}, "b in", 0},
		{"content type says structured", nats.Header{"content-type": {"application/cloudevents+json"}}, event("erp", "4"), []string{"recorded"}, "4", 0},
		{"not JSON", nil, "{", nil, "", 400},
		{"empty", nil, "", nil, "", 400},
		{"ruled out", nil, event("erp", "ruled-out"), nil, "", 422},
		{"too many", nil, "[" + strings.Repeat(`{},`, codec.MaxBatch) + "{}]", nil, "", 413},
	}
	for _, tt := range tests {
		m, err := r.client.RequestMsg(&nats.Msg{Subject: Subject, Header: tt.header, Data: []byte(tt.body)}, 10*time.Second)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var answer struct {
			api.Receipts
			Status int
		}
		must(t, json.Unmarshal(m.Data, &answer))
		var statuses, ids []string
		for _, r := range answer.Receipts.Receipts {
			statuses, ids = append(statuses, r.Status), append(ids, r.ID)
		}
		if !slices.Equal(statuses, tt.statuses) || answer.Status != tt.problem || len(ids) == 1 && ids[0] != tt.ids {
			t.Errorf("%s: answer is %s, want receipts %v or problem %d", tt.name, m.Data, tt.statuses, tt.problem)
		}
		if code := m.Header.Get("Nats-Service-Error-Code"); tt.problem != 0 && code != fmt.Sprint(tt.problem) {
			t.Errorf("%s: error code is %q, want %d", tt.name, code, tt.problem)
		}
	}
}

func TestAnAnswerThatIsTooLargeForAMessageSaysSo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	defer r.serve()()
	long := strings.Repeat("s", 256)
	one := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":%q,"type":"complaint.imagined"}`, long, long)
	m, err := r.client.Request(Subject, []byte("["+strings.Repeat(one+",", codec.MaxBatch-1)+one+"]"), time.Minute)
	must(t, err)
	var problem api.Problem
	must(t, json.Unmarshal(m.Data, &problem))
	if problem.Status != 413 || m.Header.Get("Nats-Service-Error-Code") != "413" {
		t.Errorf("got %v %+v", m.Header, problem)
	}
}

func TestRequestsOfOneConnectionAreRecordedInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	stop := r.serve()
	replies, err := r.client.SubscribeSync(r.client.NewInbox())
	must(t, err)
	const n = 2000
	for i := range n {
		must(t, r.client.PublishRequest(Subject, replies.Subject, []byte(event("erp", fmt.Sprint(i)))))
	}
	for i := range n {
		if _, err := replies.NextMsg(30 * time.Second); err != nil {
			t.Fatalf("reply %d: %v", i, err)
		}
	}
	for i, e := range r.rec.wait(t, n) {
		if e.ID != fmt.Sprint(i) {
			t.Fatalf("event %d is %s", i, e.ID)
		}
	}
	stop()
}

func TestWhatArrivedBeforeTheEndIsAnswered(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	r.rec.before = func(domain.Envelope) error {
		once.Do(func() { close(entered); <-leave })
		return nil
	}
	service, err := NewService(r.door, r.rec, &access.Guard{}, nil, zaptest.NewLogger(t))
	must(t, err)
	for i := range 10 {
		must(t, r.client.PublishRequest(Subject, r.client.NewInbox(), []byte(event("erp", fmt.Sprint(i)))))
	}
	must(t, r.client.Flush())
	stop := background(t, service.Run)
	<-entered
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	close(leave)
	<-stopped
	r.rec.wait(t, 10)
}

func TestEverySourceIsRecordedInOrderBesideTheOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := r.inbox()
	background(t, in.Run)
	const sources, each = 8, 100
	var senders sync.WaitGroup
	for s := range sources {
		senders.Go(func() {
			for i := range each {
				if _, err := r.js.Publish(context.Background(), fmt.Sprint("inbox.s", s), []byte(event(fmt.Sprint("s", s), fmt.Sprint(i)))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	next := make(map[string]int)
	for _, e := range r.rec.wait(t, sources*each) {
		if e.ID != fmt.Sprint(next[e.Source]) {
			t.Fatalf("of %s came %s, want %d", e.Source, e.ID, next[e.Source])
		}
		next[e.Source]++
	}
	until(t, func() bool { return r.waiting(in) == 0 })
}

func TestWhatIsRefusedCanBeLookedAtAndSentAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raised := false
	r.rec.before = func(e domain.Envelope) error {
		if e.ID == "early" && !raised {
			return domain.Refuse("data.complaint", "was never raised")
		}
		return nil
	}
	in := r.inbox()
	background(t, in.Run)
	r.send("erp.eu", event("erp", "early"))
	r.send("erp.eu", "\xff not JSON")
	r.send("erp.eu", "["+event("erp", "fine")+","+event("erp", "early")+"]")
	r.send("erp.eu", event("erp", "last"))
	r.rec.wait(t, 2)
	until(t, func() bool { return r.waiting(in) == 0 })

	list := r.rejected(in)
	if len(list) != 3 {
		t.Fatalf("%d messages are rejected, want 3", len(list))
	}
	for i, want := range []struct {
		status   int
		location string
	}{{422, "data.complaint"}, {400, ""}, {422, "1.data.complaint"}} {
		got := list[i]
		if got.Source != "erp.eu" || got.Problem.Status != want.status || want.location != "" && got.Problem.Errors[0].Location != want.location {
			t.Errorf("rejected %d is %+v, want status %d at %q", i, got, want.status, want.location)
		}
	}
	if list[1].Original != "\xff not JSON" || string(list[0].Event) != event("erp", "early") {
		t.Errorf("kept are %q and %s", list[1].Original, list[0].Event)
	}

	answer, err := in.Resend(t.Context(), list[0].ID)
	if err != nil || !answer.Rejected() {
		t.Errorf("sent again too early: %+v, %v, want a rejection", answer, err)
	}
	raised = true
	answer, err = in.Resend(t.Context(), list[0].ID)
	if err != nil || answer.Receipts[0].Status != api.StatusRecorded {
		t.Errorf("sent again: %+v, %v, want it recorded", answer, err)
	}
	if _, err := in.Get(t.Context(), list[0].ID); !errors.Is(err, ErrNotRejected) {
		t.Errorf("it is still in the list: %v", err)
	}
	answer, err = in.Resend(t.Context(), list[1].ID)
	if err != nil || !answer.Rejected() {
		t.Errorf("what cannot be read, sent again: %+v, %v, want a rejection", answer, err)
	}
	answer, err = in.Resend(t.Context(), list[2].ID)
	if err != nil || answer.Receipts[0].Status != api.StatusDuplicate || answer.Receipts[1].Status != api.StatusDuplicate {
		t.Errorf("the batch sent again: %+v, %v, want duplicates", answer, err)
	}
	if left := r.rejected(in); len(left) != 1 || left[0].ID != list[1].ID {
		t.Errorf("left in the list: %+v, want the one that cannot be read", left)
	}
}

func TestHoweverLargeARefusedMessageIsItHoldsUpNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := r.inbox()
	defer background(t, in.Run)()
	const size = MaxInbox - 100
	header := nats.Header{"ce-id": {strings.Repeat("\x01", 60_000)}}
	for _, m := range []*nats.Msg{
		{Data: []byte(`"` + strings.Repeat("<", size) + `"`)},
		{Data: []byte(`"` + strings.Repeat("\u2028", size/3) + `"`)},
		{Data: []byte(strings.Repeat("\x01", size))},
		{Header: header, Data: []byte("{}")},
	} {
		m.Subject = "inbox.erp"
		_, err := r.js.PublishMsg(t.Context(), m)
		must(t, err)
	}
	r.send("erp", event("erp", "1"))
	until(t, func() bool { return r.waiting(in) == 0 })
	if len(r.rec.events) != 1 {
		t.Errorf("recorded: %+v", r.rec.events)
	}
	var seen int
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := in.Rejected(t.Context(), cursor, 100)
		must(t, err)
		seen += len(page.Items)
		if len(page.Items) > 3 {
			t.Errorf("a page has %d messages of 4 MiB", len(page.Items))
		}
		cursor = page.Next
	}
	if seen != 4 {
		t.Errorf("%d are in the rejected list, want 4", seen)
	}
}

func TestTheRejectedListIsPaged(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := r.inbox()
	background(t, in.Run)
	for range 5 {
		r.send("erp", "nothing")
	}
	until(t, func() bool { return len(r.rejected(in)) == 5 })
	var sizes []int
	cursor := ""
	for {
		page, err := in.Rejected(t.Context(), cursor, 2)
		must(t, err)
		sizes = append(sizes, len(page.Items))
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if !slices.Equal(sizes, []int{2, 2, 1}) {
		t.Errorf("pages have %v items, want 2, 2, 1", sizes)
	}
	if _, err := in.Rejected(t.Context(), "x", 2); !refused(err) {
		t.Errorf("a made-up cursor gives %v, want a refusal", err)
	}
	for _, id := range []string{"x", "0", "99"} {
		if _, err := in.Get(t.Context(), id); !errors.Is(err, ErrNotRejected) {
			t.Errorf("id %s gives %v, want ErrNotRejected", id, err)
		}
	}
}

func TestTheInboxWaitsForALogThatCannotWrite(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	failures := 4
	r.rec.before = func(domain.Envelope) error {
		if failures > 0 {
			failures--
			return fmt.Errorf("append: %w", eventstore.ErrUnavailable)
		}
		return nil
	}
	in := r.inbox()
	background(t, in.Run)
	for i := range 3 {
		r.send("erp", event("erp", fmt.Sprint(i)))
	}
	for i, e := range r.rec.wait(t, 3) {
		if e.ID != fmt.Sprint(i) {
			t.Errorf("event %d is %s", i, e.ID)
		}
	}
	until(t, func() bool { return r.waiting(in) == 0 })
	if list := r.rejected(in); len(list) != 0 {
		t.Errorf("rejected: %+v, want nothing", list)
	}
}

func TestACrashBetweenRecordingAndAcknowledgingYieldsADuplicate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := r.inbox()
	crash := make(chan struct{})
	r.rec.after = func(outcomes []commands.Outcome) []commands.Outcome {
		r.rec.after = func(outcomes []commands.Outcome) []commands.Outcome {
			if !outcomes[0].Receipt.Duplicate {
				t.Error("the second time it is not a duplicate")
			}
			return outcomes
		}
		close(crash)
		outcomes[0] = commands.Outcome{Err: context.Canceled}
		return outcomes
	}
	stop := background(t, in.Run)
	r.send("erp", event("erp", "1"))
	<-crash
	stop()
	if n := r.waiting(in); n != 1 {
		t.Fatalf("%d messages wait after the crash, want 1", n)
	}
	background(t, in.Run)
	until(t, func() bool { return r.waiting(in) == 0 })
	if events := r.rec.wait(t, 1); len(events) != 1 {
		t.Errorf("%d events are recorded, want 1", len(events))
	}
	if list := r.rejected(in); len(list) != 0 {
		t.Errorf("rejected: %+v, want nothing", list)
	}
}

func TestAMessageThatMakesUsPanicHoldsUpNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.rec.before = func(e domain.Envelope) error {
		if e.ID == "bad" {
			panic("no")
		}
		return nil
	}
	in := r.inbox()
	background(t, in.Run)
	r.send("erp", event("erp", "bad"))
	r.send("erp", event("erp", "good"))
	r.rec.wait(t, 1)
	until(t, func() bool { return r.waiting(in) == 0 })
	if list := r.rejected(in); len(list) != 1 || list[0].Problem.Status != 500 || list[0].Problem.Correlation == "" {
		t.Errorf("rejected: %+v, want one with status 500 and a correlation id", list)
	}
}

func TestTheInboxStopsUnderLoadAndGoesOnLater(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := r.inbox()
	const n = 600
	for i := range n {
		r.send(fmt.Sprint("s", i%8), event("erp", fmt.Sprint(i)))
	}
	for i := range 5 {
		stop := background(t, in.Run)
		r.rec.wait(t, i*20+1)
		stop()
	}
	background(t, in.Run)
	events := r.rec.wait(t, n)
	until(t, func() bool { return r.waiting(in) == 0 })
	last := make(map[int]int)
	for _, e := range events {
		var i int
		fmt.Sscan(e.ID, &i)
		if before, ok := last[i%8]; ok && i <= before {
			t.Errorf("event %d was recorded after %d of the same lane", i, before)
		}
		last[i%8] = i
	}
}

func TestWhatTheLedgerDidNotRejectKeepsNothingFromBeingListedOrForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	in := r.inbox()
	background(t, in.Run)
	for _, stray := range []string{"jane was here", `{"source":"elsewhere"}`} { // as where NATS is elsewhere
		must(t, r.door.Publish("rejected.elsewhere", []byte(stray)))
	}
	r.send("erp", `{"subject":"acme","data":{"contact":"jane"}}`)
	until(t, func() bool { return len(r.rejected(in)) == 3 })
	if stray := r.rejected(in)[0]; stray.Source != "elsewhere" || stray.Original != "jane was here" || stray.Problem.Status != http.StatusBadRequest {
		t.Errorf("got %+v", stray)
	}
	if found, err := in.Concerning(t.Context(), "acme", []domain.ID{"jane"}); err != nil || len(found) != 2 {
		t.Errorf("%d messages seem to concern her, %v", len(found), err)
	}
	if deleted, err := in.Purge(t.Context(), "acme", []domain.ID{"jane"}); err != nil || deleted != 2 {
		t.Errorf("%d messages are deleted, %v", deleted, err)
	}
	if left := r.rejected(in); len(left) != 1 || left[0].Original != `{"source":"elsewhere"}` {
		t.Errorf("left is %+v", left)
	}
}
