package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MasterKey wraps the keys of all persons.
type MasterKey [32]byte

// MasterFileName is the file beside the keyring with the master key, if none was given.
const MasterFileName = "master.key"

// ErrNoMasterKey is a keyring whose master key is nowhere to be found.
var ErrNoMasterKey = errors.New("the master key is missing")

// ParseMasterKey reads a master key: 32 bytes, or those in hexadecimal or base64, with
// or without a line break.
func ParseMasterKey(b []byte) (MasterKey, error) {
	if len(b) == len(MasterKey{}) {
		return MasterKey(b), nil
	}
	text := strings.TrimSpace(string(b))
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if raw, err := decode(text); err == nil && len(raw) == len(MasterKey{}) {
			return MasterKey(raw), nil
		}
	}
	return MasterKey{}, errors.New("a master key is 32 bytes, in hexadecimal or base64")
}

// ReadMasterKey reads the master key in a file.
func ReadMasterKey(path string) (MasterKey, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return MasterKey{}, fmt.Errorf("read the master key: %w", err)
	}
	m, err := ParseMasterKey(b)
	if err != nil {
		return MasterKey{}, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// NewMasterKey makes a master key.
func NewMasterKey() (m MasterKey) {
	_, _ = rand.Read(m[:]) // never fails
	return m
}

// DefaultMasterKey gives the master key in the keyring's own directory, and makes it
// if there is no keyring yet. If there is a keyring without it, the error is
// [ErrNoMasterKey].
func DefaultMasterKey(dir string) (MasterKey, error) {
	path := filepath.Join(dir, MasterFileName)
	m, err := ReadMasterKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return m, err
	}
	if info, err := os.Stat(filepath.Join(dir, FileName)); err == nil && info.Size() > 0 {
		return m, fmt.Errorf("%w: the keyring in %s needs the one it was made with", ErrNoMasterKey, dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m, err
	}
	m = NewMasterKey()
	if err := stageMasterKey(dir, m); err != nil {
		return m, err
	}
	return m, publishMasterKey(dir)
}

// stageMasterKey has the key on disk beside the one in use.
func stageMasterKey(dir string, m MasterKey) error {
	if err := removeIfThere(staged(dir)); err != nil {
		return err
	}
	f, err := os.OpenFile(staged(dir), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(hex.EncodeToString(m[:]) + "\n")
	return errors.Join(err, f.Sync(), f.Close(), syncDir(dir))
}

// publishMasterKey makes the staged key the one in use.
func publishMasterKey(dir string) error {
	if err := os.Rename(staged(dir), filepath.Join(dir, MasterFileName)); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
