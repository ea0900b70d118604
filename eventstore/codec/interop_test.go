package codec

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/rapport-ledger/rapport/domain"
)

// sdkEvent is the event as an emitter would make it with the official SDK.
func sdkEvent(t *testing.T, e domain.Envelope) cloudevents.Event {
	t.Helper()
	data, err := EncodeData(e.Data)
	if err != nil {
		t.Fatal(err)
	}
	ev := cloudevents.NewEvent()
	ev.SetID(e.ID)
	ev.SetSource(e.Source)
	ev.SetType(wireType(e.Data.EventType()))
	ev.SetSubject(string(e.Account))
	ev.SetTime(e.OccurredAt)
	ev.SetExtension("actor", e.Actor)
	ev.SetExtension("correlationid", e.CorrelationID)
	if err := ev.SetData(cloudevents.ApplicationJSON, json.RawMessage(data)); err != nil {
		t.Fatal(err)
	}
	return ev
}

func anEnvelope() domain.Envelope {
	return domain.Envelope{
		Source: "https://erp.example/sales", ID: "4711", Account: "acme",
		OccurredAt: time.Date(2026, 3, 9, 14, 30, 0, 250_000_000, time.UTC),
		Actor:      "jo@example.org", CorrelationID: "case-9",
		Data: domain.ComplaintRaised{
			Complaint: "c-1", Severity: 4, Safety: true, Contact: "jane", Channel: "phone",
			Summary: "It \"broke\".\nGrüße, €5 😀",
		},
	}
}

func TestWhatTheSDKWritesIsRead(t *testing.T) {
	t.Parallel()
	want := anEnvelope()
	ev := sdkEvent(t, want)

	structured, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseStructured(structured)
	if err != nil {
		t.Fatalf("%v\n%s", err, structured)
	}
	equal(t, "structured", got, want)

	batched, err := json.Marshal([]cloudevents.Event{ev, ev})
	if err != nil {
		t.Fatal(err)
	}
	batch, err := ParseBatch(batched)
	if err != nil || len(batch) != 2 || batch[1].Err != nil {
		t.Fatal(err, batch)
	}
	equal(t, "batch", batch[1].Envelope, want)

	request := httptest.NewRequest(http.MethodPost, "/v1/events", nil)
	if err := cehttp.WriteRequest(t.Context(), binding.ToMessage(&ev), request); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		t.Fatal(err)
	}
	attributes := make(map[string]string)
	for name, values := range request.Header {
		if name, ok := bytes.CutPrefix([]byte(name), []byte("Ce-")); ok {
			attributes[string(name)] = values[0]
		}
	}
	got, err = ParseBinary(attributes, request.Header.Get("Content-Type"), body)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "binary", got, want)
}

func TestWhatIsPublishedIsReadByTheSDK(t *testing.T) {
	t.Parallel()
	seeds(t, 300, func(t *testing.T, g *generator) {
		r := g.record()
		var ev cloudevents.Event
		if err := json.Unmarshal(AppendStructured(nil, r), &ev); err != nil {
			t.Fatal(err)
		}
		if err := ev.Validate(); err != nil {
			t.Fatal(err)
		}
		sequence, _ := ev.Extensions()["sequence"].(string)
		if ev.ID() != r.ID || ev.Source() != r.Source || ev.Subject() != string(r.Account) || !ev.Time().Equal(r.OccurredAt) ||
			ev.Type() != wireType(r.Type) || sequence != Attributes(r)["sequence"] || !bytes.Equal(ev.Data(), r.JSON) {
			t.Errorf("got %s\nwant %+v", ev, r)
		}
	})
}
