package backtest

import (
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/trust"
)

// Options say what is tested, and how.
type Options struct {
	Policy domain.TrustPolicy
	// Clock is when events are taken to have become known.
	Clock Clock
	// TrainUntil ends the training span, which it is not part of; zero for the instant
	// by which two thirds of the outcomes were known.
	TrainUntil time.Time
}

// Report is what came of it.
type Report struct {
	Clock Clock
	// From and To are when the first and the last evidence became known.
	From, TrainUntil, To time.Time
	Accounts             int
	// Dimensions are in the order of [domain.TrustDimensions].
	Dimensions []Dimension
	Fit        Fit
}

// Dimension is what came of one dimension.
type Dimension struct {
	Name string
	// Trained and Judged are how many outcomes there were before and after the end of
	// training, Accounts how many had one after it, and Good the share in favour of
	// those, by evidence.
	Trained, Judged, Accounts int
	Good                      float64
	// Verdict says what the numbers come to. If it is TooFew or OneSided there are none.
	Verdict Verdict
	// Scores has the contestants, the last one being the policy as fitted.
	Scores []Score
	// Calibration is that of the policy as fitted.
	Calibration []Bin
	// Reference is the name of the better of the two rates, and Gain by how much the
	// policy as fitted costs less than it, in nats per outcome.
	Reference string
	Gain      *Estimate
	// EWMAWeight is the weight of the latest outcome that was fitted.
	EWMAWeight float64
}

// Score is how well a contestant did on what followed the training span.
type Score struct {
	Contestant          string
	LogLoss, Brier, ECE float64
	// AUC is nil if all outcomes went the same way.
	AUC *Estimate
	// Coverage is of 80% intervals; nil for those that have none, or if no account had
	// ten outcomes in a row. Blocks is how many intervals there were.
	Coverage *float64
	Blocks   int
}

// The contestants' names.
const (
	BaseRate    = "base rate"
	RecentRate  = "recent rate"
	LastValue   = "last value"
	RunningMean = "running mean"
	EWMA        = "ewma"
	AsIs        = "policy"
	AsFitted    = "policy, fitted"
)

// Verdict is whether an account's own past says anything about what comes next.
type Verdict string

// The verdicts.
const (
	// TooFew outcomes were there before the end of training or after it.
	TooFew Verdict = "too_few"
	// OneSided is a dimension where only one way left a trace.
	OneSided Verdict = "one_sided"
	// NoSignal is an AUC whose interval includes 0.5, and no better log-loss than a
	// rate over all accounts.
	NoSignal Verdict = "no_signal"
	// Missed is the same of the policy as fitted, while another contestant that goes by
	// the account's own past orders outcomes better than chance.
	Missed Verdict = "missed"
	// RankOnly is a better order than chance, and probabilities no better than the rate.
	RankOnly Verdict = "rank_only"
	// RateOnly is better probabilities than the rate's in an order no better than chance.
	RateOnly Verdict = "rate_only"
	// Signal is better than the rate in both.
	Signal Verdict = "signal"
)

// dimension is the evidence of one dimension.
type dimension struct {
	steps []step
	split int // the first step that is not training
	// trained and judged count outcomes; usable is whether numbers can be had of it.
	trained, judged int
	pieces          float64 // of evidence that the outcomes of training are
	usable          bool
	verdict         Verdict // if it is not
}

func (d dimension) training() []step { return d.steps[:d.split] }

type run struct {
	policy     domain.TrustPolicy
	until      time.Time
	dimensions []dimension
	fitted     Fit
}

// Run tests a policy on the facts and entries of a ledger.
func Run(facts []trust.Fact, entries []trust.Entry, o Options) Report {
	r := run{policy: trust.Complete(o.Policy), until: o.TrainUntil}
	all := arrivals(facts, entries, o.Clock)
	sequences, accounts := sequence(all, r.policy)
	if r.until.IsZero() {
		r.until = twoThirds(sequences)
	}
	report := Report{Clock: o.Clock, TrainUntil: r.until, Accounts: accounts}
	for _, steps := range sequences {
		r.dimensions = append(r.dimensions, r.dimension(steps))
		for _, s := range steps {
			if report.From.IsZero() || s.now.Before(report.From) {
				report.From = s.now
			}
			if s.now.After(report.To) {
				report.To = s.now
			}
		}
	}
	r.fit()
	for d := range r.dimensions {
		report.Dimensions = append(report.Dimensions, r.judge(d))
	}
	report.Fit = r.fitted
	return report
}

// twoThirds is the instant by which two thirds of the outcomes were known.
func twoThirds(sequences [][]step) time.Time {
	var known []time.Time
	for _, steps := range sequences {
		for _, s := range steps {
			if s.outcome {
				known = append(known, s.now)
			}
		}
	}
	if len(known) == 0 {
		return time.Time{}
	}
	slices.SortFunc(known, time.Time.Compare)
	return known[len(known)*2/3]
}

func (r *run) dimension(steps []step) dimension {
	d := dimension{steps: steps}
	d.split, _ = slices.BinarySearchFunc(steps, r.until, func(s step, t time.Time) int { return s.now.Compare(t) })
	var sides [2][2]bool // training or not; against or in favour
	for i, s := range steps {
		if !s.outcome {
			continue
		}
		half := 0
		if i >= d.split {
			half = 1
			d.judged++
		} else {
			d.trained++
			d.pieces += s.weight
		}
		side := 0
		if (pair{y: s.good}).good() {
			side = 1
		}
		sides[half][side] = true
	}
	switch {
	case d.trained < leastToFit || d.judged < leastToFit:
		d.verdict = TooFew
	case sides[0] != [2]bool{true, true} || sides[1] != [2]bool{true, true}:
		d.verdict = OneSided
	default:
		d.usable = true
	}
	return d
}

// pairs puts the forecasts beside what became of the outcomes.
func pairs(steps []step, said []forecast) []pair {
	outcomes := make([]pair, 0, len(said))
	for _, s := range steps {
		if s.outcome {
			outcomes = append(outcomes, pair{p: said[len(outcomes)].p, y: s.good, weight: s.weight, account: s.account})
		}
	}
	return outcomes
}

// judge scores the contestants on what followed the training span.
func (r *run) judge(d int) Dimension {
	dim := r.dimensions[d]
	out := Dimension{Name: domain.TrustDimensions[d], Trained: dim.trained, Judged: dim.judged, Verdict: dim.verdict}
	if !dim.usable {
		return out
	}
	past := dim.training()
	base := mean(pairs(past, recentRate(past)), happened)
	out.EWMAWeight = fittedWeight(past)
	own := func(kind int) float64 { return r.policy.Weights[kind].HalfLifeD }
	judged := map[string][]pair{}
	for _, c := range []struct {
		name string
		contestant
		cap float64
	}{
		{BaseRate, always(base), 0},
		{RecentRate, recentRate, 0},
		{LastValue, lastValue, 0},
		{RunningMean, runningMean, 0},
		{EWMA, ewma(out.EWMAWeight), 0},
		{AsIs, model(r.policy.PriorStrength, own), r.policy.Cap},
		{AsFitted, r.fittedModel(d), r.fitted.Cap},
	} {
		said := c.contestant(dim.steps)
		outcomes := pairs(dim.steps, said)
		judged[c.name] = outcomes[dim.trained:]
		out.Calibration = calibration(judged[c.name])
		s := Score{
			Contestant: c.name, LogLoss: mean(judged[c.name], logLoss), Brier: mean(judged[c.name], brier),
			ECE: ece(out.Calibration), AUC: auc(judged[c.name]),
		}
		if all := blocks(judged[c.name], said[dim.trained:]); c.cap > 0 && len(all) > 0 {
			held := coverage(all, c.cap, grain(outcomes[:dim.trained]))
			s.Coverage, s.Blocks = &held, len(all)
		}
		out.Scores = append(out.Scores, s)
	}
	out.conclude(judged)
	return out
}

// conclude compares the fitted policy with the better of the two rates.
func (out *Dimension) conclude(judged map[string][]pair) {
	accounts := map[int]bool{}
	for _, o := range judged[AsFitted] {
		accounts[o.account] = true
	}
	out.Accounts = len(accounts)
	out.Good = mean(judged[AsFitted], happened)
	out.Reference = BaseRate
	if mean(judged[RecentRate], logLoss) < mean(judged[BaseRate], logLoss) {
		out.Reference = RecentRate
	}
	out.Gain = gain(judged[out.Reference], judged[AsFitted])
	ranks := out.Scores[len(out.Scores)-1].AUC.Low > 0.5
	informs := out.Gain != nil && out.Gain.Low > 0
	switch {
	case ranks && informs:
		out.Verdict = Signal
	case ranks:
		out.Verdict = RankOnly
	case informs:
		out.Verdict = RateOnly
	case slices.ContainsFunc(out.Scores, Score.ranksByPast):
		out.Verdict = Missed
	default:
		out.Verdict = NoSignal
	}
}

// ranksByPast reports whether the contestant goes by the account's own past and orders
// outcomes better than chance.
func (s Score) ranksByPast() bool {
	return s.Contestant != BaseRate && s.Contestant != RecentRate && s.AUC.Low > 0.5
}

// Ranking are the contestants that go by the account's own past and order outcomes
// better than chance.
func (d Dimension) Ranking() []string {
	var names []string
	for _, s := range d.Scores {
		if s.ranksByPast() {
			names = append(names, s.Contestant)
		}
	}
	return names
}
