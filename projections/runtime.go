package projections

import (
	"context"
	"errors"
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
	// BatchWait is the least time between two commits while events keep coming; 2 ms
	// if 0. An event that comes alone is committed at once.
	BatchWait time.Duration
}

// Runtime runs projectors, each on its own.
type Runtime struct{}

// Open opens the read models of the projectors and creates those that are missing.
func Open(cfg Config, projectors ...Projector) (*Runtime, error) {
	return nil, errors.ErrUnsupported
}

// Run folds events until ctx ends.
func (r *Runtime) Run(ctx context.Context) error { return errors.ErrUnsupported }

// Close closes the read models. Run must have returned.
func (r *Runtime) Close() error { return errors.ErrUnsupported }

// Names are the names of the projections, in the order given to [Open].
func (r *Runtime) Names() []string { return nil }

// View runs f in a read transaction on the projection's present read model: all its
// queries see one state. [Position] tells which. Errors: [ErrUnknown], [ErrBuilding],
// [ErrClosed], f's own.
func (r *Runtime) View(ctx context.Context, name string, f func(*sqldb.Tx) error) error {
	return errors.ErrUnsupported
}

// Position is the last event in the read model the transaction reads.
func Position(ctx context.Context, tx *sqldb.Tx) (domain.Position, error) {
	return 0, errors.ErrUnsupported
}

// WaitFor returns when the projection's read model has folded the event at the position,
// so that a view that follows sees it. Errors: [ErrUnknown], [*FailedError] at once
// if the projection has stopped before it, ctx's error.
func (r *Runtime) WaitFor(ctx context.Context, name string, position domain.Position) error {
	return errors.ErrUnsupported
}

// Observe has f called with every batch that a live projection has committed, in
// order, and with no batch each time its read model may have changed as a whole: when
// it has caught up after the start, and when a rebuild has replaced it. What is folded
// while catching up or rebuilding is not shown. f is called on the projection's own
// goroutine, which waits for it. Call Observe before Run.
func (r *Runtime) Observe(f func(name string, batch []codec.Record)) {}

// Status tells how each projection stands. It is cheap: digests are the last known.
func (r *Runtime) Status() []Status { return nil }

// Report is Status with digests brought up to date where the read model is small
// enough to be read through while the caller waits.
func (r *Runtime) Report(ctx context.Context) []Status { return nil }

// Digest reads the projection's whole read model.
func (r *Runtime) Digest(ctx context.Context, name string) (Digest, error) {
	return Digest{}, errors.ErrUnsupported
}

// Rebuild starts to build the projection's read model anew beside the present one,
// which answers until the new one has caught up and takes its place. It returns once
// the rebuild is under way; [Runtime.Status] tells its progress. Errors: [ErrUnknown],
// [ErrRebuilding], [ErrNotRunning].
func (r *Runtime) Rebuild(ctx context.Context, name string) error { return errors.ErrUnsupported }
