package trust_test

import (
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

// moreCases are the families that came after delivery, complaints and promises.
func moreCases() []caseTold {
	measured := func(bad float64) []domain.Recorded {
		return []domain.Recorded{on(1, domain.QualityMeasured{InspectedQty: 1e6, NonconformingQty: bad, UOM: "pcs"})}
	}
	returned := on(1, domain.ReturnReceived{Return: "R"})
	analysed := func(n float64, noFault bool) domain.Recorded {
		return on(n, domain.ReturnAnalysed{Return: "R", NoFaultFound: noFault})
	}
	claimed := on(1, domain.WarrantyClaimed{Claim: "W"})
	found := on(1, domain.NonconformityOpened{Nonconformity: "N", Severity: 3})
	verified := func(n float64, effective bool) domain.Recorded {
		return on(n, domain.NonconformityEffectVerified{Nonconformity: "N", Effective: effective})
	}
	stated := func(direction string) domain.Recorded {
		return on(0, domain.ExpectationStated{Expectation: "E", Kind: "goal", Statement: "x", Target: new(98.0), UOM: "pct", Direction: direction})
	}
	value := func(v float64) domain.ExpectationMeasured {
		return domain.ExpectationMeasured{Expectation: "E", Value: v}
	}
	met := func(n float64, level, by string) domain.Recorded {
		return on(n, domain.NeedMet{Need: "D", Level: level, By: by})
	}
	agreed := on(0, domain.ImprovementAgreed{Improvement: "I", DueAt: day(5)})
	delivered := func(n float64) domain.Recorded { return on(n, domain.ImprovementDelivered{Improvement: "I"}) }
	challenged := on(1, domain.PerformanceChallenged{Measure: "otif", Period: "2026-Q1"})
	answered := func(stance string) domain.Recorded {
		return on(2, domain.PerformanceAnswered{Measure: "otif", Period: "2026-Q1", Stance: stance})
	}
	assessed := func(a domain.AssessmentMade) []domain.Recorded { a.Assessor = "x"; return []domain.Recorded{on(1, a)} }
	rated := func(ours, theirs, from, to float64, by string) []domain.Recorded {
		return []domain.Recorded{on(1, domain.CompetitorRated{Driver: "x", Ours: ours, Theirs: theirs, ScaleMin: from, ScaleMax: to, By: by})}
	}
	words := on(1, domain.VoiceCaptured{Voice: "V", Verbatim: "well"})
	classified := func(n float64, polarity int64) domain.Recorded {
		return on(n, domain.VoiceClassified{Voice: "V", Theme: "x", Polarity: &polarity})
	}
	return []caseTold{
		{"a job right the first time", []domain.Recorded{on(1, domain.JobCompleted{Job: "J", FirstTimeRight: true})}, "job.first_time_right +1.00 @0", ""},
		{"a job done again", []domain.Recorded{on(1, domain.JobCompleted{Job: "J"})}, "job.reworked -1.00 @0", ""},
		{"nothing found not good", measured(0), "quality.measured +1.00 @0", ""},
		{"a hundred in a million", measured(100), "quality.measured +0.67 -0.33 @0", ""},
		{"one in a hundred", measured(10000), "quality.measured -1.00 @0", ""},
		{"nothing inspected", []domain.Recorded{on(1, domain.QualityMeasured{UOM: "pcs"})}, "", ""},
		{"a supplier's quality", []domain.Recorded{on(1, domain.QualityMeasured{InspectedQty: 1, UOM: "pcs", Supplier: "s"})}, "", ""},
		{"goods that came back", []domain.Recorded{returned}, "return.received -1.00 @0", ""},
		{"no fault was found in them", []domain.Recorded{returned, analysed(2, true)}, "return.received @0", ""},
		{"a later analysis found one", []domain.Recorded{returned, analysed(2, true), analysed(3, false)}, "return.received -1.00 @0", ""},
		{"a warranty claim, accepted", []domain.Recorded{claimed, on(2, domain.WarrantyDecided{Claim: "W", Accepted: true})}, "warranty.claimed -1.00 @0, warranty.accepted +0.50 @1", ""},
		{"a warranty claim, refused", []domain.Recorded{claimed, on(2, domain.WarrantyDecided{Claim: "W"})}, "warranty.claimed -1.00 @0, warranty.refused -0.50 @1", ""},
		{"a claim with a return is one failure", []domain.Recorded{returned, on(1, domain.WarrantyClaimed{Claim: "W", Return: "R"})}, "return.received -1.00 @0, warranty.claimed @1", ""},
		{"a nonconformity", []domain.Recorded{found}, "nonconformity.opened -1.00 @0", ""},
		{"a nonconformity that a complaint showed counts with the complaint", []domain.Recorded{on(1, domain.NonconformityOpened{Nonconformity: "N", Severity: 3, Complaint: "C"})}, "nonconformity.opened @0", ""},
		{"what was done against it helped", []domain.Recorded{found, verified(2, true)}, "nonconformity.opened -1.00 @0, nonconformity.effective +1.00 @1", ""},
		{"it came back after all", []domain.Recorded{found, verified(2, true), verified(3, false)}, "nonconformity.opened -1.00 @0, nonconformity.not_effective -1.00 @2", ""},
		{"a need, as found last", []domain.Recorded{met(1, "none", "customer"), met(2, "partial", "customer")}, "need.met +0.67 -0.33 @1", ""},
		{"a need we think we meet", []domain.Recorded{met(1, "met", "us")}, "need.met +0.50 @0", ""},
		{"a need nobody asked about", []domain.Recorded{on(1, domain.NeedStated{Need: "D", Statement: "x"})}, "", ""},
		{"a value that meets its target", []domain.Recorded{stated("at_least"), on(1, value(98))}, "expectation.measured +0.50 @1", ""},
		{"a value that does not", []domain.Recorded{stated("at_most"), on(1, value(99))}, "expectation.measured -0.50 @1", ""},
		{"a value in another unit", []domain.Recorded{stated("at_least"), on(1, domain.ExpectationMeasured{Expectation: "E", Value: 98, UOM: "ppm"})}, "", ""},
		{"a value for a target without a side", []domain.Recorded{stated(""), on(1, value(98))}, "", ""},
		{"a value that says itself whether it will do", []domain.Recorded{stated("at_least"), on(1, domain.ExpectationMeasured{Expectation: "E", Value: 98, Met: new(false)})}, "expectation.measured -0.50 @1", ""},
		{"an expectation validated by the customer", []domain.Recorded{on(1, domain.ExpectationValidated{Expectation: "E", Met: "exceeded", By: "customer"})}, "expectation.validated +1.00 @0", ""},
		{"an expectation found missed, as found last", []domain.Recorded{on(1, domain.ExpectationValidated{Expectation: "E", Met: "met", By: "us"}), on(2, domain.ExpectationValidated{Expectation: "E", Met: "below", By: "customer"})}, "expectation.validated -1.00 @1", ""},
		{"an expectation never validated is no evidence", []domain.Recorded{stated("at_least")}, "", ""},
		{"a third party's assessment", assessed(domain.AssessmentMade{Independent: true, OurScore: new(4.0), ScaleMin: new(1.0), ScaleMax: new(5.0)}), "assessment.independent +1.12 -0.37 @0", ""},
		{"an audit with a major finding", assessed(domain.AssessmentMade{Result: "major_finding"}), "assessment.made +0.33 -0.67 @0", ""},
		{"an assessment without a scale", assessed(domain.AssessmentMade{OurScore: new(4.0)}), "", ""},
		{"an improvement done in time", []domain.Recorded{agreed, delivered(5)}, "improvement.delivered +1.00 @1", ""},
		{"an improvement a day late", []domain.Recorded{agreed, delivered(6)}, "improvement.delivered +0.50 -0.50 @1", ""},
		{"an improvement given up, and told", []domain.Recorded{agreed, on(3, domain.ImprovementDescoped{Improvement: "I", Reason: "x"}), on(4, domain.ImprovementTold{Improvement: "I"})}, "improvement.descoped -0.50 @1, improvement.told +0.50 @2", ""},
		{"an improvement under way", []domain.Recorded{agreed}, "", ""},
		{"our figures disputed, and we agree", []domain.Recorded{challenged, answered("accepted")}, "performance.challenged -0.50 @0, performance.answered +0.50 @1", ""},
		{"our figures disputed, and we dispute that", []domain.Recorded{challenged, answered("disputed")}, "performance.challenged -0.50 @0, performance.disputed -0.50 @1", ""},
		{"rated better than a competitor", rated(5, 3, 1, 5, "customer"), "competitor.rated +0.75 -0.25 @0", ""},
		{"where the lower number is better", rated(3, 1, 5, 1, "customer"), "competitor.rated +0.25 -0.75 @0", ""},
		{"rated better by ourselves", rated(5, 1, 1, 5, "us"), "", ""},
		{"looking for somebody else", []domain.Recorded{on(1, domain.AlternativeSought{Evidence: "x"})}, "alternative.sought -2.00 @0", ""},
		{"a competitor's name that came up", []domain.Recorded{on(1, domain.CompetitorMentioned{Competitor: "x"})}, "", ""},
		{"a problem we had not heard of", []domain.Recorded{on(1, domain.ProblemDisclosed{PreviouslyUnreported: true})}, "problem.disclosed +0.50 @0", ""},
		{"a problem we knew of", []domain.Recorded{on(1, domain.ProblemDisclosed{})}, "problem.disclosed +0.25 @0", ""},
		{"the customer joins us", []domain.Recorded{on(1, domain.InvolvementStarted{Effort: "F", Party: "customer", Kind: "pilot"})}, "involvement.started +0.50 @0", ""},
		{"a supplier joins us", []domain.Recorded{on(1, domain.InvolvementStarted{Effort: "F", Party: "supplier", Kind: "pilot"})}, "", ""},
		{"words as they were classified last", []domain.Recorded{words, classified(2, -2), classified(3, 2)}, "voice.captured +1.50 @0", ""},
		{"what was heard holds, whatever a classifier says", []domain.Recorded{on(1, domain.VoiceCaptured{Voice: "V", Verbatim: "well", Polarity: new(int64(2))}), classified(2, -2)}, "voice.captured +1.50 @0", ""},

		// What is no evidence on purpose.
		{"a refusal is a busy person (S2-11)", []domain.Recorded{on(1, domain.MeetingDeclined{Meeting: "M"}), on(2, domain.MeetingDeclined{Meeting: "N"}), on(3, domain.SurveyDeclined{Survey: "S"})}, "", ""},
		{"silence is no satisfaction (S2-13)", []domain.Recorded{on(1, domain.SilenceNoticed{CadenceD: 30, NoticedAt: day(1)})}, "", "silent  from day 1"},
		{"what follows from what counts already", []domain.Recorded{on(1, domain.ImpactIdleReported{PeopleCount: 3, HoursH: 2}), on(1, domain.FreightPremiumPaid{AmountMinor: 1, Currency: "EUR", Payer: "us"})}, "", ""},
		{"what trust is to foretell", []domain.Recorded{on(1, domain.AccountRenewed{}), on(2, domain.AccountLost{Reason: "x"}), on(3, domain.PaymentLate{LateD: 9}), on(4, domain.ReferralGiven{})}, "", ""},
		{"our own view of ourselves (S0-6)", []domain.Recorded{on(1, domain.ChecklistAnswered{Item: "time", Performed: "yes", Assessor: "ann"})}, "", ""},
	}
}

// S1-19: courtesy is a minor share. Somebody who is pleasant and late has less of our
// customer's trust than somebody who is curt and in time.
func TestWhoIsInTimeIsTrustedMoreThanWhoIsPleasant(t *testing.T) {
	t.Parallel()
	var pleasant, punctual []domain.Recorded
	for i := range 12 {
		n, key := float64(i), domain.ID(fmt.Sprint(i))
		promised := on(n, domain.DeliveryPromised{Line: key, Basis: "first_confirmed", PromisedAt: day(n + 1)})
		job := func(right bool) domain.Recorded {
			return on(n, domain.JobCompleted{Job: key, FirstTimeRight: right})
		}
		opinion := func(score float64) domain.Recorded {
			return on(n, domain.SurveyAnswered{Instrument: "csat", Score: score, ScaleMin: 1, ScaleMax: 5})
		}
		pleasant = append(pleasant, promised, on(n+1, domain.DeliveryMissed{Line: key}), job(false), opinion(5),
			on(n, domain.InteractionHeld{Kind: "check_in", Trigger: "proactive"}), on(n, domain.ValueShared{Kind: "insight"}))
		punctual = append(punctual, promised, on(n+1, domain.DeliveryMade{Line: key, DeliveredAt: day(n + 1)}), job(true), opinion(1))
	}
	a, b := historyOf(pleasant...).Assess("acme", day(20), day(20)), historyOf(punctual...).Assess("acme", day(20), day(20))
	if a.Mean >= b.Mean || a.High >= b.Mean {
		t.Errorf("pleasant and late: %+v; curt and in time: %+v", a.Reading, b.Reading)
	}
}
