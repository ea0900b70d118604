package codec

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rapport-ledger/rapport/domain"
)

// envelopeParser reads one CloudEvent. The attributes are gathered first and checked
// when all are there, since the type says what the subject and the data may be.
type envelopeParser struct {
	parser
	values [attrCount]string
	given  [attrCount]bool
	faulty [attrCount]bool // given, but not as text
	spec   *spec           // of the type, once it was given and is known
	ver    int
	data   domain.Event
	raw    []byte // data that came before its type
	has    struct{ data, base64 bool }
}

// ParseStructured reads a CloudEvent in structured JSON mode, reporting every fault
// at once as a *[Malformed] or a *[domain.Refusal]. An absent time is left zero.
//
// Beside the attributes of CloudEvents 1.0 there may be actor, correlationid,
// causationid and traceparent. Those the ledger sets itself (sequence, recordedtime,
// partitionkey, revision, target, recordedby) are allowed and ignored, so that what was exported
// can be sent again; timeassumed is believed for the same reason. dataschema and
// tracestate are allowed and not kept. Any other attribute is refused, because it
// would be lost.
//
// Of an event at fault the envelope has source, id and account alone, as far as they
// were given, so that an answer can name it.
func ParseStructured(b []byte) (domain.Envelope, error) { return current.parseStructured(b) }

func (c *catalogue) parseStructured(b []byte) (domain.Envelope, error) {
	p := envelopeParser{parser: parser{catalogue: c}}
	var e domain.Envelope
	err := tokenize(b, func(dec *jsontext.Decoder) error {
		p.dec = dec
		return p.structured(&e)
	})
	if err != nil {
		return domain.Envelope{}, &Malformed{Faults: []domain.Fault{syntaxFault(b, "", err)}}
	}
	return e, p.err()
}

// Parsed is one event of a batch.
type Parsed struct {
	Envelope domain.Envelope // zero if there is an error
	Err      error           // nil, *[Malformed] or *[domain.Refusal]
}

// MaxBatch is the most events of a batch.
const MaxBatch = 10_000

// TooManyError is a batch of more than [MaxBatch] events.
type TooManyError struct {
	Events int // so many
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("a batch may have at most %d events; this one has %d", MaxBatch, e.Events)
}

// ParseBatch reads a JSON array of CloudEvents. The error is about the batch as a
// whole: a *[Malformed] for bytes that are not JSON, something that is not an array, an
// array of nothing; a *[TooManyError]. Each event has its own error.
func ParseBatch(b []byte) ([]Parsed, error) { return current.parseBatch(b) }

func (c *catalogue) parseBatch(b []byte) ([]Parsed, error) {
	var batch []Parsed
	var n int
	err := tokenize(b, func(dec *jsontext.Decoder) (err error) {
		batch, n, err = c.events(dec)
		return err
	})
	if err != nil {
		return nil, &Malformed{Faults: []domain.Fault{syntaxFault(b, "", err)}}
	}
	if n > MaxBatch {
		return nil, &TooManyError{Events: n}
	}
	if len(batch) == 0 {
		return nil, &Malformed{Faults: []domain.Fault{{Location: "body", Message: "must be a list of at least one CloudEvent"}}}
	}
	return batch, nil
}

// events reads the array's elements, and gives their number; none if the next value is
// not an array. Elements beyond [MaxBatch] are only counted: an array of millions of
// them fits in a request, and what is kept of each is many times its size.
func (c *catalogue) events(dec *jsontext.Decoder) (batch []Parsed, n int, err error) {
	if dec.PeekKind() != '[' {
		return nil, 0, dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, 0, err
	}
	left := maxBatchFaults
	for ; dec.PeekKind() != ']'; n++ {
		if n >= MaxBatch {
			if err := dec.SkipValue(); err != nil {
				return nil, 0, err
			}
			continue
		}
		p := envelopeParser{parser: parser{catalogue: c, dec: dec}}
		var e domain.Envelope
		if err := p.structured(&e); err != nil {
			return nil, 0, err
		}
		left -= p.keepFaults(left)
		batch = append(batch, Parsed{Envelope: e, Err: p.err()})
	}
	_, err = dec.ReadToken()
	return batch, n, err
}

// ParseBinary reads a CloudEvent in binary mode. The attributes are keyed by name,
// without the "ce-" that HTTP and NATS headers put before them, in any case; their
// values are as in the headers, percent-encoded. The errors are those of
// [ParseStructured].
func ParseBinary(attributes map[string]string, contentType string, data []byte) (domain.Envelope, error) {
	return current.parseBinary(attributes, contentType, data)
}

func (c *catalogue) parseBinary(attributes map[string]string, contentType string, data []byte) (domain.Envelope, error) {
	p := envelopeParser{parser: parser{catalogue: c}}
	for name, value := range attributes {
		p.header(strings.ToLower(name), value)
	}
	slices.SortFunc(p.faults, func(a, b domain.Fault) int { return strings.Compare(a.Location, b.Location) })
	if contentType != "" {
		p.values[attrContentType], p.given[attrContentType] = contentType, true
	}
	p.resolveType()
	var e domain.Envelope
	if len(data) > 0 {
		p.has.data = true
		if err := p.body(data); err != nil {
			p.malformed = true
			p.faults = append(p.faults, syntaxFault(data, "data", err))
		}
	}
	p.finish(&e)
	return e, p.err()
}

// header takes one attribute of binary mode.
func (p *envelopeParser) header(name, value string) {
	p.push(name)
	defer p.pop()
	decoded := DecodeHeader(value)
	if !utf8.ValidString(decoded) {
		p.malformed = true
		p.fault("must be UTF-8, percent-encoded where it is not ASCII")
	}
	a, ok := attributeNamed(name)
	switch {
	case !ok:
		p.unknownAttribute(name)
	case p.given[a] || p.faulty[a]:
		p.duplicate()
	case !utf8.ValidString(decoded):
		p.faulty[a] = true
	default:
		p.values[a], p.given[a] = decoded, true
	}
}

// body reads the data of binary mode.
func (p *envelopeParser) body(data []byte) error {
	return tokenize(data, func(dec *jsontext.Decoder) error {
		p.dec = dec
		return p.readData()
	})
}

// structured reads the next value as a CloudEvent.
func (p *envelopeParser) structured(e *domain.Envelope) error {
	if p.dec.PeekKind() != '{' {
		p.malformed = true
		p.push("body")
		defer p.pop()
		return p.wrongKind("a CloudEvent, which is an object")
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	for p.dec.PeekKind() != '}' {
		if err := p.nextMember(); err != nil {
			return err
		}
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	if p.raw != nil && p.spec != nil {
		if err := p.late(); err != nil {
			return err
		}
	}
	p.finish(e)
	return nil
}

func (p *envelopeParser) nextMember() error {
	raw, err := p.dec.ReadValue()
	if err != nil {
		return err
	}
	if a, ok := attributeNamed(raw[1 : len(raw)-1]); ok {
		return p.attribute(a)
	}
	name, err := unquote(raw)
	if err != nil {
		return err
	}
	if a, ok := attributeNamed(name); ok {
		return p.attribute(a)
	}
	return p.otherMember(name)
}

// attribute reads the attribute's value.
func (p *envelopeParser) attribute(a attribute) error {
	p.push(attributeNames[a])
	defer p.pop()
	k := p.dec.PeekKind()
	switch {
	case p.given[a] || p.faulty[a]:
		p.duplicate()
		return p.dec.SkipValue()
	case k == 'n': // CloudEvents: null is absent
		return p.dec.SkipValue()
	case k != '"' && !(a.setByLedger() && (k == '0' || k == 't' || k == 'f')):
		p.malformed, p.faulty[a] = true, true
		return p.wrongKind("a string")
	}
	raw, err := p.dec.ReadValue()
	if err != nil {
		return err
	}
	p.given[a] = true
	if k != '"' {
		p.values[a] = string(raw)
		return nil
	}
	p.values[a], err = unquote(raw)
	if a == attrType {
		p.resolveType()
	}
	return err
}

// otherMember reads data and whatever is no attribute of the ledger's.
func (p *envelopeParser) otherMember(name string) (err error) {
	p.push(name)
	defer p.pop()
	switch {
	case name == "data" && p.has.data, name == "data_base64" && p.has.base64:
		p.duplicate()
		return p.dec.SkipValue()
	case p.dec.PeekKind() == 'n':
		return p.dec.SkipValue()
	case name == "data":
		p.has.data = true
		if p.spec == nil || p.ver != p.spec.Version {
			p.raw, err = p.dec.ReadValue()
			return err
		}
		p.data, err = p.parser.data(p.spec)
		return err
	case name == "data_base64":
		p.has.base64 = true
		p.fault("is for binary data; an event's data is JSON and belongs in data")
	default:
		p.unknownAttribute(name)
	}
	return p.dec.SkipValue()
}

// late reads data that came before its type, or is of an older version.
func (p *envelopeParser) late() (err error) {
	p.push("data")
	defer p.pop()
	p.data, err = p.versioned(p.spec, p.ver, p.raw)
	return err
}

// readData reads the data of binary mode, which is the next value.
func (p *envelopeParser) readData() (err error) {
	p.push("data")
	defer p.pop()
	switch {
	case p.spec == nil:
		return p.dec.SkipValue()
	case p.ver == p.spec.Version:
		p.data, err = p.parser.data(p.spec)
		return err
	}
	raw, err := p.dec.ReadValue()
	if err != nil {
		return err
	}
	p.data, err = p.versioned(p.spec, p.ver, raw)
	return err
}

// resolveType looks the type up, if it is one that CloudEvents can have here.
func (p *envelopeParser) resolveType() {
	name := p.values[attrType]
	if !strings.HasPrefix(name, domain.Prefix) {
		return
	}
	if s, version, ok := p.catalogue.resolve(name); ok {
		p.spec, p.ver = s, version
	}
}

// finish checks the attributes and makes the envelope.
func (p *envelopeParser) finish(e *domain.Envelope) {
	found := p.faults
	p.faults = nil
	p.checkContext()
	p.checkSubject()
	p.checkData()
	p.faults = append(p.faults, found...)
	v := &p.values
	if len(p.faults) > 0 {
		*e = domain.Envelope{Source: v[attrSource], ID: v[attrID], Account: domain.AccountID(v[attrSubject])}
		return
	}
	*e = domain.Envelope{
		Source: v[attrSource], ID: v[attrID], Account: domain.AccountID(v[attrSubject]),
		Actor: v[attrActor], CorrelationID: v[attrCorrelationID], CausationID: v[attrCausationID],
		TraceParent: v[attrTraceParent], Data: p.data,
	}
	if e.Account == "" {
		e.Account = domain.Ledger
	}
	if p.given[attrTime] {
		e.OccurredAt, _ = parseTime(v[attrTime])
		e.OccurredAssumed = v[attrTimeAssumed] == "true"
	}
}
