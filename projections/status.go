package projections

import (
	"context"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// State is what a projection is doing.
type State string

const (
	// Live has folded all there was when it started to follow, and follows.
	Live State = "live"
	// CatchingUp folds what was recorded while it did not run.
	CatchingUp State = "catching_up"
	// Rebuilding builds a new read model beside the present one.
	Rebuilding State = "rebuilding"
	// Failed has stopped; Status.Error says why.
	Failed State = "failed"
)

// Status is how a projection stands.
type Status struct {
	Name    string
	Version int
	// Position is the last event in the read model that answers.
	Position domain.Position
	// Lag is the number of events recorded and not yet in the read model.
	Lag   uint64
	State State
	// Error is why it has failed, or what it is trying again; "" if all is well.
	Error string
	// Digest sums up the read model's rows as of DigestPosition; see [Digest].
	Digest         string
	DigestPosition domain.Position
	// EventsPerSecond is the recent rate, of the rebuild if there is one.
	EventsPerSecond float64
	// RebuildPosition is the last event in the read model being built; 0 if none is.
	RebuildPosition domain.Position
}

// Digest sums up the rows of a read model at a position: two read models of the same
// version at the same position have the same digest.
type Digest struct {
	Position domain.Position
	// Sum is the SHA-256 in hexadecimal of all tables in the order of their names, rows
	// in the order of their primary keys.
	Sum  string
	Rows int64
}

const (
	// headWait is how long Status waits for the source to tell its head.
	headWait = 250 * time.Millisecond
	// smallModel is the number of rows up to which Report reads a model through: some
	// tens of milliseconds.
	smallModel = 50_000
)

// Status tells how each projection stands. It is cheap: digests are the last known.
func (r *Runtime) Status() []Status {
	ctx, cancel := context.WithTimeout(context.Background(), headWait)
	defer cancel()
	head, err := r.config.Source.Head(ctx)
	r.mu.Lock()
	if err == nil {
		r.head = head
	}
	head = r.head
	r.mu.Unlock()
	all := make([]Status, len(r.projections))
	for i, p := range r.projections {
		all[i] = p.status(head)
	}
	return all
}

// Report is Status with digests brought up to date where the read model is small enough
// to be read through while the caller waits.
func (r *Runtime) Report(ctx context.Context) []Status {
	for _, p := range r.projections {
		if p.smallAndMoved() {
			// What cannot be read keeps the digest it had; the status says why.
			_, _ = p.sum(ctx)
		}
	}
	return r.Status()
}

// Digest reads the projection's whole read model, in one state. Errors: as for View.
func (r *Runtime) Digest(ctx context.Context, name string) (Digest, error) {
	p, err := r.find(name)
	if err != nil {
		return Digest{}, err
	}
	return p.sum(ctx)
}

func (p *projection) status(head domain.Position) Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Status{
		Name:            p.projector.Name(),
		Version:         p.projector.Version(),
		Position:        p.position,
		State:           CatchingUp,
		Digest:          p.digest.Sum,
		DigestPosition:  p.digest.Position,
		EventsPerSecond: p.rate.perSecond(time.Now()),
	}
	if head > p.position {
		s.Lag = uint64(head - p.position)
	}
	switch {
	case p.building:
		s.State, s.RebuildPosition = Rebuilding, p.built
	case p.failure != nil:
		s.State = Failed
	case p.caughtUp:
		s.State = Live
	}
	for _, err := range []error{p.rebuildErr, p.trouble} {
		if err != nil {
			s.Error = err.Error()
		}
	}
	if p.failure != nil {
		s.Error = p.failure.Err.Error()
	}
	return s
}

func (p *projection) smallAndMoved() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.digest.Sum != ""
	if known && p.digest.Position == p.position {
		return false
	}
	return p.digest.Rows <= smallModel && (known || p.position <= smallModel)
}

// sum reads the model through and remembers its digest.
func (p *projection) sum(ctx context.Context) (Digest, error) {
	p.mu.Lock()
	m, reached := p.model, p.position
	p.mu.Unlock()
	var d Digest
	err := p.view(ctx, func(tx *sqldb.Tx) (err error) {
		if d.Position, err = Position(ctx, tx); err != nil {
			return err
		}
		d.Position = max(d.Position, reached) // what is between them changed nothing
		d.Sum, d.Rows, err = sqldb.Digest(ctx, tx, checkpointTable)
		return err
	})
	if err != nil {
		return Digest{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.model == m && d.Position >= p.digest.Position {
		p.digest = d
	}
	return d, nil
}
