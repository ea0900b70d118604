package followup

import (
	"github.com/rapport-ledger/rapport/domain"
)

// What people open themselves.
var handRules = []Rule{
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
