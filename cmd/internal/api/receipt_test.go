package api_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

func TestARequestIsAnOutageOnlyIfNoneOfItsEventsCouldBeDealtWith(t *testing.T) {
	t.Parallel()
	down := api.RejectionOf(domain.Envelope{}, fmt.Errorf("append: %w", eventstore.ErrUnavailable))
	refused := api.RejectionOf(domain.Envelope{}, &domain.Refusal{})
	failed := api.RejectionOf(domain.Envelope{}, errors.New("a fault of ours"))
	recorded := api.Receipt{Status: api.StatusRecorded}
	for name, c := range map[string]struct {
		receipts []api.Receipt
		want     bool
	}{
		"none":                        {nil, false},
		"all":                         {[]api.Receipt{down, down}, true},
		"but one is recorded":         {[]api.Receipt{down, recorded}, false},
		"but one is at fault itself":  {[]api.Receipt{refused, down}, false},
		"but one failed another way":  {[]api.Receipt{down, failed}, false},
		"one that is at fault itself": {[]api.Receipt{refused}, false},
	} {
		p := api.Receipts{Receipts: c.receipts}.Outage()
		if got := p != nil; got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
		if p != nil && p.Status != 503 {
			t.Errorf("%s: got status %d, want 503", name, p.Status)
		}
	}
}
