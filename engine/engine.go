package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
	"github.com/gregaria/gregaria/engine/wire"
)

// Errors of Start, Stop and Reset that depend on the state.
var (
	// ErrStopping means that the previous run's users are still finishing.
	ErrStopping = errors.New("the previous run is still stopping: try again in a moment")
	// ErrOver means that the run that was to be changed is over.
	ErrOver = errors.New("no run is on: start one")
	// ErrStuck means that users of an earlier run ignored its stop and have not ended
	// since. They may still send requests. Config.Force starts a run all the same.
	ErrStuck = errors.New("users of an earlier run never ended: their code does not heed its context — restart the program, or start all the same")
	// ErrClosed means that the engine has been closed.
	ErrClosed = errors.New("the engine is closed")
)

// Options are what an Engine works with. The zero value is ready to use.
type Options struct {
	Logger     *slog.Logger                                    // where the engine reports what it does; nil means slog.Default()
	Wire       wire.Options                                    // how requests are sent; Insecure is the run's, Turn the engine's
	Caps       Caps                                            // what no run may go beyond
	Traced     float64                                         // share of all requests that carry a traceparent, from 0 to 1
	Crashed    func(panicked any, stack []byte)                // is told of a panic of the engine's own, whose run is lost; nil means that it ends the process
	Transports func(Config) func(load.Protocol) load.Transport // makes the transports of a run; nil means package wire
	Restore    *Status                                         // a run that is over, of an earlier program: it is shown until the next begins; nil means none
}

// An Engine runs load tests, one at a time. Its methods may be called from many
// goroutines.
type Engine struct {
	plans    []*load.Plan
	shapes   map[string]load.Shape
	checks   []checks.Check
	opts     Options
	throttle *throttle // of all runs; nil when requests need not wait

	mu     sync.Mutex // guards what follows; a run's loop never takes it
	run    *run       // the latest, nil before the first
	runs   int
	closed bool

	stuck    atomic.Int64 // users abandoned that have not ended since
	status   atomic.Pointer[Status]
	watchers watchers
}

// New returns an engine for the suite's scenarios, or every mistake in them.
func New(suite load.Suite, opts Options) (*Engine, error) {
	plans, err := suite.Plans()
	held, checksErr := suiteChecks(suite.Checks)
	if err := errors.Join(err, checksErr); err != nil {
		return nil, err
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	throttle := newThrottle(opts.Caps.Rate)
	opts.Wire.Turn = throttle.turn()
	if opts.Transports == nil {
		opts.Transports = func(cfg Config) func(load.Protocol) load.Transport {
			options := opts.Wire
			options.Insecure = cfg.Insecure
			d := wire.NewDialer(options)
			return func(p load.Protocol) load.Transport {
				if p == load.HTTP2 {
					return d.Standard()
				}
				return d.HTTP1()
			}
		}
	}
	e := &Engine{plans: plans, shapes: suite.Shapes, checks: held, opts: opts, throttle: throttle}
	first := &Status{State: Ready, At: time.Now(), Stats: &stats.Snapshot{}}
	if opts.Restore != nil {
		first, e.runs = opts.Restore, opts.Restore.Run
	}
	e.status.Store(first)
	return e, nil
}

// Plans returns the suite's scenarios.
func (e *Engine) Plans() []*load.Plan { return e.plans }

// Checks returns what the suite wants runs to be held to, for whoever asks for nothing
// else. A run is held to what its Config says.
func (e *Engine) Checks() []checks.Check { return slices.Clone(e.checks) }

// suiteChecks reads the checks of a suite and reports every mistake in them.
func suiteChecks(texts []string) (list []checks.Check, err error) {
	var errs []error
	for i, text := range texts {
		c, err := checks.Parse(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("suite: check %d, %q: %w", i+1, text, err))
			continue
		}
		list = append(list, c)
	}
	if len(list) > mostChecks {
		errs = append(errs, fmt.Errorf("suite: %d checks are too many — at most %d", len(list), mostChecks))
	}
	return list, errors.Join(errs...)
}

// Check reports every mistake in cfg that Start would.
func (e *Engine) Check(cfg Config) error {
	_, err := e.prepare(cfg)
	return err
}

// Status returns the latest status.
func (e *Engine) Status() *Status { return e.status.Load() }

// Watch returns a channel that holds a token whenever there is a status that the
// watcher has not been told of, and a function that ends the watch.
func (e *Engine) Watch() (news <-chan struct{}, end func()) { return e.watchers.add() }

// Start begins a run. While one is on it changes that one instead, as Change does.
// It returns whether a run began. Mistakes in cfg are FieldErrors, all of them joined.
func (e *Engine) Start(cfg Config) (began bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false, ErrClosed
	}
	switch state := e.Status().State; {
	case state == Stopping:
		return false, ErrStopping
	case state.Active():
		if err := e.run.ask(func() error { return e.run.change(cfg) }); err != ErrOver {
			return false, err
		}
		// It ended at this very moment, so this begins the next one.
	}
	if n := e.stuck.Load(); n > 0 && !cfg.Force {
		return false, fmt.Errorf("%w: %d of them still run", ErrStuck, n)
	}
	p, err := e.prepare(cfg)
	if err != nil {
		return false, err
	}
	e.runs++
	e.run = newRun(e, e.runs, p)
	e.run.publish()
	go e.guard(e.run.loop)
	return true, nil
}

// guard calls do and tells of its panic whoever wants to know.
func (e *Engine) guard(do func()) {
	if e.opts.Crashed != nil {
		defer func() {
			if v := recover(); v != nil {
				e.opts.Crashed(v, debug.Stack())
			}
		}()
	}
	do()
}

// Change gives the run that is on another load, as cfg says it: stages and shapes begin
// now, with the load there is. The user cap and the run time, which counts from the
// start of the run, change unless they are 0. The weights change unless they are nil, and
// users are exchanged for it at the spawn rate; so do the checks, and with them when they
// stop the run and their warm-up. When cfg has one of these and says nothing of the load,
// that stays. What else cfg has must be as it is in the run, or zero. It never
// begins a run: without one it returns ErrOver.
func (e *Engine) Change(cfg Config) error {
	return e.order(func(r *run) error { return r.change(cfg) })
}

// CheckChange reports every mistake in cfg that Change would.
func (e *Engine) CheckChange(cfg Config) error {
	return e.order(func(r *run) error {
		_, err := r.sameRun(cfg)
		return err
	})
}

// Stop ends the run and returns when it is over, at the latest two seconds after
// the stop timeout, and five more with a Teardown. Without a run it does nothing.
func (e *Engine) Stop(reason string) {
	e.mu.Lock()
	r := e.run
	e.mu.Unlock()
	if r == nil {
		return
	}
	r.tell(func() { r.stop(reason) })
	<-r.done
}

// Pause makes the users of the run that is on finish what they do and do nothing
// new; its plan and its run time stand still. Without a run it returns ErrOver.
func (e *Engine) Pause() error { return e.order((*run).pause) }

// Resume ends a pause.
func (e *Engine) Resume() error { return e.order((*run).resume) }

// order has the loop of the run that is on do something.
func (e *Engine) order(do func(*run) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch state := e.Status().State; {
	case state == Stopping:
		return ErrStopping
	case !state.Active():
		return ErrOver
	}
	return e.run.ask(func() error { return do(e.run) })
}

// Shapes returns the names of the suite's shapes, sorted.
func (e *Engine) Shapes() []string { return slices.Sorted(maps.Keys(e.shapes)) }

// Reset begins the numbers anew, at one instant, while the load goes on. After a
// run it clears what the run left.
func (e *Engine) Reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.run
	if r == nil {
		e.clearRestored()
		return
	}
	clear := func() error { r.reset(); return nil }
	if r.ask(clear) == ErrOver {
		_ = clear() // the loop has ended, so the run is ours
	}
}

// clearRestored clears what a run of an earlier program left.
func (e *Engine) clearRestored() {
	s := *e.Status()
	if s.Run == 0 {
		return
	}
	s.At, s.Stats, s.History, s.Checks = time.Now(), &stats.Snapshot{}, stats.Timeline{}, nil
	e.publish(&s)
}

// Close stops the run, if one is on, and refuses further ones.
func (e *Engine) Close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.Stop("gregaria is closing")
}

// Wait returns when no run is on, or when ctx ends.
func (e *Engine) Wait(ctx context.Context) error {
	e.mu.Lock()
	r := e.run
	e.mu.Unlock()
	if r == nil {
		return nil
	}
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// publish makes s the status and tells the watchers.
func (e *Engine) publish(s *Status) {
	e.status.Store(s)
	e.watchers.tell()
}
