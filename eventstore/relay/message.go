package relay

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// prefix is what the header of a CloudEvents attribute begins with.
const prefix = "ce-"

// decode reads an event of the log as it is published: without what is sealed.
func decode(e eventstore.Recorded) (codec.Record, error) {
	r, err := codec.Decode(e)
	if err != nil {
		return r, fmt.Errorf("event at position %d: %w", e.Position, err)
	}
	return r.Closed(), nil
}

// message is the event as it is published.
func message(record codec.Record) *nats.Msg {
	attributes := codec.Attributes(record)
	header := make(nats.Header, len(attributes)+1)
	// One array for the values of all headers, instead of one each.
	values := make([]string, 0, len(attributes))
	for name, value := range attributes {
		values = append(values, value)
		header[prefix+name] = values[len(values)-1:]
	}
	return &nats.Msg{Subject: subject(record.Type), Header: header, Data: record.JSON}
}

func subject(t domain.Type) string { return "ledger." + string(t) }

// record reads a published event back.
func record(header nats.Header, data []byte) (codec.Record, error) {
	return codec.FromHeaders(func(name string) string {
		if values := header[prefix+name]; len(values) == 1 {
			return values[0]
		}
		return ""
	}, data)
}

// Attributes are the CloudEvents attributes among a message's headers, without the
// prefix, for [codec.ParseBinary]. Of a header that is there
// several times the values are joined, which no attribute allows.
func Attributes(header nats.Header) map[string]string {
	attributes := make(map[string]string, len(header))
	for name, values := range header {
		if len(name) <= len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
			continue
		}
		name = strings.ToLower(name[len(prefix):])
		if twice, ok := attributes[name]; ok {
			values = append([]string{twice}, values...)
		}
		attributes[name] = strings.Join(values, "\n")
	}
	return attributes
}

// same reports whether a stored message is the event's. Headers that are not of the
// CloudEvent do not count.
func same(stored *jetstream.RawStreamMsg, want *nats.Msg) bool {
	if stored.Subject != want.Subject || !bytes.Equal(stored.Data, want.Data) {
		return false
	}
	attributes := 0
	for name := range stored.Header {
		if strings.HasPrefix(name, prefix) {
			attributes++
		}
	}
	if attributes != len(want.Header) {
		return false
	}
	for name, values := range want.Header {
		if got := stored.Header[name]; len(got) != 1 || got[0] != values[0] {
			return false
		}
	}
	return true
}
