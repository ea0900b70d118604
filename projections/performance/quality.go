package performance

import (
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Quality is how good what we delivered was. That of suppliers is with them.
type Quality struct {
	Measured []PPM      `json:"measured" doc:"by who measured and unit"`
	Products []PPM      `json:"products" doc:"and by product"`
	Returns  []Returned `json:"returns" doc:"what came back, by product and unit"`
	Work     Work       `json:"work" doc:"pieces of work"`
	Kinds    []Work     `json:"kinds" doc:"pieces of work by kind"`
}

// PPM is parts that were not good per million of what was inspected.
type PPM struct {
	MeasuredBy       string   `json:"measured_by,omitzero" enum:"us,customer,third_party" doc:"absent if nobody said"`
	Product          string   `json:"product,omitzero"`
	UOM              string   `json:"uom"`
	PPM              *float64 `json:"nonconforming_ppm" doc:"null if nothing was inspected"`
	InspectedQty     float64  `json:"inspected_qty"`
	NonconformingQty float64  `json:"nonconforming_qty"`
	MeasuredCount    int      `json:"measured_count"`
}

func (p *PPM) count(data domain.QualityMeasured) {
	p.MeasuredBy, p.UOM = data.By, data.UOM
	p.MeasuredCount++
	p.InspectedQty += data.InspectedQty
	p.NonconformingQty += data.NonconformingQty
	if p.InspectedQty > 0 {
		p.PPM = new(1e6 * p.NonconformingQty / p.InspectedQty)
	}
}

// Returned is what came back.
type Returned struct {
	Product           string   `json:"product,omitzero"`
	UOM               string   `json:"uom,omitzero"`
	ReturnCount       int      `json:"return_count"`
	Qty               *float64 `json:"qty" doc:"null if none said how many"`
	AnalysedCount     int      `json:"analysed_count"`
	NoFaultFoundCount int      `json:"found_faultless_count"`
	NoFaultFoundPct   *float64 `json:"no_fault_found_pct" doc:"of those analysed"`
}

func (r *Returned) count(b back) {
	r.Product, r.UOM = b.product, b.uom
	r.ReturnCount++
	if b.qty != nil {
		r.Qty = plus(r.Qty, *b.qty)
	}
	if b.analysed {
		r.AnalysedCount++
		if b.noFault {
			r.NoFaultFoundCount++
		}
	}
	r.NoFaultFoundPct = dossier.Percent(r.NoFaultFoundCount, r.AnalysedCount)
}

// back is one return.
type back struct {
	product, uom      string
	qty               *float64
	analysed, noFault bool
}

// backs are the returns in the period, with what the last analysis found.
func backs(d *dossier.Dossier) []*back {
	var all []*back
	named := map[string]*back{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.ReturnReceived:
			if b := (&back{product: data.Product, uom: data.UOM, qty: data.Qty}); d.Within(e.OccurredAt) {
				all, named[d.Name(e, data.Return)] = append(all, b), b
			}
		case domain.ReturnAnalysed:
			if b := named[d.Name(e, data.Return)]; b != nil {
				b.analysed, b.noFault = true, data.NoFaultFound
			}
		}
	}
	return all
}

// Work is pieces of work done for the customer, and whether they were right at once.
type Work struct {
	Kind              string   `json:"kind,omitzero"`
	FirstTimeRightPct *float64 `json:"first_time_right_pct"`
	JobCount          int      `json:"job_count"`
	RightCount        int      `json:"right_count"`
	ReworkH           *float64 `json:"rework_h" doc:"hours spent on doing it again; null if something was done again and nobody said how long"`

	again, told int
	reworkH     float64
}

func (w *Work) count(data domain.JobCompleted) {
	w.JobCount++
	if data.FirstTimeRight {
		w.RightCount++
	} else {
		w.again++
	}
	if data.ReworkH != nil {
		w.told++
		w.reworkH += *data.ReworkH
	}
	w.FirstTimeRightPct, w.ReworkH = dossier.Percent(w.RightCount, w.JobCount), nil
	if w.told > 0 || w.again == 0 {
		w.ReworkH = &w.reworkH
	}
}

// plus adds to a sum that is nil as long as nothing is known.
func plus(sum *float64, n float64) *float64 {
	if sum != nil {
		n += *sum
	}
	return &n
}

// qualities counts what bears on quality, of one account or of all.
type qualities struct {
	measured, products groups[PPM]
	returns            groups[Returned]
	work               Work
	kinds              groups[Work]
}

func (q *qualities) count(d *dossier.Dossier) {
	for _, e := range d.Events {
		if !d.Within(e.OccurredAt) {
			continue
		}
		switch data := e.Data.(type) {
		case domain.QualityMeasured:
			if data.Supplier == "" {
				q.measured.at(data.By, data.UOM).count(data)
				p := q.products.at(data.By, data.Product, data.UOM)
				p.count(data)
				p.Product = data.Product
			}
		case domain.JobCompleted:
			q.work.count(data)
			k := q.kinds.at(data.Kind)
			k.count(data)
			k.Kind = data.Kind
		}
	}
	for _, b := range backs(d) {
		q.returns.at(b.product, b.uom).count(*b)
	}
}

func (q *qualities) answer() Quality {
	return Quality{Measured: q.measured.list(), Products: q.products.list(), Returns: q.returns.list(), Work: q.work, Kinds: q.kinds.list()}
}

// ppm is that of all we measured, if it is in one unit.
func (q *qualities) ppm() *float64 {
	var ours PPM
	for _, p := range q.measured {
		if p.MeasuredBy == "customer" || p.MeasuredBy == "third_party" {
			continue
		}
		if ours.MeasuredCount > 0 && p.UOM != ours.UOM {
			return nil
		}
		ours.count(domain.QualityMeasured{UOM: p.UOM, InspectedQty: p.InspectedQty, NonconformingQty: p.NonconformingQty})
	}
	return ours.PPM
}
