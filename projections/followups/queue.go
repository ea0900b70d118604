package followups

import (
	"context"
	"errors"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

var (
	// ErrUnknownItem is an item that the queue never had.
	ErrUnknownItem = errors.New("no such follow-up")
	// ErrBadCursor is a cursor that no page of this query gave.
	ErrBadCursor = errors.New("bad cursor")
)

// State is where an item stands.
type State string

const (
	// Open is work that waits.
	Open State = "open"
	// Snoozed is open or done, and put aside until a date.
	Snoozed State = "snoozed"
	// Done is work that is done; the customer has not been told.
	Done State = "done"
	// Closed is done and told, dismissed, or without a cause that stands.
	Closed State = "closed"
)

// Query selects items. Zero fields select all.
type Query struct {
	// Account includes the accounts merged into it.
	Account   domain.AccountID
	Owner     string
	State     State
	DueBefore time.Time
	// Limit is the most items of a page: 1 to 1,000; 50 if 0.
	Limit int
	// Cursor is Page.Next of the page before; "" for the first.
	Cursor string
	// Now is the instant that snoozing and being overdue are judged by. The pages that
	// follow a first one keep to the first one's.
	Now time.Time
}

// Page is a part of the queue: the highest priority first, then the earliest due,
// then by id.
type Page struct {
	Items []Item
	// Next is the cursor of the next page; "" if this is the last.
	Next string
}

// Item is something we owe the customer, at an instant.
type Item struct {
	ID      string
	Account domain.AccountID
	// Reason is the rule that opened it, such as "complaint"; what was given, if it
	// was opened by hand.
	Reason string
	// Subject is what it is about, as the emitter names it: the complaint's id, say.
	Subject string
	// Causes are the positions of the events that led to it and stand, in order.
	Causes       []domain.Position
	Owner        string
	OpenedAt     time.Time
	DueAt        time.Time
	Overdue      bool
	SnoozedUntil time.Time // zero if it is not snoozed
	EscalatedTo  string
	// Paused says that the customer's move is awaited; nothing gets overdue meanwhile.
	Paused bool
	// Priority is the product of the factors; 0 for what is closed.
	Priority     float64
	Factors      Factors
	State        State
	Done         bool
	CustomerTold bool
	Outcome      string
	// Changed is the position of the last event that bore on it.
	Changed domain.Position
}

// Factors are what an item's priority is the product of.
type Factors struct {
	// CustomerKnown is 2 if the customer knows of it and waits, otherwise 1.
	CustomerKnown float64
	// Tier is 3 for an account of tier A, 2 for B, 1.5 for C, 1 for others.
	Tier float64
	// Impact is 1 (slight) to 5 (grave).
	Impact float64
	// Overdue is 1 until the due date, then grows by 0.2 with each business day, to 5.
	Overdue float64
}

// Queue gives a page of the queue. Errors: [ErrBadCursor], the database's.
func Queue(ctx context.Context, tx *sqldb.Tx, q Query) (Page, error) { return Page{}, nil }

// Find gives one item as it stands at an instant. Errors: [ErrUnknownItem], the database's.
func Find(ctx context.Context, tx *sqldb.Tx, id string, now time.Time) (Item, error) {
	return Item{}, ErrUnknownItem
}

// Changed gives the items that an event after the position bore on, in the order of
// those events, at most limit. To go on, ask for what is after the last one's Changed.
func Changed(ctx context.Context, tx *sqldb.Tx, after domain.Position, limit int, now time.Time) ([]Item, error) {
	return nil, nil
}
