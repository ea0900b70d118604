package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// FollowUps are the acts on the follow-up queue.
type FollowUps interface {
	AssignFollowUp(ctx context.Context, f commands.FollowUp, owner string) (commands.Receipt, error)
	SnoozeFollowUp(ctx context.Context, f commands.FollowUp, until time.Time) (commands.Receipt, error)
	EscalateFollowUp(ctx context.Context, f commands.FollowUp, to, reason string) (commands.Receipt, error)
	CompleteFollowUp(ctx context.Context, f commands.FollowUp, outcome string) (commands.Receipt, error)
	TellFollowUp(ctx context.Context, f commands.FollowUp, contact domain.ID, channel, message string) (commands.Receipt, error)
	DismissFollowUp(ctx context.Context, f commands.FollowUp, reason string) (commands.Receipt, error)
}

func (s *Server) registerFollowUps() {
	handle(s, get("list-followups", "/v1/followups", "Follow-ups", "Who owes the customer what",
		"The highest priority first, then the earliest due. Closed items come last. As known at a time, the queue is of one account, "+
			"because it is made again from that account's events, and as it was at that time: what was overdue then, and not what is now."), s.followUps)
	handle(s, get("get-followup", "/v1/followups/{id}", "Follow-ups", "Get a follow-up", ""), s.followUp)

	do := s.FollowUps
	act(s, "assign", "Give it an owner", func(ctx context.Context, f commands.FollowUp, b api.Assign) (commands.Receipt, error) {
		return do.AssignFollowUp(ctx, by(f, b.Actor), b.Owner)
	})
	act(s, "snooze", "Put it aside until a date", func(ctx context.Context, f commands.FollowUp, b api.Snooze) (commands.Receipt, error) {
		return do.SnoozeFollowUp(ctx, by(f, b.Actor), b.Until.UTC().Truncate(time.Microsecond))
	})
	act(s, "escalate", "Take it to somebody higher", func(ctx context.Context, f commands.FollowUp, b api.Escalate) (commands.Receipt, error) {
		return do.EscalateFollowUp(ctx, by(f, b.Actor), b.To, b.Reason)
	})
	act(s, "complete", "Say that the work is done", func(ctx context.Context, f commands.FollowUp, b api.Complete) (commands.Receipt, error) {
		return do.CompleteFollowUp(ctx, by(f, b.Actor), b.Outcome)
	})
	act(s, "tell", "Say that the customer knows", func(ctx context.Context, f commands.FollowUp, b api.Tell) (commands.Receipt, error) {
		return do.TellFollowUp(ctx, by(f, b.Actor), domain.ID(b.Contact), b.Channel, b.Message)
	})
	act(s, "dismiss", "Say that nothing needs doing", func(ctx context.Context, f commands.FollowUp, b api.Dismiss) (commands.Receipt, error) {
		return do.DismissFollowUp(ctx, by(f, b.Actor), b.Reason)
	})
}

func by(f commands.FollowUp, actor string) commands.FollowUp {
	f.Actor = actor
	return f
}

type followUpsIn struct {
	Fresh
	Paging
	Account   string   `query:"account" maxLength:"64" doc:"with the accounts merged into it"`
	Owner     string   `query:"owner" maxLength:"128"`
	Unowned   bool     `query:"unowned" doc:"only what nobody owns"`
	State     []string `query:"state" enum:"open,snoozed,done,closed" doc:"one or more, separated by commas; all if absent"`
	DueBefore Time     `query:"due_before"`
	KnownAt   Time     `query:"known_at" doc:"the queue as it was then; only with account"`
}

func (s *Server) followUps(ctx context.Context, in *followUpsIn) (*answer[api.Page[api.FollowUp]], error) {
	account, err := accountFilter(in.Account)
	if err != nil {
		return nil, err
	}
	q := followups.Query{
		Account: account, Owner: in.Owner, Unowned: in.Unowned, DueBefore: in.DueBefore.Time,
		Limit: in.Limit, Cursor: in.Cursor, Now: s.Now(),
	}
	for _, state := range in.State {
		q.States = append(q.States, followups.State(state))
	}
	if !in.KnownAt.IsZero() {
		q.Now, q.KnownAt = in.KnownAt.Time, in.KnownAt.Time
		return s.pastFollowUps(ctx, in.Fresh, q)
	}
	return read(ctx, s, followups.Name, in.Fresh, true, func(tx *sqldb.Tx) (api.Page[api.FollowUp], error) {
		page, err := followups.Queue(ctx, tx, q)
		return api.FollowUpsOf(page), err
	})
}

// ItemPath is the follow-up that a route is about.
type ItemPath struct {
	ID string `path:"id" maxLength:"128" example:"acme~0123456789ab"`
}

type followUpIn struct {
	Fresh
	ItemPath
}

func (s *Server) followUp(ctx context.Context, in *followUpIn) (*answer[api.FollowUp], error) {
	return read(ctx, s, followups.Name, in.Fresh, true, func(tx *sqldb.Tx) (api.FollowUp, error) {
		item, err := followups.Find(ctx, tx, in.ID, s.Now())
		return api.FollowUpOf(item), err
	})
}

type actIn[B any] struct {
	ItemPath
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"sending the request again with the same key does nothing twice"`
	Body B
}

type recorded struct {
	Status int
	Body   api.Receipts
}

// recordedAs is the answer to a command that recorded one event.
func recordedAs(receipt commands.Receipt, err error) (*recorded, error) {
	if err != nil {
		return nil, err
	}
	return &recorded{
		Status: http.StatusCreated,
		Body:   api.Receipts{Receipts: []api.Receipt{api.ReceiptOf(domain.Envelope{}, commands.Outcome{Receipt: receipt})}},
	}, nil
}

// act registers an act on a follow-up, which is an event like any other.
func act[B any](s *Server, name, summary string, do func(context.Context, commands.FollowUp, B) (commands.Receipt, error)) {
	op := huma.Operation{
		OperationID: name + "-followup", Method: http.MethodPost, Path: "/v1/followups/{id}/" + name, Tags: []string{"Follow-ups"},
		Summary: summary, DefaultStatus: http.StatusCreated, Errors: []int{400, 404, 409, 413, 415, 422, 503},
		BodyReadTimeout: bodyTime,
	}
	handle(s, op, func(ctx context.Context, in *actIn[B]) (*recorded, error) {
		f := commands.FollowUp{Item: in.ID, By: access.From(ctx).Mark()}
		if in.Key != "" {
			f.ID = "request:" + in.Key
		}
		return recordedAs(do(ctx, f, in.Body))
	})
}
