package health

import (
	"time"

	"golang.org/x/sys/unix"
)

// affinity returns how many processors this process may run on.
func affinity() int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return 0 // more than the set has room for, or forbidden
	}
	return set.Count()
}

// fileLimit returns how many file descriptors this process may have open. Go raises
// the soft limit to the hard one as the process begins.
func fileLimit() uint64 {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil {
		return 0
	}
	return r.Cur
}

// slept returns for how long the machine has slept since it was booted. It is not ok
// when the process was interrupted while it read the two clocks.
func slept() (d time.Duration, ok bool) {
	for range 3 {
		before, with, after := clock(unix.CLOCK_MONOTONIC), clock(unix.CLOCK_BOOTTIME), clock(unix.CLOCK_MONOTONIC)
		if after-before < time.Millisecond {
			return with - before, true
		}
	}
	return 0, false
}

func clock(id int32) time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(id, &t) // the kernel has both
	return time.Duration(t.Nano())
}
