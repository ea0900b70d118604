package timeline_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/timeline"
)

func view(t *testing.T, db *sqldb.DB, f func(ctx context.Context, tx *sqldb.Tx) error) {
	t.Helper()
	if err := db.View(t.Context(), func(tx *sqldb.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func entries(t *testing.T, db *sqldb.DB, q timeline.Query) (page timeline.Page) {
	t.Helper()
	view(t, db, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		page, err = timeline.Entries(ctx, tx, q)
		return err
	})
	return page
}

func find(t *testing.T, db *sqldb.DB, id domain.AccountID) (a timeline.Account) {
	t.Helper()
	view(t, db, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		a, err = timeline.Find(ctx, tx, id)
		return err
	})
	return a
}

// positions tells which entries a page has, and what changed them.
func positions(page timeline.Page) string {
	var all []string
	for _, item := range page.Items {
		s := fmt.Sprint(item.Position)
		if item.CorrectedBy != 0 {
			s += fmt.Sprint(" corrected by ", item.CorrectedBy)
		}
		if item.RetractedBy != 0 {
			s += fmt.Sprint(" retracted by ", item.RetractedBy)
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func fold(t *testing.T, h *history) *sqldb.DB {
	t.Helper()
	return projectiontest.Fold(t, timeline.New(), h.records)
}

func TestTheProjectorKeepsItsPromises(t *testing.T) {
	t.Parallel()
	projectiontest.Run(t, timeline.New(), random(t, 300).records)
}

func TestCorrectionsAndRetractionsShowAsTheyWereKnown(t *testing.T) {
	t.Parallel()
	var h history
	first := h.add("acme", meeting("ann"))
	second := h.add("acme", meeting("ann"))
	correction := h.correct(first, meeting("bea"), time.Time{})
	h.retract(second)
	h.retract(correction)
	db := fold(t, &h)
	for known, want := range map[int]string{
		1: "1",
		2: "2, 1",
		3: "3, 2, 1 corrected by 3",
		4: "4, 3, 2 retracted by 4, 1 corrected by 3",
		5: "5, 4, 3 retracted by 5, 2 retracted by 4, 1",
	} {
		q := timeline.Query{Account: "acme", KnownAt: h.records[known-1].RecordedAt}
		if got := positions(entries(t, db, q)); got != want {
			t.Errorf("known at position %d: %s, want %s", known, got, want)
		}
		q.KnownAt = q.KnownAt.Add(-time.Microsecond)
		if got := entries(t, db, q); len(got.Items) != known-1 {
			t.Errorf("just before position %d: %s", known, positions(got))
		}
	}
	if got := positions(entries(t, db, timeline.Query{Account: "acme", Contact: "bea"})); got != "3 retracted by 5" {
		t.Errorf("of the corrected contact: %s", got)
	}
}

func TestBoundsOfTimeIncludeTheirBeginningAndAt(t *testing.T) {
	t.Parallel()
	var h history
	for minute := range 3 {
		h.add("acme", meeting(), occurred(start.Add(time.Duration(minute)*time.Minute)))
	}
	db := fold(t, &h)
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	for _, order := range []timeline.Order{timeline.ByOccurred, timeline.ByRecorded} {
		for _, c := range []struct {
			q    timeline.Query
			want string
		}{
			{timeline.Query{From: at(1)}, "3, 2"},
			{timeline.Query{To: at(1)}, "1"},
			{timeline.Query{At: at(1)}, "2, 1"},
			{timeline.Query{From: at(1), To: at(2), At: at(2)}, "2"},
		} {
			c.q.Account, c.q.Order = "acme", order
			if got := positions(entries(t, db, c.q)); got != c.want {
				t.Errorf("%+v: %s, want %s", c.q, got, c.want)
			}
		}
	}
}

func TestPagesAreOneStateWhateverIsRecordedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, order := range []timeline.Order{timeline.ByOccurred, timeline.ByRecorded} {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			var h history
			for i := range 25 {
				h.add("acme", meeting(), occurred(start.Add(time.Duration(i/5)*time.Hour))) // five at a time
			}
			p := timeline.New()
			db := projectiontest.Fold(t, p, h.records)
			q := timeline.Query{Account: "acme", Order: order, Limit: 4}
			seen := map[domain.Position]bool{}
			for pages := 0; ; pages++ {
				page := entries(t, db, q)
				for _, item := range page.Items {
					if seen[item.Position] || item.Position > 25 || item.CorrectedBy != 0 {
						t.Errorf("page %d shows %s", pages, positions(page))
					}
					seen[item.Position] = true
				}
				if q.Cursor = page.Next; q.Cursor == "" {
					break
				}
				// Something new comes in everywhere between the pages.
				from := len(h.records)
				for i := range 5 {
					h.add("acme", meeting(), occurred(start.Add(time.Duration(i)*time.Hour)))
				}
				h.correct(1, meeting("ann"), time.Time{})
				err := db.Update(t.Context(), func(tx *sqldb.Tx) error { return p.Apply(t.Context(), tx, h.records[from:]) })
				if err != nil {
					t.Fatal(err)
				}
			}
			if len(seen) != 25 {
				t.Errorf("%d entries seen, want 25", len(seen))
			}
		})
	}
}

func TestMergedAccountsAndContactsAreReadTogetherWhileTheyAreMerged(t *testing.T) {
	t.Parallel()
	var h history
	h.add("acme", meeting("ann"))                                             // 1
	h.add("bolt", meeting("bea"))                                             // 2
	h.add("cube", meeting("bea"))                                             // 3
	h.add("cube", domain.AccountMerged{Into: "bolt"})                         // 4
	h.add("bolt", domain.AccountMerged{Into: "acme"})                         // 5
	merge := h.add("bolt", domain.ContactMerged{Contact: "bea", Into: "ann"}) // 6
	h.retract(merge)                                                          // 7
	h.add("bolt", domain.AccountUnmerged{From: "acme"})                       // 8
	db := fold(t, &h)
	for _, c := range []struct {
		known   int
		account domain.AccountID
		contact domain.ID
		want    string
	}{
		{3, "acme", "", "1"},
		{4, "acme", "", "1"},
		{4, "bolt", "", "4, 3, 2"},
		{5, "acme", "", "5, 4, 3, 2, 1"},
		{5, "bolt", "", "5, 4, 3, 2"},
		{5, "acme", "ann", "1"},
		{6, "acme", "ann", "6, 2, 1"},
		{7, "acme", "ann", "6 retracted by 7, 1"},
		{8, "acme", "", "1"},
		{8, "cube", "", "4, 3"},
	} {
		q := timeline.Query{Account: c.account, Contact: c.contact, Order: timeline.ByRecorded, KnownAt: h.records[c.known-1].RecordedAt}
		if got := positions(entries(t, db, q)); got != c.want {
			t.Errorf("%s, %q known at position %d: %s, want %s", c.account, c.contact, c.known, got, c.want)
		}
	}
}

func TestOfAnAccountNobodyRecordedAnythingAbout(t *testing.T) {
	t.Parallel()
	var h history
	h.add("acme", meeting())
	h.add("acme", domain.AccountMerged{Into: "bolt"})
	h.add(domain.Ledger, domain.PolicyChanged{Name: "p", Reason: "r"})
	db := fold(t, &h)
	view(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := timeline.Entries(ctx, tx, timeline.Query{Account: "cube"}); !errors.Is(err, timeline.ErrUnknownAccount) {
			t.Errorf("its timeline: %v", err)
		}
		if _, err := timeline.Find(ctx, tx, "cube"); !errors.Is(err, timeline.ErrUnknownAccount) {
			t.Errorf("itself: %v", err)
		}
		if _, err := timeline.Find(ctx, tx, domain.Ledger); !errors.Is(err, timeline.ErrUnknownAccount) {
			t.Errorf("the ledger as an account: %v", err)
		}
		return nil
	})
	if got := find(t, db, "bolt"); !got.Provisional || got.Events != 2 {
		t.Errorf("an account known by a merge only: %+v", got)
	}
	if got := positions(entries(t, db, timeline.Query{Account: "bolt"})); got != "2, 1" {
		t.Errorf("its timeline: %s", got)
	}
	if got := positions(entries(t, db, timeline.Query{Account: domain.Ledger})); got != "3" {
		t.Errorf("the ledger's own timeline: %s", got)
	}
	early := timeline.Query{Account: "acme", KnownAt: start}
	if got := entries(t, db, early); len(got.Items) != 0 || got.Next != "" {
		t.Errorf("before anything was known: %s", positions(got))
	}
}

func TestTheLastContactIsWhatStands(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return start.AddDate(0, 0, n) }
	h := history{begins: start.AddDate(0, 1, 0)}
	contact := func() time.Time { return find(t, fold(t, &h), "acme").LastContact }
	h.add("acme", domain.EffortLogged{HoursH: 1})
	if got := contact(); !got.IsZero() {
		t.Errorf("without a contact: %v", got)
	}
	first := h.add("acme", meeting(), occurred(day(1)))
	last := h.add("acme", meeting(), occurred(day(10)))
	h.add("acme", meeting(), occurred(day(5))) // late
	if got := contact(); !got.Equal(day(10)) {
		t.Errorf("after a late one: %v", got)
	}
	h.correct(first, meeting("ann"), time.Time{})
	if got := contact(); !got.Equal(day(10)) {
		t.Errorf("after an old one was corrected: %v", got)
	}
	moved := h.correct(last, meeting(), day(8))
	if got := contact(); !got.Equal(day(8)) {
		t.Errorf("after the last one was moved: %v", got)
	}
	h.retract(moved)
	if got := contact(); !got.Equal(day(10)) {
		t.Errorf("after that was withdrawn: %v", got)
	}
	h.retract(last)
	if got := contact(); !got.Equal(day(5)) {
		t.Errorf("after the last one was retracted: %v", got)
	}
	ahead := h.add("acme", meeting(), occurred(h.begins.AddDate(10, 0, 0)))
	if got := contact(); !got.Equal(day(5)) {
		t.Errorf("after one that cannot have happened: %v", got)
	}
	h.correct(ahead, meeting(), day(20))
	if got := contact(); !got.Equal(day(20)) {
		t.Errorf("after its year was put right: %v", got)
	}
	h.correct(first, meeting(), h.begins.AddDate(10, 0, 0))
	if got := contact(); !got.Equal(day(20)) {
		t.Errorf("after another was moved to where it cannot have happened: %v", got)
	}
}

func TestAccountsMergedInACircleAreOneAccountInTheList(t *testing.T) {
	t.Parallel()
	var h history
	for _, id := range []domain.AccountID{"ant", "bee", "cat", "dog"} {
		h.add(id, meeting())
	}
	h.add("cat", domain.AccountMerged{Into: "bee"})
	h.add("dog", domain.AccountMerged{Into: "cat"})
	wrong := h.add("bee", domain.AccountMerged{Into: "ant"})
	h.correct(wrong, domain.AccountMerged{Into: "cat"}, time.Time{}) // which no merge could have said
	db := fold(t, &h)
	view(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
		page, err := timeline.Accounts(ctx, tx, timeline.AccountsQuery{})
		if len(page.Items) != 2 || page.Items[0].Account != "ant" || page.Items[1].Account != "bee" || page.Items[1].Events != 7 {
			t.Errorf("got %+v", page.Items)
		}
		return err
	})
	for _, id := range []domain.AccountID{"bee", "cat"} {
		view(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			page, err := timeline.Entries(ctx, tx, timeline.Query{Account: id})
			if len(page.Items) != 7 {
				t.Errorf("%s shows %s", id, positions(page))
			}
			return err
		})
	}
}

func TestTheProfileIsWhatOccurredLastAndStands(t *testing.T) {
	t.Parallel()
	var h history
	profile := func() string {
		a := find(t, fold(t, &h), "acme")
		return fmt.Sprintf("%s %s %s %s %s %v", a.Name, a.Kind, a.Tier, a.Stage, a.Manager, a.Provisional)
	}
	step := func(what, want string) {
		t.Helper()
		if got := profile(); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	h.add("acme", meeting())
	step("by a meeting alone", "     true")
	opened := h.add("acme", domain.AccountOpened{Name: "Acme", Kind: "customer"})
	h.add("acme", domain.AccountClassified{TierNow: "A"})
	h.add("acme", domain.AccountClassified{TierNow: "C"}, occurred(start.AddDate(-1, 0, 0)))
	h.add("acme", domain.AccountStageChanged{To: "trial"})
	assigned := h.add("acme", domain.AccountManagerAssigned{Person: "x"})
	step("opened, with an old classification come late", "Acme customer A trial x false")
	h.correct(opened, domain.AccountOpened{Name: "ACME", Kind: "partner"}, time.Time{})
	h.retract(assigned)
	step("corrected and retracted", "ACME partner A trial  false")
	h.add("acme", domain.AccountManagerAssigned{Person: "x"})
	h.add("acme", domain.AccountManagerAssigned{Person: "y"})
	h.add("acme", domain.AccountManagerReleased{Person: "x"})
	step("a predecessor released", "ACME partner A trial y false")
	h.add("acme", domain.AccountManagerReleased{Person: "y"})
	h.retract(opened)
	step("released, and not opened after all", "  A trial  true")
}

func TestAccountsAreListedByIDAndFiltered(t *testing.T) {
	t.Parallel()
	h := history{begins: start.AddDate(0, 1, 0)}
	h.add("a_1", domain.AccountOpened{Name: "Ärger & Söhne", Kind: "customer"})
	h.add("a_1", domain.AccountClassified{TierNow: "A"})
	h.add("b-2", domain.AccountOpened{Name: "100% Bolt", Kind: "partner"})
	h.add("b-2", domain.AccountClassified{TierNow: "A"})
	h.add("c3", meeting(), occurred(start.AddDate(0, 0, 3)))
	h.add("d4", meeting(), occurred(start.AddDate(0, 0, 4)))
	h.add("d4", domain.AccountMerged{Into: "c3"})
	undone := h.add("c3", domain.AccountMerged{Into: "e5"})
	h.retract(undone)
	db := fold(t, &h)
	list := func(q timeline.AccountsQuery) string {
		t.Helper()
		var ids []string
		view(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			for {
				page, err := timeline.Accounts(ctx, tx, q)
				if err != nil {
					return err
				}
				for _, a := range page.Items {
					ids = append(ids, string(a.Account))
				}
				if q.Cursor = page.Next; q.Cursor == "" {
					return nil
				}
			}
		})
		return strings.Join(ids, " ")
	}
	for _, c := range []struct {
		q    timeline.AccountsQuery
		want string
	}{
		{timeline.AccountsQuery{}, "a_1 b-2 c3"},
		{timeline.AccountsQuery{Limit: 1}, "a_1 b-2 c3"},
		{timeline.AccountsQuery{Tier: "A"}, "a_1 b-2"},
		{timeline.AccountsQuery{Tier: "A", Kind: "partner"}, "b-2"},
		{timeline.AccountsQuery{Search: "SÖHNE"}, "a_1"},
		{timeline.AccountsQuery{Search: "%"}, "b-2"},
		{timeline.AccountsQuery{Search: "_"}, "a_1"},
		{timeline.AccountsQuery{Search: "C3"}, "c3"},
		{timeline.AccountsQuery{Search: `\`}, ""},
	} {
		if got := list(c.q); got != c.want {
			t.Errorf("%+v: %s, want %s", c.q, got, c.want)
		}
	}
	if got := find(t, db, "c3"); got.Events != 5 || !got.LastContact.Equal(start.AddDate(0, 0, 4)) {
		t.Errorf("with what was merged into it: %+v", got)
	}
	if got := find(t, db, "d4"); got.MergedInto != "c3" || got.Events != 2 {
		t.Errorf("what was merged: %+v", got)
	}
	view(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
		if _, err := timeline.Accounts(ctx, tx, timeline.AccountsQuery{Cursor: "!"}); !errors.Is(err, timeline.ErrBadCursor) {
			t.Errorf("bad cursor: %v", err)
		}
		return nil
	})
}

func TestACursorGoesOnWithItsOwnQueryOnly(t *testing.T) {
	t.Parallel()
	var h history
	for range 5 {
		h.add("acme", meeting())
	}
	db := fold(t, &h)
	next := entries(t, db, timeline.Query{Account: "acme", Limit: 2}).Next
	view(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
		for name, q := range map[string]timeline.Query{
			"another order":   {Account: "acme", Order: timeline.ByRecorded, Cursor: next},
			"another type":    {Account: "acme", Types: []domain.Type{"interaction.held"}, Cursor: next},
			"another instant": {Account: "acme", At: start, Cursor: next},
			"no cursor":       {Account: "acme", Cursor: "nonsense"},
			"half a cursor":   {Account: "acme", Cursor: next[:8]},
		} {
			if _, err := timeline.Entries(ctx, tx, q); !errors.Is(err, timeline.ErrBadCursor) {
				t.Errorf("%s: %v", name, err)
			}
		}
		page, err := timeline.Entries(ctx, tx, timeline.Query{Account: "acme", Order: timeline.ByOccurred, Limit: 10, Cursor: next})
		if got := positions(page); got != "3, 2, 1" {
			t.Errorf("another limit: %s, %v", got, err)
		}
		return err
	})
}

func TestRandomHistoriesAreToldAsTheEventsTellThem(t *testing.T) {
	t.Parallel()
	h := random(t, 500)
	t.Run("live", func(t *testing.T) { isToldAsItIs(t, h, fold(t, h)) })
	t.Run("rebuilt", func(t *testing.T) {
		isToldAsItIs(t, h, projectiontest.Rebuild(t, timeline.New(), h.records, rand.IntN(len(h.records))))
	})
}

func isToldAsItIs(t *testing.T, h *history, db *sqldb.DB) {
	t.Parallel()
	events := decoded(t, h.records)
	seed := rand.Uint64()
	t.Logf("queries of seed %d", seed)
	g := generator{Rand: rand.New(rand.NewPCG(seed, 0))}
	for range 150 {
		q := g.query(h)
		want, ok := expected(events, q)
		var got []string
		var err error
		for {
			var page timeline.Page
			view(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
				page, err = timeline.Entries(ctx, tx, q)
				return nil
			})
			if err != nil {
				break
			}
			if s := positions(page); s != "" {
				got = append(got, s)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if ok != (err == nil) || strings.Join(got, ", ") != want {
			t.Fatalf("%+v:\ngot  %s (%v)\nwant %s", q, strings.Join(got, ", "), err, want)
		}
	}
	for _, id := range accounts[:4] {
		stands := domain.Standing(of(events, id))
		var last time.Time
		for _, e := range stands {
			if entry, _ := domain.Lookup(e.Data.EventType()); entry.Touch && e.OccurredAt.After(last) && domain.InContact(e.OccurredAt, e.RecordedAt) {
				last = e.OccurredAt
			}
		}
		var row time.Time
		var count, listed int
		view(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			var us int64
			err := tx.QueryRow(ctx, `SELECT coalesce(last_contact, 0), events, (SELECT count(*) FROM account_entries e WHERE e.account = o.account)
				FROM account_overview o WHERE account = ?`, string(id)).Scan(&us, &count, &listed)
			row = time.UnixMicro(us)
			return err
		})
		if want := len(of(events, id)); count != want || listed != want {
			t.Errorf("%d events of %s and %d listed, want %d", count, id, listed, want)
		}
		if !row.Equal(last) && !(last.IsZero() && row.UnixMicro() == 0) {
			t.Errorf("last contact of %s: %v, want %v", id, row, last)
		}
	}
}

func (g *generator) query(h *history) timeline.Query {
	q := timeline.Query{Account: accounts[g.IntN(len(accounts))], Limit: 1 + g.IntN(20)}
	if g.IntN(2) == 0 {
		q.Order = timeline.ByRecorded
	}
	types := []domain.Type{"interaction.held", "effort.logged", "account.opened", "entry.retracted", "entry.corrected",
		"account.merged", "account.unmerged", "account.classified", "contact.merged", "account.stage_changed"}
	switch g.IntN(4) {
	case 0:
		q.Types = types[:1+g.IntN(3)]
	case 1:
		q.Types = types
	}
	if g.IntN(3) == 0 {
		q.From = g.time()
	}
	if g.IntN(3) == 0 {
		q.To = g.time()
	}
	if g.IntN(3) == 0 {
		q.At = g.time()
	}
	if g.IntN(2) == 0 {
		q.KnownAt = h.records[g.IntN(len(h.records))].RecordedAt
	}
	if g.IntN(2) == 0 {
		q.Contact = contacts[g.IntN(len(contacts))]
	}
	return q
}

// expected is the whole answer to the query, told by the events; false if there is none.
func expected(events []domain.Recorded, q timeline.Query) (string, bool) {
	all := events
	for !q.KnownAt.IsZero() && len(all) > 0 && all[len(all)-1].RecordedAt.After(q.KnownAt) {
		all = all[:len(all)-1]
	}
	into := make(map[domain.AccountID]domain.AccountID)
	contactInto := make(map[domain.AccountID]map[domain.ID]domain.ID)
	for _, id := range accounts {
		contactInto[id] = make(map[domain.ID]domain.ID)
		for _, e := range domain.Standing(of(all, id)) {
			switch d := e.Data.(type) {
			case domain.AccountMerged:
				into[id] = d.Into
			case domain.AccountUnmerged:
				delete(into, id)
			case domain.ContactMerged:
				contactInto[id][d.Contact] = d.Into
			case domain.ContactUnmerged:
				delete(contactInto[id], d.Contact)
			}
		}
	}
	var page timeline.Page
	for _, e := range all {
		if !leads(into, e.Account, q.Account) || !matches(e, q) {
			continue
		}
		if q.Contact != "" && !slices.ContainsFunc(codec.Contacts(e.Data), func(c domain.ID) bool {
			return leads(contactInto[e.Account], c, q.Contact)
		}) {
			continue
		}
		item := timeline.Item{Position: e.Position}
		item.CorrectedBy, item.RetractedBy = changed(all, e.Position)
		page.Items = append(page.Items, item)
	}
	slices.SortFunc(page.Items, func(a, b timeline.Item) int {
		if q.Order == timeline.ByRecorded {
			return cmp.Compare(b.Position, a.Position)
		}
		occurred := func(p domain.Position) time.Time { return all[p-1].OccurredAt }
		return cmp.Or(occurred(b.Position).Compare(occurred(a.Position)), cmp.Compare(b.Position, a.Position))
	})
	return positions(page), len(of(events, q.Account)) > 0
}

func of(all []domain.Recorded, account domain.AccountID) []domain.Recorded {
	var its []domain.Recorded
	for _, e := range all {
		if e.Account == account {
			its = append(its, e)
		}
	}
	return its
}

// leads says whether following the merges from one comes to the other.
func leads[T comparable](into map[T]T, from, to T) bool {
	for range len(into) + 1 {
		if from == to {
			return true
		}
		next, merged := into[from]
		if !merged {
			return false
		}
		from = next
	}
	return false
}

func matches(e domain.Recorded, q timeline.Query) bool {
	return (len(q.Types) == 0 || slices.Contains(q.Types, e.Data.EventType())) &&
		(q.From.IsZero() || !e.OccurredAt.Before(q.From)) &&
		(q.To.IsZero() || e.OccurredAt.Before(q.To)) &&
		(q.At.IsZero() || !e.OccurredAt.After(q.At))
}

func changed(all []domain.Recorded, p domain.Position) (corrected, retracted domain.Position) {
	for _, e := range all {
		if e.Target != p {
			continue
		}
		switch e.Data.(type) {
		case domain.EntryRetracted:
			retracted = e.Position
		case domain.EntryCorrected:
			if _, void := changed(all, e.Position); void == 0 {
				corrected = e.Position
			}
		}
	}
	return corrected, retracted
}

func TestContactsThatWereMergedAreTheSamePerson(t *testing.T) {
	t.Parallel()
	var h history
	h.add("acme", domain.ContactMerged{Contact: "j1", Into: "jane"})
	h.add("acme", domain.ContactMerged{Contact: "j2", Into: "j1"})
	undone := h.add("acme", domain.ContactMerged{Contact: "joe", Into: "jane"})
	h.retract(undone)
	h.add("bolt", domain.ContactMerged{Contact: "j3", Into: "jane"})
	db := fold(t, &h)
	for _, c := range []struct{ asked, want string }{
		{"jane", "[jane j1 j2]"}, {"j2", "[j2 j1 jane]"}, {"joe", "[joe]"}, {"nobody", "[nobody]"},
	} {
		view(t, db, func(ctx context.Context, tx *sqldb.Tx) error {
			got, err := timeline.SamePerson(ctx, tx, "acme", domain.ID(c.asked))
			if fmt.Sprint(got) != c.want {
				t.Errorf("%s: got %v, want %s", c.asked, got, c.want)
			}
			return err
		})
	}
}
