package domain

import "strings"

// defaultPrefix starts the names of default policies, past and to come.
const defaultPrefix = "default-"

// DefaultPolicy is in force until a policy.changed says otherwise. Its name carries a
// version, which goes up when anything below it changes: answers cite the name, so that
// two answers by rules that differ say so.
func DefaultPolicy() Policy {
	return Policy{
		Name:     defaultPrefix + "2",
		Trust:    defaultTrust(),
		FollowUp: defaultFollowUp(),
		Calendar: defaultCalendar(),
	}
}

// ownsName reports whether only the ledger itself calls policies that.
func ownsName(name string) bool { return strings.HasPrefix(name, defaultPrefix) }
