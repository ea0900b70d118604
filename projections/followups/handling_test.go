package followups_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

func (m readModel) climbs(now time.Time) (climbs []followups.Climb) {
	m.t.Helper()
	return m.firstClimbs(now, 100)
}

func (m readModel) firstClimbs(now time.Time, limit int) (climbs []followups.Climb) {
	m.t.Helper()
	m.view(func(ctx context.Context, tx *sqldb.Tx) (err error) {
		climbs, err = followups.Climbs(ctx, tx, now, limit)
		return err
	})
	return climbs
}

func TestAStepOfTheLadderIsTakenOnceAndByWhoHoldsTheRole(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.record("acme", domain.AccountManagerAssigned{Person: "ann"})
	due := monday.AddDate(0, 0, 1) // a Tuesday at 10:00
	l.record("acme", domain.CommitmentMade{Commitment: "p1", DueAt: due, KnownToCustomer: true})
	id, far := followup.ItemID("acme", "commitment", "p1"), monday.AddDate(1, 0, 0)
	take := func(want followups.Climb) {
		t.Helper()
		m := l.fold()
		if got := m.climbs(want.At.Add(-time.Microsecond)); len(got) > 0 {
			t.Errorf("before step %d: got %+v", want.Step, got)
		}
		if got := m.climbs(far); !slices.Equal(got, []followups.Climb{want}) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		if got := m.find(id, monday); !got.EscalatesAt.Equal(want.At) || got.EscalatesTo != want.To {
			t.Errorf("the item is to go to %q at %v", got.EscalatesTo, got.EscalatesAt)
		}
		l.recordAt("acme", want.At, domain.FollowUpEscalated{Item: id, To: want.To, Reason: "overdue", Step: int64(want.Step), DueAt: want.DueAt, NoticedAt: want.At})
	}
	take(followups.Climb{Item: id, Account: "acme", DueAt: due, Step: 1, At: due.AddDate(0, 0, 1), To: "ann"})
	take(followups.Climb{Item: id, Account: "acme", DueAt: due, Step: 2, At: due.AddDate(0, 0, 7), To: "sponsor"})
	m := l.fold()
	if got := m.climbs(far); len(got) > 0 {
		t.Errorf("at the top: got %+v", got)
	}
	if got := m.find(id, far); got.EscalatedTo != "sponsor" || !got.EscalatesAt.IsZero() {
		t.Errorf("got %+v, want it with the sponsor and nobody next", got)
	}
}

func TestWhoIsAppointedWillBeTakenTo(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.record("acme", domain.ComplaintRaised{Complaint: "c1", Severity: 1})
	l.record("acme", domain.AccountManagerAssigned{Person: "ann"})
	id := followup.ItemID("acme", "complaint", "c1")
	if got := l.fold().find(id, monday).EscalatesTo; got != "ann" {
		t.Errorf("it is to go to %q, want the manager", got)
	}
	l.record("acme", domain.FollowUpEscalated{
		Item: id, To: "ann", Reason: "r", Step: 1, DueAt: l.fold().find(id, monday).DueAt, NoticedAt: monday,
	})
	l.record("acme", domain.AccountSponsorAppointed{Person: "eve"})
	if got := l.fold().find(id, monday).EscalatesTo; got != "eve" {
		t.Errorf("it is to go to %q, want the sponsor", got)
	}
}

func TestItemsClimbAccountByAccount(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	promise := func(account domain.AccountID, id domain.ID, days int) {
		l.record(account, domain.CommitmentMade{Commitment: id, DueAt: monday.AddDate(0, 0, days), KnownToCustomer: true})
	}
	for _, account := range []domain.AccountID{"bolt", "acme"} {
		l.record(account, domain.AccountManagerAssigned{Person: "ann"})
	}
	promise("acme", "p1", 2)
	promise("bolt", "p2", 1)
	promise("acme", "p3", 4)
	promise("bolt", "p4", 8)
	item := func(account domain.AccountID, id domain.ID) string {
		return followup.ItemID(account, "commitment", string(id))
	}
	want := []string{item("bolt", "p2"), item("bolt", "p4"), item("acme", "p1"), item("acme", "p3")}
	m := l.fold()
	for limit := range len(want) + 2 {
		var got []string
		for _, c := range m.firstClimbs(monday.AddDate(1, 0, 0), limit) {
			got = append(got, c.Item)
		}
		if want := want[:min(limit, len(want))]; !slices.Equal(got, want) {
			t.Errorf("of %d at most: got %q, want %q: the account of the first, and then the other", limit, got, want)
		}
	}
}

func TestOldItemsThatAreImportedDoNotClimbAtOnce(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.recordAt("acme", monday.AddDate(-2, 0, 0), domain.ComplaintRaised{Complaint: "c1", Severity: 1})
	recorded, m := l.events[0].RecordedAt, l.fold()
	if got := m.climbs(recorded.Add(followups.Grace - time.Microsecond)); len(got) > 0 {
		t.Errorf("at once: got %+v", got)
	}
	if got := m.climbs(recorded.Add(followups.Grace)); len(got) != 1 || got[0].Step != 1 {
		t.Errorf("after a while: got %+v, want the first step", got)
	}
}

func TestASnoozeEndsByItself(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.record("acme", domain.ComplaintRaised{Complaint: "c1", Severity: 1})
	id, until := followup.ItemID("acme", "complaint", "c1"), monday.AddDate(0, 0, 3)
	l.record("acme", domain.FollowUpSnoozed{Item: id, Until: until})
	m := l.fold()
	for now, want := range map[time.Time]followups.State{until.Add(-time.Microsecond): followups.Snoozed, until: followups.Open} {
		if got := m.find(id, now); got.State != want {
			t.Errorf("at %v it is %s, want %s", now, got.State, want)
		}
		if got := m.all(followups.Query{Now: now, States: []followups.State{want}}); len(got) != 1 {
			t.Errorf("at %v the queue has %d items that are %s, want it", now, len(got), want)
		}
	}
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.record("acme", domain.AccountManagerAssigned{Person: "ann"})
	l.record("acme", domain.RequestReceived{Request: "r1"})
	l.record("acme", domain.CommitmentMade{Commitment: "p1", DueAt: monday.AddDate(0, 0, 9), MadeBy: "ann"})
	l.record("acme", domain.ComplaintRaised{Complaint: "c1", Severity: 2})
	id := followup.ItemID("acme", "complaint", "c1")
	l.record("acme", domain.FollowUpAssigned{Item: id, Owner: "cy"})
	owners := func() (owners []string) {
		m := l.fold()
		for _, key := range []string{followup.ItemID("acme", "request", "r1"), followup.ItemID("acme", "commitment", "p1"), id} {
			i := m.find(key, monday)
			owners = append(owners, i.Owner+"<"+i.OwnerBefore)
		}
		return owners
	}
	is := func(when string, want ...string) {
		t.Helper()
		if got := owners(); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", when, got, want)
		}
	}
	is("with a manager", "ann<", "ann<", "cy<")
	released := l.record("acme", domain.AccountManagerReleased{Person: "ann"})
	is("between two managers", "<", "<ann", "cy<")
	if got := l.fold().all(followups.Query{Unowned: true, Account: "acme", Now: monday}); !slices.ContainsFunc(got, func(i followups.Item) bool { return i.OwnerBefore == "ann" }) {
		t.Errorf("what nobody owns is %s, want the promise among it", ids(got))
	}
	l.record("acme", domain.AccountManagerAssigned{Person: "bob"})
	is("with a successor", "bob<", "bob<ann", "cy<")
	l.record("acme", domain.FollowUpAssigned{Item: followup.ItemID("acme", "commitment", "p1"), Owner: "ann"})
	is("given to her again", "bob<", "ann<", "cy<")
	l.retract(released)
	is("never released", "bob<", "ann<", "cy<")
}

func TestAMergeUndoneLeavesEveryItemAsItWas(t *testing.T) {
	t.Parallel()
	l := random(t, 7, 200)
	l.record("e", domain.ComplaintRaised{Complaint: "c1", Severity: 2})
	l.record("e", domain.AccountManagerAssigned{Person: "ann"})
	l.record("f", domain.AccountManagerAssigned{Person: "bob"})
	l.record("f", domain.AccountClassified{TierNow: "A"})
	l.record("f", domain.RequestReceived{Request: "r1"})
	now := monday.AddDate(0, 0, 40)
	items := func() string {
		all := l.fold().all(followups.Query{Now: now})
		for i := range all {
			all[i].Changed = 0
		}
		return fmt.Sprintf("%+v", all)
	}
	before := items()
	merge := l.record("e", domain.AccountMerged{Into: "f"})
	merged := l.fold().all(followups.Query{Now: now})
	if items() == before {
		t.Error("the merge made no difference: the account merged into is to give tier and manager")
	}
	if ids, all := l.fold().all(followups.Query{Account: "f", Now: now}), merged; len(ids) != 2 || len(all) == 0 {
		t.Errorf("the account merged into has %d items, want both accounts'", len(ids))
	}
	l.record("e", domain.AccountUnmerged{From: "f"})
	if got := items(); got != before {
		t.Errorf("after the merge was undone:\n got %s\nwant %s", got, before)
	}
	l.events = l.events[:merge]
	l.retract(merge)
	if got := items(); got != before {
		t.Errorf("after the merge was retracted:\n got %s\nwant %s", got, before)
	}
}

func TestAnAccountWithTenThousandItemsListsThemAll(t *testing.T) {
	t.Parallel()
	const n = 10_000
	l := &ledger{t: t}
	for i := range n {
		l.record("acme", domain.RequestReceived{Request: domain.ID(fmt.Sprint("r", i))})
	}
	m := l.fold()
	seen := make(map[string]bool, n)
	for _, i := range m.all(followups.Query{Account: "acme", Now: monday.AddDate(0, 0, 9), Limit: 1000}) {
		seen[i.ID] = true
	}
	if len(seen) != n {
		t.Errorf("the pages have %d items, want %d", len(seen), n)
	}
}
