package proof

import (
	"context"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// farthest is how far away an event is looked for that stands in another's place.
const farthest = 1000

// describe says what happened to the events of a row that are not those that were
// signed. A hash tells nothing of what was there, so it tries what is there now in other
// places.
func (v *verification) describe(row run) string {
	now := v.suspects(row)
	first, known := now[row.from]
	if !known {
		return altered
	}
	signed := func(e eventstore.Recorded, position int64, like eventstore.Recorded) bool {
		leaf, err := v.tree.Hashes(0, position-1, 1)
		return err == nil && standsFor(e, position, like, leaf[0])
	}
	for at, e := range now {
		if at == row.from || !signed(e, row.from, first) {
			continue
		}
		if at != row.from+1 || at <= v.files && signed(first, at, e) {
			return fmt.Sprintf("not in the order that was signed: the event of %d stands at %d now", row.from, at)
		}
		return moved(row, "an event was put in at %d: the one that was signed there comes after it now")
	}
	if row.from < v.files && signed(first, row.from+1, first) {
		return moved(row, "the event that was signed at %d is gone: the one after it stands there now")
	}
	return altered
}

// suspects are the events that stand in the wrong places, by where they stand: those of
// the row, of the rows after it, and the one after the row.
func (v *verification) suspects(row run) map[int64]eventstore.Recorded {
	now := make(map[int64]eventstore.Recorded)
	for _, r := range append([]run{{row.from, row.until + 1}}, v.runs...) {
		if r.from > row.from+farthest {
			break
		}
		for e, err := range v.log.ReadLog(context.Background(), domain.Position(r.from-1)) {
			if err != nil || int64(e.Position) > min(r.until, row.from+farthest) {
				break
			}
			now[int64(e.Position)] = e
		}
	}
	return now
}

func moved(row run, what string) string {
	s := fmt.Sprintf(what, row.from)
	if row.until > row.from {
		s += ", and so on up to the end of the row"
	}
	return s
}

// standsFor reports whether the event, in another position, is what a leaf was made of.
// Who moves an event moves its revision and its time with it, or leaves those of the
// place.
func standsFor(e eventstore.Recorded, position int64, like eventstore.Recorded, leaf Hash) bool {
	var leaves leafHasher
	moved := e
	moved.Position = domain.Position(position)
	for _, moved.Revision = range []domain.Revision{e.Revision, e.Revision + 1, e.Revision - 1, like.Revision} {
		for _, moved.RecordedAt = range []time.Time{e.RecordedAt, like.RecordedAt} {
			if leaves.hash(moved) == leaf {
				return true
			}
		}
	}
	return false
}
