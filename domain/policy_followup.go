package domain

func defaultFollowUp() FollowUpPolicy { return FollowUpPolicy{} }

func defaultCalendar() CalendarPolicy { return CalendarPolicy{} }
