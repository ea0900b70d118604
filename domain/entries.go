package domain

import (
	"maps"
	"slices"
)

// Entries is what entry events come to, taken in one by one as they were recorded: by
// the rule of [Standing], which event says what counts at a position. The zero value
// has taken in none.
type Entries struct {
	retracted   map[Position]bool
	corrections map[Position][]Position // by the event corrected, in order
	corrects    map[Position]Position   // the event that a correction is about
}

// Correct takes in a correction of the target, which is recorded at a position.
func (x *Entries) Correct(target, at Position) {
	if x.corrects == nil {
		x.corrections, x.corrects = make(map[Position][]Position), make(map[Position]Position)
	}
	x.corrects[at] = target
	x.corrections[target] = append(x.corrections[target], at)
}

// Retract takes in a retraction of the target.
func (x *Entries) Retract(target Position) {
	if x.retracted == nil {
		x.retracted = make(map[Position]bool)
	}
	x.retracted[target] = true
}

// Retracted reports whether the event or correction at a position was retracted.
func (x *Entries) Retracted(p Position) bool { return x.retracted[p] }

// About is the event that an entry with that target bears on in the end: who retracts
// a correction speaks of the event corrected.
func (x *Entries) About(target Position) Position {
	if corrected, ok := x.corrects[target]; ok {
		return corrected
	}
	return target
}

// Stands is the position of the event that says what counts at a position: itself, or
// a correction; 0 if nothing does.
func (x *Entries) Stands(p Position) Position {
	if x.retracted[p] {
		return 0
	}
	for _, correction := range slices.Backward(x.corrections[p]) {
		if !x.retracted[correction] {
			return correction
		}
	}
	return p
}

// Weight is about how many bytes it takes.
func (x *Entries) Weight() int { return 24*len(x.retracted) + 96*len(x.corrects) }

func (x *Entries) clone() Entries {
	c := Entries{maps.Clone(x.retracted), maps.Clone(x.corrections), maps.Clone(x.corrects)}
	for p, corrections := range c.corrections {
		c.corrections[p] = slices.Clip(corrections)
	}
	return c
}
