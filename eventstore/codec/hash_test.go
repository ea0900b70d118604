package codec

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

// rewritten says the same JSON otherwise: members in another order, spaces, other
// spellings of strings and numbers.
func (g *generator) rewritten(t *testing.T, data []byte) []byte {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return g.appendRewritten(nil, v)
}

func (g *generator) appendRewritten(b []byte, v any) []byte {
	space := func() { b = append(b, pick(g, []string{"", "", " ", "\n\t", "\r\n"})...) }
	space()
	switch v := v.(type) {
	case map[string]any:
		names := slices.Sorted(func(yield func(string) bool) {
			for name := range v {
				if !yield(name) {
					return
				}
			}
		})
		g.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		b = append(b, '{')
		for i, name := range names {
			if i > 0 {
				b = append(b, ',')
			}
			space()
			b = g.appendString(b, name)
			space()
			b = append(b, ':')
			b = g.appendRewritten(b, v[name])
		}
		b = append(b, '}')
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = g.appendRewritten(b, item)
		}
		b = append(b, ']')
	case string:
		b = g.appendString(b, v)
	case json.Number:
		b = append(b, g.number2(v.String())...)
	default:
		literal, _ := json.Marshal(v)
		b = append(b, literal...)
	}
	space()
	return b
}

func (g *generator) appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		if r < 0x10000 && (g.IntN(5) == 0 || r < ' ' || r == '"' || r == '\\') {
			hex := "000" + strconv.FormatInt(int64(r), 16)
			b = append(b, `\u`+hex[len(hex)-4:]...)
			continue
		}
		b = append(b, string(r)...)
	}
	return append(b, '"')
}

func (g *generator) number2(s string) string {
	if strings.ContainsAny(s, ".eE") || len(s) > 12 {
		return s
	}
	return s + pick(g, []string{"", ".0", "e0", "E+00", ".000"})
}

func TestTheHashIsOfWhatWasSaidNotOfHow(t *testing.T) {
	t.Parallel()
	seeds(t, 1000, func(t *testing.T, g *generator) {
		e := g.envelope()
		want, err := Hash(e)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := Encode(e)
		if err != nil || stored.Hash != want {
			t.Fatal("Encode hashes otherwise", err)
		}
		r := recordOf(e, 1, e.OccurredAt)
		if e.OccurredAt.IsZero() {
			r.OccurredAt, r.OccurredAssumed = g.time(), true
		}
		other, err := ParseStructured(g.rewritten(t, AppendStructured(nil, r)))
		if err != nil {
			t.Fatal(err)
		}
		other.TraceParent, other.Target = "another attempt", 5
		if got, err := Hash(other); err != nil || got != want {
			t.Errorf("got another hash (%v) for\n%+v\nthan for\n%+v", err, other, e)
		}
	})
}

func TestTheHashChangesWithEveryValue(t *testing.T) {
	t.Parallel()
	seeds(t, 500, func(t *testing.T, g *generator) {
		e := g.envelope()
		want, err := Hash(e)
		if err != nil {
			t.Fatal(err)
		}
		other := e
		switch g.IntN(6) {
		case 0:
			other.Account += "x"
		case 1:
			other.Actor += "x"
		case 2:
			other.CorrelationID += "x"
		case 3:
			other.CausationID += "x"
		case 4:
			other.OccurredAt, other.OccurredAssumed = g.time(), false
		default:
			other.Data = g.changed(e.Data)
		}
		got, err := Hash(other)
		if err != nil {
			t.Fatal(err)
		}
		if got == want {
			t.Errorf("the same hash for\n%+v\nand\n%+v", e, other)
		}
	})
}

// changed is the event with one value of it changed.
func (g *generator) changed(ev domain.Event) domain.Event {
	v := reflect.New(reflect.TypeOf(ev)).Elem()
	v.Set(reflect.ValueOf(ev))
	for !g.change(v) {
	}
	return v.Interface().(domain.Event)
}

func (g *generator) change(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(newTime(g.Rand, v)))
			return true
		}
		i := g.IntN(v.NumField())
		if v.Type() == reflect.TypeFor[domain.EntryCorrected]() && v.Type().Field(i).Name == "Type" {
			return false
		}
		return g.change(v.Field(i))
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 0.5)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
			return true
		}
		changed := reflect.New(v.Type().Elem())
		changed.Elem().Set(v.Elem())
		if !g.change(changed.Elem()) {
			return false
		}
		v.Set(changed)
	case reflect.Slice:
		longer := reflect.MakeSlice(v.Type(), v.Len()+1, v.Len()+1)
		reflect.Copy(longer, v)
		v.Set(longer)
	case reflect.Interface:
		v.Set(reflect.ValueOf(g.changed(v.Interface().(domain.Event))))
	}
	return true
}

func newTime(r *rand.Rand, old reflect.Value) any {
	g := generator{Rand: r}
	for {
		if t := reflect.ValueOf(g.time()); !t.Equal(old) {
			return t.Interface()
		}
	}
}
