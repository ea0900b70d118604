package followup

import (
	"maps"
	"slices"
)

// Most signals mean the same whatever came before them. These do not.

// weigh gives the signal with what it means after those before it.
func (f *folding) weigh(s Signal) Signal {
	switch {
	case s.Does.Has(Compares):
		return f.compare(s)
	case s.Does.any(AtLeast | AtMost):
		f.aims = append(f.aims, s)
	case s.Does.Has(Measures):
		return f.measure(s)
	case s.Does.Has(Holds):
		f.holder = s.Who
		s.Does |= Settles
		s.Text = s.Who
	case s.Does.Has(Leaves) && f.holder != "" && f.holder != s.Who:
		s.Does |= Settles
		s.Text = f.holder
	case s.Does.Has(Leaves):
		f.holder = ""
	case s.Does.any(Done | Dismisses):
		f.said = nil // what was said before has been dealt with
	}
	return s
}

// compare gives a cause if others say another number, which cites all that is said of
// it; what settles the item if all now say the same; else a signal that says nothing.
func (f *folding) compare(s Signal) Signal {
	who := s.Who
	s.Who, s.Does = "", Informs
	before, again := f.said[who]
	if again && before.number == s.Number {
		return s
	}
	if f.said == nil {
		f.said = make(map[string]said)
	}
	f.said[who] = said{s.Number, s.Position}
	s.Does = Settles
	for _, other := range slices.Sorted(maps.Keys(f.said)) {
		o := f.said[other]
		s.Cites = append(s.Cites, o.at)
		if o.number != s.Number {
			s.Does = Cause
		}
	}
	return s
}

// measure gives a cause if the number misses one that it is held against, what does the
// work if it misses none, and a signal that says nothing if there is none in its unit.
func (f *folding) measure(s Signal) Signal {
	unit := s.Text
	s.Text, s.Does = "", Informs
	for _, aim := range f.aims {
		switch {
		case unit != "" && unit != aim.Text:
		case aim.Does.Has(AtLeast) && s.Number < aim.Number, aim.Does.Has(AtMost) && s.Number > aim.Number:
			s.Does = Cause
			return s
		default:
			s.Does = Done
		}
	}
	return s
}
