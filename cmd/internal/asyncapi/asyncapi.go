// Package asyncapi describes what the ledger takes and tells over NATS as an AsyncAPI 3
// document. It is made from the catalogue and from the types that go over the wire, each
// time it is asked for, so it is never behind them.
package asyncapi

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/rapport-ledger/rapport/cmd/internal/feed"
	"github.com/rapport-ledger/rapport/cmd/internal/ingress"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/relay"
)

// object is a JSON object; its members are written in the order of their names.
type object = map[string]any

const about = `Rapport records every touchpoint with a customer as an immutable event.

- Emitters ask on ` + "`rapport.record`" + ` and wait for receipts, or leave events on ` + "`inbox.<source>`" + `.
- The stream LEDGER has every event in the order of the log: its sequence is the event's position. Personal data is not in it;
  who may read asks for it on ` + "`rapport.event`" + `.
- KV buckets have what projections answer now, and ` + "`changes.>`" + ` says what moved.

In subjects and keys, letters, digits, - and _ stand for themselves, and so does a dot between two other characters; every other byte is
= and two hexadecimal digits.`

// Document is the AsyncAPI document as JSON, the same bytes each time. The projections
// are those that are published; the error names one whose bucket has values of a type
// that nobody gave.
func Document(version string, projections []feed.Projection) ([]byte, error) {
	s := newSchemas()
	d := object{
		"asyncapi":           "3.0.0",
		"defaultContentType": "application/json",
		"info": object{
			"title": "Rapport", "version": version, "description": about,
			"license": object{"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
		},
		"servers": object{"ledger": object{
			"host": "127.0.0.1:4222", "protocol": "nats",
			"description": "Where rapport serve listens by itself; --nats-listen and --nats say otherwise.",
			"security":    []any{object{"$ref": "#/components/securitySchemes/token"}},
		}},
	}
	channels, operations, messages := object{}, object{}, object{}
	describeLedger(s, channels, operations, messages)
	describeDoors(s, channels, operations, messages)
	if err := describeAnswers(s, projections, channels, operations, messages); err != nil {
		return nil, err
	}
	d["channels"], d["operations"] = channels, operations
	d["components"] = object{
		"messages": messages,
		"schemas":  s.all(),
		"securitySchemes": object{"token": object{
			"type": "userPassword", "description": "A token as the password, or as NATS's own token. A ledger that is open to its own machine asks for none.",
		}},
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(d)
	return b.Bytes(), err
}

// describeLedger adds what the relay publishes: a message for each type of event.
func describeLedger(s *schemas, channels, operations, messages object) {
	types, in := make([]string, len(domain.Catalogue)), object{}
	for i, e := range domain.Catalogue {
		name := string(e.Type)
		types[i] = name
		in[name] = ref("messages", name)
		messages[name] = object{
			"name": e.CloudEventType(), "title": name, "summary": e.Doc, "contentType": "application/json",
			"headers": object{"type": "object", "allOf": []any{
				ref("schemas", "CloudEventHeaders"), object{"properties": object{"ce-type": object{"const": e.CloudEventType()}}},
			}},
			"payload": s.published(e),
		}
	}
	s.named["CloudEventHeaders"] = headers()
	channels["ledger"] = object{
		"address": "ledger.{type}", "title": "The log",
		"description": "Stream " + relay.Stream + ": every event, in the order of the log; the stream's sequence is the position. CloudEvents in binary mode. " +
			"Consumers pick families with wildcards, such as ledger.complaint.*.",
		"parameters": object{"type": object{"description": "Stored name of the type; two tokens.", "enum": types}},
		"messages":   in,
	}
	operations["tellEvent"] = sends("ledger", "Each event, once it is recorded.")
}

// describeDoors adds where events and questions come in, and what becomes of them.
func describeDoors(s *schemas, channels, operations, messages object) {
	s.named["CloudEvent"] = cloudEvent()
	messages["event"] = object{
		"title": "A CloudEvent", "contentType": "application/cloudevents+json", "payload": ref("schemas", "CloudEvent"),
		"description": "In structured mode. In binary mode the attributes are in ce- headers and the data is the payload.",
	}
	messages["events"] = object{
		"title": "A batch of CloudEvents", "contentType": "application/cloudevents-batch+json",
		"payload": object{"type": "array", "items": ref("schemas", "CloudEvent")},
	}
	messages["receipts"] = object{"title": "Receipts", "summary": "One per event, in order.", "contentType": "application/json", "payload": receiptsOf(s)}
	messages["problem"] = object{
		"title": "A problem (RFC 9457)", "contentType": "application/problem+json", "payload": problemOf(s),
		"headers": object{"type": "object", "properties": object{
			"Nats-Service-Error":      object{"type": "string", "description": "the problem's title"},
			"Nats-Service-Error-Code": object{"type": "string", "description": "the problem's status"},
		}},
	}
	messages["position"] = object{"title": "A position", "contentType": "text/plain", "payload": object{"type": "string", "pattern": "^[1-9][0-9]*$"}}
	messages["rejected"] = object{"title": "A message that was refused", "contentType": "application/json", "payload": rejectedOf(s)}

	source := object{"source": object{"description": "The emitter's name. Where tokens are required, the source whose events they are."}}
	channels["record"] = channel(ingress.Subject, "Record and wait", "Request and reply. A batch is one answer per event.", nil, "event", "events")
	channels["receipts"] = channel(nil, "Where the answer to a request to record goes", "The request's reply subject.", nil, "receipts", "problem")
	channels["inbox"] = channel(ingress.InboxPrefix+"{source}", "Leave events", "Stream INBOX: a message stays until its events are recorded or refused.", source, "event", "events")
	channels["rejected"] = channel(ingress.RejectedPrefix+"{source}", "What was refused", "Stream REJECTED: what came by the inbox and was refused, and why.", source, "rejected")
	channels["ask"] = channel(ingress.EventSubject, "Ask for an event", "Request and reply: a position in, the whole event out, with personal data.", nil, "position")
	channels["answer"] = channel(nil, "Where an event that was asked for goes", "The request's reply subject.", nil, "event", "problem")
	operations["record"] = answers("record", "receipts", "Records events and answers with receipts.")
	operations["take"] = object{"action": "receive", "channel": ref("channels", "inbox"), "summary": "Records what is in the inbox."}
	operations["reject"] = sends("rejected", "What cannot be recorded.")
	operations["read"] = answers("ask", "answer", "Gives an event.")
}

// describeAnswers adds what the feed publishes of projections.
func describeAnswers(s *schemas, projections []feed.Projection, channels, operations, messages object) error {
	names := make([]string, len(projections))
	for i, p := range projections {
		names[i] = p.Name
		if p.Render == nil {
			continue
		}
		if p.Answer == nil {
			return fmt.Errorf("projection %s: nothing says what its answers are", p.Name)
		}
		name := "kv." + p.Name
		messages[name] = object{"title": "An answer of " + p.Name, "contentType": "application/json", "payload": s.of(p.Answer)}
		channels[name] = channel("$KV."+p.Name+".{key}", "What "+p.Name+" answers now", "KV bucket "+p.Name+": a key per account, or per item of an account.",
			object{"key": object{"description": "The account's or the item's id."}}, name)
		operations[name] = sends(name, "The current answer, whenever it is another.")
	}
	messages["change"] = object{"title": "A change", "contentType": "application/json", "payload": s.of(feed.Change{})}
	channels["changes"] = channel("changes.{projection}.{account}", "What moved",
		"Told once the read model, and the bucket if there is one, has it. Not kept: who must not miss one reads LEDGER.", object{
			"projection": object{"enum": names}, "account": object{"description": "The account's id."},
		}, "change")
	operations["tellChange"] = sends("changes", "What moved in a projection, and because of which events.")
	return nil
}

func ref(kind, name string) object {
	if kind != "channels" {
		kind = "components/" + kind
	}
	return object{"$ref": "#/" + kind + "/" + name}
}

func channel(address any, title, description string, parameters object, messages ...string) object {
	in := object{}
	for _, m := range messages {
		in[m] = ref("messages", m)
	}
	c := object{"address": address, "title": title, "description": description, "messages": in}
	if parameters != nil {
		c["parameters"] = parameters
	}
	return c
}

func sends(channel, summary string) object {
	return object{"action": "send", "channel": ref("channels", channel), "summary": summary}
}

func answers(channel, reply, summary string) object {
	return object{
		"action": "receive", "channel": ref("channels", channel), "summary": summary,
		"reply": object{"channel": ref("channels", reply)},
	}
}
