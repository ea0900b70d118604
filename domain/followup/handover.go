package followup

import (
	"cmp"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Holders are the people around an account: its own, or those of the accounts that it
// is merged into.
type Holders struct {
	Tier, Manager, Sponsor string
	// Released are former managers, by when they were released.
	Released map[string]time.Time
}

// HoldersOf makes the holders of an account of its profile and of those of the accounts
// it is merged into, directly and then not: theirs go before its own.
func HoldersOf(chain ...Profile) Holders {
	var h Holders
	for _, p := range chain {
		h.Tier, h.Manager, h.Sponsor = cmp.Or(p.Tier, h.Tier), cmp.Or(p.Manager, h.Manager), cmp.Or(p.Sponsor, h.Sponsor)
		for person, at := range p.Released {
			if h.Released == nil {
				h.Released = make(map[string]time.Time)
			}
			if at.After(h.Released[person]) {
				h.Released[person] = at
			}
		}
	}
	for _, p := range chain {
		delete(h.Released, p.Manager)
	}
	return h
}

// HandOver is who owns the item, and who did before and has left. An item without an
// owner of its own is the manager's. One that was a manager's is the successor's from
// when the manager was released, and nobody's until there is one; what the former
// manager is given after that is theirs again.
func HandOver(i Item, h Holders) (owner, before string) {
	if i.Owner == "" {
		return h.Manager, ""
	}
	if at, released := h.Released[i.Owner]; released && !at.Before(i.OwnerSince) {
		return h.Manager, i.Owner
	}
	return i.Owner, ""
}

// TakenTo is whom a step of the ladder takes an item to: the person, where the step
// names a role and the account has one, else what the step says.
func TakenTo(to string, h Holders) string {
	switch to {
	case domain.ToManager:
		return cmp.Or(h.Manager, to)
	case domain.ToSponsor:
		return cmp.Or(h.Sponsor, to)
	}
	return to
}
