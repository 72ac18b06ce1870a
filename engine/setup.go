package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// tearDownTime is how long the Teardowns of a run may take, all together.
const tearDownTime = 5 * time.Second

// A setting is the Setups and Teardowns of a run. It is part of the run.
type setting struct {
	settingUp bool
	setUpDone chan error // what came of it; nil when nothing is awaited
	staff     []*user    // who does it, one per scenario that has any
	tearing   bool
	tornDown  chan struct{} // closed when it is over; nil before it begins

	tearDownCut atomic.Bool // it did not end in time
}

// setUp runs Setup of each scenario that has one, before any user. Users begin with a
// copy of the state it leaves.
func (r *run) setUp() {
	waits := false
	for i, c := range r.casts {
		if c.plan.Setup != nil || c.plan.Teardown != nil {
			r.staff = append(r.staff, newUser(r, i, 0))
			waits = waits || c.plan.Setup != nil
		}
	}
	if !waits {
		r.begin(nil)
		return
	}
	r.settingUp, r.setUpDone = true, make(chan error, 1)
	r.publish()
	go func() { r.setUpDone <- r.setUpAll() }()
}

func (r *run) setUpAll() error {
	for _, u := range r.staff {
		f := u.plan.Setup
		if f == nil {
			continue
		}
		if err := u.try("Setup", func() error { return f(u.state, u.handle) }); err != nil {
			return fmt.Errorf("scenario %s: Setup failed: %w", u.plan.Name, err)
		}
		u.started = true
	}
	return nil
}

// tearDown begins the Teardowns that are due, and reports whether there are any.
func (r *run) tearDown() bool {
	if r.settingUp {
		return false // it never ended
	}
	var due []*user
	for _, u := range r.staff {
		if u.plan.Teardown != nil && (u.started || u.plan.Setup == nil && !r.begun.IsZero()) {
			due = append(due, u)
		}
	}
	if len(due) == 0 {
		return false
	}
	r.tearing, r.tornDown = true, make(chan struct{})
	go func() {
		defer close(r.tornDown)
		ctx, cancel := context.WithTimeout(context.Background(), tearDownTime)
		defer cancel()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, u := range due {
				u.control.Rebind(ctx, ctx.Done())
				u.try("Teardown", func() error { return u.plan.Teardown(u.state, u.handle) })
			}
		}()
		select {
		case <-done:
			if ctx.Err() == nil {
				return
			}
		case <-time.After(tearDownTime + patience):
		}
		r.tearDownCut.Store(true)
	}()
	return true
}

// dischargeStaff closes the connections of those who set up and tear down, unless they
// were given up on and may be using them.
func (r *run) dischargeStaff() {
	for _, u := range r.staff {
		u.cut()
		if !r.settingUp && !r.tearDownCut.Load() {
			u.control.Close()
		}
	}
}
