package api

import (
	"cmp"
	"math"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/portfolio"
)

// Trusted is a half year of an account: how far it trusted us when that began, and what followed.
type Trusted struct {
	Account domain.AccountID `json:"account"`
	Trust   *float64         `json:"trust" doc:"the overall score when the half year began, from what had occurred by then; null if it was unknown"`
	Band    string           `json:"band" enum:"unknown,below 50,50 to 75,75 and over"`
	portfolio.HalfYear
}

// TrustedOf sets an account's half years beside its scores when they began.
func TrustedOf(account domain.AccountID, halfYears []portfolio.HalfYear, scores []*float64) []Trusted {
	all := make([]Trusted, len(halfYears))
	for i, h := range halfYears {
		all[i] = Trusted{Account: account, Trust: scores[i], Band: bands[bandOf(scores[i])], HalfYear: h}
	}
	return all
}

// AccountByTrust is what followed on the trust of one account.
type AccountByTrust struct {
	dossier.Heading
	HalfYears []Trusted `json:"half_years" doc:"those that end at at, the last first, ten years at most; without those that began before anything had occurred, or while the account was lost"`
}

// ByTrust is what followed on trust, of all accounts.
type ByTrust struct {
	Bands []Band `json:"bands" doc:"half years of accounts by the trust with which they began. That more followed does not say that trust brought it about"`
}

// Band is what followed on a score within bounds.
type Band struct {
	Trust           string          `json:"trust" enum:"unknown,below 50,50 to 75,75 and over" doc:"the overall score when the half year began"`
	AccountsCount   int             `json:"accounts_count"`
	HalfYearsCount  int             `json:"half_years_count" doc:"half years of accounts, which the rest is about"`
	WonPct          *float64        `json:"won_pct" doc:"of those, with an order; null if there are none"`
	LostPct         *float64        `json:"lost_pct" doc:"of those, in which the account was lost"`
	Referrals       int             `json:"referrals_count"`
	ReferralsMean   *float64        `json:"referrals_mean" doc:"for each of them"`
	Orders          []dossier.Money `json:"orders"`
	OrdersMean      []dossier.Money `json:"orders_mean" doc:"for each of them, with those in which nothing was ordered"`
	CostToServe     []dossier.Money `json:"cost_to_serve"`
	CostToServeMean []dossier.Money `json:"cost_to_serve_mean" doc:"for each in which it was measured in the currency"`
	Service         []dossier.Money `json:"service" doc:"cost of service alone"`
	ServiceMean     []dossier.Money `json:"service_mean" doc:"for each in which it was measured in the currency"`
}

var bands = []string{"unknown", "below 50", "50 to 75", "75 and over"}

// bandOf is a score's place among the bands.
func bandOf(score *float64) int {
	switch {
	case score == nil:
		return 0
	case *score < 50:
		return 1
	case *score < 75:
		return 2
	}
	return 3
}

// ByTrustOf adds up half years by band, and puts the last first, in each those that began with least trust.
func ByTrustOf(all []Trusted) ByTrust {
	score := func(t Trusted) float64 {
		if t.Trust == nil {
			return math.Inf(1)
		}
		return *t.Trust
	}
	slices.SortStableFunc(all, func(a, b Trusted) int {
		return cmp.Or(b.Until.Compare(a.Until), cmp.Compare(score(a), score(b)), cmp.Compare(a.Account, b.Account))
	})
	by := ByTrust{Bands: make([]Band, len(bands))}
	for i, name := range bands {
		by.Bands[i] = bandOfAll(name, all)
	}
	return by
}

// tally is a sum in each currency, and of how many half years.
type tally struct{ sum, of dossier.Purse }

func newTally() tally { return tally{dossier.Purse{}, dossier.Purse{}} }

func (t tally) add(amounts []dossier.Money) {
	for _, m := range amounts {
		t.sum[m.Currency] += m.AmountMinor
		t.of[m.Currency]++
	}
}

// means are for each half year that had an amount in the currency.
func (t tally) means() []dossier.Money {
	return divided(t.sum, func(currency string) int64 { return t.of[currency] })
}

func divided(sum dossier.Purse, by func(currency string) int64) []dossier.Money {
	all := sum.Money()
	for i, m := range all {
		all[i].AmountMinor = int64(math.Round(float64(m.AmountMinor) / float64(by(m.Currency))))
	}
	return all
}

func bandOfAll(name string, all []Trusted) Band {
	b := Band{Trust: name}
	orders, cost, service := newTally(), newTally(), newTally()
	accounts, won, lost := map[domain.AccountID]bool{}, 0, 0
	for _, h := range all {
		if h.Band != name {
			continue
		}
		accounts[h.Account] = true
		b.HalfYearsCount++
		b.Referrals += h.Referrals
		won += dossier.Truth(h.OrdersCount > 0)
		lost += dossier.Truth(h.Lost)
		orders.add(h.Orders)
		cost.add(h.CostToServe)
		service.add(h.CostOfService)
	}
	b.AccountsCount = len(accounts)
	b.WonPct, b.LostPct = dossier.Percent(won, b.HalfYearsCount), dossier.Percent(lost, b.HalfYearsCount)
	if b.HalfYearsCount > 0 {
		b.ReferralsMean = new(float64(b.Referrals) / float64(b.HalfYearsCount))
	}
	b.Orders, b.OrdersMean = orders.sum.Money(), divided(orders.sum, func(string) int64 { return int64(b.HalfYearsCount) })
	b.CostToServe, b.CostToServeMean = cost.sum.Money(), cost.means()
	b.Service, b.ServiceMean = service.sum.Money(), service.means()
	return b
}
