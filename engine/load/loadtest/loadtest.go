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
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// Options say how much of a scenario to live. The zero value is one user doing
// every task once.
type Options struct {
	Users  int               // at the same time; 0 means 1
	Rounds int               // how often each user does every task; 0 means 1
	Host   string            // instead of the scenario's; a scenario without one gets http://target.test
	Params map[string]string // values of the scenario's parameters, as on the command line
}

// A Result is what happened.
type Result struct {
	*stats.Snapshot
	Stopped string // the reason given to load.StopRun, "" if nobody stopped the run
}

// Run lives the scenario against h. It fails the test for each kind of failure
// and exception there was, and when a task stopped the run.
func Run(t testing.TB, s load.Planner, h http.Handler, o Options) *Result {
	t.Helper()
	r := Try(t, s, h, o)
	for _, problem := range r.Problems() {
		t.Error(problem)
	}
	return r
}

// Try is Run without a judgement: only a mistake in the scenario itself or in the
// options ends the test.
func Try(t testing.TB, s load.Planner, h http.Handler, o Options) *Result {
	t.Helper()
	e, err := newEnsemble(s, h, o)
	if err != nil {
		t.Fatal(err)
	}
	return e.play()
}

// Row returns a row of the result. It is empty when there was no such request.
func (r *Result) Row(method, name string) stats.Row {
	for _, line := range r.Rows {
		if line.Method == method && line.Name == name {
			return line.Row
		}
	}
	return stats.Row{Key: stats.Key{Method: method, Name: name}}
}

// Problems returns what Run fails a test for, a text for each kind of failure and
// exception.
func (r *Result) Problems() []string {
	var all []string
	for _, f := range r.Failures {
		all = append(all, fmt.Sprintf("%s %s: %d of %d failed: %s",
			f.Method, f.Name, f.Count, r.Row(f.Method, f.Name).Requests(), f.Example))
	}
	for _, e := range r.Exceptions {
		all = append(all, fmt.Sprintf("exception, %d times: %s\n%s", e.Count, e.Message, e.Stack))
	}
	if r.Stopped != "" {
		all = append(all, "the run was stopped: "+r.Stopped)
	}
	return all
}

// An ensemble is some users of one scenario.
type ensemble struct {
	plan    *load.Plan
	base    load.Base
	params  map[string]any
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
	if h == nil {
		errs = append(errs, errors.New("loadtest: the handler is nil"))
	}
	if o.Users < 0 || o.Rounds < 0 {
		errs = append(errs, fmt.Errorf("loadtest: Users %d, Rounds %d: want 0 or more", o.Users, o.Rounds))
	}
	base, err := load.ParseHost(cmp.Or(o.Host, plan.Host, "http://target.test"))
	if err != nil {
		errs = append(errs, fmt.Errorf("loadtest: Host: %w", err))
	}
	params := map[string]any{}
	for name, text := range o.Params {
		i := slices.IndexFunc(plan.Params, func(p load.Parameter) bool { return p.Spec().Name == name })
		if i < 0 {
			errs = append(errs, fmt.Errorf("loadtest: scenario %s has no parameter %q", plan.Name, name))
			continue
		}
		if params[name], err = plan.Params[i].Parse(text); err != nil {
			errs = append(errs, fmt.Errorf("loadtest: parameter %s: %w", name, err))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return &ensemble{
		plan: plan, base: base, params: params, handler: h,
		users: max(1, o.Users), rounds: max(1, o.Rounds),
		recorder: stats.NewRecorder(time.Now()), quit: make(chan struct{}),
	}, nil
}

// play lets all users live at once and returns what happened.
func (e *ensemble) play() *Result {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // for what scenarios and handlers started and left behind
	var all sync.WaitGroup
	for i := range e.users {
		all.Go(func() { e.live(ctx, i+1) })
	}
	all.Wait()
	var table stats.Table
	table.Add(e.recorder.Drain(time.Now(), 0))
	return &Result{Snapshot: table.Snapshot(), Stopped: e.stopped}
}

// An actor is one user.
type actor struct {
	*ensemble
	user    *load.User
	control load.Control
	state   any
}

func (e *ensemble) live(ctx context.Context, number int) {
	a := actor{ensemble: e, state: e.plan.New()}
	a.user, a.control = load.NewUser(ctx, load.Seat{
		Number: number, Scenario: e.plan.Name, Base: e.base, Params: e.params,
		Transport: NewTransport(e.handler, load.Limits{}),
		Shard:     e.recorder.Shard(number),
		Rand:      rand.New(rand.NewPCG(uint64(number), 0)), // the same each time: a test should be
		Quit:      e.quit,
	})
	defer a.control.Close()
	if e.plan.OnStart == nil || a.try("OnStart", e.plan.OnStart) == nil {
		a.work()
	}
	if e.plan.OnStop != nil {
		a.control.Rebind(ctx, nil)
		a.try("OnStop", e.plan.OnStop)
	}
}

// work does every task in turn, round after round.
func (a *actor) work() {
	for range a.rounds {
		for i := range a.plan.Tasks {
			t := &a.plan.Tasks[i]
			if a.over(a.perform(t.Name, t)) {
				return
			}
		}
	}
}

// perform runs a task, or its steps until one returns an error.
func (a *actor) perform(name string, t *load.PlannedTask) error {
	if t.Run != nil {
		began := time.Now()
		err := a.try(name, t.Run)
		// What the scenario says about waits is its code as well, so it is called.
		a.try("Wait", func(any, *load.User) error { a.plan.Wait.After(a.user, time.Since(began)); return nil })
		return err
	}
	for i := range t.Steps {
		step := &t.Steps[i]
		if err := a.perform(name+"/"+step.Name, step); err != nil {
			return err
		}
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

// try calls a function of the scenario, and notes what is wrong with its code.
func (a *actor) try(name string, f func(any, *load.User) error) error {
	err := a.control.Try(func() error { return f(a.state, a.user) })
	if !load.Counted(err) {
		a.control.Note(a.plan.Name+"/"+name, err)
	}
	if stop, ok := errors.AsType[*load.RunStop](err); ok {
		a.once.Do(func() {
			a.stopped = strings.TrimSpace(stop.Reason)
			if a.stopped == "" {
				a.stopped = "no reason given"
			}
			close(a.quit)
		})
	}
	return err
}
