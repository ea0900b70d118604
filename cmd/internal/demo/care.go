package demo

import (
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// fresh is how long something may lie before we are late with it.
const fresh = 60 * day

// attend tells what we did about what was said and found. What is old was dealt with; of
// what is fresh, some is still open.
func (t *teller) attend() {
	done := t.dealtWith()
	for _, e := range slices.Clone(t.events) {
		switch data := e.Data.(type) {
		case domain.WishExpressed:
			t.plan(e, "What it would take to offer: "+data.Topic)
		case domain.ProblemDisclosed:
			t.plan(e, "What lies behind the trouble with "+data.Topic)
		case domain.AssessmentMade:
			t.plan(e, "What was found, clause by clause")
		case domain.ComplaintRaised:
			switch {
			case data.Severity == 4 && t.tier != "C":
				t.improve(e, "A look at it before it leaves us", data.Contact)
			case data.Severity == 3 && t.chance(.5) && t.end.Sub(e.OccurredAt) > fresh:
				t.plan(e, "That it does not happen again")
			}
		case domain.VoiceDistributed:
			for _, function := range data.Functions {
				if !done[string(data.Voice)+"/"+function] {
					t.say("voice-desk", e.OccurredAt.Add(5*day), domain.FollowUpDismissed{Item: t.item("voice_unread", data.Voice+"/"+domain.ID(function)), Reason: "told in the weekly round"})
				}
			}
		case domain.NeedStated, domain.NeedMet:
			t.attendNeed(e)
		case domain.ExpectationStated:
			t.after(e, 10, "crm", domain.ExpectationValidated{Expectation: data.Expectation, Met: pick(t, []string{"met", "met", "exceeded"}), By: "customer", Contact: data.Contact})
		case domain.ExpectationValidated:
			if data.Met == "below" {
				t.after(e, 25, "crm", domain.ExpectationValidated{Expectation: data.Expectation, Met: "met", By: "customer", Contact: pick(t, t.contacts)})
			}
		case domain.MeetingProposed, domain.MeetingDeclined, domain.MeetingOutcomeRecorded:
			t.attendMeeting(e, done)
		case domain.RoleAssigned:
			if data.Backup == "" && t.chance(.8) {
				data.Backup = "r.stand-in"
				t.after(e, 15, "crm", data)
			}
		case domain.AlternativeSought:
			if t.until == 0 {
				t.after(e, 2, "crm", domain.FollowUpCompleted{Item: t.item("alternative_sought", ""), Outcome: "went there with a better offer"})
			}
		default:
			t.attendWorks(e, done)
		}
	}
}

// dealtWith are the things of which it is told already what became of them.
func (t *teller) dealtWith() map[string]bool {
	done := map[string]bool{}
	for _, e := range t.events {
		switch data := e.Data.(type) {
		case domain.VoiceRead:
			done[string(data.Voice)+"/"+data.Function] = true
		case domain.MeetingOutcomeTold:
			done[string(data.Meeting)] = true
		case domain.MeetingDeclined:
			done[string(data.Meeting)] = true
		case domain.NonconformityActionImplemented:
			done[string(data.Nonconformity)] = true
		case domain.FollowUpCompleted:
			done[data.Item+e.OccurredAt.Add(-heardAfter).Format(time.RFC3339)] = true // see survey
		case domain.FollowUpCustomerTold:
			done[data.Item] = true
		case domain.FigureReconciled:
			done[data.Measure+"/"+data.Period] = true
		}
	}
	return done
}

// left is whether something fresh is left where it is for now.
func (t *teller) left(e event) bool { return t.end.Sub(e.OccurredAt) < fresh && t.chance(.05) }

// after tells what followed so many days after the event, unless it was left.
func (t *teller) after(e event, days int, system string, data domain.Event) {
	if !t.left(e) {
		t.say(system, e.OccurredAt.Add(time.Duration(days)*day), data)
	}
}

// plan tells how something the customer said was taken up, and carried out.
func (t *teller) plan(e event, statement string) {
	if t.left(e) {
		return
	}
	plan, begun := t.id("plan"), e.OccurredAt.Add(2*day)
	t.because(e, begun, domain.PlanCreated{Plan: plan, Owner: t.manager, DueAt: begun.Add(30 * day), Statement: statement})
	t.say("crm", begun, domain.PlanActionAdded{Plan: plan, Action: "1", Owner: pick(t, planners), DueAt: begun.Add(15 * day), Statement: "ask those who would have to do it"})
	t.say("crm", begun.Add(12*day), domain.PlanActionCompleted{Plan: plan, Action: "1", Outcome: "asked"})
	t.say("crm", begun.Add(19*day), domain.PlanClosed{Plan: plan, Outcome: pick(t, []string{"offered", "offered", "not worth it to them"})})
}

// improve tells of an improvement that was agreed because of it, delivered and told.
func (t *teller) improve(e event, statement string, contact domain.ID) {
	id, agreed := t.id("improvement"), e.OccurredAt.Add(6*day)
	t.because(e, agreed, domain.ImprovementAgreed{
		Improvement: id, Statement: statement, CustomerSignatory: contact, Owner: "head.quality", OwnerLevel: "executive",
		DueAt: agreed.Add(45 * day), PlannedPersonH: new(float64(8 * (1 + t.rng.IntN(10)))), RealisticCheck: new(t.chance(.7)),
	})
	t.say("crm", agreed.Add(35*day), domain.ImprovementDelivered{Improvement: id, Outcome: "in force"})
	t.say("crm", agreed.Add(37*day), domain.ImprovementTold{Improvement: id, Contact: contact, Channel: "visit", Acknowledged: true})
}

// because tells what the event led to, which cites it.
func (t *teller) because(e event, at time.Time, data domain.Event) {
	if t.say("crm", at, data) != "" {
		t.events[len(t.events)-1].from = e.ID
	}
}

func (t *teller) attendNeed(e event) {
	switch data := e.Data.(type) {
	case domain.NeedStated:
		if data.During == "crisis" {
			t.after(e, 20, "crm", domain.NeedRevalidated{Need: data.Need, StillTrue: t.chance(.8), Contact: data.Contact})
		}
	case domain.NeedMet:
		if data.Level == "poor" {
			t.after(e, 12, "crm", domain.NeedMet{Need: data.Need, Level: pick(t, []string{"partial", "met"}), By: "customer", Contact: pick(t, t.contacts)})
		}
	}
}

func (t *teller) attendMeeting(e event, done map[string]bool) {
	switch data := e.Data.(type) {
	case domain.MeetingProposed:
		if data.By == "us" && !done[string(data.Meeting)] {
			t.held(data.Meeting, data.ProposedAt, data.Contacts)
		}
	case domain.MeetingDeclined:
		again := data.NotBefore.Add(2 * day)
		t.say("crm", again, domain.MeetingProposed{Meeting: data.Meeting + "-again", By: "us", ProposedAt: again.Add(7 * day), Contacts: t.contacts[:1]})
		t.held(data.Meeting+"-again", again.Add(7*day), t.contacts[:1])
	case domain.MeetingOutcomeRecorded:
		if data.ActionsCount > 0 && !done[string(data.Meeting)] {
			t.after(e, 4, "crm", domain.MeetingOutcomeTold{Meeting: data.Meeting, Channel: "email"})
		}
	}
}

// held tells of a meeting that was proposed, unless nobody here calls them any more.
func (t *teller) held(meeting domain.ID, at time.Time, contacts []domain.ID) {
	if t.mute {
		return
	}
	t.say("crm", at, domain.InteractionHeld{
		Interaction: meeting, Kind: "meeting", Direction: "outbound", Trigger: "our_ask", Contacts: contacts, OurPeople: []string{t.manager},
		DurationMin: new(60.0), Topics: []string{pick(t, topics)},
	})
}

func (t *teller) attendWorks(e event, done map[string]bool) {
	switch data := e.Data.(type) {
	case domain.DeliveryMissed:
		if heard := e.recorded.Sub(e.OccurredAt) < day; heard && !t.mute && !done[t.item("delivery_missed", data.Line)] {
			t.tell(e.OccurredAt.Add(9*day), "delivery_missed", data.Line, "It took us too long to tell you. It will not again.")
		}
	case domain.RoleVacated:
		t.after(e, 3, "crm", domain.RoleAssigned{Role: data.Role, Person: pick(t, planners), Backup: "r.stand-in"})
	case domain.CommitmentMade:
		if data.DueAt.After(t.end) && t.chance(.7) {
			t.say("crm", e.OccurredAt.Add(30*time.Hour), domain.CommitmentKept{Commitment: data.Commitment})
		}
	case domain.WarrantyClaimed:
		if e.OccurredAt.Add(14 * day).After(t.end) {
			t.say("helpdesk", e.OccurredAt.Add(2*day), domain.WarrantyDecided{Claim: data.Claim, Accepted: true, PaidMinor: data.ClaimMinor, Currency: data.Currency})
		}
	case domain.ReturnReceived:
		if e.OccurredAt.Add(9 * day).After(t.end) {
			t.say("laboratory", e.OccurredAt.Add(2*day), domain.ReturnAnalysed{Return: data.Return, NoFaultFound: t.chance(.3)})
			t.tell(e.OccurredAt.Add(3*day), "return", data.Return, "We know now what was wrong with it.")
		}
	case domain.SurveyAnswered:
		low, old := data.Instrument == "nps" && data.Score <= 6, t.end.Sub(e.OccurredAt) > fresh
		if low && old && !done[t.item("low_score", "")+e.OccurredAt.Format(time.RFC3339)] {
			t.hear(e.OccurredAt)
		}
		if low && old && data.Voice != "" && t.chance(.5) {
			t.improve(e, "We call before they have to", data.Contact)
		}
	case domain.NonconformityActionPlanned:
		if !done[string(data.Nonconformity)] {
			t.remedy(e, data.Nonconformity, data.Action)
		}
	case domain.NonconformityEffectVerified:
		if !data.Effective && !t.left(e) {
			t.after(e, 2, "quality", domain.NonconformityActionPlanned{
				Nonconformity: data.Nonconformity, Action: "2", Owner: pick(t, planners), DueAt: e.OccurredAt.Add(20 * day), Statement: "a check at the end of the line",
			})
			t.remedy(e, data.Nonconformity, "2")
		}
	case domain.NonconformityActionImplemented:
		if t.end.Sub(e.OccurredAt) < fresh { // nobody has watched for long yet
			t.after(e, 12, "quality", domain.NonconformityEffectVerified{Nonconformity: data.Nonconformity, Effective: true, WindowD: 10})
			t.after(e, 13, "quality", domain.NonconformityClosed{Nonconformity: data.Nonconformity, Outcome: "has not come back so far"})
		}
	case domain.ReturnAnalysed:
		t.tell(e.OccurredAt.Add(day), "return", data.Return, "We know now what was wrong with it.")
	case domain.ImpactLossEstimated:
		data.AmountMinor, data.Confirmed, data.ConfidencePct = data.AmountMinor/10*9, true, nil
		t.after(e, 9, "crm", data)
	case domain.FigurePublished:
		if data.By == "customer" && !done[data.Measure+"/"+data.Period] {
			t.after(e, 9, "crm", domain.FigureReconciled{
				Measure: data.Measure, Period: data.Period, AgreedValue: data.Value, UOM: data.UOM, Right: "customer", Contact: pick(t, t.contacts),
			})
		}
	}
}

// remedy tells how an action against a nonconformity was taken, and helped.
func (t *teller) remedy(e event, id, action domain.ID) {
	say := func(days int, data domain.Event) { t.say("quality", e.OccurredAt.Add(time.Duration(days)*day), data) }
	say(18, domain.NonconformityActionImplemented{Nonconformity: id, Action: action})
	say(45, domain.NonconformityEffectVerified{Nonconformity: id, Effective: true, WindowD: 27})
	say(46, domain.NonconformityClosed{Nonconformity: id, Outcome: "has not come back"})
}
