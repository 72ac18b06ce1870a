package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

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
	// ErrClosed means that the engine has been closed.
	ErrClosed = errors.New("the engine is closed")
)

// Options are what an Engine works with. The zero value is ready to use.
type Options struct {
	Logger     *slog.Logger // where the engine reports what it does; nil means slog.Default()
	UserAgent  string       // of all requests that do not set their own; "" means the transport's
	Limits     load.Limits
	Transports func(Config) func(load.Protocol) load.Transport // makes the transports of a run; nil means package wire
}

// An Engine runs load tests, one at a time. Its methods may be called from many
// goroutines.
type Engine struct {
	plans []*load.Plan
	opts  Options

	mu     sync.Mutex // guards what follows; a run's loop never takes it
	run    *run       // the latest, nil before the first
	runs   int
	closed bool

	status   atomic.Pointer[Status]
	watchers watchers
}

// New returns an engine for the suite's scenarios, or every mistake in them.
func New(suite load.Suite, opts Options) (*Engine, error) {
	plans, err := suite.Plans()
	if err != nil {
		return nil, err
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Transports == nil {
		opts.Transports = func(cfg Config) func(load.Protocol) load.Transport {
			d := wire.NewDialer(wire.Options{Insecure: cfg.Insecure, Limits: opts.Limits, UserAgent: opts.UserAgent})
			return func(p load.Protocol) load.Transport {
				if p == load.HTTP2 {
					return d.Standard()
				}
				return d.HTTP1()
			}
		}
	}
	e := &Engine{plans: plans, opts: opts}
	e.status.Store(&Status{State: Ready, At: time.Now(), Stats: &stats.Snapshot{}})
	return e, nil
}

// Plans returns the suite's scenarios.
func (e *Engine) Plans() []*load.Plan { return e.plans }

// Check reports every mistake in cfg that Start would.
func (e *Engine) Check(cfg Config) error {
	_, err := cfg.prepare(e.plans)
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
		return false, e.run.ask(func() error { return e.run.change(cfg) })
	}
	p, err := cfg.prepare(e.plans)
	if err != nil {
		return false, err
	}
	e.runs++
	e.run = newRun(e, e.runs, p)
	e.run.publish()
	go e.run.loop()
	return true, nil
}

// Change gives the run that is on another load: cfg's number of users, spawn rate
// and, unless it is 0, run time, counted from the start of the run. What else cfg
// has must be as it is in the run, or zero. It never begins a run: without one it
// returns ErrOver.
func (e *Engine) Change(cfg Config) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch state := e.Status().State; {
	case state == Stopping:
		return ErrStopping
	case !state.Active():
		return ErrOver
	}
	return e.run.ask(func() error { return e.run.change(cfg) })
}

// Stop ends the run and returns when it is over, at the latest two seconds after
// the stop timeout. Without a run it does nothing.
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

// Reset begins the numbers anew, at one instant, while the load goes on. After a
// run it clears what the run left.
func (e *Engine) Reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.run
	if r == nil {
		return
	}
	clear := func() error { r.reset(); return nil }
	if r.ask(clear) == ErrOver {
		_ = clear() // the loop has ended, so the run is ours
	}
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
