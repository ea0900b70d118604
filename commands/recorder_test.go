package commands_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/memory"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// testLog is a log in memory in whose appends a test can meddle.
type testLog struct {
	*memory.Log
	mu sync.Mutex
	// before runs ahead of the next append, once; its error is the append's.
	before func() error
	// after runs behind the next append, once; its error is the append's, which has
	// happened all the same.
	after   func() error
	appends int
}

func (l *testLog) Append(ctx context.Context, appends ...eventstore.Append) ([]eventstore.Receipt, error) {
	l.mu.Lock()
	before, after := l.before, l.after
	l.before, l.after = nil, nil
	l.appends++
	l.mu.Unlock()
	if before != nil {
		if err := before(); err != nil {
			return nil, err
		}
	}
	receipts, err := l.Log.Append(ctx, appends...)
	if after != nil && err == nil {
		if err := after(); err != nil {
			return nil, err
		}
	}
	return receipts, err
}

func (l *testLog) next(before, after func() error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before, l.after = before, after
}

func start(t *testing.T, o commands.Options) (*commands.Recorder, *testLog) {
	t.Helper()
	l := &testLog{Log: memory.New(memory.WithClock(func() time.Time { return noon }))}
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	r := commands.NewRecorder(l, o)
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r, l
}

// event is a fact of the account, with a time of its own.
func event(account domain.AccountID, id string, data domain.Event) domain.Envelope {
	return domain.Envelope{Source: "test", ID: id, Account: account, OccurredAt: noon.Add(-time.Hour), Data: data}
}

func raise(account domain.AccountID, id string, complaint domain.ID) domain.Envelope {
	return event(account, id, domain.ComplaintRaised{Complaint: complaint, Severity: 3})
}

func closing(account domain.AccountID, id string, complaint domain.ID) domain.Envelope {
	return event(account, id, domain.ComplaintClosed{Complaint: complaint})
}

func call(account domain.AccountID, id string) domain.Envelope {
	return event(account, id, domain.InteractionHeld{Kind: "call"})
}

// told is what became of the events, an event a word: its place in the log, a
// duplicate's in brackets, or what stood against it.
func told(outcomes []commands.Outcome) string {
	var words []string
	for _, o := range outcomes {
		var refusal *domain.Refusal
		switch {
		case errors.As(o.Err, &refusal):
			words = append(words, "refused")
		case errors.Is(o.Err, eventstore.ErrIdentityConflict):
			words = append(words, "conflict")
		case errors.Is(o.Err, eventstore.ErrUnavailable):
			words = append(words, "unavailable")
		case o.Err != nil:
			words = append(words, o.Err.Error())
		case o.Receipt.Duplicate:
			words = append(words, fmt.Sprintf("(%d)", o.Receipt.Position))
		default:
			words = append(words, fmt.Sprint(o.Receipt.Position))
		}
	}
	return strings.Join(words, " ")
}

func record(t *testing.T, r *commands.Recorder, want string, events ...domain.Envelope) []commands.Outcome {
	t.Helper()
	outcomes := r.Record(t.Context(), events)
	if got := told(outcomes); got != want {
		t.Fatalf("recorded %q, want %q: %v", got, want, outcomes)
	}
	return outcomes
}

// inLog is the ids in the log, in order.
func inLog(t *testing.T, log eventstore.Log) string {
	t.Helper()
	var ids []string
	for e, err := range log.ReadLog(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	return strings.Join(ids, " ")
}

func TestRecordGivesAReceiptForEachEvent(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{})
	got := record(t, r, "1 2 3", raise("acme", "a", "C-1"), call("bell", "b"), closing("acme", "c", "C-1"))
	want := commands.Receipt{Source: "test", ID: "c", Account: "acme", Position: 3, Revision: 2}
	if got[2].Receipt != want {
		t.Errorf("receipt %+v, want %+v", got[2].Receipt, want)
	}
}

func TestRecordKeepsTheOrderOfTheEventsInTheLog(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1 2 3 4 5", call("acme", "a"), call("bell", "b"), raise("acme", "c", "C"), closing("acme", "d", "C"), call("bell", "e"))
	if got := inLog(t, l); got != "a b c d e" {
		t.Errorf("the log has %s", got)
	}
}

func TestRecordRefusesEachEventOnItsOwnMerits(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	got := record(t, r, "1 refused 2 refused", raise("acme", "a", "C-1"), closing("acme", "b", "C-2"), closing("acme", "c", "C-1"), closing("acme", "d", "C-1"))
	want := domain.Refuse("data.complaint", `complaint "C-2" was never raised`)
	if !errors.Is(got[1].Err, want) {
		t.Errorf("error %v, want %v", got[1].Err, want)
	}
	if got := inLog(t, l); got != "a c" {
		t.Errorf("the log has %s", got)
	}
}

func TestRecordDecidesAgainstWhatWasRecordedBefore(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1", raise("acme", "a", "C-1"))
	record(t, r, "refused", raise("acme", "b", "C-1"))
	other := commands.NewRecorder(l, commands.Options{})
	defer other.Close(context.Background())
	record(t, other, "refused 2", raise("acme", "c", "C-1"), closing("acme", "d", "C-1"))
}

func TestRecordAgainIsADuplicateAndNotAContradiction(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	events := []domain.Envelope{raise("acme", "a", "C-1"), call("acme", "b"), closing("acme", "c", "C-1")}
	record(t, r, "1 2 3", events...)
	record(t, r, "(1) (2) (3)", events...)
	other := commands.NewRecorder(l, commands.Options{})
	defer other.Close(context.Background())
	got := record(t, other, "(3)", events[2])
	if want := (commands.Receipt{Source: "test", ID: "c", Account: "acme", Position: 3, Revision: 3, Duplicate: true}); got[0].Receipt != want {
		t.Errorf("receipt %+v, want %+v", got[0].Receipt, want)
	}
}

func TestRecordTwiceInOneRequest(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{})
	record(t, r, "1 (1) 2 conflict", raise("acme", "a", "C-1"), raise("acme", "a", "C-1"), closing("acme", "b", "C-1"), call("acme", "a"))
}

func TestRecordOfARefusedEventTwiceIsRefusedTwice(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{})
	record(t, r, "refused refused", closing("acme", "a", "C-1"), closing("acme", "a", "C-1"))
}

func TestRecordWithoutATimeIsADuplicateAtAnyTime(t *testing.T) {
	t.Parallel()
	now := noon
	r, l := start(t, commands.Options{Now: func() time.Time { return now }})
	e := call("acme", "a")
	e.OccurredAt = time.Time{}
	record(t, r, "1", e)
	now = now.Add(time.Hour)
	record(t, r, "(1)", e)
	stored, err := l.Find(t.Context(), "test", "a")
	if err != nil {
		t.Fatal(err)
	}
	got, err := codec.Decode(stored)
	if err != nil {
		t.Fatal(err)
	}
	if !got.OccurredAt.Equal(noon) || !got.OccurredAssumed {
		t.Errorf("occurred %v, assumed %v; want the time of receipt, assumed", got.OccurredAt, got.OccurredAssumed)
	}
}

func TestRecordOfOtherContentUnderAKnownIdentityIsAConflict(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1", call("acme", "a"))
	got := record(t, r, "conflict 2", raise("acme", "a", "C-1"), call("acme", "b"))
	conflict, ok := errors.AsType[*eventstore.IdentityConflictError](got[0].Err)
	if !ok || conflict.Position != 1 || conflict.Recorded == conflict.Offered {
		t.Errorf("error %v, want the position and both hashes", got[0].Err)
	}
	if got := inLog(t, l); got != "a b" {
		t.Errorf("the log has %s", got)
	}
}

func TestRecordRefusesWhatIsIncomplete(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{})
	noSource, noID, noData := call("acme", "a"), call("acme", ""), call("acme", "c")
	noSource.Source, noData.Data = "", nil
	record(t, r, "refused 1 refused refused", noSource, call("acme", "b"), noID, noData)
	record(t, r, "refused refused", call("", "d"), call("not an account", "e"))
}

func TestRecordNothing(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{})
	record(t, r, "")
}

func TestRecordMoreThanABatch(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{BatchEvents: 4})
	var events []domain.Envelope
	for i := range 41 {
		events = append(events, call("acme", fmt.Sprint(i)))
	}
	events[17] = closing("acme", "17", "C-1")
	outcomes := r.Record(t.Context(), events)
	position := domain.Position(0)
	for i, o := range outcomes {
		if i == 17 {
			continue
		}
		position++
		if o.Err != nil || o.Receipt.Position != position {
			t.Fatalf("event %d: %+v, want position %d", i, o, position)
		}
	}
	if l.appends != 11 {
		t.Errorf("%d appends, want 11", l.appends)
	}
}

func TestLedgerWideEventsGoToTheLedgersStream(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{})
	got := record(t, r, "1", event("", "p", domain.PolicyChanged{Name: "p", Reason: "r", FollowUp: &domain.FollowUpPolicy{DefaultDueH: 8}}))
	if got[0].Receipt.Account != domain.Ledger {
		t.Errorf("account %q", got[0].Receipt.Account)
	}
}

func TestMergesDoNotGoRoundInCircles(t *testing.T) {
	t.Parallel()
	merge := func(id string, account, into domain.AccountID) domain.Envelope {
		return event(account, id, domain.AccountMerged{Into: into})
	}
	r, _ := start(t, commands.Options{})
	record(t, r, "1 2 refused", merge("a", "acme", "bell"), merge("b", "bell", "cane"), merge("c", "cane", "acme"))
	record(t, r, "refused", merge("d", "cane", "acme"))
	record(t, r, "3", merge("e", "dent", "acme"))
	undo := event("bell", "f", domain.EntryRetracted{ID: "b", Reason: "wrong"})
	record(t, r, "4 5", undo, merge("g", "cane", "acme"))
}

func TestEntriesDoNotCloseACircleOfMerges(t *testing.T) {
	t.Parallel()
	merge := func(id string, account, into domain.AccountID) domain.Envelope {
		return event(account, id, domain.AccountMerged{Into: into})
	}
	correct := func(id string, account domain.AccountID, target string, into domain.AccountID) domain.Envelope {
		return event(account, id, domain.EntryCorrected{ID: target, Reason: "another", Type: "rapport.account.merged.v1", Data: domain.AccountMerged{Into: into}})
	}
	retract := func(id string, account domain.AccountID, target string) domain.Envelope {
		return event(account, id, domain.EntryRetracted{ID: target, Reason: "wrong"})
	}
	unmerge := func(id string, account, from domain.AccountID) domain.Envelope {
		return event(account, id, domain.AccountUnmerged{From: from})
	}
	for _, c := range []struct {
		name, want string
		events     []domain.Envelope
	}{
		{"a correction that names another account", "1 2 refused 3", []domain.Envelope{
			merge("a", "acme", "dent"), merge("b", "bell", "acme"), correct("c", "acme", "a", "bell"), correct("d", "acme", "a", "cane")}},
		{"a correction over several accounts", "1 2 3 refused", []domain.Envelope{
			merge("a", "acme", "dent"), merge("b", "bell", "cane"), merge("c", "cane", "acme"), correct("d", "acme", "a", "bell")}},
		{"the retraction of what undid a merge", "1 2 3 refused", []domain.Envelope{
			merge("a", "acme", "bell"), unmerge("b", "acme", "bell"), merge("c", "bell", "acme"), retract("d", "acme", "b")}},
		{"the retraction of a correction", "1 2 3 refused", []domain.Envelope{
			merge("a", "acme", "bell"), correct("b", "acme", "a", "cane"), merge("c", "bell", "acme"), retract("d", "acme", "b")}},
		{"the retraction of a merge that another had taken the place of", "1 2 3 4 5 refused", []domain.Envelope{
			merge("a", "acme", "bell"), unmerge("b", "acme", "bell"), merge("c", "acme", "cane"), merge("d", "bell", "acme"),
			retract("e", "acme", "b"), retract("f", "acme", "c")}},
		{"two corrections at once", "1 2 3 refused", []domain.Envelope{
			merge("a", "acme", "dent"), merge("b", "bell", "dent"), correct("c", "acme", "a", "bell"), correct("d", "bell", "b", "acme")}},
		{"what leaves the merge as it is", "1 2 3 4 5", []domain.Envelope{
			merge("a", "acme", "bell"), correct("b", "acme", "a", "cane"), correct("c", "acme", "a", "dent"), merge("d", "bell", "acme"), retract("e", "acme", "b")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, _ := start(t, commands.Options{})
			record(t, r, c.want, c.events...)
		})
	}
	t.Run("the refusal says which", func(t *testing.T) {
		t.Parallel()
		r, _ := start(t, commands.Options{})
		got := r.Record(t.Context(), []domain.Envelope{merge("a", "acme", "dent"), merge("b", "bell", "acme"), correct("c", "acme", "a", "bell")})
		want := domain.Refuse("data.id", `by that, account "acme" would be merged into "bell", which is itself merged into "acme"`)
		if !errors.Is(got[2].Err, want) {
			t.Errorf("refused with %v, want %v", got[2].Err, want)
		}
	})
}

// What a merge was refused for may not come to be recorded: then the refusal was none.
func TestAMergeRefusedForOneThatFailedMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	l.next(func() error { return eventstore.ErrUnavailable }, nil)
	got := r.Record(t.Context(), []domain.Envelope{
		event("acme", "a", domain.AccountMerged{Into: "bell"}), event("bell", "b", domain.AccountMerged{Into: "acme"}),
	})
	for _, o := range got {
		if !errors.Is(o.Err, eventstore.ErrUnavailable) {
			t.Errorf("%v, want that the log cannot write", o.Err)
		}
	}
	record(t, r, "1", event("bell", "b", domain.AccountMerged{Into: "acme"}))
}

func TestEntries(t *testing.T) {
	t.Parallel()
	retract := func(id, target string) domain.Envelope {
		return event("acme", id, domain.EntryRetracted{ID: target, Reason: "wrong"})
	}
	t.Run("an entry may speak of an event of the same request, and later events see it", func(t *testing.T) {
		t.Parallel()
		r, l := start(t, commands.Options{})
		record(t, r, "1 2 3 refused 4", raise("acme", "a", "C-1"), retract("b", "a"), raise("acme", "c", "C-1"), raise("acme", "d", "C-1"), call("bell", "e"))
		stored, err := l.Find(t.Context(), "test", "b")
		if err != nil {
			t.Fatal(err)
		}
		if e, err := codec.Decode(stored); err != nil || e.Target != 1 {
			t.Errorf("target %d (%v), want 1", e.Target, err)
		}
	})
	t.Run("an entry names its target by position", func(t *testing.T) {
		t.Parallel()
		r, _ := start(t, commands.Options{})
		byPosition := func(id string, p domain.Position) domain.Envelope {
			return event("acme", id, domain.EntryRetracted{Position: p, Reason: "wrong"})
		}
		record(t, r, "1 2 3", raise("acme", "a", "C-1"), byPosition("b", 1), raise("acme", "c", "C-1"))
		record(t, r, "refused", byPosition("d", 9))
	})
	t.Run("an entry is refused that has no target, or one that is retracted or another account's", func(t *testing.T) {
		t.Parallel()
		r, _ := start(t, commands.Options{})
		record(t, r, "1 2", call("bell", "a"), call("acme", "b"))
		record(t, r, "refused refused 3 refused", retract("c", "nothing"), retract("d", "a"), retract("e", "b"), retract("f", "b"))
	})
	t.Run("an entry is refused that names no target", func(t *testing.T) {
		t.Parallel()
		r, _ := start(t, commands.Options{})
		record(t, r, "1 refused", call("acme", "a"), event("acme", "b", domain.EntryRetracted{Reason: "wrong"}))
	})
	t.Run("an entry again is a duplicate", func(t *testing.T) {
		t.Parallel()
		r, _ := start(t, commands.Options{})
		record(t, r, "1 2", call("acme", "a"), retract("b", "a"))
		record(t, r, "(2)", retract("b", "a"))
	})
	t.Run("a correction changes what further events are decided against", func(t *testing.T) {
		t.Parallel()
		r, _ := start(t, commands.Options{})
		correct := event("acme", "b", domain.EntryCorrected{
			ID: "a", Reason: "typing", Type: "rapport.complaint.raised.v1",
			Data: domain.ComplaintRaised{Complaint: "C-2", Severity: 3},
		})
		record(t, r, "1 2 refused 3", raise("acme", "a", "C-1"), correct, closing("acme", "c", "C-1"), closing("acme", "d", "C-2"))
	})
	t.Run("retracting a correction restores what stood", func(t *testing.T) {
		t.Parallel()
		r, _ := start(t, commands.Options{})
		correct := event("acme", "b", domain.EntryCorrected{
			ID: "a", Reason: "typing", Type: "rapport.complaint.raised.v1",
			Data: domain.ComplaintRaised{Complaint: "C-2", Severity: 3},
		})
		record(t, r, "1 2 3 4", raise("acme", "a", "C-1"), correct, retract("c", "b"), closing("acme", "d", "C-1"))
	})
}

func TestAnotherWriter(t *testing.T) {
	t.Parallel()
	// append has somebody else write to the log just ahead of the recorder.
	sneak := func(t *testing.T, l *testLog, e domain.Envelope) {
		l.next(func() error {
			stored, err := codec.Encode(e)
			if err != nil {
				t.Error(err)
			}
			_, err = l.Log.Append(context.Background(), eventstore.Append{Stream: e.Account, Expected: eventstore.Any, Events: []eventstore.Event{stored}})
			return err
		}, nil)
	}
	t.Run("who is faster makes the whole decision be made again", func(t *testing.T) {
		t.Parallel()
		r, l := start(t, commands.Options{})
		record(t, r, "1 2", raise("acme", "a", "C-1"), raise("bell", "b", "C-1"))
		sneak(t, l, closing("acme", "x", "C-1"))
		record(t, r, "4 refused 5", closing("bell", "c", "C-1"), closing("acme", "d", "C-1"), call("acme", "e"))
		if got := r.Stats().Retries; got != 1 {
			t.Errorf("%d retries, want 1", got)
		}
	})
	t.Run("who took the identity is in conflict with that event alone", func(t *testing.T) {
		t.Parallel()
		r, l := start(t, commands.Options{})
		sneak(t, l, call("bell", "b"))
		record(t, r, "2 conflict refused 3", raise("acme", "a", "C-1"), raise("acme", "b", "C-2"), closing("acme", "c", "C-2"), closing("acme", "d", "C-1"))
	})
	t.Run("who recorded the same fact makes it a duplicate", func(t *testing.T) {
		t.Parallel()
		r, l := start(t, commands.Options{})
		sneak(t, l, call("acme", "b"))
		record(t, r, "2 (1)", raise("acme", "a", "C-1"), call("acme", "b"))
		record(t, r, "3 refused", closing("acme", "c", "C-1"), closing("acme", "d", "C-1"))
	})
	t.Run("a fact that rests on nothing known is not held up", func(t *testing.T) {
		t.Parallel()
		r, l := start(t, commands.Options{})
		sneak(t, l, call("acme", "x"))
		record(t, r, "2", call("acme", "a"))
		if got := r.Stats().Retries; got != 0 {
			t.Errorf("%d retries, want 0", got)
		}
	})
	t.Run("an account that others never leave alone is unavailable", func(t *testing.T) {
		t.Parallel()
		l := &busyLog{Log: memory.New()}
		r := commands.NewRecorder(l, commands.Options{})
		defer r.Close(context.Background())
		record(t, r, "unavailable", raise("acme", "a", "C-1"))
	})
}

// busyLog has each append lose against another writer.
type busyLog struct{ *memory.Log }

func (l *busyLog) Append(ctx context.Context, appends ...eventstore.Append) ([]eventstore.Receipt, error) {
	return nil, &eventstore.RevisionConflictError{Stream: appends[0].Stream, Expected: appends[0].Expected, Actual: 9}
}

func TestALogThatCannotWrite(t *testing.T) {
	t.Parallel()
	down := func() error { return fmt.Errorf("%w: disk full", eventstore.ErrUnavailable) }
	events := []domain.Envelope{raise("acme", "a", "C-1"), raise("acme", "b", "C-1"), closing("bell", "c", "C-9"), call("acme", "d")}
	t.Run("what was not appended is not known either", func(t *testing.T) {
		t.Parallel()
		r, l := start(t, commands.Options{})
		l.next(down, nil)
		record(t, r, "unavailable unavailable refused unavailable", events...)
		record(t, r, "refused", closing("acme", "x", "C-1"))
		record(t, r, "1 refused refused 2", events...)
	})
	t.Run("what was appended all the same is known, and a retry tells", func(t *testing.T) {
		t.Parallel()
		r, l := start(t, commands.Options{})
		l.next(nil, down)
		record(t, r, "unavailable unavailable refused unavailable", events...)
		record(t, r, "3", closing("acme", "x", "C-1"))
		record(t, r, "(1) refused refused (2)", events...)
	})
	t.Run("one event the log will not have does not keep the others out", func(t *testing.T) {
		t.Parallel()
		r, _ := start(t, commands.Options{})
		bad := raise("acme", strings.Repeat("x", eventstore.MaxIdentityBytes+1), "C-1")
		outcomes := r.Record(t.Context(), []domain.Envelope{bad, closing("acme", "a", "C-2"), raise("acme", "b", "C-1"), call("acme", "c")})
		if !errors.Is(outcomes[0].Err, eventstore.ErrInvalid) {
			t.Errorf("the bad one: %v", outcomes[0])
		}
		if got := told(outcomes[1:]); got != "refused 1 2" {
			t.Errorf("the others: %s", got)
		}
	})
	t.Run("one that the log cannot have costs the others an append each, and no more", func(t *testing.T) {
		t.Parallel()
		const others = 20
		r, l := start(t, commands.Options{})
		var events []domain.Envelope
		for i := range others {
			events = append(events, call("acme", fmt.Sprint(i)))
		}
		events = append(events, call("acme", strings.Repeat("x", eventstore.MaxIdentityBytes+1)))
		for i, o := range r.Record(t.Context(), events) {
			if (o.Err == nil) != (i < others) {
				t.Errorf("event %d: %v", i, o.Err)
			}
		}
		if l.appends > others+2 {
			t.Errorf("%d appends were tried", l.appends)
		}
	})
	t.Run("a history that cannot be read is an error of the event that needs it", func(t *testing.T) {
		t.Parallel()
		l := &brokenLog{Log: memory.New(), stream: "acme"}
		r := commands.NewRecorder(l, commands.Options{})
		defer r.Close(context.Background())
		outcomes := r.Record(t.Context(), []domain.Envelope{
			raise("acme", "a", "C-1"), raise("bell", "b", "C-1"), call("acme", "c"),
			event("bell", "d", domain.AccountMerged{Into: "acme"}), event("acme", "e", domain.EntryRetracted{ID: "b", Reason: "wrong"}),
		})
		for i, broken := range []bool{true, false, false, true, true} {
			if errors.Is(outcomes[i].Err, eventstore.ErrCorrupt) != broken || !broken && outcomes[i].Err != nil {
				t.Errorf("event %d: %v", i, outcomes[i])
			}
		}
		if _, err := assign(r, t.Context(), commands.FollowUp{Item: item("acme", "C-1")}); !errors.Is(err, eventstore.ErrCorrupt) {
			t.Errorf("an act: %v", err)
		}
	})
	t.Run("an identity that cannot be looked up is an error", func(t *testing.T) {
		t.Parallel()
		l := &brokenLog{Log: memory.New(), id: "a"}
		r := commands.NewRecorder(l, commands.Options{})
		defer r.Close(context.Background())
		record(t, r, "unavailable 1", call("acme", "a"), call("acme", "b"))
	})
}

// brokenLog cannot read one stream, nor find one id.
type brokenLog struct {
	*memory.Log
	stream domain.AccountID
	id     string
}

func (l *brokenLog) Find(ctx context.Context, source, id string) (eventstore.Recorded, error) {
	if id == l.id {
		return eventstore.Recorded{}, eventstore.ErrUnavailable
	}
	return l.Log.Find(ctx, source, id)
}

func (l *brokenLog) ReadStream(ctx context.Context, stream eventstore.StreamID, from domain.Revision) iter.Seq2[eventstore.Recorded, error] {
	if stream != l.stream {
		return l.Log.ReadStream(ctx, stream, from)
	}
	return func(yield func(eventstore.Recorded, error) bool) {
		yield(eventstore.Recorded{}, &eventstore.CorruptionError{Position: 1, Err: errors.New("bad checksum")})
	}
}

func TestACacheThatHoldsOneAccount(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{CacheBytes: 1})
	record(t, r, "1 2", raise("acme", "a", "C-1"), raise("bell", "b", "C-1"))
	record(t, r, "3 4 refused", closing("acme", "c", "C-1"), closing("bell", "d", "C-1"), closing("acme", "e", "C-1"))
	if s := r.Stats(); s.CachedAccounts != 1 {
		t.Errorf("holds %d accounts in %d bytes, want the one used last", s.CachedAccounts, s.CachedBytes)
	}
}

func TestActsThatAreRecordedOneByOneReadTheHistoryOnce(t *testing.T) {
	t.Parallel()
	const items = 20
	l := &countingLog{Log: memory.New()}
	r := commands.NewRecorder(l, commands.Options{CacheBytes: 1})
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	var acts []domain.Envelope
	for i := range items {
		complaint := domain.ID(fmt.Sprint("C-", i))
		record(t, r, fmt.Sprint(i+1), raise("acme", fmt.Sprint("raise", i), complaint))
		acts = append(acts, event("acme", fmt.Sprint("act", i), domain.FollowUpAssigned{Item: item("acme", string(complaint)), Owner: "tom"}))
	}
	before := l.reads.Load()
	for _, o := range r.Record(t.Context(), acts) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
	if n := l.reads.Load() - before; n > 1 {
		t.Errorf("read the history %d times", n)
	}
}

// countingLog counts how often a history is read from its beginning.
type countingLog struct {
	*memory.Log
	reads atomic.Int64
}

func (l *countingLog) ReadStream(ctx context.Context, stream eventstore.StreamID, from domain.Revision) iter.Seq2[eventstore.Recorded, error] {
	if from <= 1 {
		l.reads.Add(1)
	}
	return l.Log.ReadStream(ctx, stream, from)
}

func TestTheCacheDropsWhatWasNotUsedForLongest(t *testing.T) {
	t.Parallel()
	r, _ := start(t, commands.Options{CacheBytes: 2000})
	for i := range 100 {
		record(t, r, fmt.Sprint(i+1), raise(domain.AccountID(fmt.Sprint("a", i)), fmt.Sprint(i), "C-1"))
	}
	s := r.Stats()
	if s.CachedAccounts < 2 || s.CachedAccounts > 20 || s.CachedBytes > 2000 {
		t.Errorf("holds %d accounts in %d bytes", s.CachedAccounts, s.CachedBytes)
	}
}

func TestTheCacheDropsBooksBeforeAccounts(t *testing.T) {
	t.Parallel()
	const accounts = 10
	fill := func(r *commands.Recorder, acting bool) commands.Stats {
		for i := range accounts {
			account := domain.AccountID(fmt.Sprint("a", i))
			record(t, r, fmt.Sprint(2*i+1), raise(account, fmt.Sprint("raise", i), "C-1"))
			if e := call(account, fmt.Sprint("call", i)); acting {
				e.Data = domain.FollowUpAssigned{Item: item(account, "C-1"), Owner: "tom"}
				record(t, r, fmt.Sprint(2*i+2), e)
			} else {
				record(t, r, fmt.Sprint(2*i+2), e)
			}
		}
		return r.Stats()
	}
	without, _ := start(t, commands.Options{})
	room := fill(without, false).CachedBytes + 2000
	r, _ := start(t, commands.Options{CacheBytes: room})
	s := fill(r, true)
	if s.CachedAccounts != accounts || s.CachedBytes > room {
		t.Errorf("with room for all accounts and few books: holds %d accounts in %d of %d bytes", s.CachedAccounts, s.CachedBytes, room)
	}
	e := call("a0", "again")
	e.Data = domain.FollowUpCompleted{Item: item("a0", "C-1"), Outcome: "replaced"}
	record(t, r, fmt.Sprint(2*accounts+1), e)
}

func TestClientsThatRaceWithTheSameIdentityYieldOneEvent(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	const clients = 16
	outcomes := make([]commands.Outcome, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { outcomes[i] = r.Record(context.Background(), []domain.Envelope{raise("acme", "a", "C-1")})[0] })
	}
	all.Wait()
	first := 0
	for _, o := range outcomes {
		if o.Err != nil || o.Receipt.Position != 1 {
			t.Fatalf("outcome %+v", o)
		}
		if !o.Receipt.Duplicate {
			first++
		}
	}
	if got := inLog(t, l); got != "a" || first != 1 {
		t.Errorf("%d clients were first, the log has %s", first, got)
	}
}

func TestACallerWhoStopsWaiting(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	entered, leave := make(chan struct{}), make(chan struct{})
	l.next(func() error { close(entered); <-leave; return nil }, nil)
	var first sync.WaitGroup
	first.Go(func() { record(t, r, "1", call("acme", "a")) })
	<-entered

	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan []commands.Outcome)
	for i := range 3 {
		go func() { waiting <- r.Record(ctx, []domain.Envelope{call("acme", fmt.Sprint("gone", i))}) }()
	}
	cancel()
	for range 3 {
		if got := <-waiting; !errors.Is(got[0].Err, context.Canceled) {
			t.Errorf("outcome %v, want the context's error", got)
		}
	}
	close(leave)
	first.Wait()
	record(t, r, "2", call("acme", "b"))
	if got := inLog(t, l); got != "a b" {
		t.Errorf("the log has %s: what nobody waited for is not recorded", got)
	}
}

func TestCloseFinishesWhatItHas(t *testing.T) {
	t.Parallel()
	l := &testLog{Log: memory.New()}
	r := commands.NewRecorder(l, commands.Options{})
	entered, leave := make(chan struct{}), make(chan struct{})
	l.next(func() error { close(entered); <-leave; return nil }, nil)
	var clients sync.WaitGroup
	clients.Go(func() { record(t, r, "1", call("acme", "a")) })
	<-entered
	closed := make(chan error)
	go func() { closed <- r.Close(context.Background()) }()
	close(leave)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	clients.Wait()
	if got := r.Record(t.Context(), []domain.Envelope{call("acme", "b")}); !errors.Is(got[0].Err, commands.ErrStopped) {
		t.Errorf("outcome %v, want ErrStopped", got)
	}
	if err := r.Close(context.Background()); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func TestCloseThatRunsOutOfTime(t *testing.T) {
	t.Parallel()
	l := &testLog{Log: memory.New()}
	r := commands.NewRecorder(l, commands.Options{})
	entered, leave := make(chan struct{}), make(chan struct{})
	l.next(func() error { close(entered); <-leave; return nil }, nil)
	outcome := make(chan []commands.Outcome)
	go func() { outcome <- r.Record(context.Background(), []domain.Envelope{call("acme", "a")}) }()
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("closed with %v, want the context's error", err)
	}
	close(leave)
	if got := <-outcome; !errors.Is(got[0].Err, commands.ErrStopped) {
		t.Errorf("outcome %v, want ErrStopped", got)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1 (1) refused", raise("acme", "a", "C-1"), raise("acme", "a", "C-1"), raise("acme", "b", "C-1"))
	l.next(func() error { return eventstore.ErrUnavailable }, nil)
	record(t, r, "unavailable", call("bell", "c"))
	got := r.Stats()
	if got.Waited <= 0 || got.CachedBytes <= 0 {
		t.Errorf("waited %v, cached %d bytes", got.Waited, got.CachedBytes)
	}
	got.Waited, got.CachedBytes = 0, 0
	if want := (commands.Stats{Recorded: 1, Duplicates: 1, Rejected: 1, Failed: 1, Batches: 2, Requests: 2, CachedAccounts: 1}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

// decoded is an event of the log as the domain knows it.
func decoded(t *testing.T, stored eventstore.Recorded) domain.Recorded {
	t.Helper()
	r, err := codec.Decode(stored)
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.Decode()
	if err != nil {
		t.Fatal(err)
	}
	return e
}
