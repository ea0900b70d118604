package projections

import (
	"context"
	"errors"
	"fmt"
	"sync"

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
