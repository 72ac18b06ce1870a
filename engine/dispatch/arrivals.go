package dispatch

import (
	"math"
	"time"
)

// maxRate is how many arrivals per second there may be: 1,000 ns from one to the next.
const maxRate = 1_000_000

// Arrivals are the moments at which iterations of the open model are due.
//
// They follow a level, the number of arrivals per second that there ought to be at each
// moment. It is added up over time, as the exact area under the line that it is between
// two looks at it, and each whole number that the sum goes beyond is an arrival, the
// first being 0: a level of 100 has an arrival at 0, 10 ms, 20 ms and so on. Arrivals
// at random come where the sum has grown by an exponentially distributed number of mean
// 1 instead, so that they are a Poisson process whatever the level does.
//
// The level is looked at every 5 ms, and more closely where it is no line, so that a
// jump is placed to within 10 µs, and exactly when it comes at a multiple of that. What
// it does between two looks goes unseen.
type Arrivals struct {
	level  func(time.Duration) (perSecond float64, on bool)
	chance func() float64

	// The stretch looked at last, on which the level is a line.
	from, to time.Duration
	rate     float64 // per second at from
	slope    float64 // by which the rate grows each second
	sum      float64 // of the level, from from to to

	// The sum, counted from from, beyond which the next arrival is. It stays small, so
	// that arrivals are as exact after a year as in the first second.
	next float64
}

// NewArrivals returns the arrivals of a level, beginning at 0. Even ones begin when the
// level has added up to lack, which is 0 for one at once and at most 1. What is negative, infinite
// or no number counts as 0, what is more than a million a second as a million, and there
// are no more arrivals once the level is not on. Without chance arrivals are even; else
// chance returns numbers from 0 to below 1, each equally likely, and they are random.
func NewArrivals(level func(time.Duration) (perSecond float64, on bool), chance func() float64, lack float64) *Arrivals {
	a := &Arrivals{level: level, chance: chance, next: lack}
	if chance != nil {
		a.next = a.gap()
	}
	return a
}

// gap returns by how much the sum grows from one arrival to the next.
func (a *Arrivals) gap() float64 {
	if a.chance == nil {
		return 1
	}
	return -math.Log1p(-a.chance())
}

// rounding is more than the error of a sum, and less than anybody notices: without it
// a sum that ought to be a whole number at the end of the load might be one arrival
// more.
const rounding = 1e-9

// Next returns the next arrival, if it is due before until; if not, ask again with a
// later until. It looks at the level no further than 10 ms beyond until.
func (a *Arrivals) Next(until time.Duration) (at time.Duration, due bool) {
	for a.sum <= a.next+rounding {
		if a.to >= min(until, never) || !a.look() {
			return 0, false
		}
	}
	at = a.from + a.reach(a.next)
	if at >= until {
		return 0, false
	}
	a.next += a.gap()
	return at, true
}

// reach returns how long after from the sum is as given.
func (a *Arrivals) reach(sum float64) time.Duration {
	if sum <= 0 {
		return 0
	}
	// The root of rate·x + slope·x²/2 = sum, in the form that bears a slope of 0. That
	// sum is less than a.sum, by more than rounding, keeps x within the stretch.
	x := 2 * sum / (a.rate + math.Sqrt(a.rate*a.rate+2*a.slope*sum))
	return time.Duration(math.Round(x * float64(time.Second)))
}

// The longest and the shortest stretch to look at, and how far from a line, in arrivals,
// the level may be within it.
const (
	longest  = 10 * time.Millisecond
	shortest = 10 * time.Microsecond
	bend     = 1e-6
)

// look goes on to the next stretch, and reports whether the level is still on.
func (a *Arrivals) look() bool {
	begin, on := a.at(a.to)
	if !on {
		return false
	}
	// A stretch begins at a multiple of its length.
	step := longest
	for a.to%step != 0 {
		step /= 10
	}
	for ; step > shortest; step /= 10 {
		middle, _ := a.at(a.to + step/2)
		end, _ := a.at(a.to + step)
		if math.Abs(begin+end-2*middle)*step.Seconds() <= bend {
			a.stretch(step, begin, end)
			return true
		}
	}
	a.stretch(shortest, begin, begin)
	return true
}

// at returns the level at t, made fit to be added up.
func (a *Arrivals) at(t time.Duration) (perSecond float64, on bool) {
	perSecond, on = a.level(t)
	if !on || !(perSecond >= 0) || math.IsInf(perSecond, 0) {
		return 0, on
	}
	return min(perSecond, maxRate), on
}

// stretch goes on to the next stretch, on which the level goes evenly from begin to end.
func (a *Arrivals) stretch(step time.Duration, begin, end float64) {
	a.next -= a.sum
	a.from, a.to = a.to, a.to+step
	x := step.Seconds()
	a.rate, a.slope = begin, (end-begin)/x
	a.sum = x * (begin + end) / 2
}

// Users returns how many users a level of the closed model is: the nearest whole number.
// What is negative, infinite or no number is 0.
func Users(level float64) int {
	if !(level > 0) || math.IsInf(level, 0) {
		return 0
	}
	return int(math.Round(min(level, math.MaxInt32)))
}
