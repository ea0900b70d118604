package domain

import (
	"fmt"
	"slices"
	"strings"
)

// Things lists all that the account knows, step by step.
func (a *Account) Things() string {
	var lines []string
	for k, steps := range a.things {
		for id, s := range steps {
			line := fmt.Sprintf("%s %q:", k.noun+" "+k.born, id)
			for ; s != nil; s = s.before {
				line += fmt.Sprintf(" %d%+v", s.at, s.does.Value())
			}
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}
