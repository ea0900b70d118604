// Package timeline answers what happened with an account, on either clock, and which
// accounts there are.
package timeline

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// Name is the projection's name.
const Name = "timeline"

var (
	// ErrUnknownAccount is an account of which nothing was ever recorded.
	ErrUnknownAccount = errors.New("unknown account")
	// ErrBadCursor is a cursor that no page of this query gave.
	ErrBadCursor = errors.New("bad cursor")
)

// Projector folds every event of the ledger into a timeline per account.
type Projector struct{}

// New makes the projector.
func New() *Projector { return &Projector{} }

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 1 }

// Schema implements projections.Projector.
func (*Projector) Schema() []string { return nil }

// Apply implements projections.Projector.
func (*Projector) Apply(ctx context.Context, tx *sqldb.Tx, batch []codec.Record) error {
	return errors.ErrUnsupported
}

// Order is the clock a timeline is sorted by; the newest entry comes first.
type Order string

const (
	// ByOccurred sorts by when it happened; of the same instant, the last recorded first.
	ByOccurred Order = "occurred"
	// ByRecorded sorts by when the ledger accepted it.
	ByRecorded Order = "recorded"
)

// Query selects entries of an account's timeline.
type Query struct {
	Account domain.AccountID
	// Types keeps these types only; all if empty.
	Types []domain.Type
	// From and To bound when it happened: From is included, To is not. Zero: no bound.
	From, To time.Time
	// At is the last instant it may have happened at; zero: no bound.
	At time.Time
	// KnownAt hides what was recorded after it, corrections included; zero: nothing hidden.
	KnownAt time.Time
	// Contact keeps what names this contact or one merged into it.
	Contact domain.ID
	Order   Order // ByOccurred if ""
	// Limit is the most items of a page: 1 to 1,000; 50 if 0.
	Limit int
	// Cursor is Page.Next of the page before; "" for the first.
	Cursor string
}

// Page is a part of a timeline, newest first.
type Page struct {
	Items []Item
	// Next is the cursor of the next page; "" if this is the last.
	Next string
}

// Item is one event on a timeline, as it was recorded.
type Item struct {
	Position   domain.Position
	Revision   domain.Revision
	Source, ID string
	Account    domain.AccountID
	Type       domain.Type
	Occurred   time.Time
	// OccurredAssumed says that the emitter gave no time.
	OccurredAssumed bool
	Recorded        time.Time
	Actor           string
	Data            json.RawMessage
	// CorrectedBy and RetractedBy are the positions of the entries that changed what
	// stands; 0 if there are none, or none yet known.
	CorrectedBy, RetractedBy domain.Position
	// Late says that it was recorded more than 24 hours after it happened.
	Late bool
}

// Entries gives a page of the account's timeline, with those of the accounts merged into
// it. Pages that follow a cursor show what was recorded up to the first page. Errors:
// [ErrUnknownAccount], [ErrBadCursor].
func Entries(ctx context.Context, tx *sqldb.Tx, q Query) (Page, error) {
	return Page{}, errors.ErrUnsupported
}

// AccountsQuery selects accounts.
type AccountsQuery struct {
	// Search keeps accounts with this in their id or name, whatever the case.
	Search string
	Tier   string
	Kind   string
	// Limit is the most accounts of a page: 1 to 1,000; 50 if 0.
	Limit  int
	Cursor string
}

// AccountsPage is a part of the list of accounts, by id.
type AccountsPage struct {
	Items []Account
	Next  string
}

// Account is an account as it stands now.
type Account struct {
	Account domain.AccountID
	Name    string
	Kind    string
	Tier    string
	Stage   string
	Manager string
	// Provisional says that nobody has given the account a profile yet.
	Provisional bool
	// Events is the number of events recorded, with those of accounts merged into it.
	Events int64
	// LastContact is when we last were in contact; zero if never. Correcting or retracting
	// old entries is no contact.
	LastContact time.Time
	// OpenedAt is when account.opened occurred; zero if provisional.
	OpenedAt time.Time
	// MergedInto is the account this one is read as part of; "" if none.
	MergedInto domain.AccountID
}

// Accounts lists the accounts that are not merged into another, by id.
func Accounts(ctx context.Context, tx *sqldb.Tx, q AccountsQuery) (AccountsPage, error) {
	return AccountsPage{}, errors.ErrUnsupported
}

// Find gives one account, or [ErrUnknownAccount].
func Find(ctx context.Context, tx *sqldb.Tx, id domain.AccountID) (Account, error) {
	return Account{}, errors.ErrUnsupported
}
