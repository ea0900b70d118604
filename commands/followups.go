package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

// FollowUp names the item that a use case is about, and who acts.
//
// The use cases record what was done as events of the ledger's own source. Their
// errors: [ErrNoSuchItem], a [*domain.Refusal] if the item is over or a value breaks a
// rule, and those of [Outcome].
type FollowUp struct {
	// Item is the follow-up's id as the queue shows it: <account>~<hex>.
	Item string
	// ID makes a second try a duplicate; one is made up if it is empty.
	ID string
	// Actor is who acts; optional.
	Actor string
	// By is the id of the principal that has it recorded; empty if that may be anybody.
	By string
}

// AssignFollowUp gives the item an owner.
func (r *Recorder) AssignFollowUp(ctx context.Context, f FollowUp, owner string) (Receipt, error) {
	return r.act(ctx, f, domain.FollowUpAssigned{Item: f.Item, Owner: owner})
}

// SnoozeFollowUp puts the item aside until a date, which is yet to come.
func (r *Recorder) SnoozeFollowUp(ctx context.Context, f FollowUp, until time.Time) (Receipt, error) {
	until = until.UTC().Truncate(time.Microsecond)
	return r.act(ctx, f, domain.FollowUpSnoozed{Item: f.Item, Until: until})
}

// EscalateFollowUp takes the item to somebody higher.
func (r *Recorder) EscalateFollowUp(ctx context.Context, f FollowUp, to, reason string) (Receipt, error) {
	return r.act(ctx, f, domain.FollowUpEscalated{Item: f.Item, To: to, Reason: reason})
}

// CompleteFollowUp says that the work is done; the customer may not know yet.
func (r *Recorder) CompleteFollowUp(ctx context.Context, f FollowUp, outcome string) (Receipt, error) {
	return r.act(ctx, f, domain.FollowUpCompleted{Item: f.Item, Outcome: outcome})
}

// TellFollowUp says that the customer knows what became of the item. The contact, the
// channel and the message are optional.
func (r *Recorder) TellFollowUp(ctx context.Context, f FollowUp, contact domain.ID, channel, message string) (Receipt, error) {
	return r.act(ctx, f, domain.FollowUpCustomerTold{Item: f.Item, Contact: contact, Channel: channel, Message: message})
}

// DismissFollowUp says that nothing needs doing, and why.
func (r *Recorder) DismissFollowUp(ctx context.Context, f FollowUp, reason string) (Receipt, error) {
	return r.act(ctx, f, domain.FollowUpDismissed{Item: f.Item, Reason: reason})
}

func (r *Recorder) act(ctx context.Context, f FollowUp, act domain.Event) (Receipt, error) {
	account := followup.AccountOf(f.Item)
	if account == "" {
		return Receipt{}, fmt.Errorf("%w: %q", ErrNoSuchItem, f.Item)
	}
	receipt, err := r.own(ctx, domain.Envelope{ID: f.ID, Account: account, Actor: f.Actor, RecordedBy: f.By, Data: act})
	if _, ok := errors.AsType[*noSuchItem](err); ok {
		return Receipt{}, fmt.Errorf("%w: %q", ErrNoSuchItem, f.Item)
	}
	return receipt, err
}
