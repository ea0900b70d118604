package dossier

import "time"

// Courses is what several were in the course of time, by name: people's levels, say.
type Courses[T any] map[string][]turn[T]

type turn[T any] struct {
	from time.Time
	what T
}

// Add says that it was so from the time on, which is not before those said of the name already.
func (c Courses[T]) Add(name string, from time.Time, what T) {
	c[name] = append(c[name], turn[T]{from, what})
}

// At is what it was at the time. What became known only later is taken to have been so before; false if nothing did.
func (c Courses[T]) At(name string, at time.Time) (what T, ok bool) {
	for i, turn := range c[name] {
		if i == 0 || !turn.from.After(at) {
			what = turn.what
		}
	}
	return what, len(c[name]) > 0
}
