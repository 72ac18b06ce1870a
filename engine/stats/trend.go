package stats

import "math"

// maxTrend is how many steps the trend of a line has at most.
const maxTrend = 60

// A series is a trend while it grows: the latest maxTrend numbers, and before them
// some that are published already.
type series []uint32

// newSeries returns a series of so many zeros.
func newSeries(n int) series { return make(series, min(n, maxTrend), 2*maxTrend) }

// push appends a number. What was published is not written to: it is before.
func (s *series) push(n int64) {
	if len(*s) == cap(*s) {
		grown := newSeries(maxTrend - 1)
		copy(grown, s.latest()[1:])
		*s = grown
	}
	*s = append(*s, uint32(min(max(0, n), math.MaxUint32)))
}

// latest returns the latest numbers, oldest first. They never change.
func (s *series) latest() []uint32 {
	n := len(*s)
	return (*s)[max(0, n-maxTrend):n:n]
}

// A trend is how a line came to what it counts so far.
type trend struct {
	requests, failures int64 // so far
	all, failed        series
}

// newTrend returns the trend of a line that counted nothing in so many steps.
func newTrend(steps int) *trend { return &trend{all: newSeries(steps), failed: newSeries(steps)} }

// push appends what was counted since the last time.
func (t *trend) push(requests, failures int64) {
	t.all.push(requests - t.requests)
	t.failed.push(failures - t.failures)
	t.requests, t.failures = requests, failures
}
