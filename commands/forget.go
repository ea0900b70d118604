package commands

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
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
	// Unannounced gives the events that are not known to be recorded. The keys are then on
	// no disk any more, or it fails.
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
	// By is the id of the principal that has it done; empty if that may be anybody.
	By string
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
	// unfinished says that something was begun and failed on the way.
	unfinished atomic.Bool
}

// NewForgetting makes the use case.
func NewForgetting(r *Recorder, p People, now func() time.Time) *Forgetting {
	return &Forgetting{recorder: r, people: p, now: now}
}

// Forget destroys the person's keys and records a person.forgotten for each contact. If
// it fails in between, [Forgetting.Run] goes on. Errors: a [*domain.Refusal] if a value
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
			OccurredAt: f.now().UTC().Truncate(time.Microsecond), Actor: c.Actor, RecordedBy: c.By, CorrelationID: request.String(),
			Data: domain.PersonForgotten{Contact: contact, Reason: c.Reason, RequestedAt: c.RequestedAt.UTC().Truncate(time.Microsecond)},
		}
		if err := codec.Validate(events[i]); err != nil {
			return Forgotten{}, err
		}
	}
	destroyed, err := f.people.Forget(ctx, events)
	if err != nil {
		f.unfinished.Store(true)
		return Forgotten{}, err
	}
	// Who asked may be gone: what is begun is finished.
	receipts, err := f.announce(context.WithoutCancel(ctx), events)
	if err != nil {
		f.unfinished.Store(true)
	}
	return Forgotten{Receipts: receipts, Destroyed: destroyed}, err
}

// Run finishes, every so often until ctx ends, what was begun and failed on the way.
// What goes wrong again is given to report.
func (f *Forgetting) Run(ctx context.Context, every time.Duration, report func(error)) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if !f.unfinished.Load() {
				continue
			}
			if _, err := f.Finish(ctx); err != nil && ctx.Err() == nil {
				report(err)
			}
		}
	}
}

// Finish records what keys were destroyed for without its being told, by this process or
// an earlier one. It gives the number of events.
func (f *Forgetting) Finish(ctx context.Context) (n int, err error) {
	f.unfinished.Store(false) // what fails from now on is set again
	defer func() {
		if err != nil {
			f.unfinished.Store(true)
		}
	}()
	events, err := f.people.Unannounced(ctx)
	if err != nil {
		return 0, err
	}
	receipts, err := f.announce(ctx, events)
	return len(receipts), err
}

// announce records the events. One that cannot be keeps no other back.
func (f *Forgetting) announce(ctx context.Context, events []domain.Envelope) (receipts []Receipt, err error) {
	var errs []error
	for i, o := range f.recorder.Record(ctx, events) {
		if o.Err != nil {
			errs = append(errs, fmt.Errorf("record that a person was forgotten: %w", o.Err))
			continue
		}
		if err := f.people.Announced(ctx, events[i], o.Receipt.Position); err != nil {
			errs = append(errs, err)
			continue
		}
		receipts = append(receipts, o.Receipt)
	}
	return receipts, errors.Join(errs...)
}
