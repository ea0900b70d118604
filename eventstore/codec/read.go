package codec

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rapport-ledger/rapport/domain"
)

// maxCorrections bounds how deep an event may lie inside another.
const maxCorrections = 4

// reader reads what [writer] wrote, and so may be quick: no spaces, no checks of
// ranges. Fields may be missing or in another order, since the catalogue and the
// persons remembered may have changed since; what it does not know is an error.
type reader struct {
	catalogue *catalogue
	b         []byte
	i         int
	depth     int
}

// decode gives the event whose canonical data of the current version is given.
func (c *catalogue) decode(s *spec, data []byte) (domain.Event, error) {
	r := reader{catalogue: c, b: data}
	return r.whole(s)
}

func (r *reader) whole(s *spec) (domain.Event, error) {
	scratch := s.scratch.Get().(*reflect.Value)
	v := scratch.Elem()
	defer func() {
		v.SetZero()
		s.scratch.Put(scratch)
	}()
	if err := r.object(s.shape, v); err != nil {
		return nil, fmt.Errorf("read %s: %w", s.Type, err)
	}
	if r.i != len(r.b) {
		return nil, fmt.Errorf("read %s: %w", s.Type, r.corrupt("the end"))
	}
	return v.Interface().(domain.Event), nil
}

func (r *reader) corrupt(expected string) error {
	return fmt.Errorf("corrupt data at byte %d: expected %s", r.i, expected)
}

func (r *reader) peek() byte {
	if r.i < len(r.b) {
		return r.b[r.i]
	}
	return 0
}

// take consumes c if it is next.
func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.i++
	return true
}

func (r *reader) object(s *shape, v reflect.Value) error {
	if !r.take('{') {
		return r.corrupt("an object")
	}
	if r.take('}') {
		return nil
	}
	var inner []byte // the data of a kindEvent
	for next := 0; ; next++ {
		f := r.key(s, next)
		if f == nil {
			return r.corrupt("a known field")
		}
		next = f.at
		if f.kind == kindEvent {
			start := r.i
			if !r.skip() {
				return r.corrupt("an object")
			}
			inner = r.b[start:r.i]
		} else if err := r.field(f, v.Field(f.at)); err != nil {
			return err
		}
		if r.take('}') {
			break
		}
		if !r.take(',') {
			return r.corrupt("a comma")
		}
	}
	if inner == nil {
		return nil
	}
	return r.event(s, v, inner)
}

// key consumes a field's name. The one at next, or one after it, is tried first.
func (r *reader) key(s *shape, next int) *field {
	for n := range s.fields {
		f := &s.fields[(next+n)%len(s.fields)]
		if end := r.i + len(f.key); end <= len(r.b) && string(r.b[r.i:end]) == f.key {
			r.i = end
			return f
		}
	}
	return nil
}

// event reads the data of another event, of the type that its sibling field says, in
// the version it was written in.
func (r *reader) event(s *shape, v reflect.Value, data []byte) error {
	name := v.Field(s.typeAt).String()
	inner, version, ok := r.catalogue.resolve(name)
	if !ok {
		return fmt.Errorf("%s is not a type or version known here", name)
	}
	if r.depth++; r.depth > maxCorrections {
		return fmt.Errorf("corrections of corrections of corrections")
	}
	data, err := r.catalogue.upcast(inner, version, data)
	if err != nil {
		return err
	}
	nested := reader{catalogue: r.catalogue, b: data, depth: r.depth}
	ev, err := nested.whole(inner)
	if err != nil {
		return err
	}
	v.Field(s.typeAt).SetString(inner.wireType)
	v.Field(s.eventAt).Set(reflect.ValueOf(ev))
	return nil
}

func (r *reader) field(f *field, v reflect.Value) error {
	if f.pointer {
		p := reflect.New(v.Type().Elem())
		v.Set(p)
		v = p.Elem()
	}
	if !f.list {
		return r.value(f, v)
	}
	if !r.take('[') {
		return r.corrupt("a list")
	}
	if r.take(']') {
		return nil
	}
	for n := 0; ; n++ {
		v.Grow(1)
		v.SetLen(n + 1)
		if err := r.value(f, v.Index(n)); err != nil {
			return err
		}
		if r.take(']') {
			return nil
		}
		if !r.take(',') {
			return r.corrupt("a comma")
		}
	}
}

func (r *reader) value(f *field, v reflect.Value) error {
	switch f.kind {
	case kindString:
		s, err := r.text(f.enum)
		if err != nil {
			return err
		}
		v.SetString(s)
	case kindTime:
		s, err := r.text(nil)
		if err != nil {
			return err
		}
		t, err := readTime(s)
		if err != nil {
			return r.corrupt("a time")
		}
		v.Set(reflect.ValueOf(t))
	case kindBool:
		return r.bool(v)
	case kindStruct:
		return r.object(f.shape, v)
	default:
		return r.number(f.kind, v)
	}
	return nil
}

func (r *reader) bool(v reflect.Value) error {
	rest := r.b[r.i:]
	switch {
	case bytes.HasPrefix(rest, []byte("true")):
		r.i += 4
		v.SetBool(true)
	case bytes.HasPrefix(rest, []byte("false")):
		r.i += 5
		v.SetBool(false)
	default:
		return r.corrupt("true or false")
	}
	return nil
}

func (r *reader) number(k kind, v reflect.Value) error {
	start := r.i
	for r.i < len(r.b) && (r.b[r.i] >= '0' && r.b[r.i] <= '9' || r.b[r.i] == '-' || r.b[r.i] == '+' ||
		r.b[r.i] == '.' || r.b[r.i] == 'e') {
		r.i++
	}
	digits := string(r.b[start:r.i])
	var err error
	switch k {
	case kindInt:
		var n int64
		n, err = strconv.ParseInt(digits, 10, 64)
		v.SetInt(n)
	case kindPosition:
		var n uint64
		n, err = strconv.ParseUint(digits, 10, 64)
		v.SetUint(n)
	default:
		var n float64
		n, err = strconv.ParseFloat(digits, 64)
		v.SetFloat(n)
	}
	if err != nil {
		r.i = start
		return r.corrupt("a number")
	}
	return nil
}

// text reads a string. One of the usual values is given without copying it.
func (r *reader) text(usual []string) (string, error) {
	start := r.i
	raw, ok := r.quoted()
	if !ok {
		r.i = start
		return "", r.corrupt("a string")
	}
	inside := raw[1 : len(raw)-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		for _, u := range usual {
			if string(inside) == u {
				return u, nil
			}
		}
		return string(inside), nil
	}
	unquoted, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		r.i = start
		return "", r.corrupt("a string")
	}
	return string(unquoted), nil
}

// quoted consumes a string with its quotes.
func (r *reader) quoted() ([]byte, bool) {
	if r.peek() != '"' {
		return nil, false
	}
	for i := r.i + 1; i < len(r.b); i++ {
		switch r.b[i] {
		case '"':
			raw := r.b[r.i : i+1]
			r.i = i + 1
			return raw, true
		case '\\':
			i++
		}
	}
	return nil, false
}

// skip consumes an object without looking at what is in it.
func (r *reader) skip() bool {
	if r.peek() != '{' {
		return false
	}
	for open := 0; r.i < len(r.b); {
		switch r.b[r.i] {
		case '"':
			if _, ok := r.quoted(); !ok {
				return false
			}
			continue
		case '{', '[':
			open++
		case '}', ']':
			open--
		}
		r.i++
		if open == 0 {
			return true
		}
	}
	return false
}
