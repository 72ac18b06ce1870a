package stats

import "time"

// Sum returns all times together.
func (t Tally) Sum() time.Duration {
	const most = int64(1<<63-1) / int64(time.Microsecond)
	return micros(min(t.sum, most))
}

// Tops is Buckets with the largest time that each bucket stands for, which is none that
// no sample had: what is told of them agrees with the percentiles.
func (t Tally) Tops(yield func(largest time.Duration, count int64) bool) {
	if t.Count == 0 {
		return
	}
	for us, n := range t.hist.ForEachBucket {
		if !yield(micros(max(t.min, min(us+width(us)-1, t.max))), n) {
			return
		}
	}
}
