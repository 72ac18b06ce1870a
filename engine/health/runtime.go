package health

import (
	"math"
	"runtime/metrics"
	"slices"
	"time"
)

// names are what is read of the Go runtime. The times of the collector advance when
// it ends a cycle.
var names = [...]string{
	"/sched/latencies:seconds",
	"/cpu/classes/gc/total:cpu-seconds",
	"/cpu/classes/gc/mark/idle:cpu-seconds", // what would have been idle otherwise
	"/cpu/classes/total:cpu-seconds",
}

// A pulse is what the Go runtime has counted since the process began.
type pulse struct {
	waits   []uint64      // how often a goroutine waited for a processor, by time
	edges   []float64     // of waits, in seconds: bucket i is from edges[i] to edges[i+1]
	gc, all time.Duration // processor time: the collector's, and all there was
}

// A prober reads pulses.
type prober [len(names)]metrics.Sample

func newProber() *prober {
	var p prober
	for i := range p {
		p[i].Name = names[i]
	}
	return &p
}

// read returns the pulse now. What this version of Go does not tell is 0.
func (p *prober) read() pulse {
	metrics.Read(p[:])
	seconds := func(i int) time.Duration {
		if p[i].Value.Kind() != metrics.KindFloat64 {
			return 0
		}
		return time.Duration(p[i].Value.Float64() * float64(time.Second))
	}
	now := pulse{gc: seconds(1) - seconds(2), all: seconds(3)}
	if p[0].Value.Kind() == metrics.KindFloat64Histogram {
		h := p[0].Value.Float64Histogram()
		now.waits, now.edges = slices.Clone(h.Counts), h.Buckets // the next read fills h anew
	}
	return now
}

// waited returns how long goroutines waited for a processor since an earlier pulse,
// 99th percentile.
func (p pulse) waited(old pulse) time.Duration {
	if len(p.waits) != len(old.waits) {
		return 0
	}
	counts := make([]uint64, len(p.waits))
	var total uint64
	for i := range counts {
		counts[i] = p.waits[i] - old.waits[i]
		total += counts[i]
	}
	if total == 0 {
		return 0
	}
	i := rank99(counts, total)
	edge := p.edges[i+1]
	if math.IsInf(edge, 1) {
		edge = p.edges[i]
	}
	return time.Duration(max(edge, 0) * float64(time.Second))
}
