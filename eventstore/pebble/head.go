package pebble

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/rapport-ledger/rapport/domain"
)

// headFile keeps the position of the last durable event outside the database.
//
// The database's write-ahead log ends where its bytes no longer make sense: that is
// how a write cut short by a crash looks. A flipped bit can look the same, and would
// drop the acknowledged events behind it without a word. With the head written down
// elsewhere after each sync, and before anybody is told, opening the log can tell.
//
// The file is written without a sync of its own: it costs a microsecond, not another
// trip to the disk. So it is exact after the process was killed, and after a loss of
// power it may name an older event, never one that was not durable. What then stays
// open is a bit flipped in just what was last synced before the power went.
//
// There are two slots, written in turn, each: magic:4 position:8 crc:4. They lie in
// different sectors.
type headFile struct {
	f    vfs.File
	turn int
	slot [16]byte
}

const (
	headName   = "HEAD"
	headMagic  = 0x72687031 // "rhp1"
	headStride = 2048
	headSize   = 2 * headStride
)

// readHead gives the position that was written down, 0 without a file, and whether a
// slot was damaged.
func readHead(fs vfs.FS, path string) (head domain.Position, damaged bool, err error) {
	f, err := fs.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	var all [headSize]byte
	n, _ := f.ReadAt(all[:], 0) // what is missing is zero, so no slot
	for turn := range 2 {
		slot := all[turn*headStride:][:16]
		if [16]byte(slot) == [16]byte{} {
			continue
		}
		if crc32.Checksum(slot[:12], castagnoli) != binary.BigEndian.Uint32(slot[12:]) {
			damaged = true
			continue
		}
		head = max(head, domain.Position(binary.BigEndian.Uint64(slot[4:])))
	}
	return head, damaged || n > 0 && n < headSize, nil
}

// openHead opens the file for writing and puts the position in both slots.
func openHead(fs vfs.FS, path string, head domain.Position) (*headFile, error) {
	f, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	h := &headFile{f: f}
	if st, err := f.Stat(); err != nil || st.Size() < headSize {
		// Its blocks are allocated now, so that a full disk does not matter later.
		if _, err := f.WriteAt(make([]byte, headSize), 0); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	for range 2 {
		if err := h.write(head); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return h, f.Sync()
}

func (h *headFile) write(p domain.Position) error {
	binary.BigEndian.PutUint32(h.slot[:], headMagic)
	binary.BigEndian.PutUint64(h.slot[4:], uint64(p))
	binary.BigEndian.PutUint32(h.slot[12:], crc32.Checksum(h.slot[:12], castagnoli))
	_, err := h.f.WriteAt(h.slot[:], int64(h.turn*headStride))
	h.turn ^= 1
	return err
}

func (h *headFile) close() error {
	return errors.Join(h.f.Sync(), h.f.Close())
}
