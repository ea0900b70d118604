package followup_test

import (
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

// firstRows are rows of several families.
func firstRows() []row {
	yes, due := true, day(3)
	score := func(instrument string, score, low, high float64) domain.SurveyAnswered {
		return domain.SurveyAnswered{Instrument: instrument, Score: score, ScaleMin: low, ScaleMax: high}
	}
	raised := domain.ComplaintRaised{Complaint: "c1", Severity: 2}
	made := domain.CommitmentMade{Commitment: "p1", DueAt: due, KnownToCustomer: true}
	agreed := domain.ImprovementAgreed{Improvement: "i1", DueAt: due}
	byHand := item(followup.ByHand, "f1")
	return []row{
		{"a complaint is open", []domain.Event{raised}, want{"complaint", "c1", "open", 2, true, []domain.Position{1}}},
		{"a complaint about safety is grave, whatever is assessed", []domain.Event{domain.ComplaintRaised{Complaint: "c1", Severity: 1, Safety: true}, domain.ComplaintAssessed{Complaint: "c1", Severity: 2}}, want{"complaint", "c1", "open", 5, true, []domain.Position{1}}},
		{"an assessment sets the impact", []domain.Event{raised, domain.ComplaintAssessed{Complaint: "c1", Severity: 4}}, want{"complaint", "c1", "open", 4, true, []domain.Position{1}}},
		{"an acknowledgement is no answer", []domain.Event{raised, domain.ComplaintAcknowledged{Complaint: "c1"}}, want{"complaint", "c1", "open", 2, true, []domain.Position{1}}},
		{"while the customer's move is awaited, the complaint pauses", []domain.Event{raised, domain.ComplaintInvestigated{Complaint: "c1", Awaiting: "customer"}}, want{"complaint", "c1", "paused", 2, true, []domain.Position{1}}},
		{"when it is our move again, it goes on", []domain.Event{raised, domain.ComplaintInvestigated{Complaint: "c1", Awaiting: "customer"}, domain.ComplaintInvestigated{Complaint: "c1", Awaiting: "us"}}, want{"complaint", "c1", "open", 2, true, []domain.Position{1}}},
		{"an answer closes the complaint's item", []domain.Event{raised, domain.ComplaintAnswered{Complaint: "c1"}}, want{"complaint", "c1", "fulfilled", 2, true, []domain.Position{1}}},
		{"a complaint closed without the customer leaves something to tell", []domain.Event{raised, domain.ComplaintClosed{Complaint: "c1"}}, want{"complaint", "c1", "done", 2, true, []domain.Position{1}}},
		{"a complaint closed with the customer leaves nothing", []domain.Event{raised, domain.ComplaintClosed{Complaint: "c1", AcceptedByCustomer: &yes}}, want{"complaint", "c1", "fulfilled", 2, true, []domain.Position{1}}},
		{"a complaint opened again is open again", []domain.Event{raised, domain.ComplaintClosed{Complaint: "c1", AcceptedByCustomer: &yes}, domain.ComplaintReopened{Complaint: "c1"}}, want{"complaint", "c1", "open", 2, true, []domain.Position{3}}},
		{"a complaint opened again before the customer heard has both causes", []domain.Event{raised, domain.ComplaintClosed{Complaint: "c1"}, domain.ComplaintReopened{Complaint: "c1"}}, want{"complaint", "c1", "open", 2, true, []domain.Position{1, 3}}},
		{"a request is open", []domain.Event{domain.RequestReceived{Request: "r1"}}, want{"request", "r1", "open", 2, true, []domain.Position{1}}},
		{"a question back pauses it", []domain.Event{domain.RequestReceived{Request: "r1"}, domain.RequestClarified{Request: "r1", Awaiting: "customer"}}, want{"request", "r1", "paused", 2, true, []domain.Position{1}}},
		{"an answer closes it", []domain.Event{domain.RequestReceived{Request: "r1"}, domain.RequestAnswered{Request: "r1"}}, want{"request", "r1", "fulfilled", 2, true, []domain.Position{1}}},
		{"so does a no", []domain.Event{domain.RequestReceived{Request: "r1"}, domain.RequestDeclined{Request: "r1"}}, want{"request", "r1", "fulfilled", 2, true, []domain.Position{1}}},
		{"a missed delivery is open", []domain.Event{domain.DeliveryMissed{Line: "l1"}}, want{"delivery_missed", "l1", "open", 3, true, []domain.Position{1}}},
		{"made after all, there is something to tell", []domain.Event{domain.DeliveryMissed{Line: "l1"}, domain.DeliveryMade{Line: "l1"}}, want{"delivery_missed", "l1", "done", 3, true, []domain.Position{1}}},
		{"a part made before does not make good what was short", []domain.Event{domain.DeliveryMade{Line: "l1"}, domain.DeliveryMissed{Line: "l1"}}, want{"delivery_missed", "l1", "open", 3, true, []domain.Position{2}}},
		{"an excuse settles it", []domain.Event{domain.DeliveryMissed{Line: "l1"}, domain.DeliveryExcused{Line: "l1"}}, want{"delivery_missed", "l1", "settled", 3, true, []domain.Position{1}}},
		{"a promise is open", []domain.Event{made}, want{"commitment", "p1", "open", 3, true, []domain.Position{1}}},
		{"a promise that the customer does not know of", []domain.Event{domain.CommitmentMade{Commitment: "p1", DueAt: due}}, want{"commitment", "p1", "open", 3, false, []domain.Position{1}}},
		{"kept, it is closed", []domain.Event{made, domain.CommitmentKept{Commitment: "p1"}}, want{"commitment", "p1", "fulfilled", 3, true, []domain.Position{1}}},
		{"broken, it is grave", []domain.Event{made, domain.CommitmentBroken{Commitment: "p1"}}, want{"commitment", "p1", "open", 5, true, []domain.Position{1, 2}}},
		{"broken and kept late, there is something to tell", []domain.Event{made, domain.CommitmentBroken{Commitment: "p1"}, domain.CommitmentKept{Commitment: "p1"}}, want{"commitment", "p1", "done", 5, true, []domain.Position{1, 2}}},
		{"released, it is settled", []domain.Event{made, domain.CommitmentReleased{Commitment: "p1"}}, want{"commitment", "p1", "settled", 3, true, []domain.Position{1}}},
		{"three detractors are three causes", []domain.Event{score("nps", 6, 0, 10), score("nps", 0, 0, 10), score("nps", 3, 0, 10)}, want{"low_score", "", "open", 4, false, []domain.Position{1, 2, 3}}},
		{"an NPS of 6 is a detractor", []domain.Event{score("nps", 6, 0, 10)}, want{"low_score", "", "open", 3, false, []domain.Position{1}}},
		{"an NPS of 7 is not", []domain.Event{score("nps", 7, 0, 10)}, want{}},
		{"2 of 5 is low", []domain.Event{score("csat", 2, 1, 5)}, want{"low_score", "", "open", 3, false, []domain.Position{1}}},
		{"3 of 5 is not", []domain.Event{score("csat", 3, 1, 5)}, want{}},
		{"an effort of 3 of 7 is low", []domain.Event{score("ces", 3, 1, 7)}, want{"low_score", "", "open", 3, false, []domain.Position{1}}},
		{"an effort of 4 is not", []domain.Event{score("ces", 4, 1, 7)}, want{}},
		{"the worst eighth weighs more", []domain.Event{score("csat", 2, 1, 9)}, want{"low_score", "", "open", 4, false, []domain.Position{1}}},
		{"the worst answer of a scale that is upside down", []domain.Event{score("csat", 6, 6, 1)}, want{"low_score", "", "open", 4, false, []domain.Position{1}}},
		{"a scale without width says nothing", []domain.Event{score("csat", 1, 1, 1)}, want{}},
		{"very ill words weigh more", []domain.Event{domain.VoiceCaptured{Polarity: new(int64(-2))}}, want{"negative_voice", "", "open", 4, false, []domain.Position{1}}},
		{"ill words", []domain.Event{domain.VoiceCaptured{Polarity: new(int64(-1))}}, want{"negative_voice", "", "open", 2, false, []domain.Position{1}}},
		{"words that are neither", []domain.Event{domain.VoiceCaptured{Polarity: new(int64(0))}, domain.VoiceCaptured{}}, want{rule: "negative_voice"}},
		{"a plan cites what led to it", []domain.Event{raised, domain.ComplaintAcknowledged{Complaint: "c1"}, domain.PlanCreated{Plan: "q1", From: []domain.Position{2, 1}}}, want{"plan", "q1", "open", 2, false, []domain.Position{1, 2}}},
		{"a plan that is closed", []domain.Event{domain.PlanCreated{Plan: "q1"}, domain.PlanClosed{Plan: "q1"}}, want{"plan", "q1", "fulfilled", 2, false, []domain.Position{1}}},
		{"the customer who knows of a plan is to be told", []domain.Event{domain.PlanCreated{Plan: "q1", CustomerKnows: true}, domain.PlanClosed{Plan: "q1"}}, want{"plan", "q1", "done", 2, true, []domain.Position{1}}},
		{"a step outlives its plan", []domain.Event{domain.PlanCreated{Plan: "q1"}, domain.PlanActionAdded{Plan: "q1", Action: "a"}, domain.PlanClosed{Plan: "q1"}}, want{"plan_action", "q1/a", "open", 2, false, []domain.Position{2}}},
		{"a step that was taken", []domain.Event{domain.PlanActionAdded{Plan: "q1", Action: "a"}, domain.PlanActionCompleted{Plan: "q1", Action: "a"}}, want{"plan_action", "q1/a", "fulfilled", 2, false, []domain.Position{1}}},
		{"an improvement is open", []domain.Event{agreed}, want{"improvement", "i1", "open", 3, true, []domain.Position{1}}},
		{"delivered, it is closed", []domain.Event{agreed, domain.ImprovementDelivered{Improvement: "i1"}}, want{"improvement", "i1", "fulfilled", 3, true, []domain.Position{1}}},
		{"but is to be told", []domain.Event{agreed, domain.ImprovementDelivered{Improvement: "i1"}}, want{"improvement_not_told", "i1", "open", 2, false, []domain.Position{2}}},
		{"told, nothing is left", []domain.Event{agreed, domain.ImprovementDelivered{Improvement: "i1"}, domain.ImprovementTold{Improvement: "i1"}}, want{"improvement_not_told", "i1", "fulfilled", 2, false, []domain.Position{2}}},
		{"dropped, it is settled", []domain.Event{agreed, domain.ImprovementDescoped{Improvement: "i1"}}, want{"improvement", "i1", "settled", 3, true, []domain.Position{1}}},
		{"that it was dropped is to be told", []domain.Event{agreed, domain.ImprovementDescoped{Improvement: "i1"}}, want{"improvement_not_told", "i1", "open", 2, false, []domain.Position{2}}},
		{"unless it was", []domain.Event{domain.ImprovementDescoped{Improvement: "i1", CustomerToldAt: monday}}, want{}},
		{"a meeting with actions", []domain.Event{domain.MeetingOutcomeRecorded{Meeting: "m1", ActionsCount: 2}}, want{"meeting_outcome", "m1", "open", 2, true, []domain.Position{1}}},
		{"a meeting without", []domain.Event{domain.MeetingOutcomeRecorded{Meeting: "m1"}}, want{}},
		{"its outcome told", []domain.Event{domain.MeetingOutcomeRecorded{Meeting: "m1", ActionsCount: 2}, domain.MeetingOutcomeTold{Meeting: "m1"}}, want{"meeting_outcome", "m1", "fulfilled", 2, true, []domain.Position{1}}},
		{"a silence", []domain.Event{domain.SilenceNoticed{CadenceD: 7}}, want{"silence", "", "open", 2, false, []domain.Position{1}}},
		{"an item by hand", []domain.Event{domain.FollowUpOpened{FollowUp: "f1", Reason: "look", CustomerKnows: true}}, want{"by_hand", "f1", "open", 3, true, []domain.Position{1}}},
		{"an item by hand with its causes", []domain.Event{raised, domain.FollowUpOpened{FollowUp: "f1", Reason: "look", Causes: []domain.Position{1}}}, want{"by_hand", "f1", "open", 3, false, []domain.Position{1}}},
		{"completed, there is something to tell", []domain.Event{domain.FollowUpOpened{FollowUp: "f1"}, domain.FollowUpCompleted{Item: byHand}}, want{"by_hand", "f1", "done", 3, false, []domain.Position{1}}},
		{"told, there is something to do", []domain.Event{domain.FollowUpOpened{FollowUp: "f1"}, domain.FollowUpCustomerTold{Item: byHand}}, want{"by_hand", "f1", "open", 3, false, []domain.Position{1}}},
		{"told and completed", []domain.Event{domain.FollowUpOpened{FollowUp: "f1"}, domain.FollowUpCustomerTold{Item: byHand}, domain.FollowUpCompleted{Item: byHand}}, want{"by_hand", "f1", "fulfilled", 3, false, []domain.Position{1}}},
		{"dismissed", []domain.Event{domain.FollowUpOpened{FollowUp: "f1"}, domain.FollowUpDismissed{Item: byHand, Reason: "no"}}, want{"by_hand", "f1", "dismissed", 3, false, []domain.Position{1}}},
	}
}
