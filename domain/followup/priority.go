package followup

import (
	"math"
	"time"

	"github.com/rapport-ledger/rapport/domain/calendar"
)

// The priority of an item is the product of four factors:
//
//	customer known   2 if the customer knows of it and waits, otherwise 1
//	tier             3, 2, 1.5 for accounts of tier A, B, C, otherwise 1
//	impact           1 (slight) to 5 (grave)
//	overdue          1 until it is due, then 1.2, and 0.2 more for each business day, up to 5
//
// The first three do not depend on the hour and make the item's weight. The last grows
// in steps, so that the queue can be read in order of priority at any instant without
// a look at every item.

// Factors are what an item's priority is the product of.
type Factors struct {
	CustomerKnown, Tier, Impact, Overdue float64
}

// Priority is the product. It is a whole number of tenths, which rounding keeps it.
func (f Factors) Priority() float64 {
	return math.Round(10*f.CustomerKnown*f.Tier*f.Impact*f.Overdue) / 10
}

// FactorsOf are the factors of an item at a level of being overdue; see [Overdue].
func FactorsOf(customerKnows bool, tier string, impact, level int) Factors {
	f := Factors{CustomerKnown: 1, Tier: float64(tierHalves(tier)) / 2, Impact: float64(impact), Overdue: float64(5+level) / 5}
	if customerKnows {
		f.CustomerKnown = 2
	}
	return f
}

// Weight is twice the product of the factors that do not depend on the hour; twice, so
// that it is whole: 2 to 60.
func Weight(customerKnows bool, tier string, impact int) int {
	w := tierHalves(tier) * impact
	if customerKnows {
		w *= 2
	}
	return w
}

// Rank orders items by priority: it is ten times it, and whole.
func Rank(weight, level int) int { return weight * (5 + level) }

func tierHalves(tier string) int {
	switch tier {
	case "A":
		return 6
	case "B":
		return 4
	case "C":
		return 3
	}
	return 2
}

// MostOverdue is the highest level of being overdue.
const MostOverdue = 20

// Overdue tells how overdue things are at an instant, in levels: 0 is not yet due, 1 is
// overdue, 2 by a business day, 3 by two, and so on to [MostOverdue].
type Overdue struct {
	// latest[n] is the latest due date that is overdue at level n+1.
	latest [MostOverdue]time.Time
}

// OverdueAt makes the levels as they are at an instant.
func OverdueAt(now time.Time, c *calendar.Calendar) Overdue {
	var o Overdue
	for n := range o.latest {
		o.latest[n] = c.Sub(now, time.Duration(n)*c.Day())
	}
	return o
}

// Level is how overdue something is that is due at an instant.
func (o *Overdue) Level(due time.Time) int {
	level := 0
	for level < MostOverdue && !due.After(o.latest[level]) {
		level++
	}
	return level
}

// From is the earliest due date that is at most so overdue; the zero time if all are.
func (o *Overdue) From(level int) time.Time {
	if level >= MostOverdue {
		return time.Time{}
	}
	return o.latest[level].Add(time.Microsecond)
}
