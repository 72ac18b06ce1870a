package web

import (
	"slices"
	"strconv"
	"strings"
)

// A Trend draws how a row went in its latest minute: paths of an SVG that is trendWidth
// wide and trendHeight high, the latest number at the right, the largest at the top.
type Trend struct{ Line, Bad, Box string }

const trendWidth, trendHeight = 60, 18

// trendBox is the drawing as an SVG says it.
const trendBox = "0 0 60 18"

// filled returns t without the room at its left that steps to come would fill: n is all
// that there will be.
func (t Trend) filled(n int) Trend {
	if n > 1 {
		t.Box = strconv.Itoa(trendWidth-n+1) + " 0 " + strconv.Itoa(n-1) + " 18"
	}
	return t
}

// newTrend draws what counts of requests and failures per second.
func newTrend(requests, failures []uint32, of string) Trend {
	if of == OfOK {
		requests = slices.Clone(requests)
		for i, n := range failures {
			requests[i] -= min(n, requests[i])
		}
	}
	top := uint32(0)
	for _, n := range requests {
		top = max(top, n)
	}
	t := Trend{Box: trendBox}
	if of != OfFailed {
		t.Line = trendPath(requests, top)
	} else {
		top = slices.Max(append([]uint32{0}, failures...))
	}
	if of != OfOK && slices.Max(append([]uint32{0}, failures...)) > 0 {
		t.Bad = trendPath(failures, top)
	}
	return t
}

// trendPath is a line through values, in as few characters as there can be: there is one
// for each row and second.
func trendPath(values []uint32, top uint32) string {
	if len(values) < 2 {
		return ""
	}
	const foot, head = trendHeight - 1, 1
	height := func(v uint32) int { return foot - int((foot-head)*uint64(v)/uint64(max(1, top))) }
	var b strings.Builder
	y := height(values[0])
	b.WriteString("M" + strconv.Itoa(trendWidth-len(values)+1) + " " + strconv.Itoa(y))
	level, letter := 0, byte('M') // how far the line has gone on a level, and the command before
	flat := func() {
		if level > 0 {
			b.WriteString("h" + strconv.Itoa(level))
			level, letter = 0, 'h'
		}
	}
	for _, v := range values[1:] {
		next := height(v)
		if next == y {
			level++
			continue
		}
		flat()
		step := strconv.Itoa(next - y)
		switch {
		case letter != 'l':
			b.WriteString("l1")
		default:
			b.WriteString(" 1")
		}
		if next > y {
			b.WriteByte(' ')
		}
		b.WriteString(step)
		y, letter = next, 'l'
	}
	flat()
	return b.String()
}
