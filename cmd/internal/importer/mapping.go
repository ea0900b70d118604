package importer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/pelletier/go-toml/v2"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// Mapping says how the lines of a CSV file become events. It is written in TOML:
//
//	source = "crm"                      # CloudEvents source of every event
//	delimiter = ";"                     # a comma if absent
//	time_zone = "Europe/Berlin"         # for times without an offset; UTC if absent
//	time_layout = "02.01.2006 15:04"    # Go's reference time; RFC 3339 if absent
//
//	[[event]]                           # one for each event a line can become
//	when = { kind = "complaint" }       # only lines with these values, if given
//	type = "complaint.raised"
//	id = "{ticket}-raised"              # {column} is the line's value
//	account = "{customer}"
//	time = "{created}"
//	actor = "{agent}"                   # may be absent
//	[event.data]                        # a field that comes out empty is left out
//	complaint = "{ticket}"
//	severity = "{severity}"             # becomes a number because the schema says so
//	contacts = "{people}"               # a list is split at commas
type Mapping struct {
	Source     string         `toml:"source"`
	Delimiter  string         `toml:"delimiter"`
	TimeZone   string         `toml:"time_zone"`
	TimeLayout string         `toml:"time_layout"`
	Events     []EventMapping `toml:"event"`

	zone *time.Location
}

// EventMapping makes one event of a line.
type EventMapping struct {
	When    map[string]string `toml:"when"`
	Type    string            `toml:"type"`
	ID      string            `toml:"id"`
	Account string            `toml:"account"`
	Time    string            `toml:"time"`
	Actor   string            `toml:"actor"`
	Data    map[string]string `toml:"data"`

	cloudEventType string
	fields         map[string]reflect.Type
}

// ReadMapping reads and checks a mapping. The error names every fault.
func ReadMapping(r io.Reader) (*Mapping, error) {
	var m Mapping
	if err := toml.NewDecoder(r).DisallowUnknownFields().Decode(&m); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) {
			return nil, fmt.Errorf("mapping: unknown keys:\n%s", strict.String())
		}
		return nil, fmt.Errorf("mapping: %w", err)
	}
	faults := m.check()
	return &m, errors.Join(faults...)
}

func (m *Mapping) check() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("mapping: "+format, args...)) }
	var err error
	if m.zone, err = time.LoadLocation(m.TimeZone); err != nil {
		fault("time_zone: %v", err)
	}
	if m.TimeLayout == "" {
		m.TimeLayout = time.RFC3339
	}
	if m.Source == "" {
		fault("source is missing")
	}
	if len([]rune(m.Delimiter)) > 1 {
		fault("delimiter %q is more than one character", m.Delimiter)
	}
	if len(m.Events) == 0 {
		fault("there is no [[event]]")
	}
	for i := range m.Events {
		e := &m.Events[i]
		for key, value := range map[string]string{"type": e.Type, "id": e.ID, "account": e.Account} {
			if value == "" {
				fault("event %d: %s is missing", i+1, key)
			}
		}
		if err := e.resolve(); err != nil {
			fault("event %d: %v", i+1, err)
		}
	}
	return faults
}

// resolve finds the event type and the kinds of its fields.
func (e *EventMapping) resolve() error {
	t, _, ok := codec.ResolveType(e.Type)
	if !ok {
		return fmt.Errorf("unknown type %q", e.Type)
	}
	entry, _ := domain.Lookup(t)
	e.cloudEventType = entry.CloudEventType()
	e.fields = map[string]reflect.Type{}
	for f := range entry.GoType().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		e.fields[name] = f.Type
	}
	var unknown []string
	for field := range e.Data {
		if e.fields[field] == nil {
			unknown = append(unknown, field)
		}
	}
	if slices.Sort(unknown); len(unknown) > 0 {
		return fmt.Errorf("%s has no field %s", t, strings.Join(unknown, ", "))
	}
	return nil
}

// Line is what became of one line of a CSV file: its events as CloudEvents, or what
// is wrong with it.
type Line struct {
	Number int
	Events [][]byte
	Err    error
}

// CSV reads a file with a header line by line. A line at fault does not end it; a file
// that cannot be read on does.
func (m *Mapping) CSV(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		reader := csv.NewReader(withoutMark(r))
		if m.Delimiter != "" {
			reader.Comma = []rune(m.Delimiter)[0]
		}
		header, err := reader.Read()
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		if err != nil {
			yield(Line{}, fmt.Errorf("header: %w", err))
			return
		}
		if err := m.columnsExist(header); err != nil {
			yield(Line{}, err)
			return
		}
		for {
			record, err := reader.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil && !errors.Is(err, csv.ErrFieldCount) {
				yield(Line{}, err)
				return
			}
			number, _ := reader.FieldPos(0)
			line := Line{Number: number, Err: err}
			if err == nil {
				line.Err = notUTF8(header, record)
			}
			if line.Err == nil {
				line.Events, line.Err = m.events(header, record)
			}
			if !yield(line, nil) {
				return
			}
		}
	}
}

// withoutMark is the text without the byte order mark that some programs write before
// it, Excel among them.
func withoutMark(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = b.Discard(len(mark)) // it is in the buffer
	}
	return b
}

// notUTF8 is an error if a value is in another encoding: written as JSON, its letters
// would be lost without a word.
func notUTF8(header, record []string) error {
	for i, value := range record {
		if !utf8.ValidString(value) {
			return fmt.Errorf("column %s is not UTF-8: save the file in that encoding", header[i])
		}
	}
	return nil
}

var placeholder = regexp.MustCompile(`\{([^{}]+)\}`)

// columnsExist reports every column that the mapping names and the file lacks.
func (m *Mapping) columnsExist(header []string) error {
	missing := map[string]bool{}
	need := func(column string) {
		if !slices.Contains(header, column) {
			missing[column] = true
		}
	}
	for _, e := range m.Events {
		for column := range e.When {
			need(column)
		}
		templates := []string{e.ID, e.Account, e.Time, e.Actor}
		for _, t := range e.Data {
			templates = append(templates, t)
		}
		for _, t := range templates {
			for _, match := range placeholder.FindAllStringSubmatch(t, -1) {
				need(match[1])
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var names []string
	for name := range missing {
		names = append(names, name)
	}
	slices.Sort(names)
	return fmt.Errorf("the file has no column %s; it has %s", strings.Join(names, ", "), strings.Join(header, ", "))
}

func (m *Mapping) events(header, record []string) (events [][]byte, err error) {
	value := func(column string) string { return strings.TrimSpace(record[slices.Index(header, column)]) }
	fill := func(template string) string {
		return placeholder.ReplaceAllStringFunc(template, func(p string) string { return value(p[1 : len(p)-1]) })
	}
	for _, e := range m.Events {
		if !e.matches(value) {
			continue
		}
		event, faults := m.event(e, fill)
		if len(faults) > 0 {
			err = errors.Join(err, errors.Join(faults...))
			continue
		}
		b, encodeErr := json.Marshal(event, json.Deterministic(true))
		if encodeErr != nil {
			return nil, encodeErr
		}
		events = append(events, b)
	}
	return events, err
}

func (e *EventMapping) matches(value func(string) string) bool {
	for column, want := range e.When {
		if value(column) != want {
			return false
		}
	}
	return true
}

func (m *Mapping) event(e EventMapping, fill func(string) string) (map[string]any, []error) {
	var faults []error
	data := map[string]any{}
	for field, template := range e.Data {
		text := fill(template)
		if text == "" {
			continue
		}
		v, err := m.convert(text, e.fields[field])
		if err != nil {
			faults = append(faults, fmt.Errorf("data.%s: %w", field, err))
		}
		data[field] = v
	}
	event := map[string]any{
		"specversion": "1.0", "type": e.cloudEventType, "source": m.Source, "id": fill(e.ID), "subject": fill(e.Account), "data": data,
	}
	if at := fill(e.Time); at != "" {
		t, err := m.time(at)
		if err != nil {
			faults = append(faults, fmt.Errorf("time: %w", err))
		}
		event["time"] = t
	}
	if actor := fill(e.Actor); actor != "" {
		event["actor"] = actor
	}
	return event, faults
}

func (m *Mapping) time(text string) (string, error) {
	t, err := time.ParseInLocation(m.TimeLayout, text, m.zone)
	if err != nil {
		return "", fmt.Errorf("%q is not a time of the form %s", text, m.TimeLayout)
	}
	return t.UTC().Format(time.RFC3339Nano), nil
}

// convert gives the text the JSON type that the field has.
func (m *Mapping) convert(text string, t reflect.Type) (any, error) {
	if t == reflect.TypeFor[time.Time]() {
		return m.time(text)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return m.convert(text, t.Elem())
	case reflect.String:
		return text, nil
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "true", "yes", "y", "1":
			return true, nil
		case "false", "no", "n", "0":
			return false, nil
		}
		return nil, fmt.Errorf("%q is neither yes nor no", text)
	case reflect.Int64, reflect.Uint64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", text)
		}
		return n, nil
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return f, nil
	case reflect.Slice:
		var list []any
		for part := range strings.SplitSeq(text, ",") {
			v, err := m.convert(strings.TrimSpace(part), t.Elem())
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	}
	return nil, errors.New("this field cannot be filled from a CSV file")
}
