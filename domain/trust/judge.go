package trust

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// piece is a piece of evidence before any policy: what kind, when, and how it went.
type piece struct {
	position domain.Position
	kind     int // index in domain.EvidenceKinds
	at       time.Time
	times    float64 // of the kind's weight
	good     float64 // the share that counts in favour, 0 to 1
	flagged  bool    // said in negotiation or for political reasons
}

func (p piece) equal(q piece) bool {
	return p.position == q.position && p.kind == q.kind && p.at.Equal(q.at) && p.times == q.times && p.good == q.good && p.flagged == q.flagged
}

// judge makes evidence and flags of cases, as of an instant. What it makes of a case
// depends on the facts alone and not on the order in which they were recorded.
type judge struct {
	at     time.Time
	pieces []piece
	flags  []Flag
}

// judge takes one case: facts about the same thing, by the time they occurred. Facts
// without a key are a case each.
func (j *judge) judge(facts []*Fact) {
	switch facts[0].Type.Family() {
	case "delivery":
		j.delivery(facts)
	case "complaint":
		j.complaint(facts)
	case "request":
		j.request(facts)
	case "commitment":
		j.commitment(facts)
	case "improvement":
		j.improvement(facts)
	case "return":
		j.returned(facts)
	case "warranty":
		j.warranty(facts)
	case "nonconformity":
		j.nonconformity(facts)
	case "need":
		j.need(facts)
	case "expectation":
		j.expectation(facts)
	case "performance":
		j.performance(facts)
	case "voice":
		j.voice(facts)
	default:
		j.single(facts[0])
	}
}

// single judges what is evidence by itself.
func (j *judge) single(f *Fact) {
	switch f.Type {
	case "survey.answered":
		if f.Amount != nil {
			j.survey(f)
		}
	case "quality.measured":
		if f.Amount != nil && !f.Marks.has("supplier") {
			j.shared("quality.measured", f, 1, *f.Amount)
		}
	case "job.completed":
		if f.Marks.has("right") {
			j.good("job.first_time_right", f, f.Occurred)
		} else {
			j.bad("job.reworked", f, f.Occurred, 1)
		}
	case "assessment.made":
		if f.Amount != nil && f.Marks.has("independent") {
			j.shared("assessment.independent", f, 1, *f.Amount)
		} else if f.Amount != nil {
			j.shared("assessment.made", f, 1, *f.Amount)
		}
	case "competitor.rated":
		if f.Amount != nil && !f.Marks.has("us") {
			j.shared("competitor.rated", f, 1, *f.Amount)
		}
	case "alternative.sought":
		j.bad("alternative.sought", f, f.Occurred, 1)
	case "problem.disclosed":
		times := 0.5
		if f.Marks.has("unreported") {
			times = 1
		}
		j.add("problem.disclosed", f, f.Occurred, times, 1)
	case "involvement.started":
		if f.Marks.has("customer") {
			j.good("involvement.started", f, f.Occurred)
		}
	case "interaction.held":
		if f.Marks.has("proactive") {
			j.good("interaction.proactive", f, f.Occurred)
		}
	case "meeting.outcome_told", "value.shared":
		j.good(string(f.Type), f, f.Occurred)
	}
}

// survey judges an answer by who asked and why it was given. One that was given to get
// something out of us, or for the sake of others, counts less and is flagged.
func (j *judge) survey(f *Fact) {
	kind, times := "survey.answered", 1.0
	if f.Marks.has("independent") {
		kind = "survey.independent"
	}
	switch {
	case f.Marks.has("negotiating"):
		times = 0.5
	case f.Marks.has("political"):
		times = 0.25
	}
	j.shared(kind, f, times, *f.Amount)
	j.pieces[len(j.pieces)-1].flagged = times != 1
}

func (j *judge) good(kind string, f *Fact, at time.Time) {
	j.add(kind, f, at, 1, 1)
}

func (j *judge) bad(kind string, f *Fact, at time.Time, times float64) {
	j.add(kind, f, at, times, 0)
}

func (j *judge) shared(kind string, f *Fact, times, good float64) {
	j.add(kind, f, f.Occurred, times, good)
}

func (j *judge) add(kind string, f *Fact, at time.Time, times, good float64) {
	j.pieces = append(j.pieces, piece{
		position: f.SpeaksFor, kind: kindIndex[kind], at: at, times: times, good: good,
	})
}

func (j *judge) flag(name string, key domain.ID, since time.Time, about ...*Fact) {
	f := Flag{Name: name, Key: key, Since: since}
	for _, a := range about {
		if a != nil {
			f.Positions = append(f.Positions, a.SpeaksFor)
		}
	}
	j.flags = append(j.flags, f)
}

// kindIndex finds a kind of evidence. Naming one that is not in the table is a slip
// that a test over all kinds finds.
var kindIndex = func() map[string]int {
	m := make(map[string]int, len(domain.EvidenceKinds))
	for i, k := range domain.EvidenceKinds {
		m[k.Kind] = i
	}
	return m
}()

// lateness weighs how late something was: 0.5 for a moment, 1 for a day, 2 in the
// limit.
//
//	0.5 + 1.5 * late / (late + 2 days)
func lateness(late time.Duration) float64 {
	const half = 2 * 24 * time.Hour
	late = max(late, 0)
	return 0.5 + 1.5*late.Hours()/(late+half).Hours()
}

// latenessUnknown is the lateness of what was late nobody knows by how much.
const latenessUnknown = 1

// first is the earliest fact of a type; nil if there is none.
func first(facts []*Fact, t domain.Type) *Fact {
	for i := range facts {
		if facts[i].Type == t {
			return facts[i]
		}
	}
	return nil
}

// last is the latest fact of a type; nil if there is none.
func last(facts []*Fact, t domain.Type) *Fact {
	for i := len(facts) - 1; i >= 0; i-- {
		if facts[i].Type == t {
			return facts[i]
		}
	}
	return nil
}
