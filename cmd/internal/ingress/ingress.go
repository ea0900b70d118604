// Package ingress is the NATS doors for emitters: request and reply on
// rapport.record, and the inbox for those who do not wait.
package ingress

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

// Recorder records events, each for itself, and gives an outcome per event, in order.
type Recorder interface {
	Record(ctx context.Context, events []domain.Envelope) []Outcome
}

// Outcome is what became of an event: a receipt, or why there is none.
type Outcome struct {
	Position  domain.Position
	Revision  domain.Revision
	Duplicate bool
	Err       error
}

// RecordFunc makes a function a [Recorder].
type RecordFunc func(ctx context.Context, events []domain.Envelope) []Outcome

// Record calls f.
func (f RecordFunc) Record(ctx context.Context, events []domain.Envelope) []Outcome {
	return f(ctx, events)
}

// Serve answers requests on rapport.record until ctx ends; those taken in by then are
// answered.
func Serve(ctx context.Context, nc *nats.Conn, rec Recorder, logger *zap.Logger) error {
	return errors.ErrUnsupported
}

// Inbox records what arrives on inbox.>.
type Inbox struct{}

// NewInbox makes sure of the streams INBOX and REJECTED.
func NewInbox(ctx context.Context, nc *nats.Conn, rec Recorder, logger *zap.Logger) (*Inbox, error) {
	return nil, errors.ErrUnsupported
}

// Run works until ctx ends. An event being recorded is finished.
func (in *Inbox) Run(ctx context.Context) error { return errors.ErrUnsupported }

// ErrNotRejected is an id that the rejected list does not have.
var ErrNotRejected = errors.New("not in the rejected list")

// Rejected lists up to limit refused events, oldest first, after the cursor; the
// empty cursor is the beginning.
func (in *Inbox) Rejected(ctx context.Context, cursor string, limit int) (api.Page[api.Rejected], error) {
	return api.Page[api.Rejected]{}, errors.ErrUnsupported
}

// Get gives one refused event, or [ErrNotRejected].
func (in *Inbox) Get(ctx context.Context, id string) (api.Rejected, error) {
	return api.Rejected{}, errors.ErrUnsupported
}

// Resend records a refused event again. Recorded, it leaves the rejected list;
// refused, it stays there with the new problem, under the id in the receipt's place.
func (in *Inbox) Resend(ctx context.Context, id string) (api.Receipts, error) {
	return api.Receipts{}, errors.ErrUnsupported
}
