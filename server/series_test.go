package server

import (
	"strconv"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// TestFewSeriesAreKept: those asked for last, and a run's own.
func TestFewSeriesAreKept(t *testing.T) {
	start := time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)
	c := new(series)
	root := stats.Key{Method: "GET", Name: "/"}
	first := c.find(1, root, nil)
	for i := range 5 * maxSeries {
		c.find(1, stats.Key{Method: "GET", Name: strconv.Itoa(i)}, nil)
		if c.find(1, root, nil) != first {
			t.Fatalf("after %d others the series that is asked for each time begins anew", i+1)
		}
	}
	if len(c.kept) != maxSeries {
		t.Errorf("%d series are kept, want %d", len(c.kept), maxSeries)
	}
	for run, seconds := range map[int]int{1: 50, 2: 20} {
		s := newPast(start, run).on(seconds)
		points := c.of(s, root, s.History)
		if n := len(points); n != seconds || points[n-1].Requests != 1 || points[n-1].P50 != time.Duration(seconds)*time.Millisecond {
			t.Errorf("run %d: %d points, the last %+v; want %d and a request of as many ms", run, n, points[n-1], seconds)
		}
	}
}
