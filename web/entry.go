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
	of      string        // which samples count, see Query.Of
	span    time.Duration // of the run
	delayed bool          // its times are response times
	tally   *stats.Tally  // what times returns
}

// times are the samples whose times count.
func (e *entry) times() *stats.Tally {
	if e.tally == nil {
		var t stats.Tally
		switch e.of {
		case OfOK:
			t = e.OK
		case OfFailed:
			t = e.Failed
		default:
			t = e.All()
		}
		if e.delayed {
			t = t.Response()
		}
		e.tally = &t
	}
	return e.tally
}

// responses is e with response times.
func (e *entry) responses() *entry {
	r := *e
	response := e.times().Response()
	r.tally, r.delayed = &response, true
	return &r
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

func (e *entry) bytesPerSecond() float64 {
	if e.span <= 0 {
		return 0
	}
	return float64(e.times().Bytes) / e.span.Seconds()
}

// lastMinute is how many requests there were in the trend.
func (e *entry) lastMinute() (sum float64) {
	for _, n := range e.Trend {
		sum += float64(n)
	}
	return sum
}
