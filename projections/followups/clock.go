package followups

import (
	"context"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Grace is how long what was overdue already when it was recorded is left alone, so
// that an import in progress raises no alarms.
const Grace = 5 * time.Minute

// Due is an item whose due date has passed without having been noticed.
type Due struct {
	Item    string
	Account domain.AccountID
	DueAt   time.Time
}

// Overdue gives the items that a due.passed is to be recorded of, at most limit,
// longest overdue first.
func Overdue(ctx context.Context, tx *sqldb.Tx, now time.Time, limit int) ([]Due, error) {
	return nil, nil
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

// Silent gives the accounts that a silence.noticed is to be recorded of, at most
// limit, longest silent first.
func Silent(ctx context.Context, tx *sqldb.Tx, now time.Time, limit int) ([]Silence, error) {
	return nil, nil
}
