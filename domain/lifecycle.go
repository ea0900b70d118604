package domain

import (
	"fmt"
	"slices"
	"strings"
)

// thing is something with a life of its own inside an account: a complaint, a promise.
type thing struct {
	kind *kind
	id   ID
}

// kind is a sort of thing, and the words that faults about it are made of. Its
// statuses are words that read well after "is": open, closed, kept.
type kind struct {
	noun  string // complaint
	field string // where the data names it: complaint
	born  string // how one comes to be: raised
	// listed says that an account can tell which things of this kind it knows, by id.
	listed bool
}

// inside names what is known by its own id only inside something else. Ids hold no
// control characters, so it is nobody else's name.
func inside(outer, id ID) ID { return outer + "\x00" + id }

// name is the thing's own id.
func (id ID) name() string {
	return string(id[strings.LastIndexByte(string(id), 0)+1:])
}

// status is what the thing has come to; "" if it is not known.
func (a *Account) status(k *kind, id ID) string {
	return a.things.status(thing{k, id}, a.until)
}

// unused is a fault if the thing is known already.
func (a *Account) unused(k *kind, id ID) []Fault {
	if a.status(k, id) == "" {
		return nil
	}
	return fault(k, "%s %q was %s before", k.noun, id.name(), k.born)
}

// known is a fault if the thing is not known.
func (a *Account) known(k *kind, id ID) []Fault {
	if a.status(k, id) == "" {
		return fault(k, "%s %q was never %s", k.noun, id.name(), k.born)
	}
	return nil
}

// in is a fault unless the thing is known and has one of the statuses.
func (a *Account) in(k *kind, id ID, statuses ...string) []Fault {
	if faults := a.known(k, id); faults != nil {
		return faults
	}
	if status := a.status(k, id); !slices.Contains(statuses, status) {
		return fault(k, "%s %q is %s", k.noun, id.name(), status)
	}
	return nil
}

// notIn is a fault if the thing has one of the statuses; one that is not known has none.
func (a *Account) notIn(k *kind, id ID, statuses ...string) []Fault {
	if status := a.status(k, id); slices.Contains(statuses, status) {
		return fault(k, "%s %q is %s", k.noun, id.name(), status)
	}
	return nil
}

func fault(k *kind, format string, args ...any) []Fault {
	return []Fault{{Location: "data." + k.field, Message: fmt.Sprintf(format, args...)}}
}

// at is faults of a thing that the data names in another field than usual.
func at(location string, faults []Fault) []Fault {
	for i := range faults {
		faults[i].Location = location
	}
	return faults
}

// together is a fault if a value is given without the field that says in what.
func together(given bool, unit, name, of string) []Fault {
	if given && unit == "" {
		return []Fault{{Location: "data." + name, Message: "needed where " + of + " is given"}}
	}
	return nil
}
