package stats

import (
	"testing"
	"time"
)

// A subtotal's percentiles are those of all its samples together, not an average, and
// groups are no part of it.
func TestSubtotalMergesHistograms(t *testing.T) {
	line := func(method, name string, rate float64, times ...time.Duration) *Line {
		var p pile
		for _, d := range times {
			p.add(d, 0, 100)
		}
		return &Line{Row: Row{Key: Key{Method: method, Name: name}, OK: p.take(newMixer())}, Rate: rate, Trend: []uint32{1, uint32(len(times))}}
	}
	many := make([]time.Duration, 99)
	for i := range many {
		many[i] = time.Millisecond
	}
	quick, slow := line("GET", "/quick", 9.9, many...), line("GET", "/slow", 0.1, time.Second)
	got := Subtotal([]*Line{quick, slow, line(Group, "both", 5, time.Minute)})
	if got.Requests() != 100 || got.OK.Bytes != 10000 || got.Rate != 10 {
		t.Errorf("Subtotal = %d requests, %d bytes, %v per second; want 100, 10000, 10", got.Requests(), got.OK.Bytes, got.Rate)
	}
	if p50, p99, longest := got.OK.Percentile(50), got.OK.Percentile(99), got.OK.Max(); p50 != time.Millisecond || p99 != time.Millisecond || longest != time.Second {
		t.Errorf("Subtotal has p50 %v, p99 %v, max %v; want 1ms, 1ms, 1s", p50, p99, longest)
	}
	if len(got.Trend) != 2 || got.Trend[0] != 2 || got.Trend[1] != 100 {
		t.Errorf("Subtotal has trend %v, want [2 100]", got.Trend)
	}
	if quick.Trend[1] != 99 {
		t.Errorf("Subtotal changed the trend of a line to %v", quick.Trend)
	}
	if none := Subtotal(nil); none.Requests() != 0 || none.OK.Percentile(50) != 0 {
		t.Errorf("Subtotal(nil) = %+v, want nothing", none)
	}
}
