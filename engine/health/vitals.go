package health

import (
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// shortest is the shortest span that shares are told of. The kernel counts in steps
// of a hundredth of a second.
const shortest = 100 * time.Millisecond

// fill sets what has happened from an earlier reading to r.
func (r reading) fill(v *stats.Vitals, old reading) {
	span := r.at.Sub(old.at).Seconds()
	all := span * r.processors // seconds of the processors it may run on
	v.Scheduling = r.waited(old.pulse)
	v.Stolen = share(float64(r.machine.stolen)-float64(old.machine.stolen), float64(r.machine.all)-float64(old.machine.all))
	v.Throttled = share((r.throttled - old.throttled).Seconds(), all)
	there := all * (1 - v.Stolen)
	if r.quota > 0 {
		there = min(there, span*r.quota)
	}
	v.Processor = share((r.used - old.used).Seconds(), there)
	// The collector's time becomes known at the end of its cycle, which may have
	// begun long before this span.
	v.GC = share((r.gc - old.gc).Seconds(), max(all, (r.all-old.all).Seconds()))
	v.Descriptors = r.open
	if slept := r.slept - old.slept; slept > clockNoise {
		v.Suspended = slept
	}
}

// clockNoise is by how much the time slept may seem to grow while nobody sleeps.
const clockNoise = 10 * time.Millisecond

// share returns part of whole, from 0 to 1.
func share(part, whole float64) float64 {
	if part <= 0 || whole <= 0 {
		return 0
	}
	return min(1, part/whole)
}
