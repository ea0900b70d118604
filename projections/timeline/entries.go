package timeline

import (
	"context"
	"database/sql"
	"encoding/json"
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

// late is how long after the fact a record is late.
const late = 24 * time.Hour

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

// together is how many items are read with one query.
const together = 50

// selectItems reads entries by their positions and, of those recorded until then, the last
// that corrects and the last that retracts each. A correction that was retracted is none.
var selectItems = recordColumns + `,
	(SELECT coalesce(max(c.position), 0) FROM entries c
		WHERE c.target = e.position AND c.type = 'entry.corrected' AND c.position <= ?1 AND NOT EXISTS (
			SELECT 1 FROM entries v WHERE v.target = c.position AND v.type = 'entry.retracted' AND v.position <= ?1)),
	(SELECT coalesce(max(v.position), 0) FROM entries v
		WHERE v.target = e.position AND v.type = 'entry.retracted' AND v.position <= ?1)
	FROM entries e WHERE e.position IN (?` + strings.Repeat(", ?", together-1) + `)`

// items reads the entries at the keys, in their order.
func items(ctx context.Context, tx *sqldb.Tx, keys []key, until domain.Position) ([]Item, error) {
	place := make(map[domain.Position]int, len(keys))
	for i, k := range keys {
		place[k.position] = i
	}
	all := make([]Item, len(keys))
	for chunk := range slices.Chunk(keys, together) {
		args := make([]any, 1+together)
		args[0] = int64(until)
		for i, k := range chunk {
			args[1+i] = int64(k.position)
		}
		rows, err := tx.Query(ctx, selectItems, args...)
		if err != nil {
			return nil, err
		}
		if err := scanItems(rows, func(item Item) { all[place[item.Position]] = item }); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// scanItems gives each item, and closes the rows.
func scanItems(rows *sql.Rows, give func(Item)) error {
	defer rows.Close()
	for rows.Next() {
		var corrected, retracted domain.Position
		r, err := scanRecord(rows, &corrected, &retracted)
		if err != nil {
			return err
		}
		give(Item{
			Position: r.Position, Revision: r.Revision, Source: r.Source, ID: r.ID, Account: r.Account, Type: r.Type,
			Occurred: r.OccurredAt, OccurredAssumed: r.OccurredAssumed, Recorded: r.RecordedAt, Actor: r.Actor, Data: r.JSON,
			CorrectedBy: corrected, RetractedBy: retracted, Late: r.RecordedAt.Sub(r.OccurredAt) > late,
		})
	}
	return rows.Err()
}
