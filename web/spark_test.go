package web

import (
	"strings"
	"testing"
)

func TestSparkNeedsTwoValues(t *testing.T) {
	if got := newSpark([]float64{1}, false); got != "" {
		t.Errorf("newSpark of one value = %q, want nothing", got)
	}
	if got, want := newSpark([]float64{0, 0}, false), "M118 31L118 26.5L120 26.5L123 26.5L123 31Z"; got != want {
		t.Errorf("newSpark of zeros = %q, want %q", got, want)
	}
	long := make([]float64, 500)
	if got := strings.Count(newSpark(long, false), "L"); got != sparkMost+3 {
		t.Errorf("newSpark of 500 values has %d corners, want %d", got, sparkMost+3)
	}
}

func TestTrendSparkDrawsAsManyStepsAsThereAre(t *testing.T) {
	for _, steps := range [][]uint32{nil, {3}, {0, 2, 1}, make([]uint32, 60)} {
		values := make([]float64, len(steps))
		for i, n := range steps {
			values[i] = float64(n)
		}
		if got, want := trendSpark(steps, false), newSpark(values, false); got != want {
			t.Errorf("trendSpark(%v) = %q, want %q", steps, got, want)
		}
	}
}

func TestTheSparkOfATimeThatIsOverFillsItsDrawing(t *testing.T) {
	if got, want := newSpark([]float64{0, 0}, true), "M-3 31L-3 26.5L120 26.5L123 26.5L123 31Z"; got != want {
		t.Errorf("two values of a time that is over = %q, want %q", got, want)
	}
	if got, want := newTrend([]uint32{1, 2, 3}, nil, OfAll).filled(3).Box, "58 0 2 18"; got != want {
		t.Errorf("the drawing of three steps is %q, want %q", got, want)
	}
}
