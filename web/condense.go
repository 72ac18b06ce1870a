package web

import (
	"slices"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// condense returns a history as points, at most most of them: where there are more
// entries, those of equal stretches of time are added up, and what is said of times comes
// from their merged histograms.
func condense(t stats.Timeline, most int) []stats.Point {
	n := t.Len()
	if n <= most {
		return slices.Collect(t.Points())
	}
	from := t.Point(0).From
	step := t.Point(n-1).To.Sub(from)/time.Duration(most) + 1
	var points []stats.Point
	var group []stats.Point
	var rows []stats.Row
	flush := func() {
		if len(group) > 0 {
			points = append(points, together(group, rows))
		}
		group, rows = group[:0], rows[:0]
	}
	at := -1
	for p, row := range t.Row(stats.Key{}) {
		// An entry belongs to the stretch its middle is in.
		if k := int(p.From.Add(p.Span()/2).Sub(from) / step); k != at {
			flush()
			at = k
		}
		group, rows = append(group, p), append(rows, row)
	}
	flush()
	return points
}

// together returns points that follow each other as one. rows are their samples.
func together(points []stats.Point, rows []stats.Row) stats.Point {
	if len(points) == 1 {
		return points[0]
	}
	sum := points[0]
	for _, p := range points[1:] {
		sum = joined(sum, p)
	}
	times := stats.Sum(rows).All().Response().Percentiles(50, 95, 99)
	sum.P50, sum.P95, sum.P99 = times[0], times[1], times[2]
	return sum
}

// joined returns two points, of which q is the later, as one whose times are those of q:
// what they are together only histograms tell.
func joined(p, q stats.Point) stats.Point {
	q.From, q.Requests, q.Failures = p.From, p.Requests+q.Requests, p.Failures+q.Failures
	q.Arrivals, q.Health = p.Arrivals.Plus(q.Arrivals), p.Health.Plus(q.Health)
	return q // users and target are those at the end
}
