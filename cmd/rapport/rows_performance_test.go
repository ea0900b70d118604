package main

import (
	"slices"
	"strings"
	"testing"
)

const ofPerformance = "/v1/accounts/acme/performance"

func TestRowsOfPerformance(t *testing.T) {
	t.Parallel()
	r := newRows(t)
	rowsOfDelivery(t, r)
	rowsOfQuality(t, r)
	rowsOfEffects(t, r)
	rowsOfFigures(t, r)
}

func rowsOfDelivery(t *testing.T, r *rows) {
	t.Helper()
	r.fact("acme", "02-20", "expectation.stated", `{"expectation":"T","kind":"standard","statement":"on time and in full","measure":"otif","target":90,"uom":"pct","by":"customer"}`)
	r.fact("acme", "02-20", "delivery.promised", `{"line":"L-1","basis":"requested","promised_at":"2026-03-05T12:00:00Z","departure_at":"2026-03-03T12:00:00Z","qty":100,"uom":"pcs","tolerance_pct":5}`)
	r.fact("acme", "02-21", "delivery.promised", `{"line":"L-1","basis":"first_confirmed","promised_at":"2026-03-10T12:00:00Z","departure_at":"2026-03-08T12:00:00Z"}`)
	r.fact("acme", "02-25", "delivery.promised", `{"line":"L-1","basis":"reconfirmed","promised_at":"2026-03-20T12:00:00Z","departure_at":"2026-03-18T12:00:00Z"}`)
	r.fact("acme", "03-12", "delivery.made", `{"line":"L-1","delivered_at":"2026-03-12T12:00:00Z","departed_at":"2026-03-08T10:00:00Z","qty":96,"uom":"pcs","documents_ok":true,"damage_free":true}`)
	r.fact("acme", "03-01", "delivery.promised", `{"line":"L-2","basis":"first_confirmed","promised_at":"2026-04-10T12:00:00Z","qty":50,"uom":"pcs"}`)
	r.fact("acme", "04-10", "delivery.made", `{"line":"L-2","delivered_at":"2026-04-09T12:00:00Z","qty":50,"uom":"pcs","documents_ok":true,"damage_free":true}`)
	r.fact("acme", "03-01", "delivery.promised", `{"line":"L-3","basis":"first_confirmed","promised_at":"2026-04-20T12:00:00Z","qty":10,"uom":"pcs"}`)
	r.fact("acme", "04-20", "delivery.missed", `{"line":"L-3","late_min":2880,"short_qty":4,"uom":"pcs","reason":"resin did not come","supplier":"polymers-co"}`)
	r.fact("acme", "04-22", "delivery.excused", `{"line":"L-3","code":"force_majeure","by":"jane.doe"}`)
	r.fact("_ledger", "04-30", "certificate.granted", `{"scheme":"ISO 9001","supplier":"polymers-co"}`)
	r.fact("acme", "04-15", "quality.measured", `{"inspected_qty":1000,"nonconforming_qty":30,"uom":"kg","product":"resin","supplier":"polymers-co"}`)

	r.row(t, "S4-9", "On time and in full by every date and at both places, from one history; perfect orders; and the trend?", ofPerformance, map[string]string{
		"delivery.variants.0.basis": "requested", "delivery.variants.0.otif_pct": "0", "delivery.variants.1.on_time_pct": "33.333333333333336",
		"delivery.variants.2.basis": "last_confirmed", "delivery.variants.2.in_full_pct": "66.66666666666667",
		"delivery.variants.3.place": "departure", "delivery.variants.3.otif_pct": "0", "delivery.variants.4.otif_pct": "100", "delivery.variants.5.otif_pct": "100",
		"delivery.lines.otif_pct": "33.333333333333336", "delivery.lines.otif_excused_pct": "66.66666666666667", "delivery.lines.in_full_pct": "66.66666666666667",
		"delivery.lines.early_count": "1", "delivery.on_time_rule": "on-time-by-1",
		"misses.0.line": "L-3", "misses.0.excuses.0.code": "force_majeure", "misses.0.excuses.0.by": "jane.doe", "misses.0.short_qty": "4", "misses.1.late_min": "2880",
		"delivery.perfect.lines_perfect_count": "1", "delivery.perfect.lines_imperfect_count": "2", "delivery.perfect.documents_pct": "100",
		"delivery.trend.0.month": "2026-03", "delivery.trend.0.otif_pct": "0", "delivery.trend.1.otif_pct": "50", "delivery.trend.1.perfect_pct": "50",
		"targets.0.target_pct": "90", "targets.0.met": "false",
	})
	r.row(t, "S4-33", "How much is on time and in full, in all and at whom least?", "/v1/performance", map[string]string{
		"total.delivery.lines.line_count": "3", "items.0.account": "acme", "items.0.otif_pct": "33.333333333333336", "items.0.excused_count": "1",
	})
	r.row(t, "S0-8", "Which evidence is there of the supplier behind a miss?", ofPerformance, map[string]string{
		"misses.0.supplier": "polymers-co", "suppliers.0.supplier": "polymers-co", "suppliers.0.miss_count": "1",
		"suppliers.0.evidence.0.what": "ISO 9001", "suppliers.0.evidence.1.type": "quality.measured", "suppliers.0.evidence.1.value": "30000",
	})
	r.fact("beta", "06-01", "delivery.promised", `{"line":"L-1","basis":"requested","promised_at":"2026-07-10T12:00:00Z"}`)
	miss := r.fact("beta", "07-10", "delivery.missed", `{"line":"L-1","late_min":1440,"reason":"resin did not come"}`)
	r.row(t, "S3-15", "What was missed?", "/v1/accounts/beta/performance", map[string]string{"misses.0.position": number(miss), "misses.0.late_min": "1440"})
	t.Run("S3-15", func(t *testing.T) { // and what does it do to the score?
		list := r.answer("/v1/accounts/beta/trust?explain=true").part("contributions")
		i := slices.IndexFunc(list.parts, func(c tree) bool { return c.part("position").plain() == number(miss) })
		if i < 0 || !strings.HasPrefix(list.parts[i].part("effect").plain(), "-") {
			t.Errorf("the miss at %d takes nothing from the score: %s", miss, list.plain())
		}
	})
	r.fact("_ledger", "04-01", "policy.changed", `{"name":"early too","reason":"their dock is small","measures":[{"measure":"on_time","formula_version":"on-time-window-1","text":"on the promised day, by the hour"}]}`)
	r.row(t, "S4-9", "And since early is a miss?", ofPerformance, map[string]string{
		"delivery.on_time_rule": "on-time-window-1", "delivery.trend.0.in_full_pct": "100", "delivery.trend.1.on_time_pct": "0", "delivery.trend.1.early_count": "1",
	})
}

func rowsOfQuality(t *testing.T, r *rows) {
	t.Helper()
	r.fact("acme", "05-01", "quality.measured", `{"inspected_qty":40000,"nonconforming_qty":4,"uom":"pcs","product":"seal","by":"us"}`)
	r.fact("acme", "05-02", "quality.measured", `{"inspected_qty":10000,"nonconforming_qty":6,"uom":"pcs","product":"ring","by":"us"}`)
	r.row(t, "S4-10", "How many parts in a million are bad, by product and in all?", ofPerformance, map[string]string{
		"quality.measured.0.nonconforming_ppm": "200", "quality.products.0.product": "ring", "quality.products.0.nonconforming_ppm": "600", "quality.products.1.nonconforming_ppm": "100",
	})
	r.row(t, "S4-10", "And at which account?", "/v1/performance", map[string]string{"items.0.nonconforming_ppm": "200", "total.quality.products.1.product": "seal"})

	r.fact("acme", "05-03", "cost.compared", `{"kind":"price","subject":"seal","our_minor":190,"reference_minor":200,"currency":"EUR","reference":"market"}`)
	freight := r.fact("acme", "05-04", "freight.premium_paid", `{"amount_minor":180000,"currency":"EUR","payer":"us","line":"L-3","reason":"by air"}`)
	r.row(t, "S4-11", "Are we dearer than others, and who paid what for premium freight?", ofPerformance, map[string]string{
		"cost.compared.0.our_pct_of_reference": "95", "cost.premium_freight.0.payer": "us", "cost.premium_freight.0.amount_minor": "180000",
		"premium_freight.0.position": number(freight), "premium_freight.0.line": "L-3",
	})

	r.fact("acme", "05-05", "warranty.claimed", `{"claim":"W-1","product":"pump","serial":"7","failure_code":"leaks","in_warranty":true,"claim_minor":5000,"currency":"EUR"}`)
	r.fact("acme", "05-07", "warranty.decided", `{"claim":"W-1","accepted":true,"paid_minor":4000,"currency":"EUR"}`)
	r.fact("acme", "06-05", "warranty.claimed", `{"claim":"W-2","product":"pump","serial":"7","failure_code":"leaks"}`)
	r.fact("acme", "05-06", "return.received", `{"return":"R-1","product":"pump","qty":1,"uom":"pcs"}`)
	r.fact("acme", "05-09", "return.analysed", `{"return":"R-1","no_fault_found":true}`)
	r.fact("acme", "05-10", "delivery.made", `{"line":"L-9","delivered_at":"2026-05-10T12:00:00Z","product":"pump","qty":400,"uom":"pcs"}`)
	r.row(t, "S4-16", "How many claims per 1,000 shipped, at what cost, how soon decided, and what fails again?", ofPerformance, map[string]string{
		"warranty.products.0.product": "pump", "warranty.products.0.claims_per_1000": "5", "warranty.products.0.median_decision_h": "48", "warranty.products.0.open_count": "1",
		"warranty.costs.0.claimed_minor": "5000", "warranty.costs.0.paid_minor": "4000", "warranty.failures.0.claim_count": "2",
		"repeat_failures.0.serial": "7", "repeat_failures.0.same_code": "true", "quality.returns.0.no_fault_found_pct": "100",
	})

	r.fact("acme", "05-11", "job.completed", `{"job":"J-1","kind":"repair","first_time_right":true}`)
	r.fact("acme", "05-12", "job.completed", `{"job":"J-2","kind":"repair","first_time_right":false,"rework_h":3}`)
	r.row(t, "S1-19", "How much was right the first time?", ofPerformance, map[string]string{
		"quality.work.first_time_right_pct": "50", "quality.work.rework_h": "3", "quality.kinds.0.kind": "repair",
	})
}

func rowsOfEffects(t *testing.T, r *rows) {
	t.Helper()
	r.fact("acme", "05-20", "nonconformity.opened", `{"nonconformity":"N-1","severity":4,"line":"L-3"}`)
	r.fact("acme", "05-21", "nonconformity.cause_found", `{"nonconformity":"N-1","code":"no second source","level":"occurrence"}`)
	r.fact("acme", "05-22", "impact.penalty_assessed", `{"penalty":"P-1","amount_minor":250000,"currency":"EUR","clause":"7.2","line":"L-3"}`)
	r.fact("acme", "05-29", "impact.penalty_settled", `{"penalty":"P-1","outcome":"reduced","amount_minor":100000,"currency":"EUR"}`)
	r.fact("acme", "05-30", "impact.penalty_assessed", `{"penalty":"P-2","amount_minor":7000,"currency":"EUR"}`)
	r.row(t, "S3-16", "Which penalties were assessed, paid and waived, and what do they cost by root cause?", ofPerformance, map[string]string{
		"penalties.1.penalty": "P-1", "penalties.1.state": "reduced", "penalties.1.cause_code": "no second source", "penalties.0.state": "open", "penalties.0.paid_minor": "",
		"effects.penalties.0.assessed_minor": "257000", "effects.penalties.0.paid_minor": "100000", "effects.penalties.0.waived_minor": "150000", "effects.penalties.0.open_minor": "7000",
		"effects.penalty_causes.1.cause_code": "no second source", "effects.penalty_causes.1.paid_minor": "100000",
	})

	r.row(t, "S3-17", "How long could the customer's people not work?", ofPerformance, map[string]string{"effects.idle.idle_person_h": "", "effects.idle.report_count": "0"})
	r.fact("acme", "06-01", "impact.idle_reported", `{"people_count":12,"hours_h":1.5,"line":"L-3"}`)
	r.row(t, "S3-17", "And by what of ours that failed?", ofPerformance, map[string]string{
		"effects.idle.idle_person_h": "18", "effects.idle.report_count": "1", "effects.idle_modes.0.of": "delivery", "effects.idle_modes.0.cause_code": "no second source", "effects.idle_modes.0.idle_person_h": "18",
	})

	r.fact("_ledger", "06-10", "incident.started", `{"incident":"I-1","system":"order portal","severity":3}`)
	r.fact("_ledger", "06-10T11:00", "incident.ended", `{"incident":"I-1"}`)
	r.fact("_ledger", "06-24", "incident.observed", `{"incident":"I-1","day_n":14,"effect":"orders typed twice"}`)
	r.fact("acme", "06-12", "impact.idle_reported", `{"people_count":2,"hours_h":3,"incident":"I-1"}`)
	r.fact("acme", "06-13", "impact.unknown_declared", `{"kind":"affected","reason":"nobody counted","incident":"I-1"}`)
	r.row(t, "S3-19", "What does an outage still do, day by day, and what of it is not known?", ofPerformance, map[string]string{
		"incidents.0.incident": "I-1", "incidents.0.duration_min": "120", "incidents.0.affected_count": "", "incidents.0.unknown": `["affected"]`, "incidents.0.last_day_n": "14",
		"incidents.0.tail.0.day_n": "2", "incidents.0.tail.0.idle_person_h": "6", "incidents.0.tail.1.effects": `["orders typed twice"]`,
		"effects.unknown.affected_unknown_count": "1", "unknown.0.unknown": "affected",
	})
	r.row(t, "S3-19", "And to whom?", "/v1/performance", map[string]string{"items.0.unknown_count": "1", "total.incidents.0.system": "order portal", "total.effects.unknown.unknown_count": "1"})

	r.fact("acme", "06-20", "impact.loss_estimated", `{"loss":"X-1","amount_minor":900000,"currency":"EUR","method":"idle hours","confidence_pct":40,"line":"L-3"}`)
	r.fact("acme", "06-21", "impact.loss_estimated", `{"loss":"X-2","amount_minor":100000,"currency":"EUR","confirmed":true}`)
	r.row(t, "S3-21", "What do our failures cost the customer, how sure is it, and what of it did they confirm?", ofPerformance, map[string]string{
		"effects.losses.0.confirmed_minor": "100000", "effects.losses.0.estimated_minor": "900000", "effects.losses.0.estimated_confidence_pct": "40", "losses.1.method": "idle hours",
	})
	if out := r.cli("performance", "acme", "--at", "2026-09-01", "--part", "penalties"); !strings.Contains(out, "no second source") {
		t.Errorf("rapport performance acme --part penalties shows:\n%s", out)
	}
}

func rowsOfFigures(t *testing.T, r *rows) {
	t.Helper()
	r.fact("acme", "05-15", "figure.published", `{"measure":"otif","period":"2026-04","value":98,"uom":"pct","by":"us"}`)
	r.fact("acme", "05-16", "figure.published", `{"measure":"otif","period":"2026-04","value":91,"uom":"pct","by":"customer","origin":"their portal"}`)
	r.fact("acme", "05-17", "figure.published", `{"measure":"otif","period":"2026-04","value":92,"uom":"pct","by":"third_party"}`)
	r.fact("acme", "05-18", "performance.challenged", `{"measure":"otif","period":"2026-04","customer_value":91,"our_value":98,"uom":"pct"}`)
	r.fact("acme", "05-19", "performance.answered", `{"measure":"otif","period":"2026-04","stance":"disputed"}`)
	r.row(t, "S4-26", "What do we say, what the customer's portal, what a third party, and what do the events?", ofPerformance, map[string]string{
		"figures.0.ours": "98", "figures.0.customers": "91", "figures.0.third_partys": "92", "figures.0.customer_gap": "7", "figures.0.state": "gap", "figures.0.computed": "0",
		"disputes.dispute_rate_pct": "100", "disputes.lost_rate_pct": "", "challenges.0.stance": "disputed", "challenges.0.our_gap": "7",
	})
	r.owed(t, "S4-26", "Is somebody to bring the numbers together?", "acme", "figure_gap")
	r.fact("acme", "06-19", "figure.reconciled", `{"measure":"otif","period":"2026-04","agreed_value":91,"uom":"pct","right":"customer"}`)
	r.row(t, "S4-26", "How often do we dispute, and lose?", ofPerformance, map[string]string{
		"disputes.lost_count": "1", "disputes.lost_rate_pct": "100", "challenges.0.lost": "true", "figures.0.state": "reconciled", "figures.0.agreed": "91",
	})

	r.fact("acme", "07-01", "assessment.made", `{"assessor":"Kappa Research","independent":true,"measure":"otif","sample_count":120,"our_score":3.6,"peer_scores":[{"score":3.9},{"score":3.2}],"scale_min":1,"scale_max":5}`)
	r.row(t, "S4-22", "How far is an independent score from our own, and where are others?", ofPerformance, map[string]string{
		"assessments.0.assessor": "Kappa Research", "assessments.0.our_pct": "65", "assessments.0.own": "98", "assessments.0.own_gap": "-33", "assessments.0.place": "2", "assessments.0.peer_best": "3.9",
	})
}
