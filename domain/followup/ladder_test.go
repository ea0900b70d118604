package followup_test

import (
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

// business is a business time after an instant by the default policy.
func business(from time.Time, h float64) time.Time {
	return terms().At(from).Calendar.Add(from, time.Duration(h*float64(time.Hour)))
}

func TestAnOverdueItemClimbsTheLadderStepByStep(t *testing.T) {
	t.Parallel()
	id := item("complaint", "c1")
	h := of(domain.ComplaintRaised{Complaint: "c1", Severity: 2})
	due := h.items()[id].DueAt
	climb := func(step int, due time.Time, to string) domain.FollowUpEscalated {
		return domain.FollowUpEscalated{Item: id, To: to, Reason: "overdue", Step: int64(step), DueAt: due, NoticedAt: day(30)}
	}
	next := func(when string, want followup.Step) {
		t.Helper()
		if got := h.items()[id].Next; got != want {
			t.Errorf("%s: got %+v, want %+v", when, got, want)
		}
	}
	first := followup.Step{Number: 1, At: business(due, 7.5), To: domain.ToManager}
	second := followup.Step{Number: 2, At: business(due, 37.5), To: domain.ToSponsor}
	next("a complaint", first)
	h.at(day(1), domain.FollowUpSnoozed{Item: id, Until: day(90)})
	next("put aside", first)
	h.at(first.At, climb(1, due, "ann"))
	next("on the first step", second)
	if got := h.items()[id]; got.EscalatedTo != "ann" || !got.SnoozedUntil.IsZero() || !got.DueAt.Equal(due) {
		t.Errorf("got %+v, want it awake, with ann, and due when it was", got)
	}
	h.at(second.At, climb(2, due, "eve"))
	next("at the top", followup.Step{})
	h.at(day(40), domain.ComplaintInvestigated{Complaint: "c1", Awaiting: "customer"})
	h.at(day(47), domain.ComplaintInvestigated{Complaint: "c1", Awaiting: "us"})
	next("resumed after it was due", followup.Step{})
	if got := h.items()[id].EscalatedTo; got != "eve" {
		t.Errorf("escalated to %q, want the last", got)
	}
}

func TestTheLadderBeginsAnewWithANewDueDate(t *testing.T) {
	t.Parallel()
	id := item("commitment", "p1")
	h := of(domain.CommitmentMade{Commitment: "p1", DueAt: day(1), KnownToCustomer: true})
	h.at(day(3), domain.FollowUpEscalated{Item: id, To: "eve", Reason: "overdue", Step: 2, DueAt: day(1), NoticedAt: day(3)})
	h.at(day(4), domain.CommitmentRenegotiated{Commitment: "p1", NewDueAt: day(8)})
	want := followup.Step{Number: 1, At: business(day(8), 7.5), To: domain.ToManager}
	if got := h.items()[id].Next; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	h.at(day(5), domain.CommitmentRenegotiated{Commitment: "p1", NewDueAt: day(1)})
	if got := h.items()[id].Next; got != (followup.Step{}) {
		t.Errorf("with the old date again: got %+v, want no step twice", got)
	}
}

func TestWhatDoesNotClimb(t *testing.T) {
	t.Parallel()
	raised := domain.ComplaintRaised{Complaint: "c1", Severity: 2}
	for name, given := range map[string]struct {
		rule   string
		key    string
		events []domain.Event
	}{
		"what the customer does not know of":   {"plan", "q1", []domain.Event{domain.PlanCreated{Plan: "q1"}}},
		"while the customer's move is awaited": {"complaint", "c1", []domain.Event{raised, domain.ComplaintInvestigated{Complaint: "c1", Awaiting: "customer"}}},
		"what is closed":                       {"complaint", "c1", []domain.Event{raised, domain.ComplaintAnswered{Complaint: "c1"}}},
	} {
		got, ok := of(given.events...).items()[item(given.rule, given.key)]
		if !ok || got.Next != (followup.Step{}) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestStepsOfTheLadderThatAreForSomeReasons(t *testing.T) {
	t.Parallel()
	policy := domain.FollowUpPolicy{DefaultDueH: 1, Escalations: []domain.EscalationStep{
		{AfterH: 1, To: "quality", Reasons: []string{"complaint"}},
		{AfterH: 2, To: "sales", Reasons: []string{"call back"}},
		{AfterH: 3, To: domain.ToSponsor},
	}}
	policies := domain.NewPolicies([]domain.Recorded{{
		Envelope: domain.Envelope{Account: domain.Ledger, OccurredAt: monday.Add(-time.Hour), Data: domain.PolicyChanged{Name: "ladder", FollowUp: &policy}},
		Position: 1, RecordedAt: monday,
	}})
	terms := followup.NewTerms(policies.Known(monday))
	for _, tt := range []struct {
		data domain.Event
		want string
		step int
	}{
		{domain.ComplaintRaised{Complaint: "c1"}, "quality", 1},
		{domain.FollowUpOpened{FollowUp: "f", Reason: "call back"}, "sales", 2},
		{domain.RequestReceived{Request: "r1"}, domain.ToSponsor, 3},
	} {
		got, _ := followup.Fold(followup.Read(of(tt.data).events[0]), terms)
		if got.Next.To != tt.want || got.Next.Number != tt.step {
			t.Errorf("%T: got %+v, want step %d to %s", tt.data, got.Next, tt.step, tt.want)
		}
	}
}

func TestAStepThatWasWithdrawnIsNotTakenAgain(t *testing.T) {
	t.Parallel()
	h := of(domain.ComplaintRaised{Complaint: "c1", Severity: 2})
	id := item("complaint", "c1")
	due := h.items()[id].DueAt
	signals := followup.Read(h.events[0])
	h.at(day(9), domain.FollowUpEscalated{Item: id, To: "ann", Reason: "overdue", Step: 1, DueAt: due, NoticedAt: day(9)})
	withdrawn := followup.Read(h.events[1])
	withdrawn[0].Void = true
	got, _ := followup.Fold(append(signals, withdrawn...), terms())
	if got.EscalatedTo != "" || got.Next.Number != 2 {
		t.Errorf("got it with %q and %+v next, want it with nobody and the second step next", got.EscalatedTo, got.Next)
	}
}

func TestItemsOfAManagerWhoIsReleasedAreTheSuccessors(t *testing.T) {
	t.Parallel()
	anns := followup.Item{Owner: "ann", OwnerSince: day(0)}
	released := func(n int, manager string) followup.Holders {
		return followup.HoldersOf(followup.Profile{Manager: manager, Released: map[string]time.Time{"ann": day(n)}})
	}
	for _, tt := range []struct {
		name          string
		item          followup.Item
		holders       followup.Holders
		owner, before string
	}{
		{"the manager's own", followup.Item{}, followup.Holders{Manager: "bob"}, "bob", ""},
		{"nobody's", followup.Item{}, followup.Holders{}, "", ""},
		{"while she is there", anns, followup.Holders{Manager: "ann"}, "ann", ""},
		{"of one who never was the manager", anns, followup.Holders{Manager: "bob"}, "ann", ""},
		{"released", anns, released(1, "bob"), "bob", "ann"},
		{"released without a successor", anns, released(1, ""), "", "ann"},
		{"given to her as she was released", anns, released(0, "bob"), "bob", "ann"},
		{"given to her after she was released", anns, released(-1, "bob"), "ann", ""},
		{"of an account that is merged into hers", anns, followup.HoldersOf(
			followup.Profile{Manager: "bob", Released: map[string]time.Time{"ann": day(1)}}, followup.Profile{Manager: "ann"},
		), "ann", ""},
		{"of an account that is merged into one she left", anns, followup.HoldersOf(
			followup.Profile{Manager: "cy"}, followup.Profile{Released: map[string]time.Time{"ann": day(1)}},
		), "cy", "ann"},
	} {
		if owner, before := followup.HandOver(tt.item, tt.holders); owner != tt.owner || before != tt.before {
			t.Errorf("%s: got %q, before %q; want %q, before %q", tt.name, owner, before, tt.owner, tt.before)
		}
	}
}

func TestWhomAStepTakesItTo(t *testing.T) {
	t.Parallel()
	h := followup.Holders{Manager: "ann", Sponsor: "eve"}
	for _, tt := range []struct {
		to      string
		holders followup.Holders
		want    string
	}{
		{domain.ToManager, h, "ann"}, {domain.ToSponsor, h, "eve"}, {"zoe", h, "zoe"},
		{domain.ToManager, followup.Holders{}, "manager"}, {domain.ToSponsor, followup.Holders{}, "sponsor"},
	} {
		if got := followup.TakenTo(tt.to, tt.holders); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.to, got, tt.want)
		}
	}
}
