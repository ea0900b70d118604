package followups_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
	"github.com/rapport-ledger/rapport/projections/followups"
)

// packed are signals with every field set, and with as few as there can be.
func packed() []followup.Signal {
	at := func(us int64) time.Time { return time.UnixMicro(us).UTC() }
	return []followup.Signal{
		{
			Rule: "figure_gap", Position: 7, OccurredAt: monday, RecordedAt: monday.Add(time.Microsecond),
			Says: followup.Says{
				Key: "otif/Q1", Does: followup.Cause | followup.Compares, Impact: 3, DueAt: at(0), Until: at(-1), Who: "us",
				Text: "a\x00b", Number: 98.6, Cites: []domain.Position{1, 1 << 40},
			},
		},
		{Says: followup.Says{Does: followup.Done, Number: -1}, OccurredAt: monday, RecordedAt: monday},
	}
}

func TestASignalSaysTheSameWhenItWasPacked(t *testing.T) {
	t.Parallel()
	for _, want := range packed() {
		got := followup.Signal{Position: want.Position}
		if err := followups.Unpack(followups.Pack(want), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestASignalThatWasCutShortIsNotTaken(t *testing.T) {
	t.Parallel()
	for _, s := range packed() {
		b := followups.Pack(s)
		for n := range b {
			if err := followups.Unpack(b[:n], new(followup.Signal)); err == nil {
				t.Errorf("%d of %d bytes were taken", n, len(b))
			}
		}
		if err := followups.Unpack(append(b, 0), new(followup.Signal)); err == nil {
			t.Error("a byte more was taken")
		}
	}
}
