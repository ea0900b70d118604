package proof

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Errors of those who ask.
var (
	// ErrNoCheckpoint is a checkpoint that was never signed.
	ErrNoCheckpoint = errors.New("there is no checkpoint of this size")
	// ErrNoTile is a tile that no checkpoint covers.
	ErrNoTile = errors.New("there is no such tile")
)

// Stats is how the notary is doing.
type Stats struct {
	// Size is the number of events in the tree.
	Size int64
	// Signed is the last checkpoint, and At when it was made; zero if by a run before.
	Signed Checkpoint
	At     time.Time
	// Err is why nothing is being signed now; nil if all is well. A [*Fault] stays.
	Err error
}

// Stats gives the current figures.
func (n *Notary) Stats() Stats {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return Stats{Size: n.next, Signed: n.last, At: n.signed, Err: n.err}
}

// Public is the verifier key: what others need to check the signatures.
func (n *Notary) Public() string { return n.key.Public }

// Latest is the last checkpoint. Errors: [ErrNothingSigned].
func (n *Notary) Latest() (Checkpoint, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.last.Note == nil {
		return Checkpoint{}, n.because(ErrNothingSigned)
	}
	return n.last, nil
}

// because adds why nothing is being signed. Called with mu held.
func (n *Notary) because(err error) error {
	if n.err != nil {
		return fmt.Errorf("%w: %w", err, n.err)
	}
	return err
}

// Covering is the last checkpoint if it covers the position. Otherwise it has one made,
// if the log is that long. Errors: [ErrNothingSigned], ctx's error.
func (n *Notary) Covering(ctx context.Context, p domain.Position) (Checkpoint, error) {
	for range 2 {
		n.mu.RLock()
		last, err := n.last, n.because(ErrNothingSigned)
		stuck := n.err != nil
		n.mu.RUnlock()
		if last.Size >= int64(p) && last.Note != nil {
			return last, nil
		}
		if stuck {
			return Checkpoint{}, err
		}
		done := make(chan struct{})
		select {
		case n.wake <- done:
		case <-ctx.Done():
			return Checkpoint{}, ctx.Err()
		}
		select {
		case <-done:
		case <-ctx.Done():
			return Checkpoint{}, ctx.Err()
		}
	}
	return Checkpoint{}, ErrNothingSigned
}

// OfSize is the checkpoint of exactly that size. Errors: [ErrNoCheckpoint],
// [ErrNothingSigned].
func (n *Notary) OfSize(size int64) (Checkpoint, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.ofSize(size)
}

// ofSize is called with mu held.
func (n *Notary) ofSize(size int64) (Checkpoint, error) {
	if n.history == nil {
		return Checkpoint{}, n.because(ErrNothingSigned)
	}
	c, found, err := n.history.AtLeast(size)
	if err != nil {
		return Checkpoint{}, err
	}
	if !found || c.Size != size {
		return Checkpoint{}, fmt.Errorf("%w: %d", ErrNoCheckpoint, size)
	}
	return c, nil
}

// ProveEvent proves an event of the log, having a checkpoint made if none covers it.
// Errors: those of [Notary.Covering]; a [*Fault] if the event is not what was signed.
func (n *Notary) ProveEvent(ctx context.Context, e eventstore.Recorded) (*EventProof, error) {
	c, err := n.Covering(ctx, e.Position)
	if err != nil {
		return nil, err
	}
	key, err := ParsePublic(n.key.Public)
	if err != nil {
		return nil, err
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.tree == nil {
		return nil, n.because(ErrNothingSigned)
	}
	p, err := proveEvent(e, c, n.tree)
	if err != nil {
		return nil, err
	}
	if _, err := p.Check(key); err != nil {
		return nil, &Fault{Position: e.Position, Until: e.Position, What: altered}
	}
	return p, nil
}

// ProveGrowth proves that the log at one size is the beginning of the log at another.
// Both have to be signed. Errors: [ErrNoCheckpoint], [ErrNothingSigned]; a [*Fault] if
// the tree is not what was signed.
func (n *Notary) ProveGrowth(from, to int64) (*GrowthProof, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	first, err := n.ofSize(from)
	if err != nil {
		return nil, err
	}
	second, err := n.ofSize(to)
	if err != nil {
		return nil, err
	}
	if n.tree == nil {
		return nil, n.because(ErrNothingSigned)
	}
	key, err := ParsePublic(n.key.Public)
	if err != nil {
		return nil, err
	}
	p, err := proveGrowth(first, second, n.tree)
	if err != nil {
		return nil, err
	}
	if _, _, err := p.Check(key); err != nil {
		return nil, &Fault{Size: from, What: err.Error()}
	}
	return p, nil
}

// Tile gives what C2SP tlog-tiles has at a path, such as tile/0/x001/067 or
// tile/entries/000.p/12. Errors: [ErrNoTile] if it is no such path, or the last
// checkpoint does not cover it.
func (n *Notary) Tile(ctx context.Context, path string) ([]byte, error) {
	level, index, ok := strings.Cut(strings.TrimPrefix(path, "tile/"), "/")
	if level == "entries" {
		level = "data" // what tlog calls it
	} else if level == "data" {
		ok = false
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s/%s", tileHeight, level, index))
	n.mu.RLock()
	size := n.last.Size
	n.mu.RUnlock()
	if !ok || err != nil || !covered(size, t) {
		return nil, fmt.Errorf("%w: %s", ErrNoTile, path)
	}
	if t.L < 0 {
		return n.entries(ctx, t)
	}
	return n.hashes(t)
}

// covered reports whether a tree of the size has all of the tile.
func covered(size int64, t tlog.Tile) bool {
	level := max(t.L, 0)
	return level <= 63/tileHeight && t.N <= size/tileWidth && t.N*tileWidth+int64(t.W) <= size>>(level*tileHeight)
}

func (n *Notary) hashes(t tlog.Tile) ([]byte, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.tree == nil {
		return nil, n.because(ErrNothingSigned)
	}
	hashes, err := n.tree.Hashes(t.L, t.N*tileWidth, t.W)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(hashes)*hashBytes)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b, nil
}

// entries is an entry bundle: the records of its events, each after its length in two
// bytes.
func (n *Notary) entries(ctx context.Context, t tlog.Tile) ([]byte, error) {
	var b []byte
	left := t.W
	for e, err := range n.log.ReadLog(ctx, domain.Position(t.N*tileWidth)) {
		if err != nil {
			return nil, err
		}
		at := len(b)
		b = RecordOf(e).Append(append(b, 0, 0))
		binary.BigEndian.PutUint16(b[at:], uint16(len(b)-at-2))
		if left--; left == 0 {
			return b, nil
		}
	}
	return nil, &Fault{Position: domain.Position(t.N*tileWidth + int64(t.W-left) + 1), What: lost}
}
