package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/feed"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/checklist"
	"github.com/rapport-ledger/rapport/projections/closeness"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/improvement"
	"github.com/rapport-ledger/rapport/projections/performance"
	"github.com/rapport-ledger/rapport/projections/portfolio"
	"github.com/rapport-ledger/rapport/projections/promises"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/timeline"
	"github.com/rapport-ledger/rapport/projections/trust"
	"github.com/rapport-ledger/rapport/projections/voice"
)

// refresh is how often the answers on NATS are made again: evidence fades and
// priorities rise without an event.
const refresh = time.Hour

// published is what of the projections is published on NATS.
func (a *app) published() []feed.Projection {
	return []feed.Projection{
		{Name: timeline.Name},
		{Name: trust.Name, Accounts: a.accounts, Render: a.renderTrust, Answer: api.Trust{}, Refresh: refresh},
		{Name: followups.Name, Accounts: a.accountsAndLedger, Render: a.renderFollowUps, Answer: api.FollowUp{}, Refresh: refresh},
		{Name: performance.Name},
		{Name: promises.Name},
		{Name: checklist.Name},
		{Name: portfolio.Name},
		{Name: voice.Name},
		{Name: closeness.Name},
		{Name: improvement.Name},
	}
}

// accounts yields every account, a page at a time.
func (a *app) accounts(ctx context.Context) iter.Seq2[domain.AccountID, error] {
	return func(yield func(domain.AccountID, error) bool) {
		for cursor, more := "", true; more; {
			var page timeline.AccountsPage
			err := a.projections.View(ctx, timeline.Name, func(tx *sqldb.Tx) (err error) {
				page, err = timeline.Accounts(ctx, tx, timeline.AccountsQuery{Limit: 1000, Cursor: cursor})
				return err
			})
			if err != nil {
				yield("", err)
				return
			}
			for _, account := range page.Items {
				if !yield(account.Account, nil) {
					return
				}
			}
			cursor, more = page.Next, page.Next != ""
		}
	}
}

// accountsAndLedger are all accounts, and the ledger for what concerns none of them.
func (a *app) accountsAndLedger(ctx context.Context) iter.Seq2[domain.AccountID, error] {
	return func(yield func(domain.AccountID, error) bool) {
		for account, err := range a.accounts(ctx) {
			if !yield(account, err) {
				return
			}
		}
		yield(domain.Ledger, nil)
	}
}

func (a *app) renderTrust(ctx context.Context, account domain.AccountID) (map[string][]byte, error) {
	now := a.now().UTC().Truncate(time.Microsecond)
	var answer trust.Answer
	err := a.projections.View(ctx, trust.Name, func(tx *sqldb.Tx) (err error) {
		answer, err = trust.Ask(ctx, tx, trust.Question{Account: account, At: now, KnownAt: now})
		return err
	})
	if errors.Is(err, trust.ErrUnknownAccount) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(api.TrustOf(answer))
	return map[string][]byte{string(account): b}, err
}

// renderFollowUps gives the account's items that are not closed. Those of accounts
// merged into it keep their own account's keys.
func (a *app) renderFollowUps(ctx context.Context, account domain.AccountID) (map[string][]byte, error) {
	answers := make(map[string][]byte)
	err := a.projections.View(ctx, followups.Name, func(tx *sqldb.Tx) error {
		q := followups.Query{
			Account: account, States: []followups.State{followups.Open, followups.Snoozed, followups.Done}, Limit: 1000, Now: a.now(),
		}
		for {
			page, err := followups.Queue(ctx, tx, q)
			if err != nil {
				return err
			}
			for _, item := range page.Items {
				if item.Account != account {
					continue
				}
				if answers[item.ID], err = json.Marshal(api.FollowUpOf(item)); err != nil {
					return err
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return nil
			}
		}
	})
	return answers, err
}

// watch is what the timekeeper asks of the read models. One that is being built has
// nothing to say yet.
type watch struct{ projections *projections.Runtime }

var _ commands.Watch = watch{}

func (w watch) view(ctx context.Context, name string, f func(*sqldb.Tx) error) error {
	err := w.projections.View(ctx, name, f)
	if errors.Is(err, projections.ErrBuilding) {
		return nil
	}
	return err
}

func (w watch) Overdue(ctx context.Context, now time.Time, limit int) ([]commands.Overdue, error) {
	return ask(ctx, w, now, limit, followups.Overdue, func(d followups.Due) commands.Overdue { return commands.Overdue(d) })
}

func (w watch) Climbs(ctx context.Context, now time.Time, limit int) ([]commands.Climb, error) {
	return ask(ctx, w, now, limit, followups.Climbs, func(c followups.Climb) commands.Climb { return commands.Climb(c) })
}

func (w watch) Silent(ctx context.Context, now time.Time, limit int) ([]commands.Silence, error) {
	return ask(ctx, w, now, limit, followups.Silent, func(s followups.Silence) commands.Silence { return commands.Silence(s) })
}

func (w watch) Broken(ctx context.Context, now time.Time, limit int) ([]commands.BrokenSilence, error) {
	return ask(ctx, w, now, limit, followups.BrokenSilences, func(b followups.Broken) commands.BrokenSilence { return commands.BrokenSilence(b) })
}

// ask gives what follow-ups answer to the question, as the timekeeper takes it.
func ask[A, B any](ctx context.Context, w watch, now time.Time, limit int,
	question func(context.Context, *sqldb.Tx, time.Time, int) ([]A, error), convert func(A) B) (answers []B, err error) {
	err = w.view(ctx, followups.Name, func(tx *sqldb.Tx) error {
		found, err := question(ctx, tx, now, limit)
		for _, f := range found {
			answers = append(answers, convert(f))
		}
		return err
	})
	return answers, err
}

// calibrateOneIn is for which part of the time recent rates are counted.
const calibrateOneIn = 10

func (w watch) Calibration(ctx context.Context, now time.Time) (domain.PolicyCalibrated, bool, error) {
	count, pace := trust.NewCalibration(now, now), commands.OneIn(calibrateOneIn)
	for more := true; more; {
		began := time.Now()
		err := w.projections.View(ctx, trust.Name, func(tx *sqldb.Tx) (err error) {
			more, err = count.Next(ctx, tx)
			return err
		})
		pace.Worked(began)
		if err == nil {
			err = pace.Rest(ctx)
		}
		if errors.Is(err, projections.ErrBuilding) { // what was counted so far is not all
			return domain.PolicyCalibrated{}, false, nil
		}
		if err != nil {
			return domain.PolicyCalibrated{}, false, err
		}
	}
	rates, ok := count.Rates()
	return rates, ok, nil
}
