package domain

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
)

// things are what has become of an account's things. There may be hundreds of thousands,
// and the accounts in memory have millions: nothing here is a pointer for each of them,
// which the garbage collector would have to follow, and an id is kept as its hash.
type things struct {
	latest map[thingKey]int32 // the step that was made last, an index into steps
	steps  []step             // none at 0
	unused int32              // the first of the steps that were undone, a list by before
	undone int                // how many there are
	does   []effect           // what the steps do, each once
	ids    map[thingKey]ID    // of the kinds whose things are listed
	texts  int                // about how many bytes the ids take
}

// thingKey is the beginning of a SHA-256 of the thing's kind and id.
type thingKey [16]byte

func (t thing) key() thingKey {
	text := make([]byte, 0, 128)
	for _, part := range []string{t.kind.noun, t.kind.field, t.kind.born, string(t.id)} {
		text = append(append(text, part...), '\n')
	}
	sum := sha256.Sum256(text)
	return thingKey(sum[:])
}

// step is a change that was made to a thing, before which others may have been. All
// are kept, because any of them may yet be corrected or retracted.
type step struct {
	at     Position // where the event is that made the change; 0 while it is only planned
	before int32    // 0: it is the first
	does   int32
}

// About what things and steps take.
const (
	thingBytes = 32
	stepBytes  = 20
	idBytes    = 64 // beside its text
)

// weight is about how much memory they take, in bytes.
func (t *things) weight() int {
	return thingBytes*len(t.latest) + stepBytes*max(0, len(t.steps)-1-t.undone) + t.texts
}

// status is what the thing has come to, by its steps before a position if that is not 0;
// "" if it is not known.
func (t *things) status(of thing, until Position) string {
	if len(t.latest) == 0 {
		return ""
	}
	i := t.latest[of.key()]
	for until > 0 && i != 0 && (t.steps[i].at == 0 || t.steps[i].at >= until) {
		i = t.steps[i].before
	}
	return t.statusBy(i)
}

// statusBy is what a thing has come to by the step.
func (t *things) statusBy(i int32) string {
	if i == 0 {
		return ""
	}
	e := t.does[t.steps[i].does]
	if !e.known && e.keeps == "" {
		return e.to
	}
	before := t.statusBy(t.steps[i].before)
	if e.known && before == "" || e.keeps != "" && e.keeps == before {
		return before
	}
	return e.to
}

// make makes the change, which the event at the position said. What is planned comes
// after everything recorded.
func (t *things) make(c change, at Position) {
	key := c.thing.key()
	if t.latest == nil {
		t.latest = make(map[thingKey]int32)
	}
	if _, known := t.latest[key]; !known && c.kind.listed {
		if t.ids == nil {
			t.ids = make(map[thingKey]ID)
		}
		t.ids[key] = ID(strings.Clone(string(c.id)))
		t.texts += idBytes + len(c.id)
	}
	n := t.add(step{at: at, does: t.effect(c.effect)})
	later, i := int32(0), t.latest[key]
	for i != 0 && at != 0 && (t.steps[i].at == 0 || t.steps[i].at >= at) {
		later, i = i, t.steps[i].before
	}
	t.steps[n].before = i
	if later != 0 {
		t.steps[later].before = n
	} else {
		t.latest[key] = n
	}
}

func (t *things) add(s step) int32 {
	if i := t.unused; i != 0 {
		t.unused = t.steps[i].before
		t.undone--
		t.steps[i] = s
		return i
	}
	if len(t.steps) == 0 {
		t.steps = append(t.steps, step{})
	}
	t.steps = append(t.steps, s)
	return int32(len(t.steps) - 1)
}

func (t *things) effect(e effect) int32 {
	i := slices.Index(t.does, e)
	if i < 0 {
		i = len(t.does)
		e.to = strings.Clone(e.to)
		t.does = append(t.does, e)
	}
	return int32(i)
}

// settle says where the first of the thing's steps that are only planned was recorded.
func (t *things) settle(of thing, at Position) {
	planned := int32(0)
	for i := t.latest[of.key()]; i != 0 && t.steps[i].at == 0; i = t.steps[i].before {
		planned = i
	}
	if planned != 0 {
		t.steps[planned].at = at
	}
}

// undo takes back the change that the event at the position made.
func (t *things) undo(of thing, at Position) {
	key := of.key()
	later, i := int32(0), t.latest[key]
	for i != 0 && t.steps[i].at != at {
		later, i = i, t.steps[i].before
	}
	if i == 0 {
		return
	}
	switch before := t.steps[i].before; {
	case later != 0:
		t.steps[later].before = before
	case before != 0:
		t.latest[key] = before
	default:
		delete(t.latest, key)
		if of.kind.listed {
			delete(t.ids, key)
			t.texts -= idBytes + len(of.id)
		}
	}
	t.steps[i] = step{before: t.unused}
	t.unused = i
	t.undone++
}

// listed are the ids of the things that are listed, in order.
func (t *things) listed() []ID { return slices.Sorted(maps.Values(t.ids)) }

// clone is the things once more, to be changed by themselves.
func (t *things) clone() things {
	c := *t
	c.latest, c.steps, c.does, c.ids = maps.Clone(t.latest), slices.Clone(t.steps), slices.Clip(t.does), maps.Clone(t.ids)
	return c
}
