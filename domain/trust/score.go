package trust

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mathext"

	"github.com/rapport-ledger/rapport/domain"
)

// rules is a policy made ready for use: by index of kind and dimension.
type rules struct {
	dimensions []ruleOfDimension
	kinds      []ruleOfKind
	strength   float64
	cap        float64
}

type ruleOfDimension struct {
	name  string
	share float64 // of all dimensions; shares add up to 1
	prior float64
}

type ruleOfKind struct {
	dimension int
	weight    float64
	halfLifeD float64
}

// rulesOf makes a policy ready for use.
func rulesOf(p domain.TrustPolicy) rules {
	p = Complete(p)
	r := rules{strength: p.PriorStrength, cap: p.Cap}
	var total float64
	for _, d := range p.Dimensions {
		total += d.Weight
	}
	index := map[string]int{}
	for i, d := range p.Dimensions {
		index[d.Name] = i
		r.dimensions = append(r.dimensions, ruleOfDimension{d.Name, d.Weight / total, d.PriorMean})
	}
	for i, w := range p.Weights {
		r.kinds = append(r.kinds, ruleOfKind{index[domain.EvidenceKinds[i].Dimension], w.Weight, w.HalfLifeD})
	}
	return r
}

// standard is what a policy says that leaves everything open. Nothing changes it.
var standard = domain.DefaultPolicy().Trust

// Complete is the policy with all that it leaves open: every dimension in the order of
// [domain.TrustDimensions] and every kind in that of [domain.EvidenceKinds], with the
// half-life that holds for it. Dimensions and kinds it does not name have their
// defaults, as have numbers that make no sense as zero.
func Complete(p domain.TrustPolicy) domain.TrustPolicy {
	full := domain.TrustPolicy{
		PriorStrength: cmp.Or(p.PriorStrength, standard.PriorStrength),
		Cap:           cmp.Or(p.Cap, standard.Cap),
	}
	byName, total := dimensionsOf(standard.Dimensions, p.Dimensions)
	if total == 0 { // every dimension was given no weight: nothing could be said
		byName, _ = dimensionsOf(standard.Dimensions)
	}
	for _, name := range domain.TrustDimensions {
		full.Dimensions = append(full.Dimensions, byName[name])
	}
	weights := map[string]domain.EvidenceWeight{}
	for _, w := range p.Weights {
		weights[w.Kind] = w
	}
	for _, k := range domain.EvidenceKinds {
		w, named := weights[k.Kind]
		if !named {
			w = domain.EvidenceWeight{Kind: k.Kind, Weight: k.Weight, HalfLifeD: k.HalfLifeD}
		}
		w.HalfLifeD = cmp.Or(w.HalfLifeD, byName[k.Dimension].HalfLifeD)
		full.Weights = append(full.Weights, w)
	}
	return full
}

// dimensionsOf gives the dimensions by name, the later lists over the earlier ones,
// and the sum of their weights.
func dimensionsOf(lists ...[]domain.DimensionPolicy) (byName map[string]domain.DimensionPolicy, total float64) {
	byName = map[string]domain.DimensionPolicy{}
	for _, d := range slices.Concat(lists...) {
		byName[d.Name] = d
	}
	for _, name := range domain.TrustDimensions {
		total += byName[name].Weight
	}
	return byName, total
}

// weigh gives what is left of a piece at an instant, in pieces for and against.
func (r rules) weigh(p piece, at time.Time) (dimension int, good, bad float64) {
	k := r.kinds[p.kind]
	w := k.weight * p.times * faded(at.Sub(p.at), k.halfLifeD)
	return k.dimension, w * p.good, w * (1 - p.good)
}

// faded is 2^(-age/H); what lies ahead has not begun to fade.
func faded(age time.Duration, halfLifeD float64) float64 {
	return math.Exp2(-max(age, 0).Hours() / 24 / halfLifeD)
}

// posterior is the Beta posterior of one dimension.
type posterior struct {
	prior     float64 // mean
	strength  float64
	good, bad float64
	known     bool
}

func (p posterior) alpha() float64 { return p.strength*p.prior + p.good }
func (p posterior) beta() float64  { return p.strength*(1-p.prior) + p.bad }
func (p posterior) mean() float64  { return p.alpha() / (p.alpha() + p.beta()) }

// effect is what a piece does to the mean: effects add up to mean - prior.
func (p posterior) effect(good, bad float64) float64 {
	return (good*(1-p.prior) - bad*p.prior) / (p.alpha() + p.beta())
}

// shown is alpha and beta at read-out, scaled down together to the sum allowed.
func (p posterior) shown(limit float64, silent bool) (alpha, beta float64) {
	scale := min(1, limit/(p.alpha()+p.beta()))
	if silent {
		scale /= 2
	}
	return p.alpha() * scale, p.beta() * scale
}

// deviation is the standard deviation of Beta(alpha, beta).
func deviation(alpha, beta float64) float64 {
	n := alpha + beta
	return math.Sqrt(alpha * beta / (n * n * (n + 1)))
}

// interval is where 90% of Beta(alpha, beta) lies, in points.
func interval(alpha, beta float64) (low, high float64) {
	const tail = 0.05
	return 100 * mathext.InvRegIncBeta(alpha, beta, tail), 100 * mathext.InvRegIncBeta(alpha, beta, 1-tail)
}

// matched is the Beta with that mean and standard deviation.
func matched(mean, deviation float64) (alpha, beta float64) {
	n := mean*(1-mean)/(deviation*deviation) - 1
	return mean * n, (1 - mean) * n
}
