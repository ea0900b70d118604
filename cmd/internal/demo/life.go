package demo

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
	// weeks is how long the demo's history is: eighteen months.
	weeks = 78
)

// opening tells how the account came to be what it is.
func (t *teller) opening(from float64) {
	kind := t.kind
	if kind == "" {
		kind = "customer"
	}
	t.say("crm", t.at(from), domain.AccountOpened{Name: t.name, Kind: kind, Parent: domain.AccountID(t.parent)})
	t.say("crm", t.at(from-1), domain.AccountClassified{
		TierNow: t.tier, TierFuture: t.future, HorizonMonths: horizon(t.future), Basis: []string{"revenue", "fit"},
		Functions: []string{"sales", "operations"}, Context: "planned",
	})
	t.say("crm", t.at(from-1), domain.AccountManagerAssigned{Person: t.manager})
	if t.cadenceD > 0 {
		t.say("crm", t.at(from-2), domain.AccountCadenceAgreed{EveryD: t.cadenceD, Level: "manager", Purpose: "how are we doing"})
	}
	for range 2 + t.rng.IntN(3) {
		t.meet(from - 2)
	}
}

func horizon(future string) int64 {
	if future == "" {
		return 0
	}
	return 24
}

// meet adds a person at the account.
func (t *teller) meet(daysBefore float64) {
	given, family := pick(t, givenNames), pick(t, familyNames)
	contact := t.id("contact")
	t.contacts = append(t.contacts, contact)
	t.say("crm", t.at(daysBefore), domain.ContactAdded{
		Contact: contact, Name: given + " " + family, Email: lower(given) + "." + lower(family) + "@" + t.company.id + ".example",
		Level: pick(t, levels), Function: pick(t, functions),
	})
	part := domain.ContactRoleRecorded{
		Contact: contact, Role: pick(t, []string{"economic", "technical", "user", "coach", "order_placer"}),
		Authority: pick(t, []string{"orders", "operations", "strategy"}), Influence: int64(1 + t.rng.IntN(5)),
	}
	part.HorizonMonths = map[string]int64{"orders": 1, "operations": 12, "strategy": 36}[part.Authority]
	t.say("crm", t.at(daysBefore-1), part)
}

func lower(s string) string { return string(s[0]|0x20) + s[1:] }

// week lives one ordinary week that starts that many days before the end.
func (t *teller) week(daysBefore float64) {
	c := t.character
	for range t.count(c.linesPerWeek) {
		t.line(daysBefore-t.rng.Float64()*5, t.chance(c.onTime))
	}
	for range t.count(c.contactsMonth * 7 / 30) {
		t.talk(daysBefore - t.rng.Float64()*5)
	}
	if t.chance(c.complaints) {
		t.complaint(daysBefore-t.rng.Float64()*4, 1+t.rng.Int64N(4), t.chance(c.answers))
	}
	if t.chance(c.requests) {
		t.request(daysBefore-t.rng.Float64()*4, t.chance(c.answers))
	}
	if t.chance(c.promises) {
		t.promise(daysBefore-t.rng.Float64()*4, t.chance(c.keeps))
	}
}

// count turns a mean into a whole number.
func (t *teller) count(mean float64) int {
	n := int(mean)
	if t.chance(mean - float64(n)) {
		n++
	}
	return n
}

// line is a delivery: promised, then made or missed.
func (t *teller) line(daysBefore float64, onTime bool) {
	line, order := t.id("line"), t.id("order")
	ordered := t.at(daysBefore)
	due := t.at(daysBefore - 10)
	qty := float64(10 * (1 + t.rng.IntN(40)))
	t.say("erp", ordered, domain.OrderWon{Order: order, ValueMinor: int64(qty) * 4250, Currency: "EUR"})
	promise := domain.DeliveryPromised{Line: line, Order: order, Basis: "first_confirmed", PromisedAt: due, Product: "seals", Qty: &qty, UOM: "pcs"}
	if int(qty)%50 == 0 { // some say when they want it
		wanted := promise
		wanted.Basis, wanted.PromisedAt = "requested", due.Add(-12*time.Hour)
		t.say("erp", ordered, wanted)
		promise.DepartureAt = due.Add(-30 * time.Hour)
	}
	t.say("erp", ordered.Add(time.Hour), promise)
	arrives := due.Add(-time.Duration(1+t.rng.IntN(20)) * time.Hour)
	if !onTime {
		arrives = due.Add(time.Duration(1+t.rng.IntN(6)) * day)
		t.say("erp", due, domain.DeliveryMissed{Line: line, Reason: pick(t, []string{"capacity", "material late", "carrier", "planning error"})})
	}
	t.say("erp", arrives, domain.DeliveryMade{
		Line: line, DeliveredAt: arrives, DepartedAt: arrives.Add(-26 * time.Hour), Qty: &qty, UOM: "pcs", DocumentsOK: new(t.chance(.98)), DamageFree: new(t.chance(.99)),
	})
	if !onTime && !t.mute && t.chance(.98) {
		t.tell(arrives.Add(5*time.Hour), "delivery_missed", line, "It has arrived. We are sorry that it was late.")
	}
}

// tell closes the loop on a follow-up whose work is done.
func (t *teller) tell(at time.Time, rule string, key domain.ID, message string) {
	t.say("crm", at, domain.FollowUpCustomerTold{
		Item: t.item(rule, key), Contact: pick(t, t.contacts), Channel: "phone", Message: message,
	})
}

// item is the follow-up that the rule keeps for the key.
func (t *teller) item(rule string, key domain.ID) string {
	return followup.ItemID(domain.AccountID(t.company.id), rule, string(key))
}

// talk is a conversation.
func (t *teller) talk(daysBefore float64) {
	trigger := pick(t, []string{"customer_ask", "our_ask", "scheduled"})
	if t.chance(t.character.proactive) {
		trigger = "proactive"
	}
	kind := pick(t, []string{"call", "call", "email", "video", "meeting", "visit"})
	interaction, contact := t.id("talk"), pick(t, t.contacts)
	at := t.at(daysBefore)
	t.talks = append(t.talks, talk{interaction, at, contact})
	t.say("crm", at, domain.InteractionHeld{
		Interaction: interaction, Kind: kind, Direction: direction(trigger), Trigger: trigger,
		Contacts: []domain.ID{contact}, OurPeople: []string{t.manager},
		DurationMin: new(float64(10 + 5*t.rng.IntN(16))), Topics: []string{pick(t, topics)},
		AskedHowAreWe: trigger == "proactive" && t.chance(.4),
	})
	if kind == "meeting" || kind == "visit" {
		t.say("crm", at.Add(3*time.Hour), domain.MeetingOutcomeRecorded{Meeting: interaction, ActionsCount: t.rng.Int64N(4)})
		if t.chance(.98) {
			t.say("crm", at.Add(2*day), domain.MeetingOutcomeTold{Meeting: interaction, Channel: "email"})
		}
	}
}

func direction(trigger string) string {
	if trigger == "customer_ask" {
		return "inbound"
	}
	return "outbound"
}

// complaint lives from the first word to the end.
func (t *teller) complaint(daysBefore float64, severity int64, handledWell bool) {
	complaint, contact := t.id("complaint"), pick(t, t.contacts)
	raised := t.at(daysBefore)
	t.say("helpdesk", raised, domain.ComplaintRaised{
		Complaint: complaint, Severity: severity, Channel: pick(t, []string{"phone", "email", "portal"}),
		Contact: contact, Summary: pick(t, complaintsAbout),
	})
	slow := time.Duration(1)
	if !handledWell {
		slow = 5
	}
	t.say("helpdesk", raised.Add(slow*3*time.Hour), domain.ComplaintAcknowledged{Complaint: complaint, Contact: contact})
	t.say("helpdesk", raised.Add(slow*day), domain.ComplaintInvestigated{Complaint: complaint, Finding: "cause found in packing"})
	t.say("helpdesk", raised.Add(slow*2*day), domain.ComplaintAnswered{
		Complaint: complaint, Remedy: pick(t, []string{"replacement", "credit note", "apology"}), Stance: "accepted", Contact: contact,
	})
	t.say("helpdesk", raised.Add(slow*3*day), domain.ComplaintClosed{Complaint: complaint, AcceptedByCustomer: new(handledWell || t.chance(.5))})
}

// request is a question and its answer, in time or late.
func (t *teller) request(daysBefore float64, inTime bool) {
	request, contact := t.id("request"), pick(t, t.contacts)
	asked := t.at(daysBefore)
	t.say("helpdesk", asked, domain.RequestReceived{
		Request: request, Text: pick(t, requestsFor), Channel: "email", Contact: contact, DueAt: asked.Add(2 * day),
	})
	answer := 20 * time.Hour
	if !inTime {
		answer = 6 * day
	}
	t.say("helpdesk", asked.Add(answer), domain.RequestAnswered{Request: request, Outcome: "answered", FirstAnswerSufficient: new(t.chance(.8)), Contact: contact})
}

// promise is made, and kept or broken.
func (t *teller) promise(daysBefore float64, kept bool) {
	commitment := t.id("promise")
	made := t.at(daysBefore)
	due := made.Add(10 * day)
	t.say("crm", made, domain.CommitmentMade{
		Commitment: commitment, Statement: pick(t, promisesOf), DueAt: due, MadeBy: t.manager,
		ToContact: pick(t, t.contacts), KnownToCustomer: t.chance(.7),
	})
	switch {
	case kept:
		t.say("crm", due.Add(-time.Duration(1+t.rng.IntN(60))*time.Hour), domain.CommitmentKept{Commitment: commitment})
	case t.chance(.5):
		t.say("crm", due.Add(-day), domain.CommitmentRenegotiated{Commitment: commitment, NewDueAt: due.Add(7 * day), AskedBy: "us", Reason: "capacity"})
		t.say("crm", due.Add(6*day), domain.CommitmentKept{Commitment: commitment})
	default:
		t.say("crm", due.Add(time.Hour), domain.CommitmentBroken{Commitment: commitment, Reason: "forgotten"})
		if t.chance(.97) {
			t.say("crm", due.Add(5*day), domain.CommitmentKept{Commitment: commitment})
			t.tell(due.Add(5*day+time.Hour), "commitment", commitment, "It is done now, later than we said.")
		}
	}
}

// survey asks for a recommendation and, mostly, gets one.
func (t *teller) survey(daysBefore, mood float64) {
	survey, contact := t.id("survey"), pick(t, t.contacts)
	sent := t.at(daysBefore)
	t.say("survey", sent, domain.SurveySent{Survey: survey, Instrument: "nps", Contact: contact, BurdenMin: new(3.0), DesignedBy: "us"})
	if t.chance(.25) {
		return
	}
	score := min(10, max(0, float64(int(mood+t.rng.NormFloat64()*1.3+.5))))
	words := praise
	if score <= 6 {
		words = grumbles
	}
	said, verbatim := domain.ID(""), ""
	if t.chance(.7) {
		said, verbatim = survey, pick(t, words)
	}
	answered := sent.Add(day + time.Duration(t.rng.IntN(72))*time.Hour)
	if said != "" {
		t.voices = append(t.voices, voice{said, contact, answered, verbatim, score > 6})
	}
	t.say("survey", answered, domain.SurveyAnswered{
		Survey: survey, Voice: said, Instrument: "nps", Score: score, ScaleMin: 0, ScaleMax: 10, Contact: contact, Verbatim: verbatim,
	})
	if score <= 6 && t.chance(.9) {
		t.hear(answered)
	}
}

// heardAfter is how long after a bad score somebody of ours went there.
const heardAfter = 4 * day

// hear closes the loop on a bad score.
func (t *teller) hear(answered time.Time) {
	t.say("crm", answered.Add(heardAfter), domain.FollowUpCompleted{Item: t.item("low_score", ""), Outcome: "listened, and agreed what to change"})
	t.tell(answered.Add(heardAfter+time.Hour), "low_score", "", "Thank you for being frank. This is what we will do.")
}
