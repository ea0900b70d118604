package codec

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// kind is how one value of a field is written in JSON.
type kind uint8

const (
	kindString kind = iota + 1
	kindBool
	kindInt
	kindFloat
	kindTime
	kindPosition
	kindStruct // an object with a shape of its own
	kindEvent  // the data of another event, whose type is in the sibling field "type"
)

// What a string is checked against beyond its length.
const (
	formatNone      = ""
	formatID        = "id" // from the Go type, never from a tag
	formatAccount   = "account"
	formatCurrency  = "currency"
	formatLanguage  = "language"
	formatEventType = "event_type"
)

const (
	defaultMaxChars = 4000
	defaultMaxItems = 100
	maxIDChars      = 128
	maxAccountChars = 64
	// Strings that may be at least this long are prose: they may have line breaks.
	proseChars = 1000
)

// shape is a struct's fields, compiled from its tags.
type shape struct {
	goType   reflect.Type
	fields   []field
	index    map[string]int
	required uint64 // a bit for each field that must be there
	contacts []int  // the fields that name contacts
	// Where the data of another event is, and its type; -1 if there is none.
	eventAt, typeAt int
}

// field is one member of an object.
type field struct {
	name    string
	key     string // `"name":`
	doc     string
	at      int // index in the struct
	goType  reflect.Type
	kind    kind // of the value, or of each item of a list
	list    bool
	pointer bool
	prose   bool

	optional bool
	enum     []string
	format   string
	min, max float64 // of a number
	minGiven bool
	maxGiven bool
	maxChars int
	maxItems int

	personal bool
	person   int // the field that names whose personal data it is; -1 for the account's own

	shape *shape // of a kindStruct
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	positionType  = reflect.TypeFor[domain.Position]()
	idType        = reflect.TypeFor[domain.ID]()
	accountIDType = reflect.TypeFor[domain.AccountID]()
	eventType     = reflect.TypeFor[domain.Event]()
)

// compileShape reads the tags that [domain.Entry] documents. An error is a mistake in
// the catalogue.
func compileShape(t reflect.Type, family string) (*shape, error) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%v is not a struct", t)
	}
	if t.NumField() > 64 {
		return nil, fmt.Errorf("%v has more than 64 fields", t)
	}
	s := &shape{goType: t, index: make(map[string]int), eventAt: -1, typeAt: -1}
	for i := range t.NumField() {
		f, err := compileField(t.Field(i), family)
		if err != nil {
			return nil, fmt.Errorf("%v.%s: %w", t, t.Field(i).Name, err)
		}
		if _, twice := s.index[f.name]; twice {
			return nil, fmt.Errorf("%v: two fields are called %s", t, f.name)
		}
		f.at = i
		s.index[f.name] = i
		s.fields = append(s.fields, f)
		if !f.optional {
			s.required |= 1 << i
		}
		if namesContact(f, family) {
			s.contacts = append(s.contacts, i)
		}
	}
	return s, s.link()
}

// link resolves what fields say of each other.
func (s *shape) link() error {
	for i := range s.fields {
		f := &s.fields[i]
		if f.kind == kindEvent {
			at, ok := s.index["type"]
			if !ok || s.fields[at].format != formatEventType {
				return fmt.Errorf("%v: %s needs a field type with format event_type", s.goType, f.name)
			}
			s.eventAt, s.typeAt = i, at
		}
		tag, personal := s.goType.Field(i).Tag.Lookup("personal")
		if !personal {
			continue
		}
		f.personal, f.person = true, -1
		if tag == "" {
			continue
		}
		at, ok := s.index[tag]
		if !ok || s.fields[at].format != formatID {
			return fmt.Errorf("%v: personal data of %s is said to be of %q, which is not a field with ids", s.goType, f.name, tag)
		}
		f.person = at
	}
	return nil
}

// namesContact reports whether the field holds contacts' ids.
func namesContact(f field, family string) bool {
	if f.format != formatID {
		return false
	}
	switch f.name {
	case "contact", "contacts", "to_contact", "customer_signatory":
		return true
	case "into", "from":
		return family == "contact"
	}
	return false
}

func compileField(sf reflect.StructField, family string) (field, error) {
	name, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
	f := field{
		name: name, key: strconv.Quote(name) + ":", doc: sf.Tag.Get("doc"), goType: sf.Type,
		maxItems: defaultMaxItems, person: -1,
	}
	if !snakeCase(name) {
		return f, fmt.Errorf("%q is not a snake_case name", name)
	}
	switch options {
	case "":
	case "omitzero":
		f.optional = true
	default:
		return f, fmt.Errorf("json option %q is not known", options)
	}
	t := sf.Type
	switch {
	case t.Kind() == reflect.Slice:
		f.list, t = true, t.Elem()
	case t.Kind() == reflect.Pointer:
		f.pointer, t = true, t.Elem()
		if !f.optional {
			return f, fmt.Errorf("a pointer that is not optional")
		}
	}
	if err := f.setKind(t, family); err != nil {
		return f, err
	}
	return f, f.setLimits(sf.Tag)
}

func (f *field) setKind(t reflect.Type, family string) error {
	switch {
	case t == timeType:
		f.kind = kindTime
	case t == positionType:
		f.kind = kindPosition
	case t == eventType:
		f.kind = kindEvent
		if f.list || f.pointer || f.optional {
			return fmt.Errorf("an event must be required and single")
		}
	case t.Kind() == reflect.String:
		f.kind = kindString
	case t.Kind() == reflect.Bool:
		f.kind = kindBool
	case t.Kind() == reflect.Int64:
		f.kind = kindInt
	case t.Kind() == reflect.Float64:
		f.kind = kindFloat
	case t.Kind() == reflect.Struct:
		f.kind = kindStruct
		s, err := compileShape(t, family)
		if err != nil {
			return err
		}
		for _, inner := range s.fields {
			if f.list && inner.personal {
				return fmt.Errorf("personal data inside a list of objects")
			}
		}
		f.shape = s
	default:
		return fmt.Errorf("type %v is not known", t)
	}
	switch t {
	case idType:
		f.format = formatID
	case accountIDType:
		f.format = formatAccount
	}
	return nil
}

// setLimits reads enum, format, min and max.
func (f *field) setLimits(tag reflect.StructTag) error {
	if enum, ok := tag.Lookup("enum"); ok {
		f.enum = strings.Fields(enum)
		if f.kind != kindString || len(f.enum) == 0 {
			return fmt.Errorf("enum %q needs a string and values", enum)
		}
	}
	if format, ok := tag.Lookup("format"); ok {
		known := []string{formatAccount, formatCurrency, formatLanguage, formatEventType}
		if f.kind != kindString || !slices.Contains(known, format) {
			return fmt.Errorf("format %q is not known for its type", format)
		}
		f.format = format
	}
	lowest, lowGiven, err := limit(tag, "min")
	if err != nil {
		return err
	}
	highest, highGiven, err := limit(tag, "max")
	if err != nil {
		return err
	}
	number := f.kind == kindInt || f.kind == kindFloat || f.kind == kindPosition
	if lowGiven && (!number || f.list) {
		return fmt.Errorf("min is for numbers")
	}
	switch {
	case f.list:
		if highGiven {
			f.maxItems = int(highest)
		}
		f.setMaxChars(0)
	case f.kind == kindString:
		f.setMaxChars(int(highest))
	case number:
		f.min, f.max = lowest, highest
	case highGiven:
		return fmt.Errorf("max is for numbers, strings and lists")
	}
	if f.kind == kindPosition {
		f.min, lowGiven = 1, true
	}
	f.minGiven, f.maxGiven = number && lowGiven, number && highGiven && !f.list
	return nil
}

func (f *field) setMaxChars(given int) {
	if f.kind != kindString {
		return
	}
	switch {
	case f.format == formatID:
		f.maxChars = maxIDChars
	case f.format == formatAccount:
		f.maxChars = maxAccountChars
	case given > 0:
		f.maxChars = given
	default:
		f.maxChars = defaultMaxChars
	}
	f.prose = f.maxChars >= proseChars && f.format == formatNone && f.enum == nil
}

func limit(tag reflect.StructTag, name string) (float64, bool, error) {
	s, ok := tag.Lookup(name)
	if !ok {
		return 0, false, nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false, fmt.Errorf("%s %q is not a number", name, s)
	}
	return n, true, nil
}

func snakeCase(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' || s[len(s)-1] == '_' || strings.Contains(s, "__") {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
