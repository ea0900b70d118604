package demo

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// stories take over where a company's ordinary life ends. Each is one a reader can
// follow on the account's timeline.
var stories = map[string]func(*teller){
	"halvorsen-pumps":     theSilentOne,
	"brandt-maschinenbau": theBrokenPromise,
	"okafor-medical":      theRecoveredComplaint,
	"lumen-glass":         theThreeDetractors,
	"castellan-foods":     theMissesNobodyHeardOf,
	"aster-logistics-bv":  theSameCompanyTwice,
	"sable-textiles":      theLostOne,
	"copperline":          theOneThatCostTooMuch,
	"peregrine-rail":      theTwoNeeds,
	"ostrava-steel":       theAuditor,
}

// theSilentOne: two late deliveries, no complaint, and then nothing. Nobody here has
// called since. Silence is not satisfaction.
func theSilentOne(t *teller) {
	t.mute = true
	t.line(160, true)
	t.line(152, false)
	t.line(146, false)
	t.survey(140, 7)
	t.say("crm", t.at(139), domain.InteractionHeld{
		Interaction: "last-call", Kind: "call", Direction: "outbound", Trigger: "our_ask",
		Contacts: t.contacts[:1], OurPeople: []string{t.manager}, DurationMin: new(6.0), Topics: []string{"next order"},
		Notes: "Short. Asked whether they will order again. They will think about it.",
	})
}

// theBrokenPromise: a date the customer knows, moved twice at our wish, and missed.
func theBrokenPromise(t *teller) {
	for w := 13.0; w > 1; w-- {
		t.line(w*7, t.chance(.93))
	}
	made := t.at(110)
	t.say("crm", made, domain.CommitmentMade{
		Commitment: "retrofit-line-3", Statement: "Retrofit line 3 with the new seals, at our cost",
		DueAt: made.Add(21 * day), MadeBy: t.manager, ToContact: t.contacts[0], KnownToCustomer: true,
	})
	t.say("crm", made.Add(19*day), domain.CommitmentRenegotiated{
		Commitment: "retrofit-line-3", NewDueAt: made.Add(35 * day), AskedBy: "us", Reason: "seals not in stock",
	})
	t.say("crm", made.Add(34*day), domain.CommitmentRenegotiated{
		Commitment: "retrofit-line-3", NewDueAt: made.Add(49 * day), AskedBy: "us", Reason: "technician ill",
	})
	t.say("survey", made.Add(52*day), domain.SurveyAnswered{
		Instrument: "nps", Score: 4, ScaleMin: 0, ScaleMax: 10, Contact: t.contacts[0],
		Verbatim: "We were promised a retrofit three times. We stopped believing it.",
	})
}

// theRecoveredComplaint: grave, answered late, reopened, then taken in hand, closed
// with the customer's agreement, and followed by an improvement they were told of.
func theRecoveredComplaint(t *teller) {
	raised := t.at(270)
	contact := t.contacts[0]
	say := func(after time.Duration, e domain.Event) { t.say("helpdesk", raised.Add(after), e) }
	say(0, domain.ComplaintRaised{
		Complaint: "sterile-packs", Severity: 5, Safety: true, Channel: "phone", Product: "sterile packs", Contact: contact,
		RemedySought: "stop and replace", Summary: "Seals of the sterile packs open in storage. We have quarantined the lot.",
	})
	say(3*day, domain.ComplaintAcknowledged{Complaint: "sterile-packs", Contact: contact})
	say(9*day, domain.ComplaintAnswered{Complaint: "sterile-packs", Remedy: "replacement", Stance: "explained", Contact: contact})
	say(10*day, domain.ComplaintClosed{Complaint: "sterile-packs", AcceptedByCustomer: new(false)})
	t.say("survey", raised.Add(12*day), domain.SurveyAnswered{
		Instrument: "nps", Score: 2, ScaleMin: 0, ScaleMax: 10, Contact: contact,
		Verbatim: "You closed it. We did not.",
	})
	say(13*day, domain.ComplaintReopened{Complaint: "sterile-packs", Reason: "happened again", Contact: contact})
	say(14*day, domain.ComplaintAcknowledged{Complaint: "sterile-packs", Contact: contact})
	t.say("crm", raised.Add(15*day), domain.InteractionHeld{
		Interaction: "plant-visit", Kind: "visit", Direction: "outbound", Trigger: "crisis", Contacts: []domain.ID{contact},
		OurPeople: []string{t.manager, "head.quality"}, DurationMin: new(240.0), Topics: []string{"sterile packs"},
		Notes: "Saw the storage. Heat near the loading dock softens the seal. Our drying step is too short.",
	})
	say(18*day, domain.ComplaintInvestigated{Complaint: "sterile-packs", Finding: "drying step too short"})
	say(20*day, domain.ComplaintAnswered{Complaint: "sterile-packs", Remedy: "replacement and process change", Stance: "accepted", Contact: contact})
	t.say("crm", raised.Add(20*day), domain.ImprovementAgreed{
		Improvement: "longer-drying", Statement: "Longer drying and a seal test per lot", CustomerSignatory: contact,
		Owner: "head.quality", DueAt: raised.Add(50 * day),
	})
	t.say("crm", raised.Add(45*day), domain.ImprovementDelivered{Improvement: "longer-drying", Outcome: "no opening in 40 lots"})
	t.say("crm", raised.Add(46*day), domain.ImprovementTold{Improvement: "longer-drying", Contact: contact, Channel: "visit", Acknowledged: true})
	say(47*day, domain.ComplaintClosed{Complaint: "sterile-packs", AcceptedByCustomer: new(true)})
	for w := 31.0; w > 0; w-- {
		t.week(w * 7)
	}
	t.survey(150, 8)
	t.survey(60, 9.5)
	t.say("survey", t.at(20), domain.SurveyAnswered{
		Instrument: "nps", Score: 9, ScaleMin: 0, ScaleMax: 10, Contact: contact,
		Verbatim: "It went wrong, and then you did everything right.",
	})
}

// theThreeDetractors: three people of one customer, three bad scores within a week.
// The queue shows one item with three causes. A meeting had been written down under
// the wrong date, and a complaint under the wrong account.
func theThreeDetractors(t *teller) {
	for w := 8.0; w > 0; w-- {
		t.line(w*7, t.chance(.85))
	}
	for len(t.contacts) < 3 {
		t.meet(50)
	}
	for i, verbatim := range []string{"Nobody told us it was late.", "The dates mean nothing.", "We started looking at alternatives."} {
		said, at := t.id("words"), t.at(8-float64(i)*2)
		t.voices = append(t.voices, voice{said, t.contacts[i], at, verbatim, false})
		t.say("survey", at, domain.SurveyAnswered{
			Voice: said, Instrument: "nps", Score: float64(3 + i), ScaleMin: 0, ScaleMax: 10, Contact: t.contacts[i], Verbatim: verbatim,
		})
	}
	wrong := t.at(6)
	review := domain.InteractionHeld{
		Interaction: "yearly-review", Kind: "joint_review", Direction: "outbound", Trigger: "scheduled",
		Contacts: t.contacts[:2], OurPeople: []string{t.manager}, DurationMin: new(90.0), Topics: []string{"year in review"},
	}
	id := t.say("crm", wrong, review)
	review.DurationMin = new(60.0)
	t.say("crm", t.at(4), domain.EntryCorrected{
		ID: id, Type: "rapport.interaction.held.v1", Data: review, OccurredAt: t.at(62),
		Reason: "the review was two months ago; the date of typing it in was taken",
	})
	id = t.say("helpdesk", t.at(5), domain.ComplaintRaised{
		Complaint: "wrong-crate", Severity: 3, Channel: "email", Contact: t.contacts[0], Summary: "Crate with somebody else's name on it.",
	})
	t.say("helpdesk", t.at(3), domain.EntryRetracted{ID: id, Reason: "the complaint came from another customer"})
}

// theMissesNobodyHeardOf: the warehouse reported its misses six weeks late, all at
// once. What we believed in between is still there to be read, as of then. One of
// them was excused, and an improvement was delivered that nobody has told them about.
func theMissesNobodyHeardOf(t *teller) {
	heard := t.at(6)
	for i := range 5 {
		line := t.id("line")
		promised := t.at(70 - float64(i)*4)
		due := promised.Add(9 * day)
		t.say("erp", promised, domain.DeliveryPromised{Line: line, Basis: "first_confirmed", PromisedAt: due})
		t.sayLate("warehouse", due, heard, domain.DeliveryMissed{Line: line, Reason: "short of pallets"})
		t.sayLate("warehouse", due.Add(3*day), heard, domain.DeliveryMade{Line: line, DeliveredAt: due.Add(3 * day)})
		if i > 1 { // one is still waiting for a word
			t.tell(t.at(4), "delivery_missed", line, "We have only now heard that this came late. We are sorry.")
		}
		if i == 0 {
			t.say("erp", t.at(4), domain.DeliveryExcused{Line: line, Code: "customer_site_closed", By: "head.logistics", Reason: "their gate was closed"})
		}
	}
	agreed := t.at(80)
	t.say("crm", agreed, domain.ImprovementAgreed{
		Improvement: "own-pallets", Statement: "A pool of pallets of their own", CustomerSignatory: t.contacts[0], Owner: t.manager, DueAt: agreed.Add(60 * day),
	})
	t.say("crm", agreed.Add(50*day), domain.ImprovementDelivered{Improvement: "own-pallets", Outcome: "120 pallets in the pool"})
}

// theSameCompanyTwice: two accounts turn out to be one customer.
func theSameCompanyTwice(t *teller) {
	t.request(130, false)
	t.line(128, true)
	t.say("crm", t.at(100), domain.AccountMerged{Into: "aster-logistics"})
}

// theLostOne: they named somebody else, asked for quotes, and went. What led there is
// in the half year before.
func theLostOne(t *teller) {
	t.say("crm", t.at(75), domain.CompetitorMentioned{Competitor: "Nordwerk", Contact: t.contacts[0], Context: "They deliver when they say."})
	t.say("crm", t.at(60), domain.AlternativeSought{Evidence: "a quote of Nordwerk's on their desk", Competitor: "Nordwerk"})
	t.say("crm", t.at(45), domain.AccountStageChanged{From: "approved", To: "on_notice", Reason: "late too often"})
	t.say("crm", t.at(31), domain.AccountNotRenewed{Reason: "late deliveries"})
	t.say("crm", t.at(30), domain.AccountLost{To: "Nordwerk", Reason: "late deliveries", RevenueLostMinor: new(int64(48_000_000)), Currency: "EUR"})
	t.say("crm", t.at(30), domain.AccountStageChanged{From: "on_notice", To: "lost", Reason: "late deliveries"})
}

// theOneThatCostTooMuch: served at a loss, until it was agreed to serve them otherwise.
func theOneThatCostTooMuch(t *teller) {
	t.say("crm", t.at(240), domain.AccountRestructureAgreed{
		Measures: []string{"orders by portal", "one delivery a week"}, TargetCostMinor: new(int64(250_000)), Currency: "EUR",
	})
	t.say("crm", t.at(150), domain.AccountRestructured{Outcome: "both measures in force"})
}

// theTwoNeeds: what they need does not go together with what another customer needs,
// and was decided in the other's favour.
func theTwoNeeds(t *teller) {
	t.say("crm", t.at(90), domain.NeedStated{
		Need: "night-slot", Contact: t.contacts[0], Statement: "Our parts have to leave in the night slot", Topic: "shipping slots", During: "calm", Priority: 4,
	})
	t.say("crm", t.at(85), domain.NeedConflictFound{Need: "night-slot", OtherNeed: "night-slot", OtherAccount: "tanager-robotics"})
	t.say("crm", t.at(70), domain.NeedConflictFound{
		Need: "night-slot", OtherNeed: "night-slot", OtherAccount: "tanager-robotics",
		Resolution: "the slot goes to the robots; rail gets the early one", Prevails: "other", DecidedBy: "head.logistics",
	})
}

// theAuditor: what an auditor of theirs found led to a plan.
func theAuditor(t *teller) {
	t.say("quality", t.at(90), domain.AssessmentMade{
		Assessor: "Certification Ltd", Independent: true, Method: "audit", Standard: "ISO 9001", Clause: "8.7", Result: "minor_finding",
	})
}
