package domain

// DefaultPolicy is in force until a policy.changed says otherwise. Its name carries a
// version: answers cite it, so what a name stands for never changes.
func DefaultPolicy() Policy {
	return Policy{
		Name:     "default-1",
		Trust:    defaultTrust(),
		FollowUp: defaultFollowUp(),
		Calendar: defaultCalendar(),
	}
}
