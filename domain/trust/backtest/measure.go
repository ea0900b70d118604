package backtest

import (
	"cmp"
	"math"
	"slices"
)

// pair is a forecast and what became of it.
type pair struct {
	// p is what was said, y what happened: the share in favour, 0 to 1.
	p, y float64
	// weight is how many pieces of evidence it is.
	weight  float64
	account int
}

// good reports whether the outcome was in favour, at least by half.
func (o pair) good() bool { return o.y >= 0.5 }

// surest is the most probable that anything is taken to have been said to be. Without
// it, being certain and wrong once would cost infinitely much.
const surest = 0.99

// logLoss is what one forecast costs, in nats:
//
//	-y*ln(p) - (1-y)*ln(1-p)
func logLoss(o pair) float64 {
	p := min(max(o.p, 1-surest), surest)
	return -o.y*math.Log(p) - (1-o.y)*math.Log(1-p)
}

// brier is the squared error of one forecast.
func brier(o pair) float64 { return (o.p - o.y) * (o.p - o.y) }

// mean is over pieces of evidence.
func mean(outcomes []pair, of func(pair) float64) float64 {
	var sum, n float64
	for _, o := range outcomes {
		sum += o.weight * of(o)
		n += o.weight
	}
	return sum / n
}

// Estimate is a number with its 95% interval.
type Estimate struct{ Value, Low, High float64 }

// z is the normal quantile of a 95% interval.
const z = 1.959963984540054

func estimate(value, variance float64) *Estimate {
	d := z * math.Sqrt(variance)
	return &Estimate{value, value - d, value + d}
}

// gain is by how much the first of two lists of forecasts of the same outcomes cost
// more than the second, per piece of evidence. The variance of the mean over I clusters
// of n pieces in all is
//
//	I/(I-1) * sum over accounts((sum over its pieces(difference - mean))^2) / n^2
//
// It is nil for less than two accounts.
func gain(of, over []pair) *Estimate {
	var n float64
	for _, o := range of {
		n += o.weight
	}
	m := mean(of, logLoss) - mean(over, logLoss)
	clusters := map[int]float64{}
	for i, o := range of {
		clusters[o.account] += o.weight * (logLoss(o) - logLoss(over[i]) - m)
	}
	if len(clusters) < 2 {
		return nil
	}
	return estimate(m, spread(clusters)/(n*n))
}

// spread is I/(I-1) times the sum of squares of I deviations, summed up in the order of
// their keys so that it is always the same.
func spread(deviations map[int]float64) float64 {
	keys := make([]int, 0, len(deviations))
	for k := range deviations {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var sum float64
	for _, k := range keys {
		sum += deviations[k] * deviations[k]
	}
	i := float64(len(deviations))
	return i / (i - 1) * sum
}

// auc is the probability that an outcome in favour was given more than one against, ties
// counting half; nil if all outcomes are alike. Obuchowski's variance of it, with V the
// placements of the M outcomes in favour and of the N against, and the sums over the
// accounts, is
//
//	I/(I-1) * sum((sum(V10 - A)/M + sum(V01 - A)/N)^2)
//
// where the number of accounts stands for those with outcomes of each sort, which makes
// no difference unless there are very few.
func auc(outcomes []pair) *Estimate {
	sorted := slices.Clone(outcomes)
	slices.SortStableFunc(sorted, func(a, b pair) int { return cmp.Compare(a.p, b.p) })
	var goods, bads float64
	for _, o := range sorted {
		if o.good() {
			goods++
		} else {
			bads++
		}
	}
	if goods == 0 || bads == 0 {
		return nil
	}
	// The placement of an outcome is the share of those of the other sort that it
	// should, and does, stand above or below.
	placements := make([]float64, len(sorted))
	var goodsBelow, badsBelow, area float64
	for from := 0; from < len(sorted); {
		to := from
		var tiedGoods, tiedBads float64
		for ; to < len(sorted) && sorted[to].p == sorted[from].p; to++ {
			if sorted[to].good() {
				tiedGoods++
			} else {
				tiedBads++
			}
		}
		for i := from; i < to; i++ {
			if sorted[i].good() {
				placements[i] = (badsBelow + tiedBads/2) / bads
				area += placements[i] / goods
			} else {
				placements[i] = (goods - goodsBelow - tiedGoods/2) / goods
			}
		}
		goodsBelow += tiedGoods
		badsBelow += tiedBads
		from = to
	}
	clusters := map[int]float64{}
	for i, o := range sorted {
		n := bads
		if o.good() {
			n = goods
		}
		clusters[o.account] += (placements[i] - area) / n
	}
	if len(clusters) < 2 {
		return &Estimate{area, 0, 1}
	}
	e := estimate(area, spread(clusters))
	return &Estimate{e.Value, max(0, e.Low), min(1, e.High)}
}

// Bin is what was said of some outcomes, and what happened.
type Bin struct {
	Outcomes int
	// Evidence is how many pieces of evidence they are.
	Evidence           float64
	Foretold, Happened float64
}

// bins is how many outcomes are divided into.
const bins = 10

// calibration divides the outcomes into bins of about equally many, by what was said of
// them. What was said alike stays together.
func calibration(outcomes []pair) []Bin {
	sorted := slices.Clone(outcomes)
	slices.SortStableFunc(sorted, func(a, b pair) int { return cmp.Compare(a.p, b.p) })
	var all []Bin
	for from := 0; from < len(sorted); {
		to := from + max(1, (len(sorted)-from)/(bins-min(len(all), bins-1)))
		for to < len(sorted) && sorted[to].p == sorted[to-1].p {
			to++
		}
		part := sorted[from:to]
		b := Bin{Outcomes: len(part), Foretold: mean(part, said), Happened: mean(part, happened)}
		for _, o := range part {
			b.Evidence += o.weight
		}
		all = append(all, b)
		from = to
	}
	return all
}

func said(o pair) float64     { return o.p }
func happened(o pair) float64 { return o.y }

// ece is the expected calibration error.
func ece(all []Bin) float64 {
	var sum, n float64
	for _, b := range all {
		sum += b.Evidence * math.Abs(b.Foretold-b.Happened)
		n += b.Evidence
	}
	return sum / n
}
