package keyring

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/rapport-ledger/rapport/domain"
)

// key is one of a person's keys.
type key struct {
	generation uint64
	bytes      [chacha20poly1305.KeySize]byte
}

// joint is the cipher for data of the persons, whose keys are given in their order: the
// key itself if there is one, else a key derived from all by HKDF-SHA256. That does not
// depend on the order in which an event names them.
func joint(keys []key, account domain.AccountID, persons []domain.ID) (cipher.AEAD, error) {
	if len(keys) == 1 {
		return chacha20poly1305.NewX(keys[0].bytes[:])
	}
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare([]byte(persons[a]), []byte(persons[b])) })
	secret := make([]byte, 0, len(keys)*chacha20poly1305.KeySize)
	info := appendText([]byte("rapport part of several persons"), string(account))
	for _, i := range order {
		secret = append(secret, keys[i].bytes[:]...)
		info = appendText(info, string(persons[i]))
	}
	derived, err := hkdf.Key(sha256.New, secret, nil, string(info), chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	return chacha20poly1305.NewX(derived)
}

// appendText appends the length and then the text.
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// wrappedBytes is the length of a wrapped key: nonce, key, tag.
const wrappedBytes = chacha20poly1305.NonceSizeX + chacha20poly1305.KeySize + chacha20poly1305.Overhead

// masterKey wraps other keys, each bound to what it is for.
type masterKey struct{ cipher.AEAD }

func newMasterKey(m MasterKey) (masterKey, error) {
	derived, err := hkdf.Key(sha256.New, m[:], nil, "rapport keyring wrap", chacha20poly1305.KeySize)
	if err != nil {
		return masterKey{}, err
	}
	aead, err := chacha20poly1305.NewX(derived)
	return masterKey{aead}, err
}

func (m masterKey) seal(secret, purpose []byte) []byte {
	var nonce [chacha20poly1305.NonceSizeX]byte
	_, _ = rand.Read(nonce[:]) // never fails
	return m.Seal(append(make([]byte, 0, wrappedBytes), nonce[:]...), nonce[:], secret, purpose)
}

// open unwraps into the secret, which has the length it will have.
func (m masterKey) open(secret, wrapped, purpose []byte) error {
	if len(wrapped) != wrappedBytes {
		return ErrDamaged
	}
	nonce, sealed := wrapped[:chacha20poly1305.NonceSizeX], wrapped[chacha20poly1305.NonceSizeX:]
	if _, err := m.Open(secret[:0], nonce, sealed, purpose); err != nil {
		return ErrDamaged
	}
	return nil
}

// purpose is what a person's key is bound to.
func purpose(w who, generation uint64) []byte {
	b := appendText([]byte("person"), string(w.account))
	return binary.AppendUvarint(appendText(b, string(w.contact)), generation)
}
