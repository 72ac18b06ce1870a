package stats

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// A histogram counts times in buckets whose width grows with the time: those of an
// HDR histogram from 1 µs to 1 h with three significant digits. Times below 2048 µs
// have a bucket each; above, every doubling is divided into 1024 buckets, so no
// bucket is wider than a thousandth of its times.
//
// Only populated buckets are held, in ascending order, and a histogram never changes:
// many tallies may share one.
type histogram struct {
	index []uint16
	count []int64 // of the bucket at the same place in index
}

const (
	highest = int64(time.Hour / time.Microsecond) // longest time in µs
	buckets = 21<<10 + int(highest>>21) + 1       // bucketOf(highest) is the last one
)

// bucketOf returns the index of the bucket that counts a time of us microseconds.
func bucketOf(us int64) uint16 {
	shift := bits.Len64(uint64(us)|2047) - 11
	return uint16(shift<<10 + int(us>>shift))
}

// bounds returns the shortest and the longest time in µs that bucket i counts.
func bounds(i uint16) (low, high int64) {
	shift := max(1, int64(i)>>10) - 1
	low = (int64(i) - shift<<10) << shift
	return low, low + 1<<shift - 1
}

// plus returns a histogram of what is in h and g.
func (h histogram) plus(g histogram) histogram {
	if len(h.index) < len(g.index) {
		h, g = g, h
	}
	places := make([]int, 0, 256) // of g's buckets in h
	at, missing := 0, 0
	for _, i := range g.index {
		at = seek(h.index, at, i)
		if at == len(h.index) || h.index[at] != i {
			missing++
		}
		places = append(places, at)
	}
	if missing == 0 { // the usual case for a row that has been seen for a while
		sum := histogram{h.index, slices.Clone(h.count)}
		for k, at := range places {
			sum.count[at] = saturated(sum.count[at], g.count[k])
		}
		return sum
	}
	n := len(h.index) + missing
	sum := histogram{make([]uint16, 0, n), make([]int64, 0, n)}
	done := 0
	for k, at := range places {
		sum.index = append(sum.index, h.index[done:at]...)
		sum.count = append(sum.count, h.count[done:at]...)
		done = at
		n := g.count[k]
		if at < len(h.index) && h.index[at] == g.index[k] {
			n = saturated(n, h.count[at])
			done++
		}
		sum.index = append(sum.index, g.index[k])
		sum.count = append(sum.count, n)
	}
	sum.index = append(sum.index, h.index[done:]...)
	sum.count = append(sum.count, h.count[done:]...)
	return sum
}

// seek returns the first place from at on where index is not below i. It looks near
// at first, since what it is asked for comes in ascending order.
func seek(index []uint16, at int, i uint16) int {
	step := 1
	for at+step <= len(index) && index[at+step-1] < i {
		at += step
		step *= 2
	}
	end := min(at+step-1, len(index))
	for at < end {
		middle := int(uint(at+end) >> 1)
		if index[middle] < i {
			at = middle + 1
		} else {
			end = middle
		}
	}
	return at
}

// rank returns the bucket of the n-th shortest time, counted from 1. There must be
// as many.
func (h histogram) rank(n int64) uint16 {
	seen := int64(0)
	for k, c := range h.count {
		if seen = saturated(seen, c); seen >= n {
			return h.index[k]
		}
	}
	return h.index[len(h.index)-1]
}

// A mixer adds up many times or histograms at once. It holds every bucket, populated
// or not, which makes it fast and large. It is empty after each take.
type mixer struct {
	count [buckets]int64
	used  [(buckets + 63) / 64]uint64 // a bit for each populated bucket
}

// time adds one time by its bucket.
func (m *mixer) time(i uint16) {
	m.count[i]++
	m.used[i/64] |= 1 << (i % 64)
}

// add adds a histogram.
func (m *mixer) add(h histogram) {
	for k, i := range h.index {
		m.count[i] = saturated(m.count[i], h.count[k])
		m.used[i/64] |= 1 << (i % 64)
	}
}

// take returns what was added and empties the mixer.
func (m *mixer) take() histogram {
	n := 0
	for _, word := range m.used {
		n += bits.OnesCount64(word)
	}
	if n == 0 {
		return histogram{}
	}
	h := histogram{make([]uint16, 0, n), make([]int64, 0, n)}
	for w, word := range m.used {
		for ; word != 0; word &= word - 1 {
			i := w*64 + bits.TrailingZeros64(word)
			h.index = append(h.index, uint16(i))
			h.count = append(h.count, m.count[i])
			m.count[i] = 0
		}
		m.used[w] = 0
	}
	return h
}

// saturated returns a+b, or the largest number when that is larger. Neither is
// negative.
func saturated(a, b int64) int64 {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return math.MaxInt64
}
