package telemetry

import (
	"math"

	"github.com/gregaria/gregaria/engine/stats"
)

// scale is the resolution of exponential histograms: 2^scale buckets between a time and
// twice that.
const scale = 5

// classic are the bounds, in seconds, of the buckets for those who cannot do with
// exponential ones.
var classic = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// An exponential is how many samples each exponential bucket has. The one of index i is
// for times above bound(i-1) and up to bound(i). What took no time at all is zero.
type exponential struct {
	zero   int64
	first  int     // index of the first of counts
	counts []int64 // from the first bucket with any to the last
}

func exponentialOf(t stats.Tally) (e exponential) {
	i, upTo := 0, 0.0
	for largest, n := range t.Tops {
		if largest <= 0 {
			e.zero += n
			continue
		}
		if seconds := largest.Seconds(); seconds > upTo {
			i = bucketOf(seconds)
			upTo = bound(i)
		}
		if e.counts == nil {
			e.first = i
		}
		for len(e.counts) <= i-e.first {
			e.counts = append(e.counts, 0)
		}
		e.counts[i-e.first] += n
	}
	return e
}

// bucketOf returns the index of the bucket for a number of seconds.
func bucketOf(seconds float64) int {
	i := int(math.Ceil(math.Log2(seconds) * (1 << scale)))
	switch { // the logarithm may be a little off
	case seconds > bound(i):
		i++
	case seconds <= bound(i-1):
		i--
	}
	return i
}

// bound returns the largest number of seconds that a bucket is for.
func bound(i int) float64 { return math.Exp2(float64(i) / (1 << scale)) }

// cumulative returns how many samples are within each of the classic bounds.
func cumulative(t stats.Tally) []uint64 {
	counts := make([]uint64, len(classic)+1) // the last is for what is beyond
	i := 0
	for largest, n := range t.Tops {
		for seconds := largest.Seconds(); i < len(classic) && seconds > classic[i]; {
			i++
		}
		counts[i] += uint64(n)
	}
	for i := range classic[1:] {
		counts[i+1] += counts[i]
	}
	return counts[:len(classic)]
}
