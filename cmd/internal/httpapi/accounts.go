package httpapi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/timeline"
	"github.com/rapport-ledger/rapport/projections/trust"
)

func (s *Server) registerAccounts() {
	handle(s, get("list-accounts", "/v1/accounts", "Accounts", "List accounts",
		"Accounts by id. Those merged into another are not listed."), s.accounts)
	handle(s, get("get-account", "/v1/accounts/{account}", "Accounts", "Get an account", ""), s.account)
	handle(s, get("get-timeline", "/v1/accounts/{account}/timeline", "Accounts", "What happened with an account",
		"Newest first. Corrected and retracted events stay, marked. Pages that follow a cursor show what was recorded up to the first page."), s.timeline)
	handle(s, get("get-trust", "/v1/accounts/{account}/trust", "Accounts", "How far an account can trust us",
		"Score, 90% interval and evidence, overall and by dimension, by the policy in force. Without evidence it is unknown."), s.trust)
}

type accountsIn struct {
	Fresh
	Paging
	Search string `query:"q" maxLength:"200" doc:"part of the id or the name"`
	Tier   string `query:"tier" enum:"A,B,C,D"`
	Kind   string `query:"kind" enum:"customer,internal,investor,public,partner"`
}

func (s *Server) accounts(ctx context.Context, in *accountsIn) (*answer[api.Page[api.Account]], error) {
	return read(ctx, s, timeline.Name, in.Fresh, false, func(tx *sqldb.Tx) (api.Page[api.Account], error) {
		page, err := timeline.Accounts(ctx, tx, timeline.AccountsQuery{
			Search: in.Search, Tier: in.Tier, Kind: in.Kind, Limit: in.Limit, Cursor: in.Cursor,
		})
		return api.AccountsOf(page), err
	})
}

type accountIn struct {
	Fresh
	AccountPath
}

func (s *Server) account(ctx context.Context, in *accountIn) (*answer[api.Account], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return read(ctx, s, timeline.Name, in.Fresh, false, func(tx *sqldb.Tx) (api.Account, error) {
		account, err := timeline.Find(ctx, tx, id)
		return api.AccountOf(account), err
	})
}

type timelineIn struct {
	Fresh
	AccountPath
	Paging
	Clocks
	Type    []string `query:"type" doc:"stored names such as complaint.raised, families such as complaint.*, or CloudEvents types; separated by commas"`
	From    Time     `query:"from" doc:"occurred then or later"`
	To      Time     `query:"to" doc:"occurred before"`
	Contact string   `query:"contact" maxLength:"128" doc:"names this contact, or one merged into it"`
	Order   string   `query:"order" enum:"occurred,recorded" default:"occurred" doc:"the clock it is sorted by"`
}

func (s *Server) timeline(ctx context.Context, in *timelineIn) (*answer[api.Page[api.Entry]], error) {
	id, badAccount := in.id()
	types, badType := typesOf(in.Type)
	if err := refusals(badAccount, badType, span(in.From, in.To)); err != nil {
		return nil, err
	}
	q := timeline.Query{
		Account: id, Types: types, From: in.From.Time, To: in.To.Time, At: in.At.Time, KnownAt: in.KnownAt.Time,
		Contact: domain.ID(in.Contact), Order: timeline.Order(in.Order), Limit: in.Limit, Cursor: in.Cursor,
	}
	return read(ctx, s, timeline.Name, in.Fresh, false, func(tx *sqldb.Tx) (api.Page[api.Entry], error) {
		page, err := timeline.Entries(ctx, tx, q)
		if err != nil {
			return api.Page[api.Entry]{}, err
		}
		entries, err := s.People.Entries(ctx, page.Items)
		return api.Page[api.Entry]{Items: entries, Next: page.Next}, err
	})
}

type trustIn struct {
	Fresh
	AccountPath
	Clocks
	Explain bool `query:"explain" doc:"add what every event contributes"`
	Since   Time `query:"since" doc:"add what moved the score since then"`
}

func (s *Server) trust(ctx context.Context, in *trustIn) (*answer[api.Trust], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	q := trust.Question{Account: id, At: s.orNow(in.At), KnownAt: s.orNow(in.KnownAt), Explain: in.Explain}
	if !in.Since.IsZero() {
		q.Since = &in.Since.Time
	}
	return read(ctx, s, "trust", in.Fresh, !in.fixed(), func(tx *sqldb.Tx) (api.Trust, error) {
		a, err := trust.Ask(ctx, tx, q)
		if err != nil {
			return api.Trust{}, err
		}
		t := api.TrustOf(a)
		t.Since = in.Since.Time
		return t, nil
	})
}

// orNow is the time given, or now.
func (s *Server) orNow(t Time) time.Time {
	if t.IsZero() {
		return s.Now().UTC().Truncate(time.Microsecond)
	}
	return t.Time
}

// typesOf reads a filter of event types: stored names, families, CloudEvents types.
func typesOf(filter []string) ([]domain.Type, error) {
	var types []domain.Type
	var faults []domain.Fault
	for _, name := range filter {
		found := typesNamed(name)
		if found == nil {
			faults = append(faults, domain.Fault{Location: "query.type", Message: "no event type is called " + strconv.Quote(name) + "; /v1/schemas lists them"})
		}
		types = append(types, found...)
	}
	if faults != nil {
		return nil, api.Refused("", faults...)
	}
	return types, nil
}

func typesNamed(name string) []domain.Type {
	if t, _, ok := codec.ResolveType(name); ok {
		return []domain.Type{t}
	}
	family, ok := strings.CutSuffix(name, ".*")
	if !ok {
		return nil
	}
	var types []domain.Type
	for _, e := range domain.Catalogue {
		if e.Type.Family() == family {
			types = append(types, e.Type)
		}
	}
	return types
}
