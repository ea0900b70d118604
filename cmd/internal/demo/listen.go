package demo

import (
	"strconv"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// listen tells what the customer said beside the scores, and what was made of it.
func (t *teller) listen() {
	for range 3 {
		t.remark()
	}
	for _, v := range t.voices {
		t.heed(v)
	}
	for _, n := range shuffled(t, demoNeeds)[:2] {
		t.need(n)
	}
	for _, x := range shuffled(t, demoExpectations)[:2] {
		t.expect(x)
	}
	t.market()
}

// remark is something said in a conversation, kept in the customer's words.
func (t *teller) remark() {
	talk, ok := t.talked()
	if !ok {
		return
	}
	words := pick(t, praise)
	said := t.id("words")
	t.voices = append(t.voices, voice{said, talk.contact, talk.at, words, true})
	t.say("crm", talk.at, domain.VoiceCaptured{
		Voice: said, Interaction: talk.id, Contact: talk.contact, Verbatim: words, Language: "en",
		Area: pick(t, []string{"relations", "product", "field_service"}), Topic: pick(t, topics),
		Solicited: new(t.chance(.4)), Polarity: new(1 + t.rng.Int64N(2)), RequiredHorizonMonths: 6 * t.rng.Int64N(3),
	})
}

// talked is one of the conversations; false if there was none.
func (t *teller) talked() (talk, bool) {
	if len(t.talks) == 0 {
		return talk{}, false
	}
	return pick(t, t.talks), true
}

func shuffled[T any](t *teller, of []T) []T {
	out := make([]T, len(of))
	for i, j := range t.rng.Perm(len(of)) {
		out[i] = of[j]
	}
	return out
}

// heed tells who of ours got the words, who read them, and what came of them. At
// companies that are unhappy, few do.
func (t *teller) heed(v voice) {
	theme, polarity := themes[v.words], int64(1)
	if !v.praise {
		polarity = -2
	}
	after := func(h int) time.Time { return v.at.Add(time.Duration(h) * time.Hour) }
	t.say("voice-desk", after(1), domain.VoiceClassified{
		Voice: v.id, Theme: theme, Polarity: &polarity, Classifier: "themes", ClassifierVersion: "1",
	})
	if t.chance(.15) {
		t.say("voice-desk", after(24*40), domain.VoiceClassified{
			Voice: v.id, Theme: "trust", Polarity: &polarity, Classifier: "themes", ClassifierVersion: "2",
		})
	}
	if t.chance(.4) {
		t.say("voice-desk", after(2), domain.VoiceSummarised{
			Voice: v.id, Contact: v.contact, Summary: "About " + theme + ".", Author: "digest 3", Method: "model",
		})
	}
	if t.chance(.15) {
		return // stays with whoever heard it
	}
	to := shuffled(t, listeners)[:2]
	t.say("voice-desk", after(4), domain.VoiceDistributed{Voice: v.id, Functions: to})
	for _, function := range to {
		if t.chance(t.character.answers - .15) {
			t.say("voice-desk", after(6+t.rng.IntN(200)), domain.VoiceRead{Voice: v.id, Function: function})
		}
	}
	if t.chance(.15) {
		t.say("voice-desk", after(24*15), domain.VoiceUsed{Voice: v.id, Process: pick(t, processes), Decision: "taken up: " + theme})
	}
}

// need is stated in a conversation, foreseen by us or not, and asked for again or not.
func (t *teller) need(statement string) {
	talk, ok := t.talked()
	if !ok {
		return
	}
	need, topic := t.id("need"), pick(t, topics)
	during := "calm"
	if t.chance(1 - t.character.onTime) {
		during = "crisis"
	}
	if foreseen := talk.at.Add(-30 * day); t.chance(.4) && foreseen.After(t.events[0].OccurredAt) {
		t.say("crm", foreseen, domain.NeedAnticipated{
			Need: need, Statement: statement, Topic: topic, HorizonMonths: 6, Person: t.manager,
		})
	}
	t.say("crm", talk.at, domain.NeedStated{
		Need: need, Contact: talk.contact, Statement: statement, Topic: topic, During: during,
		HorizonMonths: 6 * t.rng.Int64N(5), Priority: 1 + t.rng.Int64N(5), Aspiration: t.chance(.2),
	})
	if t.chance(t.character.proactive) {
		t.say("crm", talk.at.Add(60*day), domain.NeedRevalidated{Need: need, StillTrue: t.chance(.8), Contact: talk.contact})
	}
	if t.chance(.6) {
		t.say("crm", talk.at.Add(90*day), domain.NeedMet{Need: need, Level: pick(t, []string{"poor", "partial", "met", "met"}), By: "us"})
	}
}

// expectation is what the demo's customers count on.
type expectation struct {
	kind, statement, measure, uom string
	target, good, bad             float64
	direction                     string
}

// expect tells of an expectation from its statement to what was found of it.
func (t *teller) expect(x expectation) {
	talk, ok := t.talked()
	if !ok {
		return
	}
	id := t.id("expectation")
	t.say("crm", talk.at, domain.ExpectationStated{
		Expectation: id, Kind: x.kind, Statement: x.statement, Measure: x.measure, Target: &x.target, UOM: x.uom,
		Direction: x.direction, By: "customer", Contact: talk.contact, RealisticCheck: new(t.chance(.7)),
	})
	if t.chance(.6) {
		t.say("crm", talk.at.Add(7*day), domain.ExpectationConfirmed{Expectation: id, Contact: talk.contact})
	}
	const months = 4
	missed := false
	for m := 1; m <= months; m++ {
		at := talk.at.Add(time.Duration(30*m) * day)
		measured := domain.ExpectationMeasured{Expectation: id, Value: x.good, Period: at.Format("2006-01")}
		switch well := t.chance(t.character.onTime); {
		case missed: // and made good since, as the customer says
			missed = false
			t.say("crm", at, domain.ExpectationValidated{Expectation: id, Met: "met", By: "customer", Contact: talk.contact})
		case well || m == months:
			t.say("erp", at, measured)
		default:
			missed, measured.Value = true, x.bad
			t.say("erp", at, measured)
		}
	}
	if t.chance(.5) {
		by := pick(t, []string{"customer", "us"})
		t.say("crm", talk.at.Add(100*day), domain.ExpectationValidated{Expectation: id, Met: pick(t, []string{"below", "met", "met", "exceeded"}), By: by})
	}
	if x.kind == "goal" && t.chance(.5) {
		t.say("crm", t.talks[len(t.talks)-1].at, domain.ValueShared{Kind: "contribution", Statement: "Our engineer helped them with it", Expectation: id})
	}
}

// market is what the customer wishes for and goes by, and whom else they look at.
func (t *teller) market() {
	talk, ok := t.talked()
	if !ok {
		return
	}
	t.say("crm", talk.at, domain.WishExpressed{Topic: pick(t, wishes), Strength: 1 + t.rng.Int64N(5), Contact: talk.contact})
	left := 100.0
	for i, driver := range shuffled(t, drivers)[:3] {
		weight := left / 2
		left -= weight
		t.say("crm", talk.at, domain.DriverStated{Driver: driver, WeightPct: &weight, Rank: int64(i + 1), Contact: talk.contact})
		if t.tier != "C" {
			ours := min(5, max(1, float64(int(t.character.mood/2+t.rng.NormFloat64()))))
			t.say("survey", talk.at.Add(20*day), domain.CompetitorRated{
				Driver: driver, Competitor: pick(t, competitors), Ours: ours, Theirs: float64(2 + t.rng.IntN(4)), ScaleMin: 1, ScaleMax: 5, By: "customer",
			})
		}
	}
	if t.chance(1 - t.character.onTime) {
		t.say("crm", talk.at, domain.CompetitorMentioned{Competitor: pick(t, competitors), Contact: talk.contact, Interaction: talk.id})
	}
	if t.mute || t.character.onTime < .8 && t.chance(.7) {
		t.say("crm", t.at(20), domain.AlternativeSought{Evidence: "asked " + strconv.Itoa(2+t.rng.IntN(2)) + " others for a quote", Competitor: pick(t, competitors)})
	}
}

var (
	listeners   = []string{"research", "quality", "field service", "production"}
	processes   = []string{"product planning", "delivery planning", "service design", "pricing"}
	competitors = []string{"Nordwerk", "Allied Parts", "Saint-Clair"}
	drivers     = []string{"delivery", "quality", "advice", "price"}
	wishes      = []string{"a portal for order status", "smaller batches", "spare parts at weekends", "one invoice a month"}
	demoNeeds   = []string{"Spare parts within a day", "Half the stock on site", "A variant without lead", "Drawings in their own system", "Two shifts of service"}

	demoExpectations = []expectation{
		{"requirement", "Answers within a day", "answer time", "h", 24, 19, 40, "at_most"},
		{"expectation", "Nineteen of twenty lines on time", "on time", "%", 95, 97, 88, "at_least"},
		{"standard", "Fewer than 100 bad parts in a million", "ppm", "ppm", 100, 45, 180, "at_most"},
		{"goal", "Line 2 runs nine hours in ten", "availability", "%", 90, 91, 84, "at_least"},
	}

	// themes is what the demo's verbatims are about.
	themes = map[string]string{
		praise[0]: "responsiveness", praise[1]: "advice", praise[2]: "delivery", praise[3]: "advice",
		grumbles[0]: "responsiveness", grumbles[1]: "delivery", grumbles[2]: "alternatives", grumbles[3]: "communication",
	}
)
