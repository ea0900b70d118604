package timeline

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"github.com/rapport-ledger/rapport/domain"
)

// cursor says where a page ended. Its text is base64url of, 8 bytes big endian each: the
// query's fingerprint, the last position the pages show, and the last entry's time and
// position.
type cursor struct {
	query uint64
	until domain.Position
	after key
}

const cursorSize = 4 * 8

func (c cursor) String() string {
	b := make([]byte, 0, cursorSize)
	for _, n := range []uint64{c.query, uint64(c.until), uint64(c.after.occurred), uint64(c.after.position)} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string) (cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != cursorSize {
		return cursor{}, ErrBadCursor
	}
	n := func(i int) uint64 { return binary.BigEndian.Uint64(b[8*i:]) }
	return cursor{
		query: n(0), until: domain.Position(n(1)),
		after: key{occurred: int64(n(2)), position: domain.Position(n(3))},
	}, nil
}

// fingerprint tells queries apart: a cursor goes on with its own only. The limit may change.
func (q Query) fingerprint() uint64 {
	q.Limit, q.Cursor = 0, ""
	if q.Order == "" {
		q.Order = ByOccurred
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %q %d %d %d %d %q %q", q.Account, q.Types,
		q.From.UnixMicro(), q.To.UnixMicro(), q.At.UnixMicro(), q.KnownAt.UnixMicro(), q.Contact, q.Order)
	return h.Sum64()
}
