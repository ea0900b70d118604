package voice_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/voice"
)

// show is a figure with two decimals, or that it is unknown.
func show(p *float64) string {
	if p == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.2f", *p)
}

// sinceFebruary is about 1 February to 30 June.
func sinceFebruary(l *dossiertest.Ledger) (voice.Total, []voice.Row) {
	return dossiertest.OverallIn(l, voice.New(), dossiertest.Span("2026-02-01", "2026-06-30", "2026-12-31"), voice.Overall)
}

func TestAnswersOfAllAccountsCountAsTheyAreAndNotByAccount(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-20", nps(0, func(a *domain.SurveyAnswered) { a.Survey = "S-0" })) // before the period
	l.Add("acme", "2026-02-01", domain.SurveySent{Survey: "S-1", Instrument: "nps", SampleCount: 4, BurdenMin: new(5.0), DesignedBy: "us"})
	l.Add("acme", "2026-02-02", nps(10))
	l.Add("acme", "2026-02-03", nps(6))
	l.Add("acme", "2026-02-04", domain.SurveyDeclined{Survey: "S-1"})
	l.Add("acme", "2026-04-01", nps(8, func(a *domain.SurveyAnswered) { a.Survey = "" }))
	l.Add("beta", "2026-02-01", domain.SurveySent{Survey: "S-1", Instrument: "nps", Contact: "jane"})
	l.Add("beta", "2026-02-02", nps(9))
	l.Add("beta", "2026-05-01", domain.SurveyAnswered{Instrument: "csat", Score: 4, ScaleMin: 1, ScaleMax: 5, Independent: true, Stance: "political"})
	angry := captured("V-1", -2)
	angry.Solicited = new(false)
	l.Add("beta", "2026-05-02", angry)
	total, rows := sinceFebruary(l)
	var got []string
	for _, s := range total.Scores {
		got = append(got, fmt.Sprintf("%s %v: %s of %d, %d skipped, %v days old, %s without %d", s.Formula, s.Headline, show(s.Value), s.Count, s.SkippedCount,
			s.AgeD, show(s.WithoutFlagged), s.FlaggedCount))
	}
	for _, p := range total.Trend {
		got = append(got, fmt.Sprintf("%s %s: %s of %d", p.Measure, p.Quarter, show(p.Value), p.Count))
	}
	for _, s := range total.Surveys {
		got = append(got, fmt.Sprintf("%s: %d surveys, %d asked, %d answered, %d declined, %s %%", s.Instrument, s.SurveysCount, s.AskedCount, s.AnsweredCount,
			s.DeclinedCount, show(s.ResponsePct)))
	}
	got = append(got, fmt.Sprintf("%d asked for, %d not, %d unknown, %s %%", total.Asked.SolicitedCount, total.Asked.UnsolicitedCount, total.Asked.UnknownCount, show(total.Asked.SolicitedPct)))
	for _, s := range total.Sources {
		got = append(got, fmt.Sprintf("%s: %s of %d", s.Source, show(s.MeanPct), s.Count))
	}
	b := total.Burden
	got = append(got, fmt.Sprintf("burden: %d surveys, %s min, %d unknown, %d declined", b.SurveysCount, show(b.BurdenMin), b.UnknownCount, b.DeclinedCount))
	for _, d := range total.Designers {
		got = append(got, fmt.Sprintf("%s: %d surveys, %d answers, %s, others %s, %v", d.DesignedBy, d.SurveysCount, d.AnswersCount, show(d.MeanPct), show(d.OthersPct), d.MayFlatter))
	}
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s: nps %s, csat %s, ces %s, %d answers, burden %s", r.Account, show(r.NPS), show(r.CSATPct), show(r.CESPct), r.AnswersCount, show(r.BurdenMin)))
	}
	want := []string{
		"nps-1 true: 25.00 of 4, 0 skipped, 90 days old, 25.00 without 0", // 10 and 9 for, 6 against, 8 neither
		"csat-top-two-1 true: 100.00 of 1, 0 skipped, 60 days old, unknown without 1",
		"csat-mean-1 false: 75.00 of 1, 0 skipped, 60 days old, unknown without 1",
		"nps 2026-Q1: 33.33 of 3", "nps 2026-Q2: 0.00 of 1", "csat 2026-Q2: 100.00 of 1",
		"nps: 2 surveys, 5 asked, 3 answered, 1 declined, 60.00 %",
		"3 asked for, 1 not, 2 unknown, 75.00 %",
		"words: 0.00 of 1", "third_party: 75.00 of 1", "survey: 82.50 of 4",
		"burden: 2 surveys, 20.00 min, 1 unknown, 1 declined",
		"unknown: 1 surveys, 1 answers, 90.00, others 78.75, true",              // others: 100, 60, 80 and 75
		"us: 1 surveys, 2 answers, 80.00, others 81.67, true",                   // others: 80, 90 and 75
		"beta: nps 100.00, csat 100.00, ces unknown, 2 answers, burden unknown", // first for its bad words
		"acme: nps 0.00, csat unknown, ces unknown, 3 answers, burden 5.00",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestWordsOfThePeriodCountAndNeedsWhateverThePeriod(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-31", captured("V-0", -2)) // before the period
	l.Add("acme", "2026-02-01", captured("V-1", -2))
	l.Add("beta", "2026-03-01", captured("V-1", 1))
	l.Add("acme", "2026-02-01", domain.VoiceDistributed{Voice: "V-1", Functions: []string{"quality"}})
	l.Add("beta", "2026-03-01", domain.VoiceDistributed{Voice: "V-1", Functions: []string{"quality"}})
	l.Add("acme", "2026-02-02", domain.VoiceRead{Voice: "V-1", Function: "quality"})
	l.Add("acme", "2026-02-03", domain.VoiceRead{Voice: "V-1", Function: "sales"})
	l.Add("acme", "2026-01-31", domain.NeedStated{Need: "N-1", Statement: "...", HorizonMonths: 36, Priority: 2})
	l.Add("beta", "2026-06-20", domain.NeedStated{Need: "N-1", Statement: "...", Priority: 4})
	l.Add("beta", "2026-06-20", domain.NeedAnticipated{Need: "N-2", Statement: "..."})
	total, rows := sinceFebruary(l)
	s, n := total.Listening, total.NeedsSum
	got := []string{
		fmt.Sprintf("%d words, %d read, %d unread, acted %s, told %s, %d bad", s.WordsCount, s.ReadCount, s.UnreadCount, show(s.ActedPct), show(s.ClosedPct), s.UnansweredBadCount),
		fmt.Sprintf("%d unmet, oldest %s, %d foreseen %s, %d nothing ahead", n.UnmetCount, show(n.OldestUnmetD), n.AnticipatedCount, show(n.ForeseenPct), n.NothingAheadCount),
	}
	for _, r := range total.Reach {
		got = append(got, fmt.Sprintf("%s: %d sent, %d read, %d unread, %s, %s h, %s h", r.Function, r.SentCount, r.ReadCount, r.UnreadCount, show(r.ReachPct), show(r.MedianH), show(r.SlowestH)))
	}
	for _, a := range total.Areas {
		got = append(got, fmt.Sprintf("%s: %d, %d negative, %s, owned %d %s", a.Area, a.WordsCount, a.NegativeCount, show(a.MeanPolarity), a.OwnedCount, show(a.MedianOwnedMin)))
	}
	for _, h := range total.Horizons {
		got = append(got, fmt.Sprintf("%s: %d stated, %d foreseen, %d accounts", h.Horizon, h.StatedCount, h.AnticipatedCount, h.AccountsCount))
	}
	for _, u := range total.Unmet {
		got = append(got, fmt.Sprintf("%s %s %d", u.Account, u.Need.Need, u.Priority))
	}
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s: %d bad, %d unmet, %d unread, %d words, nothing ahead %v", r.Account, r.UnansweredBadCount, r.UnmetCount, r.UnreadCount, r.WordsCount, r.NothingAhead))
	}
	want := []string{
		"2 words, 1 read, 1 unread, acted 0.00, told 0.00, 1 bad",
		"2 unmet, oldest 150.00, 1 foreseen 0.00, 1 nothing ahead",
		"quality: 2 sent, 1 read, 1 unread, 50.00, 24.00 h, 24.00 h", "sales: 0 sent, 1 read, 0 unread, 50.00, 48.00 h, 48.00 h",
		"product: 2, 1 negative, -0.50, owned 0 unknown",
		"now: 1 stated, 1 foreseen, 1 accounts", "to_36_months: 1 stated, 0 foreseen, 1 accounts",
		"beta N-1 4", "acme N-1 2",
		"acme: 1 bad, 1 unmet, 0 unread, 1 words, nothing ahead false", "beta: 0 bad, 1 unmet, 1 unread, 1 words, nothing ahead true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestEachAccountIsARowTheMostUnansweredFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountClassified{TierNow: "A"})
	l.Add("acme", "2026-01-02", domain.ContactRoleRecorded{Contact: "jane", Role: "economic", Authority: "budget"})
	l.Add("acme", "2026-02-01", domain.VoiceCaptured{Voice: "V-1", Contact: "jane", Verbatim: "...", Polarity: new(int64(-1)), RequiredAuthority: "orders"})
	l.Add("acme", "2026-02-01", domain.VoiceCaptured{Voice: "V-2", Contact: "nobody", Verbatim: "...", RequiredAuthority: "orders"})
	l.Add("acme", "2026-02-02", domain.VoiceRead{Voice: "V-1", Function: "sales"})
	l.Add("acme", "2026-02-03", domain.SurveySent{Survey: "S-1", Instrument: "nps", Contact: "jane", BurdenMin: new(4.0)})
	l.Add("acme", "2026-04-03", domain.SurveySent{Survey: "S-2", Instrument: "csat", Contact: "jane", BurdenMin: new(7.0)})
	l.Add("acme", "2026-05-03", domain.SurveySent{Survey: "S-3", Instrument: "ces", Contact: "joe", BurdenMin: new(5.0)})
	l.Add("acme", "2026-02-04", nps(9))
	l.Add("acme", "2026-02-05", domain.SurveyAnswered{Instrument: "csat", Score: 3, ScaleMin: 1, ScaleMax: 5})
	l.Add("acme", "2026-02-05", domain.SurveyAnswered{Instrument: "ces", Score: 4, ScaleMin: 1, ScaleMax: 5})
	l.Add("acme", "2026-05-31", domain.InteractionHeld{Interaction: "T-1", Kind: "check_in"})
	l.Add("acme", "2026-05-31", domain.SurveyAnswered{Instrument: "check_in", Interaction: "T-1", Score: 1, ScaleMin: 1, ScaleMax: 5})
	l.Add("acme", "2026-02-06", domain.NeedStated{Need: "N-1", Statement: "...", During: "crisis", HorizonMonths: 6})
	l.Add("acme", "2026-02-06", domain.NeedStated{Need: "N-2", Statement: "..."})
	l.Add("acme", "2026-02-07", domain.CompetitorMentioned{Competitor: "Corvus"})
	l.Add("acme", "2026-02-07", domain.AlternativeSought{})
	l.Add("beta", "2026-01-31", captured("V-1", -2)) // before the period
	for _, account := range []domain.AccountID{"echo", "ceta"} {
		l.Add(account, "2026-03-01", domain.NeedStated{Need: "N-1", Statement: "..."})
	}
	l.Add("ceta", "2026-03-01", domain.NeedStated{Need: "N-2", Statement: "..."})
	l.Add("delta", "2026-02-01", captured("V-1", -1))
	l.Add("delta", "2026-02-01", captured("V-2", -1))
	total, rows := sinceFebruary(l)
	const none = `"last_check_in_d":null,"nothing_ahead":true,"heard":%v,"csat_pct":null,"ces_pct":null,"direct_gap_pct":null,"valid_pct":null,"unchecked_count":0,"pressure_count":0,"burden_min":null`
	dossiertest.Same(t, rows, `[
		{"account":"delta","unanswered_bad_count":2,"unmet_count":0,"unread_count":2,"words_count":2,"nps":null,"answers_count":0,`+fmt.Sprintf(none, true)+`},
		{"account":"acme","tier":"A","unanswered_bad_count":1,"unmet_count":2,"unread_count":1,"words_count":2,"nps":100,"answers_count":4,
			"last_check_in_d":30,"nothing_ahead":false,"heard":true,"csat_pct":0,"ces_pct":75,"direct_gap_pct":-71.66666666666667,"valid_pct":50,
			"unchecked_count":1,"pressure_count":2,"burden_min":7},
		{"account":"ceta","unanswered_bad_count":0,"unmet_count":2,"unread_count":0,"words_count":0,"nps":null,"answers_count":0,`+fmt.Sprintf(none, true)+`},
		{"account":"echo","unanswered_bad_count":0,"unmet_count":1,"unread_count":0,"words_count":0,"nps":null,"answers_count":0,`+fmt.Sprintf(none, true)+`},
		{"account":"beta","unanswered_bad_count":0,"unmet_count":0,"unread_count":0,"words_count":0,"nps":null,"answers_count":0,`+fmt.Sprintf(none, false)+`}]`)
	if total.AccountsCount != 5 || total.UnheardCount != 1 || len(total.Unmet) != 5 || total.NeedsSum.NothingAheadCount != 4 {
		t.Errorf("%d accounts, %d unheard, %d needs unmet, %d with nothing ahead", total.AccountsCount, total.UnheardCount, len(total.Unmet), total.NeedsSum.NothingAheadCount)
	}
}
