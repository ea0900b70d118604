package projectiontest

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections"
)

// Source is a ledger in memory to follow.
type Source struct {
	mu      sync.Mutex
	records []codec.Record
	err     error
	changed chan struct{} // closed and made anew with every change
}

var _ projections.Source = (*Source)(nil)

// NewSource makes a source of the records, in the order given.
func NewSource(records ...codec.Record) *Source {
	return &Source{records: records, changed: make(chan struct{})}
}

// Add appends records as they are: their positions are the caller's affair.
func (s *Source) Add(records ...codec.Record) {
	s.change(func() { s.records = append(s.records, records...) })
}

// Break has the source give the error until it is called with nil.
func (s *Source) Break(err error) { s.change(func() { s.err = err }) }

func (s *Source) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Follow implements projections.Source: it yields from the record after as many as the
// position counts.
func (s *Source) Follow(ctx context.Context, after domain.Position) iter.Seq2[codec.Record, error] {
	return func(yield func(codec.Record, error) bool) {
		for next := int(after); ; {
			s.mu.Lock()
			all, err, changed := s.records, s.err, s.changed
			s.mu.Unlock()
			if err != nil {
				yield(codec.Record{}, err)
				return
			}
			for ; next < len(all); next++ {
				if ctx.Err() != nil || !yield(all[next], nil) {
					return
				}
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}
}

// Head implements projections.Source.
func (s *Source) Head(context.Context) (domain.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return domain.Position(len(s.records)), s.err
}

// Near is the source as one in the same process: see projections.Near.
func (s *Source) Near() *NearSource { return &NearSource{s} }

// NearSource is a Source from which events are taken.
type NearSource struct{ *Source }

var _ projections.Near = (*NearSource)(nil)

// Next implements projections.Near.
func (s *NearSource) Next(ctx context.Context, after domain.Position, most int) ([]codec.Record, error) {
	for {
		s.mu.Lock()
		all, err, changed := s.records, s.err, s.changed
		s.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if next := int(after); next < len(all) {
			return slices.Clone(all[next:min(next+most, len(all))]), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
