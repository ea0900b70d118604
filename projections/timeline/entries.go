package timeline

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

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

const (
	usualLimit = 50
	mostLimit  = 1000
)

// Page is a part of a timeline, newest first.
type Page struct {
	Items []Item
	// Next is the cursor of the next page; "" if this is the last.
	Next string
}

// Item is one event on a timeline. What it says is in the log, at its position.
type Item struct {
	Position domain.Position
	// CorrectedBy and RetractedBy are the positions of the entries that changed what
	// stands; 0 if there are none, or none yet known.
	CorrectedBy, RetractedBy domain.Position
}

// forever is past the end of every ledger.
const forever domain.Position = math.MaxInt64

// Entries gives a page of the account's timeline, with those of the accounts merged into
// it. Pages that follow a cursor show what was recorded up to the first page, so that
// together they are one state. Errors: [ErrUnknownAccount], [ErrBadCursor].
func Entries(ctx context.Context, tx *sqldb.Tx, q Query) (Page, error) {
	s, err := newSelection(ctx, tx, q)
	if err != nil {
		return Page{}, err
	}
	keys, err := s.keys(ctx, tx)
	if err != nil {
		return Page{}, err
	}
	var page Page
	if len(keys) > s.limit {
		keys = keys[:s.limit]
		page.Next = cursor{query: q.fingerprint(), until: s.until, after: keys[s.limit-1]}.String()
	}
	page.Items, err = items(ctx, tx, keys, s.until)
	return page, err
}

// together is of how many items the changes are read with one query.
const together = 50

// selectChanges reads what changed the entries at the positions, of what was recorded
// until then. A correction that was retracted is none.
var selectChanges = `SELECT c.target, c.position, c.type = 'entry.retracted' FROM entries c
	WHERE c.position <= ?1 AND c.target IN (?` + strings.Repeat(", ?", together-1) + `)
		AND (c.type = 'entry.retracted' OR c.type = 'entry.corrected' AND NOT EXISTS (
			SELECT 1 FROM entries v WHERE v.target = c.position AND v.type = 'entry.retracted' AND v.position <= ?1))`

// items are the entries at the keys, each with the last that corrects and the last that
// retracts it. Of the entries nothing is read here but the index that led to them: an
// account's are far apart in the table.
func items(ctx context.Context, tx *sqldb.Tx, keys []key, until domain.Position) ([]Item, error) {
	all := make([]Item, len(keys))
	place := make(map[domain.Position]*Item, len(keys))
	for i, k := range keys {
		all[i].Position = k.position
		place[k.position] = &all[i]
	}
	args := make([]any, 1+together)
	for chunk := range slices.Chunk(keys, together) {
		clear(args)
		args[0] = int64(until)
		for i, k := range chunk {
			args[1+i] = int64(k.position)
		}
		rows, err := tx.Query(ctx, selectChanges, args...)
		if err != nil {
			return nil, err
		}
		if err := scanChanges(rows, place); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// scanChanges notes each change, and closes the rows.
func scanChanges(rows *sql.Rows, place map[domain.Position]*Item) error {
	defer rows.Close()
	for rows.Next() {
		var target, position domain.Position
		var retracted bool
		if err := rows.Scan(&target, &position, &retracted); err != nil {
			return err
		}
		if item := place[target]; retracted {
			item.RetractedBy = max(item.RetractedBy, position)
		} else {
			item.CorrectedBy = max(item.CorrectedBy, position)
		}
	}
	return rows.Err()
}
