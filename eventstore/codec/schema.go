package codec

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rapport-ledger/rapport/domain"
)

// What JSON Schema can say of strings. The patterns mean the same to ECMA 262 and Go.
const (
	patternLine     = `^[^\x00-\x1f\x7f-\x9f]*$`
	patternProse    = `^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$`
	patternID       = `^[^\p{Z}\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\p{Z}\x00-\x1f\x7f-\x9f])?$`
	patternAccount  = `^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`
	patternCurrency = `^[A-Z]{3}$`
	patternLanguage = `^[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*$`
)

// Schema gives the JSON Schema (2020-12) of the data of an event type: the same bytes
// each time, indented. x-personal marks personal data and names the field that says
// whose it is. It is nil for a type outside the catalogue.
//
// The doors are stricter than a schema can be: they want currencies and languages that
// exist, times between the years 1900 and 2200, and the data of a correction to fit
// its type.
func Schema(e domain.Entry) []byte {
	s := current.byType[e.Type]
	if s == nil {
		return nil
	}
	w := schemaWriter{catalogue: current}
	w.open()
	w.text("$schema", "https://json-schema.org/draft/2020-12/schema")
	w.text("title", s.wireType)
	w.text("description", s.Doc)
	w.object(s.shape)
	w.close()
	b := jsontext.Value(w.buf)
	if err := b.Indent(jsontext.WithIndent("  ")); err != nil {
		panic("codec: schema of " + string(e.Type) + ": " + err.Error()) // our own bytes
	}
	return b
}

// schemaWriter writes JSON in the order it is told.
type schemaWriter struct {
	catalogue *catalogue
	buf       []byte
}

func (w *schemaWriter) open()  { w.buf = append(w.buf, '{') }
func (w *schemaWriter) close() { w.buf = append(w.buf, '}') }

func (w *schemaWriter) key(name string) {
	if w.buf[len(w.buf)-1] != '{' {
		w.buf = append(w.buf, ',')
	}
	w.buf = strconv.AppendQuote(w.buf, name)
	w.buf = append(w.buf, ':')
}

func (w *schemaWriter) text(name, value string) {
	w.key(name)
	w.buf, _ = jsontext.AppendQuote(w.buf, value)
}

func (w *schemaWriter) number(name string, n float64) {
	w.key(name)
	w.buf = jsontext.AppendFloat(w.buf, n, 64)
}

func (w *schemaWriter) texts(name string, values []string) {
	w.key(name)
	w.buf = append(w.buf, '[')
	for i, v := range values {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf, _ = jsontext.AppendQuote(w.buf, v)
	}
	w.buf = append(w.buf, ']')
}

func (w *schemaWriter) object(s *shape) {
	w.text("type", "object")
	w.key("additionalProperties")
	w.buf = append(w.buf, "false"...)
	var required []string
	for i := range s.fields {
		if !s.fields[i].optional {
			required = append(required, s.fields[i].name)
		}
	}
	w.texts("required", required)
	w.key("properties")
	w.open()
	for i := range s.fields {
		f := &s.fields[i]
		w.key(f.name)
		w.open()
		w.field(s, f)
		w.close()
	}
	w.close()
}

func (w *schemaWriter) field(s *shape, f *field) {
	if f.doc != "" {
		w.text("description", f.doc)
	}
	if f.personal {
		whose := ""
		if f.person >= 0 {
			whose = s.fields[f.person].name
		}
		w.text("x-personal", whose)
	}
	if !f.list {
		w.value(f)
		return
	}
	w.text("type", "array")
	w.number("maxItems", float64(f.maxItems))
	w.key("items")
	w.open()
	w.value(f)
	w.close()
}

func (w *schemaWriter) value(f *field) {
	switch f.kind {
	case kindString:
		w.string(f)
	case kindBool:
		w.text("type", "boolean")
	case kindInt, kindPosition:
		w.text("type", "integer")
		w.bounds(f)
	case kindFloat:
		w.text("type", "number")
		w.bounds(f)
	case kindTime:
		w.text("type", "string")
		w.text("format", "date-time")
	case kindStruct:
		w.object(f.shape)
	case kindEvent:
		w.text("type", "object")
	}
}

func (w *schemaWriter) bounds(f *field) {
	if f.minGiven {
		w.number("minimum", f.min)
	}
	if f.maxGiven {
		w.number("maximum", f.max)
	}
}

func (w *schemaWriter) string(f *field) {
	w.text("type", "string")
	switch {
	case f.enum != nil:
		w.texts("enum", f.enum)
		return
	case f.format == formatEventType:
		w.texts("enum", w.catalogue.correctable())
		return
	}
	w.number("minLength", 1)
	w.number("maxLength", float64(f.maxChars))
	w.text("pattern", f.pattern())
}

func (f *field) pattern() string {
	switch {
	case f.format == formatID:
		return patternID
	case f.format == formatAccount:
		return patternAccount
	case f.format == formatCurrency:
		return patternCurrency
	case f.format == formatLanguage:
		return patternLanguage
	case f.prose:
		return patternProse
	}
	return patternLine
}
