package followup

import (
	"slices"

	"github.com/rapport-ledger/rapport/domain"
)

// What went wrong is to be put right, and not to happen again.
var qualityRules = []Rule{
	{
		Reason: "containment", Doc: "The customer is to be protected from more of a nonconformity.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.NonconformityOpened) Says {
				return Says{Key: e.Nonconformity, Does: Cause | when(e.Complaint != "", Knows), Impact: int(e.Severity), Who: e.Owner}
			}),
			on(func(e domain.NonconformityContained) Says {
				return Says{Key: e.Nonconformity, Does: Done, Text: e.Statement}
			}),
			on(func(e domain.NonconformityClosed) Says { return Says{Key: e.Nonconformity, Does: Settles} }),
		},
	},
	{
		Reason: "nonconformity_without_action", Doc: "A nonconformity wants an action against its cause.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.NonconformityOpened) Says {
				return Says{Key: e.Nonconformity, Does: Cause | when(e.Complaint != "", Knows), Impact: int(e.Severity), Who: e.Owner}
			}),
			on(func(e domain.NonconformityActionPlanned) Says { return Says{Key: e.Nonconformity, Does: Done} }),
			on(func(e domain.NonconformityClosed) Says { return Says{Key: e.Nonconformity, Does: Settles} }),
		},
	},
	{
		Reason: "corrective_action", Doc: "An action against a cause is to be taken, also after the nonconformity was closed.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.NonconformityActionPlanned) Says {
				return Says{Key: e.Nonconformity + "/" + e.Action, Does: Cause, Impact: 3, DueAt: e.DueAt, Who: e.Owner}
			}),
			on(func(e domain.NonconformityActionImplemented) Says {
				return Says{Key: e.Nonconformity + "/" + e.Action, Does: Done, Text: e.Outcome}
			}),
		},
	},
	{
		Reason: "effect_unverified", Doc: "Whether the actions against a nonconformity helped is to be verified.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.NonconformityActionImplemented) Says {
				return Says{Key: e.Nonconformity, Does: Cause, Impact: 2}
			}),
			on(func(e domain.NonconformityEffectVerified) Says { return Says{Key: e.Nonconformity, Does: Done} }),
		},
	},
	{
		Reason: "nonconformity", Doc: "A nonconformity is to be worked through to its end; so is one whose actions did not help.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.NonconformityOpened) Says {
				known := when(e.Complaint != "", Knows|MustTell)
				return Says{Key: e.Nonconformity, Does: Cause | known, Impact: int(e.Severity), Who: e.Owner}
			}),
			on(func(e domain.NonconformityEffectVerified) Says {
				if e.Effective {
					return Says{}
				}
				return Says{Key: e.Nonconformity, Does: Cause, Impact: 4}
			}),
			on(func(e domain.NonconformityClosed) Says {
				return Says{Key: e.Nonconformity, Does: Done, Text: e.Outcome}
			}),
		},
	},
	{
		Reason: "finding", Doc: "What an audit or an assessment found wants a plan.", Loop: Work, Order: AsRecorded,
		On: []On{
			onEach(func(e domain.AssessmentMade, r domain.Recorded) []Says {
				if impact := finding(e); impact > 0 {
					return []Says{{Key: at(r.Position), Does: Cause, Impact: impact}}
				}
				return nil
			}),
			onEach(func(e domain.PlanCreated, _ domain.Recorded) []Says { return each(e.From, Says{Does: Done}) }),
			onEach(func(e domain.NonconformityOpened, _ domain.Recorded) []Says { return showed(e) }),
		},
	},
	{
		Reason: "return", Doc: "What came back is to be analysed, and the customer told what was found.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.ReturnReceived) Says { return Says{Key: e.Return, Does: Cause | Knows, Impact: 2} }),
			on(func(e domain.ReturnAnalysed) Says { return Says{Key: e.Return, Does: Done, Text: e.Finding} }),
		},
	},
	{
		Reason: "warranty", Doc: "A warranty claim is to be decided.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.WarrantyClaimed) Says { return Says{Key: e.Claim, Does: Cause | Knows, Impact: 3} }),
			on(func(e domain.WarrantyDecided) Says { return Says{Key: e.Claim, Does: Done | Told, Text: e.Reason} }),
		},
	},
	{
		Reason: "penalty", Doc: "A penalty is to be settled.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.ImpactPenaltyAssessed) Says {
				if e.Penalty == "" {
					return Says{} // nothing could say that it was settled
				}
				return Says{Key: e.Penalty, Does: Cause | Knows, Impact: 4}
			}),
			on(func(e domain.ImpactPenaltySettled) Says {
				return Says{Key: e.Penalty, Does: Done | Told, Text: e.Outcome}
			}),
		},
	},
	{
		Reason: "loss_unconfirmed", Doc: "What our failure cost the customer is to be confirmed by them.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.ImpactLossEstimated) Says {
				switch {
				case e.Loss == "":
					return Says{}
				case e.Confirmed:
					return Says{Key: e.Loss, Does: Done}
				}
				return Says{Key: e.Loss, Does: Cause, Impact: 2}
			}),
		},
	},
	{
		Reason: "incident", Doc: "What stopped working is to work again, and those who depend on it told.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.IncidentStarted) Says {
				return Says{Key: e.Incident, Does: Cause | Knows, Impact: grave(e.Severity, 3)}
			}),
			on(func(e domain.IncidentEnded) Says { return Says{Key: e.Incident, Does: Done, Text: e.Outcome} }),
		},
	},
	{
		Reason: "figure_gap", Doc: "Our number and the customer's or a third party's for the same are to be brought together.", Loop: Work, Order: AsOccurred,
		On: []On{
			on(func(e domain.FigurePublished) Says {
				return Says{
					Key: figure(e.Measure, e.Period, e.Supplier, e.UOM), Does: Cause | Compares, Impact: 3, Who: e.By, Number: e.Value,
				}
			}),
			on(func(e domain.FigureReconciled) Says {
				return Says{Key: figure(e.Measure, e.Period, e.Supplier, e.UOM), Does: Done | Told, Text: e.Reason}
			}),
		},
	},
	{
		Reason: "performance_challenged", Doc: "A customer who disputes how well we do wants an answer.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.PerformanceChallenged) Says {
				return Says{Key: join(e.Measure, e.Period), Does: Cause | Knows, Impact: 4}
			}),
			on(func(e domain.PerformanceAnswered) Says {
				return Says{Key: join(e.Measure, e.Period), Does: Done | Told, Text: e.Stance}
			}),
			on(func(e domain.FigureReconciled) Says {
				return Says{Key: join(e.Measure, e.Period), Does: Done | Told, Text: e.Reason}
			}),
		},
	},
}

// figure is the key of a number.
func figure(measure, period, supplier, uom string) domain.ID {
	return join(measure, period, supplier, uom)
}

// finding is the impact of an assessment: by its result, or 3 if others did better; 0
// if it found nothing.
func finding(e domain.AssessmentMade) int {
	switch e.Result {
	case "failed":
		return 5
	case "major_finding":
		return 4
	case "minor_finding":
		return 2
	}
	down := e.ScaleMin != nil && e.ScaleMax != nil && *e.ScaleMax < *e.ScaleMin // low is good
	better := func(p domain.PeerScore) bool {
		return e.OurScore != nil && p.Score != *e.OurScore && p.Score < *e.OurScore == down
	}
	if slices.ContainsFunc(e.PeerScores, better) {
		return 3
	}
	return 0
}
