// Package dispatch decides how many users run, of which class, when that changes, and
// when iterations of the open model are due. It is pure arithmetic: the loop that starts
// and stops users owns the clock.
package dispatch

import (
	"math"
	"time"
)

// A Class is one kind of user.
type Class struct {
	Weight int // share of the users; at least 1
	Count  int // exactly so many, before any other; 0 means by weight
}

// Next returns the class of which one more user must start, given how many of each
// there are. Exact counts are filled first, in order. After that the classes
// without a count share by weight, each user going to the class that is furthest
// behind (Webster's method), so that they are interleaved and, for every number of
// users, no user could change class and bring the two classes closer to their
// weights. It returns -1 when every class has an exact count and all are filled.
func Next(classes []Class, users []int) int {
	for i, c := range classes {
		if c.Count > users[i] {
			return i
		}
	}
	return best(classes, users, 1)
}

// Last returns the class of which one user must stop: the one that Next started last. It
// returns -1 when there is no user.
func Last(classes []Class, users []int) int {
	if i := best(classes, users, -1); i >= 0 {
		return i
	}
	for i := len(classes) - 1; i >= 0; i-- {
		if users[i] > 0 {
			return i
		}
	}
	return -1
}

// Shift returns which class must give up a user, and which must get one in its place, to
// bring the users there are nearer to the weights; -1 and -1 when none can come nearer.
// Done again and again it leads to what Next would have started. Exact counts stay.
func Shift(classes []Class, users []int) (from, to int) {
	from, to = best(classes, users, -1), best(classes, users, 1)
	if from < 0 || to < 0 || from == to {
		return -1, -1
	}
	quotient := func(i, sign int) float64 { return float64(2*users[i]+sign) / float64(max(1, classes[i].Weight)) }
	if quotient(from, -1) <= quotient(to, 1) {
		return -1, -1
	}
	return from, to
}

// best returns the class by weight with the lowest (sign 1) or, among those with
// users, the highest (sign -1) quotient (2·users+sign)/weight. Ties go to the first
// when adding and to the last when removing, so that Last undoes Next.
func best(classes []Class, users []int, sign int) int {
	found, quotient := -1, 0.0
	for i, c := range classes {
		if c.Count > 0 || sign < 0 && users[i] == 0 {
			continue
		}
		q := float64(2*users[i]+sign) / float64(max(1, c.Weight))
		if found < 0 || sign > 0 && q < quotient || sign < 0 && q >= quotient {
			found, quotient = i, q
		}
	}
	return found
}

// Most returns the largest number of users that the classes allow: without limit
// (math.MaxInt) unless every class has an exact count.
func Most(classes []Class) int {
	sum := 0
	for _, c := range classes {
		if c.Count <= 0 {
			return math.MaxInt
		}
		sum += c.Count
	}
	return sum
}

// Ramp returns how many users there should be when their number goes from from to
// to, up or down, at perSecond users a second, after elapsed. The first changes at
// once, each further one 1/perSecond later: 100 a second is one user every 10 ms,
// 0.5 is one every two seconds. The k-th change, counted from 0, happens at At(k) to
// the nanosecond.
func Ramp(from, to int, perSecond float64, elapsed time.Duration) int {
	if elapsed < 0 {
		return from
	}
	changes := max(to-from, from-to)
	due := changes
	if n := elapsed.Seconds() * perSecond; n < float64(changes) {
		due = int(n) // give or take a rounding
	}
	for due > 0 && At(due-1, perSecond) > elapsed {
		due--
	}
	for due < changes && At(due, perSecond) <= elapsed {
		due++
	}
	if to < from {
		return from - due
	}
	return from + due
}

// never is later than any run ends, and can still be added to a time.
const never = math.MaxInt64 / 2

// At returns when the k-th change of a ramp is due, the first being 0.
func At(k int, perSecond float64) time.Duration {
	if k <= 0 {
		return 0
	}
	if at := math.Ceil(float64(k) * float64(time.Second) / perSecond); at < never {
		return time.Duration(at)
	}
	return never
}
