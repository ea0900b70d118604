package commands

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// People has the keys of persons destroyed.
type People interface {
	// Forget destroys the keys of those who the events, each a [domain.PersonForgotten],
	// say are forgotten, and keeps the events in the same write. It tells how many keys
	// there were.
	Forget(ctx context.Context, events []domain.Envelope) (destroyed int, err error)
	// Announced notes that such an event is recorded.
	Announced(ctx context.Context, e domain.Envelope, position domain.Position) error
	// Unannounced gives the events that are not known to be recorded.
	Unannounced(ctx context.Context) ([]domain.Envelope, error)
}

// Forget is the intent to forget a person.
type Forget struct {
	Account domain.AccountID
	// Contacts are all the contacts that are this person: more than one after a merge.
	Contacts []domain.ID
	// Reason stays in the ledger. It must not be personal data itself.
	Reason string
	// RequestedAt is when it was asked for; optional.
	RequestedAt time.Time
	// Actor is who carries it out; optional.
	Actor string
}

// Forgotten is what came of it: a receipt for each contact, and how many keys were
// destroyed. There is none for somebody of whom nothing personal was recorded.
type Forgotten struct {
	Receipts  []Receipt
	Destroyed int
}

// Forgetting makes what the ledger knows of a person unreadable.
type Forgetting struct {
	recorder *Recorder
	people   People
	now      func() time.Time
}

// NewForgetting makes the use case.
func NewForgetting(r *Recorder, p People, now func() time.Time) *Forgetting {
	return &Forgetting{recorder: r, people: p, now: now}
}

// Forget destroys the person's keys and records a person.forgotten for each contact. If
// it fails in between, [Forgetting.Finish] goes on. Errors: a [*domain.Refusal] if a value
// breaks a rule, before anything is destroyed, and those of [Outcome].
func (f *Forgetting) Forget(ctx context.Context, c Forget) (Forgotten, error) {
	request, err := uuid.NewV7()
	if err != nil {
		return Forgotten{}, fmt.Errorf("make an event id: %w", err)
	}
	events := make([]domain.Envelope, len(c.Contacts))
	for i, contact := range c.Contacts {
		events[i] = domain.Envelope{
			Source: domain.OwnSource, ID: fmt.Sprintf("person.forgotten/%s/%d", request, i), Account: c.Account,
			OccurredAt: f.now().UTC().Truncate(time.Microsecond), Actor: c.Actor, CorrelationID: request.String(),
			Data: domain.PersonForgotten{Contact: contact, Reason: c.Reason, RequestedAt: c.RequestedAt.UTC().Truncate(time.Microsecond)},
		}
		if err := codec.Validate(events[i]); err != nil {
			return Forgotten{}, err
		}
	}
	destroyed, err := f.people.Forget(ctx, events)
	if err != nil {
		return Forgotten{}, err
	}
	// Who asked may be gone: what is begun is finished.
	receipts, err := f.announce(context.WithoutCancel(ctx), events)
	return Forgotten{Receipts: receipts, Destroyed: destroyed}, err
}

// Finish records what an earlier process destroyed keys for and could not tell of. It
// gives the number of events.
func (f *Forgetting) Finish(ctx context.Context) (int, error) {
	events, err := f.people.Unannounced(ctx)
	if err != nil {
		return 0, err
	}
	receipts, err := f.announce(ctx, events)
	return len(receipts), err
}

func (f *Forgetting) announce(ctx context.Context, events []domain.Envelope) ([]Receipt, error) {
	var receipts []Receipt
	for i, o := range f.recorder.Record(ctx, events) {
		if o.Err != nil {
			return receipts, fmt.Errorf("record that a person was forgotten: %w", o.Err)
		}
		if err := f.people.Announced(ctx, events[i], o.Receipt.Position); err != nil {
			return receipts, err
		}
		receipts = append(receipts, o.Receipt)
	}
	return receipts, nil
}
