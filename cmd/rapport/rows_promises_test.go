package main

import (
	"strings"
	"testing"
)

func TestRowsOfPromises(t *testing.T) {
	t.Parallel()
	r := newRows(t)
	const acme, all = "/v1/accounts/acme/promises", "/v1/promises"

	r.fact("acme", "01-05", "commitment.made", `{"commitment":"C-1","statement":"a quote","due_at":"2026-02-01T00:00:00Z","known_to_customer":true,"made_by":"m.keller"}`)
	r.fact("acme", "01-05", "commitment.made", `{"commitment":"C-2","statement":"samples","due_at":"2026-02-01T00:00:00Z"}`)
	r.fact("acme", "01-20", "commitment.renegotiated", `{"commitment":"C-2","new_due_at":"2026-02-15T00:00:00Z","asked_by":"us"}`)
	r.fact("acme", "02-10", "commitment.kept", `{"commitment":"C-2"}`)
	r.row(t, "S3-23", "How much of what we committed was kept, by the first and the last date, and who asked for more time?", acme, map[string]string{
		"kept.due_count": "2", "kept.on_first_pct": "0", "kept.on_last_pct": "50", "kept.moved_by_us_count": "1", "past.0.commitment": "C-2",
	})
	r.row(t, "S4-21", "What does the customer know of that is overdue?", acme, map[string]string{
		"kept.overdue_known_count": "1", "open.0.commitment": "C-1", "open.0.overdue": "true", "open.0.known_to_customer": "true",
	})
	r.row(t, "S4-21", "And at which account most?", all, map[string]string{"items.0.account": "acme", "items.0.overdue_known_count": "1"})

	r.fact("acme", "01-02", "plan.created", `{"plan":"P-1","kind":"project_phase","project":"line 3","phase":"define","due_at":"2026-01-12T09:00:00Z"}`)
	x := r.fact("acme", "01-03", "expectation.stated", `{"expectation":"X-1","kind":"requirement","statement":"on site in three days","measure":"lead time","target":3,"uom":"d","direction":"at_most","priority":4,"plan":"P-1","by":"customer"}`)
	r.fact("acme", "01-04", "expectation.confirmed", `{"expectation":"X-1"}`)
	r.fact("acme", "01-22", "plan.closed", `{"plan":"P-1"}`)
	r.fact("acme", "02-01", "expectation.stated", `{"expectation":"X-2","kind":"expectation","statement":"one face to the customer","plan":"P-1"}`)
	r.row(t, "S0-7", "Were requirements confirmed before the phase ended, and how many days did it take?", acme, map[string]string{
		"phases.0.planned_d": "10", "phases.0.used_d": "20", "phases.0.confirmed_in_time_count": "1", "phases.0.captured_late_count": "1", "phases.0.confirmed_in_time_pct": "50",
	})

	r.fact("acme", "03-01", "expectation.measured", `{"expectation":"X-1","value":2,"uom":"d","period":"2026-01"}`)
	r.fact("acme", "04-01", "expectation.measured", `{"expectation":"X-1","value":5,"uom":"d","period":"2026-02"}`)
	r.row(t, "S0-9", "How far are requirements attained, by period, and which are not?", acme, map[string]string{
		"expectations.0.expectation": "X-1", "expectations.0.state": "unmet", "expectations.0.attained_pct": "50", "expectations.0.values.0.period": "2026-02",
		"expectations.0.values.0.met": "false", "expected.attained_pct": "0",
	})
	r.owed(t, "S0-9", "Is somebody to see to those that are not?", "acme", "expectation_unmet")
	r.row(t, "S3-3", "What does the customer expect of us?", acme, map[string]string{
		"expected.stated_count": "2", "expectations.0.position": number(x), "expectations.0.statement": "on site in three days", "expectations.0.target": "3",
	})
	r.row(t, "S3-12", "Of what did the customer never say whether it is met, and how long ago did they of the rest?", acme, map[string]string{
		"expected.never_validated_count": "2", "expectations.1.since_validated_d": "",
	})
	r.fact("acme", "08-22", "expectation.validated", `{"expectation":"X-2","met":"exceeded","by":"customer"}`)
	r.row(t, "S3-12", "And when they have?", acme, map[string]string{
		"expected.never_validated_count": "1", "expectations.1.customer_validated": "true", "expectations.1.since_validated_d": "9.625",
	})

	r.fact("acme", "02-02", "expectation.stated", `{"expectation":"G-1","kind":"goal","statement":"half the scrap","due_at":"2026-09-20T00:00:00Z","by":"customer"}`)
	r.row(t, "S3-10", "Which of their goals are at risk, and what did we contribute?", all, map[string]string{"total.expected.goal_at_risk_count": "1", "items.0.goal_at_risk_count": "1"})
	r.fact("acme", "02-03", "value.shared", `{"kind":"contribution","expectation":"G-1"}`)
	r.row(t, "S3-10", "And with our help?", acme, map[string]string{"expected.goal_at_risk_count": "0", "expected.goal_count": "1"})

	r.fact("acme", "02-04", "expectation.stated", `{"expectation":"I-1","kind":"expectation","statement":"new tooling by May","by":"us","realistic_check":false,"due_at":"2026-05-01T00:00:00Z"}`)
	r.row(t, "S4-20", "What did we let them expect without checking that it can be done?", acme, map[string]string{"expected.unchecked_count": "1"})

	r.fact("acme", "02-05", "expectation.stated", `{"expectation":"ISO","kind":"standard","statement":"ISO 13485","clause":"7.3","by":"customer"}`)
	r.fact("acme", "03-05", "expectation.validated", `{"expectation":"ISO","met":"below","by":"third_party"}`)
	r.row(t, "S4-32", "Do we conform to the standards an account requires?", acme, map[string]string{
		"expectations.0.expectation": "X-1", "expectations.1.expectation": "ISO", "expectations.1.state": "unmet", "expectations.1.validations.0.by": "third_party",
	})

	r.fact("acme", "01-10", "dependency.recorded", `{"dependency":"D-1","customer_process":"assembly","our_deliverable":"castings","buffer_h":24,"people_count":12,"cost_per_h_minor":10000,"currency":"EUR","critical":true,"recovery_target_h":8}`)
	r.fact("acme", "07-01", "delivery.promised", `{"line":"L-1","basis":"first_confirmed","promised_at":"2026-09-10T00:00:00Z"}`)
	r.fact("acme", "08-01", "delivery.promised", `{"line":"L-1","basis":"reconfirmed","promised_at":"2026-09-13T00:00:00Z"}`)
	r.row(t, "S3-20", "If this comes late, who stops, and when does the buffer end?", acme, map[string]string{
		"stops.0.customer_process": "assembly", "stops.0.stops_at": "2026-09-11T00:00:00Z", "stops.0.stopped_h": "48", "stops.0.people_count": "12", "stops.0.cost_minor": "480000",
	})

	r.fact("acme", "03-01", "role.assigned", `{"role":"on-call planner","person":"m.keller","process":"assembly"}`)
	r.fact("acme", "03-01", "role.assigned", `{"role":"welder","person":"l.moreau","backup":"s.adeyemi"}`)
	r.fact("acme", "08-22", "role.vacated", `{"role":"welder"}`)
	r.row(t, "S3-13", "Which critical roles are vacant, since how many days, and which have no backup?", acme, map[string]string{
		"roles.0.role": "welder", "roles.0.state": "vacant", "roles.0.vacant_d": "9.625", "roles.1.state": "no_backup", "roles.1.process": "assembly", "dependencies.0.recovery_target_h": "8",
	})
	if out := r.cli("promises", "acme", "--at", "2026-09-01", "--part", "open"); !strings.Contains(out, "C-1") {
		t.Errorf("rapport promises acme --part open shows:\n%s", out)
	}
}
