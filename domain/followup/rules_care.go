package followup

import (
	"github.com/rapport-ledger/rapport/domain"
)

// Who looks after the customer, and in calm.
var careRules = []Rule{
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
		Reason: "meeting_proposed", Doc: "A customer who wants to meet us wants an answer.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.MeetingProposed) Says {
				if e.By == "us" {
					return Says{Key: e.Meeting, Does: Done | Told} // another time
				}
				return Says{Key: e.Meeting, Does: Cause | Knows, Impact: 2}
			}),
			on(func(e domain.MeetingDeclined) Says { return Says{Key: e.Meeting, Does: Done | Told, Text: e.Reason} }),
			on(func(e domain.InteractionHeld) Says {
				if e.Interaction == "" {
					return Says{}
				}
				return Says{Key: e.Interaction, Does: Done | Told}
			}),
			on(func(e domain.MeetingOutcomeRecorded) Says { return Says{Key: e.Meeting, Does: Done | Told} }),
		},
	},
	{
		Reason: "meeting_declined", Doc: "A customer who had no time is to be asked again, and not too soon.", Loop: Work, Order: AsOccurred,
		On: []On{
			on(func(e domain.MeetingDeclined) Says {
				if e.By == "us" {
					return Says{}
				}
				return Says{Does: Cause | when(!e.NotBefore.IsZero(), Snoozes), Impact: 1, DueAt: e.NotBefore, Until: e.NotBefore}
			}),
			on(func(domain.MeetingProposed) Says { return Says{Does: Done} }),
		},
	},
	{
		Reason: "tier_from_crisis", Doc: "A tier that was set in a crisis is to be set again in calm.", Loop: Work, Order: AsOccurred,
		On: []On{
			on(func(e domain.AccountClassified) Says {
				if e.Context == "crisis" {
					return Says{Does: Cause, Impact: 1}
				}
				return Says{Does: Done}
			}),
		},
	},
	{
		Reason: "manager_gap", Doc: "An account whose manager was released wants a successor.", Loop: Work, Order: AsOccurred,
		On: []On{
			on(func(e domain.AccountManagerReleased) Says {
				return Says{Does: Cause | Leaves, Impact: 4, Who: e.Person}
			}),
			on(func(e domain.AccountManagerAssigned) Says { return Says{Does: Holds, Who: e.Person} }),
			on(func(domain.AccountLost) Says { return Says{Does: Settles, Text: "lost"} }),
		},
	},
	{
		Reason: "role_uncovered", Doc: "A role that is critical for the customer is to be filled.", Loop: Work, Order: AsOccurred,
		On: []On{
			on(func(e domain.RoleVacated) Says { return Says{Key: domain.ID(e.Role), Does: Cause, Impact: 4} }),
			on(func(e domain.RoleAssigned) Says { return Says{Key: domain.ID(e.Role), Does: Done, Text: e.Person} }),
		},
	},
	{
		Reason: "role_without_backup", Doc: "Somebody is to stand in for who is in a critical role.", Loop: Work, Order: AsOccurred,
		On: []On{
			on(func(e domain.RoleAssigned) Says {
				if e.Backup != "" {
					return Says{Key: domain.ID(e.Role), Does: Done, Text: e.Backup}
				}
				return Says{Key: domain.ID(e.Role), Does: Cause, Impact: 2}
			}),
			on(func(e domain.RoleVacated) Says { return Says{Key: domain.ID(e.Role), Does: Settles, Text: "vacated"} }),
		},
	},
	{
		Reason: "restructure", Doc: "What was agreed to change in how the account is served is to be changed.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(domain.AccountRestructureAgreed) Says { return Says{Does: Cause, Impact: 2} }),
			on(func(e domain.AccountRestructured) Says { return Says{Does: Done, Text: e.Outcome} }),
			on(func(domain.AccountLost) Says { return Says{Does: Settles, Text: "lost"} }),
		},
	},
	{
		Reason: "initiative_unexplained", Doc: "People are to be told what an initiative means for them.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.InitiativeLaunched) Says {
				return Says{Key: e.Initiative, Does: Cause, Impact: 2, Who: e.Owner}
			}),
			on(func(e domain.InitiativeExplained) Says { return Says{Key: e.Initiative, Does: Done} }),
			on(func(e domain.InitiativeEnded) Says { return Says{Key: e.Initiative, Does: Settles, Text: e.Reason} }),
		},
	},
	{
		Reason: "deficiency", Doc: "What we do not do, or not wholly, by our own checklist wants a plan.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.ChecklistAnswered) Says {
				switch e.Performed {
				case "no":
					return Says{Key: domain.ID(e.Item), Does: Cause, Impact: 2}
				case "partial":
					return Says{Key: domain.ID(e.Item), Does: Cause, Impact: 1}
				}
				return Says{Key: domain.ID(e.Item), Does: Done}
			}),
		},
	},
}
