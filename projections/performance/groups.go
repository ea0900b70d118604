package performance

import (
	"maps"
	"slices"
)

// key is what things are counted under.
type key [3]string

// groups count things under keys.
type groups[V any] map[key]*V

// at is what is counted under the parts of a key, at most three.
func (g groups[V]) at(parts ...string) *V {
	var k key
	copy(k[:], parts)
	v := g[k]
	if v == nil {
		v = new(V)
		g[k] = v
	}
	return v
}

// list is all of them, by key.
func (g groups[V]) list() []V {
	all := make([]V, 0, len(g))
	for _, k := range slices.SortedFunc(maps.Keys(g), func(a, b key) int { return slices.Compare(a[:], b[:]) }) {
		all = append(all, *g[k])
	}
	return all
}
