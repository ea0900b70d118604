package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Record is an entry of the tree: everything the log stores of an event, the body by
// its length and hash. So an entry is small and holds nothing a person said, and can be
// shown where the body may not.
type Record struct {
	Position   domain.Position
	Stream     eventstore.StreamID
	Revision   domain.Revision
	Source, ID string
	RecordedAt time.Time // UTC, to the microsecond
	Hash       eventstore.Hash
	BodyBytes  uint64
	BodyHash   [sha256.Size]byte
}

const recordFormat = 1

// MaxRecordBytes bounds an encoded record. It is well below what an entry bundle of
// C2SP tlog-tiles can take.
const MaxRecordBytes = 1 + 4*binary.MaxVarintLen64 + 3*binary.MaxVarintLen32 +
	eventstore.MaxStreamBytes + 2*eventstore.MaxIdentityBytes + 2*sha256.Size

var errNotCanonical = errors.New("the record is not in its one form")

// RecordOf is the record of an event.
func RecordOf(e eventstore.Recorded) Record {
	return Record{
		Position: e.Position, Stream: e.Stream, Revision: e.Revision, Source: e.Source, ID: e.ID,
		RecordedAt: e.RecordedAt, Hash: e.Hash, BodyBytes: uint64(len(e.Body)), BodyHash: sha256.Sum256(e.Body),
	}
}

// Append appends the record's encoding, which FORMAT.md describes.
func (r Record) Append(dst []byte) []byte {
	dst = append(dst, recordFormat)
	dst = binary.AppendUvarint(dst, uint64(r.Position))
	dst = appendText(dst, string(r.Stream))
	dst = binary.AppendUvarint(dst, uint64(r.Revision))
	dst = appendText(dst, r.Source)
	dst = appendText(dst, r.ID)
	dst = binary.AppendVarint(dst, r.RecordedAt.UnixMicro())
	dst = append(dst, r.Hash[:]...)
	dst = binary.AppendUvarint(dst, r.BodyBytes)
	return append(dst, r.BodyHash[:]...)
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// ParseRecord reads a record. It takes the one encoding that [Record.Append] gives, and
// no other.
func ParseRecord(b []byte) (Record, error) {
	if len(b) == 0 || len(b) > MaxRecordBytes {
		return Record{}, fmt.Errorf("a record has 1 to %d bytes, not %d", MaxRecordBytes, len(b))
	}
	if b[0] != recordFormat {
		return Record{}, fmt.Errorf("record format %d, want %d", b[0], recordFormat)
	}
	in := input{rest: b[1:]}
	r := Record{
		Position: domain.Position(in.uint()), Stream: eventstore.StreamID(in.text()), Revision: domain.Revision(in.uint()),
		Source: in.text(), ID: in.text(), RecordedAt: time.UnixMicro(in.int()).UTC(),
		Hash: in.hash(), BodyBytes: in.uint(), BodyHash: in.hash(),
	}
	if in.short || len(in.rest) > 0 || string(r.Append(nil)) != string(b) {
		return Record{}, errNotCanonical
	}
	return r, nil
}

// input is what is left to read of a record. Once it is short it gives zeros.
type input struct {
	rest  []byte
	short bool
}

func (in *input) take(n uint64) []byte {
	if in.short || n > uint64(len(in.rest)) {
		in.short = true
		return nil
	}
	b := in.rest[:n]
	in.rest = in.rest[n:]
	return b
}

func (in *input) uint() uint64 {
	v, n := binary.Uvarint(in.rest)
	in.take(uint64(n)) // a negative n is more than there is
	return v
}

func (in *input) int() int64 {
	v, n := binary.Varint(in.rest)
	in.take(uint64(n))
	return v
}

func (in *input) text() string { return string(in.take(in.uint())) }

func (in *input) hash() (h [sha256.Size]byte) {
	copy(h[:], in.take(sha256.Size))
	return h
}

// Leaf is the leaf of an encoded record.
func Leaf(record []byte) Hash {
	return sha256.Sum256(append([]byte{leafPrefix}, record...))
}

// The domains of the hashes, as in RFC 6962.
const (
	leafPrefix = 0
	nodePrefix = 1
)

// leafHasher hashes events one after the other without allocating.
type leafHasher struct{ buf []byte }

func (l *leafHasher) hash(e eventstore.Recorded) Hash {
	l.buf = RecordOf(e).Append(append(l.buf[:0], leafPrefix))
	return sha256.Sum256(l.buf)
}

func nodeHash(left, right Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = nodePrefix
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}
