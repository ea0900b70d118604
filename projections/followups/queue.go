package followups

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
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
	Account domain.AccountID
	Owner   string
	// Unowned selects those that nobody owns.
	Unowned bool
	// States are those wanted; all if empty. Closed items come last.
	States    []State
	DueBefore time.Time
	// Limit is the most items of a page: 1 to 1,000; 50 if 0.
	Limit int
	// Cursor is Page.Next of the page before; "" for the first.
	Cursor string
	// Now is the instant that snoozing and being overdue are judged by. The pages that
	// follow a first one keep to the first one's.
	Now time.Time
	// KnownAt is of the tables that [Past] makes; cursors are good for one only.
	KnownAt time.Time
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
	Causes []domain.Position
	Owner  string
	// OwnerBefore is who was given it and has been released as the account's manager
	// since; "" if nobody was.
	OwnerBefore  string
	OpenedAt     time.Time
	DueAt        time.Time
	Overdue      bool
	SnoozedUntil time.Time // zero if it is not snoozed
	EscalatedTo  string
	// EscalatesAt is when the policy's ladder takes it to EscalatesTo if nothing
	// happens; zero if it does not.
	EscalatesAt time.Time
	EscalatesTo string
	// Paused says that the customer's move is awaited; nothing gets overdue meanwhile.
	Paused bool
	// Priority is the product of the factors; 0 for what is closed.
	Priority     float64
	Factors      Factors
	State        State
	Done         bool
	CustomerTold bool
	// Ending is why it is closed; "" if it is not.
	Ending   followup.Ending
	ClosedAt time.Time
	Outcome  string
	// Changed is the position of the last event that bore on it.
	Changed domain.Position
}

// Factors are what an item's priority is the product of.
type Factors = followup.Factors

// Queue gives a page of the queue. Errors: [ErrBadCursor], the database's.
//
// It takes about as long for a hundred thousand items as for a hundred. Items of one
// weight are in order of priority when they are in order of due date, because being
// overdue is the only factor that the hour changes; there are few weights; so a page
// is a merge of a few runs of an index.
func Queue(ctx context.Context, tx *sqldb.Tx, q Query) (Page, error) {
	r, err := newReading(ctx, tx, q)
	if err != nil {
		return Page{}, err
	}
	return r.page()
}

// Find gives one item as it stands at an instant. Errors: [ErrUnknownItem], the database's.
func Find(ctx context.Context, tx *sqldb.Tx, id string, now time.Time) (Item, error) {
	overdue, err := overdueAt(ctx, tx, now)
	if err != nil {
		return Item{}, err
	}
	items, err := loadItems(ctx, tx, now, overdue, "id = ?", id)
	if err == nil && len(items) == 0 {
		err = ErrUnknownItem
	}
	if err != nil {
		return Item{}, err
	}
	return items[0], nil
}

// Changed gives the items that an event after the position bore on, in the order of
// those events. Where more than limit items changed it gives that many and the rest of
// those that changed by the same event as the last; to go on, ask for what is after
// the last one's Changed.
func Changed(ctx context.Context, tx *sqldb.Tx, after domain.Position, limit int, now time.Time) ([]Item, error) {
	overdue, err := overdueAt(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	return loadItems(ctx, tx, now, overdue, `changed > ?1 AND changed <= coalesce(
		(SELECT changed FROM items WHERE changed > ?1 ORDER BY changed LIMIT 1 OFFSET ?2), ?3) ORDER BY changed, id`,
		int64(after), max(limit-1, 0), int64(math.MaxInt64))
}

func overdueAt(ctx context.Context, tx *sqldb.Tx, now time.Time) (*followup.Overdue, error) {
	terms, err := loadTerms(ctx, tx)
	if err != nil {
		return nil, err
	}
	levels := followup.OverdueAt(now, terms.At(now).Calendar)
	return &levels, nil
}

// loadItems gives the items that meet the condition, as they stand at an instant.
func loadItems(ctx context.Context, tx *sqldb.Tx, now time.Time, overdue *followup.Overdue, condition string, args ...any) ([]Item, error) {
	rows, err := tx.Query(ctx, `SELECT id, account, reason, subject, causes, owner, owner_before, opened_at, due_at, snoozed_until,
		escalated_to, next_at, next_to, customer_knows, impact, tier, stage, done, told, ending, closed_at, outcome, changed FROM items WHERE `+condition, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []Item
	for rows.Next() {
		i, err := scanItem(rows, now, overdue)
		if err != nil {
			return nil, err
		}
		items = append(items, i)
	}
	return items, rows.Err()
}

func scanItem(rows *sql.Rows, now time.Time, overdue *followup.Overdue) (i Item, err error) {
	var causes, tier, stage string
	var opened, due int64
	var snoozed, next, closed sql.NullInt64
	var knows bool
	var impact int
	err = rows.Scan(&i.ID, &i.Account, &i.Reason, &i.Subject, &causes, &i.Owner, &i.OwnerBefore, &opened, &due, &snoozed,
		&i.EscalatedTo, &next, &i.EscalatesTo, &knows, &impact, &tier, &stage, &i.Done, &i.CustomerTold, &i.Ending, &closed, &i.Outcome, &i.Changed)
	i.EscalatesAt, i.ClosedAt = loaded(next), loaded(closed)
	i.Causes, i.OpenedAt, i.DueAt = split(causes), moment(opened), moment(due)
	i.State, i.Paused = State(stage), stage == paused
	switch {
	case i.State == Closed:
	case loaded(snoozed).After(now):
		i.State, i.SnoozedUntil = Snoozed, loaded(snoozed)
	case i.Paused:
		i.State = Open
	}
	level := 0
	if i.Overdue = i.State != Closed && !i.Paused && !i.DueAt.After(now); i.Overdue {
		level = overdue.Level(i.DueAt)
	}
	i.Factors = followup.FactorsOf(knows, tier, impact, level)
	if i.State != Closed {
		i.Priority = i.Factors.Priority()
	}
	return i, err
}
