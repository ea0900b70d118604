package main

import (
	"fmt"
	"testing"
)

func TestRowsOfImprovement(t *testing.T) {
	t.Parallel()
	r := newRows(t)
	const acme, all = "/v1/accounts/acme/improvement", "/v1/improvement"

	// 2 February 2026 is a Monday; business days are from 09:00 to 17:30 with an hour's lunch, in UTC.
	asked := r.fact("acme", "02-02", "request.received", `{"request":"R-1","topic":"manual"}`)
	r.fact("acme", "02-02T10:00", "request.clarified", `{"request":"R-1","awaiting":"customer"}`)
	r.fact("acme", "02-03", "request.clarified", `{"request":"R-1","awaiting":"us"}`)
	r.fact("acme", "02-03T09:30", "request.answered", `{"request":"R-1","outcome":"sent","first_answer_sufficient":false,"shortcoming":"no manual in Polish"}`)
	r.fact("acme", "02-04", "request.received", `{"request":"R-2","topic":"price"}`)
	r.row(t, "S0-3", "How fast do we answer, how often is the first answer enough, and how many contacts does it take?", acme, map[string]string{
		"requests.median_answer_min": "90", "requests.clarification_pct": "50", "requests.first_answer_pct": "0", "requests.contacts_per_answer": "4",
	})
	r.row(t, "S3-24", "Whom did nobody answer, and since when?", acme, map[string]string{"requests.unanswered_count": "1", "request_list.0.request": "R-2", "request_list.0.late": "true"})
	r.row(t, "S3-24", "And in all?", all, map[string]string{"items.0.account": "acme", "items.0.unanswered_count": "1", "total.requests.unanswered_count": "1"})
	r.row(t, "S4-15", "Which shortcomings do requests and answers reveal?", all, map[string]string{"total.requests.shortcomings.0.name": "no manual in Polish", "total.requests.shortcomings.0.count": "1"})

	raised := r.fact("acme", "02-09", "complaint.raised", `{"complaint":"C-1","severity":4,"safety":true,"product":"pump"}`)
	r.fact("acme", "02-09T09:20", "complaint.acknowledged", `{"complaint":"C-1"}`)
	r.row(t, "S3-6", "At which stage are complaints, and were they acknowledged?", acme, map[string]string{
		"complaint_list.0.stage": "acknowledged", "complaint_list.0.acknowledged_min": "20", "complaints.open_safety_count": "1", "complaints.median_ack_min": "20", "complaints.ack_in_time_pct": "100",
	})
	r.fact("acme", "02-09T11:00", "complaint.answered", `{"complaint":"C-1","stance":"accepted"}`)
	r.fact("acme", "02-09T12:00", "complaint.closed", `{"complaint":"C-1","accepted_by_customer":true}`)
	r.row(t, "S3-6", "And do customers accept the end?", acme, map[string]string{"complaint_list.0.stage": "closed", "complaints.accepted_pct": "100", "complaints.answered_in_time_pct": "100"})
	r.row(t, "S0-4", "How many difficulties did we work through together, and how fast?", acme, map[string]string{"complaints.recovered_pct": "100", "complaint_list.0.closed_h": "3"})
	r.row(t, "S1-18", "How long does it take to resolve, by severity?", acme, map[string]string{"complaints.severities.0.severity": "4", "complaints.severities.0.median_h": "3", "complaints.severities.0.p90_h": "3", "complaints.open_count": "0"})
	r.fact("acme", "02-10", "complaint.reopened", `{"complaint":"C-1"}`)
	r.row(t, "S1-18", "And how often is it not over?", acme, map[string]string{"complaints.reopened_pct": "100", "complaints.open_count": "1", "complaint_list.0.reopened_count": "1"})

	r.fact("acme", "02-10", "nonconformity.opened", fmt.Sprintf(`{"nonconformity":"N-1","severity":4,"of":%d,"complaint":"C-1","qty_affected":12,"uom":"pcs","cost_minor":80000,"currency":"EUR","supplier":"castings"}`, raised))
	r.fact("acme", "02-10T11:00", "nonconformity.contained", `{"nonconformity":"N-1"}`)
	r.fact("acme", "02-11", "nonconformity.cause_found", `{"nonconformity":"N-1","code":"tool wear","level":"occurrence"}`)
	r.fact("acme", "02-11T10:00", "nonconformity.action_planned", `{"nonconformity":"N-1","action":"A-1","owner":"m.keller","due_at":"2026-03-01T00:00:00Z"}`)
	r.row(t, "S0-10", "Which corrections are open, at which stage, since when, and what does it cost?", acme, map[string]string{
		"nonconformity_list.0.stage": "D5", "nonconformity_list.0.clocks.0.stage": "D2", "nonconformity_list.0.clocks.0.hours_h": "2", "nonconformity_list.0.overdue_count": "1",
		"nonconformities.cost.0.amount_minor": "80000", "nonconformities.recurrence_pct": "0", "nonconformities.stages.0.stage": "D2", "nonconformities.stages.0.median_h": "2",
	})
	r.fact("acme", "04-10", "nonconformity.opened", `{"nonconformity":"N-2","severity":2,"repeats":"N-1"}`)
	r.row(t, "S0-10", "And what came back?", acme, map[string]string{"nonconformities.recurrence_pct": "50", "nonconformity_list.0.recurred_count": "1"})
	r.row(t, "S0-10", "And in all?", all, map[string]string{"items.0.overdue_actions_count": "1", "total.nonconformities.open_count": "2"})

	r.fact("acme", "03-02", "improvement.agreed", fmt.Sprintf(`{"improvement":"I-1","statement":"tools are changed earlier","customer_signatory":"jane","owner":"m.keller","owner_level":"executive","due_at":"2026-05-01T00:00:00Z","planned_person_h":40,"from":[%d]}`, raised))
	r.fact("acme", "03-02", "improvement.agreed", `{"improvement":"I-2","due_at":"2026-12-01T00:00:00Z","planned_person_h":300,"realistic_check":false}`)
	r.fact("acme", "03-03", "improvement.value_estimated", `{"improvement":"I-1","amount_minor":500000,"currency":"EUR","basis":"scrap","confirmed_by_customer":true}`)
	r.row(t, "S0-17", "What is each improvement worth to the customer, and do they say so or we?", acme, map[string]string{"improvements.value.0.amount_minor": "500000", "improvement_list.0.value_confirmed": "true", "improvement_list.1.value_minor": ""})
	r.row(t, "S0-20", "How many improvements were agreed together?", acme, map[string]string{"improvements.co_agreed_pct": "50", "improvement_list.0.signatory": "jane"})
	r.fact("_ledger", "03-03", "figure.published", `{"measure":"capacity","period":"2026","value":160,"uom":"person_h","by":"us"}`)
	r.row(t, "S4-20", "Do we promise more than there is time for?", acme, map[string]string{"improvements.planned_person_h": "340", "improvements.capacity_person_h": "160", "improvements.unchecked_count": "2"})
	r.row(t, "S4-20", "And to all together?", all, map[string]string{"total.improvements.planned_person_h": "340", "total.improvements.capacity_person_h": "160"})
	r.fact("acme", "05-11", "improvement.delivered", fmt.Sprintf(`{"improvement":"I-1","offering":"pump","from":[%d]}`, asked))
	r.row(t, "S4-19", "Do seniors deliver on time what they own?", acme, map[string]string{"improvements.on_time_pct": "0", "improvements.levels.0.owner_level": "executive", "improvements.levels.0.on_time_pct": "0", "improvement_list.0.late_d": "10.375"})
	r.row(t, "S2-16", "What that they said changed what we offer?", acme, map[string]string{"improvement_list.0.offering": "pump", "improvement_list.0.because.0": number(raised), "improvement_list.0.because.1": number(asked)})
	r.row(t, "S0-21", "What was delivered that nobody told them?", acme, map[string]string{"improvement_list.0.state": "delivered", "improvements.told_pct": "0", "improvements.not_told_count": "1"})
	r.fact("acme", "05-12", "improvement.told", `{"improvement":"I-1","contact":"jane","acknowledged":true}`)
	r.row(t, "S0-21", "And once they were told?", all, map[string]string{"total.improvements.told_pct": "100", "items.0.not_told_count": "0"})

	r.fact("acme", "06-01", "improvement.descoped", `{"improvement":"I-2","reason":"too dear"}`)
	r.fact("acme", "06-04", "improvement.told", `{"improvement":"I-2","contact":"jane"}`)
	r.row(t, "S4-20", "And how late do they hear that something will not be done?", acme, map[string]string{
		"improvements.descoped_count": "1", "improvement_list.1.state": "told", "improvement_list.1.descope_told_d": "3", "improvement_list.1.late_d": "",
	})

	r.fact("acme", "03-04", "involvement.started", `{"effort":"E-1","party":"customer","kind":"pilot","people_count":3,"improvement":"I-1"}`)
	r.fact("acme", "03-04", "involvement.started", `{"effort":"E-1","party":"supplier","supplier":"castings","kind":"pilot","improvement":"I-1"}`)
	r.fact("acme", "05-04", "involvement.ended", `{"effort":"E-1","outcome":"half the scrap","reached":true}`)
	r.row(t, "S0-14", "In which efforts do customers take part, and do those with them get further?", acme, map[string]string{
		"efforts.0.customer": "true", "efforts.0.outcome": "half the scrap", "involvement.reached_with_pct": "100", "involvement.reached_without_pct": "", "involvement.customer_count": "1", "involvement.supplier_count": "1",
	})
	r.row(t, "S0-8", "In how many improvements do suppliers take part, and which supplier is behind what went wrong?", acme, map[string]string{
		"involvement.with_supplier_pct": "50", "efforts.0.suppliers.0": "castings", "nonconformity_list.0.supplier": "castings",
	})

	r.fact("acme", "01-02", "account.manager_assigned", `{"person":"m.keller"}`)
	r.fact("_ledger", "01-03", "training.completed", `{"person":"m.keller","audience":"employee","programme":"8D"}`)
	r.fact("_ledger", "01-04", "certificate.granted", `{"scheme":"auditor","person":"m.keller","valid_to":"2026-10-01T00:00:00Z"}`)
	r.row(t, "S0-12", "Were the people on this account trained and certified on that day?", acme+"?at=2026-03-01T00:00:00Z", map[string]string{"coverage.trained_pct": "100", "coverage.certified_pct": "100", "people.0.programmes.0": "8D"})
	r.row(t, "S0-12", "And whose certificates end?", all, map[string]string{"total.expiring.0.person": "m.keller", "total.expiring.0.scheme": "auditor"})

	words := r.fact("acme", "02-10", "voice.captured", `{"verbatim":"Late again","polarity":-1}`)
	r.fact("acme", "02-10", "wish.expressed", `{"topic":"a portal"}`)
	r.fact("acme", "02-10", "voice.captured", `{"verbatim":"Well done","polarity":2}`) // praise wants no plan
	r.fact("acme", "02-16", "plan.created", fmt.Sprintf(`{"plan":"P-1","from":[%d],"due_at":"2026-03-16T09:00:00Z","customer_knows":true,"owner":"m.keller"}`, words))
	r.row(t, "S1-17", "How much of what they told us led to a plan, and what did not in time?", acme, map[string]string{"inputs.inputs_count": "2", "inputs.planned_pct": "50", "inputs.unplanned_count": "1"})
	r.row(t, "S4-25", "What that the customer knows of is overdue, and by how many business hours?", acme, map[string]string{
		"plans.0.plan": "P-1", "plans.0.overdue": "true", "plans.0.customer_knows": "true", "plans.0.overdue_h": "907.5", "inputs.known_overdue_count": "1",
	})
	r.row(t, "S4-25", "And in all?", all, map[string]string{"total.inputs.known_overdue_count": "1", "items.0.known_overdue_count": "1"})
}
