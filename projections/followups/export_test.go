package followups

import "time"

// CursorOf is the cursor of a page of the query that was read at an instant and ended at
// a place, whether there can be such a page or not.
func CursorOf(q Query, now time.Time, rank int, due int64, id string) string {
	q.Now = now
	return (&reading{q: q}).cursor(place{rank: rank, due: due, id: id})
}

// What a signal says, packed, and back.
var (
	Pack   = pack
	Unpack = unpack
)
