package web

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// recent is the span that charts show unless asked for the whole run.
const recent = 15 * time.Minute

// Charts is what the page's script draws.
type Charts struct {
	Series string // JSON: arrays of equal length by name, t in seconds since 1970
	Open   bool   // whether there are arrivals
	Times  string // title of the chart of times
	Plan   *Plan  // nil when the plan is no more than a number
	Spans  []Choice
	Empty  string
}

// A Choice is one of several things to look at.
type Choice struct {
	Label, Href string
	Current     bool
}

func newCharts(s *engine.Status, q Query) *Charts {
	c := &Charts{Spans: []Choice{
		{"Last 15 minutes", q.withSpan(SpanRecent).link(), q.Span != SpanRun},
		{"Whole run", q.withSpan(SpanRun).link(), q.Span == SpanRun},
	}, Open: s.Config.Model == engine.Open, Times: "Response times (ms)", Plan: newPlan(s)}
	points := latest(s.History, q.Span)
	if len(points) == 0 {
		c.Empty = "Nothing to draw yet. The first point comes a second after the start."
	}
	c.Series = series(points, c.Open)
	return c
}

// latest returns the points that a span asks for.
func latest(t stats.Timeline, span string) []stats.Point {
	if t.Len() == 0 {
		return nil
	}
	first := 0
	if span != SpanRun {
		since := t.Point(t.Len() - 1).To.Add(-recent)
		first = t.Len()
		for first > 0 && t.Point(first-1).To.After(since) {
			first--
		}
	}
	points := make([]stats.Point, 0, t.Len()-first)
	for i := first; i < t.Len(); i++ {
		points = append(points, t.Point(i))
	}
	return points
}

// series words points as JSON. A moment without requests has no response times.
func series(points []stats.Point, open bool) string {
	var b strings.Builder
	array := func(name string, decimals int, value func(stats.Point) (float64, bool)) {
		b.WriteByte("{,"[min(b.Len(), 1)])
		b.WriteString(`"` + name + `":[`)
		for i, p := range points {
			if i > 0 {
				b.WriteByte(',')
			}
			if x, ok := value(p); ok {
				b.WriteString(strconv.FormatFloat(x, 'f', decimals, 64))
			} else {
				b.WriteString("null")
			}
		}
		b.WriteByte(']')
	}
	always := func(value func(stats.Point) float64) func(stats.Point) (float64, bool) {
		return func(p stats.Point) (float64, bool) { return value(p), true }
	}
	millisOf := func(value func(stats.Point) time.Duration) func(stats.Point) (float64, bool) {
		return func(p stats.Point) (float64, bool) {
			return float64(value(p)) / float64(time.Millisecond), p.Requests > 0
		}
	}
	each := func(value func(stats.Arrivals) int64) func(stats.Point) (float64, bool) {
		return func(p stats.Point) (float64, bool) {
			return float64(value(p.Arrivals)) / p.Span().Seconds(), p.Span() > 0
		}
	}
	array("t", 1, always(func(p stats.Point) float64 { return float64(p.To.UnixMilli()) / 1000 }))
	array("rps", 2, always(stats.Point.Rate))
	array("fps", 2, always(stats.Point.FailRate))
	array("p50", 2, millisOf(func(p stats.Point) time.Duration { return p.P50 }))
	array("p95", 2, millisOf(func(p stats.Point) time.Duration { return p.P95 }))
	array("users", 0, always(func(p stats.Point) float64 { return float64(p.Users) }))
	array("target", 2, always(func(p stats.Point) float64 { return p.Target }))
	array("health", 0, always(func(p stats.Point) float64 { return float64(p.Health.Verdict()) }))
	if open {
		array("due", 2, each(func(a stats.Arrivals) int64 { return a.Due }))
		array("started", 2, each(func(a stats.Arrivals) int64 { return a.Started }))
		array("dropped", 2, each(func(a stats.Arrivals) int64 { return a.Dropped }))
	}
	b.WriteByte('}')
	return b.String()
}

// The size of a sparkline's drawing, and how many seconds it spans at least and at
// most.
const (
	sparkWidth, sparkHeight = 120, 28
	sparkLeast, sparkMost   = 60, 120
)

// newSpark draws how a number went in the last two minutes, as the path of an SVG:
// the latest of values at the right edge, zero at the bottom, the largest at the
// top. It closes below and beside the drawing, so one path is both line and area.
func newSpark(values []float64) string {
	if len(values) > sparkMost+1 {
		values = values[len(values)-sparkMost-1:]
	}
	if len(values) < 2 {
		return ""
	}
	top := 0.0
	for _, v := range values {
		top = max(top, v)
	}
	if top == 0 {
		top = 1
	}
	const foot, head, beyond = sparkHeight - 1.5, 2.0, 3
	step := float64(sparkWidth) / float64(max(sparkLeast, len(values)-1))
	x := sparkWidth - step*float64(len(values)-1)
	var b strings.Builder
	to := func(command byte, x, y float64) {
		b.WriteByte(command)
		b.WriteString(coordinate(x))
		b.WriteByte(' ')
		b.WriteString(coordinate(y))
	}
	height := func(v float64) float64 { return foot - (foot-head)*v/top }
	if x == 0 { // the line leaves the drawing at the left
		x = -beyond
	}
	to('M', x, sparkHeight+beyond)
	for i, v := range values {
		to('L', x, height(v))
		x = sparkWidth - step*float64(len(values)-2-i)
	}
	to('L', sparkWidth+beyond, height(values[len(values)-1]))
	to('L', sparkWidth+beyond, sparkHeight+beyond)
	b.WriteByte('Z')
	return b.String()
}

func coordinate(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }
