package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
)

// The file ends with the SHA-256 of all bytes before it, in a frame that decompressors
// skip: magic:4 size:4 sum:32. The sums in the manifest say which file is damaged; this
// one finds what has no part in any.
const (
	sealMagic = 0x184D2A5B
	sealBytes = 4 + 4 + sha256.Size
)

// sealer sums up what is written through it.
type sealer struct {
	w   io.Writer
	sum hash.Hash
}

func newSealer(w io.Writer) *sealer { return &sealer{w, sha256.New()} }

func (s *sealer) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.sum.Write(p[:n])
	return n, err
}

// close writes the end.
func (s *sealer) close() error {
	_, err := s.w.Write(sealOf(s.sum))
	return err
}

func sealOf(sum hash.Hash) []byte {
	b := binary.LittleEndian.AppendUint32(nil, sealMagic)
	b = binary.LittleEndian.AppendUint32(b, sha256.Size)
	return sum.Sum(b)
}

// unsealer reads what stands before the end, and holds the end against it.
type unsealer struct {
	in  *bufio.Reader
	sum hash.Hash
}

var errSeal = errors.New("its bytes are not those that were written, or not all of them")

func newUnsealer(r io.Reader) *unsealer {
	return &unsealer{bufio.NewReaderSize(r, 256<<10), sha256.New()}
}

func (u *unsealer) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := u.in.Peek(min(len(p)+sealBytes, u.in.Size()))
	if n := len(b) - sealBytes; n > 0 {
		n = copy(p, b[:n])
		u.sum.Write(p[:n])
		_, err := u.in.Discard(n)
		return n, err
	}
	if errors.Is(err, io.EOF) && string(b) != string(sealOf(u.sum)) {
		return 0, errSeal
	}
	return 0, err
}
