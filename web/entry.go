package web

import (
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// An entry is a row as a reader looks at it. Of the samples that count, what takes long
// to work out is worked out once, and not before it is asked for: most rows are on
// another page of the table. It belongs to one goroutine.
type entry struct {
	*stats.Line
	of       string        // which samples count, see Query.Of
	span     time.Duration // of the run
	over     bool          // that is a time that is over, so trends are of all of it
	took     *stats.Tally  // what service returns
	response *stats.Tally  // what times returns
}

// times are the samples that count, by response time, which is what a time is unless it
// says otherwise.
func (e *entry) times() *stats.Tally {
	if e.response == nil {
		t := e.service().Response()
		e.response = &t
	}
	return e.response
}

// service are the samples that count, by service time.
func (e *entry) service() *stats.Tally {
	if e.took == nil {
		var t stats.Tally
		switch e.of {
		case OfOK:
			t = e.OK
		case OfFailed:
			t = e.Failed
		default:
			t = e.All()
		}
		e.took = &t
	}
	return e.took
}

// Counts are of all samples, whichever of them count.
func (e *entry) requests() int64 { return e.Requests() }
func (e *entry) failures() int64 { return e.Failures() }

// rate is how many of the samples that count there are per second.
func (e *entry) rate() float64 {
	switch e.of {
	case OfOK:
		return max(0, e.Rate-e.FailRate)
	case OfFailed:
		return e.FailRate
	default:
		return e.Rate
	}
}

// perSecond is the same on average.
func (e *entry) perSecond() float64 {
	if e.span <= 0 {
		return 0
	}
	return float64(e.times().Count) / e.span.Seconds()
}

func (e *entry) bytesPerSecond() float64 {
	if e.span <= 0 {
		return 0
	}
	return float64(e.times().Bytes) / e.span.Seconds()
}

// inTrend is how many requests there were in the trend.
func (e *entry) inTrend() (sum float64) {
	for _, n := range e.Trend {
		sum += float64(n)
	}
	return sum
}
