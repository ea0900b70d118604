package voice_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/voice"
)

// since is the report about the period that begins then.
func since(l *dossiertest.Ledger, from, at string) voice.Report {
	d := l.Read(voice.New(), "acme", at, at)
	d.From = dossiertest.Time(from)
	return voice.About(d)
}

func TestAnAnswerIsItsDesignersWheneverTheSurveyWasSent(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	sent := func(at string, survey domain.ID, by string) {
		l.Add("acme", at, domain.SurveySent{Survey: survey, Instrument: "nps", DesignedBy: by})
	}
	answered := func(at string, survey domain.ID, score float64) {
		l.Add("acme", at, domain.SurveyAnswered{Survey: survey, Instrument: "nps", Score: score, ScaleMax: 10})
	}
	sent("2026-01-20", "S-0", "us")
	sent("2026-01-20", "S-1", "panel")
	sent("2026-01-20", "S-2", "nobody answers")
	answered("2026-01-31", "S-0", 1) // before the period
	answered("2026-02-01", "S-0", 10)
	answered("2026-02-02", "S-1", 2)
	sent("2026-02-03", "S-3", "us")
	answered("2026-02-04", "S-3", 8)
	answered("2026-02-05", "", 4)
	sent("2026-02-06", "S-4", "")
	dossiertest.Same(t, since(l, "2026-02-01", "2026-03-01").Designers, `[
		{"designed_by":"panel","surveys_count":0,"answers_count":1,"mean_pct":20,"others_pct":73.33333333333333,"may_flatter":false},
		{"designed_by":"unknown","surveys_count":1,"answers_count":0,"mean_pct":null,"others_pct":60,"may_flatter":true},
		{"designed_by":"us","surveys_count":1,"answers_count":2,"mean_pct":90,"others_pct":30,"may_flatter":true}]`)
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
	dossiertest.Same(t, since(l, "2026-02-01", "2026-03-01").Wishes, `[{"topic":"Tracking","accounts_count":1,"strength_sum":1,"people_count":0,"times_count":2,
		"latest_at":"2026-02-02T00:00:00Z","tier_a_count":0,"tier_b_count":0,"tier_c_count":0,"tier_d_count":0,"no_tier_count":1,"positions":[1,2]}]`)
}

// A survey sent at noon may have an answer of which only the day is known.
func TestAnAnswerDatedToTheDayIsToTheSurveyOfThatDay(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01T12:00", domain.SurveySent{Survey: "S-1", Instrument: "nps", DesignedBy: "panel", SampleCount: 4})
	l.Add("acme", "2026-02-01", nps(10))
	l.Add("acme", "2026-02-01", domain.SurveyDeclined{Survey: "S-1"})
	r := since(l, "2026-02-01", "2026-03-01")
	dossiertest.Same(t, r.Surveys, `[{"instrument":"nps","surveys_count":1,"asked_count":4,"answered_count":1,"declined_count":1,"response_pct":25}]`)
	dossiertest.Same(t, r.Designers, `[{"designed_by":"panel","surveys_count":1,"answers_count":1,"mean_pct":100,"others_pct":null,"may_flatter":false}]`)
	dossiertest.Same(t, r.Burdens, `[{"quarter":"2026-Q1","surveys_count":1,"questions_count":0,"burden_min":null,"unknown_count":1,"declined_count":1,"positions":[1]}]`)
}

func TestACheckInRecordedBeforeItCanHaveHappenedIsNone(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	asked := domain.InteractionHeld{Interaction: "T-2", Kind: "check_in"}
	l.Add("acme", "2026-02-01", domain.InteractionHeld{Interaction: "T-1", Kind: "check_in"})
	planned := l.Add("acme", "2026-02-02", asked)
	l.Correct(planned, asked, "2026-02-20")
	l.Add("acme", "2026-02-03", domain.SurveyAnswered{Instrument: "csat", Interaction: "T-2", Score: 4, ScaleMin: 1, ScaleMax: 5})
	dossiertest.Same(t, since(l, "2026-02-01", "2026-03-01").Direct, `{"check_ins_count":1,"last_at":"2026-02-01T00:00:00Z","since_d":28,"formula":"scale-mean-1",
		"direct_pct":75,"direct_count":1,"survey_pct":null,"survey_count":0,"gap_pct":null,"disagree":null,"positions":[1]}`)
}
