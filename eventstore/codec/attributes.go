package codec

import (
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rapport-ledger/rapport/domain"
)

// attribute is one of the CloudEvents attributes the ledger knows.
type attribute uint8

const (
	attrSpecVersion attribute = iota
	attrID
	attrSource
	attrType
	attrSubject
	attrTime
	attrContentType
	attrDataSchema
	attrActor
	attrCorrelationID
	attrCausationID
	attrTraceParent
	attrTraceState

	// The ledger sets these. It takes them from emitters, so that what was exported
	// can be sent again, but goes by its own.
	attrSequence
	attrRecordedTime
	attrPartitionKey
	attrRevision
	attrTarget
	attrTimeAssumed
	attrRecordedBy

	attrCount
)

var attributeNames = [attrCount]string{
	"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema",
	"actor", "correlationid", "causationid", "traceparent", "tracestate",
	"sequence", "recordedtime", "partitionkey", "revision", "target", "timeassumed", "recordedby",
}

func attributeNamed[S string | jsontext.Value](name S) (attribute, bool) {
	for a, known := range attributeNames {
		if string(name) == known {
			return attribute(a), true
		}
	}
	return 0, false
}

func (a attribute) setByLedger() bool { return a >= attrSequence }

// checkContext checks each attribute by itself.
func (p *envelopeParser) checkContext() {
	v := &p.values
	for _, a := range []attribute{attrSpecVersion, attrID, attrSource, attrType} {
		if v[a] != "" || p.faulty[a] {
			continue
		}
		p.malformed = true
		if p.given[a] {
			p.faultAt(attributeNames[a], "must not be empty")
		} else {
			p.faultAt(attributeNames[a], "is missing: it is required of a CloudEvent")
		}
	}
	if s := v[attrSpecVersion]; s != "" && s != "1.0" {
		p.malformed = true
		p.faultAt("specversion", "must be 1.0, not "+echo(s))
	}
	if s := v[attrType]; s != "" && p.spec == nil {
		p.faultAt("type", p.catalogue.unknownType(s))
	}
	if p.given[attrTime] {
		if _, err := parseTime(v[attrTime]); err != nil {
			p.faultAt("time", err.Error()+", not "+echo(v[attrTime]))
		}
	}
	for _, a := range []attribute{attrID, attrSource, attrActor, attrCorrelationID, attrCausationID, attrTraceParent} {
		if required := a <= attrSource; !p.given[a] || v[a] == "" && required {
			continue
		}
		if msg := checkFreeForm(a, v[a]); msg != "" {
			p.faultAt(attributeNames[a], msg)
		}
	}
}

func checkFreeForm(a attribute, s string) string {
	if s == "" {
		return "must not be empty; leave it out if there is nothing to say"
	}
	if msg := checkChars(s, maxIDAttribute, false); msg != "" {
		return msg
	}
	if a == attrSource && !uriReference(s) {
		return "must be a URI reference, such as https://erp.example or /helpdesk, with other characters percent-encoded; not " + echo(s)
	}
	return ""
}

// uriReference reports whether s is made as RFC 3986 says.
func uriReference(s string) bool {
	const others = "-._~:/?#[]@!$&'()*+,;=%"
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
		if c == '%' && (i+2 >= len(s) || !hexDigit(s[i+1]) || !hexDigit(s[i+2])) {
			return false
		}
	}
	_, err := url.Parse(s)
	return err == nil
}

// checkSubject checks that the event goes to a stream its type belongs to.
func (p *envelopeParser) checkSubject() {
	subject, given := p.values[attrSubject], p.given[attrSubject]
	ledger := subject == string(domain.Ledger)
	switch {
	case p.spec != nil && p.spec.LedgerWide:
		if given && !ledger {
			p.faultAt("subject", fmt.Sprintf("must be absent or %s: the event is about the whole ledger, not about an account", domain.Ledger))
		}
	case p.faulty[attrSubject]:
	case !given && p.spec != nil && p.spec.Anywhere:
		p.faultAt("subject", fmt.Sprintf("is missing: it names the account the event belongs to, or is %s if it is about the whole ledger", domain.Ledger))
	case !given:
		p.faultAt("subject", "is missing: it names the account the event belongs to")
	case ledger && p.spec != nil && !p.spec.Anywhere:
		p.faultAt("subject", fmt.Sprintf("must be an account id: %s is for events about the whole ledger", domain.Ledger))
	case !ledger:
		if msg := checkAccount(subject); msg != "" {
			p.faultAt("subject", msg)
		}
	}
}

// checkData checks what is said of the data, and that there is any.
func (p *envelopeParser) checkData() {
	if contentType := p.values[attrContentType]; p.given[attrContentType] && contentType != jsonContentType {
		if media, _, err := mime.ParseMediaType(contentType); err != nil || media != "application/json" {
			p.faultAt("datacontenttype", "must be application/json, not "+echo(contentType))
		}
	}
	if !p.has.data && !p.has.base64 {
		p.faultAt("data", "is missing")
	}
}

func (p *envelopeParser) unknownAttribute(name string) {
	legal := name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
	if !legal {
		p.malformed = true
		p.fault("is not the name of a CloudEvents attribute: lower-case letters and digits" + didYouMean(strings.ToLower(name), memberNames))
		return
	}
	p.fault("is not an attribute the ledger keeps, and it drops nothing silently: put it into the data, or leave it out" +
		didYouMean(name, memberNames))
}

var memberNames = append(slices.Clone(attributeNames[:attrSequence]), "data")
