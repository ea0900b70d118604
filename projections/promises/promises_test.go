package promises_test

import (
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/promises"
)

func story(t testing.TB) *dossiertest.Ledger {
	l := dossiertest.New(t)
	due := dossiertest.Time("2026-02-01")
	l.Add("acme", "2026-01-02", domain.CommitmentMade{Commitment: "on-time", DueAt: due})
	l.Add("acme", "2026-01-02", domain.CommitmentMade{Commitment: "moved", DueAt: due})
	l.Add("acme", "2026-01-02", domain.CommitmentMade{Commitment: "late", DueAt: due})
	l.Add("acme", "2026-01-02", domain.CommitmentMade{Commitment: "let-off", DueAt: due})
	l.Add("acme", "2026-01-02", domain.CommitmentMade{Commitment: "secret", DueAt: due})
	l.Add("acme", "2026-01-03", domain.CommitmentMade{Commitment: "known", DueAt: due, KnownToCustomer: true})
	l.Add("acme", "2026-01-03", domain.CommitmentMade{Commitment: "later", DueAt: dossiertest.Time("2026-06-01")})
	l.Add("acme", "2026-01-20", domain.CommitmentRenegotiated{Commitment: "moved", NewDueAt: dossiertest.Time("2026-02-15"), AskedBy: "us"})
	l.Add("acme", "2026-01-30", domain.CommitmentKept{Commitment: "on-time"})
	l.Add("acme", "2026-01-31", domain.CommitmentReleased{Commitment: "let-off"})
	l.Add("acme", "2026-02-03", domain.CommitmentKept{Commitment: "late"})
	l.Add("acme", "2026-02-10", domain.CommitmentKept{Commitment: "moved"})
	return l
}

func TestTheKeptRateIsAgainstTheFirstAndTheLastDate(t *testing.T) {
	t.Parallel()
	got := promises.About(story(t).Read(promises.New(), "acme", "2026-03-01", "2026-03-01")).Kept
	onFirst, onLast := 20.0, 40.0 // of on-time, moved, late, secret and known
	want := promises.Kept{
		DueCount: 5, KeptOnFirstCount: 1, KeptOnLastCount: 2, KeptLateCount: 1, BrokenCount: 2, ReleasedCount: 1,
		MovedByUsCount: 1, OpenCount: 3, OverdueCount: 2, OverdueKnownCount: 1,
	}
	if *got.OnFirstPct != onFirst || *got.OnLastPct != onLast {
		t.Errorf("kept on the first date %v %%, on the last %v %%; want %v and %v", *got.OnFirstPct, *got.OnLastPct, onFirst, onLast)
	}
	got.OnFirstPct, got.OnLastPct = nil, nil
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestWhatTheCustomerKnowsToBeOverdueComesFirst(t *testing.T) {
	t.Parallel()
	var got []string
	for _, c := range promises.About(story(t).Read(promises.New(), "acme", "2026-03-01", "2026-03-01")).Open {
		got = append(got, c.Commitment)
	}
	if want := []string{"known", "secret", "later"}; !slices.Equal(got, want) {
		t.Errorf("open: %q, want %q", got, want)
	}
}

func TestWithoutPromisesThereIsNoRate(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-02", domain.AccountOpened{Name: "Acme"})
	if got := promises.About(l.Read(promises.New(), "acme", "2026-03-01", "2026-03-01")).Kept; got.OnFirstPct != nil || got.OnLastPct != nil {
		t.Errorf("got %+v", got)
	}
}

func TestRowsDoNotDependOnBatches(t *testing.T) {
	t.Parallel()
	projectiontest.Run(t, promises.New(), story(t).Records())
}
