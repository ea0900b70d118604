package dossier

import (
	"maps"
	"slices"
	"time"
)

// Percent is how much the part is of the whole; null where the whole is nothing.
func Percent(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	p := 100 * float64(part) / float64(whole)
	return &p
}

// Days is a time in days.
func Days(d time.Duration) float64 { return d.Hours() / 24 }

// Money is an amount in one currency; amounts in several are never added.
type Money struct {
	AmountMinor int64  `json:"amount_minor" doc:"in the currency's minor unit"`
	Currency    string `json:"currency" doc:"ISO 4217 code"`
}

// Purse adds up amounts by currency.
type Purse map[string]int64

// Money is what the purse holds, by currency.
func (p Purse) Money() []Money {
	all := []Money{}
	for _, currency := range slices.Sorted(maps.Keys(p)) {
		all = append(all, Money{p[currency], currency})
	}
	return all
}
