package ingress

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
)

const (
	// Subject is where requests to record come in.
	Subject = "rapport.record"
	// byPrefix and the key of a principal are where that principal's requests come in:
	// NATS lets nobody else publish there. See [access.Guard.Recall].
	byPrefix = "rapport.by."

	// roundRequests and roundEvents bound what is recorded together.
	roundRequests = 512
	roundEvents   = 2048
	// laneRequests and laneBytes bound what waits of one principal, and allBytes what
	// waits of everybody. What comes beyond is dropped, and so is the connection of
	// whoever sent it: see [NewService].
	laneRequests = 8 << 10
	laneBytes    = 64 << 20
	allBytes     = 256 << 20
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
// A principal's requests are recorded in the order in which the server delivers them,
// so one connection's in the order they were sent; those that wait together are
// recorded together. Principals do not wait for each other here.
type Service struct {
	nc       *nats.Conn
	rec      Recorder
	guard    *access.Guard
	logger   *zap.Logger
	subs     []subscription
	overflow func(principal string)

	mu    sync.Mutex
	lanes map[string]*lane // by subject; an entry means that somebody is at work on it
	bytes int              // that wait, of everybody's
	work  sync.WaitGroup
}

// lane is what waits of one principal.
type lane struct {
	waiting []*nats.Msg
	bytes   int
	dropped int // since half of the lane was free
	// enough gets a token when as many wait as are wanted together.
	enough chan struct{}
	wanted int
}

// NewService takes requests from now on. [Service.Run] ends that.
//
// overflow is called with the id of a principal that has more requests waiting than are
// kept, because it does not wait for answers. It may have its connection ended: what it
// sends comes by the same way as everybody else's, and would hold that up.
func NewService(nc *nats.Conn, rec Recorder, guard *access.Guard, overflow func(principal string), logger *zap.Logger) (*Service, error) {
	s := &Service{nc: nc, rec: rec, guard: guard, overflow: overflow, logger: logger, lanes: make(map[string]*lane)}
	for _, subject := range []string{Subject, byPrefix + "*"} {
		sub, err := serve(nc, subject, s.take)
		if err == nil {
			err = sub.SetPendingLimits(-1, allBytes)
		}
		if err != nil {
			return nil, err
		}
		s.subs = append(s.subs, sub)
	}
	if err := nc.Flush(); err != nil {
		return nil, fmt.Errorf("serve %s: %w", Subject, err)
	}
	return s, nil
}

// Run returns when ctx has ended and the requests that have arrived by then are
// answered. The error is ctx's, unless the connection is closed before.
func (s *Service) Run(ctx context.Context) error {
	select {
	case <-s.subs[0].closed:
		return fmt.Errorf("serve %s: %w", Subject, nats.ErrConnectionClosed)
	case <-ctx.Done():
	}
	errs := []error{ctx.Err()}
	for _, sub := range s.subs {
		errs = append(errs, sub.end())
	}
	s.work.Wait()
	return errors.Join(errs...)
}

// take puts a request at the end of its lane. It does next to nothing else, because
// everybody's requests come through here, one after the other.
func (s *Service) take(m *nats.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, busy := s.lanes[m.Subject]
	if !busy {
		l = &lane{enough: make(chan struct{}, 1)}
	}
	if len(l.waiting) >= laneRequests || l.bytes+len(m.Data) > laneBytes || s.bytes+len(m.Data) > allBytes {
		if l.dropped++; l.dropped == 1 {
			s.work.Go(func() { s.overflowed(m.Subject) })
		}
		return
	}
	l.waiting = append(l.waiting, m)
	l.bytes += len(m.Data)
	s.bytes += len(m.Data)
	if !busy {
		s.lanes[m.Subject] = l
		s.work.Go(func() { s.run(m.Subject, l) })
	}
	if len(l.waiting) < l.wanted {
		return
	}
	select {
	case l.enough <- struct{}{}:
	default:
	}
}

// overflowed says that a principal has too much waiting.
func (s *Service) overflowed(subject string) {
	principal, err := s.who(subject)
	if err != nil {
		return
	}
	s.logger.Warn("requests over NATS are dropped: one client has more waiting than are kept", zap.String("principal", principal.ID))
	if principal.ID != access.Local.ID {
		s.overflow(principal.ID)
	}
}

// run answers what waits in the lane until there is no more.
func (s *Service) run(subject string, l *lane) {
	var company commands.Company
	for {
		s.mu.Lock()
		if len(l.waiting) == 0 {
			delete(s.lanes, subject)
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		company.Begin()
		served := s.round(subject, l)
		company.Gather(served, func(n int) bool { return s.want(l, n) }, l.enough, nil)
	}
}

// want sets how many requests in the lane are enough, and reports whether there are.
func (s *Service) want(l *lane, requests int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.wanted = requests
	return len(l.waiting) >= requests
}

// next takes the first of the lane; nil if there is none.
func (s *Service) next(l *lane) *nats.Msg {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(l.waiting) == 0 {
		return nil
	}
	m := l.waiting[0]
	l.waiting[0] = nil
	l.waiting = l.waiting[1:]
	l.bytes -= len(m.Data)
	s.bytes -= len(m.Data)
	if len(l.waiting) < laneRequests/2 {
		l.dropped = 0
	}
	return m
}

// request is one message on its way.
type request struct {
	msg    *nats.Msg
	parsed []codec.Parsed
	single bool
	err    error // about the request as a whole
}

// round records the requests that wait in the lane, up to a bound, and answers them. It gives
// how many there were.
func (s *Service) round(subject string, l *lane) (taken int) {
	principal, denied := s.who(subject)
	var requests []request
	var events []domain.Envelope
	for ; taken < roundRequests && len(events) < roundEvents; taken++ {
		m := s.next(l)
		if m == nil {
			break
		}
		if denied != nil {
			s.refuse(m, api.ProblemOf(denied), denied)
			continue
		}
		if wait := s.guard.Limits.Take(principal); wait > 0 {
			s.refuse(m, api.TooMany("More requests or events come from "+strconv.Quote(principal.Name)+" than it may send.", wait), nil)
			continue
		}
		r := read(m, principal)
		s.guard.Limits.Spend(principal, len(r.parsed)-1) // the request counted as one
		requests = append(requests, r)
		events = append(events, api.Readable(r.parsed)...)
	}
	ctx := context.Background()
	if principal.ID != access.Local.ID {
		ctx = commands.InLane(ctx, principal.ID)
	}
	s.answerAll(ctx, requests, events)
	return taken
}

// who is the principal whose requests come in on the subject.
func (s *Service) who(subject string) (access.Principal, error) {
	if key, ok := strings.CutPrefix(subject, byPrefix); ok {
		return s.guard.Recall(key)
	}
	if s.guard.Required {
		return access.Principal{}, &access.Denial{Right: access.Record}
	}
	return access.Local, nil
}

func read(m *nats.Msg, from access.Principal) request {
	parsed, single, err := parse(m, from)
	if err != nil {
		parsed = nil
	}
	return request{msg: m, parsed: parsed, single: single, err: err}
}

func (s *Service) answerAll(ctx context.Context, requests []request, events []domain.Envelope) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	outcomes := s.rec.Record(ctx, events)
	for i := range requests {
		r := &requests[i]
		if r.err != nil {
			s.refuse(r.msg, api.ProblemOf(r.err), r.err)
			continue
		}
		n := len(api.Readable(r.parsed))
		all, errs := api.ReceiptsOf(r.parsed, outcomes[:n])
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
		s.answer(r.msg, &nats.Msg{Data: []byte(mustJSON(answer))})
	}
}

func (s *Service) refuse(m *nats.Msg, p *api.Problem, err error) {
	s.logInternal(p, err)
	s.answer(m, problemMessage(p))
}

func (s *Service) logInternal(p *api.Problem, err error) {
	if p != nil && p.Internal() {
		s.logger.Error("a request over NATS failed", zap.String("correlation", p.Correlation), zap.Error(err))
	}
}

func (s *Service) answer(m, answer *nats.Msg) {
	if m.Reply == "" {
		return
	}
	if most := s.nc.MaxPayload(); int64(len(answer.Data)) > most {
		answer = problemMessage(api.TooLarge(fmt.Sprintf("The answer would have %d bytes, and a message may have %d at most. What could be recorded is; "+
			"send the events again in smaller batches to see what became of each.", len(answer.Data), most)))
	}
	if err := m.RespondMsg(answer); err != nil {
		s.logger.Warn("a request over NATS could not be answered", zap.Error(err))
	}
}
