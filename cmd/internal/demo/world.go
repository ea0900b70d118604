package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// character is how a relationship goes, week by week.
type character struct {
	linesPerWeek  float64 // delivery lines promised
	onTime        float64 // chance that a line arrives by its date
	contactsMonth float64 // conversations a month
	proactive     float64 // share of them that we started without need
	complaints    float64 // chance of a complaint a week
	requests      float64 // chance of a request a week
	promises      float64 // chance of a promise a week
	keeps         float64 // chance that a promise is kept
	answers       float64 // chance that a request is answered in time
	mood          float64 // mean answer to "would you recommend us", 0 to 10
}

var (
	steady    = character{1.6, .97, 2.2, .6, .010, .20, .12, .96, .95, 8.8}
	growing   = character{2.2, .95, 3.5, .7, .015, .30, .22, .94, .93, 9.1}
	rocky     = character{2.0, .78, 2.6, .2, .060, .35, .20, .74, .75, 5.9}
	demanding = character{2.4, .90, 4.5, .3, .050, .60, .35, .88, .88, 7.2}
	pleased   = character{2.4, .92, 3.5, .4, .030, .50, .30, .92, .90, 9.6}
	quiet     = character{0.8, .95, 0.6, .5, .006, .06, .04, .95, .90, 8.0}
	small     = character{0.4, .94, 0.5, .4, .008, .08, .05, .92, .90, 8.3}
)

// company is one account of the demo.
type company struct {
	id, name, kind, parent string
	tier, future           string
	manager                string
	cadenceD               int64
	character              character
	// weeks before the end at which it was won and at which its own story takes over;
	// zero for the whole period and for never.
	since, until int
}

// first is how many weeks before the end the company was won.
func (c company) first() int {
	if c.since > 0 {
		return c.since
	}
	return weeks
}

var managers = []string{"m.keller", "s.adeyemi", "j.novak", "l.moreau"}

var companies = []company{
	{id: "halvorsen-pumps", name: "Halvorsen Pumps AS", tier: "A", future: "A", cadenceD: 30, character: steady, until: 22},
	{id: "brandt-maschinenbau", name: "Brandt Maschinenbau GmbH", tier: "A", future: "A", cadenceD: 30, character: steady, until: 14},
	{id: "okafor-medical", name: "Okafor Medical Ltd", tier: "A", future: "A", cadenceD: 30, character: steady, until: 40},
	{id: "lumen-glass", name: "Lumen Glass SA", tier: "B", future: "A", cadenceD: 45, character: pleased, until: 9},
	{id: "castellan-foods", name: "Castellan Foods SpA", tier: "B", future: "B", cadenceD: 60, character: rocky, until: 12},
	{id: "aster-logistics", name: "Aster Logistics", tier: "B", future: "A", cadenceD: 45, character: growing},
	{id: "aster-logistics-bv", name: "Aster Logistics B.V.", tier: "C", character: small, until: 20},
	{id: "greywater-council", name: "Greywater City Council", kind: "public", tier: "B", cadenceD: 90, character: steady},
	{id: "plant-two", name: "Plant Two (internal)", kind: "internal", tier: "C", character: demanding},
	{id: "meridian-capital", name: "Meridian Capital Partners", kind: "investor", tier: "C", cadenceD: 90, character: quiet},
	{id: "tanager-robotics", name: "Tanager Robotics Inc", tier: "A", future: "A", cadenceD: 30, character: growing},
	{id: "ostrava-steel", name: "Ostrava Steel a.s.", tier: "A", future: "B", cadenceD: 30, character: demanding},
	{id: "kestrel-avionics", name: "Kestrel Avionics", tier: "A", future: "A", cadenceD: 30, character: growing},
	{id: "bluefjord-marine", name: "Bluefjord Marine", tier: "B", future: "B", cadenceD: 60, character: steady},
	{id: "sable-textiles", name: "Sable Textiles", tier: "B", future: "C", cadenceD: 60, character: rocky, until: 5},
	{id: "cinder-ceramics", name: "Cinder Ceramics", tier: "B", future: "B", cadenceD: 60, character: steady},
	{id: "orchard-dairies", name: "Orchard Dairies", tier: "B", future: "B", cadenceD: 60, character: demanding},
	{id: "pinnacle-lifts", name: "Pinnacle Lifts", tier: "B", future: "A", cadenceD: 45, character: growing},
	{id: "harrow-agri", name: "Harrow Agri Systems", tier: "B", future: "B", cadenceD: 60, character: steady},
	{id: "velo-nord", name: "Velo Nord", tier: "B", future: "B", cadenceD: 60, character: steady, since: 44},
	{id: "quarry-lane", name: "Quarry Lane Aggregates", tier: "C", character: small},
	{id: "thistle-paper", name: "Thistle Paper Mills", tier: "C", character: quiet},
	{id: "copperline", name: "Copperline Cables", tier: "C", character: rocky},
	{id: "duskfield-energy", name: "Duskfield Energy", tier: "B", future: "A", cadenceD: 60, character: growing, since: 52},
	{id: "elm-street-clinics", name: "Elm Street Clinics", kind: "public", tier: "C", character: quiet},
	{id: "fenwick-optics", name: "Fenwick Optics", tier: "B", future: "B", cadenceD: 60, character: steady},
	{id: "garrison-tools", name: "Garrison Tools", tier: "C", character: small},
	{id: "hazel-packaging", name: "Hazel Packaging", tier: "C", character: small},
	{id: "ironwood-furniture", name: "Ironwood Furniture", tier: "C", character: rocky},
	{id: "juniper-labs", name: "Juniper Labs", tier: "B", future: "A", cadenceD: 45, character: growing, since: 30},
	{id: "kiln-and-co", name: "Kiln & Co", tier: "C", character: small},
	{id: "larkspur-hotels", name: "Larkspur Hotels", tier: "C", character: demanding},
	{id: "mistral-airparts", name: "Mistral Airparts", tier: "B", future: "B", cadenceD: 60, character: steady},
	{id: "nettle-software", name: "Nettle Software", kind: "partner", tier: "C", character: quiet},
	{id: "osprey-security", name: "Osprey Security", tier: "C", character: small},
	{id: "peregrine-rail", name: "Peregrine Rail", tier: "A", future: "A", cadenceD: 30, character: demanding},
	{id: "quill-press", name: "Quill Press", tier: "C", character: small},
	{id: "rowan-water", name: "Rowan Water Board", kind: "public", tier: "B", cadenceD: 90, character: steady},
	{id: "saltmarsh-foods", name: "Saltmarsh Foods", tier: "C", character: quiet, since: 26},
	{id: "tern-island-ferries", name: "Tern Island Ferries", tier: "C", character: small},
	{id: "umber-chemicals", name: "Umber Chemicals", tier: "B", future: "B", cadenceD: 60, character: demanding},
	{id: "vesper-lighting", name: "Vesper Lighting", tier: "C", character: small, since: 8},
}

var (
	givenNames      = []string{"Ana", "Bjorn", "Chidi", "Dana", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas", "Katya", "Luca", "Mona", "Nils", "Olga", "Priya", "Rosa", "Sven", "Tomas", "Vera"}
	familyNames     = []string{"Abe", "Berg", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haas", "Ivanov", "Jansen", "Kowalski", "Lind", "Mbeki", "Nowak", "Ortiz", "Perez", "Quist", "Rossi", "Silva", "Tanaka"}
	functions       = []string{"purchasing", "quality", "operations", "engineering", "finance"}
	levels          = []string{"operator", "specialist", "manager", "executive"}
	topics          = []string{"delivery dates", "packaging", "next year's volumes", "a new variant", "documentation", "training", "price review", "stock levels"}
	complaintsAbout = []string{"Two pallets arrived wet.", "The labels do not match the order.", "Third delivery in a row without papers.", "The seals leak after a week.", "Nobody calls back.", "The invoice is wrong again.", "Parts out of tolerance."}
	requestsFor     = []string{"Please send the test certificates.", "Can you deliver on Thursdays instead?", "We need a quote for twice the volume.", "Who is our contact during the holidays?", "Please confirm the material change."}
	promisesOf      = []string{"Send the revised drawing", "Call back with a delivery date", "Visit the line with our engineer", "Replace the worn fixtures", "Publish the weekly stock list", "Offer a second packaging option"}
	praise          = []string{"Quick and friendly, as always.", "They know our plant better than we do.", "Deliveries simply arrive.", "Good advice on the new line."}
	grumbles        = []string{"I have to ask for everything twice.", "The dates mean nothing.", "We started looking at alternatives.", "Nobody told us it was late."}
)

// teller writes one account's events down.
type teller struct {
	company
	rng      *rand.Rand
	end      time.Time // midnight; everything happens before it
	contacts []domain.ID
	mute     bool // nobody tells the customer anything
	talks    []talk
	voices   []voice
	serial   int
	events   []event
}

// talk is a conversation in which more was said than the calendar knows.
type talk struct {
	id      domain.ID
	at      time.Time
	contact domain.ID
}

// voice is something the customer said in their own words.
type voice struct {
	id, contact domain.ID
	at          time.Time
	words       string
	praise      bool
}

type event struct {
	domain.Envelope
	recorded time.Time
	from     string // the id of the event that a plan or an improvement cites
}

// at is a moment in business hours, days before the end.
func (t *teller) at(daysBefore float64) time.Time {
	day := t.end.Add(-time.Duration(daysBefore * 24 * float64(time.Hour))).Truncate(24 * time.Hour)
	return day.Add(8*time.Hour + time.Duration(t.rng.IntN(9*3600))*time.Second)
}

func (t *teller) chance(p float64) bool { return t.rng.Float64() < p }

func pick[T any](t *teller, of []T) T { return of[t.rng.IntN(len(of))] }

// id makes an id that is unique within the account.
func (t *teller) id(kind string) domain.ID {
	t.serial++
	return domain.ID(fmt.Sprintf("%s-%04d", kind, t.serial))
}

// say records the event on the day it happened.
func (t *teller) say(system string, at time.Time, data domain.Event) string {
	return t.sayLate(system, at, at, data)
}

// sayLate records the event on the day the ledger heard of it.
func (t *teller) sayLate(system string, at, heard time.Time, data domain.Event) string {
	if !at.Before(t.end) || !heard.Before(t.end) {
		return ""
	}
	id := fmt.Sprintf("%s-%05d", t.company.id, len(t.events)+1)
	t.events = append(t.events, event{
		Envelope: domain.Envelope{
			Source:     "demo/" + system,
			ID:         id,
			Account:    domain.AccountID(t.company.id),
			OccurredAt: at.UTC().Truncate(time.Microsecond),
			Actor:      t.manager,
			Data:       data,
		},
		recorded: heard,
	})
	return id
}
