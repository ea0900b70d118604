package voice_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// by is what a formula makes of answers from 0 to 10, as JSON: the value and its interval, by the names given.
func by(t *testing.T, formula, value, low, high string, answers ...float64) string {
	t.Helper()
	tally := measure.By(formula)
	for _, a := range answers {
		tally.Add(measure.Answer{Score: a, ScaleMax: 10})
	}
	r := tally.Result()
	text, err := json.Marshal([]*float64{r.Value, r.Low, r.High})
	if err != nil {
		t.Fatal(err)
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`%q:%s,%q:%s,%q:%s`, value, parts[0], low, parts[1], high, parts[2])
}

// answers is a ledger of answers and ratings around a period from 1 February on.
func answers(t *testing.T) *dossiertest.Ledger {
	l := dossiertest.New(t)
	csat := func(score float64, more func(*domain.SurveyAnswered)) domain.SurveyAnswered {
		a := domain.SurveyAnswered{Instrument: "csat", Score: score, ScaleMin: 1, ScaleMax: 5, Function: "service"}
		more(&a)
		return a
	}
	words := func(solicited *bool, polarity *int64) domain.VoiceCaptured {
		return domain.VoiceCaptured{Verbatim: "...", Solicited: solicited, Polarity: polarity}
	}
	rated := func(function, period string, score *float64) domain.AssessmentMade {
		return domain.AssessmentMade{Function: function, Period: period, OurScore: score, ScaleMin: new(0.0), ScaleMax: new(10.0)}
	}
	l.Add("acme", "2026-01-31", nps(0, func(a *domain.SurveyAnswered) { a.Function = "sales" }))
	l.Add("acme", "2026-01-31", words(new(true), new(int64(-2))))
	l.Add("acme", "2026-01-31", rated("sales", "2026", new(1.0)))
	l.Add("acme", "2026-02-10", nps(10))
	l.Add("acme", "2026-02-11", nps(6, func(a *domain.SurveyAnswered) { a.Stance = "negotiating" }))
	l.Add("acme", "2026-02-12", domain.SurveyAnswered{Instrument: "nps", Score: 7, ScaleMin: 0, ScaleMax: 20}) // which is no NPS
	l.Add(domain.Ledger, "2026-04-01", domain.PolicyChanged{Name: "ours", Reason: "said", Measures: []domain.MeasureDefinition{
		{Measure: "csat", Version: measure.CSATMean1, Text: "the mean"},
	}})
	l.Add("acme", "2026-04-10", domain.SurveyAnswered{Instrument: "nps", Score: 9, ScaleMax: 10, Stance: "political"})
	l.Add("acme", "2026-05-01", csat(4, func(a *domain.SurveyAnswered) { a.Independent, a.Period = true, "2026-Q1" }))
	l.Add("acme", "2026-05-02", csat(5, func(a *domain.SurveyAnswered) { a.Stance = "none" }))
	l.Add("acme", "2026-05-03", words(new(true), new(int64(1))))
	l.Add("acme", "2026-05-03", words(new(false), nil))
	l.Add("acme", "2026-05-03", words(nil, nil))
	l.Add("acme", "2026-05-04", rated("sales", "2026", new(3.0)))
	l.Add("acme", "2026-05-05", rated("sales", "2026", new(4.0)))
	l.Add("acme", "2026-05-05", rated("sales", "2026", nil))
	l.Add("acme", "2026-05-05", rated("", "2026", new(9.0)))
	l.Add(domain.Ledger, "2026-01-31", rated("service", "", new(1.0)))
	l.Add(domain.Ledger, "2026-05-06", rated("service", "", new(7.0)))
	return l
}

func TestScoresAreOfThePeriodEachByItsFormula(t *testing.T) {
	t.Parallel()
	r := since(answers(t), "2026-02-01", "2026-06-30")
	dossiertest.Same(t, r.Scores, `[
		{"measure":"nps","formula":"nps-1","headline":true,`+by(t, measure.NPS1, "value", "low", "high", 10, 6, 9)+`,"answers_count":3,"skipped_count":1,
			"latest_at":"2026-04-10T00:00:00Z","age_d":81,"flagged_count":2,"without_flagged":100,"flagged_positions":[5,8],"policy":"ours"},
		{"measure":"csat","formula":"csat-mean-1","headline":true,`+by(t, measure.CSATMean1, "value", "low", "high", 7.5, 10)+`,"answers_count":2,"skipped_count":0,
			"latest_at":"2026-05-02T00:00:00Z","age_d":59,"flagged_count":0,"without_flagged":87.5,"defined_as":"csat-mean-1","definition":"the mean","policy":"ours"},
		{"measure":"csat","formula":"csat-top-two-1","headline":false,`+by(t, measure.CSATMean1, "value", "low", "high", 10, 10)+`,"answers_count":2,"skipped_count":0,
			"latest_at":"2026-05-02T00:00:00Z","age_d":59,"flagged_count":0,"without_flagged":100,"defined_as":"csat-mean-1","definition":"the mean","policy":"ours"}]`)
	dossiertest.Same(t, r.Trend, `[
		{"measure":"nps","quarter":"2026-Q1","formula":"nps-1",`+by(t, measure.NPS1, "value", "low", "high", 10, 6)+`,"answers_count":2},
		{"measure":"nps","quarter":"2026-Q2","formula":"nps-1",`+by(t, measure.NPS1, "value", "low", "high", 9)+`,"answers_count":1},
		{"measure":"csat","quarter":"2026-Q2","formula":"csat-mean-1",`+by(t, measure.CSATMean1, "value", "low", "high", 7.5, 10)+`,"answers_count":2,"defined_as":"csat-mean-1"}]`)
	dossiertest.Same(t, r.Asked, `{"solicited_count":3,"unsolicited_count":1,"unknown_count":5,"solicited_pct":75}`)
	dossiertest.Same(t, r.Sources, `[
		{"source":"words","weight":1.5,`+by(t, measure.ScaleMean1, "mean_pct", "low_pct", "high_pct", 7.5)+`,"formula":"scale-mean-1","answers_count":1},
		{"source":"third_party","weight":1.25,`+by(t, measure.ScaleMean1, "mean_pct", "low_pct", "high_pct", 7.5)+`,"formula":"scale-mean-1","answers_count":1},
		{"source":"survey","weight":1,`+by(t, measure.ScaleMean1, "mean_pct", "low_pct", "high_pct", 10, 6, 3.5, 9, 10)+`,"formula":"scale-mean-1","answers_count":5}]`)
	dossiertest.Same(t, r.Functions, `[
		{"function":"sales","period":"2026","by":"assessment","mean_pct":35,"formula":"scale-mean-1","ratings_count":2,"positions":[14,15]},
		{"function":"service","period":"2026-Q1","by":"survey","mean_pct":75,"formula":"scale-mean-1","ratings_count":1,"positions":[9]},
		{"function":"service","period":"2026-Q2","by":"survey","mean_pct":100,"formula":"scale-mean-1","ratings_count":1,"positions":[10]}]`)
}

func TestFunctionsAreRatedByAllAndInGeneral(t *testing.T) {
	t.Parallel()
	l := answers(t)
	l.Add("beta", "2026-05-07", domain.SurveyAnswered{Instrument: "ease", Score: 2, ScaleMax: 10, Function: "service"})
	l.Add("beta", "2026-05-08", domain.AssessmentMade{Function: "design", OurScore: new(2.0), ScaleMin: new(6.0), ScaleMax: new(1.0)})
	total, _ := sinceFebruary(l)
	if s := total.Scores[1]; s.Measure != "csat" || s.DefinedAs != measure.CSATMean1 || s.Policy != "ours" {
		t.Errorf("the rules are those of all accounts: %+v", s)
	}
	dossiertest.Same(t, total.Functions, `[
		{"function":"design","period":"2026-Q2","by":"assessment","mean_pct":80,"formula":"scale-mean-1","ratings_count":1},
		{"function":"sales","period":"2026","by":"assessment","mean_pct":35,"formula":"scale-mean-1","ratings_count":2},
		{"function":"service","period":"2026-Q1","by":"survey","mean_pct":75,"formula":"scale-mean-1","ratings_count":1},
		{"function":"service","period":"2026-Q2","by":"assessment","mean_pct":70,"formula":"scale-mean-1","ratings_count":1},
		{"function":"service","period":"2026-Q2","by":"survey","mean_pct":60,"formula":"scale-mean-1","ratings_count":2}]`)
}

func TestASurveyCountsWithAllItsAnswersIfItWasSentInThePeriod(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	sent := func(at string, survey domain.ID, contact domain.ID, burden *float64, more int64) {
		l.Add("acme", at, domain.SurveySent{Survey: survey, Instrument: "nps", Contact: contact, BurdenMin: burden, SampleCount: more, QuestionsCount: more})
	}
	declined := func(at string, survey domain.ID) { l.Add("acme", at, domain.SurveyDeclined{Survey: survey}) }
	l.Add("acme", "2026-01-01", domain.ContactMerged{Contact: "jane", Into: "jane.doe"})
	sent("2026-01-31", "S-0", "jane", new(50.0), 0)
	sent("2026-02-01", "S-1", "jane", new(5.0), 0)
	sent("2026-02-02", "S-2", "jane.doe", new(2.0), 0)
	sent("2026-02-03", "S-3", "joe", nil, 0)
	sent("2026-02-04", "S-4", "", new(3.0), 4)
	sent("2026-04-01", "S-5", "jane", new(6.0), 0)
	declined("2026-02-05", "S-0")
	declined("2026-02-05", "S-1")
	declined("2026-02-05", "S-9") // of which nothing is known
	for range 3 {
		l.Add("acme", "2026-02-06", domain.SurveyAnswered{Survey: "S-3", Instrument: "nps", Score: 9, ScaleMax: 10})
	}
	l.Add("acme", "2026-02-06", domain.SurveyAnswered{Survey: "S-0", Instrument: "nps", Score: 9, ScaleMax: 10})
	r := since(l, "2026-02-01", "2026-06-30")
	// Of S-1 one was asked, as of S-2 and S-5, of S-4 four, and of S-3 at least the three who answered.
	dossiertest.Same(t, r.Surveys, `[{"instrument":"nps","surveys_count":5,"asked_count":10,"answered_count":3,"declined_count":1,"response_pct":30}]`)
	dossiertest.Same(t, r.Burden, `{"surveys_count":5,"burden_min":25,"unknown_count":1,"declined_count":3}`)
	dossiertest.Same(t, r.Burdens, `[
		{"contact":"jane.doe","quarter":"2026-Q1","surveys_count":2,"questions_count":0,"burden_min":7,"unknown_count":0,"declined_count":1,"positions":[3,4]},
		{"contact":"jane.doe","quarter":"2026-Q2","surveys_count":1,"questions_count":0,"burden_min":6,"unknown_count":0,"declined_count":0,"positions":[7]},
		{"quarter":"2026-Q1","surveys_count":1,"questions_count":4,"burden_min":3,"unknown_count":0,"declined_count":0,"positions":[6]},
		{"contact":"joe","quarter":"2026-Q1","surveys_count":1,"questions_count":0,"burden_min":null,"unknown_count":1,"declined_count":0,"positions":[5]}]`)
}

func TestWhatTheySayToOurFaceIsSetBesideWhatTheyAnswer(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	said := func(at, talk, instrument string, score float64) {
		l.Add("acme", at, domain.SurveyAnswered{Instrument: instrument, Interaction: domain.ID(talk), Score: score, ScaleMax: 10})
	}
	l.Add("acme", "2026-01-20", domain.InteractionHeld{Interaction: "T-1", Kind: "call", AskedHowAreWe: true})
	said("2026-01-20", "T-1", "csat", 0) // before the period
	l.Add("acme", "2026-02-20", domain.InteractionHeld{Interaction: "T-2", Kind: "check_in"})
	l.Add("acme", "2026-02-21", domain.InteractionHeld{Interaction: "T-3", Kind: "call"}) // in which nobody asked
	said("2026-02-22", "T-1", "csat", 5)
	said("2026-02-22", "T-3", "csat", 9)
	said("2026-02-22", "", "csat", 10)
	said("2026-02-22", "", "check_in", 2.5)
	l.Add("acme", "2026-02-22", domain.VoiceCaptured{Interaction: "T-2", Verbatim: "...", Polarity: new(int64(-2))})
	l.Add("acme", "2026-02-22", domain.VoiceCaptured{Interaction: "T-2", Verbatim: "..."})
	l.Add("acme", "2026-02-22", domain.VoiceCaptured{Interaction: "T-3", Verbatim: "...", Polarity: new(int64(2))})
	dossiertest.Same(t, since(l, "2026-02-01", "2026-03-01").Direct, `{"check_ins_count":1,"last_at":"2026-02-20T00:00:00Z","since_d":9,"formula":"scale-mean-1",
		"direct_pct":25,"direct_count":3,"survey_pct":95,"survey_count":2,"gap_pct":-70,"disagree":false,"positions":[3]}`)
	for range 3 {
		said("2026-02-23", "", "csat", 10)
		said("2026-02-23", "", "check_in", 0)
	}
	if d := since(l, "2026-02-01", "2026-03-01").Direct; !*d.Disagree {
		t.Errorf("of five and six: %+v", d)
	}
}
