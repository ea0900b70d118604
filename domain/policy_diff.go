package domain

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// PolicyDifference is one thing that two policies say differently.
type PolicyDifference struct {
	// Path says what, such as trust.weights.delivery.missed.weight.
	Path string
	// From and To are the values; "" where a policy says nothing of it.
	From, To string
}

// DiffPolicies is what the second policy says differently, in the order in which
// policies are written; items that only the second has come after those of the first.
// Names are not compared. Kinds of evidence and dimensions that a policy does not name
// are taken to have their defaults.
func DiffPolicies(from, to Policy) []PolicyDifference { return differences(from.parts(), to.parts()) }

// Rules is everything the policy says, in the order in which it is written: the differences
// from a policy that says nothing. Kinds of evidence and dimensions that it does not name have
// their defaults.
func (p Policy) Rules() []PolicyDifference { return differences([4]reflect.Value{}, p.parts()) }

// differences compares policies part by part; either may say nothing.
func differences(from, to [4]reflect.Value) []PolicyDifference {
	var d differ
	for i, path := range [...]string{"trust", "followup", "calendar", "measures"} {
		d.values(path, from[i], to[i])
	}
	return d.found
}

// parts are what the policy says of trust, follow-ups, the calendar and measures.
func (p Policy) parts() [4]reflect.Value {
	return [...]reflect.Value{
		reflect.ValueOf(p.Trust.named()), reflect.ValueOf(p.FollowUp), reflect.ValueOf(p.Calendar), reflect.ValueOf(p.Measures),
	}
}

// named is the policy with the kinds and dimensions that it leaves out.
func (t TrustPolicy) named() TrustPolicy {
	t.Dimensions, t.Weights = slices.Clone(t.Dimensions), slices.Clone(t.Weights)
	standard := defaultTrust()
	for _, d := range standard.Dimensions {
		if !slices.ContainsFunc(t.Dimensions, func(have DimensionPolicy) bool { return have.Name == d.Name }) {
			t.Dimensions = append(t.Dimensions, d)
		}
	}
	for _, w := range standard.Weights {
		if !slices.ContainsFunc(t.Weights, func(have EvidenceWeight) bool { return have.Kind == w.Kind }) {
			t.Weights = append(t.Weights, w)
		}
	}
	return t
}

type differ struct{ found []PolicyDifference }

// values compares two values of a type; either may be missing.
func (d *differ) values(path string, a, b reflect.Value) {
	known := a
	if !known.IsValid() {
		known = b
	}
	switch {
	case known.Kind() == reflect.Struct:
		for i := range known.NumField() {
			name, _, _ := strings.Cut(known.Type().Field(i).Tag.Get("json"), ",")
			d.values(path+"."+name, field(a, i), field(b, i))
		}
	case known.Kind() == reflect.Slice && known.Type().Elem().Kind() == reflect.Struct:
		d.lists(path, a, b)
	default:
		if from, to := written(a), written(b); from != to {
			d.found = append(d.found, PolicyDifference{path, from, to})
		}
	}
}

// field is a field's value; none if it is left out where it is zero.
func field(v reflect.Value, i int) reflect.Value {
	if !v.IsValid() {
		return v
	}
	if f := v.Field(i); !f.IsZero() || !strings.HasSuffix(v.Type().Field(i).Tag.Get("json"), ",omitzero") {
		return f
	}
	return reflect.Value{}
}

// lists compares items that go by the same name, which is their first text. Where a
// name is given more than once, all that goes by it is compared as one.
func (d *differ) lists(path string, a, b reflect.Value) {
	from, order := byName(a)
	to, added := byName(b)
	for _, name := range added {
		if from[name] == nil {
			order = append(order, name)
		}
	}
	for _, name := range order {
		x, y := from[name], to[name]
		if len(x) <= 1 && len(y) <= 1 {
			d.items(path+"."+name, one(x), one(y))
		} else if before, after := all(x), all(y); before != after {
			d.found = append(d.found, PolicyDifference{path + "." + name, before, after})
		}
	}
}

// items compares what two items of the same name say beside it.
func (d *differ) items(path string, a, b reflect.Value) {
	known := a
	if !known.IsValid() {
		known = b
	}
	naming := nameField(known)
	for i := range known.NumField() {
		if i != naming {
			name, _, _ := strings.Cut(known.Type().Field(i).Tag.Get("json"), ",")
			d.values(path+"."+name, field(a, i), field(b, i))
		}
	}
}

func one(v []reflect.Value) reflect.Value {
	if len(v) == 0 {
		return reflect.Value{}
	}
	return v[0]
}

func all(items []reflect.Value) string {
	parts := make([]string, len(items))
	for i, v := range items {
		parts[i] = written(v)
	}
	return strings.Join(parts, "; ")
}

func nameField(item reflect.Value) int {
	for i := range item.NumField() {
		if item.Field(i).Kind() == reflect.String {
			return i
		}
	}
	return -1
}

func byName(list reflect.Value) (items map[string][]reflect.Value, order []string) {
	items = map[string][]reflect.Value{}
	if !list.IsValid() {
		return items, nil
	}
	for i := range list.Len() {
		item := list.Index(i)
		name := item.Field(nameField(item)).String()
		if items[name] == nil {
			order = append(order, name)
		}
		items[name] = append(items[name], item)
	}
	return items, order
}

// written is a value as text; "" for none.
func written(v reflect.Value) string {
	if !v.IsValid() {
		return ""
	}
	switch v.Kind() {
	case reflect.Struct:
		var parts []string
		naming := nameField(v)
		for i := range v.NumField() {
			if i != naming {
				parts = append(parts, written(v.Field(i)))
			}
		}
		return strings.Join(parts, " ")
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, written(v.Index(i)))
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v.Interface())
}
