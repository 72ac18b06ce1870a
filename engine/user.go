package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

const (
	firstRetry = time.Second      // after an OnStart that failed
	lastRetry  = 30 * time.Second // what the doubling ends at
	mishapRest = 100 * time.Millisecond

	// longRest is the wait for which it is worth giving up the goroutine: its stack is
	// most of what a user costs who does nothing, and a new one costs about a
	// microsecond.
	longRest = 500 * time.Millisecond
)

// A user is one simulated user: a goroutine that lives a scenario. Between two tasks
// that are far apart it has none, and a timer starts the next.
type user struct {
	run  *run
	cast int // its place in run.casts
	plan *load.Plan

	// How it is told to stop. Its goroutine and the run's loop use these.
	asked chan struct{}   // closed when it shall stop
	ctx   context.Context // ends when its requests must be cut
	cut   context.CancelFunc

	mu      sync.Mutex  // guards what follows
	told    bool        // asked is closed
	resting *time.Timer // what starts its goroutine; nil while it has one

	end *load.RunStop // why it wants the whole run to stop; read after it is gone

	// The run's loop's.
	dismissed, gone bool // it was told to give up its slot; it has ended
	slot            int  // open model: its place in run.slots of its cast

	// The open model's, see arrivals.
	tickets chan time.Time // where it is told when an iteration was due; holds one
	since   time.Time      // when it became idle
	arrived bool           // it has been idle once, so it has started

	// Its own goroutine's.
	handle  *load.User
	control load.Control
	state   any
	started bool          // OnStart has succeeded, so OnStop is due
	done    int           // tasks done of the scenario's own
	busy    bool          // with one of them
	at      *visit        // the innermost set it is in
	rest    time.Duration // the wait that is due before its next task
	due     time.Time     // when its next task ought to begin; zero when at no particular time
	from    time.Time     // what the task after that is paced from; zero: its beginning

	punctual bool // it was free before it was due
}

func newUser(r *run, cast, number int) *user {
	c := &r.casts[cast]
	u := &user{run: r, cast: cast, plan: c.plan, asked: make(chan struct{}), state: c.plan.New(c.prototype)}
	u.at = &visit{set: c.set, latest: -1}
	if r.arrivals != nil {
		u.tickets = make(chan time.Time, 1)
	}
	u.ctx, u.cut = context.WithCancel(r.ctx)
	seat := load.Seat{
		Number: number, Scenario: c.plan.Name, Base: c.base, Transport: r.connect(c.plan.Protocol),
		Shard: r.recorder.Shard(number), Rand: rand.New(rand.NewPCG(r.cfg.Seed, uint64(number))),
		Params: c.params, Secrets: c.secrets, Feeds: r.feeds, Quit: u.asked, Queue: u.queue, Turn: r.engine.throttle.turn(), Traced: r.engine.opts.Traced,
	}
	if f := c.plan.Before; f != nil {
		seat.Before = func(req *load.Request) error { return f(u.state, u.handle, req) }
	}
	if f := c.plan.After; f != nil {
		seat.After = func(resp *load.Response) { f(u.state, u.handle, resp) }
	}
	u.handle, u.control = load.NewUser(u.ctx, seat)
	return u
}

// quit asks the user to stop after its task.
func (u *user) quit() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.told {
		return
	}
	u.told = true
	close(u.asked)
	if u.resting != nil && u.resting.Stop() {
		u.resting = nil
		go u.live()
	}
}

// lieDown gives up the goroutine for as long as the user waits, if that is worth while,
// and reports whether it did: then the goroutine must return.
func (u *user) lieDown() bool {
	if u.rest < longRest || u.run.arrivals != nil {
		return false
	}
	u.control.Rest()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.told {
		return false
	}
	rest := u.rest
	u.rest = 0
	u.resting = time.AfterFunc(rest, u.getUp)
	return true
}

func (u *user) getUp() {
	u.mu.Lock()
	u.resting = nil
	u.mu.Unlock()
	u.live()
}

// dismiss asks the user to stop and cuts its requests after timeout.
func (u *user) dismiss(timeout time.Duration) {
	u.quit()
	if timeout == 0 {
		u.cut()
		return
	}
	t := time.AfterFunc(timeout, u.cut)
	context.AfterFunc(u.ctx, func() { t.Stop() })
}

// live is the user's goroutine.
func (u *user) live() {
	ended := true // also when a task ends the goroutine
	defer func() {
		if ended {
			u.depart()
		}
	}()
	if !u.started && !u.start() {
		if u.started {
			u.stop()
		}
		return
	}
	if ended = u.work(); ended {
		u.stop()
	}
}

// depart is the end of the user.
func (u *user) depart() {
	if u.busy { // a task has ended the goroutine
		u.run.iterations.end(false)
	}
	u.control.Close()
	u.cut()
	select {
	case u.run.gone <- u:
	case <-u.run.done: // abandoned
		u.run.engine.stuck.Add(-1)
	}
}

// start runs OnStart until it succeeds, and reports whether to go on to the tasks.
func (u *user) start() bool {
	f := u.plan.OnStart
	if f == nil {
		u.started = true
		return true
	}
	held := false
	defer func() {
		if held {
			u.run.held.Add(-1)
		}
	}()
	for retry := firstRetry; ; retry = min(2*retry, lastRetry) {
		err := u.try("OnStart", func() error { return f(u.state, u.handle) })
		u.started = err == nil
		if u.over(err) {
			return false
		}
		if u.started {
			return true
		}
		if !held {
			held = true
			u.run.held.Add(1)
			u.run.log.Warn("OnStart failed and is tried again", "scenario", u.plan.Name, "user", u.handle.Number(), "err", err)
		}
		if u.handle.Pause(retry) != nil || !u.pass() {
			return false
		}
	}
}

// work does one task of the scenario after the other until the user shall stop, and
// reports that; or else that it has lain down.
func (u *user) work() (ended bool) {
	for ; u.plan.Iterations == 0 || u.done < u.plan.Iterations; u.done++ {
		if u.lieDown() {
			return false
		}
		if !u.await() {
			return true
		}
		u.busy = true
		u.control.Iteration()
		_, over := u.do(u.at.next(u.handle.Rand))
		u.busy = false
		u.run.iterations.end(u.ctx.Err() == nil)
		if over {
			return true
		}
	}
	return true
}

// await returns when the user shall begin an iteration, and reports whether it shall.
func (u *user) await() bool {
	a := u.run.arrivals
	if a == nil {
		return u.relax() && u.run.iterations.begin()
	}
	u.rest = 0 // the next arrival does not wait for this user to have thought
	due, ok := a.await(u)
	if !ok || !u.run.iterations.begin() {
		return false
	}
	a.begin(due)
	u.due, u.from = due, time.Time{}
	return true
}

// relax waits as long as the user's latest task asks for, and then as long as the run
// is paused. It reports whether the user shall go on.
func (u *user) relax() bool { return u.unwind() && u.pass() }

// unwind is relax whether the run is paused or not: steps are done to the end.
func (u *user) unwind() bool {
	rest := u.rest
	u.rest = 0
	return u.handle.Pause(rest) == nil
}

// pass waits while the run is paused, and reports whether the user shall go on.
func (u *user) pass() bool {
	gate := u.run.gate.Load()
	if gate == nil {
		return true
	}
	select {
	case <-*gate:
		u.due, u.from = time.Time{}, time.Time{} // nobody was late
		return true
	case <-u.asked:
	case <-u.ctx.Done():
	}
	return false
}

// do does a task with all that is in it, and reports whether the user shall stop.
func (u *user) do(t *task) (err error, over bool) {
	u.run.casts[u.cast].begun.add(u.handle.Number(), t.id)
	switch {
	case t.set != nil:
		return u.visit(t)
	case t.run != nil:
		return u.perform(t)
	}
	for i := range t.steps {
		if i > 0 && !u.unwind() {
			return nil, true
		}
		if err, over = u.do(&t.steps[i]); over || err != nil {
			return err, over
		}
	}
	return nil, false
}

// visit does tasks of a set until one of them leaves it.
func (u *user) visit(t *task) (err error, over bool) {
	v := visit{set: t.set, within: t.path + "/", latest: -1}
	around := u.at
	u.at = &v
	defer func() { u.at = around }()
	if f := t.onStart; f != nil {
		err := u.try(v.within+"OnStart", func() error { return f(u.state, u.handle) })
		if err != nil {
			if !load.Counted(err) {
				u.rest = max(u.rest, mishapRest)
			}
			return nil, u.over(err)
		}
		over = u.over(nil) // its OnStop is due all the same
	}
	for first := true; !over; first = false {
		if !first && !u.relax() {
			over = true
			break
		}
		if err, over = u.do(v.next(u.handle.Rand)); over || errors.Is(err, load.Leave) {
			break
		}
	}
	if f := t.onStop; f != nil && u.ctx.Err() == nil {
		if last := u.try(v.within+"OnStop", func() error { return f(u.state, u.handle) }); u.over(last) {
			over = true
		}
	}
	if over {
		return err, true
	}
	return nil, false
}

// perform runs a task's function and takes note of the wait after it.
func (u *user) perform(t *task) (err error, over bool) {
	began := time.Now()
	from := u.from
	if from.IsZero() {
		from = began
	}
	if due := u.due; !due.IsZero() {
		u.due, u.from = time.Time{}, time.Time{}
		u.control.Due(due)
		if u.punctual { // or the target was in the way
			u.run.monitor.Lag(began.Sub(due))
		}
	}
	err = u.try(t.path, func() error { return t.run(u.state, u.handle) })
	u.control.Due(time.Time{}) // unless it sent something, which took it
	if u.over(err) {
		return err, true
	}
	ended := time.Now()
	u.rest = u.wait(t.wait, ended.Sub(began))
	if !load.Counted(err) {
		u.rest = max(u.rest, mishapRest) // broken code in a tight loop tells nobody anything
		return err, false
	}
	if every := t.wait.Every(); every > 0 && u.run.arrivals == nil {
		u.pace(from.Add(every), ended)
	}
	return err, false
}

// pace makes the next task due. When it is late already the user goes on at once, and
// what it is late by is shown once: the tasks after it are paced from its beginning.
func (u *user) pace(due, now time.Time) {
	u.due, u.rest = due, max(0, due.Sub(now))
	if u.punctual = u.rest > 0; u.punctual {
		u.from = due
	}
}

// wait returns how long to pause after a task that took so long.
func (u *user) wait(w load.Wait, took time.Duration) (rest time.Duration) {
	if w.IsZero() {
		return 0
	}
	if u.try("Wait", func() error { rest = w.After(u.handle, took); return nil }) != nil {
		return mishapRest
	}
	return rest
}

// queue puts a task of the innermost set next.
func (u *user) queue(name string) error {
	i := u.at.set.find(u.at.within, name)
	if i < 0 {
		return fmt.Errorf("Queue(%q): there is no such task in %s", name, u.plan.Name+"/"+u.at.within)
	}
	u.at.queue = append(u.at.queue, i)
	return nil
}

// try runs a function of the scenario and reports what is wrong with its code.
func (u *user) try(name string, f func() error) error {
	u.control.Task(name)
	err := u.control.Try(f)
	if !load.Counted(err) {
		u.control.Note(u.plan.Name+"/"+name, err)
	}
	return err
}

// over reports whether err, or the run, ends the user.
func (u *user) over(err error) bool {
	if stop, ok := errors.AsType[*load.RunStop](err); ok {
		u.end = stop
		return true
	}
	if errors.Is(err, load.StopUser) {
		return true
	}
	select {
	case <-u.asked:
		return true
	default:
		return u.ctx.Err() != nil
	}
}

// stop runs OnStop on a context of its own: the user's may have ended.
func (u *user) stop() {
	f := u.plan.OnStop
	if f == nil {
		return
	}
	ctx, cancel := context.WithTimeout(u.run.last, u.run.timeout+grace)
	defer cancel()
	u.control.Rebind(ctx, ctx.Done())
	u.try("OnStop", func() error { return f(u.state, u.handle) })
	if ctx.Err() != nil {
		u.run.unfinished.Add(1)
	}
}
