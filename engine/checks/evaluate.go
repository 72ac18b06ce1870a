package checks

import (
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Result is what a check says of some requests.
type Result struct {
	Known  bool // whether there was anything to judge; the rest is zero when not
	OK     bool
	Value  float64 // in the metric's unit, see Check.Bound
	Margin float64 // room there is to the bound, as a share of it; negative beyond the bound
}

// Evaluate judges requests of some time.
func (c Check) Evaluate(row stats.Row, span time.Duration) Result {
	value, known := c.Metric.of(row, span)
	if !known {
		return Result{}
	}
	return Result{Known: true, OK: c.Op.holds(value, c.Bound), Value: value, Margin: c.Op.margin(value, c.Bound)}
}

// of returns the value of m, and whether it has one.
func (m Metric) of(row stats.Row, span time.Duration) (value float64, known bool) {
	switch m {
	case Requests:
		return float64(row.Requests()), true
	case Fails:
		return float64(row.Failures()), true
	case RPS:
		return perSecond(row.Requests(), span)
	case FailsPS:
		return perSecond(row.Failures(), span)
	}
	if row.Requests() == 0 {
		return 0, false
	}
	if m == FailRate {
		return 100 * row.FailRatio(), true
	}
	times := row.All().Response()
	var d time.Duration
	switch m {
	case Avg:
		d = times.Mean()
	case Min:
		d = times.Min()
	case Max:
		d = times.Max()
	default:
		p, ok := m.Percentile()
		if !ok {
			return 0, false
		}
		d = times.Percentile(p)
	}
	return float64(d) / float64(time.Millisecond), true
}

func perSecond(n int64, span time.Duration) (float64, bool) {
	if span <= 0 {
		return 0, false
	}
	return float64(n) / span.Seconds(), true
}

// Pending reports whether what r says against c may only be that the run is not over:
// a count that has not yet grown as far as it must.
func (c Check) Pending(r Result) bool {
	return c.Metric.Counted() && !r.OK && r.Value <= c.Bound && (c.Op == Greater || c.Op == AtLeast || c.Op == Equal)
}

// Sum returns what c looks at of rows, all together: their times only if it is about times.
func (c Check) Sum(rows []stats.Row) stats.Row {
	if c.Metric.Timed() {
		return stats.Sum(rows)
	}
	return stats.SumCounts(rows)
}

// Find returns what a snapshot says of the requests of c, summed up, and the keys of
// their rows. Without any there never was such a request. Groups, which time several
// requests together, are looked at when there is nothing else.
func (c Check) Find(s *stats.Snapshot) (all stats.Row, keys []stats.Key) {
	var rows, groups []stats.Row
	for i := range s.Rows {
		switch row := s.Rows[i].Row; {
		case !c.matches(row.Key):
		case row.Method == stats.Group && c.Method != stats.Group:
			groups = append(groups, row)
		default:
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		rows = groups
	}
	for _, r := range rows {
		keys = append(keys, r.Key)
	}
	if c.All() {
		return s.Total.Row, keys
	}
	return c.Sum(rows), keys
}
