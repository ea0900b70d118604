package trust

import (
	"context"
	"errors"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	model "github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// ErrUnknownAccount is an account without any event.
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

// Ask answers a question about one account. Errors: [ErrUnknownAccount], [ErrBadSpan].
func Ask(ctx context.Context, tx *sqldb.Tx, q Question) (Answer, error) {
	return Answer{}, ErrUnknownAccount
}

// Calibrate gives the ledger-wide recent rates as the event that puts them in force
// as priors. It reports false if there is too little evidence for any dimension.
func Calibrate(ctx context.Context, tx *sqldb.Tx, at, knownAt time.Time) (domain.PolicyCalibrated, bool, error) {
	return domain.PolicyCalibrated{}, false, nil
}
