package domain

import (
	"slices"
	"strings"
)

// Fault is one thing wrong with an event. Location is the path to it in the
// CloudEvent, such as "data.severity" or "subject".
type Fault struct {
	Location string
	Message  string
}

// Refusal says that an event breaks rules, and which: every one of them at once.
// The event was not recorded.
type Refusal struct {
	Faults []Fault
}

// Refuse makes a refusal of one fault.
func Refuse(location, message string) *Refusal {
	return &Refusal{Faults: []Fault{{location, message}}}
}

func (r *Refusal) Error() string {
	var b strings.Builder
	for i, f := range r.Faults {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Location)
		b.WriteString(": ")
		b.WriteString(f.Message)
	}
	return b.String()
}

// Is makes two refusals with the same faults equal to [errors.Is].
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && slices.Equal(r.Faults, t.Faults)
}
