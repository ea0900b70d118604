package codec

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rapport-ledger/rapport/domain"
)

// span is a member of an object, `"name":value` without a comma, that is somebody's
// personal data.
type span struct {
	start, end int
	persons    []domain.ID
}

// writer writes events' data in canonical JSON: fields in the struct's order, no
// spaces, what is optional and zero left out, numbers and strings as in RFC 8785,
// times in UTC. Equal events give equal bytes.
type writer struct {
	catalogue *catalogue
	buf       []byte
	spans     []span // in the order of buf
	// partial leaves out personal data that is not there, although it must be: it is
	// sealed, or somebody was forgotten.
	partial bool
}

// Most events' data is smaller than this, in bytes.
const usualSize = 512

func newWriter(c *catalogue) writer {
	return writer{catalogue: c, buf: make([]byte, 0, usualSize)}
}

// EncodeData gives the event's data as canonical JSON, personal data included. It
// fails for an event outside the catalogue and for values JSON cannot carry; whether
// the values make sense is for [Validate].
func EncodeData(ev domain.Event) ([]byte, error) {
	w := newWriter(current)
	if _, err := w.event(ev); err != nil {
		return nil, err
	}
	return w.buf, nil
}

func (w *writer) event(ev domain.Event) (*spec, error) {
	s, v, err := w.catalogue.of(ev)
	if err != nil {
		return nil, err
	}
	if err := w.object(s.shape, v); err != nil {
		return nil, fmt.Errorf("write %s: %w", s.Type, err)
	}
	return s, nil
}

func (w *writer) object(s *shape, v reflect.Value) error {
	if err := w.checkCorrected(s, v); err != nil {
		return err
	}
	w.buf = append(w.buf, '{')
	for i := range s.fields {
		f := &s.fields[i]
		fv := v.Field(f.at)
		if (f.optional || w.partial && f.personal) && f.absent(fv) {
			continue
		}
		if w.buf[len(w.buf)-1] != '{' {
			w.buf = append(w.buf, ',')
		}
		start := len(w.buf)
		w.buf = append(w.buf, f.key...)
		if err := w.field(f, fv); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if f.personal {
			w.spans = append(w.spans, span{start, len(w.buf), persons(f, v)})
		}
	}
	w.buf = append(w.buf, '}')
	return nil
}

// checkCorrected makes sure that data inside data is read back as what it was.
func (w *writer) checkCorrected(s *shape, v reflect.Value) error {
	if s.typeAt < 0 {
		return nil
	}
	name := v.Field(s.typeAt).String()
	ev, _ := v.Field(s.eventAt).Interface().(domain.Event)
	if inner, _, err := w.catalogue.of(ev); err != nil || inner.wireType != name {
		return fmt.Errorf("%T cannot be the data of type %q", ev, name)
	}
	return nil
}

// absent reports whether an optional field is left out. An empty list is no list.
func (f *field) absent(v reflect.Value) bool {
	switch {
	case f.list:
		return v.Len() == 0
	case f.kind == kindTime && !f.pointer:
		return v.Interface().(time.Time).IsZero()
	}
	return v.IsZero()
}

// persons gives whose personal data the field of the struct v is.
func persons(f *field, v reflect.Value) []domain.ID {
	if f.person < 0 {
		return nil
	}
	return appendIDs(nil, v.Field(f.person))
}

func (w *writer) field(f *field, v reflect.Value) error {
	if f.pointer {
		v = v.Elem()
	}
	if !f.list {
		return w.value(f, v)
	}
	w.buf = append(w.buf, '[')
	for i := range v.Len() {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		if err := w.value(f, v.Index(i)); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	w.buf = append(w.buf, ']')
	return nil
}

func (w *writer) value(f *field, v reflect.Value) (err error) {
	switch f.kind {
	case kindString:
		w.buf, err = jsontext.AppendQuote(w.buf, v.String())
		return err
	case kindBool:
		w.buf = strconv.AppendBool(w.buf, v.Bool())
	case kindInt:
		w.buf = strconv.AppendInt(w.buf, v.Int(), 10)
	case kindPosition:
		w.buf = strconv.AppendUint(w.buf, v.Uint(), 10)
	case kindFloat:
		return w.float(v.Float())
	case kindTime:
		return w.time(v.Interface().(time.Time))
	case kindStruct:
		return w.object(f.shape, v)
	case kindEvent:
		ev, _ := v.Interface().(domain.Event)
		_, err := w.event(ev)
		return err
	}
	return nil
}

func (w *writer) float(n float64) error {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return fmt.Errorf("%v is not a number JSON can carry", n)
	}
	w.buf = jsontext.AppendFloat(w.buf, n+0, 64) // + 0 makes -0 a 0
	return nil
}

func (w *writer) time(t time.Time) error {
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		return fmt.Errorf("year %d cannot be written", y)
	}
	w.buf = append(w.buf, '"')
	w.buf = appendTime(w.buf, t)
	w.buf = append(w.buf, '"')
	return nil
}
