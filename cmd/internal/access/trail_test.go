package access

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestTheTrailGoesOnInNewFilesAndForgetsTheOldest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() *Trail {
		t.Helper()
		trail, err := OpenTrail(dir)
		if err != nil {
			t.Fatal(err)
		}
		trail.size = 1000
		return trail
	}
	const n = 200
	trail := open()
	for i := range n {
		if i == n/2 { // a restart
			if err := trail.Close(); err != nil {
				t.Fatal(err)
			}
			trail = open()
		}
		if err := trail.Add(Reading{Principal: "p", Route: "GET /v1/events", Items: i}); err != nil {
			t.Fatal(err)
		}
	}
	if err := trail.Close(); err != nil {
		t.Fatal(err)
	}
	next := n - 1
	for i := range trailFiles + 1 {
		name := filepath.Join(dir, "trail.ndjson")
		if i > 0 {
			name += fmt.Sprintf(".%d", i)
		}
		var items []int
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var r Reading
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			items = append(items, r.Items)
		}
		if info, err := f.Stat(); err != nil || info.Size() > 1000 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		for j := len(items) - 1; j >= 0; j-- {
			if items[j] != next {
				t.Fatalf("%s has %d, want %d", name, items[j], next)
			}
			next--
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != trailFiles+1 {
		t.Errorf("there are %v, %v", entries, err)
	}
}
