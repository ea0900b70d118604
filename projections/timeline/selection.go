package timeline

import (
	"cmp"
	"context"
	"database/sql"
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
		events, err := standing(ctx, tx, account, ofContacts, s.until)
		if err != nil {
			return err
		}
		s.contacts[account] = persons(q.Contact, events)
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
// each and the few that are recent, merged, are the first few of all.
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
	index   string
	where   string
	args    []any
}

func (s *selection) branches() []branch {
	var all []branch
	for _, account := range s.accounts {
		b := branch{account: account, where: "account = ?", args: []any{string(account)}}
		recent := s.filtered(b.in("index_recent"))
		switch {
		case s.contacts != nil:
			marks, contacts := list(s.contacts[account])
			recent = recent.and("EXISTS (SELECT 1 FROM contacts c WHERE c.position = index_recent.position AND c.contact IN "+marks+")", contacts...)
			for _, contact := range contacts {
				all = append(all, s.filtered(b.in("index_contact").and("contact = ?", contact)))
			}
		case s.order == ByRecorded:
			all = append(all, s.filtered(b.in("index_recorded")))
		case len(s.types) == 0 || len(s.types) > severalTypes:
			all = append(all, s.filtered(b.in("index_occurred")))
		default:
			for _, t := range s.types {
				all = append(all, b.in("index_type").and("type = ?", string(t)))
			}
		}
		all = append(all, recent)
	}
	return all
}

// in is the branch of the index.
func (b branch) in(index string) branch {
	b.index = index
	return b
}

// filtered keeps only the types asked for.
func (s *selection) filtered(b branch) branch {
	if len(s.types) == 0 {
		return b
	}
	marks, types := list(s.types)
	return b.and("type IN "+marks, types...)
}

// list is values as the right side of IN.
func list[T ~string](values []T) (marks string, args []any) {
	for _, v := range values {
		args = append(args, string(v))
	}
	return "(?" + strings.Repeat(", ?", len(values)-1) + ")", args
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
		b = b.and("(occurred, position) < (?, ?) AND occurred >= ? AND +position <= ?", // + keeps it from being searched by
			after.occurred, int64(after.position), s.from, int64(s.until))
	}
	// A limit that is a parameter by itself would have the database prepare the statement
	// again for every page, a third of the time it takes: it plans by the value.
	return fmt.Sprintf("SELECT occurred, position FROM %s WHERE %s ORDER BY %s LIMIT ? + 0", b.index, b.where, order),
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
