package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

const (
	firstRetry = time.Second      // after an OnStart that failed
	lastRetry  = 30 * time.Second // what the doubling ends at
	mishapRest = 100 * time.Millisecond
)

// A user is one simulated user: a goroutine that lives a scenario.
type user struct {
	run  *run
	cast int // its place in run.casts
	plan *load.Plan

	// How it is told to stop. Its goroutine and the run's loop use these.
	asked chan struct{} // closed when it shall stop
	once  sync.Once
	ctx   context.Context // ends when its requests must be cut
	cut   context.CancelFunc

	end *load.RunStop // why it wants the whole run to stop; read after it is gone

	dismissed, gone bool // the run's loop's: it was told to give up its slot; it has ended

	handle  *load.User
	control load.Control
	state   any
	started bool // OnStart has succeeded, so OnStop is due
}

func newUser(r *run, cast, number int) *user {
	c := &r.casts[cast]
	u := &user{run: r, cast: cast, plan: c.plan, asked: make(chan struct{}), state: c.plan.New()}
	u.ctx, u.cut = context.WithCancel(r.ctx)
	u.handle, u.control = load.NewUser(u.ctx, load.Seat{
		Number: number, Scenario: c.plan.Name, Base: c.base, Transport: r.connect(c.plan.Protocol),
		Shard: r.recorder.Shard(number), Rand: seed(), Params: c.params, Quit: u.asked,
	})
	return u
}

// quit asks the user to stop after its task.
func (u *user) quit() { u.once.Do(func() { close(u.asked) }) }

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
	defer func() {
		u.control.Close()
		u.cut()
		select {
		case u.run.gone <- u:
		case <-u.run.done: // abandoned
		}
	}()
	if u.start() {
		u.work()
	}
	if u.started {
		u.stop()
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
		if u.handle.Pause(retry) != nil {
			return false
		}
	}
}

// work runs tasks until the user shall stop.
func (u *user) work() {
	c := &u.run.casts[u.cast]
	for {
		t := &c.tasks[c.picker.pick(u.handle.Rand)]
		if _, over := u.act(t.Name, t); over {
			return
		}
	}
}

// act runs a task, or its steps in turn, with the wait after each, and reports
// whether the user shall stop. An error ends the steps it comes from.
func (u *user) act(name string, t *load.PlannedTask) (err error, over bool) {
	for i := range t.Steps {
		step := &t.Steps[i]
		if err, over = u.act(name+"/"+step.Name, step); over || err != nil {
			return err, over
		}
	}
	if t.Run == nil {
		return nil, false
	}
	began := time.Now()
	err = u.try(name, func() error { return t.Run(u.state, u.handle) })
	if u.over(err) {
		return err, true
	}
	rest := u.wait(time.Since(began))
	if !load.Counted(err) {
		rest = max(rest, mishapRest) // broken code in a tight loop tells nobody anything
	}
	return err, u.handle.Pause(rest) != nil
}

// wait returns how long to pause after a task that took so long.
func (u *user) wait(took time.Duration) (rest time.Duration) {
	if u.try("Wait", func() error { rest = u.plan.Wait.After(u.handle, took); return nil }) != nil {
		return mishapRest
	}
	return rest
}

// try runs a function of the scenario and reports what is wrong with its code.
func (u *user) try(name string, f func() error) error {
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
