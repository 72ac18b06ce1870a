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

// record adds n samples of a time that is at most highest. A histogram of 2^63-1
// samples is full and takes no more.
func record(h histogram, us, n int64) { _ = h.RecordValues(us, n) }

// width returns how many µs the bucket of a time spans.
func width(us int64) int64 { return 1 << (bits.Len64(uint64(us)|2047) - 11) }

// merged returns a histogram of what is in h and g.
func merged(h, g histogram) histogram {
	if h.Populated() < g.Populated() {
		h, g = g, h
	}
	return mergedInto(h.Clone(), g)
}

// mergedInto returns h after adding what is in g.
func mergedInto(h, g histogram) histogram {
	if g.Populated() > h.Populated()/8 {
		h.Merge(g)
		return h
	}
	for us, n := range g.ForEachBucket { // faster, since Merge visits all of h
		record(h, us, n)
	}
	return h
}

// A mixer adds up many times or histograms at once. It is empty after each take.
type mixer struct {
	few histogram               // takes long to fill with many buckets
	all *hdrhistogram.Histogram // holds every bucket, populated or not, and takes long to empty
}

func newMixer() *mixer {
	return &mixer{newHistogram(), hdrhistogram.New(1, highest, digits)}
}

const fewBuckets = 500

// time adds one time that is at most highest.
func (m *mixer) time(us int64) {
	if m.few.Populated() < fewBuckets {
		record(m.few, us, 1)
	} else {
		_ = m.all.RecordValue(us)
	}
}

// add adds a histogram.
func (m *mixer) add(h histogram) {
	if m.few.Populated()+h.Populated() <= fewBuckets {
		m.few.Merge(h)
	} else {
		h.MergeInto(m.all)
	}
}

// take returns what was added and empties the mixer.
func (m *mixer) take() histogram {
	if m.all.TotalCount() > 0 {
		m.few.MergeFrom(m.all)
		m.all.Reset()
	}
	return take(m.few)
}

// take returns a copy of h, which is no larger than need be, and empties h.
func take(h histogram) histogram {
	taken := h.Clone()
	h.Reset()
	if h.CountWidth() > 1 {
		h.Compact() // or all that is taken later is as wide
	}
	return taken
}
