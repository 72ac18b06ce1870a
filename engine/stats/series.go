package stats

import "time"

// A Series is the points of one row of a run. It keeps what it has unpacked: entries of a
// history do not change, so that the next timeline costs no more than its new ones. It
// belongs to one goroutine at a time.
type Series struct {
	key   Key
	times []float64 // percentiles beside those of all points
	known map[step]rowPoint
}

// A step is when an entry began and ended, in nanoseconds since 1970.
type step struct{ from, to int64 }

// A rowPoint is what a point says of a row, see Point.Of.
type rowPoint struct {
	requests, failures int64
	p50, p95, p99      time.Duration
	times              []time.Duration
}

// fewSteps is how many are kept at least; beyond them, as many again as are looked at.
const fewSteps = 4 << 10

// NewSeries returns the series of a row, or of the total with the zero Key. Its points
// have the times of these percentiles, too.
func NewSeries(key Key, percentiles ...float64) *Series {
	return &Series{key, percentiles, map[step]rowPoint{}}
}

// Points returns the points of the series in a timeline of its run, oldest first.
func (s *Series) Points(t Timeline) []Point {
	if len(s.known) > max(fewSteps, 2*t.Len()) {
		clear(s.known) // most of them have been merged into others
	}
	points := make([]Point, t.Len())
	var r reader
	for i := range t.entries {
		e := &t.entries[i]
		at := step{e.From.UnixNano(), e.To.UnixNano()}
		known, ok := s.known[at]
		if !ok {
			row := e.row(s.key, &r)
			p := e.Of(row)
			known = rowPoint{p.Requests, p.Failures, p.P50, p.P95, p.P99, nil}
			if len(s.times) > 0 {
				known.times = row.All().Response().Percentiles(s.times...)
			}
			s.known[at] = known
		}
		points[i] = known.in(e.Point)
	}
	return points
}

// in returns the point of an entry as it is of the row.
func (r rowPoint) in(p Point) Point {
	p.Requests, p.Failures = r.requests, r.failures
	p.P50, p.P95, p.P99, p.Times = r.p50, r.p95, r.p99, r.times
	return p
}
