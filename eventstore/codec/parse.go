package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"reflect"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rapport-ledger/rapport/domain"
)

// parser reads what emitters send. It goes through the bytes once, fills the struct
// as it goes, and notes what is wrong without stopping, except where the bytes are
// not JSON. Its methods return an error only then.
type parser struct {
	catalogue *catalogue
	dec       *jsontext.Decoder
	path      []step
	faults    []domain.Fault
	malformed bool
}

// tokens is a decoder that can be used again.
type tokens struct {
	input bytes.Buffer
	dec   jsontext.Decoder
}

var tokensPool = sync.Pool{New: func() any { return new(tokens) }}

// tokenize calls read with a decoder of b, and then makes sure that nothing follows.
func tokenize(b []byte, read func(*jsontext.Decoder) error) error {
	t := tokensPool.Get().(*tokens)
	t.input = *bytes.NewBuffer(b)
	t.dec.Reset(&t.input, jsontext.AllowDuplicateNames(true)) // the parser finds them itself
	defer func() {
		t.input = bytes.Buffer{}
		t.dec.Reset(&t.input)
		tokensPool.Put(t)
	}()
	if err := read(&t.dec); err != nil {
		return err
	}
	_, err := t.dec.ReadToken()
	if err == io.EOF {
		return nil
	}
	if err == nil {
		err = &jsontext.SyntacticError{ByteOffset: t.dec.InputOffset() - 1, Err: errors.New("something follows the end")}
	}
	return err
}

// data reads an event's data.
func (p *parser) data(s *spec) (domain.Event, error) {
	if p.dec.PeekKind() != '{' {
		return nil, p.wrongKind("an object with the event's data")
	}
	scratch := s.scratch.Get().(*reflect.Value)
	v := scratch.Elem()
	defer func() {
		v.SetZero()
		s.scratch.Put(scratch)
	}()
	if err := p.object(s.shape, v); err != nil {
		return nil, err
	}
	return v.Interface().(domain.Event), nil
}

// wrongKind notes that the next value is not what was expected, and skips it.
func (p *parser) wrongKind(expected string) error {
	k := p.dec.PeekKind()
	if err := p.dec.SkipValue(); err != nil {
		return err
	}
	if k == 'n' {
		p.fault("must be " + expected + ", not null; leave it out if there is nothing to say")
		return nil
	}
	p.fault("must be " + expected + ", not " + kindName(k))
	return nil
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "a list"
	}
	return "that"
}

// object reads the next value, which is an object, into the struct v.
func (p *parser) object(s *shape, v reflect.Value) error {
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	var seen uint64
	var inner []byte // the data of a kindEvent, which may come before its type
	for p.dec.PeekKind() != '}' {
		f, name, err := p.member(s)
		if err != nil {
			return err
		}
		p.push(name)
		switch {
		case f == nil:
			p.fault(unknownField(name, s))
			err = p.dec.SkipValue()
		case seen&(1<<f.at) != 0:
			p.duplicate()
			err = p.dec.SkipValue()
		case f.kind == kindEvent:
			inner, err = p.dec.ReadValue()
		default:
			err = p.field(f, v.Field(f.at))
		}
		p.pop()
		if err != nil {
			return err
		}
		if f != nil {
			seen |= 1 << f.at
		}
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	for missing := s.required &^ seen; missing != 0; missing &= missing - 1 {
		p.faultAt(s.fields[bits.TrailingZeros64(missing)].name, "is missing")
	}
	if inner == nil {
		return nil
	}
	return p.inner(s, v, inner)
}

// member reads the next name. The field is nil if there is none of that name.
func (p *parser) member(s *shape) (*field, string, error) {
	raw, err := p.dec.ReadValue()
	if err != nil {
		return nil, "", err
	}
	if at, ok := s.index[string(raw[1:len(raw)-1])]; ok {
		return &s.fields[at], s.fields[at].name, nil
	}
	name, err := unquote(raw)
	if at, ok := s.index[name]; ok {
		return &s.fields[at], name, err
	}
	return nil, name, err
}

func unquote(raw []byte) (string, error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	s, err := jsontext.AppendUnquote(nil, raw)
	return string(s), err
}

func (p *parser) duplicate() {
	p.malformed = true
	p.fault("is given twice")
}

func unknownField(name string, s *shape) string {
	known := make([]string, len(s.fields))
	for i := range s.fields {
		known[i] = s.fields[i].name
	}
	return "is not a field of this type" + didYouMean(name, known)
}

// inner reads data inside data: what an event should have said.
func (p *parser) inner(s *shape, v reflect.Value, data []byte) error {
	target, version, ok := p.catalogue.resolve(v.Field(s.typeAt).String())
	if !ok || !target.correctable() {
		return nil // the fault is noted at the type
	}
	p.push(s.fields[s.eventAt].name)
	defer p.pop()
	ev, err := p.versioned(target, version, data)
	if err != nil || ev == nil {
		return err
	}
	v.Field(s.typeAt).SetString(target.wireType)
	v.Field(s.eventAt).Set(reflect.ValueOf(ev))
	return nil
}

// versioned reads data, known to be JSON, of a version of the type.
func (p *parser) versioned(s *spec, version int, data []byte) (ev domain.Event, err error) {
	if version < s.Version {
		if data, err = p.catalogue.upcastGiven(s, version, data); err != nil {
			p.fault(err.Error())
			return nil, nil
		}
	}
	outer := p.dec
	defer func() { p.dec = outer }()
	err = tokenize(data, func(dec *jsontext.Decoder) error {
		p.dec = dec
		ev, err = p.data(s)
		return err
	})
	return ev, err
}

func (p *parser) field(f *field, v reflect.Value) error {
	if f.list {
		return p.list(f, v)
	}
	if f.pointer {
		pointed := reflect.New(v.Type().Elem())
		v.Set(pointed)
		v = pointed.Elem()
	}
	return p.value(f, v)
}

func (p *parser) list(f *field, v reflect.Value) error {
	if p.dec.PeekKind() != '[' {
		return p.wrongKind("a list")
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	n := 0
	for p.dec.PeekKind() != ']' {
		if n++; n > f.maxItems {
			if err := p.dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		v.Grow(1)
		v.SetLen(n)
		p.path = append(p.path, step{index: n - 1})
		err := p.value(f, v.Index(n-1))
		p.pop()
		if err != nil {
			return err
		}
	}
	if n > f.maxItems {
		p.fault(fmt.Sprintf("must have at most %d items, not %d", f.maxItems, n))
	}
	_, err := p.dec.ReadToken()
	return err
}

func (p *parser) value(f *field, v reflect.Value) error {
	k := p.dec.PeekKind()
	switch f.kind {
	case kindString, kindTime:
		if k != '"' {
			return p.wrongKind("a string")
		}
	case kindBool:
		if k != 't' && k != 'f' {
			return p.wrongKind("true or false")
		}
	case kindInt, kindPosition:
		if k != '0' {
			return p.wrongKind("a whole number")
		}
	case kindFloat:
		if k != '0' {
			return p.wrongKind("a number")
		}
	case kindStruct:
		if k != '{' {
			return p.wrongKind("an object")
		}
		return p.object(f.shape, v)
	}
	raw, err := p.dec.ReadValue()
	if err != nil {
		return err
	}
	if message := p.scalar(f, v, raw); message != "" {
		p.fault(message)
	}
	return nil
}

// scalar sets the value, or says what is wrong with it.
func (p *parser) scalar(f *field, v reflect.Value, raw []byte) string {
	switch f.kind {
	case kindBool:
		v.SetBool(raw[0] == 't')
	case kindInt, kindPosition:
		n, ok := wholeNumber(raw)
		if !ok {
			return "must be a whole number that fits in 64 bits, not " + clip(raw)
		}
		if f.kind == kindInt {
			v.SetInt(n)
		} else {
			v.SetUint(uint64(n))
		}
		return f.checkRange(float64(n), raw)
	case kindFloat:
		n, err := strconv.ParseFloat(string(raw), 64)
		if err != nil {
			return "must be a number that fits in 64 bits, not " + clip(raw)
		}
		v.SetFloat(n + 0) // -0 is 0
		return f.checkRange(n, raw)
	default:
		s, err := unquote(raw)
		if err != nil {
			return "must be a string"
		}
		if f.kind == kindString {
			v.SetString(s)
			return p.catalogue.checkText(f, s)
		}
		t, err := parseTime(s)
		if err != nil {
			return err.Error() + ", not " + echo(s)
		}
		v.Set(reflect.ValueOf(t))
	}
	return ""
}

// wholeNumber reads an integer. 3.0 and 3e2 are integers, as JSON Schema has it.
func wholeNumber(raw []byte) (int64, bool) {
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, true
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		return 0, false
	}
	return int64(n), true
}

func (f *field) checkRange(n float64, raw []byte) string {
	switch {
	case (!f.minGiven || n >= f.min) && (!f.maxGiven || n <= f.max):
		return ""
	case f.minGiven && f.maxGiven:
		return fmt.Sprintf("must be between %s and %s, not %s", number(f.min), number(f.max), clip(raw))
	case f.minGiven:
		return fmt.Sprintf("must be at least %s, not %s", number(f.min), clip(raw))
	}
	return fmt.Sprintf("must be at most %s, not %s", number(f.max), clip(raw))
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// clip gives the beginning of a number that may be very long.
func clip(raw []byte) string {
	if len(raw) > maxEchoed {
		return string(raw[:maxEchoed]) + "..."
	}
	return string(raw)
}
