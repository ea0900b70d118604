package voice

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Listening is what became of the words in the period.
type Listening struct {
	WordsCount         int      `json:"words_count"`
	ReadCount          int      `json:"read_count" doc:"read by a function of ours"`
	UnreadCount        int      `json:"unread_count"`
	SummarisedCount    int      `json:"summarised_count"`
	ActedCount         int      `json:"acted_count" doc:"named by a plan, an improvement, a follow-up or a decision"`
	ActedPct           *float64 `json:"acted_pct"`
	ToldCount          int      `json:"told_count" doc:"of which the customer heard what became of them"`
	ClosedPct          *float64 `json:"closed_pct" doc:"told, of all: the loop is closed"`
	UnansweredBadCount int      `json:"unanswered_bad_count" doc:"negative words that nothing came of"`
	NothingBehindCount int      `json:"nothing_behind_count" doc:"conclusions without words"`
}

// Reach is a function of ours.
type Reach struct {
	Function    string   `json:"function"`
	SentCount   int      `json:"sent_count" doc:"words that were sent to it"`
	ReadCount   int      `json:"read_count" doc:"words that it read, sent to it or not"`
	UnreadCount int      `json:"unread_count" doc:"sent to it and not read"`
	ReachPct    *float64 `json:"reach_pct" doc:"read, of all words in the period"`
	MedianH     *float64 `json:"median_h" doc:"hours from the customer's words to the reading"`
	SlowestH    *float64 `json:"slowest_h"`
	elapsed     []float64
}

// Area is what they spoke of.
type Area struct {
	Area           string    `json:"area" doc:"unknown where nobody said"`
	WordsCount     int       `json:"words_count"`
	NegativeCount  int       `json:"negative_count"`
	MeanPolarity   *float64  `json:"mean_polarity" doc:"-2 to 2, as heard"`
	LatestAt       time.Time `json:"latest_at"`
	OwnedCount     int       `json:"owned_count" doc:"of which somebody owns a plan or a follow-up"`
	MedianOwnedMin *float64  `json:"median_owned_min" doc:"minutes until then"`
	polarity       mean
	owned          []float64
}

type listening struct {
	Listening
	reach map[string]*Reach
	areas map[string]*Area
}

func (l *listening) take(h *heard) {
	for _, w := range h.words {
		if h.d.Within(w.SaidAt) {
			l.words(w)
		}
	}
	l.NothingBehindCount += len(h.conclusions())
}

func (l *listening) words(w *Words) {
	l.WordsCount++
	l.ReadCount += dossier.Truth(w.wasRead())
	l.UnreadCount += dossier.Truth(!w.wasRead())
	l.SummarisedCount += dossier.Truth(len(w.Summaries) > 0)
	l.ActedCount += dossier.Truth(w.acted())
	l.ToldCount += dossier.Truth(!w.ToldAt.IsZero())
	l.UnansweredBadCount += dossier.Truth(w.bad() && !w.acted())
	for _, f := range w.Functions {
		r := at(&l.reach, f.Function, Reach{Function: f.Function})
		r.SentCount += dossier.Truth(!f.SentAt.IsZero())
		if f.ReadAt.IsZero() {
			r.UnreadCount++
			continue
		}
		r.ReadCount++
		r.elapsed = append(r.elapsed, *f.ElapsedH)
	}
	a := at(&l.areas, cmp.Or(w.Area, "unknown"), Area{Area: cmp.Or(w.Area, "unknown")})
	a.WordsCount++
	a.NegativeCount += dossier.Truth(w.bad())
	if w.Polarity != nil {
		a.polarity.add(float64(*w.Polarity))
	}
	if w.SaidAt.After(a.LatestAt) {
		a.LatestAt = w.SaidAt
	}
	if w.OwnedMin != nil {
		a.OwnedCount++
		a.owned = append(a.owned, *w.OwnedMin)
	}
}

func (l *listening) report(r *Sums) {
	r.Listening = l.Listening
	r.Listening.ActedPct = dossier.Percent(l.ActedCount, l.WordsCount)
	r.Listening.ClosedPct = dossier.Percent(l.ToldCount, l.WordsCount)
	r.Reach = rowsOf(l.reach, func(a, b Reach) int { return cmp.Compare(a.Function, b.Function) })
	for i := range r.Reach {
		f := &r.Reach[i]
		f.ReachPct, f.MedianH = dossier.Percent(f.ReadCount, l.WordsCount), dossier.Median(f.elapsed)
		if len(f.elapsed) > 0 {
			f.SlowestH = new(slices.Max(f.elapsed))
		}
	}
	r.Areas = rowsOf(l.areas, func(a, b Area) int { return cmp.Or(b.WordsCount-a.WordsCount, cmp.Compare(a.Area, b.Area)) })
	for i := range r.Areas {
		a := &r.Areas[i]
		a.MeanPolarity, a.MedianOwnedMin = a.polarity.value(), dossier.Median(a.owned)
	}
}

// Direct is what they say when we ask how we are doing, beside what they say in surveys.
type Direct struct {
	CheckInsCount int               `json:"check_ins_count" doc:"talks in the period in which we asked"`
	LastAt        time.Time         `json:"last_at,omitzero" doc:"the last of all"`
	SinceD        *float64          `json:"since_d" doc:"days since then; null: never"`
	Formula       string            `json:"formula"`
	DirectPct     *float64          `json:"direct_pct" doc:"what they said in such talks, in percent of the scale"`
	DirectCount   int               `json:"direct_count"`
	SurveyPct     *float64          `json:"survey_pct" doc:"what they said in surveys, in percent of the scale"`
	SurveyCount   int               `json:"survey_count"`
	GapPct        *float64          `json:"gap_pct" doc:"direct less survey, in points"`
	Disagree      *bool             `json:"disagree" doc:"whether the 90% intervals of the two do not meet; null without both"`
	Positions     []domain.Position `json:"positions" doc:"the talks"`
}

func (h *heard) direct() Direct {
	d := Direct{Formula: measure.ScaleMean1, Positions: []domain.Position{}}
	direct, surveys := measure.By(measure.ScaleMean1), measure.By(measure.ScaleMean1)
	asked := map[string]bool{}
	for _, e := range h.d.Events {
		data, ok := e.Data.(domain.InteractionHeld)
		if !ok || !data.AskedHowAreWe && data.Kind != "check_in" {
			continue
		}
		if data.Interaction != "" {
			asked[h.d.Name(e, data.Interaction)] = true
		}
		if !domain.InContact(e.OccurredAt, e.RecordedAt) {
			continue
		}
		d.LastAt, d.SinceD = e.OccurredAt, new(dossier.Days(h.d.At.Sub(e.OccurredAt)))
		if h.d.Within(e.OccurredAt) {
			d.CheckInsCount++
			d.Positions = append(d.Positions, e.Position)
		}
	}
	for _, e := range h.d.Events {
		if !h.d.Within(e.OccurredAt) {
			continue
		}
		switch data := e.Data.(type) {
		case domain.SurveyAnswered:
			a := measure.Answer{Score: data.Score, ScaleMin: data.ScaleMin, ScaleMax: data.ScaleMax}
			if data.Instrument == "check_in" || asked[h.d.Name(e, data.Interaction)] {
				direct.Add(a)
			} else {
				surveys.Add(a)
			}
		case domain.VoiceCaptured:
			if data.Polarity != nil && asked[h.d.Name(e, data.Interaction)] {
				direct.Add(heardAs(*data.Polarity))
			}
		}
	}
	d.compare(direct.Result(), surveys.Result())
	return d
}

func (d *Direct) compare(direct, surveys measure.Result) {
	d.DirectPct, d.DirectCount, d.SurveyPct, d.SurveyCount = direct.Value, direct.Count, surveys.Value, surveys.Count
	if direct.Value == nil || surveys.Value == nil {
		return
	}
	d.GapPct = new(*direct.Value - *surveys.Value)
	d.Disagree = new(*direct.High < *surveys.Low || *surveys.High < *direct.Low)
}
