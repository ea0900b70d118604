package codec

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/eventstore"
)

// Hash identifies what an emitter said: the type with its version, the account, the
// time unless the ledger assumed it, actor, correlation, causation and the data. It
// does not depend on how that was written (order of fields, spaces, 1.0 for 1, other
// time zone), nor on traceparent, which is new with each attempt, nor on anything the
// ledger adds.
//
// The version is the current one: an event sent again after its type got a new version
// hashes differently from what is stored. The Hash of the stored event, decoded, is
// then the one to compare with.
func Hash(e domain.Envelope) (eventstore.Hash, error) {
	w := newWriter(current)
	s, err := w.event(e.Data)
	if err != nil {
		return eventstore.Hash{}, err
	}
	return contentHash(s, e, w.buf), nil
}

// contentHash is SHA-256 of: 0x01; type, version, account; 0x00 or, if the emitter
// gave a time, 0x01 and the microseconds since 1970; actor, correlation, causation,
// data. Strings are preceded by their length. FORMAT.md has the bytes.
func contentHash(s *spec, e domain.Envelope, data []byte) eventstore.Hash {
	b := make([]byte, 0, len(data)+len(e.Account)+len(e.Actor)+len(e.CorrelationID)+len(e.CausationID)+96)
	b = append(b, 1)
	b = appendString(b, string(s.Type))
	b = binary.AppendUvarint(b, uint64(s.Version))
	b = appendString(b, string(e.Account))
	if e.OccurredAssumed || e.OccurredAt.IsZero() {
		b = append(b, 0)
	} else {
		b = append(b, 1)
		b = binary.AppendVarint(b, e.OccurredAt.UnixMicro())
	}
	b = appendString(b, e.Actor)
	b = appendString(b, e.CorrelationID)
	b = appendString(b, e.CausationID)
	b = appendString(b, data)
	return sha256.Sum256(b)
}

// appendString appends the length and then the bytes.
func appendString[S string | domain.ID | []byte](b []byte, s S) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}
