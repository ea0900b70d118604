package followups

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/domain/followup"
)

// pack is what a signal says, in a few bytes: most of its fields are empty, and a column
// for each takes several times as long to write and read. In this order: the rule, the key,
// the effects, the impact, the due date, until when, who, the text, the number, how many
// positions are cited and those, when it occurred and when it was recorded. Whole numbers
// are varints of package binary. A text is its length and its bytes; a time is 1 and
// the microseconds since 1970, or 0 if there is none; the number is its IEEE bits in reverse
// order of bytes.
//
// The rule and the key are kept where they open an item; other signals can do without.
func pack(s followup.Signal) []byte {
	if !s.Does.Has(followup.Cause) {
		s.Rule, s.Key = "", ""
	}
	b := make([]byte, 0, 48+len(s.Rule)+len(s.Key)+len(s.Who)+len(s.Text))
	b = packText(b, s.Rule)
	b = packText(b, string(s.Key))
	b = binary.AppendUvarint(b, uint64(s.Does))
	b = binary.AppendVarint(b, int64(s.Impact))
	b = packTime(b, s.DueAt)
	b = packTime(b, s.Until)
	b = packText(b, s.Who)
	b = packText(b, s.Text)
	b = binary.AppendUvarint(b, bits.ReverseBytes64(math.Float64bits(s.Number)))
	b = binary.AppendUvarint(b, uint64(len(s.Cites)))
	for _, p := range s.Cites {
		b = binary.AppendUvarint(b, uint64(p))
	}
	return packTime(packTime(b, s.OccurredAt), s.RecordedAt)
}

func packText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func packTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	return binary.AppendVarint(append(b, 1), t.UnixMicro())
}

var errPacked = errors.New("it is not what was written")

// unpack undoes [pack].
func unpack(b []byte, s *followup.Signal) error {
	p := packed{b: b}
	s.Rule, s.Key = p.text(), domain.ID(p.text())
	s.Does, s.Impact = followup.Effect(p.uvarint()), int(p.varint())
	s.DueAt, s.Until = p.time(), p.time()
	s.Who, s.Text = p.text(), p.text()
	s.Number = math.Float64frombits(bits.ReverseBytes64(p.uvarint()))
	if n := p.uvarint(); n > 0 && n <= uint64(len(p.b)) {
		s.Cites = make([]domain.Position, n)
		for i := range s.Cites {
			s.Cites[i] = domain.Position(p.uvarint())
		}
	}
	s.OccurredAt, s.RecordedAt = p.time(), p.time()
	if p.bad || len(p.b) > 0 {
		return errPacked
	}
	return nil
}

// packed is what is left to unpack.
type packed struct {
	b   []byte
	bad bool
}

func (p *packed) uvarint() uint64 {
	v, n := binary.Uvarint(p.b)
	p.skip(n)
	return v
}

func (p *packed) varint() int64 {
	v, n := binary.Varint(p.b)
	p.skip(n)
	return v
}

// skip passes over the number that was read, of so many bytes.
func (p *packed) skip(n int) {
	if n <= 0 {
		p.bad, p.b = true, nil
		return
	}
	p.b = p.b[n:]
}

func (p *packed) text() string {
	n := p.uvarint()
	if n > uint64(len(p.b)) {
		p.bad, p.b = true, nil
		return ""
	}
	s := string(p.b[:n])
	p.b = p.b[n:]
	return s
}

func (p *packed) time() time.Time {
	if p.uvarint() == 0 {
		return time.Time{}
	}
	return moment(p.varint())
}
