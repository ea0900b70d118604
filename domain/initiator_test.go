package domain_test

import (
	"testing"
	"time"

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

func TestWhatWasRecordedLongBeforeItHappenedIsNoContact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ahead time.Duration
		want  bool
	}{{-time.Hour, true}, {0, true}, {domain.Ahead, true}, {domain.Ahead + time.Microsecond, false}} {
		if got := domain.InContact(day(1).Add(c.ahead), day(1)); got != c.want {
			t.Errorf("%v ahead: in contact %v, want %v", c.ahead, got, c.want)
		}
	}
}
