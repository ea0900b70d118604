package ingress

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

// subscription is to a subject where requests come in.
type subscription struct {
	*nats.Subscription
	nc     *nats.Conn
	closed chan struct{}
}

// serve has take called with the requests on the subject, one after the other.
func serve(nc *nats.Conn, subject string, take nats.MsgHandler) (subscription, error) {
	sub, err := nc.QueueSubscribe(subject, "rapport", take)
	if err != nil {
		return subscription{}, fmt.Errorf("serve %s: %w", subject, err)
	}
	closed := make(chan struct{})
	sub.SetClosedHandler(func(string) { close(closed) })
	return subscription{sub, nc, closed}, nil
}

// end takes no more requests, and returns when those that have arrived are taken.
// Without a connection there is nobody to answer, and draining would wait for one.
func (s subscription) end() error {
	end := s.Drain
	if !s.nc.IsConnected() {
		end = s.Unsubscribe
	}
	if err := end(); err != nil {
		return fmt.Errorf("stop serving %s: %w", s.Subject, err)
	}
	select {
	case <-s.closed:
		return nil
	case <-time.After(recordTimeout):
		return fmt.Errorf("stop serving %s: %w", s.Subject, context.DeadlineExceeded)
	}
}

// problemMessage answers a request with a problem.
func problemMessage(p *api.Problem) *nats.Msg {
	return &nats.Msg{
		Header: nats.Header{
			"Content-Type":            {"application/problem+json"},
			"Nats-Service-Error":      {p.Title},
			"Nats-Service-Error-Code": {strconv.Itoa(p.Status)},
		},
		Data: []byte(mustJSON(p)),
	}
}
