package proof

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Options say where a [Notary] keeps its files and when it signs.
type Options struct {
	// Dir is for the tree and the signed checkpoints, Keys for the key.
	Dir, Keys string
	// Origin names the log in its checkpoints; see [MakeKey] and [CheckOrigin].
	Origin string
	// Every is the time between two checkpoints while the log grows; 10 seconds if 0.
	Every time.Duration
	// Publish is told of each new checkpoint. It must not wait for anything. Nil tells
	// nobody.
	Publish func(Checkpoint)
	Logger  *zap.Logger // nil logs nothing
	Now     func() time.Time
}

const (
	defaultEvery = 10 * time.Second
	// finishTime is how long the last checkpoint may take when the ledger stops.
	finishTime = 10 * time.Second
	// pendingLeaves is how many leaves are gathered before they are written.
	pendingLeaves = 4096

	retryFirst  = 100 * time.Millisecond
	retryAtMost = 10 * time.Second
)

// ErrNothingSigned says that there is no checkpoint yet that covers what was asked for.
var ErrNothingSigned = errors.New("nothing is signed yet")

// Notary follows a log, keeps the tree over it and signs its head.
//
// It never changes what was signed: what it finds on disk must have the root of the
// last checkpoint, and so must what it reads from the log. If not, it signs nothing
// more and says so ([Stats]); the ledger goes on.
type Notary struct {
	log  Log
	o    Options
	key  Key
	wake chan chan struct{} // asks for a checkpoint now; closed when one was tried

	mu      sync.RWMutex // guards what follows
	tree    *Tree        // nil while there is none to read
	history *History
	last    Checkpoint
	signed  time.Time // when last was; zero if by a run before
	next    int64     // leaves so far
	err     error
}

// NewNotary makes a notary; it starts with [Notary.Run]. It makes the key if there is
// none, unless there are checkpoints: then the key that signed them has been lost.
//
// Errors: [*OriginError]; [ErrNoKey].
func NewNotary(log Log, o Options) (*Notary, error) {
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Publish == nil {
		o.Publish = func(Checkpoint) {}
	}
	key, err := LoadKey(o.Keys, o.Origin)
	if errors.Is(err, ErrNoKey) {
		if _, signed := os.Stat(filepath.Join(o.Dir, historyName)); signed == nil {
			return nil, fmt.Errorf("%w; it signed the checkpoints in %s: put it back, or move that directory away to begin anew", err, o.Dir)
		}
		key, err = MakeKey(o.Keys, o.Origin)
	}
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	return &Notary{log: log, o: o, key: key, wake: make(chan chan struct{})}, nil
}

// Run keeps the tree until ctx ends, and then signs what the log has. Failures are
// logged and tried again, except a [*Fault], which stays until somebody has looked.
// It returns ctx's error.
func (n *Notary) Run(ctx context.Context) error {
	wait := retryFirst
	for ctx.Err() == nil {
		before := n.Stats().Size
		err := n.session(ctx)
		if ctx.Err() != nil {
			break
		}
		n.setErr(err)
		if _, ok := errors.AsType[*Fault](err); ok {
			n.o.Logger.Error("no more checkpoints are signed: the log, or the tree over it, is not what was signed; rapport verify says more",
				zap.Error(err))
			n.idle(ctx, nil)
			break
		}
		if n.Stats().Size != before {
			wait = retryFirst
		}
		n.o.Logger.Warn("signing the log interrupted", zap.Error(err), zap.Duration("retry_in", wait))
		n.idle(ctx, time.After(wait))
		wait = min(2*wait, retryAtMost)
	}
	n.leave()
	return ctx.Err()
}

// idle waits for a time, or for ever, and lets nobody wait for a checkpoint meanwhile.
func (n *Notary) idle(ctx context.Context, until <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-until:
			return
		case done := <-n.wake:
			close(done)
		}
	}
}

// session opens the files and follows the log until something fails or ctx ends.
func (n *Notary) session(ctx context.Context) error {
	if err := n.resume(ctx); err != nil {
		return err
	}
	n.setErr(nil)
	following, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- n.follow(following) }()
	tick := time.NewTicker(n.o.Every)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			<-failed
			return n.finish(context.WithoutCancel(ctx))
		case err := <-failed:
			return err
		case <-tick.C:
			err = n.sign()
		case done := <-n.wake:
			err = n.signHead(ctx)
			close(done)
		}
		if err != nil {
			stop()
			<-failed
			return err
		}
	}
}

// rest is how long events may gather before they are added to the tree; who needs them there
// at once adds them.
const rest = 100 * time.Millisecond

// follow adds the log's events to the tree until ctx ends.
func (n *Notary) follow(ctx context.Context) error {
	var leaves leafHasher
	n.mu.RLock()
	after := domain.Position(n.next)
	n.mu.RUnlock()
	for e, err := range eventstore.Unhurried(ctx, n.log, after, rest) {
		if err != nil {
			return fmt.Errorf("follow the log: %w", err)
		}
		if err := n.add(leaves.hash(e), int64(e.Position)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// add appends the leaf of the event at the position, unless it is there.
func (n *Notary) add(leaf Hash, position int64) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if position <= n.next {
		return nil
	}
	if err := n.tree.Append(leaf); err != nil {
		return err
	}
	n.next = position
	if n.next%pendingLeaves == 0 {
		return n.tree.Flush()
	}
	return nil
}

// sign signs the tree as it is, if it has grown.
func (n *Notary) sign() error {
	c, err := n.seal()
	if err != nil {
		return err
	}
	if c.Note != nil {
		n.o.Publish(c)
	}
	return nil
}

func (n *Notary) seal() (Checkpoint, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next == n.last.Size {
		return Checkpoint{}, nil
	}
	// First the hashes, then what is signed over them: after a crash the tree is at
	// least as long as the last checkpoint says.
	if err := errors.Join(n.tree.Flush(), n.tree.Sync()); err != nil {
		return Checkpoint{}, err
	}
	root, err := n.tree.Root(n.next)
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := sign(n.next, root, n.key)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := n.history.Append(c); err != nil {
		return Checkpoint{}, err
	}
	n.last, n.signed = c, n.o.Now()
	return c, nil
}

// signHead signs once the tree has what the log has now.
func (n *Notary) signHead(ctx context.Context) error {
	if err := n.catchUp(ctx); err != nil {
		return err
	}
	return n.sign()
}

// catchUp adds what the log has now, beside the goroutine that follows: each event is
// added once, by the faster.
func (n *Notary) catchUp(ctx context.Context) error {
	head, err := n.log.Head(ctx)
	if err != nil {
		return err
	}
	n.mu.RLock()
	after := n.next
	n.mu.RUnlock()
	if int64(head) <= after {
		return nil
	}
	var leaves leafHasher
	for e, err := range n.log.ReadLog(ctx, domain.Position(after)) {
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if err := n.add(leaves.hash(e), int64(e.Position)); err != nil {
			return err
		}
	}
	return nil
}

// finish signs what the log has when the ledger stops.
func (n *Notary) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, finishTime)
	defer cancel()
	err := n.signHead(ctx)
	if err != nil {
		n.o.Logger.Warn("the last events are not signed; they will be after the next start", zap.Error(err))
	}
	return err
}

// leave closes the files.
func (n *Notary) leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closeFiles()
}

// closeFiles is called with mu held.
func (n *Notary) closeFiles() {
	if n.tree != nil {
		_ = n.tree.Close() // synced as far as it matters
	}
	if n.history != nil {
		_ = n.history.Close()
	}
	n.tree, n.history = nil, nil
}

func (n *Notary) setErr(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err = err
}
