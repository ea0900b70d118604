package trust

import (
	"context"
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

// Calibrate gives the ledger-wide recent rates as the event that puts them in force
// as priors, by the policy in force at the instant. It reads every fact, so it takes
// seconds per million of them. It reports false if there is too little evidence for
// any dimension.
func Calibrate(ctx context.Context, tx *sqldb.Tx, at, knownAt time.Time) (domain.PolicyCalibrated, bool, error) {
	policies, err := readPolicies(ctx, tx)
	if err != nil {
		return domain.PolicyCalibrated{}, false, err
	}
	entries, err := readAllEntries(ctx, tx, knownAt)
	if err != nil {
		return domain.PolicyCalibrated{}, false, err
	}
	rates := model.NewRates(policies.At(at, knownAt).Policy.Trust, at)
	err = eachAccount(ctx, tx, at, knownAt, func(account domain.AccountID, facts []model.Fact) {
		rates.Add(model.NewHistory(facts, entries[account], nil, domain.Policies{}), account, knownAt)
	})
	if err != nil {
		return domain.PolicyCalibrated{}, false, err
	}
	c, ok := rates.Calibration()
	return c, ok, nil
}
