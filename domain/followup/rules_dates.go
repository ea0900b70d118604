package followup

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Dates that come round or run out. Their items wait until it is time; see [Rule.Ahead].
var dateRules = []Rule{
	{
		Reason: "certificate_expiry", Doc: "A certificate is to be renewed before it runs out.", Loop: Work, Order: AsOccurred, Ahead: true,
		On: []On{
			on(func(e domain.CertificateGranted) Says {
				return until(join(e.Scheme, e.Supplier, e.Person), e.ValidTo, 3)
			}),
			on(func(e domain.CertificateExpired) Says {
				return Says{Key: join(e.Scheme, e.Supplier, e.Person), Does: Cause | DueNow, Impact: 4}
			}),
		},
	},
	{
		Reason: "fact_expiry", Doc: "What we know of how a customer works is to be asked again before it is out of date.", Loop: Work, Order: AsOccurred, Ahead: true,
		On: []On{
			onEach(func(e domain.AccountFactLearned, r domain.Recorded) []Says {
				valid := e.ValidTo
				if !valid.After(r.OccurredAt) {
					valid = time.Time{} // it says that the fact is no longer true
				}
				return fact(e, r, valid, 1)
			}),
		},
	},
	{
		Reason: "customer_cycle", Doc: "Before a cycle of the customer's comes round, they want a word.", Loop: Work, Order: AsOccurred, Ahead: true,
		On: []On{
			onEach(func(e domain.AccountFactLearned, r domain.Recorded) []Says {
				return fact(e, r, e.NextAt, 2)
			}),
		},
	},
	{
		Reason: "renewal", Doc: "A contract is to be renewed before it runs out.", Loop: Work, Order: AsOccurred, Ahead: true,
		On: []On{
			on(func(e domain.AccountOpened) Says { return until("", e.Until, 4) }),
			on(func(e domain.AccountRenewed) Says { return until("", e.Until, 4) }),
			on(func(e domain.AccountNotRenewed) Says { return Says{Does: Settles, Text: e.Reason} }),
			on(func(e domain.AccountLost) Says { return Says{Does: Settles, Text: e.Reason} }),
		},
	},
	{
		Reason: "cycle_open", Doc: "A round of a process is to be gone through to its end.", Loop: Work, Order: AsRecorded,
		On: []On{
			on(func(e domain.CycleStarted) Says {
				return Says{Key: join(e.Process, string(e.Cycle)), Does: Cause, Impact: 1, Who: e.Owner}
			}),
			on(func(e domain.CycleClosed) Says {
				return Says{Key: join(e.Process, string(e.Cycle)), Does: Done, Text: e.Outcome}
			}),
		},
	},
	{
		Reason: "cycle_due", Doc: "The next round of a process is to be started when it is time.", Loop: Work, Order: AsOccurred, Ahead: true,
		On: []On{
			onEach(func(e domain.CycleStarted, r domain.Recorded) []Says {
				var next time.Time
				if e.CadenceD > 0 {
					next = r.OccurredAt.AddDate(0, 0, int(e.CadenceD))
				}
				says := until(domain.ID(e.Process), next, 1)
				says.Who = e.Owner
				return []Says{says}
			}),
		},
	},
}

// until has something to do before a date, in place of the date before; nothing, if
// there is none.
func until(key domain.ID, date time.Time, impact int) Says {
	if date.IsZero() {
		return Says{Key: key, Does: Settles}
	}
	return Says{Key: key, Does: Cause | Anew, Impact: impact, DueAt: date}
}

// fact has something to do before a date of what was learned. Learned again it has
// another date, or none.
func fact(e domain.AccountFactLearned, r domain.Recorded, date time.Time, impact int) []Says {
	switch {
	case e.Fact != "":
		return []Says{until(e.Fact, date, impact)}
	case date.IsZero():
		return nil
	}
	return []Says{until(at(r.Position), date, impact)}
}
