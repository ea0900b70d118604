package disktest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestTheDiskOfAKilledTestIsRemovedByTheNext(t *testing.T) {
	t.Parallel()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	mine := Small(t, 1)
	left := t.TempDir()
	if err := syscall.Mount(device+strconv.Itoa(gone.Process.Pid), left, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(mine, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	Small(t, 1)
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), " "+left+" ") {
		t.Error("the disk that was left is still mounted")
	}
	if _, err := os.Stat(filepath.Join(mine, "file")); err != nil {
		t.Errorf("one in use: %v", err)
	}
}
