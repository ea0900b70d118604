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

// Truth is 1 of what is so and 0 of what is not, so that it can be counted.
func Truth(so bool) int {
	if so {
		return 1
	}
	return 0
}

// Unit is the unit of measure; percent has two names.
func Unit(uom string) string {
	if uom == "%" {
		return "pct"
	}
	return uom
}

// Rounding is what quantities that were added up may be short by, as a share.
const Rounding = 1e-9

// Days is a time in days.
func Days(d time.Duration) float64 { return d.Hours() / 24 }

// Median is the value in the middle, of an even number the mean of the two; null of none.
func Median(values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return new((values[(n-1)/2] + values[n/2]) / 2)
}

// Percentile is the least of the values that so many percent of them (1 to 100) do not exceed; null of none.
func Percentile(percent int, values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	values = slices.Sorted(slices.Values(values))
	return &values[(percent*len(values)+99)/100-1]
}

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
