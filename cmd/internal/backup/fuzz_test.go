package backup

import (
	"bytes"
	"testing"
)

// FuzzEntries puts any entry before a manifest, under a valid end, and any manifest.
// Nothing is taken for a backup but what the manifest says.
func FuzzEntries(f *testing.F) {
	f.Add("log/1", []byte("x"), []byte(`{"format":1,"files":[]}`))
	f.Add("../1", []byte("x"), []byte(`{"format":1,"files":[{"name":"../1","size":1}]}`))
	f.Add("log/1", []byte("x"), []byte(`{"format":1,"files":[{"name":"log/1","size":1,"sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}]}`))
	f.Fuzz(func(t *testing.T, name string, content, manifest []byte) {
		var out bytes.Buffer
		a, err := newArchive(&out)
		if err != nil {
			t.Fatal(err)
		}
		if a.addBytes(name, content) != nil || a.addBytes(manifestName, manifest) != nil || a.close() != nil {
			return // not a name that tar takes
		}
		m, err := Verify(&out)
		if err == nil && name != manifestName && (len(m.Files) != 1 || m.Files[0].Name != name || !cleanName(name) || m.Files[0].Size != int64(len(content))) {
			t.Errorf("%q of %d bytes was taken by %+v", name, len(content), m)
		}
	})
}

// FuzzMessages puts back any messages.
func FuzzMessages(f *testing.F) {
	f.Add([]byte(`{"subject":"inbox.x","time":"2026-03-09T14:30:00Z","header":{"a":["b"]},"data":"e30="}` + "\n"))
	f.Add([]byte("{}{\n"))
	f.Fuzz(func(t *testing.T, lines []byte) {
		bad := 0
		for _, err := range keptIn(lines) {
			if err != nil {
				bad++
			}
		}
		if bad > 1 {
			t.Errorf("went on after a fault, %d times", bad-1)
		}
	})
}
