package trust

import (
	"math"

	"github.com/rapport-ledger/rapport/domain"
)

// quality is what measurements, returns, claims, jobs and nonconformities say.
func (c *Content) quality(data domain.Event) {
	switch d := data.(type) {
	case domain.QualityMeasured:
		c.Amount = purity(d.NonconformingQty, d.InspectedQty)
		c.Marks.add("supplier", d.Supplier != "")
	case domain.ReturnReceived:
		c.Key = d.Return
	case domain.ReturnAnalysed:
		c.Key = d.Return
		c.Marks.add("no_fault", d.NoFaultFound)
	case domain.WarrantyClaimed:
		c.Key = d.Claim
		c.Marks.add("returned", d.Return != "")
	case domain.WarrantyDecided:
		c.Key = d.Claim
		c.Marks.add("accepted", d.Accepted)
	case domain.JobCompleted:
		c.Key = d.Job
		c.Marks.add("right", d.FirstTimeRight)
	case domain.NonconformityOpened:
		c.Key, c.Amount = d.Nonconformity, new(float64(d.Severity))
		c.Marks.add("known", d.Of != 0 || d.Complaint != "" || d.Line != "")
	case domain.NonconformityEffectVerified:
		c.Key = d.Nonconformity
		c.Marks.add("effective", d.Effective)
	case domain.AssessmentMade:
		c.assessment(d)
	}
}

// purity is where a share that is not good lies between 10,000 parts in a million, 0,
// and 10, which is 1, in orders of magnitude; nil if nothing was inspected.
func purity(bad, inspected float64) *float64 {
	if inspected <= 0 {
		return nil
	}
	ppm := 1e6 * bad / inspected
	return new(min(max((4-math.Log10(max(ppm, 1)))/3, 0), 1))
}

func (c *Content) assessment(d domain.AssessmentMade) {
	c.Marks.add("independent", d.Independent)
	switch d.Result {
	case "conforming":
		c.Amount = new(1.0)
	case "minor_finding":
		c.Amount = new(2.0 / 3)
	case "major_finding":
		c.Amount = new(1.0 / 3)
	case "failed":
		c.Amount = new(0.0)
	}
	if d.OurScore != nil && d.ScaleMin != nil && d.ScaleMax != nil {
		c.Amount = share(*d.OurScore, *d.ScaleMin, *d.ScaleMax)
	}
}

// expectation is what is said of needs and expectations.
func (c *Content) expectation(data domain.Event) {
	switch d := data.(type) {
	case domain.NeedMet:
		c.Key = d.Need
		c.Amount = map[string]*float64{"none": new(0.0), "poor": new(1.0 / 3), "partial": new(2.0 / 3), "met": new(1.0)}[d.Level]
		c.Marks.add("us", d.By == "us")
	case domain.ExpectationStated:
		c.Key, c.Amount, c.Unit, c.Marks = d.Expectation, d.Target, d.UOM, Marks(d.Direction)
	case domain.ExpectationMeasured:
		c.Key, c.Amount, c.Unit = d.Expectation, new(d.Value), d.UOM
		c.Marks.add("met", d.Met != nil && *d.Met)
		c.Marks.add("not_met", isFalse(d.Met))
	case domain.ExpectationValidated:
		c.Key, c.Amount = d.Expectation, new(1.0)
		if d.Met == "below" {
			c.Amount = new(0.0)
		}
		c.Marks.add("us", d.By == "us")
	}
}

func (c *Content) improvement(data domain.Event) {
	switch d := data.(type) {
	case domain.ImprovementAgreed:
		c.Key, c.Moment = d.Improvement, d.DueAt
	case domain.ImprovementDelivered:
		c.Key = d.Improvement
	case domain.ImprovementDescoped:
		c.Key = d.Improvement
	case domain.ImprovementTold:
		c.Key = d.Improvement
	}
}

// opinion is what the customer shows of what they think of us without being asked for
// a score.
func (c *Content) opinion(data domain.Event) {
	switch d := data.(type) {
	case domain.PerformanceChallenged:
		c.Key = disputed(d.Measure, d.Period)
	case domain.PerformanceAnswered:
		c.Key = disputed(d.Measure, d.Period)
		c.Marks.add("disputed", d.Stance == "disputed")
	case domain.CompetitorRated:
		c.Amount = share(d.Ours-d.Theirs, d.ScaleMin-d.ScaleMax, d.ScaleMax-d.ScaleMin)
		c.Marks.add("us", d.By == "us")
	case domain.ProblemDisclosed:
		c.Marks.add("unreported", d.PreviouslyUnreported)
	}
}

// disputed names what a dispute of our performance is about.
func disputed(measure, period string) domain.ID { return domain.ID(measure + " " + period) }
