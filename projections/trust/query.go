package trust

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	model "github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// ErrUnknownAccount is an account without any event, into which no other was ever merged.
var ErrUnknownAccount = errors.New("no such account")

// ErrBadSpan is a question whose Since is after its At.
var ErrBadSpan = errors.New("since is after at")

// Question asks for the trust of an account.
type Question struct {
	Account domain.AccountID
	// At and KnownAt bound the events that count, inclusive: what occurred by At and
	// was recorded by KnownAt. Both are needed.
	At, KnownAt time.Time
	// Since asks for what changed from then (as known then) to At (as known at KnownAt).
	Since *time.Time
	// Explain asks for the contribution of every event.
	Explain bool
}

// Answer is what the projection knows.
type Answer struct {
	Account     domain.AccountID
	At, KnownAt time.Time
	// Merged are the other accounts that were read as part of this one.
	Merged []domain.AccountID
	// Assessment has Contributions only if they were asked for.
	model.Assessment
	// Change is nil unless Since was given.
	Change *model.Change
}

// Ask answers a question about one account. An account that had no event yet by
// KnownAt is not known and has no evidence. Errors: [ErrUnknownAccount], [ErrBadSpan].
func Ask(ctx context.Context, tx *sqldb.Tx, q Question) (Answer, error) {
	if q.Since != nil && q.Since.After(q.At) {
		return Answer{}, ErrBadSpan
	}
	var known bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM accounts WHERE account = ?1) OR EXISTS (SELECT 1 FROM merges WHERE into_account = ?1)`,
		string(q.Account)).Scan(&known)
	if err == nil && !known {
		err = ErrUnknownAccount
	}
	if err != nil {
		return Answer{}, err
	}
	policies, err := readPolicies(ctx, tx)
	if err != nil {
		return Answer{}, err
	}
	h, err := history(ctx, tx, q, policies)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Account: q.Account, At: q.At, KnownAt: q.KnownAt, Merged: h.Merged(q.Account, q.KnownAt)}
	if q.Explain {
		a.Assessment = h.Explain(q.Account, q.At, q.KnownAt)
	} else {
		a.Assessment = h.Assess(q.Account, q.At, q.KnownAt)
	}
	if q.Since != nil {
		change := h.Change(q.Account, *q.Since, q.At, q.KnownAt)
		a.Change = &change
	}
	return a, nil
}

// Scores gives the overall scores of accounts at the instants asked for, in their order; null
// where it is unknown, as it is of an account without any event. What was recorded by knownAt counts.
func Scores(ctx context.Context, tx *sqldb.Tx, at map[domain.AccountID][]time.Time, knownAt time.Time) (map[domain.AccountID][]*float64, error) {
	policies, err := readPolicies(ctx, tx)
	if err != nil {
		return nil, err
	}
	scores := make(map[domain.AccountID][]*float64, len(at))
	for account, instants := range at {
		if len(instants) == 0 {
			continue
		}
		q := Question{Account: account, At: slices.MaxFunc(instants, time.Time.Compare), KnownAt: knownAt}
		h, err := history(ctx, tx, q, policies)
		if err != nil {
			return nil, err
		}
		for _, t := range instants {
			scores[account] = append(scores[account], h.Assess(account, t, knownAt).Score())
		}
	}
	return scores, nil
}

// history reads what bears on a question.
func history(ctx context.Context, tx *sqldb.Tx, q Question, policies domain.Policies) (*model.History, error) {
	merges, err := readMerges(ctx, tx, q.Account)
	if err != nil {
		return nil, err
	}
	var facts []model.Fact
	var entries []model.Entry
	for _, a := range everMerged(q.Account, merges) {
		if facts, err = readFacts(ctx, tx, a, q, facts); err != nil {
			return nil, err
		}
		if entries, err = readEntries(ctx, tx, a, q.KnownAt, entries); err != nil {
			return nil, err
		}
	}
	return model.NewHistory(facts, entries, merges, policies), nil
}

// everMerged is the account and all that was merged into it at any time.
func everMerged(account domain.AccountID, merges []model.Merge) []domain.AccountID {
	all, listed := []domain.AccountID{account}, map[domain.AccountID]bool{account: true}
	for _, m := range merges {
		if !listed[m.Account] {
			listed[m.Account] = true
			all = append(all, m.Account)
		}
	}
	return all
}

// Calibration counts how things went of late over the whole ledger, by the policy in force
// at an instant. It reads every fact, which takes seconds per million of them, and so goes
// account by account.
type Calibration struct {
	at, knownAt time.Time
	rates       *model.Rates // nil before the first account
	last        domain.AccountID
	facts       []model.Fact
}

// NewCalibration counts what occurred by an instant and was recorded by another.
func NewCalibration(at, knownAt time.Time) *Calibration {
	return &Calibration{at: at, knownAt: knownAt}
}

// Next counts what is on file about the next account. It reports false if there is none.
func (c *Calibration) Next(ctx context.Context, tx *sqldb.Tx) (bool, error) {
	if c.rates == nil {
		policies, err := readPolicies(ctx, tx)
		if err != nil {
			return false, err
		}
		c.rates = model.NewRates(policies.At(c.at, c.knownAt).Policy.Trust, c.at)
	}
	err := tx.QueryRow(ctx, `SELECT account FROM facts WHERE account > ? ORDER BY account LIMIT 1`, string(c.last)).Scan(&c.last)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if c.facts, err = readFacts(ctx, tx, c.last, Question{At: c.at, KnownAt: c.knownAt}, c.facts[:0]); err != nil {
		return false, err
	}
	entries, err := readEntries(ctx, tx, c.last, c.knownAt, nil)
	if err != nil {
		return false, err
	}
	c.rates.Add(model.NewHistory(c.facts, entries, nil, domain.Policies{}), c.last, c.knownAt)
	return true, nil
}

// Rates gives what was counted as the event that puts it in force as priors. It reports
// false if there is too little evidence for any dimension.
func (c *Calibration) Rates() (domain.PolicyCalibrated, bool) {
	if c.rates == nil {
		return domain.PolicyCalibrated{}, false
	}
	return c.rates.Calibration()
}
