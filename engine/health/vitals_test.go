package health

import (
	"math"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

func TestVitalsAreWhatHappenedBetweenReadings(t *testing.T) {
	const ms = time.Millisecond
	begin := time.Now()
	edges := []float64{math.Inf(-1), 0, 0.001, 0.010, math.Inf(1)}
	old := reading{
		at: begin, used: 7 * ms, throttled: 5 * ms, machine: ticks{all: 1000, stolen: 50}, slept: time.Hour,
		pulse: pulse{waits: []uint64{0, 5, 5, 9}, edges: edges, gc: 100 * ms, all: time.Minute},
	}
	for _, c := range []struct {
		name string
		now  func(r *reading)
		want stats.Vitals
	}{
		{"nothing", func(r *reading) {}, stats.Vitals{}},
		{"half of four processors", func(r *reading) { r.used += 2000 * ms }, stats.Vitals{Processor: 0.5}},
		{"a quota", func(r *reading) { r.used += 100 * ms; r.quota = 0.2 }, stats.Vitals{Processor: 0.5}},
		{"a quota that is no limit", func(r *reading) { r.used += 2000 * ms; r.quota = 64 }, stats.Vitals{Processor: 0.5}},
		{
			"what is stolen is not there",
			func(r *reading) { r.used += 1000 * ms; r.machine = ticks{all: 1400, stolen: 250} },
			stats.Vitals{Processor: 0.5, Stolen: 0.5},
		},
		{"stolen ticks are given back", func(r *reading) { r.machine = ticks{all: 1400, stolen: 40} }, stats.Vitals{}},
		{"more than there is", func(r *reading) { r.used += time.Minute }, stats.Vitals{Processor: 1}},
		{"one of four processors held back", func(r *reading) { r.throttled += 1000 * ms }, stats.Vitals{Throttled: 0.25}},
		{"a collection", func(r *reading) { r.gc += 400 * ms; r.all += 4000 * ms }, stats.Vitals{GC: 0.1}},
		{"a collection of ten seconds", func(r *reading) { r.gc += 4000 * ms; r.all += 40_000 * ms }, stats.Vitals{GC: 0.1}},
		{"descriptors", func(r *reading) { r.open = 0.5 }, stats.Vitals{Descriptors: 0.5}},
		{"sleep", func(r *reading) { r.slept += 3 * time.Second }, stats.Vitals{Suspended: 3 * time.Second}},
		{"clocks that drift", func(r *reading) { r.slept += 2 * ms }, stats.Vitals{}},
		{"short waits", func(r *reading) { r.waits = []uint64{0, 105, 6, 9} }, stats.Vitals{Scheduling: ms}},
		{"longer waits", func(r *reading) { r.waits = []uint64{0, 105, 7, 9} }, stats.Vitals{Scheduling: 10 * ms}},
		{"waits without an upper edge", func(r *reading) { r.waits = []uint64{0, 5, 5, 10} }, stats.Vitals{Scheduling: 10 * ms}},
		{"waits no longer told", func(r *reading) { r.waits = nil }, stats.Vitals{}},
	} {
		now := old
		now.at, now.processors = begin.Add(time.Second), 4
		c.now(&now)
		var got stats.Vitals
		now.fill(&got, old)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
