package backtest

import (
	"math"

	"github.com/rapport-ledger/rapport/domain"
)

// What is tried when fitting.
var (
	halfLivesTried = []float64{7, 14, 30, 60, 90, 180, 365, 730, 1825}
	strengthsTried = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}
	capsTried      = []float64{5, 8, 10, 15, 20, 30, 50, 100, 200, 500}
	weightsTried   = []float64{0.02, 0.05, 0.1, 0.2, 0.3, 0.5}
)

// leastToFit is how many outcomes a dimension must have in the training span to be
// fitted, and after it to be judged.
const leastToFit = 100

// Fit is the parameters that did best in the training span.
type Fit struct {
	// Strength and Cap are those of all dimensions; Fitted is false if no dimension had
	// enough outcomes, and they are the policy's.
	Strength, Cap float64
	Fitted        bool
	// HalfLifeD is of each dimension's evidence, by [domain.TrustDimensions]; 0 where it
	// was not fitted.
	HalfLifeD []float64
}

// fit finds the half-life of each dimension and the strength of the prior that cost the
// least in the training span, each outcome being foretold from those before it (Dawid's
// prequential principle, 1984); and the cap with which the intervals held nearest to 80%.
func (r *run) fit() {
	r.fitted = Fit{Strength: r.policy.PriorStrength, Cap: r.policy.Cap, HalfLifeD: make([]float64, len(r.dimensions))}
	least := math.Inf(1)
	evidence := make(map[int][][]before) // of a dimension, by half-life tried
	for d, dim := range r.dimensions {
		if dim.usable {
			for _, h := range halfLivesTried {
				evidence[d] = append(evidence[d], evidenceBefore(dim.training(), func(int) float64 { return h }))
			}
		}
	}
	for _, strength := range strengthsTried {
		var total float64
		best := make([]float64, len(r.dimensions))
		for d, dim := range r.dimensions {
			if !dim.usable {
				continue
			}
			cheapest := math.Inf(1)
			for i, h := range halfLivesTried {
				cost := mean(pairs(dim.training(), posteriors(evidence[d][i], strength)), logLoss)
				if cost < cheapest {
					cheapest, best[d] = cost, h
				}
			}
			total += cheapest * dim.pieces
		}
		if len(evidence) > 0 && total < least {
			least = total
			r.fitted.Strength, r.fitted.HalfLifeD, r.fitted.Fitted = strength, best, true
		}
	}
	r.fitCap()
}

func (r *run) fitCap() {
	least := math.Inf(1)
	for _, limit := range capsTried {
		var off float64
		for d, dim := range r.dimensions {
			if !dim.usable {
				continue
			}
			said := r.fittedModel(d)(dim.training())
			outcomes := pairs(dim.training(), said)
			if all := blocks(outcomes, said); len(all) > 0 {
				off += float64(len(all)) * math.Abs(coverage(all, limit, grain(outcomes))-(highTail-lowTail))
			}
		}
		if off > 0 && off < least {
			least, r.fitted.Cap = off, limit
		}
	}
}

func (r *run) fittedModel(d int) contestant {
	h := r.fitted.HalfLifeD[d]
	return model(r.fitted.Strength, func(int) float64 { return h })
}

// fittedWeight is the weight of the latest outcome with which the EWMA did best.
func fittedWeight(training []step) float64 {
	best, least := weightsTried[0], math.Inf(1)
	for _, w := range weightsTried {
		if cost := mean(pairs(training, ewma(w)(training)), logLoss); cost < least {
			best, least = w, cost
		}
	}
	return best
}

// Policy is the trust policy with what was fitted in the place of its own. Kinds of
// evidence of fitted dimensions lose half-lives of their own.
func (f Fit) Policy(p domain.TrustPolicy) domain.TrustPolicy {
	p.PriorStrength, p.Cap = f.Strength, f.Cap
	p.Dimensions = append([]domain.DimensionPolicy(nil), p.Dimensions...)
	p.Weights = append([]domain.EvidenceWeight(nil), p.Weights...)
	for i, name := range domain.TrustDimensions {
		if f.HalfLifeD[i] == 0 {
			continue
		}
		for j := range p.Dimensions {
			if p.Dimensions[j].Name == name {
				p.Dimensions[j].HalfLifeD = f.HalfLifeD[i]
			}
		}
		for k, kind := range domain.EvidenceKinds {
			if dimensionOf[k] != i {
				continue
			}
			for j := range p.Weights {
				if p.Weights[j].Kind == kind.Kind {
					p.Weights[j].HalfLifeD = 0
				}
			}
		}
	}
	return p
}
