// Package measure holds the survey measures by name and version. A score is stored as
// it was given; which formula made a number of it is part of the number, because
// published definitions differ.
package measure

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
	// numbers, such as 4 and 5 of 1 to 5.
	CSATTopTwo1 = "csat-top-two-1"
	// CSATMean1 is the mean answer in percent of the scale.
	CSATMean1 = "csat-mean-1"
	// CESMean1 is the mean answer in percent of the scale, 100 being the most ease:
	// ScaleMin is the worst answer, which may be the scale's highest number.
	CESMean1 = "ces-mean-1"
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

// NPS is the Net Promoter Score by [NPS1].
func NPS(answers []Answer) Result {
	return percent(NPS1, answers, func(a Answer) (float64, bool) {
		switch GroupOf(a) {
		case Promoter:
			return 1, true
		case Passive:
			return 0, true
		case Detractor:
			return -1, true
		}
		return 0, false
	})
}

// CSATTopTwo is customer satisfaction by [CSATTopTwo1].
func CSATTopTwo(answers []Answer) Result {
	return percent(CSATTopTwo1, answers, func(a Answer) (float64, bool) {
		if _, ok := share(a); !ok || a.ScaleMax-a.ScaleMin < 3 {
			return 0, false // on three answers, two are no top
		}
		if a.Score >= a.ScaleMax-1 {
			return 1, true
		}
		return 0, true
	})
}

// CSATMean is customer satisfaction by [CSATMean1].
func CSATMean(answers []Answer) Result { return percent(CSATMean1, answers, share) }

// CESMean is customer effort by [CESMean1].
func CESMean(answers []Answer) Result { return percent(CESMean1, answers, share) }

// share is how far up its scale an answer is, from 0 to 1.
func share(a Answer) (float64, bool) {
	p := (a.Score - a.ScaleMin) / (a.ScaleMax - a.ScaleMin)
	return p, p >= 0 && p <= 1
}

// percent is the mean of what count makes of the answers it accepts, times 100.
func percent(formula string, answers []Answer, count func(Answer) (float64, bool)) Result {
	r := Result{Formula: formula}
	var sum float64
	for _, a := range answers {
		v, ok := count(a)
		if !ok {
			r.Skipped++
			continue
		}
		r.Count++
		sum += v
	}
	if r.Count > 0 {
		r.Value = new(100 * sum / float64(r.Count))
	}
	return r
}
