package loadtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// An ensemble is some users of one scenario.
type ensemble struct {
	plan    *load.Plan
	base    load.Base
	params  map[string]any
	feeds   map[load.Feeder]*load.Rows
	handler http.Handler
	users   int
	rounds  int

	recorder *stats.Recorder
	quit     chan struct{} // closed when a task stops the run
	once     sync.Once     // guards stopped
	stopped  string
}

// newEnsemble reports every mistake in what it is given at once.
func newEnsemble(s load.Planner, h http.Handler, o Options) (*ensemble, error) {
	plan, err := s.Plan()
	if err != nil {
		return nil, err
	}
	var errs []error
	host := cmp.Or(o.Host, plan.Host)
	if plan.Protocol != load.NoHTTP {
		host = cmp.Or(host, "http://target.test")
		if h == nil {
			errs = append(errs, errors.New("loadtest: the handler is nil"))
		}
	}
	if o.Users < 0 || o.Rounds < 0 {
		errs = append(errs, fmt.Errorf("loadtest: Users %d, Rounds %d: want 0 or more", o.Users, o.Rounds))
	}
	base, err := load.ParseHost(host)
	if err != nil {
		errs = append(errs, fmt.Errorf("loadtest: Host: %w", err))
	}
	given := map[string]any{}
	for name, text := range o.Params {
		i := slices.IndexFunc(plan.Params, func(p load.Parameter) bool { return p.Spec().Name == name })
		if i < 0 {
			errs = append(errs, fmt.Errorf("loadtest: scenario %s has no parameter %q", plan.Name, name))
			continue
		}
		if given[name], err = plan.Params[i].Parse(text); err != nil {
			errs = append(errs, fmt.Errorf("loadtest: parameter %s: %w", name, err))
		}
	}
	feeds := map[load.Feeder]*load.Rows{}
	for _, f := range plan.Feeds {
		if feeds[f], err = f.Open(); err != nil {
			errs = append(errs, fmt.Errorf("loadtest: %w", err))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return &ensemble{
		plan: plan, base: base, params: plan.Values(given), feeds: feeds, handler: h,
		users: max(1, o.Users), rounds: max(1, o.Rounds),
		recorder: stats.NewRecorder(time.Now()), quit: make(chan struct{}),
	}, nil
}

// play lets all users live at once, between Setup and Teardown, and returns what
// happened.
func (e *ensemble) play() *Result {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // for what scenarios and handlers started and left behind
	e.stage(ctx, func(prototype any) {
		var all sync.WaitGroup
		for i := range e.users {
			all.Go(func() { e.live(ctx, i+1, prototype) })
		}
		all.Wait()
	})
	var table stats.Table
	table.Add(e.recorder.Drain(time.Now(), stats.Gauges{}))
	return &Result{Snapshot: table.Snapshot(), Stopped: e.stopped}
}

// stage calls play with the state that users begin with a copy of, between Setup and
// Teardown. When Setup fails there is no play.
func (e *ensemble) stage(ctx context.Context, play func(prototype any)) {
	if e.plan.Setup == nil && e.plan.Teardown == nil {
		play(nil)
		return
	}
	a := e.seat(ctx, 0, e.plan.New(nil))
	defer a.control.Close()
	if e.plan.Setup != nil {
		if err := a.try("Setup", e.plan.Setup); err != nil {
			e.stop("Setup: " + err.Error())
			return
		}
	}
	play(a.state)
	if e.plan.Teardown != nil {
		a.control.Rebind(ctx, nil)
		a.try("Teardown", e.plan.Teardown)
	}
}

// seat returns a user. Number 0 is the one of Setup and Teardown.
func (e *ensemble) seat(ctx context.Context, number int, state any) *actor {
	a := &actor{ensemble: e, state: state, at: &visit{tasks: e.plan.Tasks, rounds: e.rounds}}
	seat := load.Seat{
		Number: number, Scenario: e.plan.Name, Base: e.base, Params: e.params, Secrets: e.plan.Secrets(e.params), Feeds: e.feeds,
		Shard: e.recorder.Shard(number),
		Rand:  rand.New(rand.NewPCG(uint64(number), 0)), // the same each time: a test should be
		Quit:  e.quit, Queue: a.queue,
	}
	if e.plan.Protocol != load.NoHTTP {
		seat.Transport = NewTransport(e.handler, load.Limits{})
	}
	if f := e.plan.Before; f != nil {
		seat.Before = func(r *load.Request) error { return f(a.state, a.user, r) }
	}
	if f := e.plan.After; f != nil {
		seat.After = func(r *load.Response) { f(a.state, a.user, r) }
	}
	a.user, a.control = load.NewUser(ctx, seat)
	return a
}

// live lives as one user. When that has done its Iterations and tasks are left, another
// one takes its place.
func (e *ensemble) live(ctx context.Context, number int, prototype any) {
	for turn := 0; ; number += e.users {
		a := e.seat(ctx, number, e.plan.New(prototype))
		a.at.turn = turn
		if !a.live(ctx) {
			return
		}
		turn = a.at.turn
	}
}

// stop ends the run. The first reason counts.
func (e *ensemble) stop(reason string) {
	e.once.Do(func() {
		e.stopped = cmp.Or(strings.TrimSpace(reason), "no reason given")
		close(e.quit)
	})
}
