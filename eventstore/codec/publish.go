package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rapport-ledger/rapport/domain"
)

const jsonContentType = "application/json"

// each calls give with every attribute of the record, in a fixed order, as text.
func (r Record) each(give func(a attribute, value string)) {
	give(attrSpecVersion, "1.0")
	give(attrID, r.ID)
	give(attrSource, r.Source)
	give(attrType, wireType(r.Type))
	give(attrSubject, string(r.Account))
	give(attrTime, formatTime(r.OccurredAt))
	give(attrContentType, jsonContentType)
	for _, o := range []struct {
		a     attribute
		value string
	}{
		{attrActor, r.Actor}, {attrCorrelationID, r.CorrelationID},
		{attrCausationID, r.CausationID}, {attrTraceParent, r.TraceParent},
	} {
		if o.value != "" {
			give(o.a, o.value)
		}
	}
	give(attrSequence, strconv.FormatUint(uint64(r.Position), 10))
	give(attrRecordedTime, formatTime(r.RecordedAt))
	give(attrPartitionKey, string(r.Account))
	give(attrRevision, strconv.FormatUint(uint64(r.Revision), 10))
	if r.Target != 0 {
		give(attrTarget, strconv.FormatUint(uint64(r.Target), 10))
	}
	if r.OccurredAssumed {
		give(attrTimeAssumed, "true")
	}
	if r.RecordedBy != "" {
		give(attrRecordedBy, r.RecordedBy)
	}
}

func wireType(t domain.Type) string {
	if s := current.byType[t]; s != nil {
		return s.wireType
	}
	return domain.Prefix + string(t) + ".v1"
}

// AppendStructured appends the event as a CloudEvent in structured JSON mode, without
// a line break. Beside the emitter's attributes it has what the ledger knows:
// sequence (the position), revision, recordedtime, partitionkey (the account), target
// for entries, timeassumed if the emitter gave no time, and recordedby, the id of the
// principal, if it is known.
//
// If persons were forgotten, so that some of the data is missing, it also has forgotten:
// as text, because attributes cannot be lists, a JSON list of objects with contact,
// position (of the person.forgotten) and at. Doors refuse it: such an event is not what
// its emitter said.
func AppendStructured(dst []byte, r Record, forgotten ...Forgotten) []byte {
	dst = append(dst, '{')
	r.each(func(a attribute, value string) {
		dst = append(dst, '"')
		dst = append(dst, attributeNames[a]...)
		dst = append(dst, '"', ':')
		if a == attrTimeAssumed {
			dst = append(dst, value...)
		} else {
			dst, _ = jsontext.AppendQuote(dst, strings.ToValidUTF8(value, "\uFFFD"))
		}
		dst = append(dst, ',')
	})
	if len(forgotten) > 0 {
		dst = append(dst, `"forgotten":`...)
		dst, _ = jsontext.AppendQuote(dst, forgottenList(forgotten))
		dst = append(dst, ',')
	}
	dst = append(dst, `"data":`...)
	dst = append(dst, r.JSON...)
	return append(dst, '}')
}

func forgottenList(all []Forgotten) []byte {
	b := []byte{'['}
	for i, f := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b, _ = jsontext.AppendQuote(append(b, `{"contact":`...), string(f.Contact))
		b = strconv.AppendUint(append(b, `,"position":`...), uint64(f.Position), 10)
		b = append(append(b, `,"at":"`...), formatTime(f.At)...)
		b = append(b, '"', '}')
	}
	return append(b, ']')
}

// Attributes are the event's CloudEvents attributes for binary mode, without prefix,
// datacontenttype included, each value encoded for a header; the data is r.JSON. They
// are those of [AppendStructured].
func Attributes(r Record) map[string]string {
	attributes := make(map[string]string, 15)
	r.each(func(a attribute, value string) {
		attributes[attributeNames[a]] = encodeHeader(value)
	})
	return attributes
}

// FromStructured reads back a line that the ledger wrote: the inverse of
// [AppendStructured]. What persons were forgotten is not kept.
func FromStructured(line []byte) (Record, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil {
		return Record{}, fmt.Errorf("read an event: %w", err)
	}
	return current.fromHeaders(func(name string) string {
		var value string
		if json.Unmarshal(members[name], &value) == nil {
			return encodeHeader(value)
		}
		return string(members[name])
	}, members["data"])
}

// FromHeaders reads back what the relay published: the inverse of [Attributes]. Get gives
// an attribute by its name, or "". The record shares the data's memory.
func FromHeaders(get func(name string) string, data []byte) (Record, error) {
	return current.fromHeaders(get, data)
}

func (c *catalogue) fromHeaders(get func(name string) string, data []byte) (Record, error) {
	h := headers{get: get}
	var r Record
	name := h.text(attrType)
	r.ID, r.Source, r.Account = h.text(attrID), h.text(attrSource), domain.AccountID(h.text(attrSubject))
	r.Actor, r.CorrelationID = h.text(attrActor), h.text(attrCorrelationID)
	r.CausationID, r.TraceParent = h.text(attrCausationID), h.text(attrTraceParent)
	r.Position = domain.Position(h.number(attrSequence))
	r.Revision = domain.Revision(h.number(attrRevision))
	if get(attributeNames[attrTarget]) != "" {
		r.Target = domain.Position(h.number(attrTarget))
	}
	r.OccurredAssumed = h.text(attrTimeAssumed) == "true"
	r.RecordedBy = h.text(attrRecordedBy)
	var err error
	if r.OccurredAt, err = readTime(h.text(attrTime)); err != nil {
		h.bad(attrTime)
	}
	if r.RecordedAt, err = readTime(h.text(attrRecordedTime)); err != nil {
		h.bad(attrRecordedTime)
	}
	if h.err != nil {
		return Record{}, h.err
	}
	s, version, ok := c.resolve(name)
	if !ok {
		return Record{}, fmt.Errorf("read position %d: %s is not a type or version known to this version of the program", r.Position, echo(name))
	}
	if len(data) == 0 {
		return Record{}, fmt.Errorf("read position %d: %w", r.Position, errors.New("it has no data"))
	}
	if err := c.setData(&r, s, version, data); err != nil {
		return Record{}, fmt.Errorf("read position %d: %w", r.Position, err)
	}
	return r, nil
}

// headers reads attributes and keeps the first fault.
type headers struct {
	get func(string) string
	err error
}

func (h *headers) text(a attribute) string { return DecodeHeader(h.get(attributeNames[a])) }

func (h *headers) number(a attribute) uint64 {
	n, err := strconv.ParseUint(h.get(attributeNames[a]), 10, 64)
	if err != nil {
		h.bad(a)
	}
	return n
}

func (h *headers) bad(a attribute) {
	if h.err == nil {
		h.err = fmt.Errorf("read a published event: attribute %s is %s", attributeNames[a], echo(h.get(attributeNames[a])))
	}
}
