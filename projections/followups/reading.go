package followups

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// paused is the stage of open items whose clock stands still. The other stages items
// are stored with are states; which of them are snoozed depends on the hour.
const paused = "paused"

// reading is a page in the making.
type reading struct {
	ctx     context.Context
	tx      *sqldb.Tx
	q       Query
	overdue *followup.Overdue
	after   place // of the last item of the page before; its id is "" on the first page
	runs    []*run
}

// place is where an item is in the queue.
type place struct {
	rank int   // more comes first
	due  int64 // then less
	id   string
}

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(o.rank, p.rank), cmp.Compare(p.due, o.due), cmp.Compare(p.id, o.id))
}

// run is the part of the queue with one stage and one weight (and account), awake or
// put aside. In it, places are in order of due date and id.
type run struct {
	account string
	stage   string
	asleep  int
	weight  int
	// Read ahead: places not yet given, and where to read on from.
	ahead []place
	last  place
	ended bool
	size  int
}

func newReading(ctx context.Context, tx *sqldb.Tx, q Query) (*reading, error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 1000)
	r := &reading{ctx: ctx, tx: tx, q: q}
	if q.Cursor != "" {
		if err := r.resume(); err != nil {
			return nil, err
		}
	}
	accounts, err := r.accounts()
	if err != nil || len(accounts) == 0 {
		return r, err
	}
	if r.overdue, err = overdueAt(ctx, tx, r.q.Now); err != nil {
		return nil, err
	}
	return r, r.findRuns(accounts)
}

// accounts are those asked for that ever had an item, which few may; "" is all of them.
func (r *reading) accounts() ([]string, error) {
	if r.q.Account == "" {
		return []string{""}, nil
	}
	group, err := groupOf(r.ctx, r.tx, r.q.Account)
	if err != nil {
		return nil, err
	}
	var with []string
	for _, member := range group {
		var has bool
		err := r.tx.QueryRow(r.ctx, "SELECT EXISTS (SELECT 1 FROM items WHERE account = ?)", string(member)).Scan(&has)
		if err != nil {
			return nil, err
		}
		if has {
			with = append(with, string(member))
		}
	}
	return with, nil
}

func (r *reading) page() (Page, error) {
	var page Page
	var places []place
	for len(places) <= r.q.Limit {
		p, ok, err := r.next()
		if err != nil {
			return Page{}, err
		}
		if !ok {
			break
		}
		places = append(places, p)
	}
	if len(places) > r.q.Limit {
		places = places[:r.q.Limit]
		page.Next = r.cursor(places[len(places)-1])
	}
	byID := make(map[string]Item, len(places))
	err := inChunks(places, func(part []place) error {
		ids := make([]any, len(part))
		for i, p := range part {
			ids[i] = p.id
		}
		items, err := loadItems(r.ctx, r.tx, r.q.Now, r.overdue, "id IN ("+marks(len(ids))+")", ids...)
		for _, item := range items {
			byID[item.ID] = item
		}
		return err
	})
	for _, p := range places {
		page.Items = append(page.Items, byID[p.id])
	}
	return page, err
}

// next takes the first place of all runs.
func (r *reading) next() (place, bool, error) {
	var first *run
	for _, c := range r.runs {
		if len(c.ahead) == 0 {
			if err := r.readAhead(c); err != nil {
				return place{}, false, err
			}
		}
		if len(c.ahead) > 0 && (first == nil || c.ahead[0].compare(first.ahead[0]) < 0) {
			first = c
		}
	}
	if first == nil {
		return place{}, false, nil
	}
	p := first.ahead[0]
	first.ahead = first.ahead[1:]
	return p, true, nil
}

// level is how overdue an item of the run is: what is paused or closed is not.
func (r *reading) level(c *run, due int64) int {
	if c.stage == paused || c.stage == string(Closed) {
		return 0
	}
	return r.overdue.Level(moment(due))
}

// readAhead reads more of a run: one place first, to see what it has to offer.
func (r *reading) readAhead(c *run) error {
	if c.ended {
		return nil
	}
	c.size = min(4*c.size+1, 128)
	condition, args := r.condition(c)
	condition += " AND weight = ? AND (due_at, id) > (?, ?)"
	args = append(args, c.weight, c.last.due, c.last.id)
	if !r.q.DueBefore.IsZero() {
		condition += " AND due_at < ?"
		args = append(args, r.q.DueBefore.UnixMicro())
	}
	rows, err := r.tx.Query(r.ctx, "SELECT due_at, id FROM items WHERE "+condition+" ORDER BY due_at, id LIMIT ? + 0", append(args, c.size)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.due, &p.id); err != nil {
			return err
		}
		p.rank = followup.Rank(c.weight, r.level(c, p.due))
		c.ahead = append(c.ahead, p)
		c.last = p
	}
	c.ended = len(c.ahead) < c.size
	return rows.Err()
}

// condition selects what the query asks for in a run.
func (r *reading) condition(c *run) (string, []any) {
	condition, args := "stage = ? AND asleep = ?", []any{c.stage, c.asleep}
	if c.account != "" {
		condition, args = condition+" AND account = ?", append(args, c.account)
	}
	if r.q.Owner != "" || r.q.Unowned {
		condition, args = condition+" AND owner = ?", append(args, r.q.Owner)
	}
	if c.asleep == 0 {
		return condition, args
	}
	switch awake, asleep := r.wants(stateOf(c.stage)), r.wants(Snoozed); {
	case !awake:
		condition, args = condition+" AND snoozed_until > ?", append(args, r.q.Now.UnixMicro())
	case !asleep:
		condition, args = condition+" AND snoozed_until <= ?", append(args, r.q.Now.UnixMicro())
	}
	return condition, args
}

// findRuns finds the runs there are of the accounts, each from where the cursor left it.
func (r *reading) findRuns(accounts []string) error {
	for _, account := range accounts {
		for _, stage := range []string{string(Open), paused, string(Done), string(Closed)} {
			for asleep := range 2 {
				wanted := r.wants(stateOf(stage)) || asleep == 1 && r.wants(Snoozed)
				if !wanted || asleep == 1 && stage == string(Closed) {
					continue
				}
				if err := r.addRuns(run{account: account, stage: stage, asleep: asleep}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *reading) wants(s State) bool {
	return len(r.q.States) == 0 || slices.Contains(r.q.States, s)
}

// stateOf is the state of items at the stage that are not snoozed.
func stateOf(stage string) State {
	if stage == paused {
		return Open
	}
	return State(stage)
}

// addRuns finds the weights of runs of a kind, by a step in the index for each.
func (r *reading) addRuns(kind run) error {
	where, args := "stage = ?1 AND asleep = ?2", []any{kind.stage, kind.asleep}
	switch {
	case kind.account != "":
		where, args = where+" AND account = ?3", append(args, kind.account)
	case r.q.Owner != "" || r.q.Unowned:
		where, args = where+" AND owner = ?3", append(args, r.q.Owner)
	}
	rows, err := r.tx.Query(r.ctx, `WITH RECURSIVE weights(w) AS (
			SELECT max(weight) FROM items WHERE `+where+`
			UNION ALL SELECT (SELECT max(weight) FROM items WHERE `+where+` AND weight < w) FROM weights WHERE w IS NOT NULL
		) SELECT w FROM weights WHERE w IS NOT NULL`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		c := new(kind)
		c.last = place{due: noContact}
		if err := rows.Scan(&c.weight); err != nil {
			return err
		}
		r.position(c)
		r.runs = append(r.runs, c)
	}
	return rows.Err()
}

// position puts a run where the cursor left it: its items with a higher rank than the
// cursor's were given, those with the same rank as far as they come before it.
func (r *reading) position(c *run) {
	if r.after.id == "" {
		return
	}
	flat := c.stage == paused || c.stage == string(Closed)
	level := followup.MostOverdue // the highest level whose rank is no higher than the cursor's
	if flat {
		level = 0
	}
	for level >= 0 && followup.Rank(c.weight, level) > r.after.rank {
		level--
	}
	if level < 0 {
		c.ended = true
		return
	}
	c.last = place{due: noContact}
	if !flat {
		c.last = r.before(level)
	}
	if followup.Rank(c.weight, level) == r.after.rank {
		c.last = r.passTies(c, level, flat)
	}
}

// before is the place before all items that are at most so overdue.
func (r *reading) before(level int) place {
	from := r.overdue.From(level)
	if from.IsZero() {
		return place{due: noContact}
	}
	return place{due: from.UnixMicro()}
}

// passTies is the place after the items of a level that come before the cursor by due
// date and id.
func (r *reading) passTies(c *run, level int, flat bool) place {
	at := place{due: r.after.due, id: r.after.id}
	if at.due < c.last.due {
		return c.last
	}
	if !flat && level > 0 {
		if next := r.before(level - 1); at.due >= next.due {
			return next
		}
	}
	return at
}

// A cursor is the instant the first page was read at, the last item's place, and a
// check that it belongs to the query.

func (r *reading) cursor(p place) string {
	b := binary.AppendVarint(nil, r.q.Now.UnixMicro())
	b = binary.AppendUvarint(b, uint64(p.rank))
	b = binary.AppendVarint(b, p.due)
	b = append(b, p.id...)
	b = binary.BigEndian.AppendUint32(b, r.check(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

func (r *reading) check(b []byte) uint32 {
	h := fnv.New32a()
	h.Write(b)
	fmt.Fprintf(h, "\n%s\n%s\n%t\n%q\n%d\n%d", r.q.Account, r.q.Owner, r.q.Unowned, r.q.States, r.q.DueBefore.UnixMicro(), r.q.KnownAt.UnixMicro())
	return h.Sum32()
}

func (r *reading) resume() error {
	b, err := base64.RawURLEncoding.DecodeString(r.q.Cursor)
	if err != nil || len(b) < 4 {
		return ErrBadCursor
	}
	b, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if sum != r.check(b) {
		return ErrBadCursor
	}
	now, n := binary.Varint(b)
	rank, m := binary.Uvarint(b[max(n, 0):])
	if n <= 0 || m <= 0 {
		return ErrBadCursor
	}
	due, o := binary.Varint(b[n+m:])
	if o <= 0 || len(b) == n+m+o {
		return ErrBadCursor
	}
	// No page was read at another time: who made this cursor up would have the calendar
	// count days for ever.
	if r.q.Now = moment(now); r.q.Now.Year() < 1 || r.q.Now.Year() > 9999 {
		return ErrBadCursor
	}
	r.after = place{rank: int(rank), due: due, id: string(b[n+m+o:])}
	return nil
}
