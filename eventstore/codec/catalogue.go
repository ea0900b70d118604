package codec

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/rapport-ledger/rapport/domain"
)

// spec is one event type, ready to be read and written.
type spec struct {
	domain.Entry
	wireType string // the CloudEvents type of the current version
	shape    *shape
	// scratch holds structs to fill, as *reflect.Value, so that only the finished event is
	// allocated.
	scratch sync.Pool
}

// catalogue is every type the codec knows. It never changes once made.
type catalogue struct {
	byType    map[domain.Type]*spec
	byWire    map[string]*spec // current versions
	byGoType  map[reflect.Type]*spec
	upcasters upcasters
}

// definition is an entry and the struct that carries its data.
type definition struct {
	domain.Entry
	goType reflect.Type
}

var current = func() *catalogue {
	defs := make([]definition, len(domain.Catalogue))
	for i, e := range domain.Catalogue {
		defs[i] = definition{e, e.GoType()}
	}
	c, err := newCatalogue(defs, storedUpcasters)
	if err != nil {
		panic("codec: " + err.Error())
	}
	return c
}()

// newCatalogue compiles the definitions. An error is a mistake in them, or a version
// that no upcaster leads away from.
func newCatalogue(defs []definition, up upcasters) (*catalogue, error) {
	c := &catalogue{
		byType:    make(map[domain.Type]*spec, len(defs)),
		byWire:    make(map[string]*spec, len(defs)),
		byGoType:  make(map[reflect.Type]*spec, len(defs)),
		upcasters: up,
	}
	for _, d := range defs {
		shape, err := compileShape(d.goType, d.Type.Family())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Type, err)
		}
		for v := 1; v < d.Version; v++ {
			if up[versioned{d.Type, v}] == nil {
				return nil, fmt.Errorf("%s: no upcaster from version %d", d.Type, v)
			}
		}
		s := &spec{Entry: d.Entry, wireType: d.CloudEventType(), shape: shape}
		s.scratch.New = func() any { v := reflect.New(d.goType); return &v }
		c.byType[d.Type], c.byWire[s.wireType], c.byGoType[d.goType] = s, s, s
	}
	return c, nil
}

// of finds the spec of an event by its Go type. The value is the struct itself.
func (c *catalogue) of(ev domain.Event) (*spec, reflect.Value, error) {
	v := reflect.ValueOf(ev)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.IsValid() {
		if s, ok := c.byGoType[v.Type()]; ok {
			return s, v, nil
		}
	}
	return nil, v, fmt.Errorf("%T is not an event of the catalogue", ev)
}

// resolve reads a type as emitters or people write it.
func (c *catalogue) resolve(name string) (s *spec, version int, ok bool) {
	if s, ok := c.byWire[name]; ok {
		return s, s.Version, true
	}
	if s, ok := c.byType[domain.Type(name)]; ok {
		return s, s.Version, true
	}
	t, version, ok := splitWireType(name)
	if !ok {
		return nil, 0, false
	}
	s = c.byType[t]
	return s, version, s != nil && version <= s.Version
}

// splitWireType takes rapport.complaint.raised.v1 apart. The type need not be known.
func splitWireType(name string) (domain.Type, int, bool) {
	rest, ok := strings.CutPrefix(name, domain.Prefix)
	dot := strings.LastIndex(rest, ".v")
	if !ok || dot <= 0 {
		return "", 0, false
	}
	digits := rest[dot+2:]
	version, err := strconv.Atoi(digits)
	if err != nil || version < 1 || strconv.Itoa(version) != digits {
		return "", 0, false
	}
	return domain.Type(rest[:dot]), version, true
}

// ResolveType reads an event type as people and filters write it: complaint.raised is
// its current version, rapport.complaint.raised.v1 the version it says. It reports
// false for a type or a version the catalogue does not have.
func ResolveType(name string) (t domain.Type, version int, ok bool) {
	s, version, ok := current.resolve(name)
	if !ok {
		return "", 0, false
	}
	return s.Type, version, true
}

// Contacts gives the ids of all contacts the event names, each once, in the order of
// its fields; for a correction, those of the corrected data. It is nil for an event
// outside the catalogue.
func Contacts(ev domain.Event) []domain.ID {
	s, v, err := current.of(ev)
	if err != nil {
		return nil
	}
	if at := s.shape.eventAt; at >= 0 {
		inner, _ := v.Field(at).Interface().(domain.Event)
		return Contacts(inner)
	}
	var ids []domain.ID
	for _, at := range s.shape.contacts {
		ids = appendIDs(ids, v.Field(at))
	}
	return ids
}

// appendIDs adds the ids of a field, which is one or a list, that are not there yet.
func appendIDs(ids []domain.ID, v reflect.Value) []domain.ID {
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			ids = appendIDs(ids, v.Index(i))
		}
		return ids
	}
	id := domain.ID(v.String())
	if id == "" {
		return ids
	}
	for _, known := range ids {
		if known == id {
			return ids
		}
	}
	return append(ids, id)
}
