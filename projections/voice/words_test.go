package voice_test

import (
	"slices"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
)

// spoken is a ledger of words and what became of them, around a period from 1 February on.
func spoken(t *testing.T) *dossiertest.Ledger {
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-31", captured("V-0", -1))        // 1
	l.Add("acme", "2026-02-01T08:00", domain.VoiceCaptured{ // 2
		Voice: "V-1", Contact: "jane", Verbatim: "...", Language: "de", Area: "product", Topic: "scrap", Polarity: new(int64(-2)), Severity: 4, Solicited: new(false)})
	l.Add("acme", "2026-02-01T09:00", captured("V-2", 1))                                                               // 3
	l.Add("acme", "2026-02-01T10:00", nps(3, func(a *domain.SurveyAnswered) { a.Voice = "V-3" }))                       // 4: an answer with words
	l.Add("acme", "2026-02-01T11:00", nps(9))                                                                           // 5: one of which nothing says that it has words
	l.Add("acme", "2026-02-01T12:00", domain.SurveyAnswered{Instrument: "csat", Score: 1, ScaleMax: 5, Language: "fr"}) // 6
	l.Add("acme", "2026-02-02T08:00", domain.VoiceDistributed{Voice: "V-1", Functions: []string{"quality", "sales"}})
	l.Add("acme", "2026-02-03T08:00", domain.VoiceDistributed{Of: 2, Functions: []string{"quality"}})
	l.Add("acme", "2026-02-02T20:00", domain.VoiceRead{Voice: "V-1", Function: "quality", Person: "ann"})
	l.Add("acme", "2026-02-03T20:00", domain.VoiceRead{Voice: "V-1", Function: "quality", Person: "bob"})
	l.Add("acme", "2026-02-01T13:00", domain.VoiceRead{Voice: "V-2", Function: "quality"})
	l.Add("acme", "2026-02-01T09:30", domain.VoiceRead{Of: 4, Function: "design"}) // dated before the words
	l.Add("acme", "2026-02-04", domain.VoiceSummarised{Voice: "V-1", Summary: "...", Author: "m-3", Method: "model"})
	l.Add("acme", "2026-02-04", domain.VoiceSummarised{Voice: "V-9", Summary: "...", Method: "human"})
	l.Add("acme", "2026-01-31", domain.VoiceSummarised{Summary: "...", Method: "human"})
	l.Add("acme", "2026-02-05", domain.VoiceUsed{Voice: "V-2", Process: "pricing", Decision: "keep"})
	l.Add("acme", "2026-02-01T20:00", domain.PlanCreated{Plan: "P-1", From: []domain.Position{2, 99}})
	l.Add("acme", "2026-02-01T09:00", domain.FollowUpOpened{FollowUp: "F-1", Causes: []domain.Position{2}, Owner: "ann"}) // an hour after the words
	l.Add("acme", "2026-02-03", domain.PlanCreated{Plan: "P-2", From: []domain.Position{2}, Owner: "bob"})
	l.Add("acme", "2026-02-06", domain.ImprovementDelivered{Improvement: "I-1", From: []domain.Position{3}, Offering: "valve"})
	l.Add("acme", "2026-02-07", domain.ImprovementTold{Improvement: "I-1"})
	l.Add("acme", "2026-02-08", domain.ImprovementTold{Improvement: "I-1"})
	return l
}

func TestWordsAreShownWithAllThatBecameOfThem(t *testing.T) {
	t.Parallel()
	r := since(spoken(t), "2026-02-01", "2026-03-01")
	dossiertest.Same(t, r.Words, `[
		{"position":6,"said_at":"2026-02-01T12:00:00Z","instrument":"csat","language":"fr"},
		{"position":4,"voice":"V-3","said_at":"2026-02-01T10:00:00Z","contact":"jane","instrument":"nps","solicited":true,
			"functions":[{"function":"design","read_at":"2026-02-01T09:30:00Z","elapsed_h":0}]},
		{"position":3,"voice":"V-2","said_at":"2026-02-01T09:00:00Z","contact":"jane","area":"product","polarity":1,
			"functions":[{"function":"quality","read_at":"2026-02-01T13:00:00Z","elapsed_h":4}],
			"used":[{"position":16,"at":"2026-02-05T00:00:00Z","process":"pricing","decision":"keep"}],"led_to":[20],"told_at":"2026-02-07T00:00:00Z"},
		{"position":2,"voice":"V-1","said_at":"2026-02-01T08:00:00Z","contact":"jane","area":"product","topic":"scrap","language":"de","polarity":-2,"severity":4,
			"solicited":false,"summaries":[{"position":13,"at":"2026-02-04T00:00:00Z","author":"m-3","method":"model"}],
			"functions":[{"function":"quality","sent_at":"2026-02-02T08:00:00Z","read_at":"2026-02-02T20:00:00Z","elapsed_h":36,"person":"ann"},
				{"function":"sales","sent_at":"2026-02-02T08:00:00Z"}],"led_to":[18,17,19],"owned_min":60}]`)
	dossiertest.Same(t, r.Conclusions, `[{"position":14,"at":"2026-02-04T00:00:00Z","method":"human","voice":"V-9"}]`)
	dossiertest.Same(t, r.Listening, `{"words_count":4,"read_count":3,"unread_count":1,"summarised_count":1,"acted_count":2,"acted_pct":50,"told_count":1,"closed_pct":25,
		"unanswered_bad_count":0,"nothing_behind_count":1}`)
	dossiertest.Same(t, r.Reach, `[
		{"function":"design","sent_count":0,"read_count":1,"unread_count":0,"reach_pct":25,"median_h":0,"slowest_h":0},
		{"function":"quality","sent_count":1,"read_count":2,"unread_count":0,"reach_pct":50,"median_h":20,"slowest_h":36},
		{"function":"sales","sent_count":1,"read_count":0,"unread_count":1,"reach_pct":0,"median_h":null,"slowest_h":null}]`)
	dossiertest.Same(t, r.Areas, `[
		{"area":"product","words_count":2,"negative_count":1,"mean_polarity":-0.5,"latest_at":"2026-02-01T09:00:00Z","owned_count":1,"median_owned_min":60},
		{"area":"unknown","words_count":2,"negative_count":0,"mean_polarity":null,"latest_at":"2026-02-01T12:00:00Z","owned_count":0,"median_owned_min":null}]`)
}

func TestWhatNothingCameOfIsListedTheOldestFirst(t *testing.T) {
	t.Parallel()
	l := spoken(t)
	need := l.Add("acme", "2026-02-10", domain.NeedStated{Need: "N-1", Statement: "...", Topic: "a portal"})
	l.Add("acme", "2026-02-11", domain.NeedStated{Need: "N-2", Statement: "...", Topic: "speed"})
	l.Add("acme", "2026-02-09", domain.WishExpressed{Topic: "colour"})
	l.Add("acme", "2026-02-12", domain.ProblemDisclosed{Problem: "P-1", Topic: "rust"})
	l.Add("acme", "2026-02-13", domain.AccountFactLearned{Fact: "F-1", Category: "cycle", Statement: "...", Strategic: true})
	l.Add("acme", "2026-02-13", domain.AccountFactLearned{Fact: "F-2", Category: "process", Statement: "..."})
	l.Add("acme", "2026-01-31", domain.WishExpressed{Topic: "before"})
	l.Add("acme", "2026-02-14", domain.ImprovementAgreed{Improvement: "I-2", From: []domain.Position{need}})
	dossiertest.Same(t, since(l, "2026-02-01", "2026-02-21").Unused, `[
		{"position":4,"kind":"words","at":"2026-02-01T10:00:00Z","age_d":19.583333333333332},
		{"position":6,"kind":"words","at":"2026-02-01T12:00:00Z","age_d":19.5},
		{"position":25,"kind":"wish","topic":"colour","at":"2026-02-09T00:00:00Z","age_d":12},
		{"position":24,"kind":"need","topic":"speed","at":"2026-02-11T00:00:00Z","age_d":10},
		{"position":26,"kind":"problem","topic":"rust","at":"2026-02-12T00:00:00Z","age_d":9},
		{"position":27,"kind":"insight","topic":"cycle","at":"2026-02-13T00:00:00Z","age_d":8}]`)
}

func TestNegativeWordsThatNothingCameOfAreUnanswered(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", captured("V-1", -1))
	l.Add("acme", "2026-02-01", captured("V-2", 0))
	l.Add("acme", "2026-02-01", domain.VoiceCaptured{Voice: "V-3", Verbatim: "...", Area: "relations"}) // negative as classified
	l.Add("acme", "2026-02-02", domain.VoiceClassified{Voice: "V-2", Theme: "price", Polarity: new(int64(-2))})
	l.Add("acme", "2026-02-02", domain.VoiceClassified{Voice: "V-3", Theme: "price", Polarity: new(int64(-1)), Severity: 2})
	l.Add("acme", "2026-02-02", domain.VoiceClassified{Voice: "V-3", Theme: "tone"})
	r := since(l, "2026-02-01", "2026-03-01")
	if r.Listening.UnansweredBadCount != 2 {
		t.Errorf("%d bad, want 2: as heard, or else as classified", r.Listening.UnansweredBadCount)
	}
	dossiertest.Same(t, r.Areas, `[
		{"area":"product","words_count":2,"negative_count":1,"mean_polarity":-0.5,"latest_at":"2026-02-01T00:00:00Z","owned_count":0,"median_owned_min":null},
		{"area":"relations","words_count":1,"negative_count":1,"mean_polarity":null,"latest_at":"2026-02-01T00:00:00Z","owned_count":0,"median_owned_min":null}]`)
}

func TestThemesAreWhatTheWordsOfThePeriodAreAbout(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	about := func(at string, voice domain.ID, theme, classifier string, polarity *int64, severity int64) {
		l.Add("acme", at, domain.VoiceClassified{Voice: voice, Theme: theme, Polarity: polarity, Severity: severity, Classifier: classifier, ClassifierVersion: "1"})
	}
	l.Add("acme", "2026-01-31", captured("V-0", -1))
	l.Add("acme", "2026-02-01", captured("V-1", -1))
	l.Add("acme", "2026-02-03", captured("V-2", -1))
	l.Add("acme", "2026-04-02", captured("V-3", -1))
	about("2026-02-02", "V-0", "price", "m", new(int64(-2)), 5)
	about("2026-05-02", "V-1", "price", "m", new(int64(2)), 0)
	about("2026-05-03", "V-1", "price", "m", new(int64(-2)), 1) // said again: so it is
	about("2026-05-02", "V-1", "price", "ann", new(int64(-1)), 3)
	about("2026-05-02", "V-2", "price", "m", new(int64(1)), 0)
	about("2026-05-02", "V-2", "tone", "m", nil, 0)
	about("2026-05-02", "V-3", "price", "m", new(int64(0)), 2)
	r := since(l, "2026-02-01", "2026-06-30")
	dossiertest.Same(t, r.Themes, `[
		{"theme":"price","words_count":3,"negative_count":1,"mean_polarity":-0.16666666666666666,"max_severity":3,"first_at":"2026-02-01T00:00:00Z",
			"latest_at":"2026-04-02T00:00:00Z","positions":[2,3,4]},
		{"theme":"tone","words_count":1,"negative_count":0,"mean_polarity":null,"first_at":"2026-02-03T00:00:00Z","latest_at":"2026-02-03T00:00:00Z","positions":[3]}]`)
	dossiertest.Same(t, r.ThemeTrend, `[
		{"theme":"price","quarter":"2026-Q1","words_count":2,"negative_count":1,"mean_polarity":-0.25},
		{"theme":"price","quarter":"2026-Q2","words_count":1,"negative_count":0,"mean_polarity":0},
		{"theme":"tone","quarter":"2026-Q1","words_count":1,"negative_count":0,"mean_polarity":null}]`)
	l.Add("beta", "2026-02-02", captured("V-1", 0))
	l.Add("beta", "2026-02-02", domain.VoiceClassified{Voice: "V-1", Theme: "tone"})
	total, _ := sinceFebruary(l)
	dossiertest.Same(t, total.Themes[1], `{"theme":"tone","words_count":2,"negative_count":0,"mean_polarity":null,"first_at":"2026-02-02T00:00:00Z","latest_at":"2026-02-03T00:00:00Z"}`)
	dossiertest.Same(t, r.Words[2].Themes, `[
		{"position":7,"theme":"price","polarity":-2,"severity":1,"classifier":"m","classifier_version":"1"},
		{"position":8,"theme":"price","polarity":-1,"severity":3,"classifier":"ann","classifier_version":"1"}]`)
}

func TestProcessesAndChangesAreOfThePeriod(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-31", captured("V-1", -1))
	used := func(at, process, decision, offering string) {
		l.Add("acme", at, domain.VoiceUsed{Voice: "V-1", Process: process, Decision: decision, Offering: offering})
	}
	used("2026-01-31", "pricing", "before", "")
	used("2026-02-01", "pricing", "", "")
	used("2026-04-01", "pricing", "lower", "")
	used("2026-02-02", "design", "", "valve")
	used("2026-01-31", "hiring", "", "")
	l.Add("acme", "2026-04-02", domain.VoiceUsed{Voice: "V-9", Process: "rumour"})
	l.Add("acme", "2026-02-03", domain.CycleStarted{Process: "pricing", Cycle: "1"})
	l.Add(domain.Ledger, "2026-02-04", domain.CycleStarted{Process: "budget", Cycle: "1"})
	l.Add(domain.Ledger, "2026-01-31", domain.CycleStarted{Process: "budget", Cycle: "0"})
	l.Add("acme", "2026-03-01", domain.ImprovementDelivered{Improvement: "I-1", From: []domain.Position{1}, Offering: "pump"})
	l.Add("acme", "2026-03-02", domain.ImprovementDelivered{Improvement: "I-2"})
	l.Add("acme", "2026-01-31", domain.ImprovementDelivered{Improvement: "I-0", From: []domain.Position{1}})
	r := since(l, "2026-02-01", "2026-06-30")
	dossiertest.Same(t, r.Processes, `[
		{"process":"budget","used_count":0,"this_quarter_count":0,"cycles_count":1},
		{"process":"hiring","used_count":0,"this_quarter_count":0,"latest_at":"2026-01-31T00:00:00Z","cycles_count":0},
		{"process":"design","used_count":1,"this_quarter_count":0,"latest_at":"2026-02-02T00:00:00Z","cycles_count":0,"positions":[5]},
		{"process":"pricing","used_count":2,"this_quarter_count":1,"latest_at":"2026-04-01T00:00:00Z","cycles_count":1,"positions":[3,4]}]`)
	dossiertest.Same(t, r.Changes, `[
		{"position":4,"at":"2026-04-01T00:00:00Z","account":"acme","process":"pricing","decision":"lower","because":[1]},
		{"position":11,"at":"2026-03-01T00:00:00Z","account":"acme","offering":"pump","improvement":"I-1","because":[1]},
		{"position":5,"at":"2026-02-02T00:00:00Z","account":"acme","offering":"valve","process":"design","because":[1]}]`)
}

func TestAnAnswerThatIsNamedByItsPositionHasWords(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	answer := l.Add("acme", "2026-02-01", domain.SurveyAnswered{Instrument: "csat", Score: 1, ScaleMax: 5})
	l.Add("acme", "2026-02-01", domain.SurveyAnswered{Instrument: "csat", Score: 1, ScaleMax: 5})
	l.Add("acme", "2026-02-02", domain.VoiceUsed{Of: answer, Process: "design", Offering: "valve"})
	l.Add("acme", "2026-02-03", domain.VoiceSummarised{Of: 99, Summary: "...", Method: "human"})
	r := since(l, "2026-02-01", "2026-03-01")
	dossiertest.Same(t, r.Words, `[{"position":1,"said_at":"2026-02-01T00:00:00Z","instrument":"csat",
		"used":[{"position":3,"at":"2026-02-02T00:00:00Z","process":"design","offering":"valve"}]}]`)
	dossiertest.Same(t, r.Conclusions, `[{"position":4,"at":"2026-02-03T00:00:00Z","method":"human","of":99}]`)
}

func TestEveryTextOfAReportCanBePutIn(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", captured("V-1", -1))
	l.Add("acme", "2026-02-02", domain.VoiceSummarised{Voice: "V-1", Summary: "...", Method: "human"})
	l.Add("acme", "2026-02-03", captured("V-2", -1))
	l.Add("acme", "2026-02-04", domain.VoiceSummarised{Summary: "...", Method: "human"})
	l.Add("acme", "2026-02-05", domain.VoiceSummarised{Summary: "...", Method: "human"})
	l.Add("acme", "2026-02-06", domain.CompetitorMentioned{Competitor: "Corvus"})
	l.Add("acme", "2026-02-07", domain.AlternativeSought{})
	l.Add("acme", "2026-02-08", domain.NeedStated{Need: "N-1", Statement: "..."})
	l.Add("acme", "2026-02-09", domain.NeedStated{Need: "N-2", Statement: "..."})
	r := since(l, "2026-02-01", "2026-03-01")
	want := []domain.Position{3, 1, 2, 4, 5, 7, 6, 8, 9}
	for n := range want {
		var got []domain.Position
		for q := range r.Quotes() {
			if got = append(got, q.Position); len(got) > n {
				break
			}
		}
		if !slices.Equal(got, want[:n+1]) {
			t.Errorf("the first %d are %v, want %v", n+1, got, want[:n+1])
		}
	}
}

func TestAReportSaysWhatItIsAbout(t *testing.T) {
	t.Parallel()
	l := known(dossiertest.New(t))
	l.Add("beta", "2026-01-02", domain.AccountMerged{Into: "acme"})
	dossiertest.Same(t, since(l, "2026-02-01", "2026-03-01").Heading, `{"account":"acme","merged":["beta"],"from":"2026-02-01T00:00:00Z",
		"at":"2026-03-01T00:00:00Z","known_at":"2026-03-01T00:00:00Z"}`)
}
