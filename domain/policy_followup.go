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
		},
		DefaultDueH: 5 * days,
		Escalations: []EscalationStep{
			{AfterH: 1 * days, To: ToManager, CustomerKnown: true},
			{AfterH: 5 * days, To: ToSponsor, CustomerKnown: true},
		},
	}
}
