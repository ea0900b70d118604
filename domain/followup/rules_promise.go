package followup

import (
	"github.com/rapport-ledger/rapport/domain"
)

// What the customer asked for, and what they were promised.
var promiseRules = []Rule{
	{
		Reason: "complaint", Doc: "A complaint wants an answer.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.ComplaintRaised) Says {
				return Says{Key: e.Complaint, Does: Cause | Knows | when(e.Safety, Grave), Impact: int(e.Severity)}
			}),
			on(func(e domain.ComplaintAssessed) Says {
				return Says{Key: e.Complaint, Does: Informs | when(e.Owner != "", Assigns), Impact: int(e.Severity), Who: e.Owner}
			}),
			on(func(e domain.ComplaintInvestigated) Says { return Says{Key: e.Complaint, Does: turn(e.Awaiting)} }),
			on(func(e domain.ComplaintAnswered) Says {
				return Says{Key: e.Complaint, Does: Done | Told, Text: e.Remedy}
			}),
			on(func(e domain.ComplaintClosed) Says {
				accepted := e.AcceptedByCustomer != nil && *e.AcceptedByCustomer
				return Says{Key: e.Complaint, Does: Done | when(accepted, Told)}
			}),
			on(func(e domain.ComplaintReopened) Says { return Says{Key: e.Complaint, Does: Cause | Knows} }),
		},
	},
	{
		Reason: "request", Doc: "A request wants an answer.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.RequestReceived) Says {
				return Says{Key: e.Request, Does: Cause | Knows, Impact: 2, DueAt: e.DueAt}
			}),
			on(func(e domain.RequestClarified) Says { return Says{Key: e.Request, Does: turn(e.Awaiting)} }),
			on(func(e domain.RequestAnswered) Says { return Says{Key: e.Request, Does: Done | Told, Text: e.Outcome} }),
			on(func(e domain.RequestDeclined) Says { return Says{Key: e.Request, Does: Done | Told, Text: e.Reason} }),
		},
	},
	{
		Reason: "delivery_missed", Doc: "A delivery that was missed is to be made, and the customer told.", Loop: WorkAndTold, Order: AsOccurred,
		On: []On{
			on(func(e domain.DeliveryMissed) Says { return Says{Key: e.Line, Does: Cause | Knows, Impact: 3} }),
			on(func(e domain.DeliveryMade) Says { return Says{Key: e.Line, Does: Done} }),
			on(func(e domain.DeliveryExcused) Says { return Says{Key: e.Line, Does: Settles, Text: e.Reason} }),
		},
	},
	{
		Reason: "commitment", Doc: "A promise is to be kept; a broken one is to be made good, and the customer told.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.CommitmentMade) Says {
				return Says{Key: e.Commitment, Does: Cause | when(e.KnownToCustomer, Knows), Impact: 3, DueAt: e.DueAt, Who: e.MadeBy}
			}),
			on(func(e domain.CommitmentRenegotiated) Says {
				return Says{Key: e.Commitment, Does: Informs, DueAt: e.NewDueAt}
			}),
			on(func(e domain.CommitmentBroken) Says {
				return Says{Key: e.Commitment, Does: Cause | DueNow | MustTell, Impact: 5}
			}),
			on(func(e domain.CommitmentKept) Says { return Says{Key: e.Commitment, Does: Done} }),
			on(func(e domain.CommitmentReleased) Says { return Says{Key: e.Commitment, Does: Settles, Text: e.Reason} }),
		},
	},
	{
		Reason: "plan", Doc: "A plan is to be carried out.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.PlanCreated) Says {
				return Says{
					Key: e.Plan, Does: Cause | when(e.CustomerKnows, Knows|MustTell), Impact: 2,
					DueAt: e.DueAt, Who: e.Owner, Cites: e.From,
				}
			}),
			on(func(e domain.PlanClosed) Says { return Says{Key: e.Plan, Does: Done, Text: e.Outcome} }),
		},
	},
	{
		Reason: "plan_action", Doc: "A step of a plan is to be taken, also after the plan was closed.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.PlanActionAdded) Says {
				return Says{Key: e.Plan + "/" + e.Action, Does: Cause, Impact: 2, DueAt: e.DueAt, Who: e.Owner}
			}),
			on(func(e domain.PlanActionCompleted) Says {
				return Says{Key: e.Plan + "/" + e.Action, Does: Done, Text: e.Outcome}
			}),
		},
	},
	{
		Reason: "improvement", Doc: "An improvement agreed with the customer is to be delivered.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.ImprovementAgreed) Says {
				return Says{Key: e.Improvement, Does: Cause | Knows, Impact: 3, DueAt: e.DueAt, Who: e.Owner}
			}),
			on(func(e domain.ImprovementDelivered) Says { return Says{Key: e.Improvement, Does: Done, Text: e.Outcome} }),
			on(func(e domain.ImprovementDescoped) Says {
				return Says{Key: e.Improvement, Does: Settles, Text: e.Reason}
			}),
		},
	},
	{
		Reason: "improvement_not_told", Doc: "The customer is to be told what became of an improvement.", Loop: TellOnly, Order: AsRecorded,
		On: []On{
			on(func(e domain.ImprovementDelivered) Says { return Says{Key: e.Improvement, Does: Cause, Impact: 2} }),
			on(func(e domain.ImprovementDescoped) Says {
				if !e.CustomerToldAt.IsZero() {
					return Says{}
				}
				return Says{Key: e.Improvement, Does: Cause, Impact: 2}
			}),
			on(func(e domain.ImprovementTold) Says { return Says{Key: e.Improvement, Does: Told} }),
		},
	},
}
