package projections

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"sync"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/projections/sqldb"
	"go.uber.org/zap"
)

// Config is what a runtime needs.
type Config struct {
	// Dir is where the read models are kept, a file for each.
	Dir    string
	Source Source
	Logger *zap.Logger // nil logs nothing
	// BatchMax is the most events in a transaction; 1,000 if 0.
	BatchMax int
	// BatchWait is the least time between two commits while events keep coming; 50 ms
	// if 0. A commit costs about as much as folding twenty events. An event that comes
	// alone is committed at once, and while somebody waits for one there may be
	// commits every 2 ms.
	BatchWait time.Duration
}

// Runtime runs projectors, each on its own: one that stops holds no other back.
type Runtime struct {
	config      Config
	projections []*projection
	observers   []func(name string, batch []codec.Record)

	builders chan struct{} // holds a token for each rebuild that is at work

	mu      sync.Mutex
	running context.Context // Run's; nil before and after
	ended   bool
	queued  []*projection   // to rebuild once it runs
	work    sync.WaitGroup  // what Run waits for
	head    domain.Position // last known
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// Open opens the read models of the projectors in the directory and creates those that are
// missing. One that is damaged makes its projection fail and not Open; one that another
// version of its projector has folded answers, if its tables are the same, until its
// replacement is built.
func Open(config Config, projectors ...Projector) (*Runtime, error) {
	if config.Logger == nil {
		config.Logger = zap.NewNop()
	}
	if config.BatchMax == 0 {
		config.BatchMax = 1000
	}
	if config.BatchWait == 0 {
		config.BatchWait = 50 * time.Millisecond
	}
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return nil, err
	}
	// More at a time would share the same processors, and take the memory of all of them.
	r := &Runtime{config: config, builders: make(chan struct{}, runtime.NumCPU())}
	for _, projector := range projectors {
		name := projector.Name()
		if _, err := r.find(name); err == nil || !nameForm.MatchString(name) {
			return nil, errors.Join(fmt.Errorf("projection name %q is taken or malformed", name), r.Close())
		}
		p := newProjection(config, projector, func(batch []codec.Record) {
			for _, observe := range r.observers {
				observe(name, batch)
			}
		})
		r.projections = append(r.projections, p)
		if err := p.open(context.Background()); err != nil {
			return nil, errors.Join(fmt.Errorf("open projection %s: %w", name, err), r.Close())
		}
	}
	return r, nil
}

// Run folds events until ctx ends, and returns when everything has stopped. Call it once.
func (r *Runtime) Run(ctx context.Context) error {
	r.mu.Lock()
	r.running = ctx
	for _, p := range r.projections {
		r.work.Go(func() {
			r.prepare(ctx, p)
			p.run(ctx)
		})
	}
	for _, p := range r.queued {
		r.work.Go(func() { r.build(ctx, p) })
	}
	r.mu.Unlock()
	<-ctx.Done()
	r.mu.Lock()
	r.running, r.ended = nil, true
	r.mu.Unlock()
	r.work.Wait()
	return nil
}

// prepare starts to build what cannot follow as it is.
func (r *Runtime) prepare(ctx context.Context, p *projection) {
	if p.empty() {
		// Without an answer following along is right, if slower.
		if head, err := r.config.Source.Head(ctx); err == nil && head >= buildFrom {
			p.setAside()
		}
	}
	if p.outdated() {
		_ = r.rebuild(p) // under way already, or about to end: nothing to do
	}
}

// Rebuild starts to build the projection's read model anew beside the present one, which
// answers until the new one has caught up and takes its place. It returns once the rebuild
// is under way, or will be as soon as Run is called; [Runtime.Status] tells its progress. A
// rebuild that the program's end interrupts is dropped. Errors: [ErrUnknown],
// [ErrRebuilding], [ErrClosed], ctx's error.
func (r *Runtime) Rebuild(ctx context.Context, name string) error {
	p, err := r.find(name)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	return r.rebuild(p)
}

func (r *Runtime) rebuild(p *projection) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return ErrClosed
	}
	if !p.begin() {
		return fmt.Errorf("projection %s: %w", p.projector.Name(), ErrRebuilding)
	}
	ctx := r.running
	if ctx == nil {
		r.queued = append(r.queued, p)
		return nil
	}
	r.work.Go(func() { r.build(ctx, p) })
	return nil
}

// build rebuilds the projection when there is a processor for it.
func (r *Runtime) build(ctx context.Context, p *projection) {
	select {
	case r.builders <- struct{}{}:
		defer func() { <-r.builders }()
	case <-ctx.Done(): // it stops at once
	}
	p.rebuild(ctx)
}

// Close closes the read models after the views under way. Run must have returned.
func (r *Runtime) Close() error {
	var all error
	for _, p := range r.projections {
		all = errors.Join(all, p.close())
	}
	return all
}

func (r *Runtime) find(name string) (*projection, error) {
	for _, p := range r.projections {
		if p.projector.Name() == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("projection %q: %w", name, ErrUnknown)
}

// Names are the names of the projections, in the order given to [Open].
func (r *Runtime) Names() []string {
	names := make([]string, len(r.projections))
	for i, p := range r.projections {
		names[i] = p.projector.Name()
	}
	return names
}

// View runs f in a read transaction on the projection's present read model: all its
// queries see one state, and [Position] tells which. A projection that has failed is read
// as it is. Errors: [ErrUnknown], [ErrBuilding], [*FailedError] if its read model cannot be
// opened, [ErrClosed], f's own.
func (r *Runtime) View(ctx context.Context, name string, f func(*sqldb.Tx) error) error {
	p, err := r.find(name)
	if err != nil {
		return err
	}
	return p.view(ctx, f)
}

// Position is the last event that changed the rows the transaction reads, or one after it;
// while it stays the same, so do they.
func Position(ctx context.Context, tx *sqldb.Tx) (domain.Position, error) {
	c, err := readCheckpoint(ctx, tx)
	return c.position, err
}

// WaitFor returns when the projection's read model has folded the event at the position,
// so that a view that follows sees it. Errors: [ErrUnknown], [*FailedError] at once if the
// projection has stopped before it, [ErrClosed], ctx's error.
func (r *Runtime) WaitFor(ctx context.Context, name string, position domain.Position) error {
	p, err := r.find(name)
	if err != nil {
		return err
	}
	return p.waitFor(ctx, position)
}

// Observe has f called with every batch that a live projection has committed, in order and
// without the events it does not want, and with no batch each time its read model may have changed as a whole: when it has
// caught up after the start, and when a rebuild has replaced it. What is folded while
// catching up or rebuilding is not shown. f is called on the projection's own goroutine,
// which waits for it; it may view, and must not wait for a position. The batch is its until it
// returns. Call Observe before Run.
func (r *Runtime) Observe(f func(name string, batch []codec.Record)) {
	r.observers = append(r.observers, f)
}
