package performance

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/measure"
)

// rule is what holds for being on time, and where days begin.
type rule struct {
	from    time.Time
	formula string
	zone    *time.Location
}

// rules follow each other, the first from the beginning.
type rules []rule

func rulesOf(c domain.PolicyCourse) rules {
	all := rules{ruleOf(time.Time{}, domain.DefaultPolicy())}
	for _, s := range c.Steps() {
		all = append(all, ruleOf(s.From, s.InForce.Policy))
	}
	return all
}

func ruleOf(from time.Time, p domain.Policy) rule {
	r := rule{from: from, formula: measure.OnTimeBy1, zone: time.UTC}
	for _, m := range p.Measures {
		if m.Measure == "on_time" && m.Version == measure.OnTimeWindow1 {
			r.formula = measure.OnTimeWindow1
		}
	}
	if zone, err := time.LoadLocation(p.Calendar.TimeZone); err == nil {
		r.zone = zone
	}
	return r
}

// at is the rule in force at the time.
func (r rules) at(t time.Time) rule {
	n, _ := slices.BinarySearchFunc(r, t, func(r rule, t time.Time) int {
		if r.from.After(t) {
			return 1
		}
		return -1
	})
	return r[max(n, 1)-1]
}

// early reports whether something happened before the day it was due.
func (r rule) early(happened, due time.Time) bool {
	year, month, day := due.In(r.zone).Date()
	return happened.Before(time.Date(year, month, day, 0, 0, 0, 0, r.zone))
}

// month is the period the time is in.
func (r rule) month(t time.Time) string { return t.In(r.zone).Format("2006-01") }

var aQuarter = regexp.MustCompile(`^\d{4}-Q[1-4]$`)

// wider are the periods that the period is in, with itself: of 2026-03 also 2026-Q1 and 2026.
func wider(period string) []string {
	if t, err := time.Parse("2006-01", period); err == nil {
		return []string{period, fmt.Sprintf("%04d-Q%d", t.Year(), (t.Month()-1)/3+1), period[:4]}
	}
	if aQuarter.MatchString(period) {
		return []string{period, period[:4]}
	}
	return []string{period}
}
