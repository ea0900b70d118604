package proof

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// Tiles are as in C2SP tlog-tiles: the hashes of every eighth level, 256 in a row.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	hashBytes  = tlog.HashSize
)

// errShort is a file of hashes that ends too early.
var errShort = errors.New("the file ends too early")

// levelPrefix begins the names of the tree's files.
const levelPrefix = "level-"

// Tree keeps the hashes of a Merkle tree in files: level-0 has the leaves one after the
// other, level-1 the root of each 256 of them, level-2 the root of each 256 of those,
// and so on. That is all the tiles of C2SP tlog-tiles, laid end to end, in 32.13 bytes a
// leaf. The levels between are computed when they are asked for.
//
// One goroutine appends; any number may read what [Tree.Flush] has written.
type Tree struct {
	dir      string
	readOnly bool

	mu     sync.RWMutex // guards levels; the appending goroutine reads without it
	levels []*level
}

// level is a file of hashes.
type level struct {
	f       *os.File
	n       int64  // hashes, pending ones included
	pending []byte // not written yet
	tile    []Hash // the last n % 256
}

func (l *level) written() int64 { return l.n - int64(len(l.pending)/hashBytes) }

// OpenTree opens the tree in the directory, or makes one there. Hashes beyond size are
// dropped: nobody has synced them. It may then be shorter than size, if files are.
func OpenTree(dir string, size int64) (*Tree, error) {
	t := &Tree{dir: dir}
	if err := t.open(size); err != nil {
		return nil, errors.Join(fmt.Errorf("open the tree in %s: %w", dir, err), t.Close())
	}
	return t, nil
}

// ReadTree opens the tree in the directory to be read, as it is.
func ReadTree(dir string) (*Tree, error) {
	t := &Tree{dir: dir, readOnly: true}
	for l := range 64 / tileHeight {
		f, err := os.Open(t.path(l))
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		if err != nil {
			return nil, errors.Join(err, t.Close())
		}
		n, err := hashesIn(f)
		t.levels = append(t.levels, &level{f: f, n: n})
		if err != nil {
			return nil, errors.Join(err, t.Close())
		}
	}
	return t, nil
}

func (t *Tree) path(l int) string { return filepath.Join(t.dir, levelPrefix+strconv.Itoa(l)) }

func hashesIn(f *os.File) (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size() / hashBytes, nil
}

// open opens the levels, cut to the size, and fills in what is short above the leaves.
func (t *Tree) open(size int64) error {
	for l := 0; ; l++ {
		have, err := t.grow(l)
		if err != nil {
			return err
		}
		if l == 0 {
			size = min(size, have)
		}
		v := t.levels[l]
		v.n = min(have, size>>(l*tileHeight))
		if err := v.f.Truncate(v.n * hashBytes); err != nil {
			return err
		}
		if err := t.complete(l, size); err != nil {
			return err
		}
		if v.tile, err = v.read(v.n-v.n%tileWidth, int(v.n%tileWidth)); err != nil {
			return err
		}
		if v.n < tileWidth {
			return t.dropAbove(l)
		}
	}
}

// grow adds a level that has a file, or gets one, and gives the hashes in the file.
func (t *Tree) grow(l int) (int64, error) {
	f, err := os.OpenFile(t.path(l), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	t.mu.Lock()
	t.levels = append(t.levels, &level{f: f})
	t.mu.Unlock()
	return hashesIn(f)
}

// complete computes what level l lacks of a tree of the size from the level below.
func (t *Tree) complete(l int, size int64) error {
	v := t.levels[l]
	for v.n < size>>(l*tileHeight) && l > 0 {
		tile, err := t.levels[l-1].read(v.n*tileWidth, tileWidth)
		if err != nil {
			return err
		}
		v.add(subtree(tile))
	}
	return v.flush()
}

// dropAbove removes the files of levels that a tree of this size has not.
func (t *Tree) dropAbove(l int) error {
	names, err := filepath.Glob(filepath.Join(t.dir, levelPrefix+"*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		n, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(name), levelPrefix))
		if err != nil || n <= l {
			continue
		}
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// Size is the number of leaves, those not written yet included. It is for the
// goroutine that appends.
func (t *Tree) Size() int64 {
	if len(t.levels) == 0 {
		return 0
	}
	return t.levels[0].n
}

// Append adds a leaf. It reaches the file with [Tree.Flush].
func (t *Tree) Append(leaf Hash) error {
	for l := 0; ; l++ {
		if l == len(t.levels) {
			if _, err := t.grow(l); err != nil {
				return err
			}
		}
		v := t.levels[l]
		v.add(leaf)
		v.tile = append(v.tile, leaf)
		if len(v.tile) < tileWidth {
			return nil
		}
		leaf = subtree(v.tile)
		v.tile = v.tile[:0]
	}
}

func (l *level) add(h Hash) {
	l.pending = append(l.pending, h[:]...)
	l.n++
}

// Flush writes what was appended, so that it can be read.
func (t *Tree) Flush() error {
	for _, l := range t.levels {
		if err := l.flush(); err != nil {
			return err
		}
	}
	return nil
}

func (l *level) flush() error {
	if len(l.pending) == 0 {
		return nil
	}
	if _, err := l.f.WriteAt(l.pending, l.written()*hashBytes); err != nil {
		return err
	}
	l.pending = l.pending[:0]
	return nil
}

// Sync makes what was written survive a loss of power.
func (t *Tree) Sync() error {
	for _, l := range t.levels {
		if err := l.f.Sync(); err != nil {
			return err
		}
	}
	return syncDir(t.dir)
}

// Close closes the files. What was not flushed is gone.
func (t *Tree) Close() error {
	var errs []error
	for _, l := range t.levels {
		errs = append(errs, l.f.Close())
	}
	return errors.Join(errs...)
}

// read reads hashes that are in the file.
func (l *level) read(from int64, count int) ([]Hash, error) {
	b := make([]byte, count*hashBytes)
	if _, err := l.f.ReadAt(b, from*hashBytes); err != nil {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("%s ends before hash %d: %w", filepath.Base(l.f.Name()), from+int64(count), errShort)
		}
		return nil, err
	}
	hashes := make([]Hash, count)
	for i := range hashes {
		hashes[i] = Hash(b[i*hashBytes:])
	}
	return hashes, nil
}

// Hashes reads hashes of a level of tiles: level 0 has the leaves. They have to be
// written.
func (t *Tree) Hashes(tileLevel int, from int64, count int) ([]Hash, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if tileLevel >= len(t.levels) {
		return nil, fmt.Errorf("%s%d is missing: %w", levelPrefix, tileLevel, errShort)
	}
	return t.levels[tileLevel].read(from, count)
}

// ReadHashes implements [tlog.HashReader].
func (t *Tree) ReadHashes(indexes []int64) ([]Hash, error) {
	hashes := make([]Hash, len(indexes))
	for i, index := range indexes {
		l, n := tlog.SplitStoredHashIndex(index)
		below, err := t.Hashes(l/tileHeight, n<<(l%tileHeight), 1<<(l%tileHeight))
		if err != nil {
			return nil, err
		}
		hashes[i] = subtree(below)
	}
	return hashes, nil
}

// Root is the root of the tree as it was at a size. Its hashes have to be written.
func (t *Tree) Root(size int64) (Hash, error) { return tlog.TreeHash(size, t) }

// subtree is the root over hashes, as many as a power of two.
func subtree(hashes []Hash) Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	var stack [64]Hash // of whole subtrees, the largest first
	depth := 0
	for i, h := range hashes {
		for range bits.TrailingZeros(uint(i + 1)) {
			depth--
			h = nodeHash(stack[depth], h)
		}
		stack[depth] = h
		depth++
	}
	return stack[0]
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
