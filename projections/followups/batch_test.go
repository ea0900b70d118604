package followups_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
)

// TestWhatABatchCorrectsItself has nothing that settles a batch before its end: no merges, no
// policies, no silences. What is corrected and handed over is mostly in the batch that does it.
func TestWhatABatchCorrectsItself(t *testing.T) {
	t.Parallel()
	for range 4 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 0))
			l := &ledger{t: t}
			for len(l.events) < 250 {
				if len(l.events) > 0 && r.IntN(4) == 0 {
					l.entry(r, monday, 10)
					continue
				}
				account := domain.AccountID(fmt.Sprint("account-", r.IntN(2)))
				switch data := fact(r, account).(type) {
				case domain.SilenceNoticed, domain.SilenceBroken:
				default:
					l.record(account, data)
				}
			}
			projectiontest.Run(t, followups.New(), l.records())
		})
	}
}
