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
		"her in what is no JSON":          {body: `contact=jane;subject=acme`, want: true},
		"nobody in what is no JSON":       {body: `contact=joe`},
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
