package dossier_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/projections/dossier"
)

func TestTheMiddleOfFewValues(t *testing.T) {
	t.Parallel()
	if dossier.Median(nil) != nil || dossier.Percentile(90, nil) != nil {
		t.Error("of no values there is a middle")
	}
	var upTo []float64
	for i := range 11 {
		upTo = append(upTo, float64(10-i))
	}
	for _, c := range []struct {
		values      []float64
		median, p90 float64
	}{
		{[]float64{7}, 7, 7},
		{[]float64{10, 2}, 6, 10},
		{[]float64{3, 1, 2}, 2, 3},
		{upTo[1:], 4.5, 8}, // 0 to 9: nine of ten do not exceed 8
		{upTo, 5, 9},       // 0 to 10
	} {
		if median, p90 := *dossier.Median(c.values), *dossier.Percentile(90, c.values); median != c.median || p90 != c.p90 {
			t.Errorf("of %v: got %v in the middle and %v for nine of ten, want %v and %v", c.values, median, p90, c.median, c.p90)
		}
	}
}
