package followups_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// ordinary is a stream as a company has it: most of it says nothing about who owes
// what. A tenth each are deliveries promised, deliveries made, requests and answers.
func ordinary(b *testing.B, n, accounts int) *ledger {
	r := rand.New(rand.NewPCG(1, 2))
	l := &ledger{t: b}
	for i := range accounts {
		account := domain.AccountID(fmt.Sprint("account-", i))
		l.record(account, domain.AccountOpened{Name: "n", Kind: "customer"})
		l.record(account, domain.AccountManagerAssigned{Person: "ann"})
		l.record(account, domain.AccountCadenceAgreed{EveryD: 14})
	}
	for i := 0; len(l.events) < n; i++ {
		account, id := domain.AccountID(fmt.Sprint("account-", r.IntN(accounts))), domain.ID(fmt.Sprint(i))
		switch i % 10 {
		case 0:
			l.record(account, domain.DeliveryPromised{Line: id, Basis: "requested", PromisedAt: monday})
		case 1:
			l.record(account, domain.DeliveryMade{Line: id, DeliveredAt: monday})
		case 2:
			l.record(account, domain.RequestReceived{Request: id})
			l.record(account, domain.RequestAnswered{Request: id})
		case 3:
			l.record(account, domain.SurveyAnswered{Instrument: "nps", Score: float64(r.IntN(11)), ScaleMax: 10})
		case 4:
			l.record(account, domain.EffortLogged{HoursH: 1})
		default:
			l.record(account, domain.InteractionHeld{Kind: "call", Notes: "We spoke of this and of that, and found that there was more to say."})
		}
	}
	return l
}

func BenchmarkApply(b *testing.B) {
	const n, batch = 100_000, 1000
	for _, accounts := range []int{40, 5000} {
		b.Run(fmt.Sprint("accounts=", accounts), func(b *testing.B) {
			records := ordinary(b, n, accounts).records()
			p := followups.New()
			for b.Loop() {
				b.StopTimer()
				db := bench(b)
				b.StartTimer()
				for i := 0; i < n; i += batch {
					err := db.Update(b.Context(), func(tx *sqldb.Tx) error { return p.Apply(b.Context(), tx, records[i:i+batch]) })
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func bench(b *testing.B) *sqldb.DB {
	db, err := sqldb.Open(filepath.Join(b.TempDir(), "followups.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	projectiontest.Create(b, db, followups.New())
	return db
}

func BenchmarkQueue(b *testing.B) {
	const n, accounts = 100_000, 500
	r := rand.New(rand.NewPCG(1, 2))
	l := &ledger{t: b}
	for i := range accounts {
		l.record(domain.AccountID(fmt.Sprint("account-", i)), domain.AccountClassified{TierNow: []string{"A", "B", "C", "D"}[i%4]})
	}
	for i := range n {
		account, id := domain.AccountID(fmt.Sprint("account-", r.IntN(accounts))), domain.ID(fmt.Sprint(i))
		occurred := monday.Add(-time.Duration(r.IntN(90*24)) * time.Hour)
		switch i % 4 {
		case 0:
			l.recordAt(account, occurred, domain.CommitmentMade{Commitment: id, DueAt: occurred.AddDate(0, 1, 0), MadeBy: fmt.Sprint("person-", i%50)})
		case 1:
			l.recordAt(account, occurred, domain.FollowUpOpened{FollowUp: id, Reason: "look", Owner: fmt.Sprint("person-", i%50)})
		default:
			l.recordAt(account, occurred, domain.ComplaintRaised{Complaint: id, Severity: int64(1 + r.IntN(5))})
		}
	}
	m := readModel{b, bench(b)}
	records := l.records()
	for i := 0; i < len(records); i += 1000 {
		err := m.db.Update(b.Context(), func(tx *sqldb.Tx) error {
			return followups.New().Apply(b.Context(), tx, records[i:min(i+1000, len(records))])
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	first := m.queue(followups.Query{Now: monday})
	for name, q := range map[string]followups.Query{
		"all":     {},
		"next":    {Cursor: first.Next},
		"owner":   {Owner: "person-1"},
		"account": {Account: "account-7", States: []followups.State{followups.Open}},
		"snoozed": {States: []followups.State{followups.Snoozed}},
	} {
		q.Now = monday
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				m.queue(q)
			}
		})
	}
	b.Run("overdue", func(b *testing.B) {
		for b.Loop() {
			m.view(func(ctx context.Context, tx *sqldb.Tx) error {
				_, err := followups.Overdue(ctx, tx, monday, 100)
				return err
			})
		}
	})
}
