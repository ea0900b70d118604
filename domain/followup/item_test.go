package followup_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

func hour(h, m int) time.Time { return time.Date(2026, 11, 23, h, m, 0, 0, time.UTC) }

func TestWhenItemsAreDue(t *testing.T) {
	t.Parallel()
	yes := true
	asks := domain.RequestReceived{Request: "r1"}
	type event struct {
		at   time.Time
		data domain.Event
	}
	for _, tt := range []struct {
		name      string
		rule, key string
		given     []event
		want      time.Time
	}{
		{"two business days after a request", "request", "r1", []event{{monday, asks}}, day(2)},
		{"at the date that was asked for", "request", "r1", []event{{monday, domain.RequestReceived{Request: "r1", DueAt: day(5)}}}, day(5)},
		{
			"later by the business time in which the customer's move was awaited", "request", "r1",
			[]event{
				{monday, asks},
				{hour(11, 0), domain.RequestClarified{Request: "r1", Awaiting: "customer"}},
				{hour(14, 30), domain.RequestClarified{Request: "r1", Awaiting: "us"}},
			}, day(2).Add(2*time.Hour + 30*time.Minute), // without the lunch break
		},
		{
			"that holds for a date asked for too", "request", "r1",
			[]event{
				{monday, domain.RequestReceived{Request: "r1", DueAt: day(2)}},
				{hour(11, 0), domain.RequestClarified{Request: "r1", Awaiting: "customer"}},
				{hour(12, 0), domain.RequestClarified{Request: "r1", Awaiting: "us"}},
			}, day(2).Add(time.Hour),
		},
		{
			"pauses that are recorded out of order count as they happened", "request", "r1",
			[]event{
				{monday, asks},
				{hour(12, 0), domain.RequestClarified{Request: "r1", Awaiting: "us"}},
				{hour(11, 0), domain.RequestClarified{Request: "r1", Awaiting: "customer"}},
			}, day(2).Add(time.Hour),
		},
		{
			"a pause that goes on is for the reader to see", "request", "r1",
			[]event{{monday, asks}, {hour(11, 0), domain.RequestClarified{Request: "r1", Awaiting: "customer"}}}, day(2),
		},
		{
			"at a promise's new date", "commitment", "p1",
			[]event{{monday, domain.CommitmentMade{Commitment: "p1", DueAt: day(1)}}, {monday, domain.CommitmentRenegotiated{Commitment: "p1", NewDueAt: day(9)}}}, day(9),
		},
		{
			"when a promise was broken before its date", "commitment", "p1",
			[]event{{monday, domain.CommitmentMade{Commitment: "p1", DueAt: day(9)}}, {day(1), domain.CommitmentBroken{Commitment: "p1"}}}, day(1),
		},
		{
			"from the first of several causes", "low_score", "",
			[]event{
				{day(1), domain.SurveyAnswered{Instrument: "nps", Score: 1, ScaleMax: 10}},
				{monday, domain.SurveyAnswered{Instrument: "nps", Score: 1, ScaleMax: 10}},
			}, day(3),
		},
		{
			"anew when it is opened again", "complaint", "c1",
			[]event{
				{monday, domain.ComplaintRaised{Complaint: "c1", Severity: 1}},
				{day(1), domain.ComplaintClosed{Complaint: "c1", AcceptedByCustomer: &yes}},
				{day(2), domain.ComplaintReopened{Complaint: "c1"}},
			}, day(4),
		},
		{"by the default where nothing is said", followup.ByHand, "f1", []event{{monday, domain.FollowUpOpened{FollowUp: "f1"}}}, day(7)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := &history{}
			for _, e := range tt.given {
				h.at(e.at, e.data)
			}
			if got := h.items()[item(tt.rule, tt.key)].DueAt; !got.Equal(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestARoundBeginsAnew(t *testing.T) {
	t.Parallel()
	id := item("complaint", "c1")
	h := of(domain.ComplaintRaised{Complaint: "c1", Severity: 4})
	h.at(day(1), domain.FollowUpEscalated{Item: id, To: "eve", Reason: "overdue"})
	h.at(day(2), domain.ComplaintClosed{Complaint: "c1", AcceptedByCustomer: new(true)})
	h.at(day(3), domain.ComplaintReopened{Complaint: "c1"})
	if got := h.items()[id]; got.EscalatedTo != "" || got.Impact != 4 {
		t.Errorf("opened again it is with %q, of impact %d; want it with nobody, and as grave as it was", got.EscalatedTo, got.Impact)
	}
	h.retract(1)
	if got := h.items()[id]; got.Impact != 1 {
		t.Errorf("impact %d, want 1: what said how grave it is was withdrawn", got.Impact)
	}

	busy := of(domain.MeetingDeclined{Meeting: "m1", NotBefore: day(9)}, domain.MeetingProposed{Meeting: "m2", By: "us"})
	busy.at(day(2), domain.MeetingDeclined{Meeting: "m2"})
	if got, want := busy.items()[item("meeting_declined", "")].DueAt, business(day(2), 75); !got.Equal(want) {
		t.Errorf("due at %v, want %v: nobody said when to ask again", got, want)
	}
}

func TestACauseMayNameTheOwner(t *testing.T) {
	t.Parallel()
	id := item("plan", "q1")
	h := of(domain.PlanCreated{Plan: "q1", Owner: "ann"})
	if got := h.items()[id]; got.Owner != "ann" || !got.OwnerSince.Equal(monday) {
		t.Errorf("owned by %q since %v, want by ann since %v", got.Owner, got.OwnerSince, monday)
	}
	gap := of(domain.AccountManagerAssigned{Person: "ann"}, domain.AccountManagerReleased{Person: "ann"})
	if got := gap.items()[item("manager_gap", "")].Owner; got != "" {
		t.Errorf("the place that %q left is hers to fill", got)
	}
}

func TestTheRulesInForceWhenAnItemOpenedHold(t *testing.T) {
	t.Parallel()
	policy := domain.DefaultPolicy().FollowUp
	policy.SLAs = []domain.SLA{{Reason: "complaint", DueH: 1}, {Reason: "call back", DueH: 2}}
	policies := domain.NewPolicies([]domain.Recorded{{
		Envelope: domain.Envelope{OccurredAt: monday, Data: domain.PolicyChanged{Name: "swift", FollowUp: &policy}},
		Position: 1, RecordedAt: monday,
	}})
	terms := followup.NewTerms(policies.Known(monday))
	for _, tt := range []struct {
		at   time.Time
		data domain.Event
		want time.Time
	}{
		{monday.Add(-time.Hour), domain.ComplaintRaised{Complaint: "c1"}, day(1).Add(7*time.Hour + 30*time.Minute)},
		{monday, domain.ComplaintRaised{Complaint: "c1"}, hour(11, 0)},
		{monday, domain.FollowUpOpened{FollowUp: "f", Reason: "call back"}, hour(12, 0)},
	} {
		h := &history{}
		h.at(tt.at, tt.data)
		got, ok := followup.Fold(followup.Read(h.events[0]), terms)
		if !ok || !got.DueAt.Equal(tt.want) {
			t.Errorf("%T at %v: got %v, want %v", tt.data, tt.at, got.DueAt, tt.want)
		}
	}
}

func TestWhatPeopleDoWithAnItem(t *testing.T) {
	t.Parallel()
	id := item("complaint", "c1")
	given := func(events ...domain.Event) followup.Item {
		return of(append([]domain.Event{domain.ComplaintRaised{Complaint: "c1", Severity: 1}}, events...)...).items()[id]
	}
	if got := given(domain.FollowUpAssigned{Item: id, Owner: "ann"}, domain.ComplaintAssessed{Complaint: "c1", Owner: "bob"}); got.Owner != "bob" {
		t.Errorf("owner: got %q, want the one named last", got.Owner)
	}
	if got := given(domain.FollowUpSnoozed{Item: id, Until: day(3)}); !got.SnoozedUntil.Equal(day(3)) {
		t.Errorf("snoozed: got %v", got.SnoozedUntil)
	}
	for name, wakes := range map[string]domain.Event{
		"escalation": domain.FollowUpEscalated{Item: id, To: "boss"},
		"the work":   domain.FollowUpCompleted{Item: id},
		"the end":    domain.FollowUpDismissed{Item: id},
		"a cause":    domain.ComplaintReopened{Complaint: "c1"},
	} {
		if got := given(domain.FollowUpSnoozed{Item: id, Until: day(3)}, wakes); !got.SnoozedUntil.IsZero() {
			t.Errorf("%s does not wake the item", name)
		}
	}
	if got := given(domain.FollowUpEscalated{Item: id, To: "boss"}); got.EscalatedTo != "boss" {
		t.Errorf("escalated: got %q", got.EscalatedTo)
	}
	if got := given(domain.FollowUpCompleted{Item: id, Outcome: "mended"}); got.Outcome != "mended" || !got.Done || got.Told {
		t.Errorf("completed: got %+v", got)
	}
	due := given().DueAt
	if got := given(domain.DuePassed{Item: id, DueAt: due}); !got.Noticed {
		t.Error("a due date that passed is not noticed")
	}
	if got := given(domain.DuePassed{Item: id, DueAt: due.Add(time.Hour)}); got.Noticed {
		t.Error("another due date that passed is taken for this one")
	}
}

func TestADecisionEndsWhatWasKnownWhenItWasTaken(t *testing.T) {
	t.Parallel()
	low := domain.SurveyAnswered{Instrument: "nps", Score: 1, ScaleMax: 10}
	h := &history{}
	h.at(day(1), low)
	h.at(day(2), domain.FollowUpDismissed{Item: item("low_score", ""), Reason: "called"})
	late := h.at(monday, low) // happened before the decision, and was not known
	if got := h.items()[item("low_score", "")]; state(got) != "open" || !slices.Equal(got.Causes, []domain.Position{late}) {
		t.Errorf("after a cause that was recorded late: got %s with causes %v", state(got), got.Causes)
	}
	h = &history{}
	h.at(day(1), domain.DeliveryMissed{Line: "l1"})
	h.at(monday, domain.FollowUpDismissed{Item: item("delivery_missed", "l1"), Reason: "its clock is wrong"})
	if got := h.items()[item("delivery_missed", "l1")]; state(got) != "dismissed" {
		t.Errorf("after a decision dated before its cause: got %s", state(got))
	}
}

func TestRetractionIsAsIfItHadNeverHappened(t *testing.T) {
	t.Parallel()
	h := of(domain.ComplaintRaised{Complaint: "c1", Severity: 2}, domain.ComplaintAnswered{Complaint: "c1"})
	h.retract(2)
	if got := h.items()[item("complaint", "c1")]; state(got) != "open" {
		t.Errorf("without its answer the complaint is %s, want open", state(got))
	}
	h.correct(1, domain.ComplaintRaised{Complaint: "c1", Severity: 5})
	if got := h.items()[item("complaint", "c1")]; got.Impact != 5 || !slices.Equal(got.Causes, []domain.Position{1}) {
		t.Errorf("corrected: got impact %d and causes %v", got.Impact, got.Causes)
	}
}

func TestAnItemWithoutACauseThatStandsIsWithdrawn(t *testing.T) {
	t.Parallel()
	signals := followup.Read(of(domain.ComplaintRaised{Complaint: "c1", Severity: 4}).events[0])
	signals[0].Void = true
	got, ok := followup.Fold(signals, terms())
	if !ok || got.Ending != followup.Withdrawn || len(got.Causes) != 0 {
		t.Fatalf("got %+v, want it withdrawn, without causes", got)
	}
	if got.Impact != 4 || got.OpenedAt.IsZero() || got.DueAt.IsZero() {
		t.Errorf("got %+v, want it to show what it was", got)
	}
	answer := followup.Read(domain.Recorded{Envelope: domain.Envelope{Account: "acme", Data: domain.ComplaintAnswered{Complaint: "c1"}}, Position: 2})
	if _, ok := followup.Fold(answer, terms()); ok {
		t.Error("an answer to nothing makes an item")
	}
}

func TestASilenceIsBrokenByTheNextTouch(t *testing.T) {
	t.Parallel()
	silence := followup.Read(of(domain.SilenceNoticed{CadenceD: 7, LastContactAt: day(-7)}).events[0])[0]
	for name, broken := range map[string]followup.Signal{
		"a touch":                           followup.Broken(silence, 5, day(1)),
		"one that was recorded late":        followup.Broken(silence, 5, day(-1)),
		"one that the notice had not heard": followup.Broken(silence, 1, day(-1)),
	} {
		got, _ := followup.Fold([]followup.Signal{silence, broken}, terms())
		if got.Ending != followup.Settled {
			t.Errorf("%s leaves the item %s", name, state(got))
		}
	}
}

// Matters of their own, each with the order in which the ledger accepts its events.
func matters(r *rand.Rand) (matters [][]domain.Event) {
	for i := range 6 {
		id := domain.ID(fmt.Sprint(i))
		matters = append(matters,
			[]domain.Event{domain.ComplaintRaised{Complaint: id, Severity: 2}, domain.ComplaintInvestigated{Complaint: id, Awaiting: "customer"}, domain.ComplaintInvestigated{Complaint: id, Awaiting: "us"}, domain.ComplaintClosed{Complaint: id}, domain.ComplaintReopened{Complaint: id}}[:1+r.IntN(5)],
			[]domain.Event{domain.CommitmentMade{Commitment: id, DueAt: day(4)}, domain.CommitmentBroken{Commitment: id}, domain.CommitmentKept{Commitment: id}}[:1+r.IntN(3)],
			[]domain.Event{domain.DeliveryMade{Line: id}},
			[]domain.Event{domain.DeliveryMissed{Line: id}},
			[]domain.Event{domain.MeetingOutcomeRecorded{Meeting: id, ActionsCount: 1}},
			[]domain.Event{domain.MeetingOutcomeTold{Meeting: id}},
			[]domain.Event{domain.SurveyAnswered{Instrument: "nps", Score: float64(i), ScaleMax: 10}},
			[]domain.Event{domain.RoleVacated{Role: string(id)}},
			[]domain.Event{domain.RoleAssigned{Role: string(id), Person: "ann"}},
			[]domain.Event{domain.AccountManagerReleased{Person: string(id)}},
			[]domain.Event{domain.AccountManagerAssigned{Person: string(id)}},
			[]domain.Event{domain.CertificateGranted{Scheme: "s", ValidTo: day(100 + i)}},
			[]domain.Event{domain.CertificateExpired{Scheme: "s", Reason: string(id)}},
			[]domain.Event{domain.FigurePublished{Measure: "otif", Period: string(id), By: "us", Value: 98}},
			[]domain.Event{domain.FigurePublished{Measure: "otif", Period: string(id), By: "customer", Value: 98 - float64(i%2)}},
		)
	}
	return matters
}

func TestTheOrderOfArrivalMakesNoDifference(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		all := matters(r)
		occurred := make(map[domain.Event]time.Time) // every event is of its own value
		for _, m := range all {
			for i, e := range m {
				occurred[e] = monday.Add(time.Duration(i*24+r.IntN(24)) * time.Hour)
				switch e.(type) {
				case domain.CertificateGranted, domain.CertificateExpired, domain.AccountManagerAssigned, domain.AccountManagerReleased:
					// What follows each other has to be told apart.
					occurred[e] = occurred[e].Add(time.Duration(len(occurred)) * time.Second)
				}
			}
		}
		var first map[string]followup.Item
		for range 5 {
			rest := make([][]domain.Event, len(all))
			copy(rest, all)
			h, source := &history{}, []domain.Event{nil}
			for len(rest) > 0 {
				i := r.IntN(len(rest))
				h.at(occurred[rest[i][0]], rest[i][0])
				source = append(source, rest[i][0])
				if rest[i] = rest[i][1:]; len(rest[i]) == 0 {
					rest = slices.Delete(rest, i, i+1)
				}
			}
			items := h.items()
			for id, item := range items {
				// Positions and the time of recording are the order of arrival.
				item.DueRecorded = time.Time{}
				item.Causes = slices.Clone(item.Causes)
				slices.SortFunc(item.Causes, func(a, b domain.Position) int {
					return occurred[source[a]].Compare(occurred[source[b]])
				})
				for i, c := range item.Causes {
					item.Causes[i] = domain.Position(occurred[source[c]].UnixMicro())
				}
				items[id] = item
			}
			if first == nil {
				first = items
			}
			if len(items) != len(first) {
				t.Errorf("another order of arrival gives %d items, the first %d", len(items), len(first))
			}
			for id := range first {
				if !reflect.DeepEqual(items[id], first[id]) {
					t.Errorf("in another order of arrival:\n got %+v\nwant %+v", items[id], first[id])
				}
			}
		}
	}
}

func TestTheOrderOfSignalsMakesNoDifference(t *testing.T) {
	t.Parallel()
	h := of(
		domain.ComplaintRaised{Complaint: "c1", Severity: 2}, domain.ComplaintInvestigated{Complaint: "c1", Awaiting: "customer"},
		domain.ComplaintInvestigated{Complaint: "c1", Awaiting: "us"}, domain.ComplaintClosed{Complaint: "c1"},
		domain.FollowUpCustomerTold{Item: item("complaint", "c1")}, domain.ComplaintReopened{Complaint: "c1"},
		domain.FollowUpAssigned{Item: item("complaint", "c1"), Owner: "ann"},
	)
	want := h.items()[item("complaint", "c1")]
	var signals []followup.Signal
	for _, e := range h.events {
		signals = append(signals, followup.Read(e)...)
	}
	for range 50 {
		rand.Shuffle(len(signals), func(i, j int) { signals[i], signals[j] = signals[j], signals[i] })
		if got, _ := followup.Fold(signals, terms()); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
}
