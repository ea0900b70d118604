package codec

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/rapport-ledger/rapport/domain"
)

// fragment is a member of an object, `"name":value`, that is kept apart from the rest.
type fragment struct {
	order int // its place among all fragments of the event
	at    int // where it goes in the public data
	json  []byte
}

// part is all that one set of persons has in an event.
type part struct {
	persons   []domain.ID // none: nobody in particular
	fragments []fragment
}

// cut takes the spans out of the data. What remains is JSON too: a comma goes with
// each member that goes.
func cut(data []byte, spans []span) (public []byte, parts []part) {
	if len(spans) == 0 {
		return data, nil
	}
	public = make([]byte, 0, len(data))
	from := 0
	for order, s := range spans {
		public = append(public, data[from:s.start]...)
		from = s.end
		if last := len(public) - 1; public[last] == ',' {
			public = public[:last]
		} else if data[from] == ',' {
			from++
		}
		parts = addFragment(parts, s.persons, fragment{order, len(public), data[s.start:s.end]})
	}
	return append(public, data[from:]...), parts
}

func addFragment(parts []part, persons []domain.ID, f fragment) []part {
	for i := range parts {
		if slices.Equal(parts[i].persons, persons) {
			parts[i].fragments = append(parts[i].fragments, f)
			return parts
		}
	}
	return append(parts, part{persons, []fragment{f}})
}

// splice puts fragments back. It undoes cut; and it gives JSON still if some of the
// fragments are gone.
func splice(public []byte, fragments []fragment) ([]byte, bool) {
	if len(fragments) == 0 {
		return public, true
	}
	slices.SortFunc(fragments, func(a, b fragment) int { return cmp.Compare(a.order, b.order) })
	size := len(public) + len(fragments)
	for _, f := range fragments {
		size += len(f.json)
	}
	data := make([]byte, 0, size)
	from := 0
	for _, f := range fragments {
		if f.at < max(from, 1) || f.at >= len(public) {
			return nil, false
		}
		data = append(data, public[from:f.at]...)
		from = f.at
		if !bytes.HasSuffix(data, []byte("{")) && !bytes.HasSuffix(data, []byte(",")) {
			data = append(data, ',')
		}
		data = append(data, f.json...)
		if next := public[from]; next != '}' && next != ',' {
			data = append(data, ',')
		}
	}
	return append(data, public[from:]...), true
}
