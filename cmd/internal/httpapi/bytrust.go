package httpapi

import (
	"context"
	"slices"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/portfolio"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/trust"
)

// registerByTrust adds what is answered from the portfolio and from trust: neither reads the other.
func (s *Server) registerByTrust() {
	handle(s, get("get-trust-beginning", "/v1/accounts/{account}/trust/beginning", "Accounts", "Trust in the first 90 days, beside others of the same age",
		"The overall score every 15 days from the beginning of the relationship, beside the quartiles of the other accounts that had reached that age."), s.trustBeginning)
	const about = "How far an account trusted us when a half year began, and what followed in it: orders, referrals, losses, cost to serve. What goes together need not be cause and effect."
	handle(s, get("get-account-portfolio-by-trust", "/v1/accounts/{account}/portfolio/by-trust", "Accounts", "What followed on trust", about), s.accountByTrust)
	handle(s, get("get-portfolio-by-trust", "/v1/portfolio/by-trust", "All accounts", "What followed on trust: all accounts",
		about+" All accounts together by the score at the beginning, and a row for each half year of each account, the last first, in each those who trusted least first."), s.byTrust)
}

// withTrust answers from the portfolio, and from trust when it has seen as much.
func withTrust[T any](ctx context.Context, s *Server, in Fresh, timed bool, f func(portfolio, trust *sqldb.Tx) (T, error)) (*answer[T], error) {
	return read(ctx, s, portfolio.Name, in, timed, func(tx *sqldb.Tx) (t T, err error) {
		position, err := projections.Position(ctx, tx)
		if err != nil {
			return t, err
		}
		if err := s.waitFor(ctx, trust.Name, position); err != nil {
			return t, err
		}
		err = s.Projections.View(ctx, trust.Name, func(trusted *sqldb.Tx) (err error) {
			t, err = f(tx, trusted)
			return err
		})
		return t, err
	})
}

type beginningIn struct {
	Fresh
	AccountPath
	Clocks
}

func (s *Server) trustBeginning(ctx context.Context, in *beginningIn) (*answer[api.Beginning], error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	span := dossier.Span{At: s.orNow(in.At), KnownAt: s.orNow(in.KnownAt)}
	return withTrust(ctx, s, in.Fresh, !in.fixed(), func(tx, trusted *sqldb.Tx) (b api.Beginning, err error) {
		p := portfolio.New()
		own, err := p.Read(ctx, tx, id, span)
		if err != nil {
			return b, err
		}
		since := portfolio.Since(own)
		ages := map[domain.AccountID][]time.Time{id: api.Ages(since, span.At)}
		for d, err := range p.All(ctx, tx, span) {
			if err != nil {
				return b, err
			}
			if !slices.Contains(d.Merged, id) { // what it is a part of is no other account; its own comes again, the same
				ages[d.Account] = api.Ages(portfolio.Since(d), span.At)
			}
		}
		scores, err := trust.Scores(ctx, trusted, ages, span.KnownAt)
		if err != nil {
			return b, err
		}
		mine := scores[id]
		delete(scores, id)
		peers := make([][]*float64, 0, len(scores))
		for _, peer := range scores {
			peers = append(peers, peer)
		}
		return api.Beginning{
			Account: id, Merged: own.Merged, At: span.At, KnownAt: span.KnownAt, Since: since, Curve: api.CurveOf(ages[id], mine, peers),
		}, nil
	})
}

func (s *Server) accountByTrust(ctx context.Context, in *reportIn) (*answer[api.AccountByTrust], error) {
	id, err := in.id()
	if err := refusals(err, in.ordered()); err != nil {
		return nil, err
	}
	return withTrust(ctx, s, in.Fresh, !in.fixed(), func(tx, trusted *sqldb.Tx) (a api.AccountByTrust, err error) {
		d, err := portfolio.New().Read(ctx, tx, id, s.span(in.Period))
		if err != nil {
			return a, err
		}
		halfYears := portfolio.HalfYears(d)
		scores, err := trust.Scores(ctx, trusted, map[domain.AccountID][]time.Time{id: beginnings(halfYears)}, d.KnownAt)
		return api.AccountByTrust{Heading: d.Heading(), HalfYears: api.TrustedOf(id, halfYears, scores[id])}, err
	})
}

func (s *Server) byTrust(ctx context.Context, in *overviewIn) (*answer[api.Overview[api.ByTrust, api.Trusted]], error) {
	span, offset, err := s.place(in)
	if err != nil {
		return nil, err
	}
	return withTrust(ctx, s, in.Fresh, in.Cursor == "" && !in.fixed(), func(tx, trusted *sqldb.Tx) (o api.Overview[api.ByTrust, api.Trusted], err error) {
		var accounts []domain.AccountID
		halfYears, at := map[domain.AccountID][]portfolio.HalfYear{}, map[domain.AccountID][]time.Time{}
		for d, err := range portfolio.New().All(ctx, tx, span) {
			if err != nil {
				return o, err
			}
			accounts = append(accounts, d.Account)
			halfYears[d.Account] = portfolio.HalfYears(d)
			at[d.Account] = beginnings(halfYears[d.Account])
		}
		scores, err := trust.Scores(ctx, trusted, at, span.KnownAt)
		if err != nil {
			return o, err
		}
		var rows []api.Trusted
		for _, account := range accounts {
			rows = append(rows, api.TrustedOf(account, halfYears[account], scores[account])...)
		}
		return overview(span, api.ByTrustOf(rows), rows, offset, in.Limit), nil
	})
}

func beginnings(halfYears []portfolio.HalfYear) []time.Time {
	all := make([]time.Time, len(halfYears))
	for i, h := range halfYears {
		all[i] = h.From
	}
	return all
}
