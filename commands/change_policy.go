package commands

import (
	"context"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// PolicyChange is other rules, and who wants them.
type PolicyChange struct {
	domain.PolicyChanged
	// From is when they come into force; zero for now.
	From time.Time
	// ID makes a second try a duplicate; one is made up if it is empty.
	ID string
	// Actor is who decided it; optional.
	Actor string
	// By is the id of the principal that has it recorded; empty if that may be anybody.
	By string
}

// ChangePolicy records that other rules are in force. Its errors: a [*domain.Refusal] if
// the rules make no sense or their name is taken, and those of [Outcome].
func (r *Recorder) ChangePolicy(ctx context.Context, c PolicyChange) (Receipt, error) {
	return r.own(ctx, domain.Envelope{
		ID: c.ID, Account: domain.Ledger, OccurredAt: c.From, Actor: c.Actor, RecordedBy: c.By, Data: c.PolicyChanged,
	})
}
