package proof

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

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

// Tile is the tile of C2SP tlog-tiles at a level and a place, as wide as asked for, up
// to 256. Errors: [ErrNoTile] if the last checkpoint does not cover it.
func (n *Notary) Tile(level int, index int64, width int) ([]byte, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.tree == nil || !covered(n.last.Size, level, index, width) {
		return nil, n.because(ErrNoTile)
	}
	hashes, err := n.tree.Hashes(level, index*tileWidth, width)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, width*hashBytes)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b, nil
}

// covered reports whether a tree of the size has all hashes of the tile.
func covered(size int64, level int, index int64, width int) bool {
	if level < 0 || level > 63/tileHeight || width < 1 || width > tileWidth || index < 0 || index > size/tileWidth {
		return false
	}
	return index*tileWidth+int64(width) <= size>>(level*tileHeight)
}

// Entries is the entry bundle of C2SP tlog-tiles at a place, as wide as asked for, up to
// 256: the records of its events, each after its length in two bytes. Errors:
// [ErrNoTile] if the last checkpoint does not cover it.
func (n *Notary) Entries(ctx context.Context, index int64, width int) ([]byte, error) {
	n.mu.RLock()
	size := n.last.Size
	n.mu.RUnlock()
	if !covered(size, 0, index, width) {
		return nil, ErrNoTile
	}
	var b []byte
	for e, err := range n.log.ReadLog(ctx, domain.Position(index*tileWidth)) {
		if err != nil {
			return nil, err
		}
		at := len(b)
		b = RecordOf(e).Append(append(b, 0, 0))
		binary.BigEndian.PutUint16(b[at:], uint16(len(b)-at-2))
		if width--; width == 0 {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%w: the log ends before it", ErrNoTile)
}
