package followups_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

func TestADueDateThatPassesIsNoticedOnce(t *testing.T) {
	t.Parallel()
	due := monday.AddDate(0, 0, 3)
	l := &ledger{t: t}
	l.record("acme", domain.CommitmentMade{Commitment: "p1", DueAt: due})
	m, id := l.fold(), followup.ItemID("acme", "commitment", "p1")
	if got := m.overdue(due.Add(-time.Microsecond)); len(got) > 0 {
		t.Errorf("before it is due: got %v", got)
	}
	want := []followups.Due{{Item: id, Account: "acme", DueAt: due, Cause: 1}}
	if got := m.overdue(due); !slices.Equal(got, want) {
		t.Errorf("when it is due: got %v, want %v", got, want)
	}
	l.recordAt("acme", due, domain.DuePassed{Item: id, DueAt: due, NoticedAt: due})
	if got := l.fold().overdue(due.AddDate(1, 0, 0)); len(got) > 0 {
		t.Errorf("once it was noticed: got %v", got)
	}
	l.record("acme", domain.CommitmentRenegotiated{Commitment: "p1", NewDueAt: due.AddDate(0, 0, 7), AskedBy: "us"})
	if got := l.fold().overdue(due.AddDate(1, 0, 0)); len(got) != 1 || !got[0].DueAt.Equal(due.AddDate(0, 0, 7)) {
		t.Errorf("with a new date: got %v, want that to be noticed", got)
	}
	l.record("acme", domain.CommitmentRenegotiated{Commitment: "p1", NewDueAt: due, AskedBy: "us"})
	if got := l.fold().overdue(due.AddDate(1, 0, 0)); len(got) > 0 {
		t.Errorf("with the old date again: got %v, want it not noticed twice", got)
	}
}

func TestWhatWasOverdueWhenItWasRecordedIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.recordAt("acme", monday.AddDate(-2, 0, 0), domain.ComplaintRaised{Complaint: "c1", Severity: 1})
	recorded := l.events[0].RecordedAt
	m := l.fold()
	if got := m.overdue(recorded.Add(followups.Grace - time.Microsecond)); len(got) > 0 {
		t.Errorf("at once: got %v", got)
	}
	if got := m.overdue(recorded.Add(followups.Grace)); len(got) != 1 {
		t.Errorf("after a while: got %v, want the complaint", got)
	}
	l.recordAt("acme", monday.AddDate(-2, 0, 1), domain.ComplaintAnswered{Complaint: "c1"})
	if got := l.fold().overdue(recorded.AddDate(1, 0, 0)); len(got) > 0 {
		t.Errorf("answered: got %v", got)
	}
}

func TestWhatIsPausedDoesNotGetOverdue(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.record("acme", domain.RequestReceived{Request: "r1", DueAt: monday.AddDate(0, 0, 1)})
	l.record("acme", domain.RequestClarified{Request: "r1", Awaiting: "customer"})
	m, later := l.fold(), monday.AddDate(0, 1, 0)
	if got := m.overdue(later); len(got) > 0 {
		t.Errorf("got %v", got)
	}
	item := m.find(followup.ItemID("acme", "request", "r1"), later)
	if item.Overdue || !item.Paused || item.State != followups.Open || item.Factors.Overdue != 1 {
		t.Errorf("got %+v, want it open, paused and not overdue", item)
	}
}

func TestAnAccountIsSilentWhenTheAgreedTimeHasRunOut(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	agreed := l.record("acme", domain.AccountCadenceAgreed{EveryD: 7})
	week := func(p domain.Position) time.Time { return l.events[p-1].OccurredAt.AddDate(0, 0, 7) }
	if got := l.fold().silent(week(agreed)); len(got) != 1 || !got[0].LastContactAt.IsZero() || !got[0].Since.Equal(week(agreed)) {
		t.Errorf("without any contact: got %+v, want it silent since a week after the agreement", got)
	}
	l.begins = monday.AddDate(0, 0, 2)
	call := l.recordAt("acme", monday.AddDate(0, 0, 2), domain.InteractionHeld{Kind: "call"})
	ahead := l.recordAt("acme", monday.AddDate(1, 0, 0), domain.InteractionHeld{Kind: "call"})
	m := l.fold()
	if got := m.silent(week(call).Add(-time.Microsecond)); len(got) > 0 {
		t.Errorf("a week after the call is not over: got %+v", got)
	}
	want := followups.Silence{Account: "acme", LastContactAt: l.events[call-1].OccurredAt, CadenceD: 7, Since: week(call)}
	if got := m.silent(week(call)); !slices.Equal(got, []followups.Silence{want}) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	l.recordAt("acme", want.Since, domain.SilenceNoticed{LastContactAt: want.LastContactAt, CadenceD: 7, NoticedAt: want.Since})
	if got := l.fold().silent(week(call).AddDate(1, 0, 0)); len(got) > 0 {
		t.Errorf("noticed: got %+v, want it not noticed again", got)
	}
	id := followup.ItemID("acme", followup.Silence, "")
	if got := l.fold().find(id, week(call)); got.State != followups.Open {
		t.Errorf("the silence's item is %s, want open", got.State)
	}
	l.begins = monday.AddDate(0, 0, 10)
	l.correct(ahead, monday.AddDate(2, 0, 0), domain.InteractionHeld{Kind: "visit"})
	if got := l.fold().find(id, week(call)); got.State != followups.Open {
		t.Errorf("after a call that cannot have happened the silence's item is %s, want open", got.State)
	}
	again := l.recordAt("acme", week(call).AddDate(0, 0, 1), domain.InteractionHeld{Kind: "call"})
	m = l.fold()
	if got := m.find(id, week(call)); got.State != followups.Closed {
		t.Errorf("after a call the silence's item is %s, want closed", got.State)
	}
	if got := m.silent(week(again)); len(got) != 1 {
		t.Errorf("a week after that: got %+v, want it silent again", got)
	}
	l.retract(again)
	if got := l.fold().find(id, week(call)); got.State != followups.Open {
		t.Errorf("with that call withdrawn the silence's item is %s, want open", got.State)
	}
}

func TestTheEndOfASilenceIsNoticedOnce(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	last := l.record("acme", domain.InteractionHeld{Kind: "call"})
	lastAt := l.events[last-1].OccurredAt
	since := lastAt.AddDate(0, 0, 7)
	l.begins = since
	silence := l.recordAt("acme", since, domain.SilenceNoticed{LastContactAt: lastAt, CadenceD: 7, NoticedAt: since})
	later := since.AddDate(1, 0, 0)
	if got := l.fold().broken(later); len(got) > 0 {
		t.Errorf("while it lasts: got %+v", got)
	}
	call := l.record("acme", domain.InteractionHeld{Kind: "call"})
	recorded := l.events[call-1].RecordedAt
	if got := l.fold().broken(recorded.Add(followups.Grace - time.Microsecond)); len(got) > 0 {
		t.Errorf("at once: got %+v, want the contact left alone for a while", got)
	}
	want := followups.Broken{
		Account: "acme", Silence: silence, Since: since, LastContactAt: lastAt,
		Contact: call, ContactAt: l.events[call-1].OccurredAt,
	}
	if got := l.fold().broken(recorded.Add(followups.Grace)); !slices.Equal(got, []followups.Broken{want}) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	l.retract(call)
	if got := l.fold().broken(later); len(got) > 0 {
		t.Errorf("with the call withdrawn: got %+v", got)
	}
	again := l.record("acme", domain.InteractionHeld{Kind: "visit"})
	if got := l.fold().broken(later); len(got) != 1 || got[0].Contact != again {
		t.Errorf("after another contact: got %+v, want it ended by that", got)
	}
	l.record("acme", domain.SilenceBroken{Contact: again, Silence: silence, NoticedAt: later})
	if got := l.fold().broken(later); len(got) > 0 {
		t.Errorf("once it was recorded: got %+v", got)
	}
	l.record("acme", domain.InteractionHeld{Kind: "call"})
	l.retract(again)
	if got := l.fold().broken(later); len(got) > 0 {
		t.Errorf("with another contact that ends it: got %+v, want it not noticed twice", got)
	}
}

func TestASilenceThatWasWithdrawnHasNoEnd(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	silence := l.record("acme", domain.SilenceNoticed{CadenceD: 7, NoticedAt: monday})
	l.record("acme", domain.InteractionHeld{Kind: "call"})
	if got := l.fold().broken(monday.AddDate(1, 0, 0)); len(got) != 1 || !got[0].LastContactAt.IsZero() {
		t.Errorf("got %+v, want the end of a silence before which there was no contact", got)
	}
	l.retract(silence)
	if got := l.fold().broken(monday.AddDate(1, 0, 0)); len(got) > 0 {
		t.Errorf("withdrawn: got %+v", got)
	}
}

func TestCorrectingAnOldCallDoesNotMakeAnAccountLookTouched(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.recordAt("acme", monday.AddDate(0, -2, 0), domain.AccountCadenceAgreed{EveryD: 7})
	call := l.recordAt("acme", monday.AddDate(0, -1, 0), domain.InteractionHeld{Kind: "call"})
	last := func() time.Time { return l.fold().silent(monday.AddDate(0, 0, 1))[0].LastContactAt }
	l.correct(call, time.Time{}, domain.InteractionHeld{Kind: "visit"})
	if got := last(); !got.Equal(monday.AddDate(0, -1, 0)) {
		t.Errorf("corrected: got %v, want when the call was", got)
	}
	moved := l.correct(call, monday.AddDate(0, 0, -20), domain.InteractionHeld{Kind: "visit"})
	if got := last(); !got.Equal(monday.AddDate(0, 0, -20)) {
		t.Errorf("its date corrected: got %v, want the corrected date", got)
	}
	l.retract(moved)
	if got := last(); !got.Equal(monday.AddDate(0, -1, 0)) {
		t.Errorf("that correction withdrawn: got %v, want when the call was", got)
	}
	l.retract(call)
	if got := last(); !got.IsZero() {
		t.Errorf("the call withdrawn: got %v, want none", got)
	}
}

func TestOldCallsThatAreImportedRaiseNoAlarmAtOnce(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.recordAt("acme", monday.AddDate(-1, 0, 0), domain.AccountCadenceAgreed{EveryD: 7})
	l.recordAt("acme", monday.AddDate(-1, 0, 0), domain.InteractionHeld{Kind: "call"})
	recorded, m := l.events[1].RecordedAt, l.fold()
	if got := m.silent(recorded.Add(followups.Grace - time.Microsecond)); len(got) > 0 {
		t.Errorf("at once: got %+v", got)
	}
	if got := m.silent(recorded.Add(followups.Grace)); len(got) != 1 {
		t.Errorf("after a while: got %+v, want acme", got)
	}
}

func TestAMergedAccountIsNotSilentByItself(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	for _, account := range []domain.AccountID{"acme", "acme-old"} {
		l.recordAt(account, monday.AddDate(0, -1, 0), domain.AccountCadenceAgreed{EveryD: 7})
	}
	l.record("acme-old", domain.AccountMerged{Into: "acme"})
	call := l.record("acme-old", domain.InteractionHeld{Kind: "call"})
	m := l.fold()
	if got := m.silent(monday.AddDate(0, 0, 6)); len(got) > 0 {
		t.Errorf("a call with the merged account counts for both: got %+v", got)
	}
	got := m.silent(monday.AddDate(0, 0, 8))
	if len(got) != 1 || got[0].Account != "acme" || !got[0].LastContactAt.Equal(l.events[call-1].OccurredAt) {
		t.Errorf("got %+v, want acme alone, last called when its merged account was", got)
	}
}

func TestItemsOfMergedAccounts(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.record("acme", domain.AccountClassified{TierNow: "A"})
	l.record("acme", domain.AccountManagerAssigned{Person: "ann"})
	l.record("old", domain.AccountManagerAssigned{Person: "bob"})
	l.record("old", domain.RequestReceived{Request: "r1"})
	item := func() followups.Item { return l.fold().find(followup.ItemID("old", "request", "r1"), monday) }
	if got := item(); got.Owner != "bob" || got.Factors.Tier != 1 {
		t.Errorf("alone: got owner %q and tier %v, want its own", got.Owner, got.Factors.Tier)
	}
	l.record("old", domain.AccountMerged{Into: "acme"})
	if got := item(); got.Owner != "ann" || got.Factors.Tier != 3 || got.Account != "old" {
		t.Errorf("merged: got owner %q and tier %v, want acme's, and the account it was opened for", got.Owner, got.Factors.Tier)
	}
	if got := l.fold().all(followups.Query{Account: "acme", Now: monday}); len(got) != 1 {
		t.Errorf("the queue of acme has %v, want the merged account's item", got)
	}
	l.record("old", domain.AccountUnmerged{From: "acme"})
	if got := item(); got.Owner != "bob" || got.Factors.Tier != 1 {
		t.Errorf("unmerged: got owner %q and tier %v, want its own", got.Owner, got.Factors.Tier)
	}
	if got := l.fold().all(followups.Query{Account: "acme", Now: monday}); len(got) != 0 {
		t.Errorf("the queue of acme has %v, want nothing", got)
	}
}

func TestAnItemThatNeverWas(t *testing.T) {
	t.Parallel()
	m := (&ledger{t: t}).fold()
	err := m.db.View(t.Context(), func(tx *sqldb.Tx) error {
		_, err := followups.Find(t.Context(), tx, "acme~0123456789ab", monday)
		return err
	})
	if !errors.Is(err, followups.ErrUnknownItem) {
		t.Errorf("got %v, want ErrUnknownItem", err)
	}
	if page := m.queue(followups.Query{Now: monday}); len(page.Items) > 0 || page.Next != "" {
		t.Errorf("got %+v, want an empty page", page)
	}
}

func TestChangedGivesWhatEachEventBoreOn(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	for i := range 3 {
		l.record("acme", domain.RequestReceived{Request: domain.ID(fmt.Sprint(i))})
	}
	l.record("acme", domain.RequestAnswered{Request: "0"})
	m := l.fold()
	changed := func(after domain.Position, limit int) (changes []domain.Position) {
		m.view(func(ctx context.Context, tx *sqldb.Tx) error {
			items, err := followups.Changed(ctx, tx, after, limit, monday)
			for _, i := range items {
				changes = append(changes, i.Changed)
			}
			return err
		})
		return changes
	}
	for _, tt := range []struct {
		after domain.Position
		limit int
		want  []domain.Position
	}{
		{0, 10, []domain.Position{2, 3, 4}},
		{0, 2, []domain.Position{2, 3}},
		{3, 2, []domain.Position{4}},
		{4, 2, nil},
	} {
		if got := changed(tt.after, tt.limit); !slices.Equal(got, tt.want) {
			t.Errorf("after %d, at most %d: got %v, want %v", tt.after, tt.limit, got, tt.want)
		}
	}
	l.record("acme", domain.AccountClassified{TierNow: "A"})
	m = l.fold()
	if got := changed(4, 1); !slices.Equal(got, []domain.Position{5, 5, 5}) {
		t.Errorf("a classification bears on all items at once: got %v", got)
	}
}
