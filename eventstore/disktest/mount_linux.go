package disktest

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// device is what a disk is mounted as; then comes the process that did it.
const device = "rapport-test-"

func mount(dir string, mib int) (unmount func() error, err error) {
	err = syscall.Mount(device+strconv.Itoa(os.Getpid()), dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib))
	return func() error { return syscall.Unmount(dir, syscall.MNT_DETACH) }, err
}

// sweep unmounts the disks of processes that are no more, as far as it may.
func sweep() {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		owner, ours := strings.CutPrefix(fields[0], device)
		pid, err := strconv.Atoi(owner)
		if ours && err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = syscall.Unmount(fields[1], syscall.MNT_DETACH)
		}
	}
}
