package ingress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

const (
	inboxStream = "INBOX"
	// InboxPrefix and a source are the subject where its events are left.
	InboxPrefix    = "inbox."
	inboxSubjects  = InboxPrefix + ">"
	rejectedStream = "REJECTED"
	// RejectedPrefix and a source are the subject of what was refused of it.
	RejectedPrefix = "rejected."

	// MaxInbox is the largest message, in bytes, the inbox takes: small enough to be
	// kept in the rejected list together with what is wrong with it.
	MaxInbox = 4 << 20
	// remembered is how long a message that was moved to the rejected list is known,
	// so that moving it twice does not list it twice.
	remembered = time.Hour
)

// Inbox records what arrives on inbox.<source>. Messages of one subject are recorded one
// after the other, those of several side by side. Whose event it is, its own source
// says; where tokens are required, that has to be the one in the subject.
//
// A message leaves the stream INBOX once its events are recorded, or once it is in the
// stream REJECTED with the problem. If the log cannot write, it stays and is tried
// again, for as long as it takes.
type Inbox struct {
	js       jetstream.JetStream
	rec      Recorder
	guard    *access.Guard
	logger   *zap.Logger
	rejected jetstream.Stream
}

// startTimeout is for how long the streams are asked for again at a start. The embedded server may
// be restarted meanwhile: on a busy machine a stream that takes seconds to make looks ill to who
// supervises it. That leaves requests under way without an answer, and others without a connection.
const startTimeout = 30 * time.Second

// NewInbox makes sure of the streams INBOX and REJECTED.
func NewInbox(ctx context.Context, nc *nats.Conn, rec Recorder, guard *access.Guard, logger *zap.Logger) (*Inbox, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	rejected, err := openStreams(ctx, js)
	for end := time.Now().Add(startTimeout); passing(err) && ctx.Err() == nil && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
		rejected, err = openStreams(ctx, js)
	}
	if err != nil {
		return nil, err
	}
	return &Inbox{js: js, rec: rec, guard: guard, logger: logger, rejected: rejected}, nil
}

func passing(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrReconnectBufExceeded) || errors.Is(err, nats.ErrDisconnected)
}

// openStreams makes sure of the streams and gives REJECTED. It is called again whenever
// the inbox begins anew: the NATS server may have lost everything.
func openStreams(ctx context.Context, js jetstream.JetStream) (rejected jetstream.Stream, err error) {
	_, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:        inboxStream,
		Description: "Events on their way to being recorded.",
		Subjects:    []string{inboxSubjects},
		Retention:   jetstream.WorkQueuePolicy,
		Storage:     jetstream.FileStorage,
		MaxMsgSize:  MaxInbox,
	})
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", inboxStream, err)
	}
	rejected, err = js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:        rejectedStream,
		Description: "What came by the inbox and was refused, with the problem.",
		Subjects:    []string{RejectedPrefix + ">"},
		Storage:     jetstream.FileStorage,
		Duplicates:  remembered,
		AllowDirect: true,
	})
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", rejectedStream, err)
	}
	return rejected, nil
}

// Run works until ctx ends. An event being recorded is finished.
func (in *Inbox) Run(ctx context.Context) error {
	router, err := in.router()
	if err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	if err := router.Run(ctx); err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	return ctx.Err()
}

func (in *Inbox) router() (*message.Router, error) {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: recordTimeout + time.Second}, watermill.NopLogger{})
	if err != nil {
		return nil, err
	}
	poison, err := middleware.PoisonQueueWithFilter(&rejecter{in.js}, rejectedStream, isRejection)
	if err != nil {
		return nil, err
	}
	retry := middleware.Retry{
		// For ever: the event is safe where it is.
		MaxRetries:      math.MaxInt - 1,
		InitialInterval: retryFirst,
		MaxInterval:     retryAtMost,
		// Asking ShouldRetry takes a step of its own: this doubles the wait.
		Multiplier: 1.4,
		ShouldRetry: func(r middleware.RetryParams) bool {
			if isRejection(r.Err) {
				return false
			}
			in.logger.Warn("inbox waits for the log", zap.Error(r.Err), zap.Int("tries", r.RetryNum+1))
			return true
		},
	}
	router.AddMiddleware(poison, retry.Middleware, in.catchPanic)
	router.AddConsumerHandler("record", inboxSubjects, &subscriber{js: in.js, logger: in.logger}, in.handle)
	return router, nil
}

// rejection is the error that moves a message to the rejected list.
type rejection struct {
	problem *api.Problem
}

func (r *rejection) Error() string { return r.problem.Error() }

func isRejection(err error) bool {
	_, ok := errors.AsType[*rejection](err)
	return ok
}

// catchPanic rejects a message that makes the ledger panic: it would hold up those
// behind it for ever.
func (in *Inbox) catchPanic(h message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) (out []*message.Message, err error) {
		defer func() {
			if p := recover(); p != nil {
				problem := api.ProblemOf(fmt.Errorf("panic: %v", p))
				in.logger.Error("an inbox message made us panic", zap.String("correlation", problem.Correlation), zap.Any("panic", p), zap.Stack("stack"))
				err = in.reject(m, problem)
			}
		}()
		return h(m)
	}
}

// handle records the message's events.
func (in *Inbox) handle(m *message.Message) error {
	delivered := deliveryOf(m)
	sender := in.sender(strings.TrimPrefix(delivered.Subject(), InboxPrefix))
	answer, err := in.record(m.Context(), sender, &nats.Msg{Header: delivered.Headers(), Data: delivered.Data()})
	if err != nil {
		if refused(err) {
			return in.reject(m, api.ProblemOf(err))
		}
		return err
	}
	if problem := problemOf(answer); problem != nil {
		return in.reject(m, problem)
	}
	return nil
}

func (in *Inbox) reject(m *message.Message, problem *api.Problem) error {
	m.Metadata.Set(problemKey, mustJSON(problem))
	return &rejection{problem}
}

// record records the events of a message. An error that is not a refusal is about one
// that may succeed later; then all of them are to be recorded again.
func (in *Inbox) record(ctx context.Context, from access.Principal, m *nats.Msg) ([]api.Receipt, error) {
	parsed, _, err := parse(m, from)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	all, errs := api.ReceiptsOf(parsed, in.rec.Record(ctx, api.Readable(parsed)))
	for i, err := range errs {
		if err != nil && !refused(err) {
			return nil, fmt.Errorf("event %d of the message: %w", i, err)
		}
	}
	return all, nil
}

// sender is whose events may be in the source's inbox. Where tokens are required, only
// those who may send the source's events can publish there, and so these it is.
func (in *Inbox) sender(source string) access.Principal {
	if !in.guard.Required {
		return access.Local
	}
	return access.Principal{ID: "inbox", Name: InboxPrefix + source, Roles: []access.Role{access.Emitter}, Sources: []string{source}}
}

// maxFaults is how many faults of a batch are listed.
const maxFaults = 100

// problemOf sums up what is wrong with a message's events; nil if nothing is. The
// locations in a batch begin with the event's place in it, from 0.
func problemOf(all []api.Receipt) *api.Problem {
	if len(all) == 1 {
		return all[0].Problem
	}
	var sum *api.Problem
	rejected := 0
	for i := range all {
		p := all[i].Problem
		if p == nil {
			continue
		}
		rejected++
		if sum == nil {
			sum = &api.Problem{Type: p.Type, Title: p.Title, Status: p.Status}
		}
		for _, f := range p.Errors {
			if len(sum.Errors) < maxFaults {
				sum.Errors = append(sum.Errors, api.Fault{Location: fmt.Sprintf("%d.%s", i, f.Location), Message: f.Message})
			}
		}
	}
	if sum != nil {
		sum.Detail = fmt.Sprintf("%d of %d events were refused; the others are recorded.", rejected, len(all))
	}
	return sum
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // structs of our own, which can be written
	}
	return string(b)
}
