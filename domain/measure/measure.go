// Package measure holds the survey measures by name and version. A score is stored as
// it was given; which formula made a number of it is part of the number, because
// published definitions differ.
package measure

import "math"

// Answer is one score with its scale, as it was recorded.
type Answer struct {
	Score, ScaleMin, ScaleMax float64
}

// Result is what a formula made of answers.
type Result struct {
	// Formula is its name with its version; what a name stands for never changes.
	Formula string
	// Value is nil if no answer could be counted: unknown is not zero.
	Value *float64
	// Low and High are the ends of its 90% interval; nil if there is no value. It is Wilson's
	// for a share, which is at least as wide as that of any answers with the same mean.
	Low, High *float64
	// Count is how many answers it rests on; Skipped are those on another scale.
	Count, Skipped int
}

// Group is what an answer makes of somebody in the Net Promoter sense.
type Group string

// The groups. NotGrouped is an answer on another scale than 0 to 10.
const (
	Detractor  Group = "detractor"
	Passive    Group = "passive"
	Promoter   Group = "promoter"
	NotGrouped Group = ""
)

// The formulas.
const (
	// NPS1 is promoters (9 and 10) less detractors (0 to 6) in percent of all answers
	// on the scale 0 to 10; from -100 to 100. Others leave out the 0 or the 6.
	NPS1 = "nps-1"
	// CSATTopTwo1 is the percentage of answers in the top two of a scale of whole
	// numbers, such as 4 and 5 of 1 to 5, or 2 and 1 of 6 to 1.
	CSATTopTwo1 = "csat-top-two-1"
	// CSATMean1 is the mean answer in percent of the scale.
	CSATMean1 = "csat-mean-1"
	// CESMean1 is the mean answer in percent of the scale, 100 being the most ease:
	// ScaleMin is the worst answer, which may be the scale's highest number.
	CESMean1 = "ces-mean-1"
	// ScaleMean1 is the mean answer in percent of the scale, 100 being the best: what answers to
	// different questions can be compared by. ScaleMin is the worst answer.
	ScaleMean1 = "scale-mean-1"
)

// GroupOf is the Net Promoter group of an answer: 0 to 6 detractor, 7 and 8 passive,
// 9 and 10 promoter. What lies between two whole numbers belongs with the lower one.
func GroupOf(a Answer) Group {
	switch {
	case a.ScaleMin != 0 || a.ScaleMax != 10 || !(a.Score >= 0 && a.Score <= 10):
		return NotGrouped
	case a.Score < 7:
		return Detractor
	case a.Score < 9:
		return Passive
	}
	return Promoter
}

// formula says what an answer counts, from 0 to 1, and what the mean of that becomes.
type formula struct {
	lowest, highest float64
	count           func(Answer) (float64, bool)
}

var formulas = map[string]formula{
	NPS1:        {-100, 100, promoter},
	CSATTopTwo1: {0, 100, topTwo},
	CSATMean1:   {0, 100, share},
	CESMean1:    {0, 100, share},
	ScaleMean1:  {0, 100, share},
}

func promoter(a Answer) (float64, bool) {
	switch GroupOf(a) {
	case Promoter:
		return 1, true
	case Passive:
		return .5, true
	case Detractor:
		return 0, true
	}
	return 0, false
}

func topTwo(a Answer) (float64, bool) {
	if _, ok := share(a); !ok || math.Abs(a.ScaleMax-a.ScaleMin) < 3 {
		return 0, false // on three answers, two are no top
	}
	if math.Abs(a.ScaleMax-a.Score) <= 1 {
		return 1, true
	}
	return 0, true
}

// share is how far up its scale an answer is, from 0 to 1.
func share(a Answer) (float64, bool) {
	p := (a.Score - a.ScaleMin) / (a.ScaleMax - a.ScaleMin)
	return p, p >= 0 && p <= 1
}

// Tally counts answers by a formula, one after the other.
type Tally struct {
	name           string
	sum            float64
	count, skipped int
}

// By begins a tally by the formula of that name, one of the constants of this package;
// it panics if there is none.
func By(name string) Tally {
	if _, ok := formulas[name]; !ok {
		panic("measure: no formula is called " + name)
	}
	return Tally{name: name}
}

// Add takes in an answer.
func (t *Tally) Add(a Answer) {
	v, ok := formulas[t.name].count(a)
	if !ok {
		t.skipped++
		return
	}
	t.count++
	t.sum += v
}

// Result is what the formula makes of the answers so far.
func (t *Tally) Result() Result {
	r := Result{Formula: t.name, Count: t.count, Skipped: t.skipped}
	if t.count == 0 {
		return r
	}
	f := formulas[t.name]
	mean := t.sum / float64(t.count)
	low, high := wilson(mean, float64(t.count))
	at := func(p float64) *float64 { return new(f.lowest + p*(f.highest-f.lowest)) }
	r.Value, r.Low, r.High = at(mean), at(low), at(high)
	return r
}

// wilson is the 90% interval of a share p of n (Wilson, Probable Inference, the Law of
// Succession, and Statistical Inference, 1927).
func wilson(p, n float64) (low, high float64) {
	const z = 1.6448536269514722 // of the standard normal, 5% lie above
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, min(p, middle-half)), min(1, max(p, middle+half)) // rounding must not leave p outside
}
