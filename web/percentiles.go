package web

import (
	"math"
	"slices"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// usualPercentiles are those of charts unless the reader wants others. Points have them.
var usualPercentiles = []float64{50, 95, 99}

// chartPercentiles are those that the charts over time show to a reader with query q: those
// of the columns, and those typed. They ascend, and there are no more than can be told
// apart.
func chartPercentiles(q Query) []float64 {
	ids := list(q.Columns)
	if len(ids) == 0 {
		ids = statisticsColumns
	}
	typed, _ := parsePercentiles(q.Typed)
	var ps []float64
	for _, id := range slices.Concat(typed, ids) {
		p, ok := percentileOf(id, "p")
		if id == "median" {
			p, ok = 50, true
		}
		if ok && len(ps) < lineColours && !slices.Contains(ps, p) {
			ps = append(ps, p)
		}
	}
	if len(ps) == 0 {
		return usualPercentiles
	}
	slices.Sort(ps)
	return ps
}

// usual tells whether points have percentiles without more.
func usual(ps []float64) bool { return slices.Equal(ps, usualPercentiles) }

// percentileLines makes a chart of times that there are at each of n points, the i-th of
// which has requests or not.
func (d *Drawing) percentileLines(ps []float64, n int, any func(i int) bool, at func(i, p int) time.Duration) {
	c := Chart{Title: "Response times", Unit: "ms", Log: true}
	colours := []string{"sand-line", "ink", "line-1"}
	for k, p := range ps {
		name := "p" + number(p)
		d.Data[name] = array(n, 2, func(i int) float64 {
			if !any(i) { // a moment without requests has no response times
				return math.NaN()
			}
			return inMillis(at(i, k))
		})
		l := Line{Label: name, Key: name, Colour: lineColour(k)}
		if len(ps) <= len(colours) {
			l.Colour, l.Dash = colours[k], k == len(colours)-1
		}
		c.Lines = append(c.Lines, l)
	}
	d.Charts["time"] = c
}

// pointTimes makes that chart of points. Those of a series of ps have their times.
func (d *Drawing) pointTimes(ps []float64, points []stats.Point) {
	d.percentileLines(ps, len(points), func(i int) bool { return points[i].Requests > 0 }, func(i, k int) time.Duration {
		p := &points[i]
		if p.Times == nil {
			return []time.Duration{p.P50, p.P95, p.P99}[k]
		}
		return p.Times[k]
	})
}
