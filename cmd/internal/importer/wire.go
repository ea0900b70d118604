package importer

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

// cloudEvent has the attributes that an emitter sets.
type cloudEvent struct {
	SpecVersion string           `json:"specversion"`
	ID          string           `json:"id"`
	Source      string           `json:"source"`
	Type        string           `json:"type"`
	Subject     domain.AccountID `json:"subject"`
	Time        time.Time        `json:"time,omitzero"`
	Actor       string           `json:"actor,omitzero"`
	Data        jsontext.Value   `json:"data"`
}

// CloudEvent is the event as its emitter would send it, in structured JSON mode.
func CloudEvent(e domain.Envelope) ([]byte, error) {
	entry, _ := domain.Lookup(e.Data.EventType())
	data, err := codec.EncodeData(e.Data)
	if err != nil {
		return nil, err
	}
	return json.Marshal(cloudEvent{
		SpecVersion: "1.0", ID: e.ID, Source: e.Source, Type: entry.CloudEventType(), Subject: e.Account,
		Time: e.OccurredAt, Actor: e.Actor, Data: data,
	})
}
