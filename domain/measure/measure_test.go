package measure_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain/measure"
)

func TestAnNPSAnswerBelongsToItsGroup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		score float64
		want  measure.Group
	}{
		{0, measure.Detractor}, {1, measure.Detractor}, {6, measure.Detractor}, {6.9, measure.Detractor},
		{7, measure.Passive}, {8, measure.Passive}, {8.9, measure.Passive},
		{9, measure.Promoter}, {10, measure.Promoter},
		{-1, measure.NotGrouped}, {11, measure.NotGrouped},
	} {
		if got := measure.GroupOf(measure.Answer{Score: c.score, ScaleMax: 10}); got != c.want {
			t.Errorf("%v: got %q, want %q", c.score, got, c.want)
		}
	}
	if got := measure.GroupOf(measure.Answer{Score: 5, ScaleMin: 1, ScaleMax: 5}); got != measure.NotGrouped {
		t.Errorf("5 of 1 to 5: got %q, want none: it is another scale", got)
	}
}

func answers(lowest, highest float64, scores ...float64) []measure.Answer {
	var all []measure.Answer
	for _, s := range scores {
		all = append(all, measure.Answer{Score: s, ScaleMin: lowest, ScaleMax: highest})
	}
	return all
}

func of(formula string, answers []measure.Answer) measure.Result {
	tally := measure.By(formula)
	for _, a := range answers {
		tally.Add(a)
	}
	return tally.Result()
}

func TestFormulas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		got            measure.Result
		formula        string
		value          float64
		count, skipped int
	}{
		{"nps counts 0 and 6 against, 7 and 8 not, 9 and 10 for", of(measure.NPS1, answers(0, 10, 0, 6, 7, 8, 9, 10, 10)), "nps-1", 100.0 / 7, 7, 0},
		{"nps of detractors only is -100", of(measure.NPS1, answers(0, 10, 0, 6)), "nps-1", -100, 2, 0},
		{"nps leaves out other scales", of(measure.NPS1, append(answers(0, 10, 9), answers(1, 5, 1)...)), "nps-1", 100, 1, 1},
		{"csat counts 4 and 5 of 5", of(measure.CSATTopTwo1, answers(1, 5, 1, 3, 4, 5)), "csat-top-two-1", 50, 4, 0},
		{"csat counts 2 and 1 where 1 is best", of(measure.CSATTopTwo1, answers(6, 1, 1, 2, 3, 6)), "csat-top-two-1", 50, 4, 0},
		{"csat as a mean of the scale", of(measure.CSATMean1, answers(1, 5, 1, 5, 5)), "csat-mean-1", 200.0 / 3, 3, 0},
		{"a score off its scale is left out", of(measure.CSATMean1, answers(1, 5, 6, 5)), "csat-mean-1", 100, 1, 1},
		{"ces on 1 to 7", of(measure.CESMean1, answers(1, 7, 4, 7)), "ces-mean-1", 75, 2, 0},
		{"ces where 1 is easiest", of(measure.CESMean1, answers(5, 1, 1, 2)), "ces-mean-1", 87.5, 2, 0},
	} {
		if c.got.Value == nil {
			t.Errorf("%s: got no value", c.name)
			continue
		}
		if d := *c.got.Value - c.value; d > 1e-9 || d < -1e-9 {
			t.Errorf("%s: got %v, want %v", c.name, *c.got.Value, c.value)
		}
		if c.got.Formula != c.formula || c.got.Count != c.count || c.got.Skipped != c.skipped {
			t.Errorf("%s: got %+v", c.name, c.got)
		}
	}
}

func TestNothingToCountIsUnknownAndNotZero(t *testing.T) {
	t.Parallel()
	for _, r := range []measure.Result{
		of(measure.NPS1, nil), of(measure.NPS1, answers(1, 5, 5)), of(measure.CSATTopTwo1, answers(1, 2, 2)), of(measure.CESMean1, answers(3, 3, 3)),
	} {
		if r.Value != nil {
			t.Errorf("%s: got %v, want no value", r.Formula, *r.Value)
		}
	}
}

func TestAnIntervalHoldsItsValueAndNarrowsWithAnswers(t *testing.T) {
	t.Parallel()
	one, many := of(measure.NPS1, answers(0, 10, 10)), measure.By(measure.NPS1)
	for range 1000 {
		many.Add(measure.Answer{Score: 10, ScaleMax: 10})
	}
	if got := many.Result(); *one.Value != 100 || *one.High != 100 || *one.Low >= 0 || *got.Low <= 99 {
		t.Errorf("one promoter says %v to %v, a thousand %v to %v", *one.Low, *one.High, *got.Low, *got.High)
	}
	// Wilson's interval of 5 in 10 at z = 1.645 is 0.2693 to 0.7307.
	half := of(measure.CSATTopTwo1, answers(1, 5, 1, 1, 1, 1, 1, 5, 5, 5, 5, 5))
	if low, high := *half.Low, *half.High; low < 26.92 || low > 26.94 || high < 73.06 || high > 73.08 {
		t.Errorf("5 of 10: %v to %v", low, high)
	}
}
