package main

import (
	"slices"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// history gives the events positions in turn.
func history(t *testing.T, events ...domain.Recorded) []codec.Record {
	t.Helper()
	var records []codec.Record
	for i, e := range events {
		data, err := codec.EncodeData(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		e.Position, e.Revision = domain.Position(i+1), domain.Revision(i+1)
		e.Account, e.Source, e.ID = "acme", "test", string(rune('a'+i))
		e.OccurredAt, e.RecordedAt = time.Unix(0, 0).UTC(), time.Unix(0, 0).UTC()
		record := codec.Record{Recorded: e, Type: e.Data.EventType(), JSON: data}
		record.Data = nil
		records = append(records, record)
	}
	return records
}

func complaint(product string) domain.Recorded {
	return domain.Recorded{Envelope: domain.Envelope{Data: domain.ComplaintRaised{Complaint: "C", Severity: 2, Product: product}}}
}

func corrected(target domain.Position, product string) domain.Recorded {
	return domain.Recorded{Envelope: domain.Envelope{Target: target, Data: domain.EntryCorrected{
		Position: target, Reason: "mistyped", Type: "rapport.complaint.raised.v1", Data: complaint(product).Data,
	}}}
}

func retracted(target domain.Position) domain.Recorded {
	return domain.Recorded{Envelope: domain.Envelope{Target: target, Data: domain.EntryRetracted{Position: target, Reason: "not theirs"}}}
}

func TestComplaintsCountAsTheyStand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given []domain.Recorded
		want  []Count
	}{
		"as raised":                 {[]domain.Recorded{complaint("pump"), complaint("seal"), complaint("pump")}, []Count{{"pump", 2}, {"seal", 1}}},
		"without a product":         {[]domain.Recorded{complaint("")}, []Count{{"(not named)", 1}}},
		"corrected":                 {[]domain.Recorded{complaint("pump"), corrected(1, "seal")}, []Count{{"seal", 1}}},
		"a correction retracted":    {[]domain.Recorded{complaint("pump"), corrected(1, "seal"), retracted(2)}, []Count{{"pump", 1}}},
		"retracted":                 {[]domain.Recorded{complaint("pump"), complaint("seal"), retracted(1)}, []Count{{"seal", 1}}},
		"corrected, then retracted": {[]domain.Recorded{complaint("pump"), corrected(1, "seal"), retracted(1)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records := history(t, c.given...)
			projectiontest.Run(t, projector{}, records)
			db := projectiontest.Fold(t, projector{}, records)
			err := db.View(t.Context(), func(tx *sqldb.Tx) error {
				got, err := Counts(t.Context(), tx)
				if !slices.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
