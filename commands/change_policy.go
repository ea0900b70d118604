package commands

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
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
	if c.ID == "" {
		made, err := uuid.NewV7()
		if err != nil {
			return Receipt{}, fmt.Errorf("make an event id: %w", err)
		}
		c.ID = made.String()
	}
	event := domain.Envelope{
		Source: domain.OwnSource, ID: c.ID, Account: domain.Ledger, OccurredAt: c.From,
		Actor: c.Actor, RecordedBy: c.By, Data: c.PolicyChanged,
	}
	if err := codec.Validate(event); err != nil {
		return Receipt{}, err
	}
	o := r.submit(ctx, []domain.Envelope{event})[0]
	return o.Receipt, o.Err
}
