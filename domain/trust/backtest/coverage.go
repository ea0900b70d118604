package backtest

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// blockSize is how many outcomes of an account an interval is about.
const blockSize = 10

// lowTail and highTail are the quantiles between which the 80% interval lies.
const (
	lowTail  = 0.1
	highTail = 0.9
)

// block is the outcomes of an account in a row, with what was said before the first.
type block struct {
	alpha, beta float64
	// sum is of the outcomes by weight, n of their weights and squares of the weights' squares.
	sum, n, squares float64
}

// trials is how many outcomes of one weight are as uncertain as those of the block
// (Kish's effective sample size): n^2 / sum(weight^2).
func (b block) trials() float64 { return b.n * b.n / b.squares }

// blocks cuts the outcomes of each account into blocks; what is left over at the end
// is none.
func blocks(outcomes []pair, said []forecast) []block {
	type filling struct {
		block
		outcomes int
	}
	open := map[int]*filling{}
	var full []block
	for i, o := range outcomes {
		f := open[o.account]
		if f == nil {
			f = &filling{block: block{alpha: said[i].alpha, beta: said[i].beta}}
			open[o.account] = f
		}
		f.sum += o.weight * o.y
		f.n += o.weight
		f.squares += o.weight * o.weight
		if f.outcomes++; f.outcomes == blockSize {
			full = append(full, f.block)
			delete(open, o.account)
		}
	}
	return full
}

// coverage is how much of what happened the 80% intervals held, alpha and beta being
// scaled down together to the cap. grain is what a single outcome varies by, compared
// to one that is either for or against; outcomes that lie between vary less, and count
// as correspondingly more trials.
func coverage(all []block, cap, grain float64) float64 {
	var sum float64
	for _, b := range all {
		scale := min(1, cap/(b.alpha+b.beta))
		trials := math.Round(b.trials() / grain)
		k := math.Round(b.sum / b.n * trials)
		sum += within(int(k), int(trials), b.alpha*scale, b.beta*scale)
	}
	return sum / float64(len(all))
}

// within is the part of a count's own step of the distribution function that lies
// between the tails.
func within(k, trials int, alpha, beta float64) float64 {
	var below float64
	for i := range k {
		below += betaBinomial(i, trials, alpha, beta)
	}
	here := betaBinomial(k, trials, alpha, beta)
	inside := min(below+here, highTail) - max(below, lowTail)
	if here < 1e-12 { // so improbable that it lies outside or on the edge
		return 0
	}
	return max(0, inside) / here
}

// betaBinomial is the probability of k in favour of n, the rate being Beta(alpha, beta):
//
//	C(n, k) * B(k+alpha, n-k+beta) / B(alpha, beta)
func betaBinomial(k, n int, alpha, beta float64) float64 {
	a, b := float64(k), float64(n-k)
	choose := -math.Log(float64(n+1)) - mathext.Lbeta(a+1, b+1)
	return math.Exp(choose + mathext.Lbeta(a+alpha, b+beta) - mathext.Lbeta(alpha, beta))
}

// grain is what outcomes vary by around what was said of them, compared to outcomes
// that are either for or against:
//
//	sum((y-p)^2) / sum(p*(1-p)), at least 0.1 and at most 1
func grain(outcomes []pair) float64 {
	var varied, most float64
	for _, o := range outcomes {
		varied += o.weight * brier(o)
		most += o.weight * o.p * (1 - o.p)
	}
	return min(max(varied/most, 0.1), 1)
}
