package followups_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// monday is at 10:00 on a Monday, in business hours by the default policy.
var monday = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// ledger is a history in the making. What is recorded is recorded a second after what
// came before.
type ledger struct {
	t      testing.TB
	begins time.Time // when the first event is recorded; monday if zero
	events []domain.Recorded
}

// record has an event occur when it is recorded.
func (l *ledger) record(account domain.AccountID, data domain.Event) domain.Position {
	return l.recordAt(account, l.now(), data)
}

func (l *ledger) now() time.Time {
	begins := l.begins
	if begins.IsZero() {
		begins = monday
	}
	return begins.Add(time.Duration(len(l.events)+1) * time.Second)
}

func (l *ledger) recordAt(account domain.AccountID, occurred time.Time, data domain.Event) domain.Position {
	p := domain.Position(len(l.events) + 1)
	l.events = append(l.events, domain.Recorded{
		Envelope: domain.Envelope{
			Source: "test", ID: fmt.Sprint(p), Account: account, OccurredAt: occurred, Data: data,
		},
		Position: p, Revision: 1, RecordedAt: l.now(),
	})
	return p
}

func (l *ledger) retract(p domain.Position) domain.Position {
	at := l.record(l.events[p-1].Account, domain.EntryRetracted{Position: p, Reason: "wrong"})
	l.events[at-1].Target = p
	return at
}

func (l *ledger) correct(p domain.Position, occurred time.Time, data domain.Event) domain.Position {
	entry, _ := domain.Lookup(data.EventType())
	at := l.record(l.events[p-1].Account, domain.EntryCorrected{
		Position: p, Reason: "wrong", Type: entry.CloudEventType(), OccurredAt: occurred, Data: data,
	})
	l.events[at-1].Target = p
	return at
}

// records are the events as they come by the LEDGER stream.
func (l *ledger) records() []codec.Record {
	l.t.Helper()
	records := make([]codec.Record, len(l.events))
	for i, e := range l.events {
		stored, err := codec.Encode(e.Envelope)
		if err != nil {
			l.t.Fatal(err)
		}
		records[i], err = codec.Decode(eventstore.Recorded{
			Event: stored, Stream: e.Account, Position: e.Position, Revision: e.Revision, RecordedAt: e.RecordedAt,
		})
		if err != nil {
			l.t.Fatal(err)
		}
	}
	return records
}

// readModel folds the history.
type readModel struct {
	t  testing.TB
	db *sqldb.DB
}

func (l *ledger) fold() readModel {
	l.t.Helper()
	return readModel{l.t, projectiontest.Fold(l.t, followups.New(), l.records())}
}

func (m readModel) view(f func(ctx context.Context, tx *sqldb.Tx) error) {
	m.t.Helper()
	if err := m.db.View(m.t.Context(), func(tx *sqldb.Tx) error { return f(m.t.Context(), tx) }); err != nil {
		m.t.Fatal(err)
	}
}

func (m readModel) queue(q followups.Query) (page followups.Page) {
	m.t.Helper()
	m.view(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		page, err = followups.Queue(ctx, tx, q)
		return err
	})
	return page
}

// all reads the queue page by page.
func (m readModel) all(q followups.Query) (items []followups.Item) {
	m.t.Helper()
	for {
		page := m.queue(q)
		items = append(items, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return items
		}
	}
}

func (m readModel) find(id string, now time.Time) (item followups.Item) {
	m.t.Helper()
	m.view(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		item, err = followups.Find(ctx, tx, id, now)
		return err
	})
	return item
}

func (m readModel) overdue(now time.Time) (due []followups.Due) {
	m.t.Helper()
	m.view(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		due, err = followups.Overdue(ctx, tx, now, 100)
		return err
	})
	return due
}

func (m readModel) silent(now time.Time) (silent []followups.Silence) {
	m.t.Helper()
	m.view(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		silent, err = followups.Silent(ctx, tx, now, 100)
		return err
	})
	return silent
}

func (m readModel) broken(now time.Time) (broken []followups.Broken) {
	m.t.Helper()
	m.view(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		broken, err = followups.BrokenSilences(ctx, tx, now, 100)
		return err
	})
	return broken
}

// random makes a history of everything the queue listens to, and of corrections,
// retractions, merges and policies, in an order in which not everything makes sense.
func random(t testing.TB, seed uint64, n int) *ledger {
	r := rand.New(rand.NewPCG(seed, 1))
	l := &ledger{t: t}
	accounts := []domain.AccountID{"a", "b", "c", "d"}
	for len(l.events) < n {
		account := accounts[r.IntN(len(accounts))]
		occurred := monday.Add(time.Duration(r.IntN(60*24)-30*24) * time.Hour)
		if len(l.events) > 0 && r.IntN(6) == 0 {
			l.entry(r, occurred, n)
			continue
		}
		switch r.IntN(25) {
		case 0:
			l.recordAt(domain.Ledger, occurred, policy(r, len(l.events)))
		case 3:
			l.recordAt(domain.Ledger, occurred, wide(r))
		case 1:
			l.recordAt(account, occurred, domain.AccountMerged{Into: accounts[r.IntN(len(accounts))]})
		case 2:
			l.recordAt(account, occurred, domain.AccountUnmerged{From: accounts[r.IntN(len(accounts))]})
		default:
			l.recordAt(account, occurred, fact(r, account))
		}
	}
	return l
}

// entry corrects or retracts one of the last so many events.
func (l *ledger) entry(r *rand.Rand, occurred time.Time, last int) {
	p := domain.Position(len(l.events) - r.IntN(min(last, len(l.events))))
	target := l.events[p-1]
	switch target.Data.(type) {
	case domain.EntryRetracted:
		return
	case domain.SilenceNoticed, domain.SilenceBroken, domain.DuePassed, domain.FollowUpEscalated: // nobody corrects what the ledger noticed
		l.retract(p)
		return
	case domain.EntryCorrected:
		l.retract(p)
		return
	}
	if r.IntN(3) == 0 {
		l.retract(p)
		return
	}
	if r.IntN(2) == 0 {
		occurred = time.Time{}
	}
	for range 200 { // the same type again, with other data
		if data := fact(r, target.Account); data.EventType() == target.Data.EventType() {
			l.correct(p, occurred, data)
			return
		}
	}
}

func policy(r *rand.Rand, n int) domain.PolicyChanged {
	p := domain.DefaultPolicy()
	p.FollowUp.DefaultDueH = float64(1 + r.IntN(100))
	p.FollowUp.SLAs = []domain.SLA{{Reason: "complaint", DueH: float64(1 + r.IntN(50))}}
	p.Calendar.Holidays = []string{"2026-11-24"}
	return domain.PolicyChanged{Name: fmt.Sprint("p", n), Reason: "test", FollowUp: &p.FollowUp, Calendar: &p.Calendar}
}

// wide is what concerns no single account.
func wide(r *rand.Rand) domain.Event {
	id := domain.ID(fmt.Sprint(r.IntN(2)))
	at := monday.Add(time.Duration(r.IntN(60*24)-30*24) * time.Hour)
	item := followup.ItemID(domain.Ledger, "certificate_expiry", string(id))
	switch r.IntN(5) {
	case 0:
		return domain.CertificateGranted{Scheme: string(id), ValidTo: []time.Time{{}, at}[r.IntN(2)]}
	case 1:
		return domain.CertificateExpired{Scheme: string(id)}
	case 2:
		return domain.FollowUpCustomerTold{Item: item}
	case 3:
		return domain.FollowUpAssigned{Item: item, Owner: "ann"}
	}
	return domain.FigurePublished{Measure: "otif", Period: "Q1", By: []string{"us", "customer"}[r.IntN(2)], Value: float64(r.IntN(2)), UOM: "pct"}
}

func fact(r *rand.Rand, account domain.AccountID) domain.Event {
	if account == domain.Ledger {
		return wide(r)
	}
	id := domain.ID(fmt.Sprint(r.IntN(3)))
	rules := []string{"complaint", "request", "delivery_missed", "low_score", followup.Silence, followup.ByHand}
	item := func() string {
		rule, key := rules[r.IntN(len(rules))], string(id)
		if rule == "low_score" || rule == followup.Silence {
			key = ""
		}
		return followup.ItemID(account, rule, key)
	}
	at := monday.Add(time.Duration(r.IntN(60*24)-30*24) * time.Hour)
	turn := []string{"customer", "us", ""}[r.IntN(3)]
	person := []string{"ann", "bob"}[r.IntN(2)]
	switch r.IntN(42) {
	case 35, 36:
		return domain.FigurePublished{Measure: "otif", Period: "Q1", By: []string{"us", "customer", "third_party"}[r.IntN(3)], Value: float64(r.IntN(3)), UOM: "pct"}
	case 37:
		return domain.FigureReconciled{Measure: "otif", Period: "Q1", AgreedValue: 1, UOM: "pct"}
	case 38:
		return domain.AccountFactLearned{Fact: id, Category: "cycle", Statement: "s", ValidTo: []time.Time{{}, at}[r.IntN(2)], NextAt: []time.Time{{}, at}[r.IntN(2)]}
	case 39:
		return domain.MeetingDeclined{Meeting: id, NotBefore: []time.Time{{}, at}[r.IntN(2)]}
	case 40:
		return domain.PlanCreated{Plan: id, From: []domain.Position{domain.Position(1 + r.IntN(50))}}
	case 41:
		return domain.VoiceCaptured{Verbatim: "v"}
	case 31:
		return domain.AccountSponsorAppointed{Person: person}
	case 32, 33:
		return domain.FollowUpEscalated{Item: item(), To: "boss", Reason: "r", Step: int64(1 + r.IntN(2)), DueAt: at, NoticedAt: at}
	case 0, 1:
		return domain.ComplaintRaised{Complaint: id, Severity: int64(1 + r.IntN(5)), Safety: r.IntN(5) == 0}
	case 2:
		return domain.ComplaintInvestigated{Complaint: id, Awaiting: turn}
	case 3:
		return domain.ComplaintAnswered{Complaint: id}
	case 4:
		return domain.ComplaintClosed{Complaint: id}
	case 5:
		return domain.ComplaintReopened{Complaint: id}
	case 6:
		return domain.RequestReceived{Request: id, DueAt: []time.Time{{}, at}[r.IntN(2)]}
	case 7:
		return domain.RequestClarified{Request: id, Awaiting: turn}
	case 8:
		return domain.RequestAnswered{Request: id}
	case 9:
		return domain.DeliveryMissed{Line: id}
	case 10:
		return domain.DeliveryMade{Line: id, DeliveredAt: at}
	case 11:
		return domain.DeliveryExcused{Line: id, Code: "x", By: "y"}
	case 12, 13:
		return domain.SurveyAnswered{Instrument: "nps", Score: float64(r.IntN(11)), ScaleMax: 10}
	case 14:
		return domain.FollowUpOpened{FollowUp: id, Reason: "look", DueAt: []time.Time{{}, at}[r.IntN(2)]}
	case 15:
		return domain.FollowUpAssigned{Item: item(), Owner: person}
	case 16:
		return domain.FollowUpSnoozed{Item: item(), Until: at}
	case 17:
		return domain.FollowUpEscalated{Item: item(), To: "boss", Reason: "r"}
	case 18:
		return domain.FollowUpCompleted{Item: item(), Outcome: "o"}
	case 19:
		return domain.FollowUpCustomerTold{Item: item()}
	case 20:
		return domain.FollowUpDismissed{Item: item(), Reason: "r"}
	case 21:
		return domain.AccountClassified{TierNow: []string{"A", "B", "C", "D"}[r.IntN(4)]}
	case 22:
		return domain.AccountManagerAssigned{Person: person}
	case 23:
		return domain.AccountManagerReleased{Person: person}
	case 24:
		return domain.AccountCadenceAgreed{EveryD: int64(1 + r.IntN(20))}
	case 25:
		return domain.AccountLost{Reason: "r"}
	case 26:
		return domain.SilenceNoticed{LastContactAt: []time.Time{{}, at}[r.IntN(2)], CadenceD: 7, NoticedAt: at}
	case 27:
		return domain.DuePassed{Item: item(), DueAt: at, NoticedAt: at}
	case 28:
		return domain.SilenceBroken{Contact: 1, Silence: domain.Position(1 + r.IntN(250)), NoticedAt: at}
	}
	return domain.InteractionHeld{Kind: "call"}
}

func TestHowBatchesAreCutMakesNoDifference(t *testing.T) {
	t.Parallel()
	for range 2 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			projectiontest.Run(t, followups.New(), random(t, seed, 250).records())
		})
	}
}

// whatStands folds the queue in the plainest way: from what stands of each account's
// history, as if what was retracted had never happened.
func whatStands(l *ledger, now time.Time) map[string]followups.Item {
	byAccount := make(map[domain.AccountID][]domain.Recorded)
	for _, e := range l.events {
		byAccount[e.Account] = append(byAccount[e.Account], e)
	}
	course := domain.NewPolicies(byAccount[domain.Ledger]).Known(now.AddDate(1, 0, 0))
	terms := followup.NewTerms(course)
	profiles := make(map[domain.AccountID]followup.Profile)
	signals := make(map[string][]followup.Signal)
	touches := make(map[domain.AccountID][]domain.Recorded)
	for account, events := range byAccount {
		var facts []followup.Fact
		for _, e := range domain.Standing(events) {
			for _, s := range followup.Read(e) {
				signals[s.Item] = append(signals[s.Item], s)
			}
			if fact, ok := followup.ReadFact(e); ok {
				facts = append(facts, fact)
			}
			if entry, _ := domain.Lookup(e.Data.EventType()); entry.Touch && domain.InContact(e.OccurredAt, e.RecordedAt) {
				touches[account] = append(touches[account], e)
			}
		}
		profiles[account] = followup.FoldProfile(account, facts)
	}
	items := make(map[string]followups.Item)
	for id, said := range signals {
		account := followup.AccountOf(id)
		var contact []domain.Recorded
		for member := range byAccount {
			if slices.Contains(chain(profiles, member), account) {
				contact = append(contact, touches[member]...)
			}
		}
		for _, s := range said {
			if touch, ok := firstAfter(contact, s); ok && s.Rule == followup.Silence {
				said = append(said, followup.Broken(s, touch.Position, touch.OccurredAt))
			}
		}
		item, ok := followup.Fold(said, terms)
		if !ok {
			continue
		}
		var around []followup.Profile
		for _, member := range chain(profiles, account) {
			around = append(around, profiles[member])
		}
		items[id] = shown(item, followup.HoldersOf(around...), terms, now)
	}
	return items
}

func chain(profiles map[domain.AccountID]followup.Profile, id domain.AccountID) (chain []domain.AccountID) {
	for id != "" && !slices.Contains(chain, id) {
		chain = append(chain, id)
		id = profiles[id].MergedInto
	}
	return chain
}

func firstAfter(touches []domain.Recorded, silence followup.Signal) (first domain.Recorded, found bool) {
	for _, e := range touches {
		if !silence.Until.IsZero() && !e.OccurredAt.After(silence.Until) {
			continue
		}
		if d := e.OccurredAt.Compare(first.OccurredAt); !found || d < 0 || d == 0 && e.Position < first.Position {
			first, found = e, true
		}
	}
	return first, found
}

// shown is how an item looks at an instant.
func shown(i followup.Item, h followup.Holders, terms *followup.Terms, now time.Time) followups.Item {
	s := followups.Item{
		ID: i.ID, Account: i.Account, Reason: i.Reason, Subject: i.Subject, Causes: i.Causes,
		OpenedAt: i.OpenedAt, DueAt: i.DueAt, EscalatedTo: i.EscalatedTo, Paused: i.Paused,
		EscalatesAt: i.Next.At, EscalatesTo: followup.TakenTo(i.Next.To, h),
		Done: i.Done, CustomerTold: i.Told, Ending: i.Ending, ClosedAt: i.ClosedAt, Outcome: i.Outcome, State: followups.Open,
	}
	s.Owner, s.OwnerBefore = followup.HandOver(i, h)
	switch {
	case i.Ending != "":
		s.State = followups.Closed
	case i.SnoozedUntil.After(now):
		s.State, s.SnoozedUntil = followups.Snoozed, i.SnoozedUntil
	case i.Done:
		s.State = followups.Done
	}
	s.Overdue = s.State != followups.Closed && !i.Paused && !i.DueAt.After(now)
	level := 0
	if s.Overdue {
		c := terms.At(now).Calendar
		level = min(1+int(c.Between(i.DueAt, now)/c.Day()), followup.MostOverdue)
	}
	s.Factors = followup.FactorsOf(i.CustomerKnows, h.Tier, i.Impact, level)
	if s.State != followups.Closed {
		s.Priority = s.Factors.Priority()
	}
	return s
}

func TestTheQueueIsWhatStands(t *testing.T) {
	t.Parallel()
	for range 8 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			l := random(t, seed, 300)
			now := monday.AddDate(0, 0, rand.IntN(40)-10)
			want := whatStands(l, now)
			got := make(map[string]followups.Item)
			m := l.fold()
			for _, item := range m.all(followups.Query{Now: now, Limit: 7}) {
				if _, twice := got[item.ID]; twice {
					t.Errorf("item %s is on two pages", item.ID)
				}
				if found := m.find(item.ID, now); !reflect.DeepEqual(found, item) {
					t.Errorf("item %s: found %+v, in the queue %+v", item.ID, found, item)
				}
				item.Changed = 0
				got[item.ID] = item
			}
			for id := range maps.Keys(want) {
				if want[id].Ending == followup.Withdrawn {
					delete(want, id) // what it was depends on what does not stand, too
				} else if !reflect.DeepEqual(got[id], want[id]) {
					t.Errorf("item %s:\n got %+v\nwant %+v", id, got[id], want[id])
				}
			}
			for id, item := range got {
				if _, stands := want[id]; !stands && (item.State != followups.Closed || len(item.Causes) > 0) {
					t.Errorf("item %s: got %+v, want it withdrawn", id, item)
				}
			}
		})
	}
}

func TestPagesAreInOrderAndFiltered(t *testing.T) {
	t.Parallel()
	for range 4 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			l := random(t, seed, 400)
			now := monday.AddDate(0, 0, rand.IntN(60)-10)
			m := l.fold()
			all := m.all(followups.Query{Now: now, Limit: 1000})
			if !slices.IsSortedFunc(all, inQueue) {
				t.Error("the queue is not in order")
			}
			for _, q := range []followups.Query{
				{States: []followups.State{followups.Open}}, {States: []followups.State{followups.Done}},
				{States: []followups.State{followups.Snoozed}}, {States: []followups.State{followups.Closed}},
				{States: []followups.State{followups.Open, followups.Snoozed, followups.Done}},
				{States: []followups.State{followups.Snoozed, followups.Closed}},
				{Owner: "ann"}, {Unowned: true}, {Account: "a", Unowned: true}, {DueBefore: monday}, {Account: "a"}, {Account: "b", States: []followups.State{followups.Open}, Owner: "bob"},
			} {
				q.Now, q.Limit = now, 1+rand.IntN(6)
				group := m.group(q.Account)
				want := slices.DeleteFunc(slices.Clone(all), func(i followups.Item) bool {
					return len(q.States) > 0 && !slices.Contains(q.States, i.State) || q.Owner != "" && i.Owner != q.Owner || q.Unowned && i.Owner != "" ||
						!q.DueBefore.IsZero() && !i.DueAt.Before(q.DueBefore) || q.Account != "" && !slices.Contains(group, i.Account)
				})
				got := m.all(q)
				if !slices.EqualFunc(got, want, func(a, b followups.Item) bool { return reflect.DeepEqual(a, b) }) {
					t.Errorf("%+v:\n got %s\nwant %s", q, ids(got), ids(want))
				}
			}
		})
	}
}

func inQueue(a, b followups.Item) int {
	switch {
	case a.Priority != b.Priority:
		return int(1000 * (b.Priority - a.Priority))
	case !a.DueAt.Equal(b.DueAt):
		return a.DueAt.Compare(b.DueAt)
	case a.ID < b.ID:
		return -1
	}
	return 1
}

// group is the account and those merged into it, by the read model's own table.
func (m readModel) group(id domain.AccountID) (group []domain.AccountID) {
	into := make(map[domain.AccountID]followup.Profile)
	m.view(func(ctx context.Context, tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, "SELECT account, merged_into FROM accounts")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p followup.Profile
			if err := rows.Scan(&p.Account, &p.MergedInto); err != nil {
				return err
			}
			into[p.Account] = p
		}
		return rows.Err()
	})
	for _, member := range []domain.AccountID{"a", "b", "c", "d"} {
		if slices.Contains(chain(into, member), id) {
			group = append(group, member)
		}
	}
	return group
}

func ids(items []followups.Item) (ids []string) {
	for _, i := range items {
		ids = append(ids, fmt.Sprint(i.ID, " ", i.Priority, " ", i.DueAt))
	}
	return ids
}

func TestACursorOfAnotherQueryIsRefused(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	for i := range 3 {
		l.record("acme", domain.RequestReceived{Request: domain.ID(fmt.Sprint(i))})
	}
	m := l.fold()
	page := m.queue(followups.Query{Now: monday, Limit: 2})
	if len(page.Items) != 2 || page.Next == "" {
		t.Fatalf("got %+v, want two items and a cursor", page)
	}
	rest := m.queue(followups.Query{Now: monday.AddDate(1, 0, 0), Limit: 2, Cursor: page.Next})
	if len(rest.Items) != 1 || rest.Next != "" || rest.Items[0].Overdue {
		t.Errorf("got %+v, want the third item, judged by the first page's instant", rest)
	}
	for name, q := range map[string]followups.Query{
		"another query": {Owner: "ann", Cursor: page.Next},
		"nonsense":      {Cursor: "nonsense"},
		"too short":     {Cursor: "AA"},
		"not base64":    {Cursor: "?"},
	} {
		err := m.db.View(t.Context(), func(tx *sqldb.Tx) error {
			_, err := followups.Queue(t.Context(), tx, q)
			return err
		})
		if !errors.Is(err, followups.ErrBadCursor) {
			t.Errorf("%s: got %v, want ErrBadCursor", name, err)
		}
	}
}
