package domain

import (
	"slices"
	"testing"
)

func TestTheDefaultTrustPolicyCouldBeRecorded(t *testing.T) {
	t.Parallel()
	p := DefaultPolicy().Trust
	if faults := (PolicyChanged{Name: "again", Reason: "test", Trust: &p}).faults(); len(faults) > 0 {
		t.Errorf("got %v", faults)
	}
}

func TestEveryDimensionAndKindHasItsDefaults(t *testing.T) {
	t.Parallel()
	p := DefaultPolicy().Trust
	var names []string
	share := map[string]float64{}
	for _, d := range p.Dimensions {
		names = append(names, d.Name)
		share[d.Name] = d.Weight
	}
	if !slices.Equal(names, TrustDimensions) {
		t.Errorf("got dimensions %v, want %v", names, TrustDimensions)
	}
	if share[Delivery] <= share[Voice]+share[Closeness] {
		t.Errorf("delivery weighs %v, which does not outweigh pleasantness, %v", share[Delivery], share[Voice]+share[Closeness])
	}
	weight := map[string]float64{} // S1-21
	for i, k := range EvidenceKinds {
		weight[k.Kind] = k.Weight
		if p.Weights[i].Kind != k.Kind || p.Weights[i].Weight <= 0 {
			t.Errorf("%s: got %+v", k.Kind, p.Weights[i])
		}
		if !slices.Contains(TrustDimensions, k.Dimension) || k.Doc == "" {
			t.Errorf("%s: dimension %q, doc %q", k.Kind, k.Dimension, k.Doc)
		}
	}
	if !(weight["voice.captured"] > weight["survey.independent"] && weight["survey.independent"] > weight["survey.answered"]) {
		t.Error("the customer's own words must weigh more than a third party's survey, and that more than ours")
	}
}
