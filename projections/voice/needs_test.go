package voice_test

import (
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// needs is a ledger of needs in every state.
func needs(t *testing.T) *dossiertest.Ledger {
	l := dossiertest.New(t)
	stated := func(at string, need domain.ID, months, priority int64, during string, aspiration bool) {
		l.Add("acme", at, domain.NeedStated{
			Need: need, Statement: "...", Contact: "jane", Topic: string(need), HorizonMonths: months, Priority: priority, During: during, Aspiration: aspiration,
		})
	}
	foreseen := func(at string, need domain.ID, months int64) {
		l.Add("acme", at, domain.NeedAnticipated{Need: need, Statement: "as we see it", Topic: "foreseen", Person: "ann", HorizonMonths: months})
	}
	met := func(at string, need domain.ID, level, by string) {
		l.Add("acme", at, domain.NeedMet{Need: need, Level: level, By: by, Consequence: level})
	}
	l.Add("acme", "2026-01-01", domain.ContactMerged{Contact: "jane", Into: "jane.doe"})
	foreseen("2026-01-02", "first", 12)                   // 2
	foreseen("2026-01-03", "unspoken", 13)                // 3
	stated("2026-01-10", "first", 37, 3, "calm", true)    // 4
	stated("2026-01-20", "known", 0, 3, "crisis", false)  // 5
	foreseen("2026-01-20", "known", 24)                   // 6: too late to have been foreseen
	stated("2026-01-30", "vital", 36, 5, "crisis", false) // 7
	stated("2026-01-05", "old", 1, 3, "", true)           // 8
	stated("2026-01-05", "done", 0, 5, "crisis", true)    // 9
	stated("2026-01-05", "gone", 0, 5, "crisis", false)   // 10
	met("2026-02-01", "done", "poor", "customer")         // 11
	met("2026-02-02", "done", "met", "us")                // 12
	met("2026-02-03", "old", "partial", "third_party")    // 13
	l.Add("acme", "2026-02-04", domain.NeedRevalidated{Need: "gone"})
	l.Add("acme", "2026-02-05", domain.NeedRevalidated{Need: "known", StillTrue: true})
	l.Add("acme", "2026-02-06", domain.NeedMet{Need: "retracted", Level: "none"})
	l.Add("acme", "2026-02-06", domain.NeedRevalidated{Need: "retracted"})
	return l
}

func TestANeedIsShownWithItsStateAndAllThatWasSaidOfIt(t *testing.T) {
	t.Parallel()
	dossiertest.Same(t, since(needs(t), "2026-06-01", "2026-06-09").Needs, `[
		{"position":7,"need":"vital","topic":"vital","state":"unmet","stated_at":"2026-01-30T00:00:00Z","age_d":130,"contact":"jane.doe","horizon_months":36,
			"priority":5,"during":"crisis","unchecked":true,"foreseen":false,"positions":[7]},
		{"position":8,"need":"old","topic":"old","state":"unmet","stated_at":"2026-01-05T00:00:00Z","age_d":155,"contact":"jane.doe","horizon_months":1,
			"priority":3,"aspiration":true,"met_level":"partial","met_by":"third_party","consequence":"partial","unchecked":false,"foreseen":false,"positions":[8,13]},
		{"position":4,"need":"first","topic":"first","state":"unmet","stated_at":"2026-01-10T00:00:00Z","age_d":150,"contact":"jane.doe","horizon_months":37,
			"priority":3,"during":"calm","aspiration":true,"unchecked":false,"anticipated_at":"2026-01-02T00:00:00Z","anticipated_by":"ann","foreseen":true,"positions":[2,4]},
		{"position":5,"need":"known","topic":"known","state":"unmet","stated_at":"2026-01-20T00:00:00Z","age_d":140,"contact":"jane.doe","horizon_months":0,
			"priority":3,"during":"crisis","revalidated_at":"2026-02-05T00:00:00Z","unchecked":false,"anticipated_at":"2026-01-20T00:00:00Z","anticipated_by":"ann",
			"foreseen":false,"positions":[5,6,15]},
		{"position":3,"text":"as we see it","need":"unspoken","topic":"foreseen","state":"anticipated","horizon_months":13,"unchecked":false,
			"anticipated_at":"2026-01-03T00:00:00Z","anticipated_by":"ann","foreseen":false,"positions":[3]},
		{"position":9,"need":"done","topic":"done","state":"met","stated_at":"2026-01-05T00:00:00Z","age_d":155,"contact":"jane.doe","horizon_months":0,
			"priority":5,"during":"crisis","aspiration":true,"met_level":"met","met_by":"us","consequence":"met","unchecked":true,"foreseen":false,"positions":[9,11,12]},
		{"position":10,"need":"gone","topic":"gone","state":"gone","stated_at":"2026-01-05T00:00:00Z","age_d":155,"contact":"jane.doe","horizon_months":0,
			"priority":5,"during":"crisis","revalidated_at":"2026-02-04T00:00:00Z","unchecked":false,"foreseen":false,"positions":[10,14]}]`)
}

func TestNeedsAreCountedAsTheyStand(t *testing.T) {
	t.Parallel()
	l := needs(t)
	r := since(l, "2026-06-01", "2026-06-09")
	dossiertest.Same(t, r.NeedsSum, `{"stated_count":6,"unmet_count":4,"met_count":1,"gone_count":1,"unchecked_count":2,"aspirations_count":3,"aspirations_met_count":1,
		"oldest_unmet_d":155,"anticipated_count":3,"foreseen_count":1,"foreseen_pct":33.333333333333336,"open_conflicts_count":0,"nothing_ahead_count":0}`)
	dossiertest.Same(t, r.Horizons, `[
		{"horizon":"now","stated_count":1,"anticipated_count":0,"accounts_count":1},
		{"horizon":"to_12_months","stated_count":1,"anticipated_count":0,"accounts_count":1},
		{"horizon":"to_36_months","stated_count":1,"anticipated_count":1,"accounts_count":1},
		{"horizon":"beyond","stated_count":1,"anticipated_count":0,"accounts_count":1}]`)
	l.Add("beta", "2026-02-01", domain.NeedAnticipated{Need: "first", Statement: "...", HorizonMonths: 12})
	l.Add("beta", "2026-03-01", domain.NeedAnticipated{Need: "second", Statement: "...", HorizonMonths: 36})
	total, _ := sinceFebruary(l)
	dossiertest.Same(t, total.Horizons, `[
		{"horizon":"now","stated_count":1,"anticipated_count":0,"accounts_count":1},
		{"horizon":"to_12_months","stated_count":1,"anticipated_count":1,"accounts_count":2},
		{"horizon":"to_36_months","stated_count":1,"anticipated_count":2,"accounts_count":2},
		{"horizon":"beyond","stated_count":1,"anticipated_count":0,"accounts_count":1}]`)
	var got []string
	for _, n := range total.Unmet {
		got = append(got, fmt.Sprint(n.Account, " ", n.Need.Need))
	}
	dossiertest.Same(t, got, `["acme vital","acme old","acme first","acme known"]`)
}

func TestConflictsOfNeedsAreOpenUntilOnePrevails(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	found := func(account domain.AccountID, at string, c domain.NeedConflictFound) { l.Add(account, at, c) }
	found("acme", "2026-02-01", domain.NeedConflictFound{Need: "N-1", OtherNeed: "N-2"})
	found("acme", "2026-02-02", domain.NeedConflictFound{Need: "N-1", OtherNeed: "N-2", OtherAccount: "beta"}) // another
	found("acme", "2026-02-03", domain.NeedConflictFound{Need: "N-1", OtherNeed: "N-2", OtherAccount: "acme", Prevails: "both", DecidedBy: "ann", Resolution: "two lines"})
	found("acme", "2026-02-04", domain.NeedConflictFound{Need: "N-3", OtherNeed: "N-4"})
	found("acme", "2026-02-05", domain.NeedConflictFound{Need: "N-3", OtherNeed: "N-4"})
	dossiertest.Same(t, since(l, "2026-06-01", "2026-06-10").Conflicts, `[
		{"position":2,"need":"N-1","other_need":"N-2","other_account":"beta","state":"open","found_at":"2026-02-02T00:00:00Z","positions":[2]},
		{"position":5,"need":"N-3","other_need":"N-4","state":"open","found_at":"2026-02-04T00:00:00Z","positions":[4,5]},
		{"position":3,"need":"N-1","other_need":"N-2","state":"decided","prevails":"both","decided_by":"ann","resolution":"two lines",
			"found_at":"2026-02-01T00:00:00Z","decided_at":"2026-02-03T00:00:00Z","positions":[1,3]}]`)
	found("beta", "2026-02-03", domain.NeedConflictFound{Need: "N-1", OtherNeed: "N-2"})
	total, _ := sinceFebruary(l)
	var got []string
	for _, c := range total.Conflicts {
		got = append(got, fmt.Sprint(c.Account, " ", c.Position, " ", c.State))
	}
	dossiertest.Same(t, got, `["acme 2 open","beta 6 open","acme 5 open","acme 3 decided"]`)
	if total.NeedsSum.OpenConflicts != 3 {
		t.Errorf("%d open, want 3", total.NeedsSum.OpenConflicts)
	}
	l.Add("beta", "2026-03-01", domain.AccountMerged{Into: "acme"})
	if c := since(l, "2026-06-01", "2026-06-10").Conflicts[1]; c.Need != "beta/N-1" || c.OtherNeed != "beta/N-2" || c.OtherAccount != "" {
		t.Errorf("of an account merged in: %+v", c)
	}
}

func TestWhatWeKnowOfTheirPlansIsSomethingAhead(t *testing.T) {
	t.Parallel()
	fact := func(strategic bool, until string) domain.AccountFactLearned {
		f := domain.AccountFactLearned{Fact: "F-1", Category: "cycle", Statement: "...", Strategic: strategic}
		if until != "" {
			f.ValidTo = dossiertest.Time(until)
		}
		return f
	}
	for _, c := range []struct {
		about string
		given []domain.Event
		want  int
	}{
		{"nothing", nil, 1},
		{"a need of today", []domain.Event{domain.NeedStated{Need: "N", Statement: "..."}}, 1},
		{"a need to come", []domain.Event{domain.NeedStated{Need: "N", Statement: "...", HorizonMonths: 1}}, 0},
		{"one that we foresee", []domain.Event{domain.NeedAnticipated{Need: "N", Statement: "...", HorizonMonths: 1}}, 0},
		{"one that is met", []domain.Event{domain.NeedStated{Need: "N", Statement: "...", HorizonMonths: 1}, domain.NeedMet{Need: "N", Level: "met"}}, 1},
		{"a plan of theirs", []domain.Event{fact(true, "")}, 0},
		{"one that holds", []domain.Event{fact(true, "2026-06-11")}, 0},
		{"one that holds no more", []domain.Event{fact(true, "2026-06-10")}, 1},
		{"another fact", []domain.Event{fact(false, "")}, 1},
	} {
		l := known(dossiertest.New(t))
		for _, e := range c.given {
			l.Add("acme", "2026-02-01", e)
		}
		if got := since(l, "2026-06-01", "2026-06-10").NeedsSum.NothingAheadCount; got != c.want {
			t.Errorf("%s: %d, want %d", c.about, got, c.want)
		}
	}
}
