package followup_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/calendar"
	"github.com/rapport-ledger/rapport/domain/followup"
)

func TestPriorityIsTheProductOfItsFactors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		knows         bool
		tier          string
		impact, level int
		want          float64
	}{
		{false, "", 1, 0, 1},
		{true, "D", 1, 0, 2},
		{true, "C", 2, 0, 6},
		{true, "B", 2, 1, 9.6},
		{true, "A", 5, 0, 30},
		{true, "A", 5, followup.MostOverdue, 150},
	} {
		f := followup.FactorsOf(tt.knows, tt.tier, tt.impact, tt.level)
		rank := followup.Rank(followup.Weight(tt.knows, tt.tier, tt.impact), tt.level)
		if got := f.Priority(); got != tt.want || rank != int(10*tt.want) {
			t.Errorf("%+v: got priority %v and rank %d, want %v and ten times it", tt, got, rank, tt.want)
		}
	}
}

func TestBeingOverdueGrowsByTheBusinessDay(t *testing.T) {
	t.Parallel()
	c, err := calendar.New(domain.DefaultPolicy().Calendar)
	if err != nil {
		t.Fatal(err)
	}
	levels := followup.OverdueAt(monday, c)
	for _, tt := range []struct {
		due  time.Time
		want int
	}{
		{monday.Add(time.Microsecond), 0},
		{monday, 1},
		{monday.AddDate(0, 0, -3), 2}, // Friday at 10:00
		{monday.AddDate(0, 0, -3).Add(time.Microsecond), 1},
		{monday.AddDate(0, 0, -7), 6},
		{monday.AddDate(-1, 0, 0), followup.MostOverdue},
	} {
		if got := levels.Level(tt.due); got != tt.want {
			t.Errorf("due %v: got level %d, want %d", tt.due, got, tt.want)
		}
	}
	for range 1000 {
		due := monday.Add(-time.Duration(rand.Int64N(int64(60*24*time.Hour)) - int64(24*time.Hour))).Truncate(time.Microsecond)
		level := levels.Level(due)
		if from := levels.From(level); due.Before(from) {
			t.Errorf("due %v is at level %d, which begins later, at %v", due, level, from)
		}
		if from := levels.From(level); !from.IsZero() && (levels.Level(from) > level || levels.Level(from.Add(-time.Microsecond)) <= level) {
			t.Errorf("level %d begins at %v, which is at level %d, and the moment before at %d", level, from, levels.Level(from), levels.Level(from.Add(-time.Microsecond)))
		}
		if level > 0 && !due.Before(levels.From(level-1)) {
			t.Errorf("due %v is at level %d, and not before %v", due, level, levels.From(level-1))
		}
	}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	h := &history{}
	h.at(day(2), domain.AccountClassified{TierNow: "A"})
	h.at(day(1), domain.AccountClassified{TierNow: "C"}) // recorded late
	h.at(day(1), domain.AccountManagerAssigned{Person: "ann"})
	h.at(day(2), domain.AccountManagerAssigned{Person: "bob"})
	h.at(day(3), domain.AccountManagerReleased{Person: "ann"})
	h.at(day(3), domain.AccountSponsorAppointed{Person: "eve"})
	h.at(day(3), domain.AccountMerged{Into: "b"})
	h.at(day(1), domain.AccountUnmerged{From: "b"}) // dated wrongly
	h.at(day(4), domain.AccountMerged{Into: "c"})
	h.at(day(1), domain.AccountCadenceAgreed{EveryD: 7})
	h.at(day(9), domain.SilenceNoticed{CadenceD: 7, LastContactAt: day(2)})
	var facts []followup.Fact
	for _, e := range h.events {
		if f, ok := followup.ReadFact(e); ok {
			facts = append(facts, f)
		}
	}
	got := followup.FoldProfile("acme", facts)
	want := followup.Profile{
		Account: "acme", Tier: "A", Manager: "bob", Sponsor: "eve", MergedInto: "c", CadenceD: 7, CadenceAt: day(1),
		CadenceRecorded: h.events[9].RecordedAt, NoticedFor: day(2), Noticed: true,
		Released: map[string]time.Time{"ann": day(3)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if from, ok := got.SilentFrom(day(3)); !ok || !from.Equal(day(10)) {
		t.Errorf("silent from %v, want a week after the contact", from)
	}
	if from, _ := got.SilentFrom(time.Time{}); !from.Equal(day(8)) {
		t.Errorf("silent from %v, want a week after the agreement", from)
	}
	if from, _ := got.SilentFrom(day(0)); !from.Equal(day(8)) {
		t.Errorf("silent from %v, want a week after the agreement that came after the contact", from)
	}
	lost := followup.Fact{Is: followup.Lost, Position: 99, OccurredAt: day(5)}
	if p := followup.FoldProfile("acme", append(facts, lost)); p.CadenceD != 0 {
		t.Error("a customer that has left is still to be called")
	}
	facts[0].Void = true
	if p := followup.FoldProfile("acme", facts); p.Tier != "C" {
		t.Errorf("with A withdrawn the tier is %s, want C", p.Tier)
	}
}

func TestItemIDs(t *testing.T) {
	t.Parallel()
	id := followup.ItemID("acme", "complaint", "c1")
	if id != "acme~9c45c5c48942" || followup.AccountOf(id) != "acme" {
		t.Errorf("got %s, of account %s", id, followup.AccountOf(id))
	}
	if followup.ItemID("acme", "complaint", "c2") == id || followup.ItemID("acme", "request", "c1") == id {
		t.Error("different items have the same id")
	}
	for _, s := range []string{"", "acme", "acme~", "acme~xyz", "acme~0123456789", "acme~0123456789zz"} {
		if got := followup.AccountOf(s); got != "" {
			t.Errorf("%q is of account %q, want none", s, got)
		}
	}
}
