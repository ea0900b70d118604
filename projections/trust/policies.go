package trust

import (
	"context"
	"errors"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// ErrUnknownPolicy is a name that no policy ever had.
var ErrUnknownPolicy = errors.New("no such policy")

// PolicyAt is the policy in force at an instant, as known at another; its step is zero
// but for the policy where it is the default.
func PolicyAt(ctx context.Context, tx *sqldb.Tx, at, knownAt time.Time) (domain.PolicyStep, error) {
	p, err := readPolicies(ctx, tx)
	if err != nil {
		return domain.PolicyStep{}, err
	}
	course := p.Known(knownAt)
	steps := course.Steps()
	for i := len(steps) - 1; i >= 0; i-- {
		if !steps[i].From.After(at) {
			return steps[i], nil
		}
	}
	return domain.PolicyStep{InForce: course.At(at)}, nil
}

// PolicyNamed is the policy as it was put in force under the name, without what was
// calibrated since. Error: [ErrUnknownPolicy].
func PolicyNamed(ctx context.Context, tx *sqldb.Tx, name string, knownAt time.Time) (domain.PolicyStep, error) {
	if name == domain.DefaultPolicy().Name {
		return domain.PolicyStep{InForce: domain.InForce{Policy: domain.DefaultPolicy()}}, nil
	}
	steps, err := PolicySteps(ctx, tx, knownAt)
	for _, s := range steps {
		if s.Policy.Name == name {
			return s, nil
		}
	}
	if err == nil {
		err = ErrUnknownPolicy
	}
	return domain.PolicyStep{}, err
}

// PolicySteps are the rules that followed one another, as known at an instant.
func PolicySteps(ctx context.Context, tx *sqldb.Tx, knownAt time.Time) ([]domain.PolicyStep, error) {
	p, err := readPolicies(ctx, tx)
	return p.Known(knownAt).Steps(), err
}
