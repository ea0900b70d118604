package projections

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

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

	waiting atomic.Int32  // callers of waitFor
	hurry   chan struct{} // gets a token when there is one more

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
		hurry:     make(chan struct{}, 1),
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
	path := p.files.path(generation)
	if err = createEmpty(ctx, path, p.projector); err == nil {
		err = p.files.publish(generation)
	}
	if err != nil {
		return errors.Join(err, p.files.remove(generation))
	}
	db, err := sqldb.Open(path)
	if err != nil {
		return err
	}
	p.generation = generation
	p.adopt(db, checkpoint{made: madeBy(p.projector)})
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
	arrived, changed, err := p.arrivedAt(position)
	if arrived || err != nil {
		return err
	}
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	select {
	case p.hurry <- struct{}{}:
	default:
	}
	for !arrived && err == nil {
		select {
		case <-changed:
			arrived, changed, err = p.arrivedAt(position)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// arrivedAt reports whether the model has folded the event at the position, and why it never
// will. If neither, changed is closed when it is worth asking again.
func (p *projection) arrivedAt(position domain.Position) (arrived bool, changed <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return false, nil, ErrClosed
	case p.position >= position:
		return true, nil, nil
	case p.failure != nil && !p.building:
		return false, nil, p.failure
	}
	return false, p.changed, nil
}

// hurried reports whether somebody waits for what comes.
func (p *projection) hurried() bool { return p.waiting.Load() > 0 }

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
