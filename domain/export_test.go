package domain

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Things lists all that the account knows, step by step.
func (a *Account) Things() string {
	var lines []string
	for key, i := range a.things.latest {
		line := fmt.Sprintf("%x %s:", key, a.things.ids[key])
		for ; i != 0; i = a.things.steps[i].before {
			line += fmt.Sprintf(" %d%+v", a.things.steps[i].at, a.things.does[a.things.steps[i].does])
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

// Kinds lists the kinds of things that events change, each by the key of the thing without an
// id.
func Kinds() (kinds int, keys map[string]bool) {
	seen, keys := map[*kind]bool{}, map[string]bool{}
	for _, e := range Catalogue {
		if c, ok := changeOf(reflect.Zero(e.goType).Interface().(Event)); ok {
			seen[c.kind] = true
			keys[fmt.Sprint(thing{kind: c.kind}.key())] = true
		}
	}
	return len(seen), keys
}
