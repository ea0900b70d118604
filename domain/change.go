package domain

import (
	"strings"
	intern "unique"
)

// change is what an event makes of a thing; the zero change makes nothing of any.
type change struct {
	thing
	effect
}

// effect is what becomes of a thing's status. It depends on nothing but the status the
// thing had, so that what was made of a thing can be told from its own changes alone.
type effect struct {
	to    string // "" makes the thing unknown
	known bool   // a thing that is not known stays so
	keeps string // a thing of this status keeps it
}

// set says what the thing has come to, and makes it known if it was not.
func set(k *kind, id ID, status string) change { return change{thing{k, id}, effect{to: status}} }

// move is set for a thing that is known. A thing that is not known stays so: what
// made it known was retracted, and may be recorded again.
func move(k *kind, id ID, status string) change {
	return change{thing{k, id}, effect{to: status, known: true}}
}

// forget makes the thing unknown.
func forget(k *kind, id ID) change { return change{thing: thing{k, id}} }

// unless leaves a thing of the status as it is.
func (c change) unless(status string) change {
	c.keeps = status
	return c
}

// changeOf is what the event makes of a thing; false if nothing.
func changeOf(e Event) (change, bool) {
	d, ok := e.(evolving)
	if !ok {
		return change{}, false
	}
	c := d.evolve()
	return c, c.kind != nil
}

// step is a change that was made to a thing, before which others may have been. All
// are kept, because any of them may yet be corrected or retracted.
type step struct {
	before *step
	at     Position // where the event is that made the change; 0 while it is only planned
	does   intern.Handle[effect]
}

// About what the map and the steps take.
const (
	thingBytes = 56 // of a thing, beside its own text
	stepBytes  = 24
)

// status is what the thing has come to by the step.
func (s *step) status() string {
	if s == nil {
		return ""
	}
	e := s.does.Value()
	if !e.known && e.keeps == "" {
		return e.to
	}
	before := s.before.status()
	if e.known && before == "" || e.keeps != "" && e.keeps == before {
		return before
	}
	return e.to
}

// with adds a step in its place. What is planned comes after everything recorded.
func (s *step) with(n *step) *step {
	if s == nil || n.at == 0 || s.at != 0 && s.at < n.at {
		n.before = s
		return n
	}
	s.before = s.before.with(n)
	return s
}

// without takes the step at the position out; false if there is none.
func (s *step) without(at Position) (left *step, found bool) {
	switch {
	case s == nil:
		return nil, false
	case s.at == at:
		return s.before, true
	}
	s.before, found = s.before.without(at)
	return s, found
}

// clone is the steps once more, to be changed by themselves.
func (s *step) clone() *step {
	if s == nil {
		return nil
	}
	c := *s
	c.before = s.before.clone()
	return &c
}

// make makes the change, which the event at the position said.
func (a *Account) make(c change, at Position) {
	steps := a.things[c.kind]
	if steps == nil {
		if a.things == nil {
			a.things = make(map[*kind]map[ID]*step)
		}
		steps = make(map[ID]*step)
		a.things[c.kind] = steps
	}
	first, known := steps[c.id]
	if !known {
		c.id = ID(strings.Clone(string(c.id)))
		a.weight += thingBytes + len(c.id)
	}
	a.weight += stepBytes
	steps[c.id] = first.with(&step{at: at, does: intern.Make(c.effect)})
}

// undo takes back the change that the event at the position made.
func (a *Account) undo(c change, at Position) {
	steps := a.things[c.kind]
	left, found := steps[c.id].without(at)
	if !found {
		return
	}
	a.weight -= stepBytes
	if left != nil {
		steps[c.id] = left
		return
	}
	a.weight -= thingBytes + len(c.id)
	delete(steps, c.id)
	if len(steps) == 0 {
		delete(a.things, c.kind)
	}
}
