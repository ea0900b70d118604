package httpapi

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"iter"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/checklist"
	"github.com/rapport-ledger/rapport/projections/closeness"
	"github.com/rapport-ledger/rapport/projections/dossier"
	"github.com/rapport-ledger/rapport/projections/improvement"
	"github.com/rapport-ledger/rapport/projections/performance"
	"github.com/rapport-ledger/rapport/projections/portfolio"
	"github.com/rapport-ledger/rapport/projections/promises"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"github.com/rapport-ledger/rapport/projections/voice"
)

// registerReports adds the projections that are made of dossiers.
func (s *Server) registerReports() {
	report(s, performance.New(), "How well we do what we are paid for",
		"On time and in full by every date there is, quality, cost, and what our failures do to the customer; ours, the customer's and a third party's numbers side by side. What is not known is null.",
		performance.About, performance.Overall)
	report(s, promises.New(), "What we promised, and what became of it",
		"Kept rates against the first and the last date, who asked for later ones, and what is open: what the customer knows to be overdue first.",
		promises.About, promises.Overall)
	report(s, improvement.New(), "What became of what an account told us",
		"Complaints, requests and nonconformities by stage, with clocks in business time; improvements agreed, delivered and told; who helped, who is trained.",
		improvement.About, improvement.Overall)
	report(s, closeness.New(), "How close we are to an account",
		"People, levels and roles, channels and rhythms, silence against what is expected, who gets in touch and why, what is given and taken, time spent.",
		closeness.About, closeness.Overall)
	report(s, portfolio.New(), "How important an account is, who looks after it, what it earns and costs",
		"Tiers now and future, stages, managers and sponsors, margins, renewals and losses, and what we know of the customer.",
		portfolio.About, portfolio.Overall)
	report(s, checklist.New(), "The ten points of interaction",
		"What people say we do with an account, point by point, beside what the events show.",
		checklist.About, checklist.Overall)
	report(s, voice.New(), "What the customer says, and who listens",
		"Scores by named formula, the customer's own words beside what was made of them and who read them, themes, wishes, needs, competitors, and whether those who spoke can speak for it.",
		voice.About, voice.Overall)
}

// report adds a projection's two routes: its report about an account, and all accounts
// together with a row for each. The reports' structs are what is answered.
func report[A, T, R any](s *Server, p *dossier.Projector, summary, description string,
	about func(*dossier.Dossier) A, overall func(iter.Seq2[*dossier.Dossier, error]) (T, []R, error)) {
	handle(s, get("get-account-"+p.Name(), "/v1/accounts/{account}/"+p.Name(), "Accounts", summary, description),
		func(ctx context.Context, in *reportIn) (*answer[A], error) {
			id, err := in.id()
			if err := refusals(err, in.ordered()); err != nil {
				return nil, err
			}
			return read(ctx, s, p.Name(), in.Fresh, !in.fixed(), func(tx *sqldb.Tx) (a A, err error) {
				d, err := p.Read(ctx, tx, id, s.span(in.Period))
				if err != nil {
					return a, err
				}
				a = about(d)
				if quoting, ok := any(&a).(dossier.Quoting); ok {
					err = s.putIn(ctx, quoting.Quotes())
				}
				return a, err
			})
		})
	handle(s, get("get-"+p.Name(), "/v1/"+p.Name(), "All accounts", summary+": all accounts", description+" All accounts together, and a row for each that has any."),
		func(ctx context.Context, in *overviewIn) (*answer[api.Overview[T, R]], error) {
			span, offset, err := s.place(in)
			if err != nil {
				return nil, err
			}
			return read(ctx, s, p.Name(), in.Fresh, in.Cursor == "" && !in.fixed(), func(tx *sqldb.Tx) (o api.Overview[T, R], err error) {
				total, rows, err := overall(p.All(ctx, tx, span))
				if err != nil {
					return o, err
				}
				return overview(span, total, rows, offset, in.Limit), nil
			})
		})
}

// overview is the page of the rows that begins at the offset.
func overview[T, R any](span dossier.Span, total T, rows []R, offset, limit int) api.Overview[T, R] {
	o := api.Overview[T, R]{From: span.From, At: span.At, KnownAt: span.KnownAt, Total: total, Items: []R{}}
	if offset < len(rows) {
		o.Items = rows[offset:min(len(rows), offset+limit)]
	}
	if next := offset + len(o.Items); next < len(rows) {
		o.Next = placeCursor(span, next)
	}
	return o
}

// Period is what reports take: the two clocks, and the beginning of what figures are about.
type Period struct {
	Clocks
	From Time `query:"from" doc:"figures count what occurred from then on; all of it if absent"`
}

func (p Period) ordered() error {
	if !p.At.IsZero() && p.At.Before(p.From.Time) {
		return api.Refused("", domain.Fault{Location: "query.at", Message: "is before from"})
	}
	return nil
}

type reportIn struct {
	Fresh
	AccountPath
	Period
}

type overviewIn struct {
	Fresh
	Paging
	Period
}

func (s *Server) span(p Period) dossier.Span {
	return dossier.Span{From: p.From.Time, At: s.orNow(p.At), KnownAt: s.orNow(p.KnownAt)}
}

// place is what a page is about and the rows before it. A cursor has both, so that all pages
// are of one state.
func (s *Server) place(in *overviewIn) (dossier.Span, int, error) {
	if in.Cursor == "" {
		return s.span(in.Period), 0, in.ordered()
	}
	given, offset, ok := parsePlace(in.Cursor)
	same := func(t Time, of time.Time) bool { return t.IsZero() || t.Equal(of) }
	if !ok || !same(in.From, given.From) || !same(in.At, given.At) || !same(in.KnownAt, given.KnownAt) {
		return dossier.Span{}, 0, api.Refused("", domain.Fault{Location: "query.cursor", Message: "is not one that a page of this query gave"})
	}
	return given, offset, nil
}

// A cursor is base64url of, 8 bytes big endian each: the beginning, the two clocks, and the number
// of rows before it.
func placeCursor(s dossier.Span, offset int) string {
	b := make([]byte, 0, 4*8)
	for _, n := range []int64{s.From.UnixMicro(), s.At.UnixMicro(), s.KnownAt.UnixMicro(), int64(offset)} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parsePlace(cursor string) (s dossier.Span, offset int, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) != 4*8 {
		return s, 0, false
	}
	n := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[8*i:])) }
	at := func(i int) time.Time { return time.UnixMicro(n(i)).UTC() }
	s = dossier.Span{At: at(1), KnownAt: at(2)}
	if from := at(0); !from.Equal((time.Time{})) {
		s.From = from
	}
	return s, int(n(3)), n(3) > 0 && n(3) < 1<<31
}
