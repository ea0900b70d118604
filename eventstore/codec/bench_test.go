package codec

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/rapport-ledger/rapport/domain"
)

// The benchmarks read and write one event of some 600 bytes, a complaint with a
// summary, in every form; beside it, what the usual libraries take for as much.

func benchRecord() Record {
	e := anEnvelope()
	e.TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01"
	return recordOf(e, 1234567, time.Date(2026, 3, 9, 14, 31, 0, 0, time.UTC))
}

func benchStructured() []byte { return AppendStructured(nil, benchRecord()) }

func BenchmarkParseStructured(b *testing.B) {
	body := benchStructured()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseStructured(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodingJSON neither checks nor knows the type beforehand.
func BenchmarkEncodingJSON(b *testing.B) {
	body := benchStructured()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var attributes struct {
			ID, Source, Type, Subject, Time, Actor, CorrelationID, TraceParent string

			Data json.RawMessage
		}
		if err := json.Unmarshal(body, &attributes); err != nil {
			b.Fatal(err)
		}
		var data domain.ComplaintRaised
		if err := json.Unmarshal(attributes.Data, &data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSDKAndSchema is the official SDK, then a JSON Schema of the data, then the struct.
func BenchmarkSDKAndSchema(b *testing.B) {
	schema := schemas(b)["complaint.raised"]
	body := benchStructured()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var ev cloudevents.Event
		if err := json.Unmarshal(body, &ev); err != nil {
			b.Fatal(err)
		}
		if err := ev.Validate(); err != nil {
			b.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(ev.Data()))
		if err != nil {
			b.Fatal(err)
		}
		if err := schema.Validate(instance); err != nil {
			b.Fatal(err)
		}
		var data domain.ComplaintRaised
		if err := ev.DataAs(&data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseBinary(b *testing.B) {
	r := benchRecord()
	attributes := Attributes(r)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseBinary(attributes, jsonContentType, r.JSON); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	e := anEnvelope()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	stored, err := Encode(anEnvelope())
	if err != nil {
		b.Fatal(err)
	}
	recorded := storedAs(stored, "acme")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(recorded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecordDecode(b *testing.B) {
	r := benchRecord()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Decode(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAttributes(b *testing.B) {
	r := benchRecord()
	b.ReportAllocs()
	for b.Loop() {
		Attributes(r)
	}
}

func BenchmarkFromHeaders(b *testing.B) {
	r := benchRecord()
	attributes := Attributes(r)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fromBinary(attributes, r.JSON); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendStructured(b *testing.B) {
	r := benchRecord()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendStructured(buf[:0], r)
	}
}
