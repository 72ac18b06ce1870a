package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/engine/dispatch"
	"github.com/gregaria/gregaria/engine/health"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

const (
	drainEvery = time.Second             // how often samples become a delta and a status
	grace      = 1200 * time.Millisecond // for OnStop once requests have been cut
	patience   = 300 * time.Millisecond  // for users that ignore even that
)

// A run is one load test. Everything in it belongs to its loop, except where a
// comment says otherwise.
type run struct {
	engine *Engine
	log    *slog.Logger
	number int
	casts  []cast
	cfg    Config
	state  State

	// Fixed for the run, for every user to read.
	recorder   *stats.Recorder
	monitor    *health.Monitor
	connect    func(load.Protocol) load.Transport
	feeds      map[load.Feeder]*load.Rows
	arrivals   *arrivals       // nil in the closed model
	ctx        context.Context // ends when requests must be cut
	cut        context.CancelFunc
	last       context.Context // for OnStop: ends a grace later than ctx
	endLast    context.CancelFunc
	timeout    time.Duration                 // how long tasks may go on after a stop
	closing    chan struct{}                 // closed when the run begins to stop
	gate       atomic.Pointer[chan struct{}] // what users wait for before they begin something; nil when nothing
	iterations iterations
	held       atomic.Int64 // users whose OnStart is failing; users write it
	unfinished atomic.Int64 // users whose OnStop ran out of time; users write it

	// Users. In the closed model a slot is a user that has been started and not been
	// told to stop; when it ends by itself, its slot stays, vacant, and it is not
	// replaced. In the open model a slot is a user that is alive.
	classes []dispatch.Class
	slots   [][]*user // by cast; closed: oldest first
	counts  []int     // slots per cast
	vacant  []int     // of those, whose user has ended by itself
	alive   []int     // users alive per cast
	born    int       // users ever started
	most    int       // users alive at the same time,
	atMost  []int     // and per cast then
	gone    chan *user

	// The plan: its clock began at zero and stands still while the run is paused.
	begun   time.Time // when the first user was due; zero while Setup runs
	zero    time.Time
	guide   *guide // nil: a ramp from rampFrom slots towards the target
	line    []PlanPoint
	changed time.Time // ramp: when the latest slot was due to come or go
	due     *time.Timer

	rampFrom int
	ramped   bool          // the end of the ramp has been told
	pausedAt time.Time     // zero unless paused
	paused   time.Duration // by all pauses that are over
	resumed  time.Time     // the end of the latest pause; zero when there was none

	table   stats.Table
	history stats.History
	started time.Time
	over    time.Time
	limit   *time.Timer // the run time; nil without one
	reason  string
	lost    int            // users abandoned
	counted stats.Arrivals // what deltas have told already
	waited  int64          // requests that had to wait for their turn before the numbers began
	events  []Event        // the start, then the latest, oldest first
	checks  []CheckStatus  // what the run is held to
	settled stats.Table    // the numbers since the warm-up of the checks; unused without one

	balance balance
	setting
	orders chan func()
	done   chan struct{} // closed when the loop has ended
}

func newRun(e *Engine, number int, p *prepared) *run {
	now := time.Now()
	r := &run{
		engine: e, log: e.opts.Logger.With("run", number), number: number,
		casts: p.casts, classes: p.classes, cfg: p.cfg, feeds: p.feeds,
		recorder: stats.NewRecorder(now), monitor: health.Start(), timeout: p.cfg.StopTimeout, connect: e.opts.Transports(p.cfg),
		iterations: iterations{limit: p.cfg.Iterations, done: make(chan struct{})},
		slots:      make([][]*user, len(p.casts)), counts: make([]int, len(p.casts)), vacant: make([]int, len(p.casts)), alive: make([]int, len(p.casts)), atMost: make([]int, len(p.casts)),
		gone: make(chan *user), started: now, closing: make(chan struct{}),
		orders: make(chan func()), done: make(chan struct{}), waited: e.throttle.waited(),
	}
	r.state, _ = Ready.next(start)
	r.ctx, r.cut = context.WithCancel(context.Background())
	r.last, r.endLast = context.WithCancel(context.Background())
	if r.cfg.Model == Open {
		r.arrivals = newArrivals(r, r.cfg.Cap())
	}
	r.aim(p.shape)
	r.line = r.cfg.Plan(0)
	r.keepTo(r.cfg.Checks)
	r.happened(EventStart, "run %d started: %s", number, r.cfg.loadText())
	return r
}

// tell has the loop call order, unless the loop has ended.
func (r *run) tell(order func()) bool {
	select {
	case r.orders <- order:
		return true
	case <-r.done:
		return false
	}
}

// ask is tell for orders that answer. It returns ErrOver when the loop has ended.
func (r *run) ask(order func() error) error {
	answer := make(chan error, 1)
	if !r.tell(func() { answer <- order() }) {
		return ErrOver
	}
	return <-answer
}

// loop is the run's goroutine.
func (r *run) loop() {
	defer close(r.done)
	defer r.monitor.Stop()
	defer r.endLast()
	defer r.cut()
	drain := time.NewTicker(drainEvery)
	defer drain.Stop()
	r.due = time.NewTimer(time.Hour)
	defer r.due.Stop()
	r.balance.timer = time.NewTimer(time.Hour)
	defer r.balance.timer.Stop()
	defer r.clearLimit()
	r.log.Info("run started", "model", r.cfg.Model, "load", r.cfg.Peak(), "seed", r.cfg.Seed)
	r.setUp()

	var phase <-chan time.Time // the next step of the stop
	steps := []func(){r.cutRequests, r.abandon}
	for {
		if r.state == Stopping && !r.tearing {
			switch busy := r.users() > 0 || r.settingUp; {
			case busy && phase == nil:
				phase = time.After(r.cfg.StopTimeout)
			case busy && len(steps) > 0:
			case r.tearDown():
				phase = nil
			default:
				r.finish()
				return
			}
		}
		select {
		case <-drain.C:
			r.collect()
		case <-r.due.C:
			r.follow()
		case <-r.balance.timer.C:
			r.exchange()
		case <-r.growth():
			r.grow()
		case order := <-r.orders:
			order()
		case u := <-r.gone:
			r.bury(u)
		case err := <-r.setUpDone:
			r.settingUp, r.setUpDone = false, nil
			r.begin(err)
		case <-r.tornDown:
			r.finish()
			return
		case <-r.limitReached():
			r.stop("the run time of " + r.cfg.RunTime.String() + " is over")
		case <-r.iterations.done:
			r.iterations.done = nil
			r.stop(fmt.Sprintf("all %d iterations are done", r.iterations.limit))
		case <-phase:
			steps[0]()
			steps = steps[1:]
			phase = time.After(grace + patience)
		}
	}
}

// begin lets users start: Setup is over.
func (r *run) begin(err error) {
	switch {
	case r.state == Stopping:
		return
	case err != nil:
		r.stop(err.Error())
		return
	}
	for _, u := range r.staff {
		if u.started {
			r.casts[u.cast].prototype = u.state
		}
	}
	now := time.Now()
	r.begun, r.zero = now, now
	if r.state == Paused {
		r.pausedAt = now
	}
	r.setLimit()
	if r.arrivals != nil {
		r.arrivals.follow(r.guide, r.zero, r.cfg.Cap())
		go r.engine.guard(r.arrivals.pace)
	}
	r.follow()
	r.publish()
}

// move goes to the state that c leads to. A cue that cannot come is a mistake in this
// package.
func (r *run) move(c cue) {
	to, ok := r.state.next(c)
	if !ok {
		panic(fmt.Sprintf("engine: %s while %s", c, r.state))
	}
	if to != r.state {
		r.log.Info("run is " + string(to))
	}
	r.state = to
}

// setLimit arms the timer of the run time, counted from when users began to start;
// pauses do not count.
func (r *run) setLimit() {
	r.clearLimit()
	if r.cfg.RunTime > 0 && !r.begun.IsZero() && r.pausedAt.IsZero() {
		r.limit = time.NewTimer(time.Until(r.begun.Add(r.paused + r.cfg.RunTime)))
	}
}

func (r *run) clearLimit() {
	if r.limit != nil {
		r.limit.Stop()
		r.limit = nil
	}
}

func (r *run) limitReached() <-chan time.Time {
	if r.limit == nil {
		return nil
	}
	return r.limit.C
}

// stop tells all users to stop.
func (r *run) stop(reason string) {
	if r.state == Stopping {
		return
	}
	r.move(stop)
	r.reason = reason
	r.happened(EventStop, "%s", reason)
	r.due.Stop()
	r.clearLimit()
	close(r.closing)
	if r.cfg.StopTimeout == 0 {
		r.cut()
	}
	for _, u := range r.staff {
		u.quit()
	}
	for _, slots := range r.slots {
		for _, u := range slots {
			u.quit()
		}
	}
	r.publish()
}

// cutRequests ends the time that tasks had to finish.
func (r *run) cutRequests() {
	r.cut()
	time.AfterFunc(grace, r.endLast)
}

// abandon gives up on the users that are still there.
func (r *run) abandon() {
	if r.lost = r.users(); r.lost == 0 {
		return // it was Setup that did not end
	}
	r.engine.stuck.Add(int64(r.lost))
	r.noteStuck()
	r.log.Warn("users had not ended in time and were abandoned", "users", r.lost)
}

// finish ends the run.
func (r *run) finish() {
	r.over = time.Now()
	r.endPause(r.over)
	r.dischargeStaff()
	r.move(ended)
	r.judge(r.record(r.over))
	r.publish()
	r.log.Info("run is over", "reason", r.reason)
}
