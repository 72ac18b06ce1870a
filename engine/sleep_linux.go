package engine

import (
	"syscall"
	"time"
)

// nap sleeps in the kernel: a timer of the runtime goes off up to a millisecond late.
func nap(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil)
}
