package backtest

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9 }

// alone are outcomes of an account each, of a piece of evidence each.
func alone(said ...float64) []pair {
	var all []pair
	for i := 0; i < len(said); i += 2 {
		all = append(all, pair{p: said[i], y: said[i+1], weight: 1, account: i})
	}
	return all
}

func TestAUCCountsTiesHalf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		outcomes []pair
		want     float64
	}{
		{"in order", alone(0.1, 0, 0.2, 0, 0.8, 1, 0.9, 1), 1},
		{"in reverse", alone(0.9, 0, 0.1, 1), 0},
		{"all said alike", alone(0.5, 0, 0.5, 1, 0.5, 1), 0.5},
		{"one tie of four comparisons", alone(0.2, 0, 0.5, 1, 0.5, 0, 0.8, 1), 0.875},
		{"an answer in the middle of its scale is in favour", alone(0.2, 0.25, 0.5, 0.5), 1},
	} {
		if got := auc(c.outcomes); !near(got.Value, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got.Value, c.want)
		}
	}
	if got := auc(alone(0.2, 1, 0.3, 1)); got != nil {
		t.Errorf("outcomes that are all alike have none, got %v", *got)
	}
}

// The interval is that of Obuchowski's paper, here computed pair by pair.
func TestTheIntervalOfAUCIsThatOfClusteredData(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var outcomes []pair
		for range rapid.IntRange(4, 30).Draw(t, "outcomes") {
			outcomes = append(outcomes, pair{
				p: float64(rapid.IntRange(1, 9).Draw(t, "said")) / 10, y: float64(rapid.IntRange(0, 1).Draw(t, "happened")),
				weight: 1, account: rapid.IntRange(0, 5).Draw(t, "account"),
			})
		}
		got := auc(outcomes)
		if got == nil {
			return
		}
		beats := func(a, b pair) float64 {
			return map[bool]float64{true: 1}[a.p > b.p] + map[bool]float64{true: 0.5}[a.p == b.p]
		}
		var m, n, area float64
		for _, x := range outcomes {
			for _, y := range outcomes {
				if x.good() && !y.good() {
					area += beats(x, y)
				}
			}
			m += map[bool]float64{true: 1}[x.good()]
			n += map[bool]float64{true: 1}[!x.good()]
		}
		area /= m * n
		sums := map[int]float64{}
		for _, x := range outcomes {
			var v float64
			for _, y := range outcomes {
				switch {
				case x.good() && !y.good():
					v += beats(x, y) / n
				case !x.good() && y.good():
					v += beats(y, x) / m
				}
			}
			if x.good() {
				sums[x.account] += (v - area) / m
			} else {
				sums[x.account] += (v - area) / n
			}
		}
		if len(sums) < 2 {
			return
		}
		var variance float64
		for _, s := range sums {
			variance += s * s * float64(len(sums)) / float64(len(sums)-1)
		}
		low := max(0, area-1.959964*math.Sqrt(variance))
		if !near(got.Value, area) || math.Abs(got.Low-low) > 1e-5 {
			t.Fatalf("got %+v, want %v from %v", *got, area, low)
		}
	})
}

func TestLossesOfSmallCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		got  float64
		want float64
	}{
		{"log-loss of even odds", logLoss(pair{p: 0.5, y: 1}), math.Ln2},
		{"log-loss of nine in ten, and so it came", logLoss(pair{p: 0.9, y: 1}), -math.Log(0.9)},
		{"certain and wrong costs no more than surest", logLoss(pair{p: 0, y: 1}), -math.Log(0.01)},
		{"certain and right costs no less", logLoss(pair{p: 1, y: 1}), -math.Log(0.99)},
		{"log-loss of an answer between", logLoss(pair{p: 0.5, y: 0.25}), math.Ln2},
		{"Brier score", brier(pair{p: 0.75, y: 1}), 0.0625},
		{"a mean counts pieces of evidence", mean([]pair{{p: 0.5, y: 1, weight: 3}, {p: 1, y: 1, weight: 1}}, brier), 0.1875},
		{"grain of outcomes either way", grain(alone(0.5, 0, 0.5, 1)), 1},
		{"grain of answers on a scale", grain(alone(0.5, 0.25, 0.5, 0.75)), 0.25},
	} {
		if !near(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestAGainHasAnIntervalOverAccounts(t *testing.T) {
	t.Parallel()
	even, better := alone(0.5, 1, 0.5, 1), alone(0.5, 1, 0.9, 1)
	g := gain(even, better)
	each := math.Log(0.9 / 0.5) // what the second outcome costs less
	half := 1.959963984540054 * math.Sqrt(2*2*(each/2)*(each/2)/4)
	if !near(g.Value, each/2) || !near(g.Low, each/2-half) || !near(g.High, each/2+half) {
		t.Errorf("got %+v, want %v by %v", *g, each/2, half)
	}
	better[0].account = better[1].account
	even[0].account = even[1].account
	if g := gain(even, better); g != nil {
		t.Errorf("one account has no interval, got %+v", *g)
	}
}

func TestCalibrationPutsWhatWasSaidBesideWhatHappened(t *testing.T) {
	t.Parallel()
	var outcomes []pair
	for i := range 100 {
		outcomes = append(outcomes, pair{p: []float64{0.2, 0.8}[i%2], y: []float64{0, 1}[i%2], weight: 1})
	}
	got := calibration(outcomes)
	want := []Bin{{50, 50, 0.2, 0}, {50, 50, 0.8, 1}}
	if len(got) != 2 || !sameBin(got[0], want[0]) || !sameBin(got[1], want[1]) {
		t.Errorf("what was said alike belongs together: got %+v, want %+v", got, want)
	}
	if e := ece(got); !near(e, 0.2) {
		t.Errorf("got %v, want 0.2", e)
	}
	for i := range outcomes {
		outcomes[i].p = float64(i) / 100
	}
	if got := calibration(outcomes); len(got) != 10 || got[0].Outcomes != 10 || got[9].Outcomes != 10 {
		t.Errorf("got %+v, want ten bins of ten", got)
	}
}

func sameBin(a, b Bin) bool {
	return a.Outcomes == b.Outcomes && near(a.Evidence, b.Evidence) && near(a.Foretold, b.Foretold) && near(a.Happened, b.Happened)
}

func TestCoverageOfSmallCases(t *testing.T) {
	t.Parallel()
	if got := betaBinomial(3, 9, 1, 1); !near(got, 0.1) {
		t.Errorf("with a rate nobody knows, each count of nine is as probable: got %v", got)
	}
	// Of ten counts that are as probable, the first and the last lie outside.
	for k := range 10 {
		want := 1.0
		if k == 0 || k == 9 {
			want = 0
		}
		if got := within(k, 9, 1, 1); !near(got, want) {
			t.Errorf("%d of 9: got %v, want %v", k, got, want)
		}
	}
	// A block that came out by half, of a rate surely near a half or surely near nothing.
	even := []block{{alpha: 500, beta: 500, sum: 5, n: 10, squares: 10}}
	if got := coverage(even, 1e9, 1); !near(got, 1) {
		t.Errorf("got %v, want 1", got)
	}
	even[0].alpha, even[0].beta = 1, 999
	if got := coverage(even, 1e9, 1); !near(got, 0) {
		t.Errorf("got %v, want 0", got)
	}
	// Capped, that says less, and the tail is no longer so improbable.
	even[0].alpha, even[0].beta = 250, 750
	if sure, unsure := coverage(even, 1e9, 1), coverage(even, 4, 1); sure >= unsure {
		t.Errorf("got %v, and %v capped", sure, unsure)
	}
}

// If the forecast is right, what happens lies within 80% of the time, exactly.
func TestCoverageIsEightyPercentWhereTheForecastIsRight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "n")
		alpha, beta := rapid.Float64Range(0.1, 50).Draw(t, "alpha"), rapid.Float64Range(0.1, 50).Draw(t, "beta")
		var total, held float64
		for k := range n + 1 {
			p := betaBinomial(k, n, alpha, beta)
			total += p
			held += p * within(k, n, alpha, beta)
		}
		if math.Abs(total-1) > 1e-6 || math.Abs(held-0.8) > 1e-6 {
			t.Fatalf("probabilities add up to %v, of which %v is held", total, held)
		}
	})
}
