package main

import (
	"fmt"
	"testing"
)

func TestRowsOfThePortfolio(t *testing.T) {
	t.Parallel()
	r := newRows(t)
	const acme, all = "/v1/accounts/acme/portfolio", "/v1/portfolio"

	r.fact("acme", "01-02", "account.opened", `{"name":"Acme","kind":"internal","until":"2026-08-01T00:00:00Z"}`)
	r.row(t, "S3-2", "Do internal customers, investors and public bodies have the same answers?", all, map[string]string{
		"items.0.kind": "internal", "total.kinds.0.name": "internal", "total.unclassified_count": "1",
	})

	r.fact("acme", "01-03", "plan.created", `{"plan":"P-1","kind":"onboarding"}`)
	r.fact("acme", "01-03", "plan.action_added", `{"plan":"P-1","action":"first order","due_at":"2026-02-01T09:00:00Z"}`)
	r.fact("acme", "01-03", "plan.action_added", `{"plan":"P-1","action":"joint review","due_at":"2026-03-01T09:00:00Z"}`)
	r.fact("acme", "02-03", "plan.action_completed", `{"plan":"P-1","action":"first order"}`)
	r.fact("acme", "02-10", "complaint.raised", `{"complaint":"C-1","severity":4}`)
	r.row(t, "S0-2", "How did the relationship begin: which milestones were late or missed, what happened in the first 90 days?", acme, map[string]string{
		"onboarding.milestones.0.late_d": "2", "onboarding.milestones.1.action": "joint review", "onboarding.reached_pct": "0", "onboarding.first_90_d.complaint_count": "1",
	})

	r.fact("acme", "02-01", "account.fact_learned", `{"fact":"budget","category":"cycle","statement":"the budget is made in September","next_at":"2026-09-15T00:00:00Z","confidence_pct":80}`)
	r.row(t, "S0-5", "What do we know of how they work, where are the gaps, and who is to be met before their budget?", acme, map[string]string{
		"knowledge.0.category": "thinking", "knowledge.0.gap": "true", "knowledge.1.gap": "false", "knowledge.1.age_d": "211.625",
		"cycles.0.fact": "budget", "cycles.0.next_at": "2026-09-15T00:00:00Z",
	})
	if r.answer(acme).part("cycles.0.contact_before") != nil {
		t.Error("nobody met them before their budget")
	}
	r.fact("acme", "08-20", "interaction.held", `{"kind":"call"}`)
	r.row(t, "S0-5", "And once somebody did?", acme, map[string]string{"cycles.0.contact_before": "true"})

	won := r.fact("acme", "03-01", "order.won", `{"order":"O-1","value_minor":1000000,"currency":"EUR","acquisition_cost_minor":40000}`)
	r.fact("acme", "03-02", "account.stage_changed", fmt.Sprintf(`{"to":"preferred","reason":"first order on time","evidence":[%d]}`, won))
	r.fact("acme", "06-02", "account.stage_changed", `{"from":"preferred","to":"partner"}`)
	r.row(t, "S1-2", "What is our status as their supplier, and what went before each change?", acme, map[string]string{
		"stage": "partner", "moves.0.from": "preferred", "moves.1.reason": "first order on time", "moves.0.before.complaint_count": "1",
	})
	r.row(t, "S2-15", "When did they become a partner, and on what evidence?", acme, map[string]string{
		"moves.0.to": "partner", "moves.1.evidence.0": number(won),
	})

	r.fact("acme", "02-02", "account.classified", `{"tier_now":"C","tier_future":"A","horizon_months":36,"context":"planned","functions":["sales"],"decided_by":["m.keller"],"basis":["volume"]}`)
	r.fact("beta", "02-02", "account.classified", `{"tier_now":"A","context":"crisis","functions":["sales","quality"],"dissent":["finance"]}`)
	r.fact("gamma", "02-02", "interaction.held", `{"kind":"call"}`)
	r.row(t, "S1-5", "How important was the account on a day, and which accounts nobody classified?", acme+"?at=2026-05-01T00:00:00Z", map[string]string{"tier.tier_now": "C", "tier.decided_by.0": "m.keller"})
	r.row(t, "S1-5", "And in all?", all, map[string]string{"total.unclassified_count": "1", "items.0.account": "beta"})
	r.row(t, "S1-6", "Whose tier did one function decide on alone, and who dissented?", all, map[string]string{"total.one_function_count": "1", "items.1.one_function": "true"})
	r.row(t, "S1-6", "And who dissented?", "/v1/accounts/beta/portfolio", map[string]string{"tier.dissent.0": "finance"})
	r.row(t, "S1-8", "How many tiers were decided in a crisis?", all, map[string]string{"total.decisions_count": "2", "total.crisis_pct": "50"})
	r.row(t, "S4-7", "Which key accounts of the future are minor ones today?", all, map[string]string{"total.future_key_count": "1", "items.1.account": "acme", "items.1.future_key": "true"})

	r.fact("acme", "02-03", "account.manager_assigned", `{"person":"m.keller"}`)
	r.fact("acme", "05-01", "account.manager_released", `{"person":"m.keller"}`)
	r.fact("acme", "05-11", "account.manager_assigned", `{"person":"l.moreau"}`)
	r.row(t, "S4-13", "Who looked after the account on a day, and how long did nobody?", acme, map[string]string{"manager": "l.moreau", "gap_d": "10", "managers.1.person": "m.keller"})
	r.row(t, "S4-13", "And which have nobody?", all, map[string]string{"total.unmanaged_count": "2"})
	r.fact("beta", "03-01", "account.sponsor_appointed", `{"person":"ceo"}`)
	r.fact("beta", "04-01", "interaction.held", `{"kind":"visit","our_people":["ceo"]}`)
	r.row(t, "S4-17", "Which key accounts have a senior sponsor, and when did they last meet?", all, map[string]string{"total.sponsored_pct": "100", "items.0.sponsor": "ceo"})
	r.row(t, "S4-17", "When did they last meet?", "/v1/accounts/beta/portfolio", map[string]string{"sponsor_met_at": "2026-04-01T09:00:00Z"})

	r.fact("acme", "03-05", "account.margin_measured", `{"period":"2026-02","margin_minor":-500,"cost_to_serve_minor":9000,"currency":"EUR"}`)
	r.fact("acme", "04-01", "account.restructure_agreed", `{"measures":["one visit a quarter"],"target_cost_minor":5000,"currency":"EUR"}`)
	r.fact("acme", "05-01", "account.restructured", `{}`)
	r.fact("acme", "06-05", "account.margin_measured", `{"period":"2026-05","margin_minor":700,"cost_to_serve_minor":4000,"currency":"EUR"}`)
	r.fact("acme", "07-05", "survey.answered", `{"instrument":"csat","score":3,"scale_min":1,"scale_max":5}`)
	r.row(t, "S4-8", "What did restructuring change in cost to serve, and what did it do to satisfaction?", acme, map[string]string{
		"restructured.0.cost_before_minor": "9000", "restructured.0.cost_after_minor": "4000", "restructured.0.satisfied_after_pct": "50", "restructured.0.satisfied_before_pct": "",
	})
	r.row(t, "S4-2", "How many stay, and what does keeping cost against winning?", all, map[string]string{
		"total.keep.0.amount_minor": "13000", "total.win.0.amount_minor": "40000", "total.retention_pct": "",
	})
	r.fact("acme", "08-02", "account.renewed", `{"value_minor":500000,"currency":"EUR","until":"2027-08-01T00:00:00Z"}`)
	r.row(t, "S4-2", "And once they renewed?", all, map[string]string{"total.renewed_count": "1", "total.retention_pct": "100"})

	r.fact("acme", "07-10", "payment.received", `{"invoice":"I-1","amount_minor":1000,"currency":"EUR"}`)
	r.fact("acme", "07-11", "payment.late", `{"invoice":"I-2","late_d":12,"amount_minor":500,"currency":"EUR"}`)
	r.row(t, "S4-28", "How do they pay?", acme, map[string]string{"received.0.amount_minor": "1000", "late_count": "1", "late_mean_d": "12"})
	r.fact("acme", "07-12", "referral.given", `{"contact":"jane"}`)
	r.row(t, "S4-29", "What do satisfied customers buy later, whom do they bring, and what do they cost?", acme, map[string]string{"orders.0.amount_minor": "1000000", "referrals_count": "1"})
	r.fact("acme", "09-01", "order.won", `{"order":"O-2","value_minor":70000,"currency":"EUR"}`)
	r.row(t, "S4-29", "And half a year later?", "/v1/portfolio?at=2027-02-01T00:00:00Z", map[string]string{
		"items.1.account": "acme", "items.1.satisfied_pct": "50", "items.1.sales.0.amount_minor": "70000", "items.1.sales_before.0.amount_minor": "1000000",
	})

	r.fact("gamma", "07-01", "delivery.missed", `{"line":"L-1"}`)
	r.fact("gamma", "08-01", "account.lost", `{"reason":"late deliveries","to":"rival","revenue_lost_minor":900000,"currency":"EUR"}`)
	for _, id := range []string{"S3-1", "S3-18"} {
		r.row(t, id, "Whom did we lose, what does it cost, and what happened in the half year before?", all, map[string]string{
			"total.losses.0.account": "gamma", "total.losses.0.revenue_lost_minor": "900000", "total.losses.0.before.miss_count": "1",
		})
	}

	r.fact("_ledger", "02-01", "priority.published", `{"consumer":"dispatch","tier":"A","rank":1}`)
	r.fact("acme", "03-01", "priority.overridden", `{"order":"O-9","consumer":"dispatch","reason":"the loudest","approver":"ceo","context":"crisis","accounts":["beta"]}`)
	r.row(t, "S1-7", "Which priorities hold for sales, scheduling and dispatch, and what was served out of turn under pressure?", all, map[string]string{
		"total.priorities.0.consumer": "dispatch", "total.priorities.0.tier": "A", "total.overrides.0.context": "crisis", "total.pressure_pct": "100", "total.key_waited_count": "1",
	})
	r.fact("_ledger", "03-02", "priority.published", `{"consumer":"scheduling","resource":"press 4","accounts":["beta","acme"]}`)
	r.row(t, "S4-24", "Who gets what is scarce, and who decided otherwise, and why?", all, map[string]string{
		"total.priorities.1.resource": "press 4", "total.priorities.1.accounts.0": "beta", "total.overrides.0.approver": "ceo", "total.overrides.0.reason": "the loudest",
	})

	r.fact("acme", "03-03", "priority.published", `{"consumer":"sales","rank":3}`)
	r.row(t, "S1-7", "And which of one account alone?", acme, map[string]string{"priorities.0.consumer": "sales", "priorities.0.rank": "3"})

	r.fact("_ledger", "01-01", "cycle.started", `{"process":"satisfaction","cycle":"2026-Q1","cadence_d":90}`)
	r.fact("_ledger", "02-01", "cycle.closed", `{"process":"satisfaction","cycle":"2026-Q1","findings_count":3}`)
	r.row(t, "S4-1", "Did each round of the satisfaction process run?", all, map[string]string{"total.cycles.0.missed_count": "2", "total.cycles.0.closed_count": "1"})
	r.fact("_ledger", "01-10", "objective.set", `{"person":"ceo","measure":"nps","weight_pct":20}`)
	r.fact("_ledger", "06-10", "objective.reviewed", `{"person":"cfo","measure_discussed":false}`)
	r.row(t, "S4-18", "How many managers have a customer's measure among their objectives, and which reviews skipped it?", all, map[string]string{"total.objectives_pct": "50", "total.skipped_count": "1"})
	r.fact("_ledger", "01-15", "initiative.launched", `{"initiative":"I-1","name":"customer first","audience_count":10}`)
	r.fact("_ledger", "01-16", "initiative.explained", `{"initiative":"I-1","audience_count":4}`)
	r.fact("_ledger", "01-30", "training.completed", `{"person":"m.keller","audience":"employee","initiative":"I-1"}`)
	r.row(t, "S4-27", "Is an initiative explained and trained, or did it fade after its launch?", all, map[string]string{
		"total.initiatives.0.trained_pct": "10", "total.initiatives.0.explained_count": "4", "total.initiatives.0.weeks.0": "1", "total.initiatives.0.weeks.2": "1", "total.initiatives.0.weeks.5": "0",
	})
}
