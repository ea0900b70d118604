package proof

import "slices"

// frontier is the tree over what was pushed so far, by its whole subtrees, the largest
// first. Its root can be had at any size on the way.
type frontier struct {
	size  int64
	whole []Hash
}

// push adds a whole subtree of 2^height leaves. The size has to be a multiple of that.
func (f *frontier) push(h Hash, height int) {
	for n := f.size >> height; n&1 == 1; n >>= 1 {
		last := len(f.whole) - 1
		h = nodeHash(f.whole[last], h)
		f.whole = f.whole[:last]
	}
	f.whole = append(f.whole, h)
	f.size += 1 << height
}

// root is the root over all that was pushed, which must be something.
func (f *frontier) root() Hash {
	last := len(f.whole) - 1
	root := f.whole[last]
	for _, h := range slices.Backward(f.whole[:last]) {
		root = nodeHash(h, root)
	}
	return root
}

// follow makes the frontier the same as another.
func (f *frontier) follow(other *frontier) {
	f.size, f.whole = other.size, append(f.whole[:0], other.whole...)
}
