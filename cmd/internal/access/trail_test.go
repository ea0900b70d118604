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

func TestATrailThatCannotTurnLosesNoneOfItsFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	trail, err := OpenTrail(dir)
	if err != nil {
		t.Fatal(err)
	}
	trail.size = 300
	add := func(n int) (failed int) {
		for range n {
			if trail.Add(Reading{Principal: "p", Route: "GET /v1/events"}) != nil {
				failed++
			}
		}
		return failed
	}
	if failed := add(60); failed > 0 {
		t.Fatalf("%d readings were not written", failed)
	}
	before, err := os.ReadFile(trail.name(trailFiles))
	if err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(dir, "trail.ndjson.new") // where no file can be made now
	if err := os.Mkdir(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	if failed := add(3 * trailFiles); failed < 2*trailFiles {
		t.Errorf("%d readings failed, although there was no room for them", failed)
	}
	for i := range trailFiles + 1 {
		if _, err := os.Stat(trail.name(i)); err != nil {
			t.Error(err)
		}
	}
	if after, err := os.ReadFile(trail.name(trailFiles)); err != nil || string(after) != string(before) {
		t.Errorf("the oldest file was %q, is %q, %v", before, after, err)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	if failed := add(5); failed > 0 {
		t.Errorf("%d readings were not written once there was room again", failed)
	}
	if err := trail.Close(); err != nil {
		t.Error(err)
	}
}
