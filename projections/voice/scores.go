package voice

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Score is a measure by one formula.
type Score struct {
	Measure          string            `json:"measure" enum:"nps,csat,ces,perception,ease,check_in"`
	Formula          string            `json:"formula" doc:"name and version; what a name stands for never changes"`
	Headline         bool              `json:"headline" doc:"whether it is the measure's first formula: the one that the rules in force name, if there is one"`
	Value            *float64          `json:"value" doc:"nps: -100 to 100, else percent; null if no answer fits the formula"`
	Low              *float64          `json:"low" doc:"lower end of the 90% interval"`
	High             *float64          `json:"high"`
	Count            int               `json:"answers_count"`
	SkippedCount     int               `json:"skipped_count" doc:"answers on a scale the formula does not take"`
	LatestAt         time.Time         `json:"latest_at"`
	AgeD             float64           `json:"age_d" doc:"days since the latest answer"`
	FlaggedCount     int               `json:"flagged_count" doc:"answers given to get something out of us, or for the sake of others"`
	WithoutFlagged   *float64          `json:"without_flagged" doc:"the value without those"`
	FlaggedPositions []domain.Position `json:"flagged_positions,omitzero"`
	DefinedAs        string            `json:"defined_as,omitzero" doc:"formula_version of the measure by the rules in force; absent if they do not say"`
	Definition       string            `json:"definition,omitzero" doc:"what they say it means"`
	Policy           string            `json:"policy" doc:"the rules in force"`
}

// headline is n if the score is the measure's first.
func (s Score) headline(n int) int {
	if s.Headline {
		return n
	}
	return 0
}

// Point is a measure in a quarter, by its first formula then.
type Point struct {
	Measure   string   `json:"measure"`
	Quarter   string   `json:"quarter" doc:"such as 2026-Q1, UTC"`
	Formula   string   `json:"formula"`
	Value     *float64 `json:"value"`
	Low       *float64 `json:"low"`
	High      *float64 `json:"high"`
	Count     int      `json:"answers_count"`
	DefinedAs string   `json:"defined_as,omitzero" doc:"formula_version by the rules in force at the end of the quarter"`
}

// Surveyed is who was asked by a kind of survey.
type Surveyed struct {
	Instrument    string   `json:"instrument"`
	SurveysCount  int      `json:"surveys_count"`
	AskedCount    int      `json:"asked_count" doc:"people"`
	AnsweredCount int      `json:"answered_count"`
	DeclinedCount int      `json:"declined_count"`
	ResponsePct   *float64 `json:"response_pct" doc:"answered, of those asked"`
}

// Asked is how much of what they said we had asked for: answers to surveys, and words.
type Asked struct {
	SolicitedCount   int      `json:"solicited_count"`
	UnsolicitedCount int      `json:"unsolicited_count"`
	UnknownCount     int      `json:"unknown_count"`
	SolicitedPct     *float64 `json:"solicited_pct" doc:"of those of which it is known"`
}

// Source is what reaches us in one way, in percent of the scale.
type Source struct {
	Source  string   `json:"source" enum:"words,third_party,survey" doc:"words: what they say by themselves, by its polarity; survey: what they answer us"`
	Weight  float64  `json:"weight" doc:"what a piece of it counts in the trust score, by the rules in force"`
	MeanPct *float64 `json:"mean_pct"`
	LowPct  *float64 `json:"low_pct"`
	HighPct *float64 `json:"high_pct"`
	Formula string   `json:"formula"`
	Count   int      `json:"answers_count"`
}

// Rated is how one of our functions was rated.
type Rated struct {
	Function  string            `json:"function"`
	Period    string            `json:"period" doc:"as whoever rated names it, or the quarter of the rating"`
	By        string            `json:"by" enum:"survey,assessment"`
	MeanPct   *float64          `json:"mean_pct"`
	Formula   string            `json:"formula"`
	Count     int               `json:"ratings_count"`
	Positions []domain.Position `json:"positions,omitzero"`
}

// known are the formulas of each measure, the first one first.
var known = map[string][]string{
	"nps": {measure.NPS1}, "csat": {measure.CSATTopTwo1, measure.CSATMean1}, "ces": {measure.CESMean1},
	"ease": {measure.CESMean1}, "perception": {measure.ScaleMean1}, "check_in": {measure.ScaleMean1},
}

// definition is what the rules in force at the time say the measure means.
func definition(d *dossier.Dossier, instrument string, at time.Time) (m domain.MeasureDefinition, policy string) {
	p := d.Policies.At(at).Policy
	for _, m := range p.Measures {
		if m.Measure == instrument {
			return m, p.Name
		}
	}
	return m, p.Name
}

// first is the measure's first formula: the defined one if it is among those of the measure.
func first(instrument, defined string) string {
	if slices.Contains(known[instrument], defined) {
		return defined
	}
	return known[instrument][0]
}

// scores gathers what was answered.
type scores struct {
	answers map[string]*answered           // by measure
	trend   map[[2]string]*[]measure.Tally // by measure and quarter, a tally for each formula
	surveys map[string]*Surveyed
	asked   Asked
	sources map[string]*measure.Tally
	rated   map[[3]string]*rated
}

type answered struct {
	all, unflagged []measure.Tally // for each formula
	latest         time.Time
	flagged        []domain.Position
	flaggedCount   int
}

type rated struct {
	measure.Tally
	positions []domain.Position
}

func tallies(instrument string) []measure.Tally {
	var all []measure.Tally
	for _, f := range known[instrument] {
		all = append(all, measure.By(f))
	}
	return all
}

func (s *scores) take(h *heard) {
	surveys := map[string]*survey{}
	for name, sent := range h.surveys {
		surveys[name] = &survey{sent: sent}
	}
	for _, e := range h.d.Events {
		switch data := e.Data.(type) {
		case domain.SurveyAnswered:
			if r := surveys[h.d.Name(e, data.Survey)]; r != nil {
				r.answered++
			}
			if h.d.Within(e.OccurredAt) {
				s.answer(e, data)
			}
		case domain.SurveyDeclined:
			if r := surveys[h.d.Name(e, data.Survey)]; r != nil {
				r.declined++
			}
		case domain.VoiceCaptured:
			if h.d.Within(e.OccurredAt) {
				s.words(data)
			}
		case domain.AssessmentMade:
			if h.d.Within(e.OccurredAt) {
				s.assessed(e, data)
			}
		}
	}
	for _, r := range surveys {
		if h.d.Within(r.at) {
			s.survey(r)
		}
	}
}

type survey struct {
	sent
	answered, declined int
}

func (s *scores) survey(r *survey) {
	all := at(&s.surveys, r.Instrument, Surveyed{Instrument: r.Instrument})
	all.SurveysCount++
	all.AskedCount += max(int(r.SampleCount), 1, r.answered+r.declined) // more may answer than were said to be asked
	all.AnsweredCount += r.answered
	all.DeclinedCount += r.declined
}

func (s *scores) answer(e domain.Recorded, data domain.SurveyAnswered) {
	a := measure.Answer{Score: data.Score, ScaleMin: data.ScaleMin, ScaleMax: data.ScaleMax}
	m := at(&s.answers, data.Instrument, answered{all: tallies(data.Instrument), unflagged: tallies(data.Instrument)})
	flagged := data.Stance == "negotiating" || data.Stance == "political"
	if flagged {
		m.flagged = append(m.flagged, e.Position)
		m.flaggedCount++
	}
	if e.OccurredAt.After(m.latest) {
		m.latest = e.OccurredAt
	}
	point := at(&s.trend, [2]string{data.Instrument, quarter(e.OccurredAt)}, tallies(data.Instrument))
	for i := range m.all {
		m.all[i].Add(a)
		(*point)[i].Add(a)
		if !flagged {
			m.unflagged[i].Add(a)
		}
	}
	source := "survey"
	if data.Independent {
		source = "third_party"
	}
	at(&s.sources, source, measure.By(measure.ScaleMean1)).Add(a)
	if data.Survey != "" {
		s.asked.SolicitedCount++
	} else {
		s.asked.UnknownCount++
	}
	if data.Function != "" {
		s.rate(e, [3]string{data.Function, cmp.Or(data.Period, quarter(e.OccurredAt)), "survey"}, a)
	}
}

func (s *scores) words(data domain.VoiceCaptured) {
	switch {
	case data.Solicited == nil:
		s.asked.UnknownCount++
	case *data.Solicited:
		s.asked.SolicitedCount++
	default:
		s.asked.UnsolicitedCount++
	}
	if data.Polarity != nil {
		at(&s.sources, "words", measure.By(measure.ScaleMean1)).Add(heardAs(*data.Polarity))
	}
}

// heardAs is a polarity as an answer on a scale.
func heardAs(polarity int64) measure.Answer {
	return measure.Answer{Score: float64(polarity), ScaleMin: -2, ScaleMax: 2}
}

func (s *scores) assessed(e domain.Recorded, data domain.AssessmentMade) {
	if data.Function == "" || data.OurScore == nil || data.ScaleMin == nil {
		return
	}
	a := measure.Answer{Score: *data.OurScore, ScaleMin: *data.ScaleMin, ScaleMax: *data.ScaleMax}
	s.rate(e, [3]string{data.Function, cmp.Or(data.Period, quarter(e.OccurredAt)), "assessment"}, a)
}

func (s *scores) rate(e domain.Recorded, key [3]string, a measure.Answer) {
	r := at(&s.rated, key, rated{Tally: measure.By(measure.ScaleMean1)})
	r.Add(a)
	r.positions = append(r.positions, e.Position)
}

// general takes in how our functions were assessed for no single account.
func (s *scores) general(d *dossier.Dossier) {
	for _, e := range d.General {
		if data, ok := e.Data.(domain.AssessmentMade); ok && d.Within(e.OccurredAt) {
			s.assessed(e, data)
		}
	}
}

func (s *scores) report(d *dossier.Dossier, cite bool, r *Sums) {
	r.Scores = s.scoreList(d, cite)
	r.Trend = s.trendList(d)
	for _, v := range s.surveys {
		v.ResponsePct = dossier.Percent(v.AnsweredCount, v.AskedCount)
	}
	r.Surveys = rowsOf(s.surveys, func(a, b Surveyed) int { return cmp.Compare(a.Instrument, b.Instrument) })
	r.Asked = s.asked
	r.Asked.SolicitedPct = dossier.Percent(s.asked.SolicitedCount, s.asked.SolicitedCount+s.asked.UnsolicitedCount)
	r.Sources = s.sourceList(d)
	r.Functions = []Rated{}
	for key, v := range s.rated {
		result := v.Result()
		row := Rated{Function: key[0], Period: key[1], By: key[2], MeanPct: result.Value, Formula: result.Formula, Count: result.Count}
		if cite {
			row.Positions = v.positions
		}
		r.Functions = append(r.Functions, row)
	}
	slices.SortFunc(r.Functions, func(a, b Rated) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Period, b.Period), cmp.Compare(a.By, b.By))
	})
}

func (s *scores) scoreList(d *dossier.Dossier, cite bool) []Score {
	all := []Score{}
	for instrument, a := range s.answers {
		defined, policy := definition(d, instrument, d.At)
		for i := range a.all {
			r := a.all[i].Result()
			score := Score{
				Measure: instrument, Formula: r.Formula, Headline: r.Formula == first(instrument, defined.Version), Value: r.Value, Low: r.Low, High: r.High,
				Count: r.Count, SkippedCount: r.Skipped, LatestAt: a.latest, AgeD: dossier.Days(d.At.Sub(a.latest)), FlaggedCount: a.flaggedCount,
				WithoutFlagged: a.unflagged[i].Result().Value, DefinedAs: defined.Version, Definition: defined.Text, Policy: policy,
			}
			if cite {
				score.FlaggedPositions = a.flagged
			}
			all = append(all, score)
		}
	}
	slices.SortFunc(all, func(a, b Score) int {
		return cmp.Or(order(instruments, a.Measure)-order(instruments, b.Measure), b.headline(1)-a.headline(1), cmp.Compare(a.Formula, b.Formula))
	})
	return all
}

var instruments = []string{"nps", "csat", "ces", "ease", "perception", "check_in"}

func order(all []string, name string) int { return slices.Index(all, name) }

func (s *scores) trendList(d *dossier.Dossier) []Point {
	all := []Point{}
	for key, tallies := range s.trend {
		defined, _ := definition(d, key[0], endOf(key[1], d.At))
		formula := first(key[0], defined.Version)
		r := (*tallies)[order(known[key[0]], formula)].Result()
		all = append(all, Point{
			Measure: key[0], Quarter: key[1], Formula: r.Formula, Value: r.Value, Low: r.Low, High: r.High, Count: r.Count, DefinedAs: defined.Version,
		})
	}
	slices.SortFunc(all, func(a, b Point) int {
		return cmp.Or(order(instruments, a.Measure)-order(instruments, b.Measure), cmp.Compare(a.Quarter, b.Quarter))
	})
	return all
}

// endOf is the last moment of the quarter, or the latest that is asked about.
func endOf(quarter string, latest time.Time) time.Time {
	year, err := time.Parse("2006", quarter[:4])
	if err != nil {
		return latest
	}
	end := year.AddDate(0, 3*int(quarter[6]-'0'), 0).Add(-time.Microsecond)
	if end.After(latest) {
		return latest
	}
	return end
}

// evidence is what the trust model calls what comes from a source.
var evidence = map[string]string{"words": "voice.captured", "third_party": "survey.independent", "survey": "survey.answered"}

func (s *scores) sourceList(d *dossier.Dossier) []Source {
	all := []Source{}
	for _, source := range []string{"words", "third_party", "survey"} {
		t := s.sources[source]
		if t == nil {
			continue
		}
		r := t.Result()
		row := Source{Source: source, MeanPct: r.Value, LowPct: r.Low, HighPct: r.High, Formula: r.Formula, Count: r.Count}
		for _, e := range d.Policy().Trust.Weights {
			if e.Kind == evidence[source] {
				row.Weight = e.Weight
			}
		}
		all = append(all, row)
	}
	return all
}
