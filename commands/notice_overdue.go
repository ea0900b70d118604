package commands

import (
	"context"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// NoticeOverdue records a due.passed for each follow-up whose due date has passed,
// and gives how many are new. Each occurred at the due time, whenever it is noticed.
func (t *Timekeeper) NoticeOverdue(ctx context.Context) (int, error) {
	now := t.now().UTC().Truncate(time.Microsecond)
	overdue, err := t.watch.Overdue(ctx, now, noticeLimit)
	if err != nil {
		return 0, fmt.Errorf("look for what is overdue: %w", err)
	}
	events := make([]domain.Envelope, len(overdue))
	for i, o := range overdue {
		events[i] = domain.Envelope{
			Source:     domain.OwnSource,
			ID:         "due.passed/" + o.Item + "/" + moment(o.DueAt),
			Account:    o.Account,
			OccurredAt: o.DueAt,
			Data:       domain.DuePassed{Item: o.Item, DueAt: o.DueAt, NoticedAt: now},
		}
	}
	return t.notice(ctx, events)
}
