package proof

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/mod/sumdb/note"
)

// Names of the files in the directory of keys.
const (
	keyName    = "checkpoint.key" // the private key, as package note writes it
	publicName = "checkpoint.pub" // the public key
)

// maxOriginBytes keeps a checkpoint well below [MaxNoteBytes].
const maxOriginBytes = 255

// ErrNoKey says that there is no key to sign with.
var ErrNoKey = errors.New("no key")

// OriginError says that a log signs under another name than the one asked for.
type OriginError struct{ Asked, Signs, File string }

func (e *OriginError) Error() string {
	return fmt.Sprintf("this log signs its checkpoints as %q (%s) and not as %q; the origin is chosen when the key is made", e.Signs, e.File, e.Asked)
}

// Key signs checkpoints.
type Key struct {
	note.Signer
	// Public is the verifier key: what others need to check a signature.
	Public string
}

// CheckOrigin says what is wrong with a name for a log.
func CheckOrigin(origin string) error {
	if origin == "" || len(origin) > maxOriginBytes || strings.Contains(origin, "+") ||
		strings.ContainsFunc(origin, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar }) {
		return fmt.Errorf("%q cannot name a log: an origin has 1 to %d bytes, without spaces and plus signs, such as example.com/ledger", origin, maxOriginBytes)
	}
	return nil
}

// LoadKey reads the key in the directory. Errors: [ErrNoKey]; [*OriginError] if origin
// is not empty and not the key's.
func LoadKey(dir, origin string) (Key, error) {
	path := filepath.Join(dir, keyName)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Key{}, fmt.Errorf("%w: there is no %s", ErrNoKey, path)
	}
	if err != nil {
		return Key{}, err
	}
	key, err := parseKey(strings.TrimSpace(string(b)))
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", path, err)
	}
	if origin != "" && origin != key.Name() {
		return Key{}, &OriginError{Asked: origin, Signs: key.Name(), File: path}
	}
	return key, nil
}

// MakeKey makes a key in the directory, which must have none, for a log of that name.
// If the name is empty, one is made from the key: it stays the same for ever and is
// nobody else's.
func MakeKey(dir, origin string) (Key, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, err
	}
	if origin == "" {
		sum := sha256.Sum256(public)
		origin = "rapport/" + hex.EncodeToString(sum[:8])
	}
	if err := CheckOrigin(origin); err != nil {
		return Key{}, err
	}
	key, err := parseKey(privateText(origin, private))
	if err != nil {
		return Key{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Key{}, err
	}
	// The private key is last: where it is, the key is whole.
	if err := writeNew(filepath.Join(dir, publicName), key.Public+"\n"); err != nil {
		return Key{}, err
	}
	return key, writeNew(filepath.Join(dir, keyName), privateText(origin, private)+"\n")
}

const (
	privatePrefix = "PRIVATE+KEY+"
	algEd25519    = 1
)

// privateText is the private key as package note reads it.
func privateText(origin string, private ed25519.PrivateKey) string {
	public := append([]byte{algEd25519}, private.Public().(ed25519.PublicKey)...)
	sum := sha256.Sum256(append([]byte(origin+"\n"), public...))
	seed := append([]byte{algEd25519}, private.Seed()...)
	return privatePrefix + origin + "+" + hex.EncodeToString(sum[:4]) + "+" + base64.StdEncoding.EncodeToString(seed)
}

func parseKey(text string) (Key, error) {
	signer, err := note.NewSigner(text)
	if err != nil {
		return Key{}, errors.New("this is not a signing key") // note's error may quote it
	}
	parts := strings.SplitN(strings.TrimPrefix(text, privatePrefix), "+", 3) // NewSigner saw three
	seed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(seed) != 1+ed25519.SeedSize || seed[0] != algEd25519 {
		return Key{}, errors.New("this is not an Ed25519 key")
	}
	public := ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey)
	verifier, err := note.NewEd25519VerifierKey(signer.Name(), public)
	return Key{Signer: signer, Public: verifier}, err
}

// writeNew writes a file that only its owner can read, so that it is there whole, and
// stays, or is not there.
func writeNew(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// ReadPublic reads the public key in the directory of keys. Errors: [ErrNoKey].
func ReadPublic(dir string) (string, error) {
	path := filepath.Join(dir, publicName)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%w: there is no %s", ErrNoKey, path)
	}
	return strings.TrimSpace(string(b)), err
}

// ParsePublic reads a verifier key, such as example.com/ledger+f9e40bd2+AbCd...
func ParsePublic(text string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("%q is not the public key of a log", text)
	}
	return v, nil
}
