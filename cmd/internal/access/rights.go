// Package access says who may do what: principals with their roles, the one table of
// rights, and the ways to tell who asks. Doors ask it, over HTTP and over NATS alike.
package access

import (
	"fmt"
	"slices"
	"strings"
)

// Right is something a principal may do. What a route or a subject needs is one right.
type Right string

// The rights. The zero value is not one, and nobody has it.
const (
	// Anyone is what needs no right: who asks may be unknown.
	Anyone Right = "anyone"
	// Watch is to see how the ledger itself is: metrics, projections. No events.
	Watch Right = "watch"
	// Record is to have events recorded; which ones, see [Principal.Admit].
	Record Right = "record"
	// Read is to read events and what they say, personal data too.
	Read Right = "read"
	// Act is to act on what is recorded: follow-ups, corrections, refused events,
	// forgetting.
	Act Right = "act"
	// Administer is to run the ledger: tokens, rebuilds, policies, backups.
	Administer Right = "administer"
)

// Role is a set of rights with a name.
type Role string

// The roles.
const (
	Monitor Role = "monitor"
	Emitter Role = "emitter"
	Analyst Role = "analyst"
	Steward Role = "steward"
	Admin   Role = "admin"
)

// rights is the table. What is not in it is not allowed.
var rights = map[Role][]Right{
	Monitor: {Watch},
	Emitter: {Watch, Record},
	Analyst: {Watch, Read},
	Steward: {Watch, Read, Record, Act},
	Admin:   {Watch, Read, Record, Act, Administer},
}

// Roles are the names of all roles, from the least to the most powerful.
func Roles() []Role { return []Role{Monitor, Emitter, Analyst, Steward, Admin} }

// ParseRole reads the name of a role.
func ParseRole(name string) (Role, error) {
	if _, ok := rights[Role(name)]; ok {
		return Role(name), nil
	}
	var names []string
	for _, r := range Roles() {
		names = append(names, string(r))
	}
	return "", fmt.Errorf("%q is not a role; there are %s", name, strings.Join(names, ", "))
}

// may reports whether the role has the right.
func (r Role) may(right Right) bool { return slices.Contains(rights[r], right) }
