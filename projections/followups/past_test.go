package followups_test

import (
	"context"
	"iter"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

func TestThePastQueueIsTheOneThatWasShownThen(t *testing.T) {
	t.Parallel()
	l := &ledger{t: t}
	l.record("acme", domain.AccountOpened{Name: "Acme", Kind: "customer"})
	l.record("acme", domain.AccountClassified{TierNow: "A"})
	raised := l.record("acme", domain.ComplaintRaised{Complaint: "C-1", Severity: 4})
	l.record("other", domain.ComplaintRaised{Complaint: "C-9", Severity: 2})
	l.record("acme-old", domain.ComplaintRaised{Complaint: "C-2", Severity: 3})
	l.record("acme", domain.ComplaintAcknowledged{Complaint: "C-1"})
	l.record("acme-old", domain.AccountMerged{Into: "acme"})
	l.record("acme", domain.ComplaintRaised{Complaint: "C-3", Severity: 1})
	l.retract(raised)
	l.record("acme-old", domain.AccountUnmerged{From: "acme"})
	l.record("acme-old", domain.AccountMerged{Into: "other"})
	pastIsThen(t, l)
}

func TestThePastQueueIsTheOneThatWasShownThenWhateverHappened(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	pastIsThen(t, random(t, seed, 120))
}

// pastIsThen holds the queue as known after some events to that of a ledger that has no more.
func pastIsThen(t *testing.T, l *ledger) {
	t.Helper()
	all := l.records()
	now := l.fold()
	step := max(len(all)/11, 1)
	for n := 0; n <= len(all); n += step {
		then := readModel{t, projectiontest.Fold(t, followups.New(), all[:n])}
		for _, account := range []domain.AccountID{"acme", "acme-old", "other", "nobody", "a", "b", "c", "d", domain.Ledger} {
			q := followups.Query{Account: account, Now: monday.Add(time.Duration(n) * time.Hour), Limit: 1000}
			got, err := followups.Past(t.Context(), those(all[:n], now.kin(account)), q)
			if err != nil {
				t.Fatal(err)
			}
			if want := then.queue(q); !reflect.DeepEqual(got, want) {
				t.Errorf("%s after %d events:\n got %+v\nwant %+v", account, n, got, want)
			}
		}
	}
}

// kin are the accounts whose events the past queue of an account is folded from.
func (m readModel) kin(account domain.AccountID) map[domain.AccountID]bool {
	m.t.Helper()
	kin := map[domain.AccountID]bool{domain.Ledger: true}
	m.view(func(ctx context.Context, tx *sqldb.Tx) error {
		all, err := followups.Kin(ctx, tx, account)
		for _, id := range all {
			kin[id] = true
		}
		return err
	})
	return kin
}

func those(all []codec.Record, kin map[domain.AccountID]bool) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		for _, r := range all {
			if kin[r.Account] && !yield(r, nil) {
				return
			}
		}
	}
}
