package relay

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
)

var errConnectionLost = errors.New("the connection was lost")

// Connected is a context that also ends when the connection is lost, even if it comes
// back at once. Messages that were under way then are lost to a consumer for as long
// as the server waits for an acknowledgement, or for good if there is none; whoever
// needs all of them in order begins a new consumer.
func Connected(ctx context.Context, nc *nats.Conn) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	lost := nc.StatusChanged(nats.RECONNECTING, nats.DISCONNECTED, nats.CLOSED)
	go func() {
		defer nc.RemoveStatusListener(lost)
		select {
		case <-lost:
			cancel(errConnectionLost)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}
