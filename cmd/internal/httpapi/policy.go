package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rapport-ledger/rapport/cmd/internal/access"
	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/commands"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/trust"
)

// Policies changes the rules.
type Policies interface {
	ChangePolicy(ctx context.Context, c commands.PolicyChange) (commands.Receipt, error)
}

func (s *Server) registerPolicy() {
	handle(s, get("get-policy", "/v1/policy", "Policy", "The rules in force",
		"Of trust, of follow-ups, of the calendar, and what measures mean. With a name: that policy as it was put in force."), s.policy)
	handle(s, get("list-policy-changes", "/v1/policy/history", "Policy", "How the rules changed",
		"In the order in which changes took effect, with what each made different. What was retracted is left out."), s.policyHistory)
	handle(s, huma.Operation{
		OperationID: "change-policy", Method: http.MethodPost, Path: "/v1/policy", Tags: []string{"Policy"}, Summary: "Change the rules",
		Description:   "Records a `policy.changed`. History keeps which rules held when; what was answered before can be asked for again.",
		DefaultStatus: http.StatusCreated, Errors: []int{400, 409, 413, 415, 422, 503}, BodyReadTimeout: bodyTime,
	}, s.changePolicy)
}

type policyIn struct {
	Fresh
	Clocks
	Name string `query:"name" maxLength:"64" doc:"that policy, whenever it was in force"`
}

func (s *Server) policy(ctx context.Context, in *policyIn) (*answer[api.Policy], error) {
	return read(ctx, s, trust.Name, in.Fresh, !in.fixed(), func(tx *sqldb.Tx) (api.Policy, error) {
		if in.Name != "" {
			step, err := trust.PolicyNamed(ctx, tx, in.Name, s.orNow(in.KnownAt))
			return api.PolicyOf(step), err
		}
		step, err := trust.PolicyAt(ctx, tx, s.orNow(in.At), s.orNow(in.KnownAt))
		return api.PolicyOf(step), err
	})
}

type policyHistoryIn struct {
	Fresh
	KnownAt Time `query:"known_at" doc:"what was recorded after it does not count; now if absent"`
}

func (s *Server) policyHistory(ctx context.Context, in *policyHistoryIn) (*answer[api.Page[api.PolicyStep]], error) {
	return read(ctx, s, trust.Name, in.Fresh, in.KnownAt.IsZero(), func(tx *sqldb.Tx) (api.Page[api.PolicyStep], error) {
		steps, err := trust.PolicySteps(ctx, tx, s.orNow(in.KnownAt))
		return api.PolicyStepsOf(steps), err
	})
}

type changePolicyIn struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"sending the request again with the same key does nothing twice"`
	Body api.ChangePolicy
}

func (s *Server) changePolicy(ctx context.Context, in *changePolicyIn) (*recorded, error) {
	b := in.Body
	change, err := parsePolicy(b)
	if err != nil {
		return nil, err
	}
	c := commands.PolicyChange{
		PolicyChanged: change, From: b.From.UTC().Truncate(time.Microsecond), Actor: b.Actor, By: access.From(ctx).Mark(),
	}
	if in.Key != "" {
		c.ID = "request:" + in.Key
	}
	return recordedAs(s.Policies.ChangePolicy(ctx, c))
}

// parsePolicy reads the rules as strictly as if they had come as an event.
func parsePolicy(b api.ChangePolicy) (domain.PolicyChanged, error) {
	event, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": "-", "source": "-", "type": domain.Prefix + "policy.changed.v1", "subject": domain.Ledger,
		"data": struct {
			Name   string `json:"name"`
			Reason string `json:"reason"`
			api.Rules
		}{b.Name, b.Reason, b.Rules},
	})
	if err != nil {
		return domain.PolicyChanged{}, err
	}
	e, err := codec.ParseStructured(event)
	if err != nil {
		return domain.PolicyChanged{}, err
	}
	return e.Data.(domain.PolicyChanged), nil
}
