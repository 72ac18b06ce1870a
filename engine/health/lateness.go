package health

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Times are counted in µs, in 16 buckets per power of two.
const (
	fine    = 4                       // log2 of the buckets per power of two
	longest = 1<<32 - 1               // µs, 71 minutes; what is longer counts as that
	buckets = (32 - fine + 1) << fine // bucket(longest) + 1
)

// A lateness counts by how much things were late. Many goroutines may note at once,
// while one takes.
type lateness [buckets]atomic.Uint32

// note counts one time; a negative one is 0.
func (l *lateness) note(late time.Duration) {
	l[bucket(uint64(min(max(late, 0)/time.Microsecond, longest)))].Add(1)
}

// take returns the 99th percentile of what was noted, at most a sixteenth too long,
// and empties l. It is 0 when nothing was noted, and the maximum of less than a
// hundred.
func (l *lateness) take() time.Duration {
	var counts [buckets]uint64
	var total uint64
	for i := range l {
		if l[i].Load() > 0 {
			counts[i] = uint64(l[i].Swap(0))
			total += counts[i]
		}
	}
	if total == 0 {
		return 0
	}
	return time.Duration(top(rank99(counts[:], total))) * time.Microsecond
}

// bucket returns the index of the bucket of a time: those below 32 µs have one each.
func bucket(us uint64) int {
	shift := bits.Len64(us|(2<<fine-1)) - (fine + 1)
	return shift<<fine + int(us>>shift)
}

// top returns the longest time of a bucket, in µs.
func top(bucket int) uint64 {
	shift := max(0, bucket>>fine-1)
	return uint64(bucket-shift<<fine+1)<<shift - 1
}

// rank99 returns the index of the count that holds the 99th percentile of total.
func rank99(counts []uint64, total uint64) int {
	above := total / 100 // may be larger than the percentile
	for i := len(counts) - 1; i > 0; i-- {
		if counts[i] > above {
			return i
		}
		above -= counts[i]
	}
	return 0
}
