package domain

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
