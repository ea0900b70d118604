package voice_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/dossier/dossiertest"
	"github.com/rapport-ledger/rapport/projections/projectiontest"
	"github.com/rapport-ledger/rapport/projections/voice"
)

func nps(score float64, more ...func(*domain.SurveyAnswered)) domain.SurveyAnswered {
	a := domain.SurveyAnswered{Survey: "S-1", Instrument: "nps", Score: score, ScaleMax: 10, Contact: "jane"}
	for _, m := range more {
		m(&a)
	}
	return a
}

func about(l *dossiertest.Ledger) voice.Report {
	return voice.About(l.Read(voice.New(), "acme", "2026-06-30", "2026-12-31"))
}

func score(r voice.Report, formula string) voice.Score {
	i := slices.IndexFunc(r.Scores, func(s voice.Score) bool { return s.Formula == formula })
	if i < 0 {
		return voice.Score{}
	}
	return r.Scores[i]
}

func is(p *float64, want float64) bool { return p != nil && *p > want-1e-9 && *p < want+1e-9 }

func TestAScoreNamesItsFormulaAndTheDefinitionInForce(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", nps(10))
	l.Add("acme", "2026-02-02", nps(6))
	l.Add("acme", "2026-02-03", nps(9))
	l.Add("acme", "2026-03-01", domain.SurveyAnswered{Instrument: "csat", Score: 4, ScaleMin: 1, ScaleMax: 5})
	before := about(l)
	if got := score(before, measure.NPS1); !is(got.Value, 100./3) || got.Count != 3 || got.DefinedAs != "" || *got.Low >= *got.Value || *got.High <= *got.Value {
		t.Errorf("nps: %+v", got)
	}
	if got := score(before, measure.CSATTopTwo1); !got.Headline || !is(got.Value, 100) {
		t.Errorf("csat by top two: %+v", got)
	}
	l.Add(domain.Ledger, "2026-04-01", domain.PolicyChanged{Name: "ours", Reason: "said", Measures: []domain.MeasureDefinition{
		{Measure: "csat", Version: measure.CSATMean1, Text: "the mean"}, {Measure: "nps", Version: "nps-0-5", Text: "6 is no detractor"},
	}})
	after := about(l)
	if got := score(after, measure.CSATMean1); !got.Headline || !is(got.Value, 75) || got.Definition != "the mean" || got.Policy != "ours" {
		t.Errorf("csat by the formula that was put in force: %+v", got)
	}
	if got := score(after, measure.NPS1); !got.Headline || got.DefinedAs != "nps-0-5" {
		t.Errorf("a definition that is no formula of ours is shown beside the one that counted: %+v", got)
	}
	// The quarter before the definition came into force keeps its formula.
	if got := after.Trend[1]; got.Measure != "csat" || got.Quarter != "2026-Q1" || got.Formula != measure.CSATTopTwo1 || got.DefinedAs != "" {
		t.Errorf("trend: %+v", got)
	}
}

func TestFlaggedAnswersAreShownWithAndWithout(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", nps(9))
	p := l.Add("acme", "2026-02-02", nps(0, func(a *domain.SurveyAnswered) { a.Stance = "negotiating" }))
	got := score(about(l), measure.NPS1)
	if !is(got.Value, 0) || !is(got.WithoutFlagged, 100) || got.FlaggedCount != 1 || !slices.Equal(got.FlaggedPositions, []domain.Position{p}) {
		t.Errorf("got %+v", got)
	}
}

func TestResponsesAreOfThoseAsked(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", domain.SurveySent{Survey: "S-1", Instrument: "nps", SampleCount: 4, BurdenMin: new(5.0), DesignedBy: "us"})
	l.Add("acme", "2026-02-02", nps(9))
	l.Add("acme", "2026-02-03", nps(8))
	l.Add("acme", "2026-02-04", domain.SurveyDeclined{Survey: "S-1"})
	l.Add("acme", "2026-02-05", domain.SurveySent{Survey: "S-2", Instrument: "nps", Contact: "jane"})
	r := about(l)
	want := voice.Surveyed{Instrument: "nps", SurveysCount: 2, AskedCount: 5, AnsweredCount: 2, DeclinedCount: 1}
	got := r.Surveys[0]
	if !is(got.ResponsePct, 40) {
		t.Errorf("response %v, want 40 %%", got.ResponsePct)
	}
	if got.ResponsePct = nil; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := r.Burdens; len(got) != 2 || got[0].Contact != "" || !is(got[0].BurdenMin, 5) || got[1].Contact != "jane" || got[1].BurdenMin != nil || got[1].UnknownCount != 1 {
		t.Errorf("what nobody said takes no time is unknown: %+v", got)
	}
	if got := r.Burden; !is(got.BurdenMin, 20) || got.DeclinedCount != 1 {
		t.Errorf("all who were asked: %+v", got)
	}
}

func captured(id domain.ID, polarity int64) domain.VoiceCaptured {
	return domain.VoiceCaptured{Voice: id, Contact: "jane", Verbatim: "...", Area: "product", Polarity: new(polarity)}
}

func TestWordsStandBesideWhatWasMadeOfThem(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	words := l.Add("acme", "2026-02-01T08:00", captured("V-1", -2))
	l.Add("acme", "2026-02-01T09:00", domain.VoiceSummarised{Voice: "V-1", Summary: "...", Author: "m-3", Method: "model"})
	l.Add("acme", "2026-02-01T10:00", domain.VoiceDistributed{Of: words, Functions: []string{"quality", "R&D"}})
	l.Add("acme", "2026-02-02T08:00", domain.VoiceRead{Voice: "V-1", Function: "quality", Person: "ann"})
	l.Add("acme", "2026-02-03T08:00", domain.VoiceRead{Voice: "V-1", Function: "quality", Person: "bob"})
	plan := l.Add("acme", "2026-02-01T12:00", domain.PlanCreated{Plan: "P", From: []domain.Position{words}, Owner: "ann"})
	imp := l.Add("acme", "2026-02-05", domain.ImprovementAgreed{Improvement: "I", From: []domain.Position{words}})
	l.Add("acme", "2026-03-05", domain.ImprovementTold{Improvement: "I"})
	l.Add("acme", "2026-03-06", captured("V-2", 1))
	l.Add("acme", "2026-03-07", domain.VoiceSummarised{Summary: "they are fine", Method: "human"})
	r := about(l)
	if len(r.Words) != 2 || r.Words[0].Voice != "V-2" {
		t.Fatalf("words: %+v", r.Words)
	}
	w := r.Words[1]
	if len(w.Summaries) != 1 || w.Summaries[0].Author != "m-3" || !slices.Equal(w.LedTo, []domain.Position{plan, imp}) || !is(w.OwnedMin, 240) || w.ToldAt.IsZero() {
		t.Errorf("words: %+v", w)
	}
	quality := r.Reach[1]
	if quality.Function != "quality" || quality.SentCount != 1 || quality.ReadCount != 1 || !is(quality.MedianH, 24) || !is(quality.ReachPct, 50) {
		t.Errorf("quality: %+v", quality)
	}
	if rd := r.Reach[0]; rd.Function != "R&D" || rd.UnreadCount != 1 || rd.MedianH != nil {
		t.Errorf("R&D has read nothing: %+v", rd)
	}
	if len(r.Conclusions) != 1 || r.Listening.NothingBehindCount != 1 {
		t.Errorf("conclusions: %+v", r.Conclusions)
	}
	if got := r.Listening; got.ActedCount != 1 || got.ToldCount != 1 || !is(got.ClosedPct, 50) || got.UnreadCount != 1 || got.UnansweredBadCount != 0 {
		t.Errorf("listening: %+v", got)
	}
	if len(r.Unused) != 1 || r.Unused[0].Kind != "words" {
		t.Errorf("unused: %+v", r.Unused)
	}
	if a := r.Areas[0]; a.Area != "product" || a.WordsCount != 2 || a.NegativeCount != 1 || !is(a.MedianOwnedMin, 240) || !is(a.MeanPolarity, -.5) {
		t.Errorf("areas: %+v", a)
	}
}

func TestWhatWasMadeOfRetractedWordsHasNothingBehindIt(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	words := l.Add("acme", "2026-02-01", captured("V-1", -2))
	l.Add("acme", "2026-02-02", domain.VoiceSummarised{Voice: "V-1", Summary: "...", Method: "human"})
	l.Add("acme", "2026-02-02", domain.VoiceUsed{Voice: "V-1", Process: "pricing"})
	l.Add("acme", "2026-02-02", domain.VoiceClassified{Voice: "V-1", Theme: "price"})
	l.Retract(words)
	r := about(l)
	if len(r.Words) != 0 || len(r.Conclusions) != 1 || r.Conclusions[0].Voice != "V-1" || len(r.Processes) != 0 || len(r.Themes) != 0 {
		t.Errorf("got %+v, %+v, %+v", r.Conclusions, r.Processes, r.Themes)
	}
}

func TestWordsAreReadWhereTheyWereCorrected(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	words := l.Add("acme", "2026-02-01", captured("V-1", -2))
	fix := l.Correct(words, captured("V-1", 2), "")
	w := about(l).Words[0]
	if w.Position != words || w.At() != fix || *w.Polarity != 2 {
		t.Errorf("words at %d, said at %d: %+v", w.Position, w.At(), w)
	}
}

func TestOfEachClassifierTheLatestVersionCounts(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-02-01", captured("V-1", -1))
	say := func(day, classifier, version, theme string, polarity int64) {
		l.Add("acme", day, domain.VoiceClassified{Voice: "V-1", Theme: theme, Polarity: new(polarity), Classifier: classifier, ClassifierVersion: version})
	}
	say("2026-02-02", "model", "1", "price", -2)
	say("2026-02-02", "model", "1", "delivery", -2)
	say("2026-05-01", "model", "2", "delivery", -1)
	say("2026-05-01", "model", "2", "packaging", 0)
	say("2026-02-03", "ann", "", "delivery", 1)
	r := about(l)
	var got []string
	for _, theme := range r.Themes {
		got = append(got, theme.Theme)
	}
	if want := []string{"delivery", "packaging"}; !slices.Equal(got, want) {
		t.Fatalf("themes %q, want %q", got, want)
	}
	if d := r.Themes[0]; d.WordsCount != 1 || !is(d.MeanPolarity, 0) {
		t.Errorf("two classifiers say delivery of the same words: %+v", d)
	}
	if p := r.ThemeTrend[0]; p.Quarter != "2026-Q1" {
		t.Errorf("the trend goes by the words' time: %+v", p)
	}
	before := voice.About(l.Read(voice.New(), "acme", "2026-03-01", "2026-12-31"))
	if len(before.Themes) != 2 || before.Themes[1].Theme != "price" {
		t.Errorf("before the second version: %+v", before.Themes)
	}
}

func TestWishesGoByAccountsThenStrengthThenTier(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	wish := func(account domain.AccountID, topic string, strength int64) {
		l.Add(account, "2026-02-01", domain.WishExpressed{Topic: topic, Strength: strength, Contact: "c"})
	}
	wish("acme", "Tracking", 2)
	wish("acme", "tracking ", 3)
	wish("beta", "tracking", 1)
	wish("acme", "portal", 5)
	wish("beta", "colour", 5)
	l.Add("beta", "2026-02-02", domain.AccountClassified{TierNow: "A"})
	total, rows := overall(l)
	var got []string
	for _, w := range total.Wishes {
		got = append(got, w.Topic)
	}
	if want := []string{"Tracking", "colour", "portal"}; !slices.Equal(got, want) {
		t.Errorf("wishes %q, want %q", got, want)
	}
	if w := total.Wishes[0]; w.AccountsCount != 2 || w.StrengthSum != 4 || w.A != 1 || w.PeopleCount != 2 || w.TimesCount != 3 {
		t.Errorf("tracking: %+v", w)
	}
	if len(rows) != 2 || total.AccountsCount != 2 || total.UnheardCount != 0 {
		t.Errorf("rows %+v, total %d", rows, total.AccountsCount)
	}
}

// overall is about all accounts, and all that had happened by 30 June.
func overall(l *dossiertest.Ledger) (voice.Total, []voice.Row) {
	span := dossier.Span{At: dossiertest.Time("2026-06-30"), KnownAt: dossiertest.Time("2026-12-31")}
	return dossiertest.OverallIn(l, voice.New(), span, voice.Overall)
}

func TestWhoSpeaksMustBeAbleTo(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.ContactRoleRecorded{Contact: "jane", Role: "economic", Authority: "budget", HorizonMonths: 24})
	l.Add("acme", "2026-01-01", domain.ContactRoleRecorded{Contact: "olaf", Role: "order_placer", Authority: "orders", HorizonMonths: 1})
	l.Add("acme", "2026-01-01", domain.ContactRoleRecorded{Contact: "otto", Role: "order_placer"})
	l.Add("acme", "2026-02-01", domain.InteractionHeld{
		Interaction: "T-1", Kind: "focus_group", Contacts: []domain.ID{"jane", "olaf", "otto", "nobody"}, RequiredAuthority: "strategy", RequiredHorizonMonths: 12,
	})
	say := func(contact domain.ID) {
		l.Add("acme", "2026-02-01", domain.VoiceCaptured{Contact: contact, Interaction: "T-1", Verbatim: "..."})
	}
	say("jane")
	say("olaf")
	say("otto")
	r := about(l)
	if s := r.Sessions[0]; !is(s.ValidPct, 25) || s.UnknownCount != 2 || s.MostlyOrderPlacers || !slices.Equal(s.Valid, []string{"jane"}) {
		t.Errorf("session: %+v", s)
	}
	if v := r.Validity; v.RequiredCount != 3 || v.ValidCount != 1 || v.InvalidCount != 1 || v.UnknownCount != 1 || v.OrdersOnlyCount != 2 || !v.MostlyOrderPlacers {
		t.Errorf("validity: %+v", v)
	}
	if i := r.Informants[0]; i.Contact != "jane" || i.WordsCount != 1 {
		t.Errorf("whom to ask: %+v", i)
	}
	if w := r.Words[1]; w.Contact != "olaf" || w.Informant != "invalid" {
		t.Errorf("words: %+v", w)
	}
}

func TestNeedsHaveARegister(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-10", domain.NeedAnticipated{Need: "N-1", Statement: "a second line", HorizonMonths: 24})
	l.Add("acme", "2026-01-10", domain.NeedAnticipated{Need: "N-2", Statement: "less packaging"})
	l.Add("acme", "2026-03-01", domain.NeedStated{Need: "N-1", Statement: "...", HorizonMonths: 24, Priority: 3, Aspiration: true})
	l.Add("acme", "2026-03-22", domain.NeedStated{Need: "N-3", Statement: "...", During: "crisis", Priority: 5})
	l.Add("acme", "2026-03-23", domain.NeedStated{Need: "N-4", Statement: "..."})
	l.Add("acme", "2026-03-24", domain.NeedMet{Need: "N-4", Level: "partial", Consequence: "they stop"})
	l.Add("acme", "2026-03-25", domain.NeedStated{Need: "N-5", Statement: "...", During: "crisis"})
	l.Add("acme", "2026-03-26", domain.NeedRevalidated{Need: "N-5", StillTrue: false})
	l.Add("acme", "2026-03-27", domain.NeedConflictFound{Need: "N-1", OtherNeed: "B-1", OtherAccount: "beta"})
	open := about(l)
	l.Add("acme", "2026-03-28", domain.NeedConflictFound{Need: "N-1", OtherNeed: "B-1", OtherAccount: "beta", Prevails: "this", DecidedBy: "sales"})
	r := about(l)
	var got []string
	for _, n := range r.Needs {
		got = append(got, n.Need+" "+n.State)
	}
	if want := "N-3 unmet, N-1 unmet, N-4 unmet, N-2 anticipated, N-5 gone"; strings.Join(got, ", ") != want {
		t.Errorf("needs %q, want %s", got, want)
	}
	if n := r.Needs[0]; !n.Unchecked || !is(n.AgeD, 100) {
		t.Errorf("stated in a crisis: %+v", n)
	}
	if s := r.NeedsSum; s.UnmetCount != 3 || s.UncheckedCount != 1 || s.AspirationsCount != 1 || !is(s.ForeseenPct, 50) || s.NothingAheadCount != 0 {
		t.Errorf("needs: %+v", s)
	}
	if c := open.Conflicts[0]; c.State != "open" || open.NeedsSum.OpenConflicts != 1 {
		t.Errorf("conflict before it was decided: %+v", c)
	}
	if c := r.Conflicts[0]; len(r.Conflicts) != 1 || c.State != "decided" || c.Prevails != "this" || c.DecidedBy != "sales" || c.OtherAccount != "beta" {
		t.Errorf("conflict: %+v", r.Conflicts)
	}
}

func TestBesideTheOthersGoesByWeight(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.ContactRoleRecorded{Contact: "jane", Role: "economic"})
	l.Add("acme", "2026-01-02", domain.DriverStated{Driver: "delivery", WeightPct: new(10.0), Contact: "jane"})
	l.Add("acme", "2026-02-02", domain.DriverStated{Driver: "delivery", WeightPct: new(60.0), Contact: "jane"}) // in the place of the first
	l.Add("acme", "2026-02-02", domain.DriverStated{Driver: "price", WeightPct: new(20.0), Contact: "jane"})
	rated := func(driver, who, by string, ours, theirs float64) {
		l.Add("acme", "2026-03-01", domain.CompetitorRated{Driver: driver, Competitor: who, By: by, Ours: ours, Theirs: theirs, ScaleMax: 10})
	}
	rated("delivery", "Borealis", "customer", 8, 6)
	rated("delivery", "Corvus", "customer", 8, 7)
	rated("delivery", "Corvus", "us", 10, 1) // what we say does not count where they did
	rated("price", "Borealis", "us", 5, 9)
	l.Add("acme", "2026-03-02", domain.CompetitorMentioned{Competitor: "Corvus"})
	l.Add("acme", "2026-04-02", domain.AlternativeSought{Competitor: "Corvus", Evidence: "a tender"})
	r := about(l)
	if d := r.Drivers[0]; d.Driver != "delivery" || !is(d.WeightPct, 60) || d.BestOther != "Corvus" || !is(d.GapPct, 10) || d.RatedBy != "customer" {
		t.Errorf("delivery: %+v", d)
	}
	if c := r.Competition; !is(c.RelativePct, (60*10-20*40)/80.) || !is(c.WeightCoveredPct, 100) || c.MentionsCount != 1 || c.AlternativesCount != 1 {
		t.Errorf("competition: %+v", c)
	}
	if c := r.Competitors[0]; c.Competitor != "Corvus" || c.AccountsCount != 1 || !is(c.RelativePct, 10) {
		t.Errorf("competitors: %+v", c)
	}
	if p := r.Pressure; len(p) != 2 || p[0].Quarter != "2026-Q1" || p[1].AlternativesCount != 1 {
		t.Errorf("pressure: %+v", p)
	}
	if f := r.Factors[0]; f.Role != "economic" || f.Driver != "delivery" {
		t.Errorf("factors: %+v", f)
	}
}

func TestOurFigureIsSetBesideTheirs(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	sees := func(dimension string, score float64) {
		l.Add("acme", "2026-02-01", domain.SurveyAnswered{Instrument: "perception", Dimension: dimension, Score: score, ScaleMin: 1, ScaleMax: 5})
	}
	sees("delivery", 3)
	sees("quality", 4)
	sees("advice", 4)
	l.Add(domain.Ledger, "2026-02-02", domain.FigurePublished{Measure: "delivery", Period: "2026-01", Value: 90, UOM: "pct", By: "us"})
	l.Add("acme", "2026-02-01", domain.FigurePublished{Measure: "delivery", Period: "2026-01", Value: 98, UOM: "pct", By: "us"})
	l.Add("acme", "2026-02-03", domain.FigurePublished{Measure: "delivery", Period: "2026-01", Value: 70, UOM: "pct", By: "customer"})
	l.Add("acme", "2026-02-03", domain.FigurePublished{Measure: "quality", Period: "2026-01", Value: 120, UOM: "ppm", By: "us"})
	got := about(l).Perception
	if len(got) != 3 || got[0].Dimension != "delivery" || !is(got[0].GapPct, 48) || !is(got[0].Ours, 98) {
		t.Fatalf("delivery: %+v", got)
	}
	if q := got[2]; q.Dimension != "quality" || !is(q.Ours, 120) || q.GapPct != nil {
		t.Errorf("what is in another unit has no gap: %+v", q)
	}
	if a := got[1]; a.Dimension != "advice" || a.Ours != nil || !is(a.TheirsPct, 75) {
		t.Errorf("of which we have no figure: %+v", a)
	}
}

func TestWhatTheySayToOurFaceMayDiffer(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	if d := about(known(l)).Direct; d.SinceD != nil || d.Disagree != nil {
		t.Errorf("never asked: %+v", d)
	}
	l.Add("acme", "2026-05-31", domain.InteractionHeld{Interaction: "T", Kind: "call", AskedHowAreWe: true})
	for range 9 {
		l.Add("acme", "2026-05-31", domain.SurveyAnswered{Instrument: "check_in", Interaction: "T", Score: 1, ScaleMin: 1, ScaleMax: 5})
		l.Add("acme", "2026-05-31", nps(10))
	}
	if d := about(l).Direct; !is(d.SinceD, 30) || !is(d.GapPct, -100) || !*d.Disagree || d.DirectCount != 9 {
		t.Errorf("direct: %+v", d)
	}
}

// known is the ledger, in which the account is known.
func known(l *dossiertest.Ledger) *dossiertest.Ledger {
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme", Kind: "customer"})
	return l
}

func TestProcessesThatDidNotListenThisQuarterComeFirst(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	words := l.Add("acme", "2026-02-01", captured("V-1", -1))
	l.Add("acme", "2026-03-01", domain.VoiceUsed{Voice: "V-1", Process: "pricing"})
	l.Add("acme", "2026-05-01", domain.VoiceUsed{Of: words, Process: "design", Offering: "valve"})
	l.Add(domain.Ledger, "2026-05-01", domain.CycleStarted{Process: "budget", Cycle: "2026"})
	r := about(l)
	var got []string
	for _, p := range r.Processes {
		got = append(got, p.Process)
	}
	if want := []string{"budget", "pricing", "design"}; !slices.Equal(got, want) || r.Processes[2].ThisQuarterCount != 1 {
		t.Errorf("processes %q, want %q", got, want)
	}
	if c := r.Changes; len(c) != 1 || c[0].Offering != "valve" || !slices.Equal(c[0].Because, []domain.Position{words}) {
		t.Errorf("changes: %+v", c)
	}
}

func TestOnlyThePeriodCounts(t *testing.T) {
	t.Parallel()
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", nps(0))
	l.Add("acme", "2026-03-01", nps(10))
	l.Add("acme", "2026-05-01", nps(0))
	d := l.Read(voice.New(), "acme", "2026-04-01", "2026-12-31")
	d.From = dossiertest.Time("2026-02-01")
	if got := score(voice.About(d), measure.NPS1); got.Count != 1 || !is(got.Value, 100) {
		t.Errorf("got %+v", got)
	}
}

// everything is a ledger with something of all, of two accounts of which one becomes part of the other.
func everything(t testing.TB) *dossiertest.Ledger {
	l := dossiertest.New(t)
	l.Add("acme", "2026-01-01", domain.AccountOpened{Name: "Acme", Kind: "customer"})
	for _, account := range []domain.AccountID{"acme", "beta"} {
		words := l.Add(account, "2026-02-01", captured("V-1", -1))
		l.Add(account, "2026-02-02", domain.VoiceClassified{Voice: "V-1", Theme: "price", Classifier: "m", ClassifierVersion: "1"})
		l.Add(account, "2026-02-03", domain.VoiceRead{Of: words, Function: "sales"})
		l.Add(account, "2026-02-04", domain.SurveySent{Survey: "S-1", Instrument: "nps", Contact: "jane", BurdenMin: new(3.0)})
		l.Add(account, "2026-02-05", nps(7))
		l.Add(account, "2026-02-06", domain.NeedStated{Need: "N-1", Statement: "...", Contact: "jane"})
		l.Add(account, "2026-02-07", domain.WishExpressed{Topic: "portal"})
		l.Add(account, "2026-02-08", domain.DriverStated{Driver: "price", WeightPct: new(50.0)})
		l.Add(account, "2026-02-09", domain.CompetitorMentioned{Competitor: "Corvus"})
	}
	l.Until("2026-03-01")
	l.Add("beta", "2026-03-01", domain.AccountMerged{Into: "acme"})
	l.Add("acme", "2026-03-02", domain.PersonForgotten{Contact: "jane", Reason: "asked"})
	return l
}

func TestAMergedAccountsIdsAreItsOwn(t *testing.T) {
	t.Parallel()
	r := voice.About(everything(t).Read(voice.New(), "acme", "2026-06-30", "2026-12-31"))
	if len(r.Words) != 2 || r.Words[0].Voice != "beta/V-1" || r.Themes[0].WordsCount != 2 || len(r.Needs) != 2 || r.Surveys[0].AnsweredCount != 2 {
		t.Errorf("words %+v, themes %+v, needs %+v, surveys %+v", r.Words, r.Themes, r.Needs, r.Surveys)
	}
	if before := voice.About(everything(t).Read(voice.New(), "acme", "2026-06-30", "2026-02-20")); len(before.Words) != 1 {
		t.Errorf("before the merge was known: %+v", before.Words)
	}
}

func TestListsAreNeverNull(t *testing.T) {
	t.Parallel()
	l := known(dossiertest.New(t))
	total, rows := overall(l)
	if len(rows) != 1 || total.UnheardCount != 1 || !rows[0].NothingAhead {
		t.Fatalf("%+v", rows)
	}
	for _, v := range []any{about(l), total} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatal(err)
		}
		for name, value := range fields {
			if value == nil {
				t.Errorf("%s is null", name)
			}
		}
	}
}

func TestRowsDoNotDependOnBatches(t *testing.T) {
	t.Parallel()
	projectiontest.Run(t, voice.New(), everything(t).Records())
}

// TestTheOrderOfArrivalMakesNoDifference draws what an account says and gives it other positions:
// the report is the same but for those.
func TestTheOrderOfArrivalMakesNoDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		begin := dossiertest.Time("2026-01-01")
		span := dossier.Span{At: begin.AddDate(1, 0, 0), KnownAt: begin.AddDate(1, 0, 0)}
		d := dossier.Dossier{Account: "acme", Span: span, Policies: domain.Policies{}.Known(span.KnownAt)}
		var places []domain.Position
		for i := range rapid.IntRange(0, 25).Draw(t, "events") {
			at := begin.Add(time.Duration(i) * 151 * time.Hour)
			d.Events = append(d.Events, domain.Recorded{Envelope: domain.Envelope{Account: "acme", OccurredAt: at, Data: drawn(t, i)}})
			places = append(places, domain.Position(i+1))
		}
		report := func(order []domain.Position) string {
			for i := range d.Events {
				d.Events[i].Position = order[i]
			}
			b, err := json.Marshal(voice.About(&d))
			if err != nil {
				t.Fatal(err)
			}
			return positions.ReplaceAllString(string(b), "")
		}
		if got, want := report(rapid.Permutation(places).Draw(t, "order")), report(places); got != want {
			t.Fatalf("in another order it is\n%s\nwant\n%s", got, want)
		}
	})
}

var positions = regexp.MustCompile(`"(flagged_)?positions?":(\d+|\[[\d,]*\])`)

// drawn is something an account may say, or that may be said of its words.
func drawn(t *rapid.T, i int) domain.Event {
	id := func(of string) domain.ID { return domain.ID(fmt.Sprint(of, rapid.IntRange(0, 3).Draw(t, of))) }
	own := func(of string) domain.ID { return domain.ID(fmt.Sprint(of, i%4)) }
	switch rapid.IntRange(0, 12).Draw(t, "what") {
	case 0:
		return domain.VoiceCaptured{Voice: domain.ID(fmt.Sprint("V", i)), Contact: id("c"), Verbatim: "...", Polarity: new(rapid.Int64Range(-2, 2).Draw(t, "polarity"))}
	case 1:
		return domain.VoiceClassified{
			Voice: domain.ID(fmt.Sprint("V", rapid.IntRange(0, 25).Draw(t, "words"))), Theme: string(id("theme")), Classifier: string(id("by")),
			ClassifierVersion: string(id("version")),
		}
	case 2:
		return domain.VoiceRead{Voice: domain.ID(fmt.Sprint("V", rapid.IntRange(0, 25).Draw(t, "words"))), Function: string(id("function"))}
	case 3:
		return domain.SurveyAnswered{
			Instrument: rapid.SampledFrom([]string{"nps", "csat", "perception"}).Draw(t, "instrument"), Score: float64(rapid.IntRange(0, 10).Draw(t, "score")),
			ScaleMax: 10, Contact: id("c"), Dimension: string(id("d")),
		}
	case 4:
		return domain.ContactRoleRecorded{Contact: id("c"), Role: "user", Authority: "orders", HorizonMonths: rapid.Int64Range(0, 24).Draw(t, "horizon")}
	case 5:
		return domain.NeedAnticipated{Need: id("N"), Statement: "..."}
	case 6:
		return domain.NeedStated{Need: own("N"), Statement: "...", During: "crisis"}
	case 7:
		return domain.NeedMet{Need: id("N"), Level: rapid.SampledFrom([]string{"none", "met"}).Draw(t, "level")}
	case 8:
		return domain.NeedRevalidated{Need: id("N"), StillTrue: rapid.Bool().Draw(t, "still")}
	case 9:
		return domain.WishExpressed{Topic: string(id("topic")), Strength: rapid.Int64Range(0, 5).Draw(t, "strength"), Contact: id("c")}
	case 10:
		return domain.DriverStated{Driver: string(id("driver")), WeightPct: new(float64(rapid.IntRange(0, 100).Draw(t, "weight"))), Contact: id("c")}
	case 11:
		return domain.CompetitorRated{Driver: string(id("driver")), Competitor: string(id("rival")), Ours: 5, Theirs: float64(rapid.IntRange(0, 10).Draw(t, "theirs")), ScaleMax: 10, By: "customer"}
	}
	return domain.InteractionHeld{Interaction: own("T"), Kind: "check_in", RequiredHorizonMonths: 12, Contacts: []domain.ID{id("c")}}
}
