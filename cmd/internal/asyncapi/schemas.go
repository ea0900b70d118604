package asyncapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/cmd/internal/ingress"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// schemas are the document's: those of events, which the codec makes, and those of
// answers, made from their types as the OpenAPI document has them.
type schemas struct {
	registry huma.Registry
	named    object
}

func newSchemas() *schemas {
	return &schemas{huma.NewMapRegistry("#/components/schemas/", nameOf), object{}}
}

// nameOf is the name that the OpenAPI document uses, and for types that are not in it
// one that says where they are from.
func nameOf(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if from := path.Base(t.PkgPath()); t.PkgPath() != "" && from != "api" {
		return from + "." + name
	}
	return name
}

// of is the schema of a value's type.
func (s *schemas) of(v any) any { return s.registry.Schema(reflect.TypeOf(v), true, "") }

func receiptsOf(s *schemas) any { return s.of(api.Receipts{}) }
func problemOf(s *schemas) any  { return s.of(api.Problem{}) }
func rejectedOf(s *schemas) any { return s.of(ingress.RejectedMessage{}) }

func (s *schemas) all() object {
	all := maps.Clone(s.named)
	for name, schema := range s.registry.Map() {
		all[name] = schema
	}
	return all
}

// published adds the schema of the event's data and gives what the data on LEDGER goes
// by: the same, or one that does without personal data.
func (s *schemas) published(e domain.Entry) object {
	schema := object{}
	if err := json.Unmarshal(codec.Schema(e), &schema); err != nil {
		panic(fmt.Sprintf("asyncapi: schema of %s: %v", e.Type, err)) // our own bytes
	}
	delete(schema, "$schema") // it is part of this document now
	name := e.CloudEventType()
	s.named[name] = schema
	public, differs := withoutPersonal(schema)
	if !differs {
		return ref("schemas", name)
	}
	s.named[name+".public"] = public
	return ref("schemas", name+".public")
}

// withoutPersonal is the schema of the same object without its personal data, which is
// never in what is published; false if it has none.
func withoutPersonal(schema object) (public object, differs bool) {
	properties, _ := schema["properties"].(object)
	public = maps.Clone(schema)
	left := object{}
	var personal []any
	for name, p := range properties {
		property := p.(object)
		if _, is := property["x-personal"]; is {
			personal = append(personal, name)
			continue
		}
		inner, changed := withoutPersonal(property)
		if left[name] = p; changed {
			left[name] = inner
			differs = true
		}
	}
	if len(personal) == 0 && !differs {
		return schema, false
	}
	required, _ := schema["required"].([]any)
	public["properties"] = left
	public["required"] = slices.DeleteFunc(slices.Clone(required), func(name any) bool { return slices.Contains(personal, name) })
	return public, true
}

var text = object{"type": "string"}

func described(as string) object { return object{"type": "string", "description": as} }

// attributes are those of an event that is recorded: CloudEvents' own and documented
// extensions. Each event has those required, and once it is recorded those the ledger sets.
func attributes() (all object, required, set []string) {
	return object{
		"specversion": object{"const": "1.0"}, "id": described("with source, the fact's identity for ever"), "source": described("the emitter"),
		"type": described("rapport.<family>.<fact>.v<version>"), "subject": described("the account's id; _ledger where the event is about no single one"),
		"time": object{"type": "string", "format": "date-time", "description": "when it happened"}, "datacontenttype": text,
		"actor": described("who did or observed it"), "correlationid": text, "causationid": text, "traceparent": text,
		"sequence": described("position in the log"), "recordedtime": object{"type": "string", "format": "date-time", "description": "when the ledger accepted it"},
		"partitionkey": described("the account's id"), "revision": described("place in the account's stream"),
		"target":      described("position of the event that an entry.* event speaks of"),
		"timeassumed": described("true: the emitter gave no time"), "recordedby": described("who had it recorded"),
	}, []string{"specversion", "id", "source", "type"}, []string{"subject", "time", "datacontenttype", "sequence", "recordedtime", "partitionkey", "revision"}
}

// headers are those of a message on LEDGER.
func headers() object {
	all, required, set := attributes()
	properties := object{}
	for name, schema := range all {
		properties["ce-"+name] = schema
	}
	var names []string
	for _, name := range slices.Concat(required, set) {
		names = append(names, "ce-"+name)
	}
	return object{"type": "object", "properties": properties, "required": names,
		"description": "CloudEvents attributes, percent-encoded as the CloudEvents binding for HTTP says."}
}

// cloudEvent is an event in structured mode.
func cloudEvent() object {
	all, required, _ := attributes()
	all["data"] = object{"type": "object", "description": "What its type takes: components/schemas has a schema of the type's name."}
	all["dataschema"], all["tracestate"] = described("taken and not kept"), described("taken and not kept")
	all["timeassumed"] = object{"type": "boolean", "description": "the emitter gave no time"}
	all["forgotten"] = described("a JSON list of the persons whose data is missing, because it was made unreadable; in answers alone")
	return object{"type": "object", "properties": all, "required": append(required, "data")}
}
