package performance

import (
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Assessment is how somebody judged how well we do, beside our own number and others' scores.
type Assessment struct {
	At            time.Time       `json:"at"`
	Assessor      string          `json:"assessor"`
	Independent   bool            `json:"independent" doc:"neither the customer nor we"`
	General       bool            `json:"general" doc:"of us as a whole, not of what one account gets"`
	Measure       string          `json:"measure,omitzero"`
	Function      string          `json:"function,omitzero"`
	Period        string          `json:"period,omitzero"`
	OurScore      *float64        `json:"our_score" doc:"null if there is a result only"`
	OurPct        *float64        `json:"our_pct" doc:"the score in percent of its scale; null if the scale is not known"`
	Own           *float64        `json:"own" doc:"what we said ourselves last of the measure, and of the period if the assessment names one: of the account, else of us as a whole, and beside a general one only of us as a whole"`
	OwnUOM        string          `json:"own_uom,omitzero"`
	OwnGap        *float64        `json:"own_gap" doc:"the assessor's score less our own, in percent of the scale where ours is in percent"`
	PeerCount     int             `json:"peer_count"`
	PeerMean      *float64        `json:"peer_mean"`
	PeerBest      *float64        `json:"peer_best"`
	Place         int             `json:"place,omitzero" doc:"ours among all scores; 1 is the best"`
	SampleCount   *int64          `json:"sample_count,omitempty"`
	Method        string          `json:"method,omitzero"`
	Standard      string          `json:"standard,omitzero"`
	Clause        string          `json:"clause,omitzero"`
	Result        string          `json:"result,omitzero" enum:"conforming,minor_finding,major_finding,failed"`
	ReportSHA256  string          `json:"report_sha256,omitzero"`
	Position      domain.Position `json:"position"`
	OwnPosition   domain.Position `json:"own_position,omitzero"`
	scale, lowest float64
}

// assessments are those in the period, the last first.
func assessments(s dossier.Span, events []domain.Recorded) []Assessment {
	all := []Assessment{}
	type number struct {
		general         bool
		measure, period string
	}
	own := map[number]domain.Recorded{} // our last, with and without its period
	for _, e := range events {
		if data, ok := e.Data.(domain.FigurePublished); ok && data.By == "us" && data.Supplier == "" {
			general := e.Account == domain.Ledger
			own[number{general, data.Measure, data.Period}], own[number{general, data.Measure, ""}] = e, e
		}
	}
	for _, e := range slices.Backward(events) {
		data, ok := e.Data.(domain.AssessmentMade)
		if !ok || !s.Within(e.OccurredAt) {
			continue
		}
		a := assessed(e, data)
		ours, ok := own[number{a.General, data.Measure, data.Period}]
		if !ok && !a.General {
			ours, ok = own[number{true, data.Measure, data.Period}]
		}
		if ok {
			a.own(ours)
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b Assessment) int { return b.At.Compare(a.At) })
	return all
}

func assessed(e domain.Recorded, data domain.AssessmentMade) Assessment {
	a := Assessment{
		At: e.OccurredAt, Assessor: data.Assessor, Independent: data.Independent, General: e.Account == domain.Ledger, Measure: data.Measure,
		Function: data.Function, Period: data.Period, OurScore: data.OurScore, PeerCount: len(data.PeerScores), SampleCount: data.SampleCount,
		Method: data.Method, Standard: data.Standard, Clause: data.Clause, Result: data.Result, ReportSHA256: data.ReportSHA256, Position: e.Position,
	}
	if data.ScaleMin != nil && data.ScaleMax != nil {
		a.lowest, a.scale = *data.ScaleMin, *data.ScaleMax-*data.ScaleMin
	}
	if a.OurScore != nil && a.scale != 0 {
		a.OurPct = new(100 * (*a.OurScore - a.lowest) / a.scale)
	}
	a.peers(data.PeerScores)
	return a
}

// peers lays our score beside those of others. On a scale that runs down, low is good.
func (a *Assessment) peers(scores []domain.PeerScore) {
	if len(scores) == 0 {
		return
	}
	better := func(x, y float64) bool {
		if a.scale < 0 {
			x, y = y, x
		}
		return x > y
	}
	sum, best := 0.0, scores[0].Score
	a.Place = 1
	for _, p := range scores {
		sum += p.Score
		if better(p.Score, best) {
			best = p.Score
		}
		if a.OurScore != nil && better(p.Score, *a.OurScore) {
			a.Place++
		}
	}
	a.PeerMean, a.PeerBest = new(sum/float64(len(scores))), &best
	if a.OurScore == nil {
		a.Place = 0
	}
}

// own lays our own number beside it.
func (a *Assessment) own(e domain.Recorded) {
	data := e.Data.(domain.FigurePublished)
	a.Own, a.OwnUOM, a.OwnPosition = &data.Value, dossier.Unit(data.UOM), e.Position
	score := a.OurScore
	if a.OwnUOM == "pct" {
		score = a.OurPct
	}
	a.OwnGap = gap(score, a.Own)
}
