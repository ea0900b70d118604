package proof

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/domain"
)

// resume opens the files and makes sure that they, and the log, are what was signed
// last. Hashes that no checkpoint covers are computed again: they were never synced.
func (n *Notary) resume(ctx context.Context) error {
	n.mu.Lock()
	n.closeFiles()
	last, err := n.openFiles()
	n.mu.Unlock()
	if err != nil || last.Size == 0 {
		return err
	}
	head, err := n.log.Head(ctx)
	if err != nil {
		return err
	}
	if int64(head) < last.Size {
		return &Fault{Position: head + 1, Until: domain.Position(last.Size), What: lost}
	}
	if err := n.refill(ctx, last.Size); err != nil {
		return err
	}
	return n.compare(ctx, last)
}

// openFiles opens the checkpoints and the tree, cut to the last one. Called with mu
// held.
func (n *Notary) openFiles() (last Checkpoint, err error) {
	path := filepath.Join(n.o.Dir, historyName)
	history, torn, err := OpenHistory(path)
	if errors.Is(err, errUnreadable) {
		return last, &Fault{What: err.Error()}
	}
	if err != nil {
		return last, err
	}
	n.history = history
	if torn > 0 {
		n.o.Logger.Warn("a checkpoint was not written to its end; it was never published", zap.Int64("bytes", torn))
	}
	last, some, err := history.Last()
	if err != nil {
		return last, &Fault{What: fmt.Sprintf("%s: %v", path, err)}
	}
	if some {
		key, err := ParsePublic(n.key.Public)
		if err != nil {
			return last, err
		}
		if _, err := OpenCheckpoint(last.Note, key); err != nil {
			return last, &Fault{Size: last.Size, What: err.Error()}
		}
	}
	if n.tree, err = OpenTree(n.o.Dir, last.Size); err != nil {
		return last, err
	}
	n.last, n.next = last, n.tree.Size()
	return last, nil
}

// refill adds the leaves up to the size that the tree's files lack.
func (n *Notary) refill(ctx context.Context, size int64) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next >= size {
		return nil
	}
	n.o.Logger.Warn("the tree's files are shorter than what was signed; they are made again from the log",
		zap.Int64("have", n.next), zap.Int64("signed", size))
	var leaves leafHasher
	for e, err := range n.log.ReadLog(ctx, domain.Position(n.next)) {
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if err := n.tree.Append(leaves.hash(e)); err != nil {
			return err
		}
		n.next = int64(e.Position)
		if n.next%pendingLeaves == 0 || n.next == size {
			if err := n.tree.Flush(); err != nil {
				return err
			}
		}
		if n.next == size {
			break
		}
	}
	return nil
}

// compare holds the tree's root, and the last event that was signed, against the
// checkpoint. Looking at every event is for verify.
func (n *Notary) compare(ctx context.Context, last Checkpoint) error {
	n.mu.RLock()
	root, err := n.tree.Root(last.Size)
	n.mu.RUnlock()
	if err != nil {
		return err
	}
	if root != last.Root {
		return &Fault{Size: last.Size, What: fmt.Sprintf("the tree in %s has another root than was signed", n.o.Dir)}
	}
	for e, err := range n.log.ReadLog(ctx, domain.Position(last.Size-1)) {
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		n.mu.RLock()
		leaf, err := n.tree.Hashes(0, last.Size-1, 1)
		n.mu.RUnlock()
		if err != nil {
			return err
		}
		var leaves leafHasher
		if leaves.hash(e) != leaf[0] {
			return &Fault{Position: e.Position, Until: e.Position, What: altered}
		}
		break
	}
	return nil
}

// What can be wrong with an event.
const (
	altered = "not the event that was signed"
	lost    = "signed, and no longer in the log"
)
