package improvement

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Effort is something that customers or suppliers take part in.
type Effort struct {
	Effort      string          `json:"effort" doc:"the emitter's id"`
	Kinds       []string        `json:"kinds"`
	Customer    bool            `json:"customer" doc:"whether the customer takes or took part"`
	Suppliers   []string        `json:"suppliers" doc:"suppliers who take or took part"`
	PeopleCount int64           `json:"people_count" doc:"people of theirs, as far as anybody said"`
	StartedAt   time.Time       `json:"started_at"`
	EndedAt     time.Time       `json:"ended_at,omitzero" doc:"when it was over"`
	Left        []string        `json:"left,omitzero" doc:"who left before, and why"`
	Outcome     string          `json:"outcome,omitzero"`
	Reached     *bool           `json:"reached" doc:"whether it reached what it was for; null if nobody said"`
	Improvement string          `json:"improvement,omitzero"`
	Position    domain.Position `json:"position"`
}

// Involvement is about efforts begun in the period.
type Involvement struct {
	EffortsCount      int      `json:"efforts_count"`
	CustomerCount     int      `json:"customer_count" doc:"with the customer"`
	SupplierCount     int      `json:"supplier_count" doc:"with suppliers"`
	ReachedWithPct    *float64 `json:"reached_with_pct" doc:"of efforts with the customer whose outcome is known, those that reached what they were for"`
	ReachedWithoutPct *float64 `json:"reached_without_pct" doc:"of those without the customer"`
	WithSupplierPct   *float64 `json:"with_supplier_pct" doc:"of improvements agreed in the period, those a supplier helped with; null if there are none"`
	WithCustomerPct   *float64 `json:"with_customer_pct" doc:"of those, the ones the customer helped with"`
}

func (v *view) efforts() ([]Effort, Involvement) {
	var all []*Effort
	named := map[string]*Effort{}
	for _, e := range v.Events {
		switch data := e.Data.(type) {
		case domain.InvolvementStarted:
			name := v.Name(e, data.Effort)
			x := named[name]
			if x == nil {
				x = &Effort{Effort: name, Kinds: []string{}, Suppliers: []string{}, StartedAt: e.OccurredAt, Position: e.Position}
				all, named[name] = append(all, x), x
			}
			x.start(v, e, data)
		case domain.InvolvementEnded:
			if x := named[v.Name(e, data.Effort)]; x != nil {
				x.end(e, data)
			}
		}
	}
	var i Involvement
	with, without, reachedWith, reachedWithout := 0, 0, 0, 0
	list := make([]Effort, 0, len(all))
	for _, x := range slices.Backward(all) {
		list = append(list, *x)
		if !v.Within(x.StartedAt) {
			continue
		}
		i.EffortsCount++
		i.CustomerCount += dossier.Truth(x.Customer)
		i.SupplierCount += dossier.Truth(len(x.Suppliers) > 0)
		switch {
		case x.Reached == nil:
		case x.Customer:
			with++
			reachedWith += dossier.Truth(*x.Reached)
		default:
			without++
			reachedWithout += dossier.Truth(*x.Reached)
		}
	}
	i.ReachedWithPct, i.ReachedWithoutPct = dossier.Percent(reachedWith, with), dossier.Percent(reachedWithout, without)
	return list, i
}

func (x *Effort) start(v *view, e domain.Recorded, data domain.InvolvementStarted) {
	if !slices.Contains(x.Kinds, data.Kind) {
		x.Kinds = append(x.Kinds, data.Kind)
	}
	x.PeopleCount += max(data.PeopleCount, int64(len(data.Contacts)))
	x.Improvement = cmp.Or(v.Name(e, data.Improvement), x.Improvement)
	x.EndedAt = time.Time{}
	if data.Party == "customer" {
		x.Customer = true
		return
	}
	if supplier := cmp.Or(data.Supplier, "unnamed"); !slices.Contains(x.Suppliers, supplier) {
		x.Suppliers = append(x.Suppliers, supplier)
	}
}

func (x *Effort) end(e domain.Recorded, data domain.InvolvementEnded) {
	if data.Party != "" {
		left := cmp.Or(data.Supplier, data.Party)
		if data.Reason != "" {
			left += ": " + data.Reason
		}
		x.Left = append(x.Left, left)
		return
	}
	x.EndedAt, x.Outcome, x.Reached = e.OccurredAt, data.Outcome, data.Reached
}

// shares are of the improvements of the period those that suppliers and the customer helped with.
func shares(all []Improvement) (suppliers, customer *float64) {
	n, s, c := 0, 0, 0
	for _, i := range all {
		n += dossier.Truth(i.within)
		s += dossier.Truth(i.within && i.SupplierHelped)
		c += dossier.Truth(i.within && i.CustomerHelped)
	}
	return dossier.Percent(s, n), dossier.Percent(c, n)
}
