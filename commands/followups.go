package commands

import (
	"context"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// FollowUp names the item a use case is about and who acts.
type FollowUp struct {
	// Item is the follow-up's id as the queue shows it: <account>~<hex>.
	Item string
	// ID makes a retry a duplicate; one is made up if it is empty.
	ID string
	// Actor is who acts; optional.
	Actor string
}

// AssignFollowUp gives the item an owner.
func (r *Recorder) AssignFollowUp(ctx context.Context, f FollowUp, owner string) (Receipt, error) {
	return Receipt{}, nil
}

// SnoozeFollowUp puts the item aside until a date.
func (r *Recorder) SnoozeFollowUp(ctx context.Context, f FollowUp, until time.Time) (Receipt, error) {
	return Receipt{}, nil
}

// EscalateFollowUp takes the item to somebody higher.
func (r *Recorder) EscalateFollowUp(ctx context.Context, f FollowUp, to, reason string) (Receipt, error) {
	return Receipt{}, nil
}

// CompleteFollowUp says that the work is done.
func (r *Recorder) CompleteFollowUp(ctx context.Context, f FollowUp, outcome string) (Receipt, error) {
	return Receipt{}, nil
}

// TellFollowUp says that the customer knows what became of the item.
func (r *Recorder) TellFollowUp(ctx context.Context, f FollowUp, contact domain.ID, channel, message string) (Receipt, error) {
	return Receipt{}, nil
}

// DismissFollowUp says that nothing needs doing.
func (r *Recorder) DismissFollowUp(ctx context.Context, f FollowUp, reason string) (Receipt, error) {
	return Receipt{}, nil
}
