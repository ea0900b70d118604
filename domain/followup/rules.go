package followup

import (
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
)

// Rule opens items of one reason, and says what becomes of them.
type Rule struct {
	// Reason is the rule's name, the item's reason, and the reason of an SLA in the
	// policy. It never changes.
	Reason string
	// Doc says in a sentence what is owed.
	Doc string
	// Loop is what it takes to close an item.
	Loop Loop
	// Order is how an item's signals follow each other.
	Order Order
	// On is what each event type says about the rule's items.
	On []On
}

// Loop is what it takes to close an item.
type Loop string

const (
	// WorkAndTold needs the work done and the customer told.
	WorkAndTold Loop = "work and told"
	// Work needs the work done: the customer sees it happen, or need not know.
	Work Loop = "work"
	// TellOnly needs the customer told: that is the work.
	TellOnly Loop = "told"
)

// Order is how an item's signals follow each other.
type Order string

const (
	// AsRecorded is the order in which the ledger accepted them, for matters whose
	// course it checked when it did: what is dated to the day, or by a clock that is
	// wrong, does not turn an answer into one that came before the question.
	AsRecorded Order = "as recorded"
	// AsOccurred is the order in which they happened, for facts that are accepted in
	// any order. A decision about the item comes after what was recorded before it.
	AsOccurred Order = "as occurred"
)

// On is what one event type says about the items of a rule.
type On struct {
	Type domain.Type
	says func(domain.Event) Says
}

func on[E domain.Event](says func(E) Says) On {
	var zero E
	return On{zero.EventType(), func(e domain.Event) Says { return says(e.(E)) }}
}

// ByHand is the rule for items that people open.
const ByHand = "by_hand"

// Silence is the rule for accounts that are silent for longer than agreed. Its items
// are ended by the next touch, of whatever type; see [Broken].
const Silence = "silence"

// Rules is the rule table. To change what is owed, change a row.
var Rules = []Rule{
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
		Reason: "low_score", Doc: "Customers who gave a low score want to be heard.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.SurveyAnswered) Says {
				if impact := lowScore(e); impact > 0 {
					return Says{Does: Cause, Impact: impact}
				}
				return Says{}
			}),
		},
	},
	{
		Reason: "negative_voice", Doc: "Customers who spoke ill of us want to be heard.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.VoiceCaptured) Says {
				if e.Polarity == nil || *e.Polarity >= 0 {
					return Says{}
				}
				return Says{Does: Cause, Impact: int(-2 * *e.Polarity)}
			}),
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
	{
		Reason: "meeting_outcome", Doc: "The customer is to be told what became of a meeting's actions.", Loop: TellOnly, Order: AsOccurred,
		On: []On{
			on(func(e domain.MeetingOutcomeRecorded) Says {
				if e.ActionsCount == 0 {
					return Says{}
				}
				return Says{Key: e.Meeting, Does: Cause | Knows, Impact: 2}
			}),
			on(func(e domain.MeetingOutcomeTold) Says { return Says{Key: e.Meeting, Does: Told} }),
		},
	},
	{
		Reason: Silence, Doc: "An account that has been silent for longer than agreed wants a word.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.SilenceNoticed) Says { return Says{Does: Cause, Impact: 2, Until: e.LastContactAt} }),
		},
	},
	{
		Reason: ByHand, Doc: "What somebody decided to follow up.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.FollowUpOpened) Says {
				return Says{
					Key: e.FollowUp, Does: Cause | when(e.CustomerKnows, Knows), Impact: 3,
					DueAt: e.DueAt, Who: e.Owner, Text: e.Reason, Cites: e.Causes,
				}
			}),
		},
	},
}

// listener is a row of the table, and what it says of one event type.
type listener struct {
	rule *Rule
	on   On
}

var (
	listeners = byType(Rules)
	ruleOf    = byReason(Rules)
)

func byType(rules []Rule) map[domain.Type][]listener {
	m := make(map[domain.Type][]listener)
	for i := range rules {
		for _, o := range rules[i].On {
			m[o.Type] = append(m[o.Type], listener{&rules[i], o})
		}
	}
	return m
}

func byReason(rules []Rule) map[string]*Rule {
	m := make(map[string]*Rule, len(rules))
	for i := range rules {
		m[rules[i].Reason] = &rules[i]
	}
	return m
}

func when(b bool, e Effect) Effect {
	if b {
		return e
	}
	return 0
}

// turn is what it does that somebody's move is awaited.
func turn(awaiting string) Effect {
	switch awaiting {
	case "customer":
		return Pauses
	case "us":
		return Resumes
	}
	return 0
}

// lowScore is the impact of an answer if it is a low one: a Net Promoter detractor, the
// lowest quarter of a satisfaction scale (1 and 2 of 5), the lowest third of an effort
// scale (1 to 3 of 7); 0 if it is not. The worst answer but one in four weighs more.
func lowScore(e domain.SurveyAnswered) int {
	share := (e.Score - e.ScaleMin) / (e.ScaleMax - e.ScaleMin)
	if !(share >= 0 && share <= 1) {
		return 0
	}
	low := share <= 1.0/4
	switch e.Instrument {
	case "nps":
		low = measure.GroupOf(measure.Answer{Score: e.Score, ScaleMin: e.ScaleMin, ScaleMax: e.ScaleMax}) == measure.Detractor
	case "ces", "ease":
		low = share <= 1.0/3
	}
	switch {
	case !low:
		return 0
	case share <= 1.0/8:
		return 4
	}
	return 3
}
