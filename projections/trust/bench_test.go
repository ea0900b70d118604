package trust_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/trust"
)

// synthetic is a million records of a business of 10,000 accounts, made without
// keeping them: of each order, what is promised, delivered and said, and some talk.
type synthetic struct{ templates []codec.Record }

func newSynthetic(t testing.TB) synthetic {
	due := noon.AddDate(0, 0, 3)
	var s synthetic
	for _, e := range logOf("acme",
		domain.OrderWon{Order: "O-1", ValueMinor: 125000, Currency: "EUR"},
		domain.DeliveryPromised{Line: "O-1/1", Order: "O-1", Basis: "first_confirmed", PromisedAt: due, Qty: new(100.0), UOM: "pcs"},
		domain.InteractionHeld{Kind: "call", Trigger: "scheduled", Contacts: []domain.ID{"jane"}, Notes: "They asked about the new line."},
		domain.DeliveryMade{Line: "O-1/1", DeliveredAt: due, Qty: new(100.0), UOM: "pcs", DamageFree: new(true)},
		domain.SurveySent{Survey: "S-1", Instrument: "csat", Contact: "jane"},
		domain.SurveyAnswered{Survey: "S-1", Instrument: "csat", Score: 4, ScaleMin: 1, ScaleMax: 5, Contact: "jane", Verbatim: "As always."},
		domain.EffortLogged{HoursH: 1.5},
		domain.CommitmentMade{Commitment: "P-1", Statement: "Call back", DueAt: due},
		domain.CommitmentKept{Commitment: "P-1"},
		domain.AccountFactLearned{Category: "process", Statement: "Stock is counted in June."},
	) {
		s.templates = append(s.templates, recordOf(t, e))
	}
	return s
}

func (s synthetic) at(i int) codec.Record {
	r := s.templates[i%len(s.templates)]
	r.Position = domain.Position(i + 1)
	r.Account = domain.AccountID(fmt.Sprintf("account-%05d", i/len(s.templates)*7919%10000))
	r.RecordedAt = noon.Add(time.Duration(i) * time.Second)
	r.OccurredAt = r.RecordedAt
	return r
}

// BenchmarkFold measures how fast events become facts, in batches of 1,000. Run it
// with -benchtime 1000000x for a million.
func BenchmarkFold(b *testing.B) {
	db, s, p := open(b), newSynthetic(b), trust.New()
	batch := make([]codec.Record, 0, 1000)
	b.ResetTimer()
	for i := 0; i < b.N; {
		batch = batch[:0]
		for ; i < b.N && len(batch) < cap(batch); i++ {
			batch = append(batch, s.at(i))
		}
		if err := db.Update(b.Context(), func(tx *sqldb.Tx) error { return p.Apply(b.Context(), tx, batch) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkAsk measures answers about an account with 20,000 facts.
func BenchmarkAsk(b *testing.B) {
	db, s := open(b), newSynthetic(b)
	var records []codec.Record
	for i := 0; len(records) < 20000; i++ {
		r := s.at(i)
		r.Account = "busy"
		if r.Type == "delivery.promised" || r.Type == "delivery.made" || r.Type == "survey.answered" || r.Type == "commitment.kept" {
			e, err := r.Decode()
			if err != nil {
				b.Fatal(err)
			}
			switch d := e.Data.(type) { // lines of their own
			case domain.DeliveryPromised:
				d.Line = domain.ID(fmt.Sprint(i / 10))
				e.Data = d
			case domain.DeliveryMade:
				d.Line = domain.ID(fmt.Sprint(i / 10))
				e.Data = d
			}
			records = append(records, recordOf(b, e))
		}
	}
	fold(b, db, records)
	q := trust.Question{Account: "busy", At: noon.AddDate(1, 0, 0), KnownAt: noon.AddDate(1, 0, 0)}
	explained, changed := q, q
	explained.Explain = true
	changed.Since = new(noon.Add(8 * time.Hour))
	for _, c := range []struct {
		name string
		q    trust.Question
	}{{"score", q}, {"explain", explained}, {"since", changed}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				ask(b, db, c.q)
			}
		})
	}
}
