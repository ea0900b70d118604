package performance

import (
	"cmp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
)

// Warranty is claims filed in the period, against what was shipped in it.
type Warranty struct {
	Claims   Claims   `json:"claims" doc:"all products"`
	Products []Claims `json:"products"`
	Costs    []Claim  `json:"costs" doc:"by currency"`
	Failures []Failed `json:"failures" doc:"by product and failure code"`
}

// Claims counts claims of a product.
type Claims struct {
	Product           string   `json:"product,omitzero"`
	ClaimCount        int      `json:"claim_count"`
	ClaimsPer1000     *float64 `json:"claims_per_1000" doc:"claims per 1,000 shipped; null if how many were is not known in one unit"`
	ShippedQty        *float64 `json:"shipped_qty" doc:"null if that is not known in one unit"`
	ShippedUOM        string   `json:"shipped_uom,omitzero"`
	InWarrantyCount   int      `json:"in_warranty_count"`
	OpenCount         int      `json:"open_count" doc:"not decided yet"`
	DecidedCount      int      `json:"decided_count"`
	AcceptedCount     int      `json:"accepted_count"`
	MedianDecisionH   *float64 `json:"median_decision_h" doc:"hours until a claim was decided, in the middle; null if none was"`
	LongestOpenH      *float64 `json:"longest_open_h" doc:"hours the oldest open claim has waited; null if none is open"`
	RepeatFailedCount int      `json:"repeat_failed_count" doc:"claims for a serial number that had failed before"`

	decisions []float64
	shipped   groups[float64]
}

// Claim is money claimed and paid, in one currency.
type Claim struct {
	Currency     string `json:"currency"`
	ClaimedMinor int64  `json:"claimed_minor"`
	PaidMinor    int64  `json:"paid_minor"`
	UnsaidCount  int    `json:"unsaid_count" doc:"accepted claims of which nobody said what was paid"`
}

// Failed is how often something failed in the same way.
type Failed struct {
	Product     string `json:"product,omitzero"`
	FailureCode string `json:"failure_code"`
	ClaimCount  int    `json:"claim_count"`
}

// RepeatFailure is a thing that was claimed for more than once.
type RepeatFailure struct {
	Product   string            `json:"product,omitzero"`
	Serial    string            `json:"serial"`
	Claims    []string          `json:"claims" doc:"in the order in which they were filed"`
	SameCode  bool              `json:"same_code" doc:"whether all name the same failure code"`
	Positions []domain.Position `json:"positions"`

	codes []string
}

// claim is one claim with what was decided.
type claim struct {
	domain.WarrantyClaimed
	name     string
	position domain.Position
	filedAt  time.Time
	decided  *domain.WarrantyDecided
	took     time.Duration
	within   bool
	again    bool // the serial number had failed before
}

// claimsOf are all claims, in the order in which they were filed.
func claimsOf(d *dossier.Dossier) []*claim {
	var all []*claim
	named, failed := map[string]*claim{}, map[[2]string]bool{}
	for _, e := range d.Events {
		switch data := e.Data.(type) {
		case domain.WarrantyClaimed:
			c := &claim{WarrantyClaimed: data, name: d.Name(e, data.Claim), position: e.Position, filedAt: e.OccurredAt, within: d.Within(e.OccurredAt)}
			if data.Serial != "" {
				thing := [2]string{data.Product, data.Serial}
				c.again, failed[thing] = failed[thing], true
			}
			all, named[c.name] = append(all, c), c
		case domain.WarrantyDecided:
			if c := named[d.Name(e, data.Claim)]; c != nil {
				c.decided, c.took = &data, e.OccurredAt.Sub(c.filedAt)
			}
		}
	}
	return all
}

func (s *Claims) count(d *dossier.Dossier, c *claim) {
	s.ClaimCount++
	if c.InWarranty != nil && *c.InWarranty {
		s.InWarrantyCount++
	}
	if c.again {
		s.RepeatFailedCount++
	}
	if c.decided == nil {
		s.OpenCount++
		if h := d.At.Sub(c.filedAt).Hours(); s.LongestOpenH == nil || h > *s.LongestOpenH {
			s.LongestOpenH = &h
		}
		return
	}
	s.DecidedCount++
	if c.decided.Accepted {
		s.AcceptedCount++
	}
	s.decisions = append(s.decisions, c.took.Hours())
}

func (s *Claims) ship(qty float64, uom string) {
	if s.shipped == nil {
		s.shipped = groups[float64]{}
	}
	*s.shipped.at(uom) += qty
}

func (s Claims) rated() Claims {
	s.MedianDecisionH = dossier.Median(s.decisions)
	if len(s.shipped) == 1 {
		for k, qty := range s.shipped {
			s.ShippedQty, s.ShippedUOM = qty, k[0]
			if *qty > 0 {
				s.ClaimsPer1000 = new(1000 * float64(s.ClaimCount) / *qty)
			}
		}
	}
	return s
}

// warranties counts claims, of one account or of all.
type warranties struct {
	all      Claims
	products groups[Claims]
	costs    groups[Claim]
	failures groups[Failed]
}

func (w *warranties) count(d *dossier.Dossier, claims []*claim, lines []*line) {
	for _, l := range lines {
		for _, m := range l.made {
			if m.qty != nil && d.Within(m.at) {
				w.all.ship(*m.qty, m.uom)
				if l.product != "" {
					w.product(l.product).ship(*m.qty, m.uom)
				}
			}
		}
	}
	for _, c := range claims {
		if !c.within {
			continue
		}
		w.all.count(d, c)
		w.product(c.Product).count(d, c)
		w.cost(c)
		if c.FailureCode != "" {
			f := w.failures.at(c.Product, c.FailureCode)
			f.Product, f.FailureCode = c.Product, c.FailureCode
			f.ClaimCount++
		}
	}
}

func (w *warranties) product(name string) *Claims {
	p := w.products.at(name)
	p.Product = name
	return p
}

func (w *warranties) cost(c *claim) {
	in := func(currency string) *Claim {
		m := w.costs.at(currency)
		m.Currency = currency
		return m
	}
	if c.ClaimMinor != nil {
		in(c.Currency).ClaimedMinor += *c.ClaimMinor
	}
	switch {
	case c.decided == nil:
	case c.decided.PaidMinor != nil:
		in(c.decided.Currency).PaidMinor += *c.decided.PaidMinor
	case c.decided.Accepted:
		in(c.Currency).UnsaidCount++
	}
}

func (w *warranties) answer() Warranty {
	a := Warranty{Claims: w.all.rated(), Products: w.products.list(), Costs: w.costs.list(), Failures: w.failures.list()}
	for i, p := range a.Products {
		a.Products[i] = p.rated()
	}
	slices.SortStableFunc(a.Failures, func(x, y Failed) int { return cmp.Compare(y.ClaimCount, x.ClaimCount) })
	return a
}

// repeats are the things that were claimed for more than once, last in the period.
func repeats(claims []*claim) []RepeatFailure {
	things := groups[RepeatFailure]{}
	recent := map[key]bool{}
	for _, c := range claims {
		if c.Serial == "" {
			continue
		}
		r := things.at(c.Product, c.Serial)
		r.Product, r.Serial = c.Product, c.Serial
		r.Claims, r.Positions, r.codes = append(r.Claims, c.name), append(r.Positions, c.position), append(r.codes, c.FailureCode)
		recent[key{c.Product, c.Serial}] = c.within
	}
	all := slices.DeleteFunc(things.list(), func(r RepeatFailure) bool {
		return len(r.Claims) < 2 || !recent[key{r.Product, r.Serial}]
	})
	for i, r := range all {
		all[i].SameCode = r.codes[0] != "" && len(slices.Compact(r.codes)) == 1
	}
	return all
}
