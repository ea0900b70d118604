package trust_test

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/domain/trust/trusttest"
)

func instants(t *rapid.T) (since, at, knownAt time.Time) {
	draw := func(label string) time.Time {
		return trusttest.Start.Add(time.Duration(rapid.IntRange(0, 600*24).Draw(t, label)) * time.Hour)
	}
	since, at, knownAt = draw("since"), draw("at"), draw("known_at")
	if at.Before(since) {
		since, at = at, since
	}
	return since, at, knownAt
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9 }

// Whatever order the same facts arrive in, every number of the answer has the same bits.
func TestTheOrderOfArrivalMakesNoDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts := rapid.SliceOfN(rapid.Custom(trusttest.Fact), 0, 40).Draw(t, "facts")
		recorded := func(facts []domain.Envelope) *trust.History {
			var log []domain.Recorded
			for i, e := range facts {
				log = append(log, domain.Recorded{Envelope: e, Position: domain.Position(i + 1), RecordedAt: trusttest.End})
			}
			return trust.HistoryOf(log)
		}
		_, at, _ := instants(t)
		want := recorded(facts).Assess("acme", at, trusttest.End)
		got := recorded(rapid.Permutation(facts).Draw(t, "arrival")).Assess("acme", at, trusttest.End)
		// A flag names its events by position, and of events that say the same either may be named.
		for i := range got.Flags {
			got.Flags[i].Positions = nil
		}
		for i := range want.Flags {
			want.Flags[i].Positions = nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestContributionsAndPriorAddUpToTheScore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := trust.HistoryOf(trusttest.History(t, 60))
		_, at, knownAt := instants(t)
		a := h.Explain("acme", at, knownAt)
		sum, pieces := a.Prior, 0.0
		for _, c := range a.Contributions {
			sum += c.Effect
			pieces += c.For + c.Against
		}
		if !near(sum, a.Mean) {
			t.Fatalf("prior and effects are %v, the score is %v", sum, a.Mean)
		}
		if !near(pieces, a.Evidence) || a.Known != (pieces > 0) {
			t.Fatalf("pieces are %v, evidence is %v, known is %v", pieces, a.Evidence, a.Known)
		}
	})
}

func TestReadingsAreWithinBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := trust.HistoryOf(trusttest.History(t, 60))
		_, at, knownAt := instants(t)
		a := h.Assess("acme", at, knownAt)
		readings := []trust.Reading{a.Reading}
		for _, d := range a.Dimensions {
			readings = append(readings, d.Reading)
		}
		for _, r := range readings {
			if !(0 <= r.Low && r.Low < r.High && r.High <= 100 && 0 < r.Mean && r.Mean < 100) {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func TestTheSplitOfAChangeAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := trust.HistoryOf(trusttest.History(t, 60))
		since, at, knownAt := instants(t)
		c := h.Change("acme", since, at, knownAt)
		from := since
		if knownAt.Before(since) {
			from = knownAt
		}
		if want := h.Assess("acme", since, from).Reading; c.From != want {
			t.Fatalf("starts from %+v, then the score was %+v", c.From, want)
		}
		if want := h.Assess("acme", at, knownAt).Reading; c.To != want {
			t.Fatalf("ends at %+v, now the score is %+v", c.To, want)
		}
		var sum float64
		for _, p := range c.Parts {
			sum += p.Effect
		}
		if !near(sum, c.To.Mean-c.From.Mean) {
			t.Fatalf("parts are %v, the change is %v", sum, c.To.Mean-c.From.Mean)
		}
	})
}

// A part that moved the score names an event, unless time alone moved it.
func TestEveryPartNamesItsEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log := trusttest.History(t, 60)
		since, at, knownAt := instants(t)
		for _, p := range trust.HistoryOf(log).Change("acme", since, at, knownAt).Parts {
			if (p.Cause == trust.CauseFading) != (len(p.Positions) == 0) {
				t.Fatalf("%+v", p)
			}
			for _, position := range p.Positions {
				if e := log[position-1]; e.RecordedAt.After(knownAt) {
					t.Fatalf("%+v: position %d was not known", p, position)
				}
			}
		}
	})
}

func TestWhatIsRecordedLaterNeverChangesWhatWasKnown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log := trusttest.History(t, 60)
		since, at, knownAt := instants(t)
		known := slices.Clone(log)
		for i, e := range log {
			if e.RecordedAt.After(knownAt) {
				known = known[:i]
				break
			}
		}
		all, then := trust.HistoryOf(log), trust.HistoryOf(known)
		if got, want := all.Explain("acme", at, knownAt), then.Explain("acme", at, knownAt); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
		if got, want := all.Change("acme", since, at, knownAt), then.Change("acme", since, at, knownAt); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

// The model honours entries just as domain.Standing does.
func TestCorrectionsCountAsStandingHistorySays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log := trusttest.History(t, 60)
		_, at, _ := instants(t)
		got := trust.HistoryOf(log).Explain("acme", at, trusttest.End)
		want := trust.HistoryOf(domain.Standing(log)).Explain("acme", at, trusttest.End)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestAMergeUndoneLeavesNoTrace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log := trusttest.History(t, 40)
		log = slices.DeleteFunc(log, func(e domain.Recorded) bool { return e.Data.EventType().Family() == "account" || e.Target != 0 })
		_, at, _ := instants(t)
		merge := func(data domain.Event, p domain.Position) domain.Recorded {
			return domain.Recorded{Position: p, RecordedAt: trusttest.End,
				Envelope: domain.Envelope{Account: "bolt", OccurredAt: trusttest.Start, Data: data}}
		}
		want := trust.HistoryOf(log).Explain("acme", at, trusttest.End)
		merged := append(log, merge(domain.AccountMerged{Into: "acme"}, 1000))
		together := trust.HistoryOf(merged).Explain("acme", at, trusttest.End)
		apart := trust.HistoryOf(append(merged, merge(domain.AccountUnmerged{From: "acme"}, 1001))).Explain("acme", at, trusttest.End)
		if !reflect.DeepEqual(apart, want) {
			t.Fatalf("got  %+v\nwant %+v", apart, want)
		}
		bolt := trust.HistoryOf(log).Explain("bolt", at, trusttest.End)
		if got, want := len(together.Contributions), len(want.Contributions)+len(bolt.Contributions); got != want {
			t.Fatalf("merged: %d contributions, want %d", got, want)
		}
	})
}

// Taken event by event, the evidence comes to what the model makes of the whole.
func TestAWalkComesToWhatTheModelMakesOfTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log := trusttest.History(t, 60)
		var c trust.Collector
		for _, e := range log {
			c.Add(e)
		}
		w, entries := trust.NewWalk(), c.Entries
		got := map[string]int{}
		take := func(changes []trust.Evidence) {
			for _, e := range changes {
				if e.Account != "acme" {
					continue
				}
				n := 1
				if e.Withdrawn {
					n = -1
				}
				got[fmt.Sprint(domain.EvidenceKinds[e.Kind].Kind, e.At, e.Times*e.Good, e.Times*(1-e.Good))] += n
			}
		}
		for i := range c.Facts {
			take(w.Fact(&c.Facts[i], trusttest.End))
			for len(entries) > 0 && entries[0].Position <= c.Facts[i].Position {
				take(w.Entry(entries[0], trusttest.End))
				entries = entries[1:]
			}
		}
		for _, e := range entries {
			take(w.Entry(e, trusttest.End))
		}
		maps.DeleteFunc(got, func(_ string, n int) bool { return n == 0 })

		unmerged := trust.NewHistory(c.Facts, c.Entries, nil, unweighted())
		want := map[string]int{}
		for _, p := range unmerged.Explain("acme", trusttest.End, trusttest.End).Contributions {
			want[fmt.Sprint(p.Kind, p.At, p.For, p.Against)]++
		}
		if !maps.Equal(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}

// unweighted is a policy by which each piece counts as it is, and does not fade.
func unweighted() domain.Policies {
	p := domain.DefaultPolicy().Trust
	for i := range p.Weights {
		p.Weights[i].Weight, p.Weights[i].HalfLifeD = 1, 1e300
	}
	return domain.NewPolicies([]domain.Recorded{{
		Position: 1, RecordedAt: trusttest.Start,
		Envelope: domain.Envelope{Account: domain.Ledger, OccurredAt: trusttest.Start, Data: domain.PolicyChanged{Name: "flat", Trust: &p}},
	}})
}
