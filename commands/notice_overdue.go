package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/eventstore"
)

// NoticeOverdue records a due.passed for each follow-up whose due date has passed,
// and gives how many are new. Each occurred at the due time, whenever it is noticed.
func (t *Timekeeper) NoticeOverdue(ctx context.Context) (int, error) {
	now := t.now().UTC().Truncate(time.Microsecond)
	overdue, err := t.watch.Overdue(ctx, now, noticeLimit)
	if err != nil {
		return 0, fmt.Errorf("look for what is overdue: %w", err)
	}
	var events []domain.Envelope
	for _, o := range overdue {
		opened, err := t.opened(ctx, o)
		if err != nil {
			return 0, fmt.Errorf("look for what opened %s: %w", o.Item, err)
		}
		if !opened {
			continue
		}
		events = append(events, domain.Envelope{
			Source:     domain.OwnSource,
			ID:         "due.passed/" + o.Item + "/" + moment(o.DueAt),
			Account:    o.Account,
			OccurredAt: o.DueAt,
			Data:       domain.DuePassed{Item: o.Item, DueAt: o.DueAt, NoticedAt: now},
		})
	}
	return t.notice(ctx, events)
}

// opened reports whether the log has what opened the item. A read model may be wrong, and
// what is recorded because of it stays.
func (t *Timekeeper) opened(ctx context.Context, o Overdue) (bool, error) {
	log := t.recorder.log
	stored, err := log.At(ctx, o.Cause)
	if err == nil && stored.Stream == o.Account {
		cause, err := decode(stored)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(followup.Read(cause), func(s followup.Signal) bool { return s.Item == o.Item && s.Does.Has(followup.Cause) }) {
			return true, nil
		}
	}
	if err != nil && !errors.Is(err, eventstore.ErrNotFound) {
		return false, err
	}
	// It may be a correction of the cause that opened it; the whole account tells.
	k, err := read(ctx, log, o.Account, true)
	if err != nil {
		return false, err
	}
	return k.book.Has(o.Item, k.reader(ctx, log))
}
