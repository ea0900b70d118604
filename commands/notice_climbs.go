package commands

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// NoticeClimbs records a followup.escalated for each follow-up that has reached a step of
// the policy's ladder, and gives how many are new. Each occurred when the step was
// reached, whenever it is noticed. What has ended meanwhile is refused when it is
// recorded, and that is no error.
func (t *Timekeeper) NoticeClimbs(ctx context.Context) (int, error) {
	now := t.now().UTC().Truncate(time.Microsecond)
	climbs, err := t.watch.Climbs(ctx, now, noticeLimit)
	if err != nil {
		return 0, fmt.Errorf("look for what is to be escalated: %w", err)
	}
	events := make([]domain.Envelope, len(climbs))
	for i, c := range climbs {
		step := strconv.Itoa(c.Step)
		events[i] = domain.Envelope{
			Source:     domain.OwnSource,
			ID:         "followup.escalated/" + c.Item + "/" + moment(c.DueAt) + "/" + step,
			Account:    c.Account,
			OccurredAt: c.At,
			Data: domain.FollowUpEscalated{
				Item: c.Item, To: c.To, Reason: "overdue since " + c.DueAt.UTC().Format("2006-01-02 15:04") + " UTC: step " + step + " of the ladder",
				Step: int64(c.Step), DueAt: c.DueAt, NoticedAt: now,
			},
		}
	}
	return t.notice(ctx, events)
}
