package httpapi

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/followups"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// pastFollowUps answers with the queue of an account as it was at q.KnownAt; for one who asks
// at a time, because the account's events are folded again for it.
func (s *Server) pastFollowUps(ctx context.Context, in Fresh, q followups.Query) (*answer[api.Page[api.FollowUp]], error) {
	if q.Account == "" {
		return nil, api.Refused("", domain.Fault{Location: "query.known_at", Message: "is for the queue of one account; give account too"})
	}
	if err := s.waitFor(ctx, followups.Name, domain.Position(in.WaitFor)); err != nil {
		return nil, err
	}
	select {
	case s.remembering <- struct{}{}:
		defer func() { <-s.remembering }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var kin []domain.AccountID
	err := s.Projections.View(ctx, followups.Name, func(tx *sqldb.Tx) (err error) {
		kin, err = followups.Kin(ctx, tx, q.Account)
		return err
	})
	if err != nil {
		return nil, err
	}
	var streams []iter.Seq2[codec.Record, error]
	for _, id := range kin {
		if id != domain.Ledger {
			streams = append(streams, s.streamUntil(ctx, id, q.KnownAt))
		}
	}
	streams = append(streams, s.streamUntil(ctx, domain.Ledger, q.KnownAt))
	page, err := followups.Past(ctx, merged(streams), q)
	if err != nil {
		return nil, err
	}
	out := &answer[api.Page[api.FollowUp]]{Status: http.StatusOK, CacheControl: "no-cache", Body: api.FollowUpsOf(page)}
	showed(ctx, itemsIn(out.Body))
	return out, nil
}

// streamUntil is what was recorded of an account by then, as projections get it: without
// personal data.
func (s *Server) streamUntil(ctx context.Context, id eventstore.StreamID, until time.Time) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		for e, err := range s.Log.ReadStream(ctx, id, 1) {
			if err == nil && e.RecordedAt.After(until) {
				return
			}
			var r codec.Record
			if err == nil {
				r, err = codec.Decode(e)
			}
			if !yield(r.Closed(), err) || err != nil {
				return
			}
		}
	}
}

// merged puts streams into the order of the log.
func merged(streams []iter.Seq2[codec.Record, error]) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		type head struct {
			record codec.Record
			err    error
			there  bool
			next   func() (codec.Record, error, bool)
		}
		heads := make([]head, len(streams))
		for i, stream := range streams {
			next, stop := iter.Pull2(stream)
			defer stop()
			heads[i].next = next
			heads[i].record, heads[i].err, heads[i].there = next()
		}
		for {
			var first *head
			for i := range heads {
				if h := &heads[i]; h.there && (first == nil || h.err != nil || first.err == nil && h.record.Position < first.record.Position) {
					first = h
				}
			}
			if first == nil || !yield(first.record, first.err) || first.err != nil {
				return
			}
			first.record, first.err, first.there = first.next()
		}
	}
}
