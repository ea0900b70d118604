package pebble

import (
	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// heads remembers the last revisions of the streams lately written to, so that an
// append to one of them reads nothing to learn it. It keeps between n and 2n streams:
// those touched since the young generation was last full, and those of the one before.
type heads struct {
	n          int
	young, old map[eventstore.StreamID]domain.Revision
}

func newHeads(n int) *heads {
	return &heads{n: n, young: make(map[eventstore.StreamID]domain.Revision)}
}

func (h *heads) get(s eventstore.StreamID) (domain.Revision, bool) {
	if r, found := h.young[s]; found {
		return r, true
	}
	r, found := h.old[s]
	if found {
		h.set(s, r)
	}
	return r, found
}

func (h *heads) set(s eventstore.StreamID, r domain.Revision) {
	if len(h.young) >= h.n {
		h.old, h.young = h.young, make(map[eventstore.StreamID]domain.Revision, h.n)
	}
	h.young[s] = r
}
