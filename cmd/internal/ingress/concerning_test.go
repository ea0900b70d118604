package ingress

import (
	"encoding/json"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/domain"
)

func TestARefusedMessageConcernsWhoeverItNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers nats.Header
		event   string
		body    string
		want    bool
	}{
		"her, of the account":             {event: `{"subject":"acme","data":{"contact":"jane"}}`, want: true},
		"among others":                    {event: `{"subject":"acme","data":{"contacts":["joe","jane"]}}`, want: true},
		"in a place where nobody belongs": {event: `{"subject":"acme","data":{"x":[{"y":"j2"}]}}`, want: true},
		"her namesake":                    {event: `{"subject":"bolt","data":{"contact":"jane"}}`},
		"somebody else":                   {event: `{"subject":"acme","data":{"contact":"janet"}}`},
		"her, of no account":              {event: `{"data":{"contact":"jane"}}`, want: true},
		"her in a batch":                  {event: `[{"subject":"bolt","data":{"contact":"jane"}},{"subject":"acme","data":{"contact":"jane"}}]`, want: true},
		"her namesake in a batch":         {event: `[{"subject":"bolt","data":{"contact":"jane"}},{"subject":"acme"}]`},
		"her in binary mode":              {headers: nats.Header{"CE-Subject": {"acme"}}, event: `{"contact":"jane"}`, want: true},
		"her namesake in binary mode":     {headers: nats.Header{"ce-subject": {"bolt"}}, event: `{"contact":"jane"}`},
		"her in binary mode, encoded":     {headers: nats.Header{"ce-subject": {"%61cme"}}, event: `{"contact":"jane"}`, want: true},
		"her in binary mode, in quotes":   {headers: nats.Header{"ce-subject": {`"acm%65"`}}, event: `{"contact":"jane"}`, want: true},
		"her namesake, encoded":           {headers: nats.Header{"ce-subject": {"%62olt"}}, event: `{"contact":"jane"}`},
		"her under two subjects":          {headers: nats.Header{"ce-subject": {"bolt", "acme"}}, event: `{"contact":"jane"}`, want: true},
		"her, with a subject in the data": {headers: nats.Header{"ce-subject": {"acme"}}, event: `{"contact":"jane","subject":"delivery"}`, want: true},
		"her in structured mode, with another's header": {
			headers: nats.Header{"Content-Type": {"application/cloudevents+json"}, "ce-subject": {"bolt"}}, event: `{"subject":"acme","data":{"contact":"jane"}}`, want: true,
		},
		"her, of an account that cannot be":  {event: `{"subject":"Acme Corp","data":{"contact":"jane"}}`, want: true},
		"her namesake, of no single account": {event: `{"subject":"_ledger","data":{"contact":"jane"}}`},
		"her in what is no JSON":             {body: `contact=jane;subject=acme`, want: true},
		"nobody in what is no JSON":          {body: `contact=joe`},
	} {
		m := RejectedMessage{Headers: c.headers, Body: []byte(c.body)}
		if c.event != "" {
			m.Event = json.RawMessage(c.event)
		}
		if got := m.concerns("acme", []domain.ID{"jane", "j2"}); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
