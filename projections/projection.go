package projections

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"go.uber.org/zap"
)

// projection is one projector with its read models. One goroutine follows the ledger into
// the model that answers, another at most builds the model to replace it.
type projection struct {
	projector Projector
	config    Config
	files     files
	log       *zap.Logger
	observe   func([]codec.Record)

	// commit is held while events go into the model that answers, and by a rebuild
	// while it takes that model's place. It comes before mu.
	commit sync.Mutex

	mu sync.Mutex // guards what follows; not held over I/O
	// model answers; nil if there is none that can.
	model *model
	// generation is the current one of the files, whether it answers or not.
	generation int
	// position is the last event in the model; 0 if there is none.
	position domain.Position
	caughtUp bool
	// failure is why it has stopped, trouble what it tries again, rebuildErr how the last
	// rebuild failed; nil if all is well.
	failure    *FailedError
	trouble    error
	rebuildErr error
	building   bool
	built      domain.Position
	rate       meter
	digest     Digest
	closed     bool
	// changed is closed, and made anew, whenever one of the above has changed.
	changed chan struct{}
}

// model is a read model that answers.
type model struct {
	db *sqldb.DB
	// follows says that this version of the projector has made it, and goes on to fold.
	// Otherwise it answers as it is until its replacement is built.
	follows bool
	stop    context.CancelFunc // ends the following
	users   sync.WaitGroup     // views under way
}

// errReplaced ends the following of a model that no longer answers.
var errReplaced = errors.New("the read model was replaced")

func newProjection(config Config, p Projector, observe func([]codec.Record)) *projection {
	return &projection{
		projector: p,
		config:    config,
		files:     files{dir: config.Dir, name: p.Name()},
		log:       config.Logger.With(zap.String("projection", p.Name()), zap.Int("version", p.Version())),
		observe:   observe,
		changed:   make(chan struct{}),
	}
}

// open finds the read model the directory holds, or creates one. A damaged one is no error
// but a failure of the projection, which a rebuild mends.
func (p *projection) open(ctx context.Context) error {
	generation, err := p.files.current()
	if err != nil {
		return err
	}
	if err := p.files.clean(generation); err != nil {
		return err
	}
	if generation == 0 {
		return p.create(ctx)
	}
	p.generation = generation
	db, err := sqldb.Open(p.files.path(generation))
	if err == nil {
		s := &store{db: db, projector: p.projector}
		if err = s.reload(ctx); err == nil {
			p.adopt(db, s.at)
			return nil
		}
		err = errors.Join(err, db.Close())
	}
	if sqldb.Unavailable(err) {
		return err
	}
	p.fail(nil, err)
	return nil
}

func (p *projection) create(ctx context.Context) error {
	generation, err := p.files.next()
	if err != nil {
		return err
	}
	db, err := sqldb.Open(p.files.path(generation))
	if err != nil {
		return err
	}
	s, err := createStore(ctx, db, p.projector)
	if err == nil {
		err = s.index(ctx)
	}
	if err == nil {
		err = p.files.publish(generation)
	}
	if err != nil {
		return errors.Join(err, db.Close(), p.files.remove(generation))
	}
	p.generation = generation
	p.adopt(db, s.at)
	return nil
}

// adopt has the read model answer, unless its tables are not those the queries expect.
func (p *projection) adopt(db *sqldb.DB, at checkpoint) {
	now := madeBy(p.projector)
	if at.schema != now.schema {
		_ = db.Close() // nothing was written
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.model = &model{db: db, follows: at.made == now}
	p.position = at.position
}

// outdated reports whether a new read model has to be built before this version of the
// projector can go on.
func (p *projection) outdated() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failure == nil && (p.model == nil || !p.model.follows)
}

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

// follow folds what comes into the model. It returns only with an error.
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
	if err := p.arrived(m, s.at.position, head, nil); err != nil {
		return err
	}
	b := follow(ctx, p.config.Source, s.at, p.config.BatchMax, p.config.BatchWait)
	defer b.stop()
	for {
		batch, err := b.next(ctx)
		if err != nil {
			return err
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
		err = errors.Join(err, p.arrived(m, s.at.position, head, batch[:n]))
	}
	return err
}

// arrived notes how far the model has come, and tells the observers: of the batch while
// live, of everything at the moment it becomes so.
func (p *projection) arrived(m *model, at, head domain.Position, batch []codec.Record) error {
	var live, tell, recovered bool
	ok := p.change(func() {
		live = p.caughtUp
		p.position = at
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
	if !tell {
		return nil
	}
	if !live {
		batch = nil
	}
	p.observe(batch)
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

// change runs f under the lock and wakes those who wait for a change, unless the model
// is no longer the one that answers.
func (p *projection) change(f func(), m *model) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.model != m {
		return false
	}
	f()
	p.wake()
	return true
}

// wake is called with mu held.
func (p *projection) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *projection) positionNow() domain.Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.position
}

// view runs f on the model that answers.
func (p *projection) view(ctx context.Context, f func(*sqldb.Tx) error) error {
	p.mu.Lock()
	m, err := p.model, p.unable()
	if err == nil {
		m.users.Add(1)
	}
	p.mu.Unlock()
	if err != nil {
		return err
	}
	defer m.users.Done()
	if err = m.db.View(ctx, f); sqldb.Corrupt(err) {
		p.fail(m, err)
	}
	return err
}

// unable says why nothing can be read; nil if it can. Called with mu held.
func (p *projection) unable() error {
	switch {
	case p.closed:
		return ErrClosed
	case p.model != nil:
		return nil
	case p.failure != nil && !p.building:
		return p.failure
	}
	return fmt.Errorf("projection %s: %w", p.projector.Name(), ErrBuilding)
}

func (p *projection) waitFor(ctx context.Context, position domain.Position) error {
	for {
		p.mu.Lock()
		changed := p.changed
		var err error
		arrived := p.position >= position
		switch {
		case p.closed:
			err = ErrClosed
		case !arrived && p.failure != nil && !p.building:
			err = p.failure
		}
		p.mu.Unlock()
		if err != nil || arrived {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// close waits for the views under way and closes the model.
func (p *projection) close() error {
	p.mu.Lock()
	m := p.model
	p.closed = true
	p.wake()
	p.mu.Unlock()
	if m == nil {
		return nil
	}
	m.users.Wait()
	return m.db.Close()
}
