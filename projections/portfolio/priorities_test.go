package portfolio_test

import (
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

func TestAPriorityThatIsPublishedAgainTakesThePlaceOfWhatItWas(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme"})
	for rank, from := range []string{"2026-01-02", "2026-03-01", "2026-03-01"} {
		l.Add(domain.Ledger, "2026-01-02", domain.PriorityPublished{Consumer: "sales", Tier: "A", Rank: int64(rank + 1), ValidFrom: dossiertest.Time(from)})
	}
	sameRanks(t, l, map[string][]int64{"2026-02-28": {1, 3}, "2026-03-01": {3}})
}

// sameRanks compares the ranks of priorities, by the time at which they are asked for.
func sameRanks(t *testing.T, l *dossiertest.Ledger, ranks map[string][]int64) {
	t.Helper()
	for at, want := range ranks {
		total, _ := overall(l, at)
		var got []int64
		for _, p := range total.Priorities {
			got = append(got, p.Rank)
		}
		if !slices.Equal(got, want) {
			t.Errorf("at %s: ranks %v, want %v", at, got, want)
		}
	}
}

func TestPrioritiesOfAccountsMergedIntoItCountWhereAnAccountHasNone(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.PriorityPublished{Consumer: "sales", Rank: 3})
	l.Add("acme-north", "2026-01-02", domain.PriorityPublished{Consumer: "sales", Rank: 1})
	l.Add("acme-north", "2026-01-02", domain.PriorityPublished{Consumer: "dispatch", Rank: 2, Resource: "press"})
	l.Add("acme-north", "2026-01-03", domain.AccountMerged{Into: "acme"})
	dossiertest.Same(t, about(l, "2026-02-01").Priorities, `[
		{"account":"acme","consumer":"dispatch","rank":2,"resource":"press","valid_from":"2026-01-02T00:00:00Z","position":3},
		{"account":"acme","consumer":"sales","rank":3,"valid_from":"2026-01-01T00:00:00Z","position":1}]`)
}
