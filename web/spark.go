package web

import (
	"math"
	"strconv"
	"strings"
)

// The size of a sparkline's drawing, and how many seconds it spans at least and at
// most.
const (
	sparkWidth, sparkHeight = 120, 28
	sparkLeast, sparkMost   = 60, 120
)

// newSpark draws how a number went in the last two minutes, as the path of an SVG:
// the latest of values at the right edge, zero at the bottom, the largest at the
// top. It closes below and beside the drawing, so one path is both line and area.
// Few values leave room at the left, unless there will be no more of them: those of a
// time that is over fill the drawing.
func newSpark(values []float64, over bool) string {
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
	least := sparkLeast
	if over {
		least = 1
	}
	step := float64(sparkWidth) / float64(max(least, len(values)-1))
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

// peaks returns at most most values: the largest of each of as many stretches.
func peaks(values []float64, most int) []float64 {
	n := len(values)
	if n <= most {
		return values
	}
	list := make([]float64, most)
	for i, v := range values {
		k := i * most / n
		list[k] = max(list[k], v)
	}
	return list
}

func coordinate(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }

// trendSpark draws the counts of a trend's steps.
func trendSpark(steps []uint32, over bool) string {
	values := make([]float64, len(steps))
	for i, n := range steps {
		values[i] = float64(n)
	}
	return newSpark(values, over)
}
