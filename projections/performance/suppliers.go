package performance

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Supplier is what is known of a supplier that misses go back to, or that has a part in what we do.
type Supplier struct {
	Supplier  string     `json:"supplier" doc:"by our own id"`
	MissCount int        `json:"miss_count" doc:"missed lines that go back to it"`
	Evidence  []Evidence `json:"evidence" doc:"what is known of it, the last first"`
}

// Evidence is one thing known of a supplier.
type Evidence struct {
	At       time.Time       `json:"at"`
	Type     string          `json:"type" doc:"of the event"`
	What     string          `json:"what,omitzero" doc:"the measure, scheme, programme, kind of effort or product"`
	Value    *float64        `json:"value,omitempty" doc:"of quality, parts per million"`
	UOM      string          `json:"uom,omitzero"`
	Period   string          `json:"period,omitzero"`
	Position domain.Position `json:"position"`
}

// suppliers are those of which anything is known, those behind most misses first.
func suppliers(events []domain.Recorded, misses []Miss) []Supplier {
	named := map[string]*Supplier{}
	of := func(name string) *Supplier {
		if named[name] == nil {
			named[name] = &Supplier{Supplier: name, Evidence: []Evidence{}}
		}
		return named[name]
	}
	for _, m := range misses {
		if m.Supplier != "" {
			of(m.Supplier).MissCount++
		}
	}
	for _, e := range slices.Backward(events) {
		if name, ev := evidence(e); name != "" {
			ev.At, ev.Type, ev.Position = e.OccurredAt, string(e.Data.EventType()), e.Position
			s := of(name)
			s.Evidence = append(s.Evidence, ev)
		}
	}
	list := []Supplier{}
	for _, s := range named {
		slices.SortStableFunc(s.Evidence, func(a, b Evidence) int { return b.At.Compare(a.At) })
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Supplier) int { return cmp.Or(b.MissCount-a.MissCount, cmp.Compare(a.Supplier, b.Supplier)) })
	return list
}

// evidence is what an event says of a supplier; "" if it is of none.
func evidence(e domain.Recorded) (supplier string, ev Evidence) {
	switch data := e.Data.(type) {
	case domain.QualityMeasured:
		supplier, ev = data.Supplier, Evidence{What: data.Product, Period: data.Period}
		if data.InspectedQty > 0 {
			ev.Value, ev.UOM = new(1e6*data.NonconformingQty/data.InspectedQty), "ppm"
		}
	case domain.FigurePublished:
		supplier, ev = data.Supplier, Evidence{What: data.Measure, Value: &data.Value, UOM: data.UOM, Period: data.Period}
	case domain.NonconformityOpened:
		supplier, ev = data.Supplier, Evidence{What: data.Product, Value: data.QtyAffected, UOM: data.UOM}
	case domain.TrainingCompleted:
		supplier, ev = data.Supplier, Evidence{What: data.Programme, Value: data.ScorePct}
		if data.ScorePct != nil {
			ev.UOM = "pct"
		}
	case domain.CertificateGranted:
		supplier, ev = data.Supplier, Evidence{What: data.Scheme}
	case domain.CertificateExpired:
		supplier, ev = data.Supplier, Evidence{What: data.Scheme}
	case domain.InvolvementStarted:
		supplier, ev = data.Supplier, Evidence{What: data.Kind}
	}
	return supplier, ev
}
