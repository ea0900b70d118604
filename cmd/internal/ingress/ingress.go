// Package ingress is the NATS doors for emitters: request and reply on
// rapport.record, and the inbox for those who do not wait.
//
// Both take a CloudEvent in structured mode (a JSON object), a batch (a JSON array), or
// one in binary mode (attributes in ce- headers, data as body). A message may have up
// to 8 MiB, on inbox.> up to [MaxInbox] bytes.
package ingress

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/relay"
)

// Recorder records events, each on its own merits, and gives an outcome per event, in
// order.
type Recorder interface {
	Record(ctx context.Context, events []domain.Envelope) []commands.Outcome
}

const structuredType = "application/cloudevents"

// parse reads the events of a message, and whether there is only one by its form.
// Those that the principal may not have recorded get an error. The error returned is
// about the message as a whole.
func parse(m *nats.Msg, from access.Principal) (parsed []codec.Parsed, single bool, err error) {
	parsed, single, err = parseAny(m)
	from.AdmitAll(parsed)
	return parsed, single, err
}

func parseAny(m *nats.Msg) (parsed []codec.Parsed, single bool, err error) {
	if attributes := binaryMode(m.Header); len(attributes) > 0 {
		e, err := codec.ParseBinary(attributes, headerOf(m.Header, "Content-Type"), m.Data)
		return []codec.Parsed{{Envelope: e, Err: err}}, true, nil
	}
	body := bytes.TrimLeft(m.Data, " \t\r\n")
	if len(body) == 0 {
		return nil, false, api.Malformed("The message is empty; it should be a CloudEvent.")
	}
	if body[0] != '[' {
		e, err := codec.ParseStructured(m.Data)
		return []codec.Parsed{{Envelope: e, Err: err}}, true, nil
	}
	parsed, err = codec.ParseBatch(m.Data)
	return parsed, false, err
}

// binaryMode is a message's attributes, percent-encoded as in the headers; none if it is
// not in binary mode. By the NATS binding, a content type of CloudEvents means structured
// mode.
func binaryMode(header nats.Header) map[string]string {
	if strings.HasPrefix(headerOf(header, "Content-Type"), structuredType) {
		return nil
	}
	return relay.Attributes(header)
}

// headerOf is the header's first value; NATS keeps the case of names, and so senders
// differ.
func headerOf(header nats.Header, name string) string {
	for key, values := range header {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// refused reports whether the error is about the event itself, so that trying again
// changes nothing until somebody does.
func refused(err error) bool {
	if p, ok := errors.AsType[*api.Problem](err); ok {
		return !p.Internal() && p.Status < 500
	}
	if _, ok := errors.AsType[*codec.Malformed](err); ok {
		return true
	}
	if _, ok := errors.AsType[*codec.TooManyError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*domain.Refusal](err); ok {
		return true
	}
	if _, ok := errors.AsType[*access.Denial](err); ok {
		return true
	}
	return errors.Is(err, eventstore.ErrIdentityConflict)
}
