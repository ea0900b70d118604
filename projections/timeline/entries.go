package timeline

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
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

// key is an entry's place in a timeline.
type key struct {
	occurred int64
	position domain.Position
}

// selection is a query made ready: what it spans, and from where.
type selection struct {
	accounts []domain.AccountID
	// latest is when something an account had recorded until then can have occurred last.
	latest   map[domain.AccountID]int64
	contacts map[domain.AccountID][]domain.ID // nil if contacts make no difference
	types    []domain.Type
	order    Order
	from, to int64           // occurred: from is included, to is not
	until    domain.Position // the last to be seen
	after    key             // it and all that is newer have been given, or are too new
	limit    int
}

func newSelection(ctx context.Context, tx *sqldb.Tx, q Query) (*selection, error) {
	s := &selection{
		types: slices.Compact(slices.Sorted(slices.Values(q.Types))),
		order: cmp.Or(q.Order, ByOccurred),
		from:  math.MinInt64,
		to:    math.MaxInt64,
		limit: min(max(cmp.Or(q.Limit, usualLimit), 1), mostLimit),
	}
	if !q.From.IsZero() {
		s.from = micros(q.From)
	}
	if !q.To.IsZero() {
		s.to = micros(q.To)
	}
	if !q.At.IsZero() {
		s.to = min(s.to, micros(q.At)+1)
	}
	if err := checkAccount(ctx, tx, q.Account); err != nil {
		return nil, err
	}
	if err := s.bound(ctx, tx, q); err != nil {
		return nil, err
	}
	return s, s.span(ctx, tx, q)
}

// bound sets which entries the page may see and where it goes on.
func (s *selection) bound(ctx context.Context, tx *sqldb.Tx, q Query) (err error) {
	if q.Cursor == "" {
		s.after = key{occurred: s.to, position: 0}
		if s.order == ByRecorded {
			s.after.position = forever
		}
		s.until, err = knownAt(ctx, tx, q.KnownAt)
		return err
	}
	c, err := parseCursor(q.Cursor)
	if err != nil || c.query != q.fingerprint() {
		return ErrBadCursor
	}
	s.until, s.after = c.until, c.after
	return nil
}

// span sets whose entries the page shows.
func (s *selection) span(ctx context.Context, tx *sqldb.Tx, q Query) (err error) {
	if s.accounts, err = members(ctx, tx, q.Account, s.until); err != nil {
		return err
	}
	if !q.KnownAt.IsZero() {
		if err := s.foresee(ctx, tx, q.KnownAt); err != nil {
			return err
		}
	}
	if q.Contact == "" {
		return nil
	}
	s.contacts = make(map[domain.AccountID][]domain.ID, len(s.accounts))
	for _, account := range s.accounts {
		standing, err := profileHistory(ctx, tx, account, s.until)
		if err != nil {
			return err
		}
		s.contacts[account] = persons(q.Contact, standing)
	}
	return nil
}

// foresee bounds what occurred by when it was recorded. Without it, a look far back in a
// long timeline would pass over everything recorded since.
func (s *selection) foresee(ctx context.Context, tx *sqldb.Tx, knownAt time.Time) error {
	s.latest = make(map[domain.AccountID]int64, len(s.accounts))
	for _, account := range s.accounts {
		var lead int64
		err := tx.QueryRow(ctx, `SELECT lead FROM accounts WHERE account = ?`, string(account)).Scan(&lead)
		switch {
		case err == nil:
			s.latest[account] = micros(knownAt) + lead
		case !errors.Is(err, sql.ErrNoRows): // the ledger's own stream has no row
			return err
		}
	}
	return nil
}

// knownAt is the last position recorded by then. Recorded times do not decrease from one
// position to the next, and positions have no gaps.
func knownAt(ctx context.Context, tx *sqldb.Tx, t time.Time) (domain.Position, error) {
	var last int64
	if err := tx.QueryRow(ctx, `SELECT coalesce(max(position), 0) FROM entries`).Scan(&last); err != nil || t.IsZero() {
		return domain.Position(last), err
	}
	var failed error
	first := sort.Search(int(last), func(i int) bool {
		var recorded int64
		err := tx.QueryRow(ctx, `SELECT recorded FROM entries WHERE position = ?`, i+1).Scan(&recorded)
		failed = errors.Join(failed, err)
		return err != nil || recorded > micros(t)
	})
	return domain.Position(first), failed
}

// severalTypes is the number of types up to which each is looked up by itself; more are
// filtered from the whole timeline.
const severalTypes = 8

// keys are the places of the page's entries and of one more if there is one, newest first.
// Each account, contact and type has an index in the right order, so that the first few of
// each, merged, are the first few of all.
func (s *selection) keys(ctx context.Context, tx *sqldb.Tx) ([]key, error) {
	var all []key
	for _, b := range s.branches() {
		found, err := b.run(ctx, tx, s)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b key) int {
		if s.order == ByRecorded {
			return cmp.Compare(b.position, a.position)
		}
		return cmp.Or(cmp.Compare(b.occurred, a.occurred), cmp.Compare(b.position, a.position))
	})
	all = slices.Compact(all) // an event may name several of the contacts
	return all[:min(len(all), s.limit+1)], nil
}

// branch is a part of a timeline that is one range of an index.
type branch struct {
	account domain.AccountID
	table   string
	where   string
	args    []any
}

func (s *selection) branches() []branch {
	var all []branch
	for _, account := range s.accounts {
		b := branch{account: account, table: "entries", where: "account = ?", args: []any{string(account)}}
		if s.contacts == nil {
			all = append(all, s.byType(b)...)
			continue
		}
		for _, contact := range s.contacts[account] {
			b.table = "contacts"
			all = append(all, s.filtered(b.and("contact = ?", string(contact))))
		}
	}
	return all
}

func (s *selection) byType(b branch) []branch {
	if s.order == ByRecorded || len(s.types) == 0 || len(s.types) > severalTypes {
		return []branch{s.filtered(b)}
	}
	all := make([]branch, len(s.types))
	for i, t := range s.types {
		all[i] = b.and("type = ?", string(t))
	}
	return all
}

// filtered keeps only the types asked for.
func (s *selection) filtered(b branch) branch {
	if len(s.types) == 0 {
		return b
	}
	args := make([]any, len(s.types))
	for i, t := range s.types {
		args[i] = string(t)
	}
	return b.and("type IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
}

func (b branch) and(where string, args ...any) branch {
	b.where += " AND " + where
	b.args = append(slices.Clone(b.args), args...)
	return b
}

// statement is the query of the branch's first keys after those that have been given.
func (b branch) statement(s *selection) (query string, args []any) {
	// One upper bound each on what the index is sorted by: given two, the database may
	// take the wrong one and read from the top again for every page.
	order := "occurred DESC, position DESC"
	if s.order == ByRecorded {
		order = "position DESC"
		b = b.and("position <= ? AND occurred >= ? AND occurred < ?", int64(min(s.until, s.after.position-1)), s.from, s.to)
	} else {
		after := s.after
		if latest, ok := s.latest[b.account]; ok && latest < after.occurred {
			after = key{occurred: latest + 1}
		}
		b = b.and("(occurred, position) < (?, ?) AND occurred >= ? AND position <= ?",
			after.occurred, int64(after.position), s.from, int64(s.until))
	}
	return fmt.Sprintf("SELECT occurred, position FROM %s WHERE %s ORDER BY %s LIMIT ?", b.table, b.where, order),
		append(b.args, s.limit+1)
}

func (b branch) run(ctx context.Context, tx *sqldb.Tx, s *selection) ([]key, error) {
	query, args := b.statement(s)
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []key
	for rows.Next() {
		var k key
		if err := rows.Scan(&k.occurred, &k.position); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
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
