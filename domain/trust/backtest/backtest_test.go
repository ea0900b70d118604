package backtest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/domain/trust/trusttest"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func collect(log []domain.Recorded) trust.Collector {
	var c trust.Collector
	for _, e := range log {
		c.Add(e)
	}
	return c
}

// ledger is a log of promises, a day apart, of accounts in turn; kept says how the nth of
// an account went.
func ledger(accounts, each int, kept func(account, n int) bool) []domain.Recorded {
	var log []domain.Recorded
	add := func(account int, at time.Time, data domain.Event) {
		log = append(log, domain.Recorded{
			Position: domain.Position(len(log) + 1), RecordedAt: at,
			Envelope: domain.Envelope{Account: domain.AccountID(fmt.Sprintf("a%d", account)), OccurredAt: at, Data: data},
		})
	}
	for n := range each {
		for a := range accounts {
			at := start.AddDate(0, 0, n).Add(time.Duration(a) * time.Minute)
			key := domain.ID(fmt.Sprint(n))
			add(a, at, domain.CommitmentMade{Commitment: key, Statement: "we will", DueAt: at.Add(time.Hour)})
			if kept(a, n) {
				add(a, at.Add(time.Second), domain.CommitmentKept{Commitment: key})
			} else {
				add(a, at.Add(time.Second), domain.CommitmentBroken{Commitment: key})
			}
		}
	}
	return log
}

// noise is as good as chance, and the same each time: a linear congruential generator.
func noise(percent uint64) func(int, int) bool {
	state := uint64(42)
	return func(int, int) bool {
		state = state*6364136223846793005 + 1442695040888963407
		return (state>>33)%100 < percent
	}
}

func promises(log []domain.Recorded) (Dimension, Report) {
	c := collect(log)
	r := Run(c.Facts, c.Entries, Options{Policy: domain.DefaultPolicy().Trust, Clock: Recorded})
	for _, d := range r.Dimensions {
		if d.Name == domain.Promises {
			return d, r
		}
	}
	panic("no such dimension")
}

func TestAccountsThatDifferAreASignal(t *testing.T) {
	t.Parallel()
	chance := noise(50)
	d, r := promises(ledger(20, 60, func(account, n int) bool { return account%2 == 0 || chance(account, n) && chance(account, n) }))
	if d.Verdict != Signal {
		t.Fatalf("got %+v", d)
	}
	best := d.Scores[len(d.Scores)-1]
	for _, s := range d.Scores[:2] {
		if best.LogLoss >= s.LogLoss || best.Brier >= s.Brier {
			t.Errorf("%+v does no better than %+v", best, s)
		}
	}
	if best.Coverage == nil || *best.Coverage < 0.6 || *best.Coverage > 0.95 || best.Blocks != 40 {
		t.Errorf("got coverage %v of %d intervals", best.Coverage, best.Blocks)
	}
	if !r.Fit.Fitted || r.Fit.Strength > 4 {
		t.Errorf("of accounts that differ much, their own past counts more than the prior: got %+v", r.Fit)
	}
	if d.Trained != 800 || d.Judged != 400 || d.Accounts != 20 {
		t.Errorf("got %d to train on, %d of %d accounts to judge by", d.Trained, d.Judged, d.Accounts)
	}
}

func TestChanceIsSaidToBeNoSignal(t *testing.T) {
	t.Parallel()
	d, r := promises(ledger(20, 60, noise(80)))
	if d.Verdict != NoSignal {
		t.Errorf("got %+v", d)
	}
	if r.Fit.Strength < 32 {
		t.Errorf("where accounts do not differ, the prior counts most: got %+v", r.Fit)
	}
}

func TestWhatCannotBeJudgedSaysSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		log  []domain.Recorded
		want Verdict
	}{
		{"nothing", nil, TooFew},
		{"too little", ledger(5, 20, noise(80)), TooFew},
		{"all kept", ledger(20, 60, func(int, int) bool { return true }), OneSided},
		{"one account", ledger(1, 600, noise(80)), NoSignal},
	} {
		if d, _ := promises(c.log); d.Verdict != c.want {
			t.Errorf("%s: got %+v, want %s", c.name, d, c.want)
		}
	}
}

func TestTheSameLedgerGivesTheSameReport(t *testing.T) {
	t.Parallel()
	log := ledger(20, 60, noise(80))
	_, one := promises(log)
	_, other := promises(log)
	if !reflect.DeepEqual(one, other) {
		t.Errorf("got %+v and %+v", one, other)
	}
}

func forecasts(log []domain.Recorded) (all [][]forecast, known [][]time.Time) {
	c := collect(log)
	policy := trust.Complete(domain.DefaultPolicy().Trust)
	dimensions, _ := sequence(arrivals(c.Facts, c.Entries, Recorded), policy)
	for _, steps := range dimensions {
		own := model(policy.PriorStrength, func(kind int) float64 { return policy.Weights[kind].HalfLifeD })
		all = append(all, own(steps))
		var at []time.Time
		for _, s := range steps {
			if s.outcome {
				at = append(at, s.now)
			}
		}
		known = append(known, at)
	}
	return all, known
}

// What comes later makes no difference to what was said before.
func TestNothingLooksAhead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log := trusttest.History(t, 60)
		cut := log[rapid.IntRange(0, len(log)-1).Draw(t, "cut")].RecordedAt
		n := 0
		for n < len(log) && log[n].RecordedAt.Before(cut) {
			n++
		}
		whole, known := forecasts(log)
		part, _ := forecasts(log[:n])
		for d := range whole {
			until := 0
			for until < len(known[d]) && known[d][until].Before(cut) {
				until++
			}
			if !reflect.DeepEqual(append([]forecast{}, whole[d][:until]...), append([]forecast{}, part[d]...)) {
				t.Fatalf("%s: knowing the rest, %v was said; else %v", domain.TrustDimensions[d], whole[d][:until], part[d])
			}
		}
	})
}

// What is foretold is what the score was a moment before.
func TestTheModelForetellsItsScore(t *testing.T) {
	t.Parallel()
	log := ledger(2, 8, noise(60)) // too few for a rate over all accounts
	h := trust.HistoryOf(log)
	all, known := forecasts(log)
	const dimension = 3
	if domain.TrustDimensions[dimension] != domain.Promises || len(all[dimension]) != 16 {
		t.Fatalf("got %d forecasts of %s", len(all[dimension]), domain.TrustDimensions[dimension])
	}
	for i, f := range all[dimension] {
		account := domain.AccountID(fmt.Sprintf("a%d", i%2))
		now := known[dimension][i]
		score := h.Assess(account, now, now.Add(-time.Microsecond)).Dimensions[dimension].Mean
		if !near(100*f.p, score) {
			t.Errorf("outcome %d: foretold %v, the score was %v", i, 100*f.p, score)
		}
	}
}

func TestTheClockFollowsHowEventsCameIn(t *testing.T) {
	t.Parallel()
	live := ledger(2, 10, noise(80))
	imported := ledger(2, 10, noise(80))
	for i := range imported {
		imported[i].RecordedAt = start.AddDate(3, 0, 0)
	}
	if clock, share := ClockFor(collect(live).Facts); clock != Recorded || share != 0 {
		t.Errorf("recorded as it happened: got %s, %v", clock, share)
	}
	if clock, share := ClockFor(collect(imported).Facts); clock != Occurred || share != 1 {
		t.Errorf("imported: got %s, %v", clock, share)
	}
	c := collect(imported)
	all := arrivals(c.Facts, nil, Occurred)
	if first, last := all[0].now, all[len(all)-1].now; !first.Equal(start) || last.Sub(first) < 9*24*time.Hour {
		t.Errorf("imported history is walked through as it happened: got %s to %s", first, last)
	}
}

func TestAFittedPolicyCouldBeRecorded(t *testing.T) {
	t.Parallel()
	f := Fit{Strength: 4, Cap: 30, Fitted: true, HalfLifeD: []float64{0, 14, 0, 30, 0, 0}}
	p := f.Policy(domain.DefaultPolicy().Trust)
	e := domain.Envelope{Source: "office", ID: "x", Account: domain.Ledger, Data: domain.PolicyChanged{Name: "fitted", Trust: &p}}
	if err := domain.NewAccount(domain.Ledger).Decide(e); err != nil {
		t.Error(err)
	}
	full := trust.Complete(p)
	for i, k := range domain.EvidenceKinds {
		want := trust.Complete(domain.DefaultPolicy().Trust).Weights[i].HalfLifeD
		if k.Dimension == domain.Quality {
			want = 14
		}
		if k.Dimension == domain.Promises {
			want = 30
		}
		if got := full.Weights[i].HalfLifeD; got != want {
			t.Errorf("%s: got a half-life of %v, want %v", k.Kind, got, want)
		}
	}
	if full.PriorStrength != 4 || full.Cap != 30 {
		t.Errorf("got %+v", full)
	}
}

// A policy that foretells nothing is not taken for a past that says nothing.
func TestASignalThatOnlyOthersFindIsSaidToBeMissed(t *testing.T) {
	t.Parallel()
	flat := alone(0.5, 0, 0.5, 1, 0.5, 0, 0.5, 1)
	judged := map[string][]pair{BaseRate: flat, RecentRate: flat, AsFitted: flat}
	for _, c := range []struct {
		low  float64
		want Verdict
	}{{0.6, Missed}, {0.5, NoSignal}} {
		d := Dimension{Scores: []Score{
			{Contestant: RecentRate, AUC: &Estimate{0.9, 0.8, 1}},
			{Contestant: RunningMean, AUC: &Estimate{0.7, c.low, 0.8}},
			{Contestant: AsFitted, AUC: &Estimate{0.5, 0.4, 0.6}},
		}}
		d.conclude(judged)
		if d.Verdict != c.want {
			t.Errorf("a running mean's AUC of %v at least: got %s, want %s", c.low, d.Verdict, c.want)
		}
		if ranking := d.Ranking(); (len(ranking) == 1 && ranking[0] == RunningMean) != (c.want == Missed) {
			t.Errorf("got %v", ranking)
		}
	}
}

// Without a piece of evidence there is nothing to foretell, and no mean over the evidence.
func TestWhatThePolicyGivesNoWeightIsNoOutcome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kinds    []string
		outcomes int
		want     Verdict
	}{
		{[]string{"commitment.kept", "commitment.broken", "commitment.kept_late"}, 0, TooFew},
		{[]string{"commitment.kept"}, 600, OneSided},
	} {
		p := domain.DefaultPolicy().Trust
		for _, kind := range c.kinds {
			p.Weights = slices.DeleteFunc(p.Weights, func(w domain.EvidenceWeight) bool { return w.Kind == kind })
			p.Weights = append(p.Weights, domain.EvidenceWeight{Kind: kind})
		}
		log := collect(ledger(20, 60, func(account, n int) bool { return n%2 == 0 }))
		d := Run(log.Facts, log.Entries, Options{Policy: p, Clock: Recorded}).Dimensions[3]
		if d.Trained+d.Judged != c.outcomes || d.Verdict != c.want || d.Scores != nil {
			t.Errorf("without %v: got %+v, want %d outcomes, %s", c.kinds, d, c.outcomes, c.want)
		}
	}
}
