package trust

import (
	"slices"
	"time"
)

// delivery judges one line. It was missed if a miss was recorded, or if it arrived in
// full only after the promise in force; then it counts against us at the time it was
// due. It was on time if it arrived in full by then. A line without promise or miss
// says nothing about punctuality, nor does a promise past its time without a word.
// Excused lines count neither way; they stay visible as evidence of no weight.
func (j *judge) delivery(facts []*Fact) {
	j.condition(facts)
	promise, miss := promiseInForce(facts), first(facts, "delivery.missed")
	arrived := arrival(facts, promise)
	late := promise != nil && arrived != nil && arrived.Moment.After(promise.Moment)
	excused := first(facts, "delivery.excused") != nil
	times := lineLateness(facts, promise, arrived)
	if excused {
		times = 0
	}
	switch {
	case miss != nil:
		j.bad("delivery.missed", miss, miss.Occurred, times)
	case late:
		j.bad("delivery.missed", arrived, promise.Moment, times)
	case promise != nil && arrived != nil && !excused:
		j.good("delivery.on_time", arrived, arrived.Moment)
	}
	if miss != nil && arrived == nil && !excused {
		j.flag(FlagDeliveryOpen, miss.Key, miss.Occurred, promise, miss)
	}
}

// condition judges the state in which goods and documents arrived.
func (j *judge) condition(facts []*Fact) {
	for _, f := range facts {
		if f.Type != "delivery.made" {
			continue
		}
		if f.Marks.has("damaged") {
			j.bad("delivery.damaged", f, f.Moment, 1)
		}
		if f.Marks.has("documents_wrong") {
			j.bad("delivery.documents_wrong", f, f.Moment, 1)
		}
		if f.Marks.has("clean") {
			j.good("delivery.clean", f, f.Moment)
		}
	}
}

// promiseInForce is the promise a line is measured against: the first confirmed one,
// or, if none was confirmed, the latest of those requested or reconfirmed.
func promiseInForce(facts []*Fact) *Fact {
	for i := range facts {
		if facts[i].Type == "delivery.promised" && facts[i].Marks == "first_confirmed" {
			return facts[i]
		}
	}
	return last(facts, "delivery.promised")
}

// arrival is the delivery that completed the line: the first one, or, where both the
// promise and the deliveries say how much in the same unit, the one with which the
// promised quantity less its tolerance was there. Nil if the line is not complete.
func arrival(facts []*Fact, promise *Fact) *Fact {
	var made []*Fact
	for i := range facts {
		if facts[i].Type == "delivery.made" {
			made = append(made, facts[i])
		}
	}
	slices.SortStableFunc(made, func(a, b *Fact) int { return a.Moment.Compare(b.Moment) })
	if len(made) == 0 {
		return nil
	}
	if promise == nil || promise.Amount == nil {
		return made[0]
	}
	needed := *promise.Amount
	if promise.Tolerance != nil {
		needed *= 1 - *promise.Tolerance/100
	}
	var sum float64
	for _, m := range made {
		if m.Amount == nil || m.Unit != promise.Unit {
			return m // how much came cannot be told
		}
		if sum += *m.Amount; sum >= needed*(1-rounding) {
			return m
		}
	}
	return nil
}

// rounding is what quantities that were added up may be short by.
const rounding = 1e-9

// lineLateness is how late the line was: by its arrival if both ends are known, else
// by what the misses say, else not known.
func lineLateness(facts []*Fact, promise, arrived *Fact) float64 {
	if promise != nil && arrived != nil && arrived.Moment.After(promise.Moment) {
		return lateness(arrived.Moment.Sub(promise.Moment))
	}
	known, most := false, 0.0
	for _, f := range facts {
		if f.Type == "delivery.missed" && f.Amount != nil {
			known, most = true, max(most, *f.Amount)
		}
	}
	if !known {
		return latenessUnknown
	}
	// A minute count may exceed what a Duration holds, so it is cut at a century.
	return lateness(time.Duration(min(most, 60*24*36500) * float64(time.Minute)))
}
