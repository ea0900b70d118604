package performance

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Figure is the numbers that were published for a measure and a period, side by side.
type Figure struct {
	Account         domain.AccountID  `json:"account,omitzero" doc:"the account merged into this one whose numbers they are; absent if they are this one's"`
	Measure         string            `json:"measure"`
	Period          string            `json:"period"`
	Supplier        string            `json:"supplier,omitzero" doc:"whose performance it is; absent if ours"`
	UOM             string            `json:"uom"`
	Ours            *float64          `json:"ours"`
	Customers       *float64          `json:"customers"`
	ThirdPartys     *float64          `json:"third_partys"`
	Suppliers       *float64          `json:"suppliers,omitempty"`
	CustomerGap     *float64          `json:"customer_gap" doc:"ours less the customer's"`
	ThirdPartyGap   *float64          `json:"third_party_gap" doc:"ours less the third party's"`
	Computed        *float64          `json:"computed" doc:"what the events of the ledger say, for measures that it can count: on_time, in_full, otif and otif_excused (pct), perfect_order, first_time_right, and ppm; null for others, without events, and of merged accounts"`
	ComputedGap     *float64          `json:"computed_gap" doc:"ours less the computed"`
	State           string            `json:"state" enum:"gap,equal,alone,reconciled" doc:"gap: they differ, also if others were agreed on before; alone: there is nothing to compare"`
	Agreed          *float64          `json:"agreed" doc:"the number agreed on in the end"`
	Right           string            `json:"right,omitzero" enum:"us,customer,third_party,supplier,nobody"`
	LastPublishedAt time.Time         `json:"last_published_at"`
	Positions       []domain.Position `json:"positions" doc:"what counts now of what was published and agreed"`

	values map[string]number // by whom
	since  map[string]number // those published since a number was agreed on
	agreed domain.Position
}

type number struct {
	value    float64
	position domain.Position
}

type figureKey struct {
	account                        domain.AccountID
	measure, period, supplier, uom string
}

// figures are the numbers published by then, the last first.
func figures(d *dossier.Dossier, computed *computed) []Figure {
	var all []*Figure
	named := map[figureKey]*Figure{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.FigurePublished:
			k := figureKey{e.Account, data.Measure, data.Period, data.Supplier, dossier.Unit(data.UOM)}
			f := named[k]
			if f == nil {
				f = &Figure{Measure: k.measure, Period: k.period, Supplier: k.supplier, UOM: k.uom, values: map[string]number{}, since: map[string]number{}}
				if e.Account != d.Account {
					f.Account = e.Account
				}
				all, named[k] = append(all, f), f
			}
			n := number{data.Value, e.Position}
			f.values[data.By], f.since[data.By], f.LastPublishedAt = n, n, e.OccurredAt
		case domain.FigureReconciled:
			if f := named[figureKey{e.Account, data.Measure, data.Period, data.Supplier, dossier.Unit(data.UOM)}]; f != nil {
				f.Agreed, f.Right, f.agreed, f.since = &data.AgreedValue, data.Right, e.Position, map[string]number{}
			}
		}
	}
	list := make([]Figure, 0, len(all))
	for _, f := range all {
		f.compare(computed)
		list = append(list, *f)
	}
	slices.SortStableFunc(list, func(a, b Figure) int {
		return cmp.Or(rank(a)-rank(b), b.LastPublishedAt.Compare(a.LastPublishedAt))
	})
	return list
}

// rank puts what is to be brought together first.
func rank(f Figure) int {
	if f.State == "gap" {
		return 0
	}
	return 1
}

func (f *Figure) compare(computed *computed) {
	for by, place := range map[string]**float64{"us": &f.Ours, "customer": &f.Customers, "third_party": &f.ThirdPartys, "supplier": &f.Suppliers} {
		if n, ok := f.values[by]; ok {
			*place = &n.value
			f.Positions = append(f.Positions, n.position)
		}
	}
	if f.agreed != 0 {
		f.Positions = append(f.Positions, f.agreed)
	}
	slices.Sort(f.Positions)
	if f.Supplier == "" && f.Account == "" {
		f.Computed = computed.value(f.Measure, f.Period, f.UOM)
	}
	f.CustomerGap, f.ThirdPartyGap, f.ComputedGap = gap(f.Ours, f.Customers), gap(f.Ours, f.ThirdPartys), gap(f.Ours, f.Computed)
	switch {
	case differ(f.since):
		f.State = "gap"
	case f.agreed != 0:
		f.State = "reconciled"
	case len(f.values) < 2:
		f.State = "alone"
	default:
		f.State = "equal"
	}
}

func gap(ours, other *float64) *float64 {
	if ours == nil || other == nil {
		return nil
	}
	return new(*ours - *other)
}

func differ(numbers map[string]number) bool {
	var one *float64
	for _, n := range numbers {
		if one != nil && *one != n.value {
			return true
		}
		one = &n.value
	}
	return false
}

// computed is what the events say for measures and periods that figures are published of.
// It goes by when lines were due and work was done, whatever period is asked about.
type computed struct {
	lines groups[Month]
	work  groups[Work]
	parts groups[PPM] // by period and unit
	units map[string]map[string]bool
}

func newComputed() *computed {
	return &computed{lines: groups[Month]{}, work: groups[Work]{}, parts: groups[PPM]{}, units: map[string]map[string]bool{}}
}

func (c *computed) count(d *dossier.Dossier, lines []*line, rules rules) {
	for _, l := range lines {
		p := l.inForce()
		if p == nil {
			continue
		}
		if v := l.judge(p, false, d.At, rules); !v.counts.IsZero() {
			for _, period := range wider(rules.at(v.due).month(v.due)) {
				c.lines.at(period).count(l, v)
			}
		}
	}
	for _, e := range d.Events {
		month := rules.at(e.OccurredAt).month(e.OccurredAt)
		switch data := e.Data.(type) {
		case domain.JobCompleted:
			for _, period := range wider(month) {
				c.work.at(period).count(data)
			}
		case domain.QualityMeasured:
			if data.Supplier == "" && (data.By == "" || data.By == "us") {
				for _, period := range wider(cmp.Or(data.Period, month)) {
					c.part(period, data)
				}
			}
		}
	}
}

func (c *computed) part(period string, data domain.QualityMeasured) {
	c.parts.at(period).count(data)
	if c.units[period] == nil {
		c.units[period] = map[string]bool{}
	}
	c.units[period][data.UOM] = true
}

// value is what the events say; nil if they do not.
func (c *computed) value(measure, period, uom string) *float64 {
	if uom == "ppm" && measure == "ppm" {
		if p := c.parts[key{period}]; p != nil && len(c.units[period]) == 1 {
			return p.PPM
		}
		return nil
	}
	if uom != "pct" {
		return nil
	}
	if measure == "first_time_right" {
		if w := c.work[key{period}]; w != nil {
			return w.FirstTimeRightPct
		}
		return nil
	}
	m := c.lines[key{period}]
	if m == nil {
		return nil
	}
	m.rate()
	if of := m.measures()[measure]; of != nil {
		return *of
	}
	return nil
}
