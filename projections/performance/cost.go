package performance

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Cost is what we cost, beside others, and what it cost to be in time after all.
type Cost struct {
	Compared []Comparison     `json:"compared" doc:"by kind and currency, as far as there is something to compare with"`
	Freight  []PremiumFreight `json:"premium_freight" doc:"by who paid, and currency"`
}

// Comparison is ours beside others'.
type Comparison struct {
	Kind           string   `json:"kind" enum:"price,cost,service_cost"`
	Currency       string   `json:"currency"`
	OurPct         *float64 `json:"our_pct_of_reference" doc:"below 100, we are cheaper"`
	OurMinor       int64    `json:"our_minor"`
	ReferenceMinor int64    `json:"reference_minor"`
	ComparedCount  int      `json:"compared_count"`
	AloneCount     int      `json:"alone_count" doc:"costs of ours that nothing was laid beside; not in the sums"`
}

func (c *Comparison) count(data domain.CostCompared) {
	c.Kind, c.Currency = cmp.Or(data.Kind, "price"), data.Currency
	if data.ReferenceMinor == nil {
		c.AloneCount++
		return
	}
	c.ComparedCount++
	c.OurMinor += data.OurMinor
	c.ReferenceMinor += *data.ReferenceMinor
	c.OurPct = share(c.OurMinor, c.ReferenceMinor)
}

func share(part, whole int64) *float64 {
	if whole == 0 {
		return nil
	}
	return new(100 * float64(part) / float64(whole))
}

// PremiumFreight is what somebody paid for it.
type PremiumFreight struct {
	Payer       string `json:"payer" enum:"us,customer,supplier"`
	Currency    string `json:"currency"`
	AmountMinor int64  `json:"amount_minor"`
	PaidCount   int    `json:"paid_count"`
}

// Compared is one comparison.
type Compared struct {
	At             time.Time       `json:"at"`
	Kind           string          `json:"kind" enum:"price,cost,service_cost"`
	Subject        string          `json:"subject,omitzero"`
	OurPct         *float64        `json:"our_pct_of_reference" doc:"null if there is nothing to compare with"`
	OurMinor       int64           `json:"our_minor"`
	ReferenceMinor *int64          `json:"reference_minor"`
	Currency       string          `json:"currency"`
	Reference      string          `json:"reference,omitzero" doc:"whose the other is, or when it was ours"`
	Period         string          `json:"period,omitzero"`
	Position       domain.Position `json:"position"`
}

// Freight is one time that premium freight was paid.
type Freight struct {
	At          time.Time       `json:"at"`
	Payer       string          `json:"payer" enum:"us,customer,supplier"`
	AmountMinor int64           `json:"amount_minor"`
	Currency    string          `json:"currency"`
	Line        string          `json:"line,omitzero"`
	Reason      string          `json:"reason,omitzero"`
	Position    domain.Position `json:"position"`
}

// compared are the comparisons in the period, the last first.
func compared(d *dossier.Dossier) []Compared {
	all := []Compared{}
	for _, e := range slices.Backward(d.Events) {
		if data, ok := e.Data.(domain.CostCompared); ok && d.Within(e.OccurredAt) {
			c := Compared{
				At: e.OccurredAt, Kind: cmp.Or(data.Kind, "price"), Subject: data.Subject, OurMinor: data.OurMinor, ReferenceMinor: data.ReferenceMinor,
				Currency: data.Currency, Reference: data.Reference, Period: data.Period, Position: e.Position,
			}
			if data.ReferenceMinor != nil {
				c.OurPct = share(data.OurMinor, *data.ReferenceMinor)
			}
			all = append(all, c)
		}
	}
	return all
}

// freight is the log of premium freight in the period, the last first.
func freight(d *dossier.Dossier) []Freight {
	all := []Freight{}
	for _, e := range slices.Backward(d.Events) {
		if data, ok := e.Data.(domain.FreightPremiumPaid); ok && d.Within(e.OccurredAt) {
			all = append(all, Freight{
				At: e.OccurredAt, Payer: data.Payer, AmountMinor: data.AmountMinor, Currency: data.Currency,
				Line: d.Name(e, data.Line), Reason: data.Reason, Position: e.Position,
			})
		}
	}
	return all
}

// costs counts what things cost, of one account or of all.
type costs struct {
	compared groups[Comparison]
	freight  groups[PremiumFreight]
}

func (c *costs) count(d *dossier.Dossier) {
	for _, e := range d.Events {
		if !d.Within(e.OccurredAt) {
			continue
		}
		switch data := e.Data.(type) {
		case domain.CostCompared:
			c.compared.at(cmp.Or(data.Kind, "price"), data.Currency).count(data)
		case domain.FreightPremiumPaid:
			f := c.freight.at(data.Payer, data.Currency)
			f.Payer, f.Currency = data.Payer, data.Currency
			f.AmountMinor += data.AmountMinor
			f.PaidCount++
		}
	}
}

func (c *costs) answer() Cost { return Cost{Compared: c.compared.list(), Freight: c.freight.list()} }
