package demo

import (
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// gather tells when they and we met without something to buy or sell, as long as the
// account's life was an ordinary one. Some never did.
func (t *teller) gather(index int) {
	if t.cadenceD == 0 {
		t.say("crm", t.at(float64(t.first()*7)+5), domain.AccountCadenceAgreed{EveryD: 90, Level: "manager", Purpose: "is there anything"})
	}
	if t.tier == "C" && index%3 != 0 {
		return
	}
	from, to := t.first()*7-20, t.until*7+7
	for daysBefore := from; daysBefore > to; daysBefore -= 120 {
		t.checkIn(float64(daysBefore))
	}
	for _, users := range []struct {
		name       string
		daysBefore float64
	}{{"Users' days, autumn", 410}, {"Users' days, spring", 205}} {
		if int(users.daysBefore) < from && int(users.daysBefore) > to && t.chance(.7) {
			t.meetUp(users.daysBefore, "conference", users.name, 360)
		}
	}
	if t.tier == "A" && from > 300 && to < 300 {
		t.meetUp(300, "focus_group", "What a good delivery is", 120)
		t.say("crm", t.at(280), domain.InvolvementStarted{Effort: "seal-pilot", Party: "customer", Kind: "pilot", PeopleCount: 2, Contacts: t.contacts[:1]})
		t.say("crm", t.at(190), domain.InvolvementEnded{Effort: "seal-pilot", Outcome: "taken over into the series", Reached: new(true)})
		t.say("crm", t.at(260), domain.InvolvementStarted{Effort: "seal-test", Party: "supplier", Kind: "measurement", Supplier: "polymers-co", PeopleCount: 1})
	}
	if t.tier == "A" || index%4 == 0 { // what people say of themselves
		for _, item := range []string{"planning", "suppliers", "voice", "time"} {
			t.say("office", t.at(45), domain.ChecklistAnswered{Item: item, Performed: "yes", Assessor: t.manager})
		}
	}
}

// checkIn is a call to ask how we are doing, and nothing else.
func (t *teller) checkIn(daysBefore float64) {
	t.say("crm", t.at(daysBefore), domain.InteractionHeld{
		Interaction: t.id("checkin"), Kind: "check_in", Direction: "outbound", Trigger: "proactive", Contacts: []domain.ID{pick(t, t.contacts)},
		OurPeople: []string{t.manager}, OneOnOne: true, DurationMin: new(float64(10 + 5*t.rng.IntN(5))), AskedHowAreWe: true,
	})
}

// meetUp is a day for many.
func (t *teller) meetUp(daysBefore float64, kind, name string, minutes float64) {
	at := t.at(daysBefore).Truncate(day).Add(9 * time.Hour)
	t.say("crm", at, domain.InteractionHeld{
		Interaction: domain.ID(fmt.Sprintf("%s-%d", kind, int(daysBefore))), Kind: kind, Name: name, Direction: "outbound", Trigger: "scheduled",
		Contacts: t.contacts[:1+t.rng.IntN(2)], OurPeople: []string{t.manager}, DurationMin: &minutes, Topics: []string{pick(t, topics)},
	})
}
