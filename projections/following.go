package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"go.uber.org/zap"
)

// run follows the ledger until ctx ends.
func (p *projection) run(ctx context.Context) {
	var backoff backoff
	for {
		m := p.following(ctx)
		if m == nil {
			return
		}
		before := p.positionNow()
		err := p.follow(ctx, m)
		if p.positionNow() > before {
			backoff.reset()
		}
		if !p.judge(ctx, m, err) {
			continue
		}
		if backoff.wait(ctx) != nil {
			return
		}
	}
}

// following waits for a model to follow into; nil when ctx ends.
func (p *projection) following(ctx context.Context) *model {
	for {
		p.mu.Lock()
		m, failed, changed := p.model, p.failure != nil, p.changed
		p.mu.Unlock()
		if m != nil && m.follows && !failed && ctx.Err() == nil {
			return m
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// follow folds what comes into the model. It returns only with an error, having saved how
// far it has come if it can.
func (p *projection) follow(ctx context.Context, m *model) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !p.change(func() { m.stop = cancel }, m) {
		return errReplaced
	}
	s := &store{db: m.db, projector: p.projector}
	if err := s.reload(ctx); err != nil {
		return err
	}
	head, err := p.config.Source.Head(ctx)
	if err != nil {
		return &sourceError{err}
	}
	if err := p.arrived(m, s, head, nil); err != nil {
		return err
	}
	b := follow(ctx, p.config.Source, s.at, p.config.BatchMax, pace{p.config.BatchWait, p.hurried, p.hurry})
	defer b.stop()
	for {
		batch, err := b.next(ctx)
		if err != nil {
			return errors.Join(err, p.save(ctx, m, s))
		}
		if err := p.take(ctx, m, s, batch, head); err != nil {
			return err
		}
	}
}

// take folds a batch into the model that answers.
func (p *projection) take(ctx context.Context, m *model, s *store, batch []codec.Record, head domain.Position) error {
	p.commit.Lock()
	defer p.commit.Unlock()
	if !p.change(func() {}, m) {
		return errReplaced
	}
	err := s.fold(ctx, batch)
	n := 0
	for n < len(batch) && batch[n].Position <= s.at.position {
		n++
	}
	if n > 0 {
		err = errors.Join(err, p.arrived(m, s, head, batch[:n]))
	}
	return err
}

// save commits how far the model that answers has come, which may have been put off.
func (p *projection) save(ctx context.Context, m *model, s *store) error {
	p.commit.Lock()
	defer p.commit.Unlock()
	if !p.change(func() {}, m) {
		return nil
	}
	return s.save(context.WithoutCancel(ctx))
}

// arrived notes how far the model has come, and tells the observers: of the batch while
// live, of everything at the moment it becomes so.
func (p *projection) arrived(m *model, s *store, head domain.Position, batch []codec.Record) error {
	at := s.at.position
	var live, tell, recovered bool
	ok := p.change(func() {
		live = p.caughtUp
		// What was passed over and not saved is passed over again.
		p.position = max(p.position, at)
		p.caughtUp = live || at >= head
		tell = p.caughtUp && (!live || len(batch) > 0)
		if len(batch) > 0 || p.caughtUp && at >= head {
			recovered = p.trouble != nil
			p.trouble = nil
		}
		p.rate.add(time.Now(), len(batch))
	}, m)
	if !ok {
		return errReplaced
	}
	if recovered {
		p.log.Info("projection goes on", zap.Uint64("position", uint64(at)))
	}
	if tell && !live {
		p.observe(nil)
	} else if tell {
		// Apply has seen them all: there is no error.
		if batch, _ = s.wanted(batch); len(batch) > 0 {
			p.observe(batch)
		}
	}
	return nil
}

// judge says what an error means, and whether to wait before trying again.
func (p *projection) judge(ctx context.Context, m *model, err error) (wait bool) {
	if ctx.Err() != nil || !p.change(func() {}, m) {
		return false
	}
	if !worthTrying(err) {
		p.fail(m, err)
		return false
	}
	first := false
	p.change(func() {
		first = p.trouble == nil
		p.trouble = err
	}, m)
	if first {
		p.log.Warn("projection cannot go on and keeps trying", zap.Error(err))
	}
	return true
}

// worthTrying reports whether what failed is the disk or the source.
func worthTrying(err error) bool {
	_, source := errors.AsType[*sourceError](err)
	return source || sqldb.Unavailable(err)
}

// fail stops the projection; nil is a model that could not be opened.
func (p *projection) fail(m *model, err error) {
	if sqldb.Corrupt(err) {
		err = fmt.Errorf("the read model is damaged and has to be rebuilt (rapport projections rebuild %s): %w",
			p.projector.Name(), err)
	}
	failed := false
	p.change(func() {
		if p.failure != nil {
			return
		}
		failed = true
		p.failure = &FailedError{Name: p.projector.Name(), Position: p.position, Err: err}
		if m != nil && m.stop != nil {
			m.stop()
		}
	}, m)
	if failed {
		p.log.Error("projection has stopped", zap.Uint64("position", uint64(p.positionNow())), zap.Error(err))
	}
}
