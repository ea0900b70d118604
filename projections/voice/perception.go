package voice

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Gap is our figure for something beside how they see it.
type Gap struct {
	Dimension string            `json:"dimension" doc:"as the question and our measure call it"`
	TheirsPct *float64          `json:"theirs_pct" doc:"how they see it, in percent of the scale: perceptions in the period"`
	LowPct    *float64          `json:"low_pct"`
	HighPct   *float64          `json:"high_pct"`
	Count     int               `json:"answers_count"`
	Formula   string            `json:"formula"`
	Ours      *float64          `json:"ours" doc:"our latest figure; of several accounts their mean"`
	UOM       string            `json:"uom,omitzero" doc:"its unit of measure; percent is pct"`
	Period    string            `json:"period,omitzero" doc:"what it is about; absent of several"`
	GapPct    *float64          `json:"gap_pct" doc:"ours less theirs, in points; null unless ours is in pct"`
	Positions []domain.Position `json:"positions,omitzero" doc:"of their answers and of our figure"`
}

// perceived is a dimension as they see it and as we measure it.
type perceived struct {
	theirs    measure.Tally
	ours      mean
	uom       string
	mixed     bool // figures in several units
	period    string
	positions []domain.Position
}

// ours is a figure of ours.
type ours struct {
	value       float64
	uom, period string
	at          time.Time
	position    domain.Position
}

// perceive takes in how the account sees us, and our figures for the same.
func (s *sums) perceive(h *heard) {
	seen := map[string]bool{}
	for _, e := range h.d.Events {
		data, ok := e.Data.(domain.SurveyAnswered)
		if !ok || data.Instrument != "perception" || data.Dimension == "" || !h.d.Within(e.OccurredAt) {
			continue
		}
		p := at(&s.gaps, data.Dimension, perceived{theirs: measure.By(measure.ScaleMean1)})
		p.theirs.Add(measure.Answer{Score: data.Score, ScaleMin: data.ScaleMin, ScaleMax: data.ScaleMax})
		seen[data.Dimension] = true
		if s.cite {
			p.positions = append(p.positions, e.Position)
		}
	}
	figures := h.figures()
	for dimension := range seen {
		o, ok := figures[dimension]
		if !ok {
			continue
		}
		p := s.gaps[dimension]
		p.mixed = p.mixed || p.ours.n > 0 && p.uom != o.uom
		p.ours.add(o.value)
		p.uom, p.period = o.uom, o.period
		if s.cite {
			p.positions = append(p.positions, o.position)
		}
	}
}

// figures are our latest ones by measure: what we published of the account, or in general if of it
// nothing, unless something was measured for an expectation of theirs since.
func (h *heard) figures() map[string]ours {
	all, measured := map[string]ours{}, map[string]ours{}
	for _, events := range [][]domain.Recorded{h.d.General, h.d.Events} {
		for _, e := range events {
			if data, ok := e.Data.(domain.FigurePublished); ok && data.By == "us" && data.Supplier == "" {
				all[data.Measure] = ours{data.Value, dossier.Unit(data.UOM), data.Period, e.OccurredAt, e.Position}
			}
		}
	}
	expected := map[string]domain.ExpectationStated{}
	for _, e := range h.d.Events {
		switch data := e.Data.(type) {
		case domain.ExpectationStated:
			expected[h.d.Name(e, data.Expectation)] = data
		case domain.ExpectationMeasured:
			if of := expected[h.d.Name(e, data.Expectation)]; of.Measure != "" {
				measured[of.Measure] = ours{data.Value, dossier.Unit(cmp.Or(data.UOM, of.UOM)), data.Period, e.OccurredAt, e.Position}
			}
		}
	}
	for name, m := range measured {
		if p, ok := all[name]; !ok || m.at.After(p.at) {
			all[name] = m
		}
	}
	return all
}

func (s *sums) perception() []Gap {
	all := []Gap{}
	for dimension, p := range s.gaps {
		r := p.theirs.Result()
		g := Gap{
			Dimension: dimension, TheirsPct: r.Value, LowPct: r.Low, HighPct: r.High, Count: r.Count, Formula: r.Formula,
			Positions: slices.Sorted(slices.Values(p.positions)),
		}
		if p.ours.n > 0 && !p.mixed {
			g.Ours, g.UOM = p.ours.value(), p.uom
			if p.ours.n == 1 {
				g.Period = p.period
			}
			if p.uom == "pct" && r.Value != nil {
				g.GapPct = new(*g.Ours - *r.Value)
			}
		}
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b Gap) int {
		width := func(g Gap) float64 {
			if g.GapPct == nil {
				return -1
			}
			return math.Abs(*g.GapPct)
		}
		return cmp.Or(cmp.Compare(width(b), width(a)), cmp.Compare(a.Dimension, b.Dimension))
	})
	return all
}
