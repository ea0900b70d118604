package proof

import (
	"context"
	"errors"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// blockEvents is how many events are read at a time by one goroutine: whole tiles.
const blockEvents = 64 * tileWidth

// block is a stretch of the log, hashed, beside what the tree's files have of it.
type block struct {
	from     int64  // the position before its first event
	log      []Hash // leaves of the log's events
	logTiles []Hash // roots over each whole tile of them
	files    []Hash // leaves in the tree's files; shorter where they end
	differ   []int64
	bad      []Fault // events that cannot be read
	blind    bool    // and whose hash no file has
	err      error   // it could not be read
}

// read reads the events after one position up to another.
func (v *verification) read(ctx context.Context, from, until int64) block {
	b := block{from: from, log: make([]Hash, 0, until-from)}
	if count := min(until, v.files) - from; count > 0 {
		b.files, b.err = v.tree.Hashes(0, from, int(count))
	}
	var leaves leafHasher
	for at := from; at < until && b.err == nil; {
		at = v.readOn(ctx, &b, &leaves, at, until)
	}
	for i, h := range b.log {
		if i < len(b.files) && h != b.files[i] {
			b.differ = append(b.differ, from+int64(i)+1)
		}
	}
	for at := 0; at+tileWidth <= len(b.log); at += tileWidth {
		b.logTiles = append(b.logTiles, subtree(b.log[at:at+tileWidth]))
	}
	return b
}

// readOn reads on until an event cannot be read, which it passes over; it gives where
// it came to.
func (v *verification) readOn(ctx context.Context, b *block, leaves *leafHasher, at, until int64) int64 {
	for e, err := range v.log.ReadLog(ctx, domain.Position(at)) {
		if damage, ok := errors.AsType[*eventstore.CorruptionError](err); ok {
			b.damaged(at, damage)
			return at + 1
		}
		if err != nil {
			b.err = err
			return at
		}
		b.log = append(b.log, leaves.hash(e))
		if at++; at == until {
			return at
		}
	}
	b.damaged(at, errors.New("it is missing"))
	return at + 1
}

// damaged takes the leaf from the tree's files for an event that cannot be read.
func (b *block) damaged(at int64, err error) {
	b.bad = append(b.bad, Fault{Position: domain.Position(at + 1), Until: domain.Position(at + 1), Log: true, What: "it cannot be read: " + err.Error()})
	i := len(b.log)
	if i < len(b.files) {
		b.log = append(b.log, b.files[i])
		return
	}
	b.log = append(b.log, Hash{})
	b.blind = true
}

// fileLeaf is the leaf in the tree's files; it means nothing where they end.
func (b *block) fileLeaf(at int) Hash {
	if at < len(b.files) {
		return b.files[at]
	}
	return Hash{}
}

// fileTile is the same for a whole tile.
func (b *block) fileTile(at int) Hash {
	if at+tileWidth > len(b.files) {
		return Hash{}
	}
	for i := range tileWidth {
		if b.files[at+i] != b.log[at+i] {
			return subtree(b.files[at : at+tileWidth])
		}
	}
	return b.logTiles[at/tileWidth]
}
