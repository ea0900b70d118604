package backtest

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/trust"
)

// Clock says when an event is taken to have become known.
type Clock string

// The clocks.
const (
	// Recorded takes events as known when they were recorded, which is so.
	Recorded Clock = "recorded"
	// Occurred takes them as known when they happened. It is for history that was
	// imported, all of which was recorded at once and long afterwards. What corrects or
	// retracts is known when it was recorded all the same.
	Occurred Clock = "occurred"
)

// importedAfter is how long after it happened an event must have been recorded to look
// imported.
const importedAfter = 30 * 24 * time.Hour

// ClockFor is the clock that suits the facts: Occurred if most of them were recorded
// more than thirty days after they happened. It gives the share of those, too.
func ClockFor(facts []trust.Fact) (clock Clock, imported float64) {
	late := 0
	for _, f := range facts {
		if f.Recorded.Sub(f.Occurred) > importedAfter {
			late++
		}
	}
	imported = float64(late) / float64(max(1, len(facts)))
	if imported > 0.5 {
		return Occurred, imported
	}
	return Recorded, imported
}

// step is one piece of evidence that came to stand, or no longer does.
type step struct {
	now, at time.Time
	account int
	// weight is in pieces; it is negative for what stands no longer.
	weight  float64
	good    float64
	kind    int
	outcome bool
	// recent is the rate over all accounts right before; given for all steps.
	recent float64
}

// arrival is a fact or an entry at the instant at which it becomes known.
type arrival struct {
	now      time.Time
	position domain.Position
	fact     *trust.Fact
	entry    *trust.Entry
}

// arrivals are the facts and entries in the order in which they become known.
func arrivals(facts []trust.Fact, entries []trust.Entry, clock Clock) []arrival {
	entered := make(map[domain.Position]time.Time, len(entries))
	all := make([]arrival, 0, len(facts)+len(entries))
	for i := range entries {
		e := &entries[i]
		entered[e.Position] = e.Recorded
		all = append(all, arrival{now: e.Recorded, position: e.Position, entry: e})
	}
	for i := range facts {
		f := &facts[i]
		now := f.Recorded
		if clock == Occurred {
			now = f.Occurred
		}
		if f.Position != f.SpeaksFor {
			now = entered[f.Position]
		}
		all = append(all, arrival{now: now, position: f.Position, fact: f})
	}
	slices.SortFunc(all, func(a, b arrival) int {
		if c := cmp.Or(a.now.Compare(b.now), cmp.Compare(a.position, b.position)); c != 0 {
			return c
		}
		return cmp.Compare(order(a), order(b))
	})
	return all
}

// order puts what a correction says before the correction itself.
func order(a arrival) int {
	if a.fact != nil {
		return 0
	}
	return 1
}

// sequence is the evidence of each dimension, in the order in which it became known, and
// how many accounts there are.
func sequence(all []arrival, policy domain.TrustPolicy) (dimensions [][]step, accounts int) {
	dimensions = make([][]step, len(domain.TrustDimensions))
	number := map[domain.AccountID]int{}
	walk := trust.NewWalk()
	for _, a := range all {
		var changes []trust.Evidence
		if a.fact != nil {
			changes = walk.Fact(a.fact, a.now)
		} else {
			changes = walk.Entry(*a.entry, a.now)
		}
		for _, c := range changes {
			if _, known := number[c.Account]; !known {
				number[c.Account] = len(number)
			}
			s := step{
				now: a.now, at: c.At, account: number[c.Account], kind: c.Kind,
				weight: policy.Weights[c.Kind].Weight * c.Times, good: c.Good, outcome: c.Outcome,
			}
			if s.weight == 0 {
				continue // by this policy it is no evidence
			}
			if c.Withdrawn {
				s.weight = -s.weight
			}
			d := dimensionOf[c.Kind]
			dimensions[d] = append(dimensions[d], s)
		}
	}
	for d, steps := range dimensions {
		addRecentRates(steps, policy.Dimensions[d].PriorMean)
	}
	return dimensions, len(number)
}

// dimensionOf is the index of each kind's dimension.
var dimensionOf = func() []int {
	index := make([]int, len(domain.EvidenceKinds))
	for i, k := range domain.EvidenceKinds {
		index[i] = slices.Index(domain.TrustDimensions, k.Dimension)
	}
	return index
}()

// together calls first for all steps of an instant, then learn for all of them: what
// becomes known at the same time does not foretell one another.
func together(steps []step, first, learn func(*step)) {
	for len(steps) > 0 {
		n := 1
		for n < len(steps) && steps[n].now.Equal(steps[0].now) {
			n++
		}
		for i := range n {
			first(&steps[i])
		}
		for i := range n {
			learn(&steps[i])
		}
		steps = steps[n:]
	}
}

// addRecentRates adds the rate over all accounts right before each step, as a
// calibration at that instant would set the prior; the prior until there is enough.
func addRecentRates(steps []step, prior float64) {
	var s sums
	together(steps, func(st *step) {
		good, bad := s.at(st.now, trust.RateHalfLifeD)
		st.recent = prior
		if rate, ok := trust.CalibratedPrior(good, bad); ok {
			st.recent = rate
		}
	}, func(st *step) { s.add(st, trust.RateHalfLifeD) })
}
