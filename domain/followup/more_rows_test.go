package followup_test

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// at are positions.
func at(p ...domain.Position) []domain.Position { return p }

// events makes the tables below readable.
type events = []domain.Event

func promiseRows() []row {
	made := domain.CommitmentMade{Commitment: "p1", DueAt: day(3), KnownToCustomer: true}
	return []row{
		{"S0-21: an improvement delivered and never told", events{domain.ImprovementAgreed{Improvement: "i1"}, domain.ImprovementDelivered{Improvement: "i1"}}, want{"improvement_not_told", "i1", "open", 2, false, at(2)}},
		{"S1-18: an issue is open until it is resolved", events{domain.ComplaintRaised{Complaint: "c1", Severity: 3}, domain.ComplaintInvestigated{Complaint: "c1"}}, want{"complaint", "c1", "open", 3, true, at(1)}},
		{"S3-23: what was committed", events{made}, want{"commitment", "p1", "open", 3, true, at(1)}},
		{"S3-24: what was asked", events{domain.RequestReceived{Request: "r1"}}, want{"request", "r1", "open", 2, true, at(1)}},
		{"S4-21, S4-25: a plan that the customer knows of", events{domain.PlanCreated{Plan: "q1", CustomerKnows: true}}, want{"plan", "q1", "open", 2, true, at(1)}},
		{"S4-20: an improvement dropped and not told", events{domain.ImprovementAgreed{Improvement: "i1"}, domain.ImprovementDescoped{Improvement: "i1"}}, want{"improvement_not_told", "i1", "open", 2, false, at(2)}},
	}
}

func voiceRows() []row {
	heard := domain.VoiceCaptured{Voice: "v1"}
	sent := domain.VoiceDistributed{Voice: "v1", Functions: []string{"quality", "sales"}}
	return []row{
		{"S1-17: words without a plan", events{heard}, want{"input_without_plan", "@1", "open", 1, false, at(1)}},
		{"S1-17: grave words weigh more", events{domain.VoiceCaptured{Severity: 4}}, want{"input_without_plan", "@1", "open", 4, false, at(1)}},
		{"S1-17: praise wants no plan", events{domain.VoiceCaptured{Polarity: new(int64(1))}}, want{rule: "input_without_plan", key: "@1"}},
		{"S0-11: a wish without a plan", events{domain.WishExpressed{Topic: "t", Strength: 5}}, want{"input_without_plan", "@1", "open", 5, false, at(1)}},
		{"S2-12: a problem that was kept from us", events{domain.ProblemDisclosed{PreviouslyUnreported: true}}, want{"input_without_plan", "@1", "open", 4, true, at(1)}},
		{"S1-17: a plan was made of it", events{heard, heard, domain.PlanCreated{Plan: "q1", From: at(1, 2)}}, want{"input_without_plan", "@2", "fulfilled", 1, false, at(2)}},
		{"S1-17: a plan was made of something else", events{heard, heard, domain.PlanCreated{Plan: "q1", From: at(2)}}, want{"input_without_plan", "@1", "open", 1, false, at(1)}},
		{"S1-17: an improvement was agreed because of it", events{heard, domain.ImprovementAgreed{Improvement: "i1", From: at(1)}}, want{"input_without_plan", "@1", "fulfilled", 1, false, at(1)}},
		{"S1-17: an improvement was made because of it", events{heard, domain.ImprovementDelivered{Improvement: "i1", From: at(1)}}, want{"input_without_plan", "@1", "fulfilled", 1, false, at(1)}},
		{"S1-17: an improvement was agreed for another reason", events{heard, heard, domain.ImprovementAgreed{Improvement: "i1", From: at(2)}}, want{"input_without_plan", "@1", "open", 1, false, at(1)}},
		{"S1-17: it is worked on as a nonconformity", events{domain.ProblemDisclosed{}, domain.NonconformityOpened{Nonconformity: "n1", Of: 1}}, want{"input_without_plan", "@1", "fulfilled", 3, true, at(1)}},
		{"S1-10: words that a function has not read", events{heard, sent}, want{"voice_unread", "v1/sales", "open", 1, false, at(2)}},
		{"S1-10: each function reads for itself", events{heard, sent, domain.VoiceRead{Voice: "v1", Function: "quality"}}, want{"voice_unread", "v1/sales", "open", 1, false, at(2)}},
		{"S1-10: words that it has read", events{heard, sent, domain.VoiceRead{Voice: "v1", Function: "sales"}}, want{"voice_unread", "v1/sales", "fulfilled", 1, false, at(2)}},
		{"S1-10: words that have no id", events{domain.VoiceCaptured{}, domain.VoiceDistributed{Of: 1, Functions: []string{"sales"}}, domain.VoiceRead{Of: 1, Function: "sales"}}, want{"voice_unread", "@1/sales", "fulfilled", 1, false, at(2)}},
	}
}

func qualityRows() []row {
	opened := domain.NonconformityOpened{Nonconformity: "n1", Severity: 3}
	complained := domain.NonconformityOpened{Nonconformity: "n1", Severity: 3, Complaint: "c1"}
	planned := domain.NonconformityActionPlanned{Nonconformity: "n1", Action: "a1"}
	taken := domain.NonconformityActionImplemented{Nonconformity: "n1", Action: "a1"}
	closed := domain.NonconformityClosed{Nonconformity: "n1"}
	figure := func(by string, value float64) domain.FigurePublished {
		return domain.FigurePublished{Measure: "otif", Period: "2026-Q1", Value: value, UOM: "pct", By: by}
	}
	reconciled := domain.FigureReconciled{Measure: "otif", Period: "2026-Q1", AgreedValue: 93, UOM: "pct"}
	challenged := domain.PerformanceChallenged{Measure: "otif", Period: "2026-Q1"}
	return []row{
		{"S0-10: a nonconformity is to be contained", events{opened}, want{"containment", "n1", "open", 3, false, at(1)}},
		{"S0-10: contained", events{opened, domain.NonconformityContained{Nonconformity: "n1"}}, want{"containment", "n1", "fulfilled", 3, false, at(1)}},
		{"S0-10: closed without being contained", events{opened, closed}, want{"containment", "n1", "settled", 3, false, at(1)}},
		{"S0-10: a nonconformity without an action", events{complained}, want{"nonconformity_without_action", "n1", "open", 3, true, at(1)}},
		{"S0-10: with an action", events{opened, planned}, want{"nonconformity_without_action", "n1", "fulfilled", 3, false, at(1)}},
		{"S0-10: an action is to be taken", events{opened, planned}, want{"corrective_action", "n1/a1", "open", 3, false, at(2)}},
		{"S0-10: an action outlives the nonconformity", events{opened, planned, closed}, want{"corrective_action", "n1/a1", "open", 3, false, at(2)}},
		{"S0-10: an action was taken", events{opened, planned, taken}, want{"corrective_action", "n1/a1", "fulfilled", 3, false, at(2)}},
		{"S0-10: whether it helped is to be seen", events{opened, planned, taken, closed}, want{"effect_unverified", "n1", "open", 2, false, at(3)}},
		{"S0-10: it was seen", events{opened, planned, taken, domain.NonconformityEffectVerified{Nonconformity: "n1"}}, want{"effect_unverified", "n1", "fulfilled", 2, false, at(3)}},
		{"S0-10: a nonconformity is open", events{opened, planned, taken}, want{"nonconformity", "n1", "open", 3, false, at(1)}},
		{"S0-10: the customer who complained is to be told", events{complained, closed}, want{"nonconformity", "n1", "done", 3, true, at(1)}},
		{"S0-10: what did not help opens it again", events{opened, closed, domain.NonconformityEffectVerified{Nonconformity: "n1"}}, want{"nonconformity", "n1", "open", 4, false, at(3)}},
		{"S0-10: what helped does not", events{opened, closed, domain.NonconformityEffectVerified{Nonconformity: "n1", Effective: true}}, want{"nonconformity", "n1", "fulfilled", 3, false, at(1)}},
		{"S4-22: others did better", events{domain.AssessmentMade{OurScore: new(7.0), PeerScores: []domain.PeerScore{{Score: 6}, {Score: 8}}}}, want{"finding", "@1", "open", 3, false, at(1)}},
		{"S4-22: nobody did better", events{domain.AssessmentMade{OurScore: new(8.0), PeerScores: []domain.PeerScore{{Score: 6}, {Score: 8}}}}, want{rule: "finding", key: "@1"}},
		{"S4-22: others did better where 1 is best", events{domain.AssessmentMade{OurScore: new(3.0), PeerScores: []domain.PeerScore{{Score: 2}, {Score: 3}}, ScaleMin: new(6.0), ScaleMax: new(1.0)}}, want{"finding", "@1", "open", 3, false, at(1)}},
		{"S4-22: nobody did better where 1 is best", events{domain.AssessmentMade{OurScore: new(3.0), PeerScores: []domain.PeerScore{{Score: 3}, {Score: 4}}, ScaleMin: new(6.0), ScaleMax: new(1.0)}}, want{rule: "finding", key: "@1"}},
		{"S4-32: an audit's finding", events{domain.AssessmentMade{Result: "major_finding"}}, want{"finding", "@1", "open", 4, false, at(1)}},
		{"S4-32: a minor one", events{domain.AssessmentMade{Result: "minor_finding"}}, want{"finding", "@1", "open", 2, false, at(1)}},
		{"S4-32: a plan was made of it", events{domain.AssessmentMade{Result: "failed"}, domain.PlanCreated{Plan: "q1", From: at(1)}}, want{"finding", "@1", "fulfilled", 5, false, at(1)}},
		{"S4-16: what came back", events{domain.ReturnReceived{Return: "r1"}}, want{"return", "r1", "open", 2, true, at(1)}},
		{"S4-16: analysed, there is something to tell", events{domain.ReturnReceived{Return: "r1"}, domain.ReturnAnalysed{Return: "r1"}}, want{"return", "r1", "done", 2, true, at(1)}},
		{"S4-16: a warranty claim", events{domain.WarrantyClaimed{Claim: "w1"}}, want{"warranty", "w1", "open", 3, true, at(1)}},
		{"S4-16: decided", events{domain.WarrantyClaimed{Claim: "w1"}, domain.WarrantyDecided{Claim: "w1"}}, want{"warranty", "w1", "fulfilled", 3, true, at(1)}},
		{"S3-16: a penalty", events{domain.ImpactPenaltyAssessed{Penalty: "x1"}}, want{"penalty", "x1", "open", 4, true, at(1)}},
		{"S3-16: settled", events{domain.ImpactPenaltyAssessed{Penalty: "x1"}, domain.ImpactPenaltySettled{Penalty: "x1", Outcome: "waived"}}, want{"penalty", "x1", "fulfilled", 4, true, at(1)}},
		{"S3-16: one that cannot be settled", events{domain.ImpactPenaltyAssessed{}}, want{}},
		{"S3-21: a loss that we estimated", events{domain.ImpactLossEstimated{Loss: "l1"}}, want{"loss_unconfirmed", "l1", "open", 2, false, at(1)}},
		{"S3-21: confirmed", events{domain.ImpactLossEstimated{Loss: "l1"}, domain.ImpactLossEstimated{Loss: "l1", Confirmed: true}}, want{"loss_unconfirmed", "l1", "fulfilled", 2, false, at(1)}},
		{"S3-21: a loss that nothing could confirm", events{domain.ImpactLossEstimated{}}, want{rule: "loss_unconfirmed"}},
		{"S3-19: an incident", events{domain.IncidentStarted{Incident: "i1", Severity: 5}}, want{"incident", "i1", "open", 5, true, at(1)}},
		{"S3-19: ended, there is something to tell", events{domain.IncidentStarted{Incident: "i1"}, domain.IncidentEnded{Incident: "i1"}}, want{"incident", "i1", "done", 3, true, at(1)}},
		{"S4-26: a number of ours alone", events{figure("us", 98)}, want{rule: "figure_gap", key: "otif/2026-Q1/pct"}},
		{"S4-26: theirs is another", events{figure("us", 98), figure("customer", 92)}, want{"figure_gap", "otif/2026-Q1/pct", "open", 3, false, at(1, 2)}},
		{"S4-26: theirs is the same", events{figure("us", 98), figure("customer", 98)}, want{rule: "figure_gap", key: "otif/2026-Q1/pct"}},
		{"S4-26: ours comes later", events{figure("customer", 92), figure("us", 98), figure("third_party", 92)}, want{"figure_gap", "otif/2026-Q1/pct", "open", 3, false, at(1, 2, 3)}},
		{"S4-26: said again it is no other", events{figure("us", 98), figure("customer", 92), figure("us", 98)}, want{"figure_gap", "otif/2026-Q1/pct", "open", 3, false, at(1, 2)}},
		{"S4-26: we take theirs", events{figure("us", 98), figure("customer", 92), figure("us", 92)}, want{"figure_gap", "otif/2026-Q1/pct", "settled", 3, false, at(1, 2)}},
		{"S4-26: brought together", events{figure("us", 98), figure("customer", 92), reconciled}, want{"figure_gap", "otif/2026-Q1/pct", "fulfilled", 3, false, at(1, 2)}},
		{"S4-26: what was brought together is no gap again", events{figure("us", 98), figure("customer", 92), reconciled, figure("us", 93)}, want{"figure_gap", "otif/2026-Q1/pct", "fulfilled", 3, false, at(1, 2)}},
		{"S4-26: our performance is challenged", events{challenged}, want{"performance_challenged", "otif/2026-Q1", "open", 4, true, at(1)}},
		{"S4-26: answered", events{challenged, domain.PerformanceAnswered{Measure: "otif", Period: "2026-Q1", Stance: "disputed"}}, want{"performance_challenged", "otif/2026-Q1", "fulfilled", 4, true, at(1)}},
		{"S4-26: or agreed on", events{challenged, reconciled}, want{"performance_challenged", "otif/2026-Q1", "fulfilled", 4, true, at(1)}},
	}
}

func needRows() []row {
	stated := domain.NeedStated{Need: "n1", During: "crisis", Priority: 4}
	expected := domain.ExpectationStated{Expectation: "e1"}
	atLeast := domain.ExpectationStated{Expectation: "e1", Target: new(98.0), UOM: "pct", Direction: "at_least"}
	atMost := domain.ExpectationStated{Expectation: "e1", Target: new(98.0), UOM: "pct", Direction: "at_most"}
	measured := func(value float64) domain.ExpectationMeasured {
		return domain.ExpectationMeasured{Expectation: "e1", Value: value}
	}
	inUnit := func(uom string) domain.ExpectationMeasured {
		return domain.ExpectationMeasured{Expectation: "e1", Value: 90, UOM: uom}
	}
	conflict := domain.NeedConflictFound{Need: "n1", OtherNeed: "n2"}
	notice := domain.AccountStageChanged{To: "on_notice"}
	return []row{
		{"S2-2: a need from a crisis", events{stated}, want{"need_from_crisis", "n1", "open", 4, false, at(1)}},
		{"S2-2: a need from calm", events{domain.NeedStated{Need: "n1", During: "calm"}}, want{rule: "need_from_crisis", key: "n1"}},
		{"S2-2: looked at again", events{stated, domain.NeedRevalidated{Need: "n1"}}, want{"need_from_crisis", "n1", "fulfilled", 4, false, at(1)}},
		{"S2-3: a need that is not met", events{domain.NeedMet{Need: "n1", Level: "none"}}, want{"need_unmet", "n1", "open", 4, false, at(1)}},
		{"S2-3: met poorly", events{domain.NeedMet{Need: "n1", Level: "poor"}}, want{"need_unmet", "n1", "open", 3, false, at(1)}},
		{"S2-3: met by now", events{domain.NeedMet{Need: "n1", Level: "none"}, domain.NeedMet{Need: "n1", Level: "met"}}, want{"need_unmet", "n1", "fulfilled", 4, false, at(1)}},
		{"S2-3: no need any more", events{domain.NeedMet{Need: "n1", Level: "none"}, domain.NeedRevalidated{Need: "n1"}}, want{"need_unmet", "n1", "settled", 4, false, at(1)}},
		{"S2-3: still a need", events{domain.NeedMet{Need: "n1", Level: "none"}, domain.NeedRevalidated{Need: "n1", StillTrue: true}}, want{"need_unmet", "n1", "open", 4, false, at(1)}},
		{"S1-3: needs that conflict", events{conflict}, want{"need_conflict", "n1/n2", "open", 3, false, at(1)}},
		{"S1-3: decided, there is something to tell", events{conflict, domain.NeedConflictFound{Need: "n1", OtherNeed: "n2", Prevails: "this"}}, want{"need_conflict", "n1/n2", "done", 3, false, at(1)}},
		{"S3-12: an expectation that nobody validated", events{expected}, want{"expectation_unvalidated", "e1", "open", 2, false, at(1)}},
		{"S3-12: we alone did", events{expected, domain.ExpectationValidated{Expectation: "e1", Met: "met", By: "us"}}, want{"expectation_unvalidated", "e1", "open", 2, false, at(1)}},
		{"S3-12: the customer did", events{expected, domain.ExpectationValidated{Expectation: "e1", Met: "below", By: "customer"}}, want{"expectation_unvalidated", "e1", "fulfilled", 2, false, at(1)}},
		{"S3-12: another took its place", events{expected, domain.ExpectationStated{Expectation: "e2", Replaces: "e1"}}, want{"expectation_unvalidated", "e1", "settled", 2, false, at(1)}},
		{"S0-9: an expectation that is not met", events{expected, domain.ExpectationValidated{Expectation: "e1", Met: "below", By: "customer"}}, want{"expectation_unmet", "e1", "open", 4, true, at(2)}},
		{"S0-9: measured to be unmet", events{domain.ExpectationMeasured{Expectation: "e1", Met: new(false)}}, want{"expectation_unmet", "e1", "open", 3, false, at(1)}},
		{"S0-9: measured, and nobody says whether that will do", events{domain.ExpectationMeasured{Expectation: "e1"}}, want{rule: "expectation_unmet", key: "e1"}},
		{"S0-9: measured, and below its target", events{atLeast, measured(97.9)}, want{"expectation_unmet", "e1", "open", 3, false, at(2)}},
		{"S0-9: measured, and at its target", events{atLeast, measured(98)}, want{rule: "expectation_unmet", key: "e1"}},
		{"S0-9: measured, and at its target again, there is something to tell", events{atLeast, measured(90), measured(99)}, want{"expectation_unmet", "e1", "done", 3, false, at(2)}},
		{"S0-9: measured, and above what it may be", events{atMost, measured(98.1)}, want{"expectation_unmet", "e1", "open", 3, false, at(2)}},
		{"S0-9: measured, and at what it may be", events{atMost, measured(98)}, want{rule: "expectation_unmet", key: "e1"}},
		{"S0-9: measured in the unit of its target", events{atLeast, inUnit("pct")}, want{"expectation_unmet", "e1", "open", 3, false, at(2)}},
		{"S0-9: measured in another unit", events{atLeast, inUnit("ppm")}, want{rule: "expectation_unmet", key: "e1"}},
		{"S0-9: measured, and whoever did says that it will do", events{atLeast, domain.ExpectationMeasured{Expectation: "e1", Value: 90, Met: new(true)}}, want{rule: "expectation_unmet", key: "e1"}},
		{"S0-9: measured, and nobody says on which side of the target it is met", events{domain.ExpectationStated{Expectation: "e1", Target: new(98.0)}, measured(90)}, want{rule: "expectation_unmet", key: "e1"}},
		{"S0-9: measured, and another takes its place", events{atLeast, measured(90), domain.ExpectationStated{Expectation: "e2", Replaces: "e1", Target: new(80.0), Direction: "at_least"}}, want{"expectation_unmet", "e1", "settled", 3, false, at(2)}},
		{"S0-9: measured to be met, there is something to tell", events{domain.ExpectationMeasured{Expectation: "e1", Met: new(false)}, domain.ExpectationMeasured{Expectation: "e1", Met: new(true)}}, want{"expectation_unmet", "e1", "done", 3, false, at(1)}},
		{"S0-9: met, as the customer says", events{domain.ExpectationMeasured{Expectation: "e1", Met: new(false)}, domain.ExpectationValidated{Expectation: "e1", Met: "exceeded", By: "customer"}}, want{"expectation_unmet", "e1", "fulfilled", 3, false, at(1)}},
		{"S2-13, S3-22: the customer looks elsewhere", events{domain.AlternativeSought{}, domain.AlternativeSought{}}, want{"alternative_sought", "", "open", 5, false, at(1, 2)}},
		{"S2-13: and is lost", events{domain.AlternativeSought{}, domain.AccountLost{}}, want{"alternative_sought", "", "settled", 5, false, at(1)}},
		{"S1-2: we are on notice", events{notice}, want{"on_notice", "", "open", 5, true, at(1)}},
		{"S1-2: and no longer", events{notice, domain.AccountStageChanged{To: "approved"}}, want{"on_notice", "", "settled", 5, true, at(1)}},
		{"S1-2: another stage", events{domain.AccountStageChanged{To: "approved"}}, want{}},
		{"S4-28: a payment that is late", events{domain.PaymentLate{Invoice: "i1"}}, want{"payment_late", "i1", "open", 2, true, at(1)}},
		{"S4-28: and comes", events{domain.PaymentLate{Invoice: "i1"}, domain.PaymentReceived{Invoice: "i1"}}, want{"payment_late", "i1", "fulfilled", 2, true, at(1)}},
		{"S4-28: nobody says which", events{domain.PaymentLate{}, domain.PaymentReceived{}}, want{"payment_late", "@1", "open", 2, true, at(1)}},
	}
}

func careRows() []row {
	held := domain.InteractionHeld{Interaction: "m1", Kind: "visit"}
	ann, bob := domain.AccountManagerAssigned{Person: "ann"}, domain.AccountManagerAssigned{Person: "bob"}
	released := domain.AccountManagerReleased{Person: "ann"}
	proposed := domain.MeetingProposed{Meeting: "m1", By: "them"}
	filled := domain.RoleAssigned{Role: "planner", Person: "ann", Backup: "bob"}
	launched := domain.InitiativeLaunched{Initiative: "i1"}
	return []row{
		{"S2-10: an outcome that was never told", events{domain.MeetingOutcomeRecorded{Meeting: "m1", ActionsCount: 1}}, want{"meeting_outcome", "m1", "open", 2, true, at(1)}},
		{"S2-9: the customer wants to meet us", events{proposed}, want{"meeting_proposed", "m1", "open", 2, true, at(1)}},
		{"S2-9: we did", events{proposed, held}, want{"meeting_proposed", "m1", "fulfilled", 2, true, at(1)}},
		{"S2-9: we met, nobody says in which meeting", events{proposed, domain.InteractionHeld{Kind: "call"}}, want{"meeting_proposed", "m1", "open", 2, true, at(1)}},
		{"S2-9: we proposed another time", events{proposed, domain.MeetingProposed{Meeting: "m1", By: "us"}}, want{"meeting_proposed", "m1", "fulfilled", 2, true, at(1)}},
		{"S2-9: we could not", events{proposed, domain.MeetingDeclined{Meeting: "m1", By: "us"}}, want{"meeting_proposed", "m1", "fulfilled", 2, true, at(1)}},
		{"S2-11: the customer had no time", events{domain.MeetingDeclined{Meeting: "m1", By: "them"}}, want{"meeting_declined", "", "open", 1, false, at(1)}},
		{"S2-11: and was asked again", events{domain.MeetingDeclined{Meeting: "m1"}, domain.MeetingProposed{Meeting: "m2", By: "us"}}, want{"meeting_declined", "", "fulfilled", 1, false, at(1)}},
		{"S2-11: it was we who had none", events{domain.MeetingDeclined{Meeting: "m1", By: "us"}}, want{rule: "meeting_declined"}},
		{"S1-8: a tier from a crisis", events{domain.AccountClassified{TierNow: "A", Context: "crisis"}}, want{"tier_from_crisis", "", "open", 1, false, at(1)}},
		{"S1-8: set again in calm", events{domain.AccountClassified{TierNow: "A", Context: "crisis"}, domain.AccountClassified{TierNow: "B"}}, want{"tier_from_crisis", "", "fulfilled", 1, false, at(1)}},
		{"S2-13, S4-14: a silence", events{domain.SilenceNoticed{CadenceD: 7}}, want{"silence", "", "open", 2, false, at(1)}},
		{"S4-13: an account without a manager", events{ann, released}, want{"manager_gap", "", "open", 4, false, at(2)}},
		{"S4-13: with a successor", events{ann, released, bob}, want{"manager_gap", "", "settled", 4, false, at(2)}},
		{"S4-13: with a successor who was there before", events{ann, bob, released}, want{"manager_gap", "", "settled", 4, false, at(3)}},
		{"S4-13: the successor is released too", events{ann, bob, released, domain.AccountManagerReleased{Person: "bob"}}, want{"manager_gap", "", "open", 4, false, at(4)}},
		{"S4-13: an account that never had one", events{domain.AccountClassified{TierNow: "A"}}, want{rule: "manager_gap"}},
		{"S3-13: a critical role is empty", events{filled, domain.RoleVacated{Role: "planner"}}, want{"role_uncovered", "planner", "open", 4, false, at(2)}},
		{"S3-13: filled again", events{domain.RoleVacated{Role: "planner"}, filled}, want{"role_uncovered", "planner", "fulfilled", 4, false, at(1)}},
		{"S3-13: nobody stands in", events{domain.RoleAssigned{Role: "planner", Person: "ann"}}, want{"role_without_backup", "planner", "open", 2, false, at(1)}},
		{"S3-13: somebody does", events{domain.RoleAssigned{Role: "planner", Person: "ann"}, filled}, want{"role_without_backup", "planner", "fulfilled", 2, false, at(1)}},
		{"S3-13: there is nobody to stand in for", events{domain.RoleAssigned{Role: "planner", Person: "ann"}, domain.RoleVacated{Role: "planner"}}, want{"role_without_backup", "planner", "settled", 2, false, at(1)}},
		{"S4-8: a restructuring", events{domain.AccountRestructureAgreed{}}, want{"restructure", "", "open", 2, false, at(1)}},
		{"S4-8: made", events{domain.AccountRestructureAgreed{}, domain.AccountRestructured{}}, want{"restructure", "", "fulfilled", 2, false, at(1)}},
		{"S4-27: a slogan without explanation", events{launched}, want{"initiative_unexplained", "i1", "open", 2, false, at(1)}},
		{"S4-27: explained", events{launched, domain.InitiativeExplained{Initiative: "i1"}}, want{"initiative_unexplained", "i1", "fulfilled", 2, false, at(1)}},
		{"S4-27: over before it was", events{launched, domain.InitiativeEnded{Initiative: "i1"}}, want{"initiative_unexplained", "i1", "settled", 2, false, at(1)}},
		{"S0-6: what we do not do", events{domain.ChecklistAnswered{Item: "voice", Performed: "no"}}, want{"deficiency", "voice", "open", 2, false, at(1)}},
		{"S0-6: what we do in part", events{domain.ChecklistAnswered{Item: "voice", Performed: "partial"}}, want{"deficiency", "voice", "open", 1, false, at(1)}},
		{"S0-6: what we do by now", events{domain.ChecklistAnswered{Item: "voice", Performed: "no"}, domain.ChecklistAnswered{Item: "voice", Performed: "yes"}}, want{"deficiency", "voice", "fulfilled", 2, false, at(1)}},
	}
}

func dateRows() []row {
	granted := func(valid time.Time) domain.CertificateGranted {
		return domain.CertificateGranted{Scheme: "ISO 9001", Person: "ann", ValidTo: valid}
	}
	learned := func(valid, next time.Time) domain.AccountFactLearned {
		return domain.AccountFactLearned{Fact: "f1", ValidTo: valid, NextAt: next}
	}
	none := time.Time{}
	return []row{
		{"S0-12: a certificate", events{granted(day(400))}, want{"certificate_expiry", "ISO 9001/ann", "open", 3, false, at(1)}},
		{"S0-12: one that does not end", events{granted(none)}, want{}},
		{"S0-12: granted again", events{granted(day(30)), granted(day(400))}, want{"certificate_expiry", "ISO 9001/ann", "open", 3, false, at(2)}},
		{"S0-12: expired", events{granted(day(30)), domain.CertificateExpired{Scheme: "ISO 9001", Person: "ann"}}, want{"certificate_expiry", "ISO 9001/ann", "open", 4, false, at(1, 2)}},
		{"S0-12: granted for good", events{granted(day(30)), granted(none)}, want{"certificate_expiry", "ISO 9001/ann", "settled", 3, false, at(1)}},
		{"S0-5: a fact that runs out", events{learned(day(90), none)}, want{"fact_expiry", "f1", "open", 1, false, at(1)}},
		{"S0-5: learned again", events{learned(day(90), none), learned(none, none)}, want{"fact_expiry", "f1", "settled", 1, false, at(1)}},
		{"S0-5: no longer true", events{learned(day(90), none), learned(day(-1), none)}, want{"fact_expiry", "f1", "settled", 1, false, at(1)}},
		{"S0-5: before the customer's budget", events{learned(none, day(90))}, want{"customer_cycle", "f1", "open", 2, false, at(1)}},
		{"S0-5: a fact without an id or a date", events{domain.AccountFactLearned{}}, want{}},
		{"S4-2: a contract that runs out", events{domain.AccountOpened{Until: day(300)}}, want{"renewal", "", "open", 4, false, at(1)}},
		{"S4-2: renewed", events{domain.AccountOpened{Until: day(300)}, domain.AccountRenewed{Until: day(700)}}, want{"renewal", "", "open", 4, false, at(2)}},
		{"S4-2: not renewed", events{domain.AccountOpened{Until: day(300)}, domain.AccountNotRenewed{}}, want{"renewal", "", "settled", 4, false, at(1)}},
		{"S4-1: a round is open", events{domain.CycleStarted{Process: "satisfaction", Cycle: "Q1"}}, want{"cycle_open", "satisfaction/Q1", "open", 1, false, at(1)}},
		{"S4-1: a round is closed", events{domain.CycleStarted{Process: "satisfaction", Cycle: "Q1"}, domain.CycleClosed{Process: "satisfaction", Cycle: "Q1"}}, want{"cycle_open", "satisfaction/Q1", "fulfilled", 1, false, at(1)}},
		{"S4-1: the next round", events{domain.CycleStarted{Process: "satisfaction", Cycle: "Q1", CadenceD: 90}, domain.CycleStarted{Process: "satisfaction", Cycle: "Q2", CadenceD: 90}}, want{"cycle_due", "satisfaction", "open", 1, false, at(2)}},
	}
}
