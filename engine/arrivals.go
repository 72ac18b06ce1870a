package engine

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/engine/dispatch"
	"github.com/gregaria/gregaria/engine/stats"
)

// arrivals is the open model: it makes iterations due by schedule, whatever the target
// does, on users that wait for one. There are as many users as that takes, up to a
// cap, and a few to spare; those who have long had nothing to do leave.
//
// An iteration that finds no user idle waits for one to start or to become idle. At
// the cap it is dropped.
type arrivals struct {
	started, late atomic.Int64 // users count these

	run     *run
	changed chan struct{} // holds a token when the pacer must look again
	growth  chan struct{} // holds a token when the run's loop must start users

	mu       sync.Mutex // guards what follows
	schedule *dispatch.Arrivals
	zero     time.Time // when the schedule began, on the wall
	upcoming time.Time // the next arrival; zero when that is not known
	halted   bool
	cap      int
	alive    int // users there are, or that the loop has been asked to start
	casts    []arriving
	given    []int // arrivals by cast
	classes  []dispatch.Class
	due      int64
	dropped  int64
}

// An arriving is the users of one cast who have nothing to do, or the iterations that
// have nobody to do them: one of both is empty.
type arriving struct {
	idle   []*user // the latest to have become idle is the last, and the first to go
	queue  []time.Time
	coming int // users who are to start or have not been idle yet
	asked  int // of those, how many the run's loop has not heard of
}

const (
	lookAhead  = 100 * time.Millisecond // how far the pacer asks the schedule
	longestNap = 2 * time.Millisecond   // how long the pacer does not listen: timers are that imprecise
	idleLeave  = 10 * time.Second       // after which a user that is not needed leaves
)

func newArrivals(r *run, limit int) *arrivals {
	a := &arrivals{
		run: r, changed: make(chan struct{}, 1), growth: make(chan struct{}, 1),
		cap: limit, casts: make([]arriving, len(r.casts)), given: make([]int, len(r.casts)),
	}
	for _, c := range r.classes {
		a.classes = append(a.classes, dispatch.Class{Weight: c.Weight}) // rates have no exact counts
	}
	return a
}

// follow makes a schedule the one to follow, beginning at zero.
func (a *arrivals) follow(s *dispatch.Arrivals, zero time.Time, limit int) {
	a.mu.Lock()
	a.schedule, a.zero, a.upcoming, a.cap = s, zero, time.Time{}, limit
	a.mu.Unlock()
	signal(a.changed)
}

// halt makes the schedule stand still; a resume at now continues it.
func (a *arrivals) halt() {
	a.mu.Lock()
	a.halted = true
	a.mu.Unlock()
}

func (a *arrivals) resume(after time.Duration) {
	a.mu.Lock()
	a.halted = false
	a.zero = a.zero.Add(after)
	if !a.upcoming.IsZero() {
		a.upcoming = a.upcoming.Add(after)
	}
	a.mu.Unlock()
	signal(a.changed)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pace is the goroutine that makes iterations due, until the run begins to stop.
func (a *arrivals) pace() {
	runtime.LockOSThread() // its naps hold no other goroutine up
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	timers := false
	for !isClosed(a.run.closing) {
		a.mu.Lock()
		now := time.Now()
		wait := a.advance(now).Sub(now)
		a.mu.Unlock()
		switch {
		case timers:
			timer.Reset(wait)
		case wait > longestNap:
			timer.Reset(wait - longestNap/2)
		default:
			nap(wait)
			timers = !time.Now().After(now) // a clock that no nap moves, as in tests
			continue
		}
		select {
		case <-timer.C:
		case <-a.changed:
		case <-a.run.closing:
			return
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// advance gives out what is due by now and returns when to look again.
func (a *arrivals) advance(now time.Time) time.Time {
	later := now.Add(lookAhead)
	if a.halted || a.schedule == nil {
		return later
	}
	for {
		if a.upcoming.IsZero() {
			at, due := a.schedule.Next(later.Sub(a.zero))
			if !due {
				return later
			}
			a.upcoming = a.zero.Add(at)
		}
		if a.upcoming.After(now) {
			return a.upcoming
		}
		a.arrive(a.upcoming)
		a.upcoming = time.Time{}
	}
}

// arrive gives an iteration that is due to a user.
func (a *arrivals) arrive(due time.Time) {
	i := dispatch.Next(a.classes, a.given)
	a.given[i]++
	a.due++
	c := &a.casts[i]
	if last := len(c.idle) - 1; last >= 0 {
		u := c.idle[last]
		c.idle[last] = nil
		c.idle = c.idle[:last]
		u.tickets <- due // it has room: only idle users get one, and one at a time
	} else if len(c.queue) < c.coming || a.start(c) {
		c.queue = append(c.queue, due)
	} else {
		a.dropped++
		return
	}
	if len(c.idle)+c.coming-len(c.queue) < a.spare() {
		a.start(c)
	}
}

// spare returns how many users of a cast shall be idle or about to be.
func (a *arrivals) spare() int { return 1 + a.alive/20 }

// start asks the run's loop for one more user, and reports whether there may be one.
func (a *arrivals) start(c *arriving) bool {
	if a.alive >= a.cap {
		return false
	}
	a.alive++
	c.coming++
	c.asked++
	signal(a.growth)
	return true
}

// wanted returns how many users of each cast the run's loop shall start now.
func (a *arrivals) wanted() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := make([]int, len(a.casts))
	for i := range a.casts {
		n[i], a.casts[i].asked = a.casts[i].asked, 0
	}
	return n
}

// await returns when the iteration that u shall do was due, and whether there is one:
// there is none when u shall stop.
func (a *arrivals) await(u *user) (due time.Time, ok bool) {
	a.mu.Lock()
	c := &a.casts[u.cast]
	if !u.arrived {
		u.arrived = true
		c.coming--
	}
	if len(c.queue) > 0 {
		due, c.queue = c.queue[0], c.queue[1:]
		a.mu.Unlock()
	} else {
		u.since = time.Now()
		c.idle = append(c.idle, u)
		a.mu.Unlock()
		select {
		case due = <-u.tickets:
		case <-u.asked:
			return due, false
		case <-u.ctx.Done():
			return due, false
		}
	}
	a.started.Add(1)
	if time.Since(due) > stats.LateAfter {
		a.late.Add(1)
	}
	return due, true
}

// departed takes note that u has ended. The run's loop calls it.
func (a *arrivals) departed(u *user) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.alive--
	if !u.arrived {
		a.casts[u.cast].coming--
	}
}

// surplus returns users who have long had nothing to do: they are idle no more and
// must be told to stop.
func (a *arrivals) surplus(now time.Time) []*user {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []*user
	for i := range a.casts {
		c := &a.casts[i]
		n := 0
		for len(c.idle)-n > a.spare() && now.Sub(c.idle[n].since) > idleLeave {
			n++
		}
		list = append(list, c.idle[:n]...)
		c.idle = slices.Delete(c.idle, 0, n)
	}
	return list
}

// idle returns how many users have nothing to do.
func (a *arrivals) idle() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for i := range a.casts {
		n += len(a.casts[i].idle)
	}
	return n
}

// sum returns the counts since the beginning of the run.
func (a *arrivals) sum() stats.Arrivals {
	a.mu.Lock()
	due, dropped := a.due, a.dropped
	a.mu.Unlock()
	return stats.Arrivals{
		Due: due, Started: a.started.Load(), Completed: a.run.iterations.ended.Load(),
		Late: a.late.Load(), Dropped: dropped,
	}
}
