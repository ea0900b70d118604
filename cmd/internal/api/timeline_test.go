package api

import (
	"reflect"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/timeline"
)

func TestAnEntryIsTheEventAsItWasRecorded(t *testing.T) {
	t.Parallel()
	happened, noted := time.Date(2026, 1, 5, 9, 0, 0, 1000, time.UTC), time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	record := codec.Record{
		Recorded: domain.Recorded{
			Envelope: domain.Envelope{
				Source: "crm", ID: "id-2", Account: "acme", OccurredAt: happened, OccurredAssumed: true, Actor: "somebody",
			},
			Position: 2, Revision: 1, RecordedAt: noted,
		},
		Type: "complaint.raised", JSON: []byte(`{"complaint":"c1"}`),
	}
	item := timeline.Item{Position: 2, CorrectedBy: 3, RetractedBy: 4}
	got := EntryOf(item, record, []codec.Forgotten{{Contact: "jane", Position: 5, At: noted}})
	want := Entry{
		Position: 2, Revision: 1, ID: "id-2", Source: "crm", Account: "acme", Type: "complaint.raised", Occurred: happened, Assumed: true,
		Recorded: noted, Actor: "somebody", Data: []byte(`{"complaint":"c1"}`), CorrectedBy: 3, RetractedBy: 4,
		Forgotten: []Forgotten{{Contact: "jane", Position: 5, At: noted}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAnEntryIsLateMoreThanADayAfterTheFact(t *testing.T) {
	t.Parallel()
	for lag, want := range map[time.Duration]bool{0: false, 24 * time.Hour: false, 24*time.Hour + time.Microsecond: true} {
		var r codec.Record
		r.OccurredAt = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
		r.RecordedAt = r.OccurredAt.Add(lag)
		if got := EntryOf(timeline.Item{}, r, nil).Late; got != want {
			t.Errorf("late %v after %v, want %v", got, lag, want)
		}
	}
}
