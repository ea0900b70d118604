package commands_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/memory"
)

// watch says what a test wants the read models to say.
type watch struct {
	mu      sync.Mutex
	overdue []commands.Overdue
	climbs  []commands.Climb
	silent  []commands.Silence
	broken  []commands.BrokenSilence
	rates   *domain.PolicyCalibrated
	err     error
}

func (w *watch) Overdue(context.Context, time.Time, int) ([]commands.Overdue, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.overdue, w.err
}

func (w *watch) Climbs(context.Context, time.Time, int) ([]commands.Climb, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.climbs, w.err
}

func (w *watch) Silent(context.Context, time.Time, int) ([]commands.Silence, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.silent, w.err
}

func (w *watch) Broken(context.Context, time.Time, int) ([]commands.BrokenSilence, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken, w.err
}

func (w *watch) Calibration(context.Context, time.Time) (domain.PolicyCalibrated, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rates == nil {
		return domain.PolicyCalibrated{}, false, w.err
	}
	return *w.rates, true, w.err
}

// clock is a time that a test moves.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

// item is the follow-up of a complaint.
func item(account domain.AccountID, complaint string) string {
	return followup.ItemID(account, "complaint", complaint)
}

// events is the history of an account.
func events(t *testing.T, log commands.Log, account domain.AccountID) []domain.Recorded {
	t.Helper()
	var all []domain.Recorded
	for stored, err := range log.ReadStream(t.Context(), account, 1) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, decoded(t, stored))
	}
	return all
}

func TestADueDateThatPassesIsRecordedOnceAsOfThatDate(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1", raise("acme", "a", "C-1"))
	due := noon.Add(-30 * time.Minute)
	w := &watch{overdue: []commands.Overdue{{Item: item("acme", "C-1"), Account: "acme", DueAt: due, Cause: 1}}}
	c := &clock{now: noon}
	k := commands.NewTimekeeper(r, w, c.read)
	for _, want := range []int{1, 0} {
		n, err := k.NoticeOverdue(t.Context())
		if err != nil || n != want {
			t.Fatalf("noticed %d, %v", n, err)
		}
		c.now = c.now.Add(time.Minute) // the read model is behind and says it again
	}
	past := events(t, l, "acme")
	if len(past) != 2 {
		t.Fatalf("%d events, want 2", len(past))
	}
	got := past[1]
	want := domain.DuePassed{Item: item("acme", "C-1"), DueAt: due, NoticedAt: noon}
	if got.Data != want || !got.OccurredAt.Equal(due) || got.Source != domain.OwnSource {
		t.Errorf("recorded %+v, want %+v as of %v", got, want, due)
	}
}

func TestAnotherDueDateOfTheSameItemIsAnotherEvent(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1", raise("acme", "a", "C-1"))
	w := &watch{}
	k := commands.NewTimekeeper(r, w, func() time.Time { return noon })
	for _, before := range []time.Duration{time.Hour, time.Minute} {
		w.overdue = []commands.Overdue{{Item: item("acme", "C-1"), Account: "acme", DueAt: noon.Add(-before)}}
		if n, err := k.NoticeOverdue(t.Context()); n != 1 || err != nil {
			t.Fatalf("noticed %d, %v", n, err)
		}
	}
	if got := len(events(t, l, "acme")); got != 3 {
		t.Errorf("%d events, want 3", got)
	}
}

func TestWhatTheReadModelBelievesButIsNotSoIsNotRecorded(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1", raise("acme", "a", "C-1"))
	before := inLog(t, l)
	k := commands.NewTimekeeper(r, &watch{overdue: []commands.Overdue{
		{Item: item("acme", "never"), Account: "acme", DueAt: noon},
		{Item: item("acme", "another"), Account: "acme", DueAt: noon, Cause: 1},
		{Item: item("bell", "C-1"), Account: "bell", DueAt: noon, Cause: 1},
	}}, func() time.Time { return noon })
	if n, err := k.NoticeOverdue(t.Context()); n != 0 || err != nil {
		t.Errorf("noticed %d, %v", n, err)
	}
	if got := inLog(t, l); got != before {
		t.Errorf("the log has %s, want %s", got, before)
	}
}

func TestAStepOfTheLadderIsRecordedOnceAsOfWhenItWasReached(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1", raise("acme", "a", "C-1"))
	due, at := noon.Add(-30*time.Hour), noon.Add(-30*time.Minute)
	id := item("acme", "C-1")
	w := &watch{climbs: []commands.Climb{
		{Item: id, Account: "acme", DueAt: due, Step: 1, At: at, To: "ann"},
		{Item: item("acme", "never"), Account: "acme", DueAt: due, Step: 1, At: at, To: "ann"},
	}}
	c := &clock{now: noon}
	k := commands.NewTimekeeper(r, w, c.read)
	for _, want := range []int{1, 0} {
		if n, err := k.NoticeClimbs(t.Context()); n != want || err != nil {
			t.Fatalf("noticed %d, %v; want %d", n, err, want)
		}
		c.now = c.now.Add(time.Minute) // the read model is behind and says it again
	}
	past := events(t, l, "acme")
	if len(past) != 2 {
		t.Fatalf("%d events, want 2", len(past))
	}
	got := past[1]
	want := domain.FollowUpEscalated{
		Item: id, To: "ann", Reason: "overdue since 2026-05-03 06:00 UTC: step 1 of the ladder", Step: 1, DueAt: due, NoticedAt: noon,
	}
	if got.Data != want || !got.OccurredAt.Equal(at) || got.Source != domain.OwnSource {
		t.Errorf("recorded %+v, want %+v as of %v", got, want, at)
	}
	if _, err := r.DismissFollowUp(t.Context(), commands.FollowUp{Item: id}, "a mistake"); err != nil {
		t.Fatal(err)
	}
	w.climbs[0].Step = 2
	if n, err := k.NoticeClimbs(t.Context()); n != 0 || err != nil {
		t.Errorf("of what is over: noticed %d, %v", n, err)
	}
}

func TestSilenceIsRecordedOnceAsOfWhenItBegan(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	since := noon.AddDate(0, 0, -3)
	lastContact := since.AddDate(0, 0, -30)
	w := &watch{silent: []commands.Silence{
		{Account: "acme", LastContactAt: lastContact, CadenceD: 30, Since: since},
		{Account: "bell", CadenceD: 90, Since: since},
	}}
	c := &clock{now: noon}
	k := commands.NewTimekeeper(r, w, c.read)
	for _, want := range []int{2, 0} {
		if n, err := k.NoticeSilence(t.Context()); n != want || err != nil {
			t.Fatalf("noticed %d, %v; want %d", n, err, want)
		}
		c.now = c.now.Add(time.Minute)
	}
	past := events(t, l, "acme")
	want := domain.SilenceNoticed{LastContactAt: lastContact, CadenceD: 30, NoticedAt: noon}
	if len(past) != 1 || past[0].Data != want || !past[0].OccurredAt.Equal(since) {
		t.Errorf("recorded %+v, want %+v as of %v", past, want, since)
	}
	if got := events(t, l, "bell"); len(got) != 1 || !got[0].Data.(domain.SilenceNoticed).LastContactAt.IsZero() {
		t.Errorf("recorded %+v for an account that never had a contact", got)
	}
}

func TestTheEndOfASilenceIsRecordedOnceAsOfTheContact(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	record(t, r, "1", domain.Envelope{Source: "crm", ID: "call", Account: "acme", Data: domain.InteractionHeld{Kind: "call", Direction: "inbound"}})
	record(t, r, "2", domain.Envelope{Source: "crm", ID: "note", Account: "bell", Data: domain.InteractionHeld{Kind: "call"}})
	since := noon.AddDate(0, 0, -3)
	w := &watch{broken: []commands.BrokenSilence{
		{Account: "acme", Silence: 7, Since: since, LastContactAt: since.AddDate(0, 0, -30), Contact: 1, ContactAt: noon.Add(-time.Hour)},
		{Account: "bell", Silence: 8, Since: since, Contact: 2, ContactAt: since.AddDate(0, 0, -1)},
	}}
	c := &clock{now: noon}
	k := commands.NewTimekeeper(r, w, c.read)
	for _, want := range []int{2, 0} {
		if n, err := k.NoticeBrokenSilence(t.Context()); n != want || err != nil {
			t.Fatalf("noticed %d, %v; want %d", n, err, want)
		}
		c.now = c.now.Add(time.Minute)
	}
	past := events(t, l, "acme")
	want := domain.SilenceBroken{By: "them", Contact: 1, Silence: 7, LastContactAt: since.AddDate(0, 0, -30), NoticedAt: noon}
	if got := past[len(past)-1]; len(past) != 2 || got.Data != want || !got.OccurredAt.Equal(noon.Add(-time.Hour)) {
		t.Errorf("recorded %+v, want %+v as of the call", past, want)
	}
	past = events(t, l, "bell")
	want = domain.SilenceBroken{Contact: 2, Silence: 8, NoticedAt: noon}
	if got := past[len(past)-1]; len(past) != 2 || got.Data != want || !got.OccurredAt.Equal(since) {
		t.Errorf("recorded %+v, want %+v as of the silence that was none", past, want)
	}
}

func TestCalibrate(t *testing.T) {
	t.Parallel()
	inForce := domain.DefaultPolicy().Trust.Dimensions[0]
	rates := func(evidence int64, change float64) *domain.PolicyCalibrated {
		return &domain.PolicyCalibrated{
			Priors:        []domain.Prior{{Dimension: inForce.Name, Mean: inForce.PriorMean + change}},
			EvidenceCount: evidence, HalfLifeD: 30,
		}
	}
	for _, c := range []struct {
		name  string
		rates *domain.PolicyCalibrated
		then  bool
	}{
		{"rates that differ and rest on enough are put in force", rates(200, -0.02), true},
		{"rates that rest on too little are not", rates(199, -0.02), false},
		{"rates that hardly differ are not", rates(5000, -0.009), false},
		{"no rates are no event", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, l := start(t, commands.Options{})
			k := commands.NewTimekeeper(r, &watch{rates: c.rates}, func() time.Time { return noon })
			did, err := k.Calibrate(t.Context())
			if did != c.then || err != nil {
				t.Errorf("calibrated: %v, %v; want %v", did, err, c.then)
			}
			if got := len(events(t, l, domain.Ledger)); got != count(c.then) {
				t.Errorf("%d events", got)
			}
		})
	}
	t.Run("at most once a day, against what is in force", func(t *testing.T) {
		t.Parallel()
		r, l := start(t, commands.Options{})
		cl := &clock{now: noon}
		w := &watch{rates: rates(200, -0.05)}
		k := commands.NewTimekeeper(r, w, cl.read)
		steps := []struct {
			later  time.Duration
			change float64
			want   bool
		}{
			{0, -0.05, true},
			{time.Hour, -0.1, false}, // the day has one
			{24 * time.Hour, -0.05, false},
			{24 * time.Hour, -0.1, true},
		}
		for i, s := range steps {
			cl.now, w.rates = noon.Add(s.later), rates(200, s.change)
			if did, err := k.Calibrate(t.Context()); did != s.want || err != nil {
				t.Errorf("step %d: calibrated: %v, %v; want %v", i, did, err, s.want)
			}
		}
		if got := len(events(t, l, domain.Ledger)); got != 2 {
			t.Errorf("%d events, want 2", got)
		}
		policies, err := r.Policies(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		in := policies.At(cl.now, cl.now)
		if got, want := in.Policy.Trust.Dimensions[0].PriorMean, inForce.PriorMean-0.1; got != want || in.Calibrated != 2 {
			t.Errorf("the prior in force is %v by event %d, want %v", got, in.Calibrated, want)
		}
	})
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestATimekeeperSaysWhatGoesWrongAndTriesAgain(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	w := &watch{silent: []commands.Silence{{Account: "acme", CadenceD: 30, Since: noon}}, err: errors.New("disk full")}
	k := commands.NewTimekeeper(r, w, func() time.Time { return noon })
	if err := k.Tick(t.Context()); !errors.Is(err, w.err) {
		t.Errorf("error %v, want the read model's", err)
	}
	w.err = nil
	l.next(func() error { return eventstore.ErrUnavailable }, nil)
	if err := k.Tick(t.Context()); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Errorf("error %v, want the log's", err)
	}
	if err := k.Tick(t.Context()); err != nil {
		t.Error(err)
	}
	if got := len(events(t, l, "acme")); got != 1 {
		t.Errorf("%d events, want 1", got)
	}
}

func TestATimekeeperLooksEverySoOftenUntilItIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, l := start(t, commands.Options{})
		w := &watch{err: errors.New("not ready")}
		k := commands.NewTimekeeper(r, w, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		var reported []error
		done := make(chan struct{})
		go func() {
			k.Run(ctx, time.Minute, func(err error) { reported = append(reported, err) })
			close(done)
		}()
		time.Sleep(2*time.Minute + time.Second) // of synctest's clock
		synctest.Wait()
		w.mu.Lock()
		w.err, w.silent = nil, []commands.Silence{{Account: "acme", CadenceD: 30, Since: noon}}
		w.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		cancel()
		<-done
		if len(reported) != 2 || !slices.ContainsFunc(reported, func(err error) bool { return err != nil }) {
			t.Errorf("reported %v, want two failures", reported)
		}
		if got := inLog(t, l); got != "silence.noticed/acme/2026-05-04T12:00:00Z" {
			t.Errorf("the log has %q", got)
		}
	})
}

func TestMuchThatIsOverdueIsRecordedInPartsSoThatOthersNeedNotWaitForAll(t *testing.T) {
	t.Parallel()
	r, l := start(t, commands.Options{})
	w := &watch{}
	for i := range 50 {
		complaint := fmt.Sprint("C-", i)
		record(t, r, fmt.Sprint(i+1), raise("acme", complaint, domain.ID(complaint)))
		w.overdue = append(w.overdue, commands.Overdue{Item: item("acme", complaint), Account: "acme", DueAt: noon.Add(-30 * time.Minute), Cause: domain.Position(i + 1)})
	}
	before := l.appends
	k := commands.NewTimekeeper(r, w, (&clock{now: noon}).read)
	if n, err := k.NoticeOverdue(t.Context()); err != nil || n != 50 {
		t.Fatalf("noticed %d, %v", n, err)
	}
	if parts := l.appends - before; parts != 3 {
		t.Errorf("in %d parts, want 3", parts)
	}
}

func TestWhatTimeBringsAboutIsRecordedForATenthOfTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const takes, parts = 10 * time.Millisecond, 3
		l := &testLog{Log: memory.New()}
		r := commands.NewRecorder(l, commands.Options{})
		w := &watch{}
		for i := range parts * 20 {
			complaint := fmt.Sprint("C-", i)
			record(t, r, fmt.Sprint(i+1), raise("acme", complaint, domain.ID(complaint)))
			w.overdue = append(w.overdue, commands.Overdue{Item: item("acme", complaint), Account: "acme", DueAt: noon, Cause: domain.Position(i + 1)})
		}
		var slow func() error
		slow = func() error { time.Sleep(takes); l.next(slow, nil); return nil }
		l.next(slow, nil)
		k, began := commands.NewTimekeeper(r, w, time.Now), time.Now()
		if n, err := k.NoticeOverdue(t.Context()); err != nil || n != parts*20 {
			t.Errorf("noticed %d, %v", n, err)
		}
		if took := time.Since(began); took != parts*takes+(parts-1)*9*takes {
			t.Errorf("%d parts of %v took %v", parts, takes, took)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
