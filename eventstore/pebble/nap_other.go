//go:build !linux

package pebble

import "time"

// nap rests for as short as the system can.
func nap() { time.Sleep(time.Microsecond) }
