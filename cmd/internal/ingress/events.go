package ingress

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
)

// EventSubject is where requests for an event come in. NATS lets only those ask who may
// read.
const EventSubject = "rapport.event"

// readTime bounds the reading of an event.
const readTime = 5 * time.Second

// Events answers requests on rapport.event: a position in decimal, answered by the event
// as a CloudEvent in structured mode, with personal data; or by problem details, with the
// problem's title and status in the headers Nats-Service-Error and
// Nats-Service-Error-Code as well. LEDGER has the public data alone.
type Events struct {
	sub    subscription
	read   func(ctx context.Context, p domain.Position) ([]byte, error)
	logger *zap.Logger
}

// NewEvents answers requests from now on, until [Events.Run] ends.
func NewEvents(nc *nats.Conn, read func(context.Context, domain.Position) ([]byte, error), logger *zap.Logger) (*Events, error) {
	e := &Events{read: read, logger: logger}
	var err error
	if e.sub, err = serve(nc, EventSubject, e.serve); err != nil {
		return nil, err
	}
	if err := nc.Flush(); err != nil {
		return nil, fmt.Errorf("serve %s: %w", EventSubject, err)
	}
	return e, nil
}

// Run returns ctx's error once it has ended and the requests that have arrived by then are
// answered: nothing is read of the log afterwards.
func (e *Events) Run(ctx context.Context) error {
	<-ctx.Done()
	return errors.Join(ctx.Err(), e.sub.end())
}

func (e *Events) serve(m *nats.Msg) {
	if m.Reply == "" {
		return
	}
	answer, err := e.answer(m)
	if err != nil {
		p := api.ProblemOf(err)
		if p.Internal() {
			e.logger.Error("a request over NATS failed", zap.String("correlation", p.Correlation), zap.Error(err))
		}
		answer = problemMessage(p)
	}
	if err := m.RespondMsg(answer); err != nil {
		e.logger.Warn("a request over NATS could not be answered", zap.Error(err))
	}
}

func (e *Events) answer(m *nats.Msg) (*nats.Msg, error) {
	position, err := strconv.ParseUint(strings.TrimSpace(string(m.Data)), 10, 63)
	if err != nil || position == 0 {
		return nil, api.Malformed("The request is the position of an event, such as 42.")
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	event, err := e.read(ctx, domain.Position(position))
	return &nats.Msg{Header: nats.Header{"Content-Type": {"application/cloudevents+json"}}, Data: event}, err
}
