package engine

import (
	"math/rand/v2"
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
	latest   time.Time // the arrival before; zero when there was none
	level    float64   // of the plan when the latest schedule began, per second
	chance   *rand.Rand
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
		chance: rand.New(rand.NewPCG(r.cfg.Seed, 0)), cap: limit, casts: make([]arriving, len(r.casts)), given: make([]int, len(r.casts)),
	}
	for _, c := range r.classes {
		a.classes = append(a.classes, dispatch.Class{Weight: c.Weight}) // rates have no exact counts
	}
	return a
}

// follow makes the plan's level, from zero on, the one to follow.
func (a *arrivals) follow(g *guide, zero time.Time, limit int) {
	a.mu.Lock()
	// Someone who edits again and again must not make an arrival each time: what the
	// old level has added up to since the latest arrival counts.
	lack := 0.0
	if !a.latest.IsZero() {
		lack = min(1, max(0, 1-a.level*zero.Sub(a.latest).Seconds()))
	}
	a.level, _ = g.Level(0)
	var chance func() float64
	if a.run.cfg.Poisson {
		chance = a.chance.Float64
	}
	a.schedule = dispatch.NewArrivals(g.Level, chance, lack)
	a.zero, a.upcoming, a.cap = zero, time.Time{}, limit
	a.mu.Unlock()
	signal(a.changed)
}

// halt makes the schedule stand still until resume.
func (a *arrivals) halt() {
	a.mu.Lock()
	a.halted = true
	a.mu.Unlock()
}

// resume continues the schedule, and what waits for a user, after a time that did not
// count.
func (a *arrivals) resume(after time.Duration) {
	a.mu.Lock()
	a.halted = false
	a.zero, a.latest = a.zero.Add(after), a.latest.Add(after)
	if !a.upcoming.IsZero() {
		a.upcoming = a.upcoming.Add(after)
	}
	for i := range a.casts {
		c := &a.casts[i]
		for j := range c.queue {
			c.queue[j] = c.queue[j].Add(after)
		}
		for len(c.queue) > 0 && len(c.idle) > 0 {
			c.give(c.queue[0])
			c.queue = c.queue[1:]
		}
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
	if a.halted || a.run.iterations.allBegun() { // nor shall anybody start for what nobody may do
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
	a.latest = due
	c := &a.casts[i]
	if len(c.idle) > 0 {
		c.give(due)
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

// give has an idle user do an iteration.
func (c *arriving) give(due time.Time) {
	last := len(c.idle) - 1
	u := c.idle[last]
	c.idle[last] = nil
	c.idle = c.idle[:last]
	u.tickets <- due // it has room: only idle users get one, and one at a time
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
	if len(c.queue) > 0 && !a.halted {
		due, c.queue = c.queue[0], c.queue[1:]
		a.mu.Unlock()
		return due, true
	}
	u.since = time.Now()
	c.idle = append(c.idle, u)
	a.mu.Unlock()
	select {
	case due = <-u.tickets:
		a.run.monitor.Lag(time.Since(due)) // nothing but this program was in the way
		return due, true
	case <-u.asked:
	case <-u.ctx.Done():
	}
	return due, false
}

// begin takes note that an iteration begins which was due.
func (a *arrivals) begin(due time.Time) {
	a.started.Add(1)
	if time.Since(due) > stats.LateAfter {
		a.late.Add(1)
	}
}

// departed takes note that u has ended. The run's loop calls it.
func (a *arrivals) departed(u *user) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.alive--
	c := &a.casts[u.cast]
	if u.arrived {
		return
	}
	c.coming--
	if excess := len(c.queue) - c.coming; excess > 0 { // nobody comes who would do it
		c.queue = c.queue[excess:]
		a.dropped += int64(excess)
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
		Due: due, Started: a.started.Load(), Completed: a.run.iterations.completed.Load(),
		Late: a.late.Load(), Dropped: dropped,
	}
}

// growth tells when grow must be called; never in the closed model.
func (r *run) growth() <-chan struct{} {
	if r.arrivals == nil {
		return nil
	}
	return r.arrivals.growth
}

// grow starts the users that arrivals need.
func (r *run) grow() {
	if r.state == Stopping {
		return
	}
	for cast, n := range r.arrivals.wanted() {
		for range n {
			r.spawn(cast)
		}
	}
}
