package backtest

import (
	"math"
	"time"
)

// sums is evidence for and against, faded up to an instant.
type sums struct {
	good, bad float64
	as        time.Time
}

func (s *sums) at(now time.Time, halfLifeD float64) (good, bad float64) {
	left := fading(now.Sub(s.as), halfLifeD)
	// What was withdrawn may leave a little less than nothing.
	return max(0, s.good*left), max(0, s.bad*left)
}

func (s *sums) add(st *step, halfLifeD float64) {
	s.good, s.bad = s.at(st.now, halfLifeD)
	s.as = st.now
	w := st.weight * fading(st.now.Sub(st.at), halfLifeD)
	s.good += w * st.good
	s.bad += w * (1 - st.good)
}

func fading(age time.Duration, halfLifeD float64) float64 {
	return math.Exp2(-age.Hours() / 24 / halfLifeD)
}

// forecast is what was said of an outcome before it was known.
type forecast struct {
	// p is the expected share in favour.
	p float64
	// alpha and beta are those of the posterior, for contestants that have one.
	alpha, beta float64
}

// contestant makes a forecast for each outcome among the steps.
type contestant func(steps []step) []forecast

// always says the same, whatever went before.
func always(p float64) contestant {
	return func(steps []step) []forecast {
		return each(steps, func(*step) float64 { return p }, func(*step) {})
	}
}

// recentRate says what is so of late over all accounts.
func recentRate(steps []step) []forecast {
	return each(steps, func(s *step) float64 { return s.recent }, func(*step) {})
}

// lastValue says that what was last is next.
func lastValue(steps []step) []forecast { return ewma(1)(steps) }

// runningMean says the mean of all the account's outcomes so far.
func runningMean(steps []step) []forecast {
	type tally struct{ sum, n float64 }
	of := map[int]tally{}
	return each(steps, func(s *step) float64 {
		if t := of[s.account]; t.n > 0 {
			return t.sum / t.n
		}
		return s.recent
	}, func(s *step) {
		t := of[s.account]
		of[s.account] = tally{t.sum + s.weight*s.good, t.n + s.weight}
	})
}

// ewma says the exponentially weighted mean of the account's outcomes. A piece of
// evidence that is the latest has that weight; an outcome counts as its pieces would.
func ewma(weight float64) contestant {
	return func(steps []step) []forecast {
		of := map[int]float64{}
		return each(steps, func(s *step) float64 {
			if p, known := of[s.account]; known {
				return p
			}
			return s.recent
		}, func(s *step) {
			p, known := of[s.account]
			if !known {
				p = s.recent
			}
			of[s.account] = p + (1-math.Pow(1-weight, s.weight))*(s.good-p)
		})
	}
}

// each foretells and learns outcomes, and nothing of the other steps.
func each(steps []step, foretell func(*step) float64, learn func(*step)) []forecast {
	var said []forecast
	together(steps, func(s *step) {
		if s.outcome {
			said = append(said, forecast{p: foretell(s)})
		}
	}, func(s *step) {
		if s.outcome {
			learn(s)
		}
	})
	return said
}

// model is the trust model with one strength of the prior; halfLifeD gives the half-life
// of each kind of evidence.
func model(strength float64, halfLifeD func(kind int) float64) contestant {
	return func(steps []step) []forecast {
		return posteriors(evidenceBefore(steps, halfLifeD), strength)
	}
}

// before is what there was of evidence about the account before an outcome.
type before struct{ recent, good, bad float64 }

func posteriors(evidence []before, strength float64) []forecast {
	said := make([]forecast, len(evidence))
	for i, e := range evidence {
		alpha, beta := strength*e.recent+e.good, strength*(1-e.recent)+e.bad
		said[i] = forecast{p: alpha / (alpha + beta), alpha: alpha, beta: beta}
	}
	return said
}

// evidenceBefore is what there was before each outcome. Evidence that fades alike is
// summed up together.
func evidenceBefore(steps []step, halfLifeD func(kind int) float64) []before {
	type account struct {
		number   int
		halfLife float64
	}
	var halfLives []float64
	seen := map[float64]bool{}
	for i := range steps {
		if h := halfLifeD(steps[i].kind); !seen[h] {
			seen[h] = true
			halfLives = append(halfLives, h)
		}
	}
	of := map[account]*sums{}
	var all []before
	together(steps, func(s *step) {
		if !s.outcome {
			return
		}
		b := before{recent: s.recent}
		for _, h := range halfLives {
			if sum := of[account{s.account, h}]; sum != nil {
				good, bad := sum.at(s.now, h)
				b.good += good
				b.bad += bad
			}
		}
		all = append(all, b)
	}, func(s *step) {
		a := account{s.account, halfLifeD(s.kind)}
		if of[a] == nil {
			of[a] = &sums{as: s.now}
		}
		of[a].add(s, a.halfLife)
	})
	return all
}
