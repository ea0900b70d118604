package pebble

import (
	"time"

	"golang.org/x/sys/unix"
)

// nap rests for some hundredths of a millisecond, as [time.Sleep] does not in a process that
// has nothing else to do.
func nap() {
	long := unix.NsecToTimespec((20 * time.Microsecond).Nanoseconds())
	_ = unix.Nanosleep(&long, nil)
}
