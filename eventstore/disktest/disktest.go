// Package disktest gives tests a small disk, which they can fill.
package disktest

import (
	"os"
	"testing"
)

// Small is a directory on a disk of that many MiB, in memory. Where none can be mounted the
// test is skipped, but not where it must be run: by root in CI. A test that is killed leaves
// its disk behind, and the next one removes it.
func Small(t testing.TB, mib int) string {
	t.Helper()
	sweep()
	dir := t.TempDir()
	unmount, err := mount(dir, mib)
	if err != nil {
		if os.Getenv("CI") == "true" && os.Geteuid() == 0 {
			t.Fatalf("mount a small disk: %v", err)
		}
		t.Skipf("SKIPPED: a small disk cannot be mounted here, and so a full one is not tested: %v", err)
	}
	t.Cleanup(func() {
		if err := unmount(); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
	return dir
}
