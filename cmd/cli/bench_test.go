package cli

import (
	"fmt"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/engine/stats"
)

// BenchmarkFollow is what --csv costs each second, after a quarter of an hour.
func BenchmarkFollow(b *testing.B) {
	tp := newTape(1, start)
	fill := func() {
		for row := range 10 {
			for k := range 200 {
				tp.recorder.Shard(0).Record(stats.Sample{Method: "GET", Name: fmt.Sprint("/", row), Took: time.Duration(k*k) * time.Microsecond})
			}
		}
	}
	for range 900 {
		fill()
		tp.second(0)
	}
	c := new(csvFiles)
	c.history, _ = report.NewHistory(c.grow("_stats_history.csv"), false)
	c.health, _ = report.NewHealth(c.grow("_health.csv"))
	c.follow(tp.second(0))
	for b.Loop() {
		b.StopTimer()
		fill()
		s := tp.second(0)
		b.StartTimer()
		c.follow(s)
		for _, g := range c.growing {
			g.pending.Reset()
		}
	}
}
