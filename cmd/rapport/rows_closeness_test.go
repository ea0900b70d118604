package main

import "testing"

func TestRowsOfCloseness(t *testing.T) {
	t.Parallel()
	r := newRows(t)
	const acme, all = "/v1/accounts/acme/closeness", "/v1/closeness"

	r.fact("acme", "01-05", "contact.added", `{"contact":"jane","name":"Jane Doe","level":"manager"}`)
	r.fact("acme", "01-05", "contact.added", `{"contact":"joe","name":"Joe Roe","level":"operator"}`)
	r.fact("acme", "01-05", "contact.role_recorded", `{"contact":"jane","role":"economic","influence":5}`)
	r.fact("acme", "01-05", "contact.linked", `{"contact":"jane","our_person":"m.keller","our_level":"manager"}`)
	r.fact("acme", "02-01", "interaction.held", `{"interaction":"I-1","kind":"call","trigger":"crisis","direction":"inbound","contacts":["jane"],"one_on_one":true}`)
	r.fact("acme", "02-10", "account.fact_learned", `{"category":"process","statement":"stock is counted in June","interaction":"I-1"}`)
	r.fact("acme", "03-01", "interaction.held", `{"kind":"visit","trigger":"crisis","direction":"outbound","contacts":["joe"]}`)
	r.row(t, "S0-1", "How many contacts taught us nothing?", acme, map[string]string{"work.contact_count": "2", "work.taught_nothing_pct": "50"})
	r.row(t, "S2-1", "Do they only know us from crises?", acme, map[string]string{"manner.proactive_pct": "0", "manner.crisis_only": "true"})
	r.row(t, "S2-1", "And which others?", all, map[string]string{"total.crisis_only_count": "1", "items.0.crisis_only": "true"})
	r.row(t, "S0-13", "Whom did we never meet without something to buy or sell?", all, map[string]string{"total.never_met_count": "1", "items.0.never_met": "true"})
	r.fact("acme", "03-05", "interaction.held", `{"kind":"conference","name":"Users' days","trigger":"proactive","direction":"outbound","contacts":["jane"]}`)
	r.row(t, "S0-13", "How much of our contact is free of pressure?", acme, map[string]string{"manner.never_met": "false", "manner.low_pressure_pct": "33.333333333333336"})
	r.row(t, "S1-15", "How much is one on one, and which levels meet?", acme, map[string]string{"manner.one_on_one_pct": "33.333333333333336", "matrix.0.level": "manager", "matrix.0.channel": "call"})
	r.row(t, "S1-9", "Which buying influences do we miss, and when did we last meet each?", acme, map[string]string{
		"missing_roles.0": "technical", "missing_roles.1": "user", "contacts.1.contact": "jane", "contacts.1.role": "economic", "contacts.1.last_contact_at": "2026-03-05T09:00:00Z",
	})
	r.row(t, "S4-12", "Who of ours is tied to whom, at which levels, and since when is there no contact?", acme, map[string]string{
		"links.0.our_person": "m.keller", "links.0.our_level": "manager", "links.0.their_level": "manager", "links.0.since_d": "179.625",
	})
	r.fact("acme", "04-01", "survey.answered", `{"instrument":"ease","dimension":"ordering","score":3,"scale_min":1,"scale_max":5}`)
	r.row(t, "S1-14", "Who is close to whom, and how easy is each process?", acme, map[string]string{"links.0.contact": "jane", "ease.0.process": "ordering", "ease.0.mean_pct": "50"})

	r.fact("acme", "01-05", "account.channel_opened", `{"channel":"portal","levels":["operator"]}`)
	r.row(t, "S0-16", "Which channels are dark, and which levels do they reach?", acme, map[string]string{
		"channels.0.channel": "portal", "channels.0.dark": "true", "channels.0.since_d": "", "matrix.2.level": "operator", "matrix.2.channel": "visit",
	})
	r.fact("beta", "03-10", "interaction.held", `{"kind":"call"}`)
	r.row(t, "S0-16", "And who has a single one?", all, map[string]string{"total.single_channel_count": "1", "items.0.channel_count": "3", "items.1.channel_count": "1"})

	r.fact("acme", "03-10", "effort.logged", `{"hours_h":6,"planned_h":8,"relationship":true,"cost_minor":60000,"currency":"EUR"}`)
	r.row(t, "S0-15", "How many hours were set aside for the relationship, and how many spent?", acme, map[string]string{"work.planned_h": "8", "work.relationship_h": "6"})
	r.row(t, "S0-15", "And which accounts got none?", all, map[string]string{"total.no_time_count": "1", "items.0.planned_h": "8", "items.1.account": "beta", "items.1.relationship_h": "0"})
	r.fact("acme", "03-11", "account.classified", `{"tier_now":"C"}`)
	r.fact("beta", "03-11", "account.classified", `{"tier_now":"A"}`)
	r.fact("beta", "03-11", "effort.logged", `{"hours_h":2}`)
	r.row(t, "S4-6", "Which minor accounts take more time than key accounts?", all, map[string]string{
		"total.tiers.0.tier": "A", "total.tiers.0.hours_h": "2", "total.tiers.0.planned_h": "0", "total.tiers.1.tier": "C", "total.tiers.1.planned_h": "8", "total.tiers.1.cost.0.amount_minor": "60000", "items.0.account": "acme", "items.0.over_served": "true",
	})

	r.fact("acme", "03-12", "information.requested", `{"items_count":4}`)
	r.row(t, "S2-8", "From whom do we only take?", all, map[string]string{"total.takes_only_count": "1", "items.0.takes_only": "true"})
	r.fact("acme", "03-13", "value.shared", `{"kind":"saving","statement":"one pallet less","est_value_minor":500000,"currency":"EUR","accepted":true}`)
	r.fact("acme", "03-14", "value.shared", `{"kind":"revenue_idea","statement":"a service contract","est_value_minor":900000,"currency":"EUR"}`)
	r.fact("acme", "03-15", "value.shared", `{"kind":"downstream","statement":"labels for their shops","beneficiary":"retailers"}`)
	r.row(t, "S2-8", "What is given for what is asked?", acme, map[string]string{"exchange.balance": "0.75", "exchange.takes_only": "false"})
	r.row(t, "S3-8", "Which savings did we recommend, and did they take them up?", acme, map[string]string{"given.2.kind": "saving", "given.2.est_value_minor": "500000", "given.2.accepted": "true", "exchange.accepted_count": "1"})
	r.row(t, "S3-9", "Which ideas did we have for their revenue?", acme, map[string]string{"given.1.kind": "revenue_idea", "given.1.accepted": "", "exchange.value.0.amount_minor": "1400000"})
	r.row(t, "S3-11", "What helps them serve their own customers?", acme, map[string]string{"given.0.kind": "downstream", "given.0.beneficiary": "retailers"})

	r.fact("acme", "04-01", "meeting.proposed", `{"meeting":"M-1","by":"us"}`)
	r.fact("acme", "04-02", "meeting.declined", `{"meeting":"M-1","by":"them","not_before":"2026-04-20T00:00:00Z"}`)
	r.row(t, "S2-11", "Is a refusal held against anybody, and when is there a point in trying again?", acme, map[string]string{"approaches.declined_count": "1", "approaches.not_before": "2026-04-20T00:00:00Z"})
	r.fact("acme", "04-21", "meeting.proposed", `{"meeting":"M-1","by":"us"}`)
	held := r.fact("acme", "05-01", "interaction.held", `{"interaction":"M-1","kind":"meeting","trigger":"proactive","direction":"outbound"}`)
	r.row(t, "S2-9", "Who takes the initiative, and when did we last?", acme, map[string]string{"approaches.ours_pct": "100", "approaches.since_proposed_d": "132.625", "manner.ours_pct": "75"})
	r.row(t, "S2-7", "How much perseverance does it take?", acme, map[string]string{"approaches.attempts_per_held": "2", "approaches.moved_count": "1"})
	r.row(t, "S2-7", "And how old is the relationship?", "/v1/accounts/acme/portfolio", map[string]string{"relationship_d": "211.625"})
	r.row(t, "S2-10", "Which meetings led to nothing?", acme, map[string]string{"meetings.0.meeting": "M-1", "meetings.0.missing": "outcome", "meetings.0.position": number(held)})
	r.fact("acme", "05-02", "meeting.outcome_recorded", `{"meeting":"M-1","actions_count":2,"decisions_count":1,"customer_decided":false}`)
	r.row(t, "S2-10", "And of which outcome did nobody tell them?", all, map[string]string{"items.0.told_not_count": "1"})

	r.fact("acme", "05-03", "work.handed_over", `{"project":"line 3","from_function":"sales","to_function":"design","interactive":true}`)
	r.fact("acme", "05-04", "work.handed_over", `{"project":"line 3","from_function":"design","to_function":"production"}`)
	r.row(t, "S1-12", "How long are the chains of hand-overs, and how many were silent?", acme, map[string]string{"handovers.0.count": "2", "handovers.0.silent_pct": "50", "handovers.0.functions.2": "production"})
	r.fact("acme", "05-05", "interaction.held", `{"kind":"joint_review","project":"line 3","suppliers":["castings"],"functions":["design"],"their_functions":["purchasing"]}`)
	r.row(t, "S1-13", "How many joint reviews has a project, and what was decided without the customer?", acme, map[string]string{
		"handovers.0.review_count": "1", "work.supplier_review_count": "1", "work.decision_count": "1", "work.without_customer_count": "1",
	})
	r.fact("acme", "05-06", "briefing.held", `{"topics":["their new plant"],"functions":["production"],"our_levels":["shop floor"]}`)
	r.row(t, "S4-23", "Who of ours knew what, and when?", acme, map[string]string{"briefings.0.functions.0": "production", "briefings.0.at": "2026-05-06T09:00:00Z"})

	r.fact("acme", "05-07", "problem.disclosed", `{"problem":"scratches","topic":"packaging","problem_occurred_at":"2026-04-27T09:00:00Z","previously_unreported":true,"trigger":"proactive"}`)
	r.row(t, "S2-12", "How late do they tell us of problems?", acme, map[string]string{"problems.0.lag_d": "10", "problems.0.previously_unreported": "true", "exchange.disclosure_d": "10", "exchange.kept_back_count": "1"})
	r.fact("acme", "06-01", "delivery.missed", `{"line":"L-1"}`)
	r.row(t, "S2-14", "What did we miss without anybody complaining?", acme, map[string]string{"unspoken.0.line": "L-1"})
	r.row(t, "S2-14", "And in all?", all, map[string]string{"total.unspoken_count": "1", "items.0.unspoken_count": "1"})

	r.fact("acme", "05-08", "account.cadence_agreed", `{"every_d":30,"level":"manager","purpose":"review"}`)
	r.row(t, "S4-14", "Is the agreed rhythm kept, and when is the next contact due?", acme, map[string]string{
		"cadences.0.kept_pct": "0", "cadences.0.next_due_at": "2026-06-07T09:00:00Z", "cadences.0.overdue_d": "85.625",
	})
	r.fact("acme", "06-02", "alternative.sought", `{"evidence":"a rival's quote","competitor":"rival"}`)
	r.row(t, "S2-13", "Who is silent for longer than agreed, by how much, and who looks at others?", all, map[string]string{
		"items.0.account": "acme", "items.0.silent_d": "116.625", "items.0.expected_d": "30", "items.0.risk": "7.775", "total.silent_count": "1", // 116.625 of 30 days, twice as grave for C
	})
	r.row(t, "S2-13", "And who looks at others?", acme, map[string]string{"silence.agreed": "true", "silence.alternatives_count": "1"})
}
