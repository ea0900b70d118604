package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// faults is what is wrong with the rules as a whole; the range of each number is in
// its tags.
func (e PolicyChanged) faults() []Fault {
	if e.Trust == nil && e.FollowUp == nil && e.Calendar == nil && len(e.Measures) == 0 {
		return []Fault{{"data", "changes nothing: at least one of trust, followup, calendar and measures is needed"}}
	}
	var faults []Fault
	if e.Trust != nil {
		faults = append(faults, e.Trust.faults("data.trust")...)
	}
	if e.FollowUp != nil {
		faults = append(faults, e.FollowUp.faults("data.followup")...)
	}
	if e.Calendar != nil {
		faults = append(faults, e.Calendar.faults("data.calendar")...)
	}
	return append(faults, unique("data.measures", "measure", e.Measures, func(m MeasureDefinition) string { return m.Measure })...)
}

func (t TrustPolicy) faults(at string) []Fault {
	faults := unique(at+".dimensions", "name", t.Dimensions, func(d DimensionPolicy) string { return d.Name })
	weighs := func(d DimensionPolicy) bool { return d.Weight > 0 }
	if !slices.ContainsFunc(t.named().Dimensions, weighs) {
		faults = append(faults, Fault{at + ".dimensions", "at least one needs a weight above 0"})
	}
	for i, w := range t.Weights {
		if !slices.ContainsFunc(EvidenceKinds, func(k EvidenceKind) bool { return k.Kind == w.Kind }) {
			faults = append(faults, Fault{fmt.Sprintf("%s.weights[%d].kind", at, i), fmt.Sprintf("%q is not a kind of evidence", w.Kind)})
		}
	}
	return append(faults, unique(at+".weights", "kind", t.Weights, func(w EvidenceWeight) string { return w.Kind })...)
}

func (p FollowUpPolicy) faults(at string) []Fault {
	faults := unique(at+".slas", "reason", p.SLAs, func(s SLA) string { return s.Reason })
	for i, step := range p.Escalations {
		if i > 0 && step.AfterH < p.Escalations[i-1].AfterH {
			faults = append(faults, Fault{fmt.Sprintf("%s.escalations[%d].after_h", at, i), "must not be less than that of the step before"})
		}
	}
	return faults
}

func (c CalendarPolicy) faults(at string) []Fault {
	var faults []Fault
	// The time zones are a table to us, wherever package time finds it. "Local" would
	// mean another zone on another machine.
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "" || c.TimeZone == "Local" {
		faults = append(faults, Fault{at + ".time_zone", fmt.Sprintf("%q is not a known IANA time zone", c.TimeZone)})
	}
	if len(c.Week) == 0 {
		faults = append(faults, Fault{at + ".week", "needs at least one opening interval"})
	}
	faults = append(faults, weekFaults(at+".week", c.Week)...)
	for i, day := range c.Holidays {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			faults = append(faults, Fault{fmt.Sprintf("%s.holidays[%d]", at, i), fmt.Sprintf("%q is not a date such as 2026-12-25", day)})
		}
	}
	return append(faults, unique(at+".holidays", "", c.Holidays, func(day string) string { return day })...)
}

// weekFaults holds each interval to its form and to those of the same day before it.
func weekFaults(at string, week []OpeningInterval) []Fault {
	type span struct{ from, to int }
	days := make(map[string][]span)
	var faults []Fault
	for i, o := range week {
		here := fmt.Sprintf("%s[%d]", at, i)
		from, fromOK := MinuteOfDay(o.From)
		to, toOK := MinuteOfDay(o.To)
		fromOK = fromOK && from != endOfDay
		if !fromOK {
			faults = append(faults, Fault{here + ".from", fmt.Sprintf("%q is not a time of day such as 09:00", o.From)})
		}
		if !toOK {
			faults = append(faults, Fault{here + ".to", fmt.Sprintf("%q is not a time of day such as 17:30", o.To)})
		}
		if !fromOK || !toOK {
			continue
		}
		if from >= to {
			faults = append(faults, Fault{here + ".to", "must be later than from"})
			continue
		}
		if slices.ContainsFunc(days[o.Day], func(s span) bool { return from < s.to && s.from < to }) {
			faults = append(faults, Fault{here, "overlaps another interval of the same day"})
		}
		days[o.Day] = append(days[o.Day], span{from, to})
	}
	return faults
}

// endOfDay is 24:00, which only ends an interval.
const endOfDay = 24 * 60

// MinuteOfDay reads a time of day of the form HH:MM, from 00:00 to 24:00; false if it is
// none.
func MinuteOfDay(s string) (int, bool) {
	if s == "24:00" {
		return endOfDay, true
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, false
	}
	return t.Hour()*60 + t.Minute(), true
}

// unique is a fault for each item of a list whose key an item before it has.
func unique[T any](at, field string, list []T, key func(T) string) []Fault {
	var faults []Fault
	seen := make(map[string]bool, len(list))
	for i, item := range list {
		k := key(item)
		if seen[k] {
			location := strings.TrimSuffix(fmt.Sprintf("%s[%d].%s", at, i, field), ".")
			faults = append(faults, Fault{location, fmt.Sprintf("%q is given twice", k)})
		}
		seen[k] = true
	}
	return faults
}
