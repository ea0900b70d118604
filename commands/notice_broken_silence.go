package commands

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// NoticeBrokenSilence records a silence.broken for each silence that a contact has
// ended, and gives how many are new. Each occurred with the contact. A contact heard of
// late may have been before the silence was due to begin: then it occurred with that.
func (t *Timekeeper) NoticeBrokenSilence(ctx context.Context) (int, error) {
	now := t.now().UTC().Truncate(time.Microsecond)
	broken, err := t.watch.Broken(ctx, now, noticeLimit)
	if err != nil {
		return 0, fmt.Errorf("look for broken silence: %w", err)
	}
	events := make([]domain.Envelope, len(broken))
	for i, b := range broken {
		by, err := t.recorder.initiator(ctx, b.Contact)
		if err != nil {
			return 0, fmt.Errorf("look for broken silence: %w", err)
		}
		at := b.ContactAt
		if at.Before(b.Since) {
			at = b.Since
		}
		events[i] = domain.Envelope{
			Source:     domain.OwnSource,
			ID:         "silence.broken/" + string(b.Account) + "/" + strconv.FormatUint(uint64(b.Silence), 10),
			Account:    b.Account,
			OccurredAt: at,
			Data: domain.SilenceBroken{
				By: by, Contact: b.Contact, Silence: b.Silence, LastContactAt: b.LastContactAt, NoticedAt: now,
			},
		}
	}
	return t.notice(ctx, events)
}

// initiator is who got in touch, by the event at a position; "" if it does not say.
func (r *Recorder) initiator(ctx context.Context, p domain.Position) (string, error) {
	stored, err := r.log.At(ctx, p)
	if err != nil {
		return "", err
	}
	e, err := decode(stored)
	if err != nil {
		return "", err
	}
	return domain.Initiator(e.Data), nil
}
