package domain_test

import (
	"testing"

	"github.com/rapport-ledger/rapport/domain"
)

func TestWhoGotInTouch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		event domain.Event
		want  string
	}{
		"who complains":                 {domain.ComplaintRaised{}, "them"},
		"who answers":                   {domain.ComplaintAnswered{}, "us"},
		"a call in":                     {domain.InteractionHeld{Direction: "inbound"}, "them"},
		"a call out":                    {domain.InteractionHeld{Direction: "outbound"}, "us"},
		"a call that does not say":      {domain.InteractionHeld{}, ""},
		"who proposes a meeting":        {domain.MeetingProposed{By: "us"}, "us"},
		"who declines it":               {domain.MeetingDeclined{By: "them"}, "them"},
		"a clarification, by whomever":  {domain.RequestClarified{}, ""},
		"what is no contact between us": {domain.DeliveryMade{}, ""},
	} {
		if got := domain.Initiator(test.event); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	for _, e := range domain.Catalogue {
		if e.Initiator != "" && !e.Touch {
			t.Errorf("%s: somebody got in touch by what is no touch", e.Type)
		}
	}
}
