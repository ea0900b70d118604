package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Watch is what the timekeeper asks of the read models. What they say may be behind:
// whether it is still so is decided when it is recorded.
type Watch interface {
	// Overdue gives follow-ups whose due date has passed without having been noticed,
	// at most limit.
	Overdue(ctx context.Context, now time.Time, limit int) ([]Overdue, error)
	// Climbs gives follow-ups that have been overdue for long enough to be taken a step
	// up the policy's ladder, at most limit.
	Climbs(ctx context.Context, now time.Time, limit int) ([]Climb, error)
	// Silent gives accounts that have not been in contact for longer than was agreed,
	// without that having been noticed, at most limit.
	Silent(ctx context.Context, now time.Time, limit int) ([]Silence, error)
	// Broken gives silences that were noticed and that a contact has ended since,
	// without that having been recorded, at most limit.
	Broken(ctx context.Context, now time.Time, limit int) ([]BrokenSilence, error)
	// Calibration gives the ledger-wide recent rates; false if there are none yet.
	Calibration(ctx context.Context, now time.Time) (domain.PolicyCalibrated, bool, error)
}

// Overdue is a follow-up whose due date has passed.
type Overdue struct {
	Item    string
	Account domain.AccountID
	DueAt   time.Time
	// Cause is the position of an event that opened the item.
	Cause domain.Position
}

// Climb is a follow-up that is to be taken a step up the policy's ladder.
type Climb struct {
	Item    string
	Account domain.AccountID
	// DueAt is the due date that passed.
	DueAt time.Time
	// Step counts from 1.
	Step int
	// At is when the item reached the step.
	At time.Time
	// To is whom it is taken to.
	To string
}

// Silence is an account that has not been in contact for longer than was agreed.
type Silence struct {
	Account domain.AccountID
	// LastContactAt is zero if there never was a contact.
	LastContactAt time.Time
	// CadenceD is how often contact was agreed, in days.
	CadenceD int64
	// Since is when the agreed time ran out.
	Since time.Time
}

// BrokenSilence is a silence that has come to its end.
type BrokenSilence struct {
	Account domain.AccountID
	// Silence is the position of the silence.noticed, which occurred at Since.
	Silence domain.Position
	Since   time.Time
	// LastContactAt is zero if there never was a contact before.
	LastContactAt time.Time
	// Contact is the position of the contact that ended it.
	Contact   domain.Position
	ContactAt time.Time
}

// Timekeeper records what happens merely because time passes. Its events have ids
// that follow from what they are about, so that each is recorded once, however often
// it is noticed and by however many.
type Timekeeper struct {
	recorder *Recorder
	watch    Watch
	now      func() time.Time
	pace     Pace
	// calibrated is when the recent rates were last looked at.
	calibrated time.Time
}

// NewTimekeeper makes a timekeeper that goes by the clock.
func NewTimekeeper(r *Recorder, w Watch, now func() time.Time) *Timekeeper {
	return &Timekeeper{recorder: r, watch: w, now: now, pace: OneIn(noticeOneIn)}
}

const (
	// noticeLimit is how much is noticed in one go; the rest is in the next.
	noticeLimit = 500
	// noticeTogether is how much of that is recorded together: what others record waits.
	noticeTogether = 20
	// noticeOneIn is for which part of the time it is: the history that a decision takes
	// may be long.
	noticeOneIn = 10
)

// Run looks every so often until ctx ends. What goes wrong is given to report, and
// tried again the next time.
func (t *Timekeeper) Run(ctx context.Context, every time.Duration, report func(error)) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := t.Tick(ctx); err != nil && ctx.Err() == nil {
				report(err)
			}
		}
	}
}

// Tick records everything that time has brought about by now. It is for one goroutine.
func (t *Timekeeper) Tick(ctx context.Context) error {
	_, due := t.NoticeOverdue(ctx)
	_, climbs := t.NoticeClimbs(ctx)
	_, silence := t.NoticeSilence(ctx)
	_, broken := t.NoticeBrokenSilence(ctx)
	var calibration error
	if now := t.now(); now.Sub(t.calibrated) >= calibrateEvery {
		if _, calibration = t.Calibrate(ctx); calibration == nil {
			t.calibrated = now
		}
	}
	return errors.Join(due, climbs, silence, broken, calibration)
}

// notice records the ledger's own events and counts those that are new. One that was
// recorded before, perhaps noticed at another time, or that is no longer so is no error.
func (t *Timekeeper) notice(ctx context.Context, events []domain.Envelope) (int, error) {
	n := 0
	var errs []error
	for some := range slices.Chunk(events, noticeTogether) {
		if err := t.pace.Rest(ctx); err != nil {
			return n, errors.Join(append(errs, err)...)
		}
		began := time.Now()
		for i, o := range t.recorder.Record(ctx, some) {
			_, refused := errors.AsType[*domain.Refusal](o.Err)
			switch {
			case refused, errors.Is(o.Err, eventstore.ErrIdentityConflict):
			case o.Err != nil:
				errs = append(errs, fmt.Errorf("notice %s: %w", some[i].ID, o.Err))
			case !o.Receipt.Duplicate:
				n++
			}
		}
		t.pace.Worked(began)
	}
	return n, errors.Join(errs...)
}

// moment is how an instant is written in the ids of the timekeeper's events.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
