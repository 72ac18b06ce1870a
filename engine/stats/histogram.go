package stats

import (
	"math/bits"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A histogram counts times in µs. It never changes once it is part of a tally: many
// tallies may share one. A tally without samples has none.
type histogram = *hdrhistogram.PackedHistogram

const (
	highest = int64(time.Hour / time.Microsecond) // longest time in µs
	digits  = 3                                   // significant ones
)

func newHistogram() histogram { return hdrhistogram.NewPacked(1, highest, digits) }

// record adds n samples of a time that is at most highest. What would overflow a
// histogram is not added: it is full after 2^63 samples.
func record(h histogram, us, n int64) { _ = h.RecordValues(us, n) }

// width returns how many µs the bucket of a time spans.
func width(us int64) int64 { return 1 << (bits.Len64(uint64(us)|2047) - 11) }

// merged returns a histogram of what is in h and g.
func merged(h, g histogram) histogram {
	if h.Populated() < g.Populated() {
		h, g = g, h
	}
	sum := h.Clone()
	if g.Populated() > h.Populated()/8 {
		sum.Merge(g)
		return sum
	}
	// A second is added to a long run: faster than Merge, which visits all buckets.
	for us, n := range g.ForEachBucket {
		record(sum, us, n)
	}
	return sum
}

// A mixer adds up many times or histograms at once. It holds every bucket, populated
// or not, which makes it fast and large. It is empty after each take.
type mixer = hdrhistogram.Histogram

func newMixer() *mixer { return hdrhistogram.New(1, highest, digits) }

// take returns what was added and empties the mixer.
func take(m *mixer) histogram {
	h := newHistogram()
	h.MergeFrom(m)
	h.Compact()
	m.Reset()
	return h
}

// histogramOf returns the histogram of some times. The mixer is empty before and after.
func histogramOf(times []uint32, m *mixer) histogram {
	if len(times) > 1000 { // else emptying the mixer takes longer than it saves
		for _, us := range times {
			_ = m.RecordValue(int64(us))
		}
		return take(m)
	}
	h := newHistogram()
	for _, us := range times {
		record(h, int64(us), 1)
	}
	return h
}
