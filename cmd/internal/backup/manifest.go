// Package backup copies a ledger while it runs, into one file that says of itself
// whether it is whole, and makes a data directory of such a file again.
//
// A backup is a tar archive compressed with zstd. It holds, laid out as in the data
// directory, what cannot be made again: the log, what stands beside it, and what waits
// in JetStream. Read models and the LEDGER stream are made again from the log. The last
// entry, [Manifest], has size and SHA-256 of all the others: a file without it, or with
// another content, is no backup.
package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
)

// Manifest says what a backup holds.
type Manifest struct {
	Format   int             `json:"format"`
	Program  string          `json:"program"`           // version of the program that took it
	Taken    time.Time       `json:"taken"`             // when it was begun: all that was acknowledged before is in it
	Position domain.Position `json:"position"`          // of the last event of the log
	Recorded time.Time       `json:"recorded,omitzero"` // when that was recorded
	Inbox    int             `json:"inbox"`             // messages that were not recorded yet
	Rejected int             `json:"rejected"`          // messages of the rejected list
	Files    []File          `json:"files"`
}

// File is a file of a backup.
type File struct {
	Name   string `json:"name"` // below the data directory, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const (
	format       = 1
	manifestName = "MANIFEST.json"
	failedName   = "FAILED"
	// maxManifest bounds a manifest, in bytes.
	maxManifest = 256 << 20
)

// ErrBad is wrapped by errors that say that a file is not a whole backup.
var ErrBad = errors.New("this is not a whole backup")

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBad, fmt.Sprintf(format, args...))
}

// parseManifest reads a manifest and holds it against the files that came before it.
func parseManifest(b []byte, came []File) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return m, bad("its manifest cannot be read: %v", err)
	}
	if m.Format != format {
		return m, bad("it has format %d, and this program knows %d", m.Format, format)
	}
	listed := make(map[string]File, len(m.Files))
	for _, f := range m.Files {
		listed[f.Name] = f
	}
	for _, f := range came {
		want, ok := listed[f.Name]
		switch {
		case !ok:
			return m, bad("%s is not in its manifest", f.Name)
		case f.Size != want.Size:
			return m, bad("%s has %d bytes, and had %d", f.Name, f.Size, want.Size)
		case f.SHA256 != want.SHA256:
			return m, bad("%s is not what it was: its SHA-256 is %s, and was %s", f.Name, f.SHA256, want.SHA256)
		}
		delete(listed, f.Name)
	}
	for _, f := range m.Files {
		if _, missing := listed[f.Name]; missing {
			return m, bad("%s is missing", f.Name)
		}
	}
	if len(came) != len(m.Files) {
		return m, bad("its manifest names a file twice")
	}
	return m, nil
}

// cleanName reports whether a name leads to a place below a directory, by one way.
func cleanName(name string) bool {
	return name != "" && name == path.Clean(name) && !path.IsAbs(name) && !strings.ContainsAny(name, "\\\x00") &&
		!slices.Contains(strings.Split(name, "/"), "..") && name != "."
}
