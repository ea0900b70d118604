package importer

import (
	"testing"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/trust"
	"github.com/rapport-ledger/rapport/domain/trust/backtest"
)

// tested is the default policy's backtest on a data set, by dimension.
func tested(set Set) (map[string]backtest.Dimension, backtest.Report) {
	var c trust.Collector
	for i, e := range set.Events {
		c.Add(domain.Recorded{Envelope: e, Position: domain.Position(i + 1), RecordedAt: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)})
	}
	clock, _ := backtest.ClockFor(c.Facts)
	report := backtest.Run(c.Facts, c.Entries, backtest.Options{Policy: domain.DefaultPolicy().Trust, Clock: clock})
	found := map[string]backtest.Dimension{}
	for _, d := range report.Dimensions {
		found[d.Name] = d
	}
	return found, report
}

// A seller's past says much about whether the next parcel is handed over in time, a
// little about whether it arrives in time, and hardly anything about the next review: an oracle
// that sees the future reaches 0.58 there.
func TestWhatASellersPastSaysAboutWhatComesNext(t *testing.T) {
	t.Parallel()
	found, report := tested(shared(t, marketplace))
	if report.Clock != backtest.Occurred {
		t.Errorf("walked through by the clock %s", report.Clock)
	}
	for _, want := range []struct {
		dimension string
		verdict   backtest.Verdict
		low, high float64 // of the AUC
	}{
		{domain.Promises, backtest.Signal, 0.65, 0.75},
		{domain.Delivery, backtest.RankOnly, 0.55, 0.65},
		{domain.Voice, backtest.RankOnly, 0.54, 0.60},
		{domain.Closeness, backtest.TooFew, 0, 0},
	} {
		d := found[want.dimension]
		if d.Verdict != want.verdict {
			t.Errorf("%s: got %s", want.dimension, d.Verdict)
		}
		for _, s := range d.Scores {
			if s.Contestant == backtest.AsFitted && (s.AUC.Value < want.low || s.AUC.Value > want.high) {
				t.Errorf("%s: got an AUC of %v, want %v to %v", want.dimension, *s.AUC, want.low, want.high)
			}
		}
	}
}

// Nearly every ticket is answered, and none goes well by itself: a customer's past says
// nothing, and the backtest says so.
func TestWhatAHelpDesksPastSaysAboutWhatComesNext(t *testing.T) {
	t.Parallel()
	found, _ := tested(shared(t, helpDesk))
	if d := found[domain.Responsiveness]; d.Verdict != backtest.NoSignal {
		t.Errorf("responsiveness: got %+v", d)
	}
	if d := found[domain.Quality]; d.Verdict != backtest.OneSided {
		t.Errorf("quality: got %+v", d)
	}
}
