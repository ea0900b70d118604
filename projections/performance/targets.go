package performance

import (
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Target is a number set for on_time, in_full, otif, otif_excused or perfect_order in percent
// by an expectation, beside what was reached with the lines that were due while it held.
type Target struct {
	Measure     string          `json:"measure" enum:"on_time,in_full,otif,otif_excused,perfect_order"`
	TargetPct   float64         `json:"target_pct"`
	ReachedPct  *float64        `json:"reached_pct" doc:"null if nothing is known of any line that was due meanwhile"`
	Met         *bool           `json:"met" doc:"null if that is not known"`
	LineCount   int             `json:"line_count"`
	From        time.Time       `json:"from" doc:"from when it held"`
	Until       time.Time       `json:"until,omitzero" doc:"when another took its place; absent while it holds"`
	By          string          `json:"by,omitzero" enum:"us,customer,third_party" doc:"who set it"`
	Expectation string          `json:"expectation" doc:"the emitter's id"`
	Position    domain.Position `json:"position"`
}

// targets are what was set, in that order. A target holds until the same party sets another for the measure,
// or somebody states what takes its place.
func targets(d *dossier.Dossier, lines []*line, rules rules) []Target {
	all := []Target{}
	over := func(at time.Time, which func(Target) bool) {
		for i, t := range all {
			if t.Until.IsZero() && which(t) {
				all[i].Until = at
			}
		}
	}
	for _, e := range d.Events {
		data, ok := e.Data.(domain.ExpectationStated)
		if !ok {
			continue
		}
		if data.Replaces != "" {
			over(e.OccurredAt, func(t Target) bool { return t.Expectation == d.Name(e, data.Replaces) })
		}
		if data.Target == nil || dossier.Unit(data.UOM) != "pct" || (&Month{}).measures()[data.Measure] == nil {
			continue
		}
		over(e.OccurredAt, func(t Target) bool { return t.Measure == data.Measure && t.By == data.By })
		all = append(all, Target{
			Measure: data.Measure, TargetPct: *data.Target, From: e.OccurredAt, By: data.By, Expectation: d.Name(e, data.Expectation), Position: e.Position,
		})
	}
	for i := range all {
		all[i].reach(d, lines, rules)
	}
	return all
}

func (t *Target) reach(d *dossier.Dossier, lines []*line, rules rules) {
	var m Month
	for _, l := range lines {
		p := l.inForce()
		if p == nil || p.at.Before(t.From) || !t.Until.IsZero() && !p.at.Before(t.Until) {
			continue
		}
		if v := l.judge(p, false, d.At, rules); counts(d, v) {
			m.count(l, v)
		}
	}
	m.rate()
	t.LineCount, t.ReachedPct = m.LineCount, *m.measures()[t.Measure]
	if t.ReachedPct != nil {
		t.Met = new(*t.ReachedPct >= t.TargetPct)
	}
}

// measures are what can be counted of lines, by name.
func (m *Month) measures() map[string]**float64 {
	return map[string]**float64{
		"on_time": &m.OnTimePct, "in_full": &m.InFullPct, "otif": &m.OTIFPct, "otif_excused": &m.OTIFExcusedPct, "perfect_order": &m.PerfectPct,
	}
}
