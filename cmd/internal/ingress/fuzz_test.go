package ingress

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
)

// FuzzMessage has anything come by NATS. A message is refused for what it is, or has
// events of which each can be read or is refused; nothing in it is tried again for ever.
func FuzzMessage(f *testing.F) {
	const event = `{"specversion":"1.0","id":"1","source":"test","type":"rapport.interaction.held.v1","subject":"acme","data":{"kind":"call"}}`
	f.Add("", []byte(event))
	f.Add("", []byte(" ["+event+",{},17]"))
	f.Add("content-type=application/json ce-id=1 ce-source=test ce-type=rapport.interaction.held.v1 ce-specversion=1.0 ce-subject=%41cme", []byte(`{"kind":"call"}`))
	f.Add("Content-Type=application/cloudevents+json ce-id=1", []byte(event))
	f.Add("CE-ID= ce-id=2", []byte{0xff})
	f.Fuzz(func(t *testing.T, headers string, body []byte) {
		m := &nats.Msg{Header: nats.Header{}, Data: body}
		for pair := range strings.FieldsSeq(headers) {
			name, value, _ := strings.Cut(pair, "=")
			m.Header[name] = append(m.Header[name], value)
		}
		parsed, single, err := parse(m, access.Local)
		if err != nil {
			if !refused(err) {
				t.Errorf("not a refusal: %v", err)
			}
			return
		}
		if len(parsed) == 0 || single && len(parsed) != 1 {
			t.Errorf("%d events, single: %v", len(parsed), single)
		}
		for _, p := range parsed {
			if p.Err != nil && !refused(p.Err) {
				t.Errorf("not a refusal: %v", p.Err)
			}
		}
	})
}
