package followup

import (
	"github.com/rapport-ledger/rapport/domain"
)

// What the customer needs and counts on is to be known, and held to what they say of it.
var needRules = []Rule{
	{
		Reason: "need_from_crisis", Doc: "A need that was stated in a crisis is to be looked at again in calm.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.NeedStated) Says {
				if e.During != "crisis" {
					return Says{}
				}
				return Says{Key: e.Need, Does: Cause, Impact: grave(e.Priority, 2)}
			}),
			on(func(e domain.NeedRevalidated) Says { return Says{Key: e.Need, Does: Done} }),
		},
	},
	{
		Reason: "need_unmet", Doc: "A need that is met poorly or not at all wants an answer.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.NeedMet) Says {
				switch e.Level {
				case "none":
					return Says{Key: e.Need, Does: Cause, Impact: 4}
				case "poor":
					return Says{Key: e.Need, Does: Cause, Impact: 3}
				}
				return Says{Key: e.Need, Does: Done, Text: e.Level}
			}),
			on(func(e domain.NeedRevalidated) Says {
				if e.StillTrue {
					return Says{}
				}
				return Says{Key: e.Need, Does: Settles, Text: "no longer a need"}
			}),
		},
	},
	{
		Reason: "need_conflict", Doc: "Which of two needs prevails is to be decided, and the customer told.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.NeedConflictFound) Says {
				key := join(string(e.Need), string(e.OtherAccount), string(e.OtherNeed))
				if e.Prevails != "" {
					return Says{Key: key, Does: Done, Text: e.Resolution}
				}
				return Says{Key: key, Does: Cause, Impact: 3}
			}),
		},
	},
	{
		Reason: "expectation_unvalidated", Doc: "The customer is to be asked whether what they count on is met.", Loop: Work, Order: AsRecorded,
		On: []On{
			onEach(func(e domain.ExpectationStated, _ domain.Recorded) []Says {
				stated := Says{Key: e.Expectation, Does: Cause, Impact: grave(e.Priority, 2), DueAt: e.DueAt}
				return append(replaced(e), stated)
			}),
			on(func(e domain.ExpectationValidated) Says {
				if e.By != "customer" {
					return Says{}
				}
				return Says{Key: e.Expectation, Does: Done, Text: e.Met}
			}),
		},
	},
	{
		Reason: "expectation_unmet", Doc: "An expectation that is not met is to be met.", Loop: WorkAndTold, Order: AsRecorded,
		On: []On{
			on(func(e domain.ExpectationValidated) Says {
				if e.Met == "below" {
					return Says{Key: e.Expectation, Does: Cause | when(e.By == "customer", Knows), Impact: 4}
				}
				return Says{Key: e.Expectation, Does: Done | when(e.By == "customer", Told), Text: e.Met}
			}),
			on(func(e domain.ExpectationMeasured) Says {
				switch {
				case e.Met == nil:
					return Says{Key: e.Expectation, Does: Cause | Measures, Impact: 3, Number: e.Value, Text: e.UOM}
				case *e.Met:
					return Says{Key: e.Expectation, Does: Done}
				}
				return Says{Key: e.Expectation, Does: Cause, Impact: 3}
			}),
			onEach(func(e domain.ExpectationStated, _ domain.Recorded) []Says { return append(replaced(e), aimed(e)...) }),
		},
	},
	{
		Reason: "alternative_sought", Doc: "A customer who looks for somebody else wants a word.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(domain.AlternativeSought) Says { return Says{Does: Cause, Impact: 5} }),
			on(func(domain.AccountLost) Says { return Says{Does: Settles, Text: "lost"} }),
		},
	},
	{
		Reason: "on_notice", Doc: "A customer who has put us on notice is to be won back.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.AccountStageChanged) Says {
				if e.To == "on_notice" {
					return Says{Does: Cause | Knows, Impact: 5}
				}
				return Says{Does: Settles, Text: e.To}
			}),
			on(func(domain.AccountLost) Says { return Says{Does: Settles, Text: "lost"} }),
		},
	},
	{
		Reason: "payment_late", Doc: "A payment that is late wants a word: there may be a reason.", Loop: Work, Order: AsOccurred,
		On: []On{
			onEach(func(e domain.PaymentLate, r domain.Recorded) []Says {
				key := e.Invoice
				if key == "" {
					key = at(r.Position) // nothing says which payment it is
				}
				return []Says{{Key: key, Does: Cause | Knows, Impact: 2}}
			}),
			on(func(e domain.PaymentReceived) Says {
				if e.Invoice == "" {
					return Says{}
				}
				return Says{Key: e.Invoice, Does: Done | Told}
			}),
		},
	},
}

// replaced is that an expectation has taken the place of another.
func replaced(e domain.ExpectationStated) []Says {
	if e.Replaces == "" {
		return nil
	}
	return []Says{{Key: e.Replaces, Does: Settles, Text: "replaced by " + string(e.Expectation)}}
}

// aimed is the number that what is measured for an expectation is held against.
func aimed(e domain.ExpectationStated) []Says {
	if e.Target == nil || e.Direction == "" {
		return nil
	}
	return []Says{{
		Key: e.Expectation, Does: when(e.Direction == "at_least", AtLeast) | when(e.Direction == "at_most", AtMost), Number: *e.Target, Text: e.UOM,
	}}
}
