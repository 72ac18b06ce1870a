package stats

import (
	"math"
	"time"
)

// Gauges are what a delta says of its end and of its span beside the samples.
type Gauges struct {
	Users    int      // users alive at the end
	Target   float64  // load the plan asked for at the end: users, or arrivals per second
	Arrivals Arrivals // of the span; zero in the closed model
	Health   Health   // of the load generator in the span
}

// plus returns the gauges of two spans, of which h's is the later.
func (g Gauges) plus(h Gauges) Gauges {
	g, h = g.fit(), h.fit()
	h.Arrivals = g.Arrivals.Plus(h.Arrivals)
	h.Health = g.Health.Plus(h.Health)
	return h
}

// fit returns g fit to be kept, whoever made it: without impossible numbers, see also
// Health.fit.
func (g Gauges) fit() Gauges {
	g.Users, g.Target = max(0, g.Users), finite(g.Target)
	for _, n := range g.Arrivals.counts() {
		*n = max(0, *n)
	}
	g.Health = g.Health.fit()
	return g
}

// finite returns x, or 0 when it is negative, infinite or no number.
func finite(x float64) float64 {
	if x >= 0 && x <= math.MaxFloat64 {
		return x
	}
	return 0
}

// Arrivals count iterations of the open model.
type Arrivals struct {
	Due       int64 // should have started, by the schedule
	Started   int64
	Completed int64
	Late      int64 // of those started, more than LateAfter behind the schedule
	Dropped   int64 // not started: as many users as allowed were busy
}

// LateAfter is how far behind the schedule an iteration starts late.
const LateAfter = 10 * time.Millisecond

// Plus returns the sum of a and b, of which no count is negative.
func (a Arrivals) Plus(b Arrivals) Arrivals {
	theirs := b.counts()
	for i, n := range a.counts() {
		*n = saturated(*n, *theirs[i])
	}
	return a
}

// counts returns all there is in a.
func (a *Arrivals) counts() [5]*int64 {
	return [...]*int64{&a.Due, &a.Started, &a.Completed, &a.Late, &a.Dropped}
}

// Minus returns what a counts more than b.
func (a Arrivals) Minus(b Arrivals) Arrivals {
	return Arrivals{a.Due - b.Due, a.Started - b.Started, a.Completed - b.Completed, a.Late - b.Late, a.Dropped - b.Dropped}
}
