package voice_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/voice"
)

// same compares what a user sees with the JSON wanted.
func same(t *testing.T, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var wanted bytes.Buffer
	if err := json.Compact(&wanted, []byte(want)); err != nil {
		t.Fatal(err)
	}
	if string(text) != wanted.String() {
		t.Errorf("got\n%s, want\n%s", text, &wanted)
	}
}

// since is the report about the period that begins then.
func since(l *dossiertest.Ledger, from, at string) voice.Report {
	d := l.Read(voice.New(), "acme", at, at)
	d.From = dossiertest.Time(from)
	return voice.About(d)
}

func TestAPercentIsOneUnitHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	for account, uom := range map[domain.AccountID]string{"acme": "pct", "beta": "%"} {
		l.Add(account, "2026-02-01", domain.SurveyAnswered{Instrument: "perception", Dimension: "delivery", Score: 3, ScaleMin: 1, ScaleMax: 5})
		l.Add(account, "2026-02-01", domain.FigurePublished{Measure: "delivery", Period: "2026-01", Value: 90, UOM: uom, By: "us"})
	}
	total, _ := dossiertest.Overall(l, voice.New(), "2026-03-01", voice.Overall)
	if got := total.Perception[0]; !is(got.Ours, 90) || !is(got.GapPct, 40) || got.UOM != "pct" {
		t.Errorf("got %+v, want ours 90 pct, 40 points above theirs", got)
	}
}

func TestAWishIsCalledAsItWasFirstWithoutItsBlanks(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", domain.WishExpressed{Topic: " Tracking "})
	l.Add("acme", "2026-02-02", domain.WishExpressed{Topic: "tracking"})
	same(t, since(l, "2026-02-01", "2026-03-01").Wishes, `[{"topic":"Tracking","accounts_count":1,"strength_sum":1,"people_count":0,"times_count":2,
		"latest_at":"2026-02-02T00:00:00Z","tier_a_count":0,"tier_b_count":0,"tier_c_count":0,"tier_d_count":0,"no_tier_count":1,"positions":[1,2]}]`)
}
