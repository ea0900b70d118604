package domain_test

import (
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// day is an instant of the tests' time: noon of a day of January 2026.
func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

// rule is a decision: given these events, when this one is to be recorded, then it is,
// or it is refused with these faults.
type rule struct {
	name  string
	given []domain.Event
	when  domain.Event
	then  string // the refusal's text; "" if it is recorded
}

func given(events ...domain.Event) []domain.Event { return events }

func decide(t *testing.T, account domain.AccountID, source string, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			a := domain.NewAccount(account)
			for i, e := range r.given {
				a.Evolve(recorded(i+1, account, e))
			}
			err := a.Decide(domain.Envelope{Source: source, ID: "when", Account: account, OccurredAt: day(20), Data: r.when})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != r.then {
				t.Errorf("decided\n  %q, want\n  %q", got, r.then)
			}
		})
	}
}

func recorded(n int, account domain.AccountID, e domain.Event) domain.Recorded {
	return domain.Recorded{
		Envelope:   domain.Envelope{Source: "test", ID: string(rune('a' + n)), Account: account, OccurredAt: day(n), Data: e},
		Position:   domain.Position(n),
		Revision:   domain.Revision(n),
		RecordedAt: day(n),
	}
}

func ptr[T any](v T) *T { return &v }

func TestComplaintRules(t *testing.T) {
	t.Parallel()
	raised := domain.ComplaintRaised{Complaint: "C-7", Severity: 3}
	closed := domain.ComplaintClosed{Complaint: "C-7"}
	reopened := domain.ComplaintReopened{Complaint: "C-7"}
	decide(t, "acme", "helpdesk", []rule{
		{"a complaint may be raised", nil, raised, ""},
		{"a complaint is raised once", given(raised), raised, `data.complaint: complaint "C-7" was raised before`},
		{"a closed complaint is not raised again", given(raised, closed), raised, `data.complaint: complaint "C-7" was raised before`},
		{"another complaint may be raised", given(raised), domain.ComplaintRaised{Complaint: "C-8", Severity: 1}, ""},
		{"an open complaint may be acknowledged", given(raised), domain.ComplaintAcknowledged{Complaint: "C-7"}, ""},
		{"an open complaint may be assessed", given(raised), domain.ComplaintAssessed{Complaint: "C-7"}, ""},
		{"an open complaint may be investigated", given(raised), domain.ComplaintInvestigated{Complaint: "C-7"}, ""},
		{"an open complaint may be answered", given(raised), domain.ComplaintAnswered{Complaint: "C-7"}, ""},
		{"an open complaint may be closed", given(raised), closed, ""},
		{"a complaint never raised is not acknowledged", nil, domain.ComplaintAcknowledged{Complaint: "C-7"}, `data.complaint: complaint "C-7" was never raised`},
		{"a complaint never raised is not assessed", nil, domain.ComplaintAssessed{Complaint: "C-7"}, `data.complaint: complaint "C-7" was never raised`},
		{"a complaint never raised is not investigated", nil, domain.ComplaintInvestigated{Complaint: "C-7"}, `data.complaint: complaint "C-7" was never raised`},
		{"a complaint never raised is not answered", nil, domain.ComplaintAnswered{Complaint: "C-7"}, `data.complaint: complaint "C-7" was never raised`},
		{"a complaint never raised is not closed", nil, closed, `data.complaint: complaint "C-7" was never raised`},
		{"a complaint never raised is not reopened", nil, reopened, `data.complaint: complaint "C-7" was never raised`},
		{"a closed complaint is not acknowledged", given(raised, closed), domain.ComplaintAcknowledged{Complaint: "C-7"}, `data.complaint: complaint "C-7" is closed`},
		{"a closed complaint is not assessed", given(raised, closed), domain.ComplaintAssessed{Complaint: "C-7"}, `data.complaint: complaint "C-7" is closed`},
		{"a closed complaint is not investigated", given(raised, closed), domain.ComplaintInvestigated{Complaint: "C-7"}, `data.complaint: complaint "C-7" is closed`},
		{"a closed complaint is not answered", given(raised, closed), domain.ComplaintAnswered{Complaint: "C-7"}, `data.complaint: complaint "C-7" is closed`},
		{"a complaint is closed once", given(raised, closed), closed, `data.complaint: complaint "C-7" is closed`},
		{"a closed complaint may be reopened", given(raised, closed), reopened, ""},
		{"an open complaint is not reopened", given(raised), reopened, `data.complaint: complaint "C-7" is open`},
		{"a reopened complaint may be closed again", given(raised, closed, reopened), closed, ""},
		{"what is left of a retracted complaint does not keep it from being raised", given(closed, reopened), raised, ""},
	})
}

func TestRequestRules(t *testing.T) {
	t.Parallel()
	received := domain.RequestReceived{Request: "R-1"}
	answered := domain.RequestAnswered{Request: "R-1"}
	declined := domain.RequestDeclined{Request: "R-1", Reason: "no stock"}
	clarified := domain.RequestClarified{Request: "R-1", Awaiting: "customer"}
	decide(t, "acme", "helpdesk", []rule{
		{"a request may be received", nil, received, ""},
		{"a request is received once", given(received), received, `data.request: request "R-1" was received before`},
		{"an open request may be answered", given(received), answered, ""},
		{"an open request may be declined", given(received), declined, ""},
		{"an open request may be clarified, more than once", given(received, clarified), clarified, ""},
		{"a request never received is not answered", nil, answered, `data.request: request "R-1" was never received`},
		{"a request never received is not declined", nil, declined, `data.request: request "R-1" was never received`},
		{"a request never received is not clarified", nil, clarified, `data.request: request "R-1" was never received`},
		{"an answered request is not answered again", given(received, answered), answered, `data.request: request "R-1" is answered`},
		{"an answered request is not declined", given(received, answered), declined, `data.request: request "R-1" is answered`},
		{"a declined request is not answered", given(received, declined), answered, `data.request: request "R-1" is declined`},
		{"a declined request is not clarified", given(received, declined), clarified, `data.request: request "R-1" is declined`},
	})
}

func TestCommitmentRules(t *testing.T) {
	t.Parallel()
	made := domain.CommitmentMade{Commitment: "P-1", Statement: "a new gasket", DueAt: day(9)}
	renegotiated := domain.CommitmentRenegotiated{Commitment: "P-1", NewDueAt: day(12), AskedBy: "us"}
	kept := domain.CommitmentKept{Commitment: "P-1"}
	broken := domain.CommitmentBroken{Commitment: "P-1"}
	released := domain.CommitmentReleased{Commitment: "P-1"}
	never := `data.commitment: commitment "P-1" was never made`
	decide(t, "acme", "crm", []rule{
		{"a promise may be made", nil, made, ""},
		{"a promise is made once", given(made), made, `data.commitment: commitment "P-1" was made before`},
		{"an open promise may be renegotiated", given(made, renegotiated), renegotiated, ""},
		{"an open promise may be kept", given(made), kept, ""},
		{"an open promise may be broken", given(made, renegotiated), broken, ""},
		{"an open promise may be released", given(made), released, ""},
		{"a promise never made is not renegotiated", nil, renegotiated, never},
		{"a promise never made is not kept", nil, kept, never},
		{"a promise never made is not broken", nil, broken, never},
		{"a promise never made is not released", nil, released, never},
		{"a broken promise may be kept late", given(made, broken), kept, ""},
		{"a broken promise may be released", given(made, broken), released, ""},
		{"a broken promise is not broken again", given(made, broken), broken, `data.commitment: commitment "P-1" is broken`},
		{"a broken promise is not renegotiated", given(made, broken), renegotiated, `data.commitment: commitment "P-1" is broken`},
		{"a released promise is not kept", given(made, released), kept, `data.commitment: commitment "P-1" is released`},
		{"a released promise is not broken", given(made, released), broken, `data.commitment: commitment "P-1" is released`},
		{"a kept promise is not kept again", given(made, kept), kept, `data.commitment: commitment "P-1" is kept`},
		{"a kept promise is not broken", given(made, kept), broken, `data.commitment: commitment "P-1" is kept`},
		{"a kept promise is not released", given(made, kept), released, `data.commitment: commitment "P-1" is kept`},
	})
}

func TestDeliveryRules(t *testing.T) {
	t.Parallel()
	missed := domain.DeliveryMissed{Line: "L-1"}
	excused := domain.DeliveryExcused{Line: "L-1", Code: "strike", By: "m.weber"}
	decide(t, "acme", "erp", []rule{
		{"a delivery nobody promised may be made", nil, domain.DeliveryMade{Line: "L-1", DeliveredAt: day(2)}, ""},
		{"a delivery nobody promised may be missed", nil, missed, ""},
		{"a line may be promised again", given(domain.DeliveryPromised{Line: "L-1", Basis: "requested", PromisedAt: day(3)}), domain.DeliveryPromised{Line: "L-1", Basis: "reconfirmed", PromisedAt: day(4)}, ""},
		{"a miss may be excused", given(missed), excused, ""},
		{"what was not missed is not excused", nil, excused, `data.line: delivery line "L-1" was never missed`},
		{"a miss is excused once", given(missed, excused), excused, `data.line: delivery line "L-1" is excused`},
		{"the next miss of the line may be excused", given(missed, excused, missed), excused, ""},
		{"a promised quantity needs a unit", nil, domain.DeliveryPromised{Line: "L-1", Basis: "requested", PromisedAt: day(3), Qty: ptr(4.0)}, "data.uom: needed where qty is given"},
		{"a delivered quantity needs a unit", nil, domain.DeliveryMade{Line: "L-1", DeliveredAt: day(2), Qty: ptr(4.0)}, "data.uom: needed where qty is given"},
		{"a missing quantity needs a unit", nil, domain.DeliveryMissed{Line: "L-1", ShortQty: ptr(4.0)}, "data.uom: needed where short_qty is given"},
		{"a quantity with a unit is fine", nil, domain.DeliveryMade{Line: "L-1", DeliveredAt: day(2), Qty: ptr(4.0), UOM: "pcs"}, ""},
	})
}

func TestPlanRules(t *testing.T) {
	t.Parallel()
	created := domain.PlanCreated{Plan: "PL"}
	added := domain.PlanActionAdded{Plan: "PL", Action: "1"}
	completed := domain.PlanActionCompleted{Plan: "PL", Action: "1"}
	closed := domain.PlanClosed{Plan: "PL"}
	started := domain.InvolvementStarted{Effort: "E", Party: "customer", Kind: "pilot"}
	ended := domain.InvolvementEnded{Effort: "E"}
	decide(t, "acme", "crm", []rule{
		{"a plan may be created", nil, created, ""},
		{"a plan is created once", given(created), created, `data.plan: plan "PL" was created before`},
		{"a step may be added", given(created), added, ""},
		{"a step is added once", given(created, added), added, `data.action: action "1" was added to the plan before`},
		{"a step of the same name may be added to another plan", given(created, added, domain.PlanCreated{Plan: "PM"}), domain.PlanActionAdded{Plan: "PM", Action: "1"}, ""},
		{"no step is added to a plan nobody created", nil, added, `data.plan: plan "PL" was never created`},
		{"no step is added to a closed plan", given(created, closed), added, `data.plan: plan "PL" is closed`},
		{"a step may be completed", given(created, added), completed, ""},
		{"a step may be completed after the plan was closed", given(created, added, closed), completed, ""},
		{"a step is completed once", given(created, added, completed), completed, `data.action: action "1" is completed`},
		{"a step nobody added is not completed", given(created), completed, `data.action: action "1" was never added to the plan`},
		{"every fault is listed", nil, completed, `data.plan: plan "PL" was never created; data.action: action "1" was never added to the plan`},
		{"a plan may be closed", given(created, added), closed, ""},
		{"a plan is closed once", given(created, closed), closed, `data.plan: plan "PL" is closed`},
		{"a plan nobody created is not closed", nil, closed, `data.plan: plan "PL" was never created`},
		{"somebody may join an effort, and another too", given(started), domain.InvolvementStarted{Effort: "E", Party: "supplier", Kind: "pilot"}, ""},
		{"who joined an effort may leave it", given(started), ended, ""},
		{"nobody leaves an effort nobody joined", nil, ended, `data.effort: involvement in effort "E" was never started`},
		{"an effort is left once", given(started, ended), ended, `data.effort: involvement in effort "E" is over`},
	})
}

func TestImprovementRules(t *testing.T) {
	t.Parallel()
	agreed := domain.ImprovementAgreed{Improvement: "I"}
	estimated := domain.ImprovementValueEstimated{Improvement: "I", AmountMinor: 5, Currency: "EUR"}
	descoped := domain.ImprovementDescoped{Improvement: "I", Reason: "cost"}
	delivered := domain.ImprovementDelivered{Improvement: "I"}
	told := domain.ImprovementTold{Improvement: "I"}
	never := `data.improvement: improvement "I" was never agreed`
	decide(t, "acme", "crm", []rule{
		{"an improvement may be agreed", nil, agreed, ""},
		{"an improvement is agreed once", given(agreed), agreed, `data.improvement: improvement "I" was agreed before`},
		{"what was agreed may be valued, also afterwards", given(agreed, delivered), estimated, ""},
		{"what nobody agreed is not valued", nil, estimated, never},
		{"what was agreed may be descoped, more than once", given(agreed, descoped), descoped, ""},
		{"what nobody agreed is not descoped", nil, descoped, never},
		{"what was delivered is not descoped", given(agreed, delivered), descoped, `data.improvement: improvement "I" is delivered`},
		{"what was agreed may be delivered", given(agreed), delivered, ""},
		{"what is left after descoping may be delivered", given(agreed, descoped), delivered, ""},
		{"what nobody agreed is not delivered", nil, delivered, never},
		{"an improvement is delivered once", given(agreed, delivered), delivered, `data.improvement: improvement "I" is delivered`},
		{"the customer may be told what was delivered", given(agreed, delivered), told, ""},
		{"the customer may be told what was descoped", given(agreed, descoped), told, ""},
		{"there is nothing to tell yet", given(agreed), told, `data.improvement: improvement "I" is open`},
		{"what nobody agreed is not told", nil, told, never},
	})
}

func TestMeetingRules(t *testing.T) {
	t.Parallel()
	proposed := domain.MeetingProposed{Meeting: "M", By: "us"}
	declined := domain.MeetingDeclined{Meeting: "M"}
	outcome := domain.MeetingOutcomeRecorded{Meeting: "M", ActionsCount: 2}
	told := domain.MeetingOutcomeTold{Meeting: "M"}
	held := domain.InteractionHeld{Interaction: "M", Kind: "meeting"}
	decide(t, "acme", "calendar", []rule{
		{"a meeting may be proposed, and again with another date", given(proposed), proposed, ""},
		{"a declined meeting may be proposed again, and then has an outcome", given(declined, proposed), outcome, ""},
		{"a meeting nobody proposed may be declined", nil, declined, ""},
		{"a meeting nobody proposed may have an outcome", nil, outcome, ""},
		{"the outcome of a meeting nobody proposed may be told", nil, told, ""},
		{"a meeting with an outcome is not declined", given(outcome), declined, `data.meeting: meeting "M" is held`},
		{"a meeting that was held is not declined", given(proposed, held), declined, `data.meeting: meeting "M" is held`},
		{"a meeting that was held stays so when it is proposed late", given(held, proposed), declined, `data.meeting: meeting "M" is held`},
		{"a declined meeting has no outcome", given(proposed, declined), outcome, `data.meeting: meeting "M" is declined`},
		{"a declined meeting has no outcome to tell", given(declined), told, `data.meeting: meeting "M" is declined`},
		{"an interaction without an id is no meeting's", given(domain.InteractionHeld{Kind: "call"}), declined, ""},
	})
}

func TestInteractionRules(t *testing.T) {
	t.Parallel()
	decide(t, "acme", "calendar", []rule{
		{"an interaction may be held", nil, domain.InteractionHeld{Kind: "call"}, ""},
		{"a cost needs a currency", nil, domain.EffortLogged{HoursH: 2, CostMinor: ptr[int64](9)}, "data.currency: needed where cost_minor is given"},
		{"hours alone need none", nil, domain.EffortLogged{HoursH: 2}, ""},
		{"a value needs a currency", nil, domain.ValueShared{Kind: "saving", EstValueMinor: ptr[int64](0)}, "data.currency: needed where est_value_minor is given"},
		{"an amount with a currency is fine", nil, domain.ValueShared{Kind: "saving", EstValueMinor: ptr[int64](9), Currency: "EUR"}, ""},
		{"work may be handed over", nil, domain.WorkHandedOver{Project: "P", FromFunction: "sales", ToFunction: "engineering"}, ""},
		{"work is not handed over to where it comes from", nil, domain.WorkHandedOver{Project: "P", FromFunction: "sales", ToFunction: "sales"}, "data.to_function: the work is handed over to the function it comes from"},
	})
}

func TestContactRules(t *testing.T) {
	t.Parallel()
	added := domain.ContactAdded{Contact: "eva", Name: "Eva"}
	linked := domain.ContactLinked{Contact: "eva", OurPerson: "tom"}
	unlinked := domain.ContactUnlinked{Contact: "eva", OurPerson: "tom"}
	left := domain.ContactLeft{Contact: "eva"}
	merge := func(contact, into domain.ID) domain.Event {
		return domain.ContactMerged{Contact: contact, Into: into}
	}
	decide(t, "acme", "crm", []rule{
		{"a contact may be added", nil, added, ""},
		{"a contact is added once", given(added), added, `data.contact: contact "eva" was added before`},
		{"a contact who left may be added again", given(added, left), added, ""},
		{"the role of a contact nobody added may be recorded", nil, domain.ContactRoleRecorded{Contact: "eva", Role: "user"}, ""},
		{"a contact nobody added may be linked", nil, linked, ""},
		{"a contact who is linked may be unlinked", given(linked), unlinked, ""},
		{"a contact who is not linked is not unlinked", given(domain.ContactLinked{Contact: "eva", OurPerson: "ann"}), unlinked, `data.our_person: contact "eva" is not linked to "tom"`},
		{"a contact is unlinked once", given(linked, unlinked), unlinked, `data.our_person: contact "eva" is not linked to "tom"`},
		{"a contact nobody added may leave", nil, left, ""},
		{"a contact leaves once", given(added, left), left, `data.contact: contact "eva" is gone`},
		{"a contact may be merged", nil, merge("eva", "e.m"), ""},
		{"a contact is not merged into itself", nil, merge("eva", "eva"), "data.into: a contact cannot be merged into itself"},
		{"a contact is merged once", given(merge("eva", "e.m")), merge("eva", "other"), `data.contact: contact "eva" is merged into "e.m"`},
		{"merges do not go round in circles", given(merge("eva", "b"), merge("b", "c")), merge("c", "eva"), `data.into: contact "eva" is itself merged into "c"`},
		{"merges may form a chain", given(merge("eva", "b")), merge("b", "c"), ""},
		{"a merge into a circle ends", given(merge("a", "b"), merge("b", "a")), merge("c", "a"), ""},
		{"a merge may be undone", given(merge("eva", "b")), domain.ContactUnmerged{Contact: "eva", From: "b"}, ""},
		{"a merge is undone once", given(merge("eva", "b"), domain.ContactUnmerged{Contact: "eva", From: "b"}), domain.ContactUnmerged{Contact: "eva", From: "b"}, `data.from: contact "eva" is not merged into "b"`},
		{"a merge with another is not undone", given(merge("eva", "b")), domain.ContactUnmerged{Contact: "eva", From: "c"}, `data.from: contact "eva" is not merged into "c"`},
	})
}

func TestAccountRules(t *testing.T) {
	t.Parallel()
	opened := domain.AccountOpened{Name: "Acme", Kind: "customer"}
	assigned := domain.AccountManagerAssigned{Person: "tom"}
	released := domain.AccountManagerReleased{Person: "tom"}
	channel := domain.AccountChannelClosed{Channel: "phone"}
	merged := domain.AccountMerged{Into: "bell"}
	decide(t, "acme", "crm", []rule{
		{"an account may be opened", given(assigned), opened, ""},
		{"an account is opened once", given(opened), opened, `data.name: account "acme" was opened before`},
		{"an account is not its own parent", nil, domain.AccountOpened{Name: "Acme", Kind: "customer", Parent: "acme"}, "data.parent: an account cannot be its own parent"},
		{"every fault is listed", given(opened), domain.AccountOpened{Name: "Acme", Kind: "customer", Parent: "acme"}, `data.parent: an account cannot be its own parent; data.name: account "acme" was opened before`},
		{"a manager may be released", given(assigned), released, ""},
		{"who is not the manager is not released", nil, released, `data.person: manager "tom" was never assigned`},
		{"a manager is released once", given(assigned, released), released, `data.person: manager "tom" is released`},
		{"a released manager may be assigned again, and released", given(assigned, released, assigned), released, ""},
		{"a channel nobody opened may be closed", nil, channel, ""},
		{"a channel is closed once", given(channel), channel, `data.channel: channel "phone" is closed`},
		{"a closed channel may be opened again, and closed", given(channel, domain.AccountChannelOpened{Channel: "phone"}), channel, ""},
		{"an account moves to another stage", nil, domain.AccountStageChanged{From: "trial", To: "approved"}, ""},
		{"an account does not move to the stage it comes from", nil, domain.AccountStageChanged{From: "trial", To: "trial"}, "data.to: the account is moved to the stage it comes from"},
		{"a target cost needs a currency", nil, domain.AccountRestructureAgreed{TargetCostMinor: ptr[int64](1)}, "data.currency: needed where target_cost_minor is given"},
		{"a renewal's value needs a currency", nil, domain.AccountRenewed{ValueMinor: ptr[int64](1)}, "data.currency: needed where value_minor is given"},
		{"lost revenue needs a currency", nil, domain.AccountLost{Reason: "price", RevenueLostMinor: ptr[int64](1)}, "data.currency: needed where revenue_lost_minor is given"},
		{"an account may be merged", nil, merged, ""},
		{"an account is not merged into itself", nil, domain.AccountMerged{Into: "acme"}, "data.into: an account cannot be merged into itself"},
		{"an account is merged once", given(merged), domain.AccountMerged{Into: "cane"}, `data.into: account "acme" is merged into "bell"`},
		{"a merge may be undone", given(merged), domain.AccountUnmerged{From: "bell"}, ""},
		{"a merge that is not is not undone", nil, domain.AccountUnmerged{From: "bell"}, `data.from: account "acme" is not merged into "bell"`},
		{"a merge with another is not undone", given(merged), domain.AccountUnmerged{From: "cane"}, `data.from: account "acme" is not merged into "cane"`},
		{"after that it may be merged anew", given(merged, domain.AccountUnmerged{From: "bell"}), domain.AccountMerged{Into: "cane"}, ""},
		{"a merged account goes on taking facts", given(merged), domain.InteractionHeld{Kind: "call"}, ""},
		{"what concerns the ledger is not an account's", nil, domain.PolicyCalibrated{}, "subject: policy.calibrated concerns the whole ledger and no single account; source: only the ledger itself records policy.calibrated"},
	})
	decide(t, "", "crm", []rule{
		{"a fact needs an account", nil, opened, "subject: account.opened needs the id of an account"},
	})
	decide(t, domain.Ledger, "crm", []rule{
		{"the ledger is not an account", nil, opened, "subject: account.opened needs the id of an account"},
	})
}

func TestFollowUpRules(t *testing.T) {
	t.Parallel()
	const item = "acme~0123456789ab"
	opened := domain.FollowUpOpened{FollowUp: "F", Reason: "call back"}
	elsewhere := `data.item: belongs to account "bell"`
	decide(t, "acme", "crm", []rule{
		{"a follow-up may be opened", nil, opened, ""},
		{"a follow-up is opened once", given(opened), opened, `data.followup: follow-up "F" was opened before`},
		{"an item's id says whose it is", nil, domain.FollowUpAssigned{Item: item, Owner: "tom"}, ""},
		{"another account's item is not assigned", nil, domain.FollowUpAssigned{Item: "bell~0123456789ab", Owner: "tom"}, elsewhere},
		{"another account's item is not snoozed", nil, domain.FollowUpSnoozed{Item: "bell~0123456789ab", Until: day(21)}, elsewhere},
		{"another account's item is not escalated", nil, domain.FollowUpEscalated{Item: "bell~0123456789ab"}, elsewhere},
		{"another account's item is not completed", nil, domain.FollowUpCompleted{Item: "bell~0123456789ab"}, elsewhere},
		{"another account's item is not told", nil, domain.FollowUpCustomerTold{Item: "bell~0123456789ab"}, elsewhere},
		{"another account's item is not dismissed", nil, domain.FollowUpDismissed{Item: "bell~0123456789ab"}, elsewhere},
		{"an item needs an id of the queue's", nil, domain.FollowUpCompleted{Item: "F"}, "data.item: must be the id of a follow-up as the queue shows it"},
		{"an item is put aside until later", nil, domain.FollowUpSnoozed{Item: item, Until: day(21)}, ""},
		{"an item is not put aside until before", nil, domain.FollowUpSnoozed{Item: item, Until: day(20)}, "data.until: must be after the time of the event"},
	})
}

func TestRulesOfTheLedgersOwnEvents(t *testing.T) {
	t.Parallel()
	step := domain.FollowUpEscalated{Item: "acme~0123456789ab", To: "ann", Step: 1, DueAt: day(3), NoticedAt: day(4)}
	decide(t, "acme", domain.OwnSource, []rule{
		{"the ledger takes an item up the ladder", nil, step, ""},
		{"a step is of a due date, and noticed at some time", nil, domain.FollowUpEscalated{Item: step.Item, To: "ann", Step: 1}, "data.due_at: is required with step; data.noticed_at: is required with step"},
	})
	decide(t, "acme", "office", []rule{
		{"nobody else takes it up the ladder", nil, step, "data.step: only the ledger itself takes items up the ladder"},
		{"somebody's decision is of no step", nil, domain.FollowUpEscalated{Item: step.Item, To: "ann", DueAt: day(3)}, "data.due_at: goes with step"},
	})
	due := domain.DuePassed{Item: "acme~0123456789ab", DueAt: day(3), NoticedAt: day(4)}
	silence := domain.SilenceNoticed{CadenceD: 30, NoticedAt: day(4)}
	broken := domain.SilenceBroken{Contact: 2, Silence: 1, NoticedAt: day(4)}
	decide(t, "acme", domain.OwnSource, []rule{
		{"the ledger notices what is due", nil, due, ""},
		{"the ledger notices silence", nil, silence, ""},
		{"the ledger notices its end", nil, broken, ""},
		{"what is due is the account's own", nil, domain.DuePassed{Item: "bell~0123456789ab"}, `data.item: belongs to account "bell"`},
	})
	decide(t, "acme", "crm", []rule{
		{"nobody else notices what is due", nil, due, "source: only the ledger itself records due.passed"},
		{"nobody else notices its end", nil, broken, "source: only the ledger itself records silence.broken"},
		{"nobody else notices silence", nil, silence, "source: only the ledger itself records silence.noticed"},
	})
	prior := func(names ...string) domain.Event {
		c := domain.PolicyCalibrated{EvidenceCount: 200, HalfLifeD: 30}
		for _, name := range names {
			c.Priors = append(c.Priors, domain.Prior{Dimension: name, Mean: 0.8})
		}
		return c
	}
	decide(t, domain.Ledger, domain.OwnSource, []rule{
		{"the ledger calibrates", nil, prior("voice", "quality"), ""},
		{"a dimension is calibrated once", nil, prior("voice", "voice"), `data.priors[1].dimension: "voice" is given twice`},
	})
	decide(t, domain.Ledger, "crm", []rule{
		{"nobody else calibrates", nil, prior("voice"), "source: only the ledger itself records policy.calibrated"},
	})
}
