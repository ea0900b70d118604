package performance

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Delivery is how what was promised arrived. Where no variant is named, a line is held
// against the date confirmed first, or the latest if none was, at the customer's.
type Delivery struct {
	OnTimeRule string    `json:"on_time_rule" enum:"on-time-by-1,on-time-window-1" doc:"the formula in force now; by the second, early is a miss, too. A policy's measures say it of on_time; a line goes by the one in force when it was due"`
	Lines      Lines     `json:"lines"`
	Perfect    Perfect   `json:"perfect"`
	Variants   []Variant `json:"variants" doc:"by date at the customer's and date of departure, and by each promise"`
	Trend      []Month   `json:"trend" doc:"by the month in which lines were due"`
}

// Lines counts lines that fell due in the period. What is not known counts neither way.
type Lines struct {
	LineCount        int      `json:"line_count"`
	OnTimePct        *float64 `json:"on_time_pct"`
	InFullPct        *float64 `json:"in_full_pct" doc:"within the tolerance of the order"`
	OTIFPct          *float64 `json:"otif_pct" doc:"on time and in full"`
	OTIFExcusedPct   *float64 `json:"otif_excused_pct" doc:"if excused lines are taken as on time and in full"`
	UnknownCount     int      `json:"unknown_count" doc:"lines of which it is not known whether they were on time and in full"`
	ExcusedCount     int      `json:"excused_count" doc:"lines that were not on time and in full, and are excused"`
	EarlyCount       int      `json:"early_count" doc:"lines that were there before the promised day"`
	OnTimeCount      int      `json:"lines_on_time_count"`
	NotOnTimeCount   int      `json:"lines_not_on_time_count"`
	InFullCount      int      `json:"lines_in_full_count"`
	NotInFullCount   int      `json:"lines_not_in_full_count"`
	OTIFCount        int      `json:"lines_otif_count"`
	NotOTIFCount     int      `json:"lines_not_otif_count"`
	OnTimeExcusedPct *float64 `json:"on_time_excused_pct" doc:"if excused lines are taken as on time"`
	InFullExcusedPct *float64 `json:"in_full_excused_pct" doc:"if excused lines are taken as in full"`

	lateExcused, shortExcused int
}

func (c *Lines) count(v verdict, excused bool) {
	c.LineCount++
	tally(v.onTime, &c.OnTimeCount, &c.NotOnTimeCount)
	tally(v.inFull, &c.InFullCount, &c.NotInFullCount)
	tally(v.otif(), &c.OTIFCount, &c.NotOTIFCount)
	if v.otif() == unknown {
		c.UnknownCount++
	}
	if v.early {
		c.EarlyCount++
	}
	if !excused {
		return
	}
	tally(v.otif(), new(int), &c.ExcusedCount)
	tally(v.onTime, new(int), &c.lateExcused)
	tally(v.inFull, new(int), &c.shortExcused)
}

func tally(t truth, is, isNot *int) {
	switch t {
	case yes:
		*is++
	case no:
		*isNot++
	}
}

func (c *Lines) rate() {
	pct := func(is, isNot, excused int) (plain, kind *float64) {
		return dossier.Percent(is, is+isNot), dossier.Percent(is+excused, is+isNot)
	}
	c.OnTimePct, c.OnTimeExcusedPct = pct(c.OnTimeCount, c.NotOnTimeCount, c.lateExcused)
	c.InFullPct, c.InFullExcusedPct = pct(c.InFullCount, c.NotInFullCount, c.shortExcused)
	c.OTIFPct, c.OTIFExcusedPct = pct(c.OTIFCount, c.NotOTIFCount, c.ExcusedCount)
}

// Perfect counts perfect orders: lines that are in full, on date, with the right documents and
// undamaged. A line that fails one test is not perfect, whatever is not known of the others.
type Perfect struct {
	PerfectPct     *float64 `json:"perfect_pct"`
	PerfectCount   int      `json:"lines_perfect_count"`
	ImperfectCount int      `json:"lines_imperfect_count"`
	UnknownCount   int      `json:"unknown_count" doc:"lines that failed no test, but were not put to all"`
	DocumentsPct   *float64 `json:"documents_pct" doc:"lines with the right documents, of those of which it is known"`
	ConditionPct   *float64 `json:"condition_pct" doc:"lines without damage, of those of which it is known"`

	documents, notDocuments, condition, notCondition int
}

func (p *Perfect) count(l *line, v verdict) {
	documents, condition := l.documents(), l.condition()
	perfect := both(v.inFull, v.onTime, documents, condition)
	tally(perfect, &p.PerfectCount, &p.ImperfectCount)
	if perfect == unknown {
		p.UnknownCount++
	}
	tally(documents, &p.documents, &p.notDocuments)
	tally(condition, &p.condition, &p.notCondition)
}

func (p *Perfect) rate() {
	p.PerfectPct = dossier.Percent(p.PerfectCount, p.PerfectCount+p.ImperfectCount)
	p.DocumentsPct = dossier.Percent(p.documents, p.documents+p.notDocuments)
	p.ConditionPct = dossier.Percent(p.condition, p.condition+p.notCondition)
}

// Variant is one of the ways to count.
type Variant struct {
	Place string `json:"place" enum:"customer,departure" doc:"whether the date is that at the customer's, or that of leaving us"`
	Basis string `json:"basis" enum:"requested,first_confirmed,last_confirmed"`
	Lines
}

var (
	places = []string{"customer", "departure"}
	bases  = []string{"requested", "first_confirmed", "last_confirmed"}
)

// Month is the lines that were due in a month.
type Month struct {
	Month string `json:"month" doc:"in the time zone of the policy's calendar"`
	Lines
	PerfectPct *float64 `json:"perfect_pct"`

	perfect Perfect
}

func (m *Month) count(l *line, v verdict) {
	m.Lines.count(v, len(l.excuses) > 0)
	m.perfect.count(l, v)
}

func (m *Month) rate() {
	m.Lines.rate()
	m.perfect.rate()
	m.PerfectPct = m.perfect.PerfectPct
}

// deliveries counts lines, of one account or of all.
type deliveries struct {
	lines    Lines
	perfect  Perfect
	variants [2][3]Lines
	months   groups[Month]
}

func (s *deliveries) count(d *dossier.Dossier, rules rules, l *line) {
	excused := len(l.excuses) > 0
	for i := range places {
		for n, basis := range bases {
			if p := l.by(basis); p != nil {
				if v := l.judge(p, i == 1, d.At, rules); counts(d, v) {
					s.variants[i][n].count(v, excused)
				}
			}
		}
	}
	p := l.inForce()
	if p == nil {
		return
	}
	if v := l.judge(p, false, d.At, rules); counts(d, v) {
		s.lines.count(v, excused)
		s.perfect.count(l, v)
		s.months.at(rules.at(v.due).month(v.due)).count(l, v)
	}
}

func counts(d *dossier.Dossier, v verdict) bool { return !v.counts.IsZero() && d.Within(v.counts) }

func (s *deliveries) answer(formula string) Delivery {
	a := Delivery{OnTimeRule: formula, Lines: s.lines, Perfect: s.perfect, Variants: []Variant{}, Trend: []Month{}}
	a.Lines.rate()
	a.Perfect.rate()
	for i, place := range places {
		for n, basis := range bases {
			v := Variant{Place: place, Basis: basis, Lines: s.variants[i][n]}
			v.rate()
			a.Variants = append(a.Variants, v)
		}
	}
	for k, m := range s.months {
		m := *m
		m.Month = k[0]
		m.rate()
		a.Trend = append(a.Trend, m)
	}
	slices.SortFunc(a.Trend, func(a, b Month) int { return cmp.Compare(a.Month, b.Month) })
	return a
}

// Miss is a line that was not on time, not in full, or said to be missed.
type Miss struct {
	Line             string            `json:"line" doc:"the emitter's id"`
	Order            string            `json:"order,omitzero"`
	Product          string            `json:"product,omitzero"`
	DueAt            time.Time         `json:"due_at" doc:"by the date confirmed first, or the latest; when it was missed, if nothing was promised"`
	LateMin          *float64          `json:"late_min" doc:"until it was complete, or as the miss says; 0 if it was not late, null if that is not known"`
	ShortQty         *float64          `json:"short_qty" doc:"by what came, else as the miss says; 0 if what came is in full, within the tolerance; null if it is not known"`
	UOM              string            `json:"uom,omitzero"`
	Early            bool              `json:"early" doc:"there before the promised day"`
	Excused          bool              `json:"excused"`
	Excuses          []Excuse          `json:"excuses" doc:"whoever said it is not held against us"`
	Reason           string            `json:"reason,omitzero"`
	Supplier         string            `json:"supplier,omitzero" doc:"the supplier it goes back to; what is known of them is in suppliers"`
	RequestedAt      time.Time         `json:"requested_at,omitzero"`
	FirstConfirmedAt time.Time         `json:"first_confirmed_at,omitzero"`
	LastConfirmedAt  time.Time         `json:"last_confirmed_at,omitzero"`
	DeliveredAt      time.Time         `json:"delivered_at,omitzero" doc:"the last of it"`
	Position         domain.Position   `json:"position" doc:"of the recorded miss, else of the last event of the line; what it does to the score is under the positions in trust"`
	Positions        []domain.Position `json:"positions" doc:"all events of the line"`
}

// report is the line as a miss, if it is one in the period.
func (l *line) report(d *dossier.Dossier, rules rules) (Miss, bool) {
	m := Miss{
		Line: l.id, Order: l.order, Product: l.product, Excused: len(l.excuses) > 0, Excuses: l.excuses,
		Position: l.positions[len(l.positions)-1], Positions: l.positions,
	}
	if m.Excuses == nil {
		m.Excuses = []Excuse{}
	}
	within := l.recorded(d, &m)
	for at, p := range map[*time.Time]*promise{&m.RequestedAt: l.requested, &m.FirstConfirmedAt: l.first, &m.LastConfirmedAt: l.last} {
		if p != nil {
			*at = p.at
		}
	}
	if len(l.made) > 0 {
		m.DeliveredAt = l.made[len(l.made)-1].at
	}
	if p := l.inForce(); p != nil {
		v := l.judge(p, false, d.At, rules)
		m.DueAt, m.Early = v.due, v.early
		switch {
		case v.shortQty != nil:
			m.ShortQty, m.UOM = v.shortQty, v.shortUOM
		case v.inFull == yes:
			m.ShortQty, m.UOM = new(0.0), p.uom
		}
		if v.onTime != unknown && len(l.made) > 0 {
			m.LateMin = new(v.late.Minutes())
		}
		if v.otif() == no && counts(d, v) {
			within = true
		}
		m.UOM = cmp.Or(m.UOM, p.uom)
	}
	return m, within
}

// recorded takes in what misses say, and reports whether one was in the period.
func (l *line) recorded(d *dossier.Dossier, m *Miss) (within bool) {
	for _, e := range l.misses {
		data := e.Data.(domain.DeliveryMissed)
		m.DueAt, m.Position = e.OccurredAt, e.Position
		m.Reason, m.Supplier = cmp.Or(data.Reason, m.Reason), cmp.Or(data.Supplier, m.Supplier)
		if data.LateMin != nil {
			m.LateMin = data.LateMin
		}
		within = within || d.Within(e.OccurredAt)
	}
	if l.shortQty > 0 {
		m.ShortQty, m.UOM = &l.shortQty, l.shortUOM
	}
	return within
}

// misses are the lines that were missed, the last first.
func misses(d *dossier.Dossier, lines []*line, rules rules) []Miss {
	all := []Miss{}
	for _, l := range lines {
		if m, ok := l.report(d, rules); ok {
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b Miss) int { return b.DueAt.Compare(a.DueAt) })
	return all
}
