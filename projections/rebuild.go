package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"go.uber.org/zap"
)

const (
	// bulkBatch is the events in a transaction of a rebuild: many, so that what a projector
	// keeps per account is written less often. As many again are read ahead.
	bulkBatch = 5_000
	// bulkWait is how long such a batch may take to fill.
	bulkWait = 100 * time.Millisecond
	// near is how close to the ledger's head a rebuild goes over from filling a file fast
	// to following like the present model.
	near = 1000
	// buildFrom is the size of a ledger from which an empty read model is built like a
	// rebuild, which is faster, instead of following along.
	buildFrom = 10_000
)

// begin notes that a rebuild is under way; false if one is already.
func (p *projection) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.building {
		return false
	}
	p.building, p.built, p.rebuildErr = true, 0, nil
	p.wake()
	return true
}

// empty reports whether nothing was folded yet.
func (p *projection) empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.model != nil && p.model.follows && p.position == 0
}

// setAside has an empty model no longer answer, as long as the ledger is not empty at all.
// Its file stays the current one until there is another.
func (p *projection) setAside() {
	p.mu.Lock()
	m := p.model
	p.model = nil
	p.wake()
	p.mu.Unlock()
	m.users.Wait()
	if err := m.db.Close(); err != nil {
		p.log.Warn("the empty read model was not closed", zap.Error(err))
	}
}

// rebuild builds a new read model beside the present one and has it take over.
func (p *projection) rebuild(ctx context.Context) {
	start := time.Now()
	p.log.Info("rebuild begins")
	if err := p.build(ctx); err == nil {
		p.log.Info("rebuild has taken over", zap.Duration("took", time.Since(start)))
	} else {
		p.stopped(ctx, err)
	}
}

// stopped notes that the rebuild did not come to its end. Without a model that follows, the
// projection has failed.
func (p *projection) stopped(ctx context.Context, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.building = false
	p.wake()
	if ctx.Err() != nil {
		return
	}
	p.rebuildErr = err
	if p.failure == nil && (p.model == nil || !p.model.follows) {
		p.failure = &FailedError{Name: p.projector.Name(), Position: p.built, Err: err}
	}
	p.log.Error("rebuild has stopped", zap.Uint64("position", uint64(p.built)), zap.Error(err))
}

func (p *projection) build(ctx context.Context) error {
	generation, err := p.files.next()
	if err != nil {
		return err
	}
	// Whatever happens to it on the way, a file that did not take over is of no use.
	discard := func(err error) error { return errors.Join(err, p.files.remove(generation)) }
	path := p.files.path(generation)
	if err := p.fill(ctx, generation); err != nil {
		return err
	}
	// Now, while nobody waits for it; there is little left to sync when it takes over.
	if err := syncFile(path); err != nil {
		return discard(err)
	}
	db, err := sqldb.Open(path)
	if err != nil {
		return discard(err)
	}
	s := &store{db: db, projector: p.projector}
	replaced, old, err := p.takeOver(ctx, s, generation)
	if err != nil {
		return discard(errors.Join(err, db.Close()))
	}
	if replaced != nil {
		replaced.users.Wait()
		err = replaced.db.Close()
	}
	if err := errors.Join(err, p.files.remove(old)); err != nil {
		p.log.Warn("the replaced read model could not be removed", zap.Error(err))
	}
	return nil
}

// fill folds the ledger into a new file, as fast as can be. What fails there is not undone,
// so it begins again with another.
func (p *projection) fill(ctx context.Context, generation int) error {
	fill := func(open func(string) (*sqldb.DB, error)) error {
		err := p.fillWith(ctx, p.files.path(generation), open)
		if err != nil {
			err = errors.Join(err, p.files.remove(generation))
		}
		return err
	}
	return p.persist(ctx, func() error {
		err := fill(sqldb.OpenBulk)
		if err == nil || worthTrying(err) || ctx.Err() != nil {
			return err
		}
		// Slowly, to see which event it is.
		return fill(sqldb.Open)
	})
}

func (p *projection) fillWith(ctx context.Context, path string, open func(string) (*sqldb.DB, error)) (err error) {
	db, err := open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s, err := createStore(ctx, db, p.projector)
	if err != nil {
		return err
	}
	b := readAhead(ctx, p.config.Source, s.at, bulkBatch, pace{})
	b.fill = bulkWait
	err = p.pump(ctx, s, b, func() (bool, error) {
		head, err := p.config.Source.Head(ctx)
		if err != nil {
			return false, &sourceError{err}
		}
		return s.at.position+near >= head, nil
	})
	if err != nil {
		return err
	}
	if err := s.save(ctx); err != nil {
		return err
	}
	return s.index(ctx)
}

// takeOver lets the new model catch up with the one that answers, and replaces it.
func (p *projection) takeOver(ctx context.Context, s *store, generation int) (replaced *model, old int, err error) {
	err = p.persist(ctx, func() error {
		waits := false // the present model, for us
		defer func() {
			if waits {
				p.commit.Unlock()
			}
		}()
		head, err := p.config.Source.Head(ctx)
		if err != nil {
			return &sourceError{err}
		}
		if err := s.reload(ctx); err != nil {
			return err
		}
		b := follow(ctx, p.config.Source, s.at, bulkBatch, pace{wait: hurriedWait})
		err = p.pump(ctx, s, b, func() (bool, error) {
			if s.at.position < head {
				return false, nil
			}
			if !waits {
				p.commit.Lock()
				waits = true
			}
			// Nobody who has seen an event shall find it gone.
			return s.at.position >= p.positionNow(), nil
		})
		if err != nil {
			return err
		}
		if err := s.save(ctx); err != nil {
			return err
		}
		if err := p.files.publish(generation); err != nil {
			return err
		}
		replaced, old = p.replace(&model{db: s.db, follows: true}, generation, s.at.position)
		return nil
	})
	return replaced, old, err
}

// replace has the model answer from now on, which ends the rebuild. It gives the model
// that answered, if one did, and the generation that was the current one.
func (p *projection) replace(m *model, generation int, position domain.Position) (replaced *model, old int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	replaced, old = p.model, p.generation
	if replaced != nil && replaced.stop != nil {
		replaced.stop()
	}
	p.model, p.generation, p.position, p.caughtUp = m, generation, position, false
	p.failure, p.trouble, p.digest, p.building = nil, nil, Digest{}, false
	p.wake()
	return replaced, old
}

// pump folds the batches into the store until it is done, which is asked before each.
func (p *projection) pump(ctx context.Context, s *store, b *batches, done func() (bool, error)) error {
	defer b.stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		batch, err := b.next(ctx)
		if err != nil {
			return err
		}
		if err := s.fold(ctx, batch); err != nil {
			return err
		}
		p.mu.Lock()
		p.built = s.at.position
		p.rate.add(time.Now(), len(batch))
		p.rebuildErr = nil
		p.mu.Unlock()
	}
}

// persist tries f again while the disk or the source fails.
func (p *projection) persist(ctx context.Context, f func() error) error {
	var backoff backoff
	for {
		before := p.builtNow()
		err := f()
		if err == nil || ctx.Err() != nil || !worthTrying(err) {
			return err
		}
		if p.builtNow() > before {
			backoff.reset()
		}
		p.mu.Lock()
		first := p.rebuildErr == nil
		p.rebuildErr = fmt.Errorf("rebuild: %w", err)
		p.mu.Unlock()
		if first {
			p.log.Warn("rebuild cannot go on and keeps trying", zap.Error(err))
		}
		if err := backoff.wait(ctx); err != nil {
			return err
		}
	}
}

func (p *projection) builtNow() domain.Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.built
}
