package demo

import (
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// known tells what we came to know of the account beside its orders: who knows whom,
// how they work, what they cost us, and what we gave and took.
func (t *teller) known() {
	t.ties()
	t.learn()
	for q := min(5, t.first()*7/91); q > t.until*7/91; q-- {
		t.quarter(float64(q * 91))
	}
	if t.tier == "C" || len(t.talks) < 4 {
		return
	}
	t.together()
}

// ties are the ways in, and who of ours knows whom.
func (t *teller) ties() {
	opened := float64(t.first()*7) - 5
	for _, channel := range shuffled(t, []string{"phone", "email", "portal", "visit"})[:2] {
		t.say("crm", t.at(opened), domain.AccountChannelOpened{Channel: channel, Levels: []string{pick(t, levels)}, OurLevels: []string{pick(t, levels)}})
	}
	for _, contact := range t.contacts {
		if t.chance(.5) {
			t.say("crm", t.at(opened-20), domain.ContactLinked{Contact: contact, OurPerson: t.manager, OurLevel: "manager"})
		}
	}
	if t.tier == "A" {
		t.say("crm", t.at(opened-25), domain.AccountSponsorAppointed{Person: pick(t, sponsors), Scope: "satisfaction and quality"})
		renewed := t.at(opened - 365)
		t.say("crm", renewed, domain.AccountRenewed{ValueMinor: new(int64(90_000_000)), Currency: "EUR", Until: renewed.Add(365 * day)})
	}
	t.say("crm", t.at(opened-1), domain.AccountStageChanged{From: "prospect", To: "trial", Reason: "first order"})
	t.say("crm", t.at(opened-40), domain.AccountStageChanged{From: "trial", To: "approved", Reason: "trial passed"})
	if t.character.mood > 9 {
		t.say("crm", t.at(opened-200), domain.AccountStageChanged{From: "approved", To: "preferred", Reason: "two good quarters"})
	}
}

// learn keeps what a conversation taught us of how they work.
func (t *teller) learn() {
	for _, f := range shuffled(t, demoFacts)[:1+t.rng.IntN(3)] {
		talk, ok := t.talked()
		if !ok {
			return
		}
		learned := domain.AccountFactLearned{
			Fact: t.id("fact"), Category: f.category, Statement: f.statement, ConfidencePct: new(float64(50 + 10*t.rng.IntN(6))),
			Contact: talk.contact, Interaction: talk.id,
		}
		if f.category == "cycle" {
			learned.NextAt = t.end.Add(time.Duration(10+t.rng.IntN(120)) * day).Truncate(day)
		}
		t.say("crm", talk.at, learned)
	}
}

// quarter is what three months cost and brought.
func (t *teller) quarter(daysBefore float64) {
	at := t.at(daysBefore)
	period := fmt.Sprintf("%d-Q%d", at.Year(), (int(at.Month())+2)/3)
	served := int64(200_000 * t.character.contactsMonth * (1 + t.rng.Float64()))
	t.say("erp", at, domain.AccountMarginMeasured{
		Period: period, MarginMinor: int64(1_500_000*t.character.linesPerWeek) - served, CostToServeMinor: served, Currency: "EUR",
	})
	hours := t.character.contactsMonth * (2 + 4*t.rng.Float64())
	t.say("crm", at, domain.EffortLogged{
		HoursH: float64(int(hours)), PlannedH: new(6.0), Relationship: true, CostMinor: new(int64(hours) * 9000), Currency: "EUR", Purpose: "visits and calls",
	})
}

// together is what was done with the customer beyond talking: something given or
// asked for in a conversation, a meeting proposed, a review, and a briefing of ours.
func (t *teller) together() {
	talk := func() talk { return pick(t, t.talks) }
	for range 3 {
		c := talk()
		t.say("crm", c.at, domain.InformationRequested{ItemsCount: 1 + t.rng.Int64N(5), Topic: pick(t, topics), Contacts: []domain.ID{c.contact}})
		if t.chance(t.character.proactive) {
			t.say("crm", c.at, domain.ValueShared{
				Kind: pick(t, []string{"insight", "saving", "data"}), EstValueMinor: new(t.rng.Int64N(40) * 50_000), Currency: "EUR",
				Accepted: new(t.chance(.6)), Contacts: []domain.ID{c.contact},
			})
		}
	}
	review := talk()
	t.say("crm", review.at, domain.InteractionHeld{
		Interaction: review.id + "-review", Kind: "joint_review", Direction: "outbound", Trigger: "scheduled", Project: "yearly-plan",
		Contacts: []domain.ID{review.contact}, Functions: []string{"sales", "engineering"}, TheirFunctions: []string{"purchasing"},
		OurPeople: []string{t.manager}, DurationMin: new(120.0), RequiredHorizonMonths: 12, RequiredAuthority: "strategy",
	})
	t.say("crm", review.at.Add(2*time.Hour), domain.MeetingOutcomeRecorded{
		Meeting: review.id + "-review", DecisionsCount: new(int64(2)), CustomerDecided: new(t.chance(.7)),
	})
	t.say("crm", review.at.Add(day), domain.WorkHandedOver{Project: "yearly-plan", FromFunction: "sales", ToFunction: "engineering", Interactive: t.chance(.5)})
	t.say("crm", review.at.Add(day), domain.BriefingHeld{
		Topics: []string{"what the review decided"}, Functions: []string{"production", "quality"}, OurLevels: []string{"manager", "operator"}, By: t.manager,
	})
	asked := talk()
	t.say("crm", asked.at, domain.MeetingProposed{Meeting: asked.id + "-next", By: "us", ProposedAt: asked.at.Add(14 * day), Contacts: []domain.ID{asked.contact}})
	if t.chance(.4) {
		t.say("crm", asked.at.Add(time.Hour), domain.MeetingDeclined{Meeting: asked.id + "-next", By: "them", Reason: "too much on", NotBefore: asked.at.Add(30 * day)})
	}
	if t.chance(.4) {
		told := talk()
		t.say("crm", told.at, domain.ProblemDisclosed{
			Problem: t.id("problem"), Contact: told.contact, Topic: pick(t, topics), Statement: "It has been like that for a while.", Interaction: told.id,
			ProblemOccurredAt: told.at.Add(-time.Duration(5+t.rng.IntN(60)) * day), PreviouslyUnreported: true,
		})
	}
}

var (
	sponsors  = []string{"head.quality", "head.sales", "ceo"}
	demoFacts = []struct{ category, statement string }{
		{"cycle", "Budgets are made in autumn"},
		{"process", "Two signatures from 10,000 EUR"},
		{"technology", "They move to a new press line"},
		{"constraint", "No deliveries after two on Fridays"},
		{"thinking", "They buy from who warns them early"},
	}
)
