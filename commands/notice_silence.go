package commands

import (
	"context"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// NoticeSilence records a silence.noticed for each account that has been silent for
// too long, and gives how many are new. Each occurred when the agreed time ran out.
func (t *Timekeeper) NoticeSilence(ctx context.Context) (int, error) {
	now := t.now().UTC().Truncate(time.Microsecond)
	silent, err := t.watch.Silent(ctx, now, noticeLimit)
	if err != nil {
		return 0, fmt.Errorf("look for silence: %w", err)
	}
	events := make([]domain.Envelope, len(silent))
	for i, s := range silent {
		events[i] = domain.Envelope{
			Source:     domain.OwnSource,
			ID:         "silence.noticed/" + string(s.Account) + "/" + moment(s.Since),
			Account:    s.Account,
			OccurredAt: s.Since,
			Data:       domain.SilenceNoticed{LastContactAt: s.LastContactAt, CadenceD: s.CadenceD, NoticedAt: now},
		}
	}
	return t.notice(ctx, events)
}
