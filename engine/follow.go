package engine

import (
	"slices"
	"time"

	"github.com/gregaria/gregaria/engine/dispatch"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// shapeEvery is how often a shape is asked how many users there shall be.
const shapeEvery = 20 * time.Millisecond

// aim makes shape what the run follows: nil means a ramp to its number of users. Its
// clock begins at zero.
func (r *run) aim(shape load.Shape) {
	r.guide, r.ramped = nil, false
	switch {
	case shape != nil:
		r.guide = &guide{shape: shape, most: r.engine.opts.Caps.most(r.cfg.Model)}
	case r.arrivals != nil:
		r.guide = &guide{shape: steady(r.cfg.Rate)}
	}
}

// users returns how many users are alive.
func (r *run) users() int { return sum(r.alive) }

// slotted returns how many slots there are.
func (r *run) slotted() int { return sum(r.counts) }

func sum(list []int) (n int) {
	for _, k := range list {
		n += k
	}
	return n
}

// target returns how many slots a ramp shall lead to.
func (r *run) target() int { return min(r.cfg.Users, dispatch.Most(r.classes)) }

// elapsed returns where the plan's clock is.
func (r *run) elapsed(now time.Time) time.Duration {
	switch {
	case r.zero.IsZero():
		return 0
	case !r.pausedAt.IsZero():
		now = r.pausedAt
	}
	return max(0, now.Sub(r.zero))
}

// planned returns the load that the plan asks for now.
func (r *run) planned(now time.Time) float64 {
	if r.begun.IsZero() || !r.over.IsZero() || r.state == Stopping {
		return 0
	}
	if r.guide != nil {
		level, _ := r.guide.Level(r.elapsed(now))
		return level
	}
	return float64(dispatch.Ramp(r.rampFrom, r.target(), r.cfg.SpawnRate, r.elapsed(now)))
}

// follow brings the load to where the plan is now.
func (r *run) follow() {
	if r.state != Spawning && r.state != Running || r.begun.IsZero() || r.iterations.allBegun() {
		return
	}
	if r.guide != nil {
		r.followGuide()
	} else {
		r.followRamp()
	}
}

func (r *run) followGuide() {
	level, on := r.guide.Level(r.elapsed(time.Now()))
	switch err := r.guide.err(); {
	case err != nil:
		r.recorder.Shard(0).Note(stats.Mishap{Group: "shape", Message: err.Error(), Stack: r.guide.stack, At: time.Now()})
		r.stop(err.Error())
		return
	case !on && len(r.cfg.Stages) > 0:
		r.stop("the stages are over")
		return
	case !on:
		r.stop("the shape is over")
		return
	}
	if r.arrivals == nil {
		r.bring(min(dispatch.Users(level), dispatch.Most(r.classes), MaxUsers))
	}
	if r.state == Spawning {
		r.move(arrived)
		r.publish()
	}
	r.due.Reset(shapeEvery)
}

func (r *run) followRamp() {
	if r.state != Spawning {
		return
	}
	target := r.target()
	want := dispatch.Ramp(r.rampFrom, target, r.cfg.SpawnRate, r.elapsed(time.Now()))
	if !r.bring(want) {
		r.due.Reset(shapeEvery)
		return
	}
	if steps := abs(want - r.rampFrom); steps > 0 {
		r.changed = r.zero.Add(dispatch.At(steps-1, r.cfg.SpawnRate))
	}
	if want == target {
		r.arrive()
		return
	}
	next := dispatch.At(abs(want-r.rampFrom), r.cfg.SpawnRate)
	r.due.Reset(time.Until(r.zero.Add(next)))
}

// bring makes slots come and go until there are as many as wanted, and reports whether
// there are: users who have yet to finish may leave no room.
func (r *run) bring(want int) bool {
	for r.slotted() < want {
		if r.full() {
			return false
		}
		r.spawn(dispatch.Next(r.classes, r.counts))
	}
	for r.slotted() > want {
		r.dismiss(dispatch.Last(r.classes, r.counts))
	}
	return true
}

// arrive ends the ramp. Whoever was left may have gone meanwhile.
func (r *run) arrive() {
	r.move(arrived)
	switch n := r.slotted(); {
	case r.ramped || n == r.rampFrom:
	case n > r.rampFrom:
		r.happened(EventSpawned, "all users have started: %d", n)
		if r.cfg.ResetStats {
			r.reset()
		}
	default:
		r.happened(EventSpawned, "users stopped until there were %d", n)
	}
	r.ramped = true
	r.rebalance()
	r.publish()
	r.endIfDeserted()
}

// endIfDeserted stops a run whose users have all stopped themselves.
func (r *run) endIfDeserted() {
	if r.state == Running && r.guide == nil && r.users() == 0 {
		r.stop("every user has stopped itself")
	}
}

// spawn starts a user of a cast.
func (r *run) spawn(cast int) {
	r.born++
	u := newUser(r, cast, r.born)
	u.slot = len(r.slots[cast])
	r.slots[cast] = append(r.slots[cast], u)
	r.counts[cast]++
	r.alive[cast]++
	if n := r.users(); n > r.most {
		r.most = n
		copy(r.atMost, r.alive)
	}
	r.recorder.SetUsers(r.users())
	go u.live()
}

// dismiss gives up a slot of a cast: a vacant one if there is any, else that of the
// youngest user, who is told to stop.
func (r *run) dismiss(cast int) {
	r.counts[cast]--
	if r.vacant[cast] > 0 {
		r.vacant[cast]--
		if gone := len(r.slots[cast]) - r.counts[cast]; gone > r.counts[cast]+100 {
			r.slots[cast] = slices.DeleteFunc(r.slots[cast], func(u *user) bool { return u.gone })
		}
		return
	}
	for {
		last := len(r.slots[cast]) - 1
		u := r.slots[cast][last]
		r.slots[cast][last] = nil
		r.slots[cast] = r.slots[cast][:last]
		if !u.gone {
			u.dismissed = true
			u.dismiss(r.cfg.StopTimeout)
			return
		}
	}
}

// bury takes note that a user has ended.
func (r *run) bury(u *user) {
	r.alive[u.cast]--
	r.recorder.SetUsers(r.users())
	u.gone = true
	if r.lost > 0 { // it was abandoned, and while Teardown ran it ended
		r.engine.stuck.Add(-1)
	}
	switch {
	case r.arrivals != nil:
		r.vacate(u)
		r.arrivals.departed(u)
	case !u.dismissed:
		r.vacant[u.cast]++
	}
	if u.end != nil && r.state != Stopping {
		r.stop(u.end.Reason)
		return
	}
	r.endIfDeserted()
}

// vacate takes the slot of a user away.
func (r *run) vacate(u *user) {
	slots := r.slots[u.cast]
	last := len(slots) - 1
	slots[u.slot] = slots[last]
	slots[u.slot].slot = u.slot
	slots[last] = nil
	r.slots[u.cast] = slots[:last]
	r.counts[u.cast]--
}

func abs(n int) int { return max(n, -n) }
