package loadtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// An actor is one user.
type actor struct {
	*ensemble
	user    *load.User
	control load.Control
	state   any
	at      *visit // the innermost set it is in
}

// live lives from OnStart to OnStop, and reports whether there are tasks left for
// another user.
func (a *actor) live(ctx context.Context) (more bool) {
	defer a.control.Close()
	if a.plan.OnStart == nil || a.try("OnStart", a.plan.OnStart) == nil {
		more = a.work()
	}
	if a.plan.OnStop != nil {
		a.control.Rebind(ctx, nil)
		a.try("OnStop", a.plan.OnStop)
	}
	return more
}

// work does every task in turn, round after round, up to the scenario's Iterations.
func (a *actor) work() (more bool) {
	for n := 0; a.plan.Iterations == 0 || n < a.plan.Iterations; n++ {
		i := a.at.next()
		if i < 0 {
			return false
		}
		a.control.Iteration()
		if t := &a.plan.Tasks[i]; a.over(a.do(t.Name, t)) {
			return false
		}
	}
	return a.at.left()
}

// do does a task. The error ends the steps that the task is among.
func (a *actor) do(path string, t *load.PlannedTask) error {
	switch {
	case t.Run != nil:
		return a.perform(path, t)
	case t.Tasks != nil:
		return a.visit(path, t)
	}
	for i := range t.Steps {
		step := &t.Steps[i]
		if err := a.do(path+"/"+step.Name, step); a.over(err) || err != nil {
			return err
		}
	}
	return nil
}

func (a *actor) perform(path string, t *load.PlannedTask) error {
	began := time.Now()
	err := a.try(path, t.Run)
	// What the scenario says about waits is its code as well, so it is called.
	a.try("Wait", func(any, *load.User) error { t.Wait.After(a.user, time.Since(began)); return nil })
	return err
}

// visit does each task of a set once. It returns an error only if that ends the user.
func (a *actor) visit(path string, t *load.PlannedTask) (err error) {
	around := a.at
	a.at = &visit{tasks: t.Tasks, rounds: 1}
	defer func() { a.at = around }()
	if t.OnStart != nil {
		if err := a.try(path+"/OnStart", t.OnStart); err != nil {
			return a.ending(err)
		}
	}
	for i := a.at.next(); i >= 0; i = a.at.next() {
		task := &t.Tasks[i]
		if err = a.do(path+"/"+task.Name, task); a.over(err) || errors.Is(err, load.Leave) {
			break
		}
	}
	if t.OnStop != nil {
		if last := a.ending(a.try(path+"/OnStop", t.OnStop)); last != nil {
			return last
		}
	}
	return a.ending(err)
}

// queue puts a task of the innermost set next.
func (a *actor) queue(name string) error {
	if err := a.at.put(name); err != nil {
		return fmt.Errorf("Queue(%q): %w", name, err)
	}
	return nil
}

// over reports whether the user's life ends with err, which a task returned.
func (a *actor) over(err error) bool {
	if errors.Is(err, load.StopUser) {
		return true
	}
	select {
	case <-a.quit:
		return true
	default:
		return false
	}
}

// ending returns err if the user's life ends with it, otherwise nil.
func (a *actor) ending(err error) error {
	if a.over(err) {
		return err
	}
	return nil
}

// try calls a function of the scenario, and notes what is wrong with its code.
func (a *actor) try(name string, f func(any, *load.User) error) error {
	a.control.Task(name)
	err := a.control.Try(func() error { return f(a.state, a.user) })
	if !load.Counted(err) {
		a.control.Note(a.plan.Name+"/"+name, err)
	}
	if stop, ok := errors.AsType[*load.RunStop](err); ok {
		a.stop(stop.Reason)
	}
	return err
}
