package timeline_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// start is when the ledgers of these tests begin.
var start = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// history is a ledger as it is written down, event by event.
type history struct {
	begins    time.Time // when the first event is recorded; start if zero
	records   []codec.Record
	revisions map[domain.AccountID]domain.Revision
}

// option changes an event about to be recorded.
type option func(*codec.Record)

func occurred(t time.Time) option { return func(r *codec.Record) { r.OccurredAt = t } }
func recorded(t time.Time) option { return func(r *codec.Record) { r.RecordedAt = t } }
func target(p domain.Position) option {
	return func(r *codec.Record) { r.Target = p }
}

// add records the event a minute after the one before, as having just happened.
func (h *history) add(account domain.AccountID, event domain.Event, options ...option) domain.Position {
	if h.revisions == nil {
		h.revisions = make(map[domain.AccountID]domain.Revision)
	}
	h.revisions[account]++
	data, err := codec.EncodeData(event)
	if err != nil {
		panic(err)
	}
	position := domain.Position(len(h.records) + 1)
	begins := h.begins
	if begins.IsZero() {
		begins = start
	}
	at := begins.Add(time.Duration(position) * time.Minute)
	r := codec.Record{
		Recorded: domain.Recorded{
			Envelope: domain.Envelope{
				Source: "test", ID: fmt.Sprint("id-", position), Account: account, OccurredAt: at, Actor: "somebody",
			},
			Position: position, Revision: h.revisions[account], RecordedAt: at,
		},
		Type: event.EventType(),
		JSON: data,
	}
	for _, o := range options {
		o(&r)
	}
	h.records = append(h.records, r)
	return position
}

// retract and correct record an entry about an earlier event.
func (h *history) retract(p domain.Position) domain.Position {
	return h.add(h.records[p-1].Account, domain.EntryRetracted{Position: p, Reason: "it was not so"}, target(p))
}

func (h *history) correct(p domain.Position, data domain.Event, occurredAt time.Time) domain.Position {
	return h.add(h.records[p-1].Account, domain.EntryCorrected{
		Position: p, Reason: "it was otherwise", Type: domain.Prefix + string(data.EventType()) + ".v1", Data: data, OccurredAt: occurredAt,
	}, target(p))
}

func meeting(contacts ...domain.ID) domain.Event {
	return domain.InteractionHeld{Kind: "meeting", Contacts: contacts}
}

// decoded gives the events with their data.
func decoded(t testing.TB, records []codec.Record) []domain.Recorded {
	t.Helper()
	all := make([]domain.Recorded, len(records))
	for i, r := range records {
		var err error
		if all[i], err = r.Decode(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

var (
	accounts = []domain.AccountID{"acme", "bolt", "cube", "dune", domain.Ledger}
	contacts = []domain.ID{"ann", "bea", "cem", "dee"}
)

// random is a history of n events of every sort that makes a difference here, entries
// about earlier events and late arrivals among them.
func random(t testing.TB, n int) *history {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("history of seed %d", seed)
	g := generator{Rand: rand.New(rand.NewPCG(seed, 0)), void: make(map[domain.Position]bool)}
	for len(g.h.records) < n {
		g.step()
	}
	return &g.h
}

type generator struct {
	*rand.Rand
	h    history
	void map[domain.Position]bool // was retracted, or is a retraction
}

func (g *generator) step() {
	if len(g.h.records) > 0 && g.IntN(4) == 0 {
		g.entry()
		return
	}
	account := accounts[g.IntN(len(accounts))]
	var options []option
	if g.IntN(3) == 0 {
		options = append(options, occurred(g.time()))
	}
	if account == domain.Ledger {
		g.h.add(account, domain.PolicyChanged{Name: "p", Reason: "r"}, options...)
		return
	}
	g.h.add(account, g.event(account), options...)
}

func (g *generator) time() time.Time {
	return start.Add(time.Duration(g.IntN(5000)-2500) * time.Minute)
}

func (g *generator) event(account domain.AccountID) domain.Event {
	pick := func(words ...string) string { return words[g.IntN(len(words))] }
	contact := func() domain.ID { return contacts[g.IntN(len(contacts))] }
	other := func() domain.AccountID {
		for {
			if a := accounts[g.IntN(len(accounts)-1)]; a != account {
				return a
			}
		}
	}
	switch g.IntN(12) {
	case 0:
		return domain.AccountOpened{Name: pick("Ärger & Söhne", "100% Acme_", "Bolt"), Kind: pick("customer", "partner")}
	case 1:
		return domain.AccountClassified{TierNow: pick("A", "B", "C")}
	case 2:
		return domain.AccountManagerAssigned{Person: pick("x", "y")}
	case 3:
		return domain.AccountManagerReleased{Person: pick("x", "y")}
	case 4:
		return domain.AccountStageChanged{To: pick("trial", "partner")}
	case 5:
		return domain.AccountMerged{Into: other()}
	case 6:
		return domain.AccountUnmerged{From: other()}
	case 7:
		return domain.ContactMerged{Contact: contact(), Into: contact()}
	case 8:
		return domain.ContactUnmerged{Contact: contact(), From: contact()}
	case 9:
		return domain.EffortLogged{HoursH: 1}
	}
	return meeting(slices.Compact([]domain.ID{contact(), contact()})...)
}

// entry corrects or retracts an earlier event that may be.
func (g *generator) entry() {
	p := domain.Position(1 + g.IntN(len(g.h.records)))
	r := g.h.records[p-1]
	switch {
	case g.void[p]:
	case r.Type == "entry.corrected" || g.IntN(2) == 0:
		g.void[p] = true
		g.void[g.h.retract(p)] = true
	case r.Account != domain.Ledger:
		var when time.Time
		if g.IntN(2) == 0 {
			when = g.time()
		}
		for {
			if data := g.event(r.Account); data.EventType() == r.Type {
				g.h.correct(p, data, when)
				return
			}
		}
	}
}
