package commands_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/memory"
)

// model is the write path in its plainest form: one event at a time, everything
// folded anew for each.
type model struct {
	log []domain.Recorded
}

// record says what becomes of the event, in the words of [told].
func (m *model) record(e domain.Envelope) string {
	for _, r := range m.log {
		if r.Source == e.Source && r.ID == e.ID {
			if hash(r.Envelope) != hash(e) {
				return "conflict"
			}
			return fmt.Sprintf("(%d)", r.Position)
		}
	}
	if e.Data.EventType().Family() == "entry" {
		target := m.find(e)
		if m.account(e.Account).DecideEntry(e, target, m.read) != nil {
			return "refused"
		}
		e.Target = target.Position
		after := &model{log: append(slices.Clone(m.log), domain.Recorded{Envelope: e, Position: domain.Position(len(m.log) + 1)})}
		if into := after.into(e.Account); into != m.into(e.Account) && after.leads(into, e.Account) {
			return "refused"
		}
	} else if !m.allows(e) {
		return "refused"
	}
	past := m.of(e.Account)
	m.log = append(m.log, domain.Recorded{
		Envelope: e, Position: domain.Position(len(m.log) + 1), Revision: domain.Revision(len(past) + 1), RecordedAt: noon,
	})
	return fmt.Sprint(len(m.log))
}

func (m *model) allows(e domain.Envelope) bool {
	past := m.of(e.Account)
	book := followup.NewBook(e.Account)
	for _, r := range past {
		book.Evolve(r)
	}
	if faults, err := book.Check(e, m.read); err != nil || faults != nil {
		return false
	}
	if domain.FoldAccount(e.Account, domain.Standing(past)).Decide(e) != nil {
		return false
	}
	if merged, ok := e.Data.(domain.AccountMerged); ok {
		return !m.leads(merged.Into, e.Account)
	}
	return true
}

// into is what an account is merged into.
func (m *model) into(account domain.AccountID) domain.AccountID {
	into, _ := domain.FoldAccount(account, domain.Standing(m.of(account))).MergedInto()
	return into
}

// leads reports whether the one account is, in the end, merged into the other.
func (m *model) leads(from, to domain.AccountID) bool {
	for hops := 0; hops < 10 && from != to && from != ""; hops++ {
		from = m.into(from)
	}
	return from == to
}

// account is the account with its entries taken in one by one.
func (m *model) account(id domain.AccountID) *domain.Account {
	a := domain.NewAccount(id)
	for _, r := range m.of(id) {
		if r.Data.EventType().Family() != "entry" {
			a.Evolve(r)
		} else if err := a.Amend(r, m.read); err != nil {
			panic(err)
		}
	}
	return a
}

func (m *model) read(p domain.Position) (domain.Recorded, error) { return m.log[p-1], nil }

func (m *model) of(account domain.AccountID) []domain.Recorded {
	return slices.DeleteFunc(slices.Clone(m.log), func(r domain.Recorded) bool { return r.Account != account })
}

func (m *model) find(e domain.Envelope) *domain.Recorded {
	p, source, id, _ := domain.TargetOf(e)
	for _, r := range m.log {
		if r.Position == p || p == 0 && r.Source == source && r.ID == id {
			return &r
		}
	}
	return nil
}

func hash(e domain.Envelope) eventstore.Hash {
	h, err := codec.Hash(e)
	if err != nil {
		panic(err)
	}
	return h
}

// drawEvent is an event of a small world, in which much repeats and contradicts.
func drawEvent(t *rapid.T) domain.Envelope {
	account := rapid.SampledFrom([]domain.AccountID{"acme", "bell", "cane"})
	thing := rapid.SampledFrom([]domain.ID{"1", "2"}).Draw(t, "thing")
	at := account.Draw(t, "account")
	target := domain.Position(rapid.IntRange(1, 12).Draw(t, "target"))
	id := rapid.IntRange(1, 60).Draw(t, "id")
	data := rapid.SampledFrom([]domain.Event{
		domain.InteractionHeld{Kind: "call"},
		domain.InteractionHeld{Kind: "meeting", Interaction: thing},
		domain.MeetingDeclined{Meeting: thing},
		domain.ComplaintRaised{Complaint: thing, Severity: 3},
		domain.ComplaintRaised{Complaint: thing, Severity: 5},
		domain.ComplaintClosed{Complaint: thing},
		domain.ComplaintReopened{Complaint: thing},
		domain.CommitmentMade{Commitment: thing, Statement: "soon", DueAt: noon},
		domain.CommitmentKept{Commitment: thing},
		domain.AccountMerged{Into: account.Draw(t, "into")},
		domain.AccountUnmerged{From: account.Draw(t, "from")},
		domain.FollowUpAssigned{Item: item(at, string(thing)), Owner: "tom"},
		domain.FollowUpDismissed{Item: item(at, string(thing)), Reason: "a mistake"},
		domain.EntryRetracted{Position: target, Reason: "wrong"},
		domain.EntryRetracted{ID: fmt.Sprint(id % 60), Reason: "wrong"},
		domain.EntryCorrected{
			Position: target, Reason: "typing", Type: "rapport.complaint.raised.v1",
			Data: domain.ComplaintRaised{Complaint: thing, Severity: 1},
		},
		domain.EntryCorrected{
			Position: target, Reason: "another", Type: "rapport.account.merged.v1",
			Data: domain.AccountMerged{Into: account.Draw(t, "really into")},
		},
	}).Draw(t, "event")
	return event(at, fmt.Sprint(id), data)
}

// Whatever comes, in whatever portions, and however little the recorder remembers: it
// decides as one would who does one thing at a time and remembers nothing.
func TestTheRecorderDecidesLikeTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := memory.New(memory.WithClock(func() time.Time { return noon }))
		r := commands.NewRecorder(l, commands.Options{
			Now:         func() time.Time { return noon },
			BatchEvents: rapid.IntRange(1, 20).Draw(t, "batch"),
			CacheBytes:  rapid.SampledFrom([]int{1, 600, 1 << 20}).Draw(t, "cache"),
		})
		defer r.Close(context.Background())
		m := &model{}
		for range rapid.IntRange(1, 6).Draw(t, "requests") {
			request := rapid.SliceOfN(rapid.Custom(drawEvent), 0, 20).Draw(t, "request")
			var want []string
			for _, e := range request {
				want = append(want, m.record(e))
			}
			if got := told(r.Record(context.Background(), request)); got != strings.Join(want, " ") {
				t.Fatalf("recorded %q, the model %q", got, strings.Join(want, " "))
			}
		}
		compareLogs(t, l, m.log)
		for _, a := range []domain.AccountID{"acme", "bell", "cane"} {
			if into := m.into(a); into != "" && m.leads(into, a) {
				t.Fatalf("%s is merged into %s, and that into it", a, into)
			}
		}
	})
}

func compareLogs(t *rapid.T, log eventstore.Log, want []domain.Recorded) {
	n := 0
	for stored, err := range log.ReadLog(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		e, err := codec.Decode(stored)
		if err != nil {
			t.Fatal(err)
		}
		w := want[n]
		n++
		if stored.Hash != hash(w.Envelope) || e.Position != w.Position || e.Revision != w.Revision || e.Account != w.Account || e.Target != w.Target {
			t.Fatalf("the log has %+v, the model %+v", e.Recorded, w)
		}
	}
	if n != len(want) {
		t.Fatalf("the log has %d events, the model %d", n, len(want))
	}
}

// Clients at the same time, each with its own requests, a log that fails now and then
// before or after it wrote, and retries: every event that was acknowledged is there
// once, and the log is one the rules allow.
func TestManyClientsAndALogThatFails(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := &failingLog{Log: memory.New(), fails: rapid.SliceOfN(rapid.IntRange(0, 3), 40, 40).Draw(t, "failures")}
		r := commands.NewRecorder(l, commands.Options{Now: func() time.Time { return noon }, BatchEvents: 8, CacheBytes: 2000})
		clients := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawEvent), 0, 12), 1, 4).Draw(t, "clients")
		outcomes := make([][]commands.Outcome, len(clients))
		var all sync.WaitGroup
		for i, events := range clients {
			all.Go(func() { outcomes[i] = persist(r, events) })
		}
		all.Wait()
		if err := r.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		recorded := map[domain.Position]eventstore.Recorded{}
		m := &model{}
		for stored, err := range l.ReadLog(context.Background(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			record, err := codec.Decode(stored)
			if err != nil {
				t.Fatal(err)
			}
			e, err := record.Decode()
			if err != nil {
				t.Fatal(err)
			}
			if got := m.record(e.Envelope); got != fmt.Sprint(stored.Position) {
				t.Fatalf("the log has at %d what the model says is %s: %+v", stored.Position, got, e)
			}
			recorded[stored.Position] = stored
		}
		for i, events := range clients {
			for j, o := range outcomes[i] {
				at := recorded[o.Receipt.Position]
				if o.Err == nil && (at.ID != events[j].ID || at.Hash != hash(events[j]) || at.Revision != o.Receipt.Revision) {
					t.Fatalf("%+v was acknowledged, the log has %+v there", o.Receipt, at)
				}
			}
		}
	})
}

// persist records the events one request after the other until the log takes each.
func persist(r *commands.Recorder, events []domain.Envelope) []commands.Outcome {
	outcomes := make([]commands.Outcome, len(events))
	for i, e := range events {
		for {
			outcomes[i] = r.Record(context.Background(), []domain.Envelope{e})[0]
			if !errors.Is(outcomes[i].Err, eventstore.ErrUnavailable) {
				break
			}
		}
	}
	return outcomes
}

// failingLog fails as the numbers say: 1 before it writes, 2 after, otherwise not. It
// is for the recorder's goroutine.
type failingLog struct {
	*memory.Log
	fails []int
}

func (l *failingLog) Append(ctx context.Context, appends ...eventstore.Append) ([]eventstore.Receipt, error) {
	fail := 0
	if len(l.fails) > 0 {
		fail, l.fails = l.fails[0], l.fails[1:]
	}
	if fail == 1 {
		return nil, eventstore.ErrUnavailable
	}
	receipts, err := l.Log.Append(ctx, appends...)
	if fail == 2 && err == nil {
		return nil, eventstore.ErrUnavailable
	}
	return receipts, err
}
