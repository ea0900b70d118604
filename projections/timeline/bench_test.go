package timeline_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/timeline"
)

// synthetic is a ledger of a business of 10,000 accounts, made while it is read. One
// account, busy, has a tenth of all events.
type synthetic struct {
	events    int
	templates []codec.Record
}

func newSynthetic(events int) *synthetic {
	var h history
	for _, e := range []domain.Event{
		domain.AccountOpened{Name: "An account of some importance", Kind: "customer"},
		domain.DeliveryPromised{Line: "O-1/1", Order: "O-1", Basis: "first_confirmed", PromisedAt: start, Qty: new(100.0), UOM: "pcs"},
		domain.InteractionHeld{Kind: "call", Trigger: "scheduled", Contacts: []domain.ID{"jane", "joe"}, Topics: []string{"prices", "capacity"},
			Notes: "They asked about the new line and whether we can deliver twice a week from May on, at the same price."},
		domain.DeliveryMade{Line: "O-1/1", DeliveredAt: start, Qty: new(100.0), UOM: "pcs", DamageFree: new(true)},
		domain.SurveyAnswered{Survey: "S-1", Instrument: "csat", Score: 4, ScaleMin: 1, ScaleMax: 5, Contact: "jane", Verbatim: "As always, thank you."},
		domain.EffortLogged{HoursH: 1.5, Purpose: "preparing the visit"},
		domain.RequestReceived{Request: "R-1", Text: "Please send the certificates of the last three batches.", Contact: "joe"},
		domain.CommitmentMade{Commitment: "P-1", Statement: "Call back with the certificates", DueAt: start},
		domain.CommitmentKept{Commitment: "P-1"},
		domain.AccountFactLearned{Category: "process", Statement: "Stock is counted in June."},
	} {
		h.add("a", e)
	}
	return &synthetic{events: events, templates: h.records}
}

func (s *synthetic) at(i int) codec.Record {
	r := s.templates[i%len(s.templates)]
	// Accounts are not asked about in the order of their ids.
	r.Account = domain.AccountID(fmt.Sprintf("account-%05d", i*7919%10007))
	r.Revision = domain.Revision(i/10007 + 1)
	if i%11 == 0 {
		r.Account, r.Revision = "busy", domain.Revision(i/11+1)
	}
	if r.Type == "account.opened" && i > 20_000 {
		r.Type, r.JSON = s.templates[9].Type, s.templates[9].JSON
	}
	r.ID = fmt.Sprintf("0190f3c2-7d1e-7000-8000-%012d", i)
	r.Position = domain.Position(i + 1)
	r.RecordedAt = start.Add(time.Duration(i) * time.Second)
	r.OccurredAt = r.RecordedAt.Add(-time.Duration(i*31%86400) * time.Second)
	return r
}

func (s *synthetic) Follow(ctx context.Context, after domain.Position) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		for i := int(after); i < s.events; i++ {
			if !yield(s.at(i), nil) {
				return
			}
		}
		<-ctx.Done()
	}
}

func (s *synthetic) Head(context.Context) (domain.Position, error) {
	return domain.Position(s.events), nil
}

// run folds the ledger through the runtime, which builds an empty model of a large ledger
// like a rebuild.
func run(b *testing.B, dir string, events int) *projections.Runtime {
	b.Helper()
	r, err := projections.Open(projections.Config{Dir: dir, Source: newSynthetic(events)}, timeline.New())
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
		if err := r.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := r.WaitFor(ctx, timeline.Name, domain.Position(events)); err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkRebuild measures how fast events become a read model, indexes included. Run it
// with -benchtime 1000000x for a million.
func BenchmarkRebuild(b *testing.B) {
	dir := b.TempDir()
	run(b, dir, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	if info, err := os.Stat(filepath.Join(dir, timeline.Name+".db")); err == nil {
		b.ReportMetric(float64(info.Size())/float64(b.N), "B/event")
	}
}

// BenchmarkFollow measures how fast events are added to a read model that answers, sixty at
// a time.
func BenchmarkFollow(b *testing.B) {
	db, err := sqldb.Open(filepath.Join(b.TempDir(), timeline.Name+".db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	p, ledger := timeline.New(), newSynthetic(b.N)
	projectiontest.Create(b, db, p)
	b.ResetTimer()
	for i := 0; i < b.N; {
		var batch []codec.Record
		for range min(60, b.N-i) {
			batch = append(batch, ledger.at(i))
			i++
		}
		if err := db.Update(b.Context(), func(tx *sqldb.Tx) error { return p.Apply(b.Context(), tx, batch) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// folded is a runtime that has folded as many events as RAPPORT_BENCH_EVENTS says; 100,000 if
// that is not set.
func folded(b *testing.B) (*projections.Runtime, *synthetic) {
	b.Helper()
	events := 100_000
	if s := os.Getenv("RAPPORT_BENCH_EVENTS"); s != "" {
		if _, err := fmt.Sscan(s, &events); err != nil {
			b.Fatal(err)
		}
	}
	return run(b, b.TempDir(), events), newSynthetic(events)
}

// measure asks again and again and tells the time that 99 in 100 answers take at most.
func measure(b *testing.B, r *projections.Runtime, ask func(tx *sqldb.Tx) error) {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		if err := r.View(b.Context(), timeline.Name, ask); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*50/100].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkEntries measures pages of an account with a tenth of all events.
func BenchmarkEntries(b *testing.B) {
	r, ledger := folded(b)
	last := ledger.at(ledger.events - 1).RecordedAt
	sometime := func() time.Time { return start.Add(time.Duration(rand.Int64N(int64(last.Sub(start))))) }
	for _, c := range []struct {
		name  string
		query func() timeline.Query
	}{
		{"newest", func() timeline.Query { return timeline.Query{} }},
		{"as recorded", func() timeline.Query { return timeline.Query{Order: timeline.ByRecorded} }},
		{"anywhere", func() timeline.Query { return timeline.Query{At: sometime()} }},
		{"known then", func() timeline.Query { return timeline.Query{KnownAt: sometime()} }},
		{"of two types", func() timeline.Query {
			return timeline.Query{Types: []domain.Type{"account.opened", "survey.answered"}, At: sometime()}
		}},
		{"of a contact", func() timeline.Query { return timeline.Query{Contact: "jane", At: sometime()} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			measure(b, r, func(tx *sqldb.Tx) error {
				q := c.query()
				q.Account = "busy"
				_, err := timeline.Entries(b.Context(), tx, q)
				return err
			})
		})
	}
}

// BenchmarkAccounts measures pages of the list of accounts.
func BenchmarkAccounts(b *testing.B) {
	r, _ := folded(b)
	measure(b, r, func(tx *sqldb.Tx) error {
		_, err := timeline.Accounts(b.Context(), tx, timeline.AccountsQuery{})
		return err
	})
}
