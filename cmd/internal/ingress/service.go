package ingress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

const (
	// Subject is where requests to record come in.
	Subject = "rapport.record"

	// roundRequests and roundEvents bound what is recorded together.
	roundRequests = 512
	roundEvents   = 2048
	// pendingRequests and pendingBytes bound what waits; what comes beyond is dropped,
	// and whoever asked finds that out by its timeout.
	pendingRequests = 64 << 10
	pendingBytes    = 256 << 20
	// recordTimeout bounds the wait for the log.
	recordTimeout = 30 * time.Second
)

// Service answers requests on rapport.record.
//
// The answer is {"receipts": [...]}, with a receipt per event in order; or problem
// details, if the request as a whole cannot be read, if its only event is rejected, or
// if the log can write none of them. A
// problem's title and status are also in the headers Nats-Service-Error and
// Nats-Service-Error-Code.
//
// Requests are recorded in the order in which the server delivers them, so one
// connection's in the order they were sent; those that wait together are recorded
// together.
type Service struct {
	nc     *nats.Conn
	sub    *nats.Subscription
	rec    Recorder
	logger *zap.Logger
}

// NewService takes requests from now on; [Service.Run] answers them.
func NewService(nc *nats.Conn, rec Recorder, logger *zap.Logger) (*Service, error) {
	sub, err := nc.QueueSubscribeSync(Subject, "rapport")
	if err == nil {
		err = errors.Join(sub.SetPendingLimits(pendingRequests, pendingBytes), nc.Flush())
	}
	if err != nil {
		return nil, fmt.Errorf("serve %s: %w", Subject, err)
	}
	return &Service{nc: nc, sub: sub, rec: rec, logger: logger}, nil
}

// Run answers until ctx ends; requests that have arrived by then are answered. It
// returns ctx's error, unless the connection is closed before.
func (s *Service) Run(ctx context.Context) error {
	for {
		first, err := s.sub.NextMsgWithContext(ctx)
		switch {
		case err == nil:
			s.round(ctx, first)
		case ctx.Err() != nil:
			return errors.Join(ctx.Err(), s.finish(ctx))
		case errors.Is(err, nats.ErrSlowConsumer):
			// The connection's error handler has said so.
		default:
			return fmt.Errorf("serve %s: %w", Subject, err)
		}
	}
}

// finish answers what has arrived and takes no more.
func (s *Service) finish(ctx context.Context) error {
	if err := s.sub.Drain(); err != nil {
		return fmt.Errorf("stop serving %s: %w", Subject, err)
	}
	for {
		m, err := s.sub.NextMsg(time.Second)
		if err != nil {
			return nil
		}
		s.round(ctx, m)
	}
}

// request is one message on its way.
type request struct {
	msg    *nats.Msg
	parsed []codec.Parsed
	single bool
	err    error // about the request as a whole
}

// round records the request and those waiting behind it, and answers them.
func (s *Service) round(ctx context.Context, first *nats.Msg) {
	requests := []request{read(first)}
	events := envelopes(requests[0].parsed)
	for len(requests) < roundRequests && len(events) < roundEvents {
		if waiting, _, err := s.sub.Pending(); err != nil || waiting == 0 {
			break
		}
		m, err := s.sub.NextMsg(time.Millisecond)
		if err != nil {
			break
		}
		r := read(m)
		requests = append(requests, r)
		events = append(events, envelopes(r.parsed)...)
	}
	s.answerAll(ctx, requests, events)
}

func read(m *nats.Msg) request {
	parsed, single, err := parse(m, access.Local)
	if err != nil {
		parsed = nil
	}
	return request{msg: m, parsed: parsed, single: single, err: err}
}

func (s *Service) answerAll(ctx context.Context, requests []request, events []domain.Envelope) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	outcomes := s.rec.Record(ctx, events)
	for i := range requests {
		r := &requests[i]
		if r.err != nil {
			s.refuse(r.msg, api.ProblemOf(r.err), r.err)
			continue
		}
		n := len(envelopes(r.parsed))
		all, errs := receipts(r.parsed, outcomes[:n])
		outcomes = outcomes[n:]
		if r.single && all[0].Problem != nil {
			s.refuse(r.msg, all[0].Problem, errs[0])
			continue
		}
		answer := api.Receipts{Receipts: all}
		if p := answer.Outage(); p != nil {
			s.refuse(r.msg, p, errs[0])
			continue
		}
		for j := range all {
			s.logInternal(all[j].Problem, errs[j])
		}
		s.answer(r.msg, nil, answer)
	}
}

func (s *Service) refuse(m *nats.Msg, p *api.Problem, err error) {
	s.logInternal(p, err)
	s.answer(m, problemHeader(p), p)
}

func problemHeader(p *api.Problem) nats.Header {
	return nats.Header{
		"Content-Type":            {"application/problem+json"},
		"Nats-Service-Error":      {p.Title},
		"Nats-Service-Error-Code": {strconv.Itoa(p.Status)},
	}
}

func (s *Service) logInternal(p *api.Problem, err error) {
	if p != nil && p.Internal() {
		s.logger.Error("a request over NATS failed", zap.String("correlation", p.Correlation), zap.Error(err))
	}
}

func (s *Service) answer(m *nats.Msg, header nats.Header, body any) {
	if m.Reply == "" {
		return
	}
	b, err := json.Marshal(body)
	if most := s.nc.MaxPayload(); err == nil && int64(len(b)) > most {
		p := api.TooLarge(fmt.Sprintf("The answer would have %d bytes, and a message may have %d at most. What could be recorded is; "+
			"send the events again in smaller batches to see what became of each.", len(b), most))
		header = problemHeader(p)
		b, err = json.Marshal(p)
	}
	if err == nil {
		err = m.RespondMsg(&nats.Msg{Header: header, Data: b})
	}
	if err != nil {
		s.logger.Warn("a request over NATS could not be answered", zap.Error(err))
	}
}
