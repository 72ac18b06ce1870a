//go:build !linux

package health

import "time"

func affinity() int                     { return 0 }
func fileLimit() uint64                 { return 0 }
func slept() (d time.Duration, ok bool) { return 0, false }
