package domain

// The default business day is 7.5 hours long: Monday to Friday, 09:00 to 12:30 and
// 13:30 to 17:30. The time zone is UTC and there are no holidays, because neither can
// be guessed; a policy.changed says where business is done.
func defaultCalendar() CalendarPolicy {
	c := CalendarPolicy{TimeZone: "UTC"}
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri"} {
		c.Week = append(c.Week,
			OpeningInterval{Day: day, From: "09:00", To: "12:30"},
			OpeningInterval{Day: day, From: "13:30", To: "17:30"})
	}
	return c
}

// The times allowed are in business days of 7.5 hours. What the customer waits for is
// due in a day or two, words in a week, plans in two. What the customer knows of and is
// overdue goes to the account's manager after a day and to its sponsor after a week.
func defaultFollowUp() FollowUpPolicy {
	const days = 7.5
	return FollowUpPolicy{
		SLAs: []SLA{
			{Reason: "complaint", DueH: 2 * days},
			{Reason: "delivery_missed", DueH: 1 * days},
			{Reason: "low_score", DueH: 3 * days},
			{Reason: "negative_voice", DueH: 3 * days},
			{Reason: "request", DueH: 2 * days},
			{Reason: "plan", DueH: 10 * days},
			{Reason: "plan_action", DueH: 10 * days},
			{Reason: "improvement", DueH: 40 * days},
			{Reason: "improvement_not_told", DueH: 5 * days},
			{Reason: "meeting_outcome", DueH: 5 * days},
			{Reason: "silence", DueH: 2 * days},
			{Reason: "meeting_proposed", DueH: 1 * days},
			{Reason: "input_without_plan", DueH: 5 * days},
			{Reason: "voice_unread", DueH: 5 * days},
			{Reason: "containment", DueH: 1 * days},
			{Reason: "nonconformity_without_action", DueH: 10 * days},
			{Reason: "corrective_action", DueH: 20 * days},
			{Reason: "nonconformity", DueH: 40 * days},
			{Reason: "effect_unverified", DueH: 60 * days},
			{Reason: "finding", DueH: 10 * days},
			{Reason: "return", DueH: 10 * days},
			{Reason: "warranty", DueH: 10 * days},
			{Reason: "penalty", DueH: 10 * days},
			{Reason: "loss_unconfirmed", DueH: 10 * days},
			{Reason: "incident", DueH: 1 * days},
			{Reason: "figure_gap", DueH: 10 * days},
			{Reason: "performance_challenged", DueH: 2 * days},
			{Reason: "need_from_crisis", DueH: 20 * days},
			{Reason: "need_unmet", DueH: 10 * days},
			{Reason: "need_conflict", DueH: 10 * days},
			{Reason: "expectation_unvalidated", DueH: 40 * days},
			{Reason: "expectation_unmet", DueH: 5 * days},
			{Reason: "alternative_sought", DueH: 2 * days},
			{Reason: "on_notice", DueH: 2 * days},
			{Reason: "payment_late", DueH: 3 * days},
			{Reason: "meeting_declined", DueH: 10 * days},
			{Reason: "tier_from_crisis", DueH: 20 * days},
			{Reason: "manager_gap", DueH: 2 * days},
			{Reason: "role_uncovered", DueH: 2 * days},
			{Reason: "role_without_backup", DueH: 20 * days},
			{Reason: "restructure", DueH: 60 * days},
			{Reason: "initiative_unexplained", DueH: 10 * days},
			{Reason: "deficiency", DueH: 20 * days},
			{Reason: "cycle_open", DueH: 40 * days},
			// These have dates of their own, and wait until it is so long before.
			{Reason: "certificate_expiry", DueH: 30 * days},
			{Reason: "renewal", DueH: 60 * days},
			{Reason: "customer_cycle", DueH: 20 * days},
			{Reason: "fact_expiry", DueH: 10 * days},
			{Reason: "cycle_due", DueH: 5 * days},
		},
		DefaultDueH: 5 * days,
		Escalations: []EscalationStep{
			{AfterH: 1 * days, To: ToManager, CustomerKnown: true},
			{AfterH: 5 * days, To: ToSponsor, CustomerKnown: true},
		},
	}
}
