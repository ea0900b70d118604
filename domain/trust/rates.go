package trust

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// RateHalfLifeD is the half-life behind ledger-wide rates, in days: levels drift, and
// a recent rate predicts better than a long one.
const RateHalfLifeD = 30

// Bounds of a calibrated prior. Outside of them a single piece of evidence would be
// worth next to nothing, or next to everything.
const (
	lowestPrior  = 0.05
	highestPrior = 0.95
)

// leastForRate is how many pieces of evidence, faded, a dimension's rate must rest on.
const leastForRate = 30

// Rates counts how things went of late over the whole ledger, whatever the account.
type Rates struct {
	rules rules
	at    time.Time
	good  []float64 // faded, by dimension
	bad   []float64
}

// NewRates counts up to an instant, with the weights of the policy and the half-life
// [RateHalfLifeD] for all evidence.
func NewRates(policy domain.TrustPolicy, at time.Time) *Rates {
	r := rulesOf(policy)
	for i := range r.kinds {
		r.kinds[i].halfLifeD = RateHalfLifeD
	}
	return &Rates{rules: r, at: at, good: make([]float64, len(r.dimensions)), bad: make([]float64, len(r.dimensions))}
}

// Add counts what is on file about an account, as known at an instant of the recorded
// clock. Accounts are not read as merged.
func (r *Rates) Add(h *History, account domain.AccountID, knownAt time.Time) {
	facts := h.visible(account, view{
		occurredBy: r.at, factsBy: knownAt, entriesBy: knownAt, readAt: r.at,
	})
	for _, p := range judgement(facts, r.at).pieces {
		d, good, bad := r.rules.weigh(p, r.at)
		r.good[d] += good
		r.bad[d] += bad
	}
}

// Calibration is the event that puts the rates in force as priors. A dimension is in
// it if there is enough evidence, and some of it each way: where only one way leaves a
// trace, as with closeness, the rate says nothing. It reports false if none is. The
// evidence is counted as far as it has not faded.
func (r *Rates) Calibration() (domain.PolicyCalibrated, bool) {
	c := domain.PolicyCalibrated{HalfLifeD: RateHalfLifeD}
	var evidence float64
	for i, d := range r.rules.dimensions {
		if rate, ok := CalibratedPrior(r.good[i], r.bad[i]); ok {
			c.Priors = append(c.Priors, domain.Prior{Dimension: d.name, Mean: rate})
			evidence += r.good[i] + r.bad[i]
		}
	}
	c.EvidenceCount = int64(evidence)
	return c, len(c.Priors) > 0
}

// CalibratedPrior is the prior mean that ledger-wide evidence makes, faded by
// [RateHalfLifeD]. It reports false if there is too little evidence, or none of it one way.
func CalibratedPrior(good, bad float64) (mean float64, ok bool) {
	if good+bad < leastForRate || good <= 0 || bad <= 0 {
		return 0, false
	}
	return min(max(good/(good+bad), lowestPrior), highestPrior), true
}
