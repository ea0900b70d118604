package pebble

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// What is stored, integers big-endian:
//
//	'e' position:8                       record                     the events
//	'i' digest:20                        position:8 crc:4           by source and id
//	's' len:1 stream:len revision:8      position:8 crc:4           by stream
//
// digest is the start of SHA-256 over uvarint(len(source)) source id. A record is
//
//	version:1 = 1
//	crc:4          CRC-32C of the rest, from stream on, then of the event's position,
//	               revision and recorded
//	revision:8
//	recorded:8     microseconds since 1970, UTC
//	stream         length:1 and the bytes
//	source, id     uvarint length and the bytes, each
//	hash:32
//	body           to the end
//
// and the crc of an index entry is over its key and position. So every stored bit is
// under a checksum of ours, the place of an event included, whatever the database
// below adds to it.
const (
	kindEvent    = 'e'
	kindIdentity = 'i'
	kindStream   = 's'

	recordVersion = 1
	recordHead    = 1 + 4 + 8 + 8
	digestBytes   = 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errDamaged = errors.New("the stored bytes do not match their checksum")

func eventKey(p domain.Position) []byte {
	return binary.BigEndian.AppendUint64([]byte{kindEvent}, uint64(p))
}

func eventPosition(key []byte) domain.Position {
	return domain.Position(binary.BigEndian.Uint64(key[1:]))
}

func identityKey(source, id string) []byte {
	text := make([]byte, 0, 512)
	text = binary.AppendUvarint(text, uint64(len(source)))
	text = append(append(text, source...), id...)
	digest := sha256.Sum256(text)
	key := make([]byte, 1+digestBytes)
	key[0] = kindIdentity
	copy(key[1:], digest[:])
	return key
}

func streamPrefix(s eventstore.StreamID) []byte {
	key := make([]byte, 0, 2+len(s)+8)
	return append(append(key, kindStream, byte(len(s))), s...)
}

func streamKey(s eventstore.StreamID, r domain.Revision) []byte {
	return binary.BigEndian.AppendUint64(streamPrefix(s), uint64(r))
}

func streamRevision(key []byte) domain.Revision {
	return domain.Revision(binary.BigEndian.Uint64(key[len(key)-8:]))
}

// appendIndex appends the value of an index entry.
func appendIndex(value, key []byte, p domain.Position) []byte {
	value = binary.BigEndian.AppendUint64(value, uint64(p))
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value[len(value)-8:])
	return binary.BigEndian.AppendUint32(value, sum)
}

// indexPosition reads the value of an index entry.
func indexPosition(key, value []byte) (domain.Position, error) {
	if len(value) != 12 {
		return 0, errDamaged
	}
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value[:8])
	if sum != binary.BigEndian.Uint32(value[8:]) {
		return 0, errDamaged
	}
	return domain.Position(binary.BigEndian.Uint64(value)), nil
}

// draft is a record whose place and time are not known yet. Making it copies the
// event and sums it up, so that little is left to do once the place is known.
type draft struct {
	bytes []byte // a record with an empty head
	sum   uint32 // of what follows the head
}

func newDraft(s eventstore.StreamID, e eventstore.Event) draft {
	size := recordHead + 1 + len(s) + 2*binary.MaxVarintLen16 + len(e.Source) + len(e.ID) + len(e.Hash) + len(e.Body)
	b := make([]byte, recordHead, size)
	b = append(append(b, byte(len(s))), s...)
	b = append(binary.AppendUvarint(b, uint64(len(e.Source))), e.Source...)
	b = append(binary.AppendUvarint(b, uint64(len(e.ID))), e.ID...)
	b = append(append(b, e.Hash[:]...), e.Body...)
	return draft{bytes: b, sum: crc32.Checksum(b[recordHead:], castagnoli)}
}

// finish fills in the head and gives the record.
func (d draft) finish(p domain.Position, r domain.Revision, at time.Time) []byte {
	b := d.bytes
	b[0] = recordVersion
	binary.BigEndian.PutUint64(b[5:], uint64(r))
	binary.BigEndian.PutUint64(b[13:], uint64(at.UnixMicro()))
	binary.BigEndian.PutUint32(b[1:], placeSum(d.sum, p, b))
	return b
}

// placeSum goes on with the sum of a record's content over its place and time.
func placeSum(sum uint32, p domain.Position, record []byte) uint32 {
	var place [24]byte
	binary.BigEndian.PutUint64(place[:], uint64(p))
	copy(place[8:], record[5:recordHead])
	return crc32.Update(sum, castagnoli, place[:])
}

// parse reads the record stored at the position. The body is a copy.
func parse(p domain.Position, record []byte) (eventstore.Recorded, error) {
	if len(record) < recordHead+1 {
		return eventstore.Recorded{}, errDamaged
	}
	if record[0] != recordVersion {
		return eventstore.Recorded{}, fmt.Errorf("record version %d, want %d", record[0], recordVersion)
	}
	rest := record[recordHead:]
	if placeSum(crc32.Checksum(rest, castagnoli), p, record) != binary.BigEndian.Uint32(record[1:]) {
		return eventstore.Recorded{}, errDamaged
	}
	e := eventstore.Recorded{
		Position:   p,
		Revision:   domain.Revision(binary.BigEndian.Uint64(record[5:])),
		RecordedAt: time.UnixMicro(int64(binary.BigEndian.Uint64(record[13:]))).UTC(),
	}
	stream, rest, ok := cut(rest[1:], uint64(rest[0]))
	source, rest, ok2 := cutVar(rest, ok)
	id, rest, ok3 := cutVar(rest, ok2)
	hash, body, ok4 := cut(rest, uint64(len(e.Hash)))
	if !ok3 || !ok4 {
		return eventstore.Recorded{}, errDamaged
	}
	e.Stream, e.Source, e.ID = eventstore.StreamID(stream), string(source), string(id)
	copy(e.Hash[:], hash)
	e.Body = append(make([]byte, 0, len(body)), body...)
	return e, nil
}

func cut(b []byte, n uint64) (head, rest []byte, ok bool) {
	if n > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

func cutVar(b []byte, ok bool) (head, rest []byte, _ bool) {
	n, size := binary.Uvarint(b)
	if !ok || size <= 0 {
		return nil, nil, false
	}
	return cut(b[size:], n)
}
