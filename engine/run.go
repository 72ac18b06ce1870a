package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/engine/dispatch"
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
	recorder *stats.Recorder
	connect  func(load.Protocol) load.Transport
	ctx      context.Context // ends when requests must be cut
	cut      context.CancelFunc
	last     context.Context // for OnStop: ends a grace later than ctx
	endLast  context.CancelFunc
	timeout  time.Duration // how long tasks may go on after a stop
	held     atomic.Int64  // users whose OnStart is failing; users write it

	unfinished atomic.Int64 // users whose OnStop ran out of time; users write it

	// Users. A slot is a user that has been started and not been told to stop; when
	// it ends by itself, its slot stays, vacant, and it is not replaced.
	classes []dispatch.Class
	slots   [][]*user // by cast, oldest first
	counts  []int     // slots per cast
	vacant  []int     // of those, whose user has ended by itself
	alive   []int     // users alive per cast
	born    int       // users ever started
	gone    chan *user

	// The ramp: from rampFrom slots at rampStart towards the target.
	rampFrom  int
	rampStart time.Time
	changed   time.Time // when the latest slot was due to come or go
	due       *time.Timer

	table   stats.Table
	history stats.History
	started time.Time
	over    time.Time
	limit   *time.Timer // the run time; nil without one
	reason  string
	lost    int // users abandoned

	orders chan func()
	done   chan struct{} // closed when the loop has ended
}

func newRun(e *Engine, number int, p *prepared) *run {
	now := time.Now()
	r := &run{
		engine: e, log: e.opts.Logger.With("run", number), number: number,
		casts: p.casts, classes: p.classes, cfg: p.cfg,
		recorder: stats.NewRecorder(now), timeout: p.cfg.StopTimeout, connect: e.opts.Transports(p.cfg),
		slots: make([][]*user, len(p.casts)), counts: make([]int, len(p.casts)), vacant: make([]int, len(p.casts)), alive: make([]int, len(p.casts)),
		gone: make(chan *user), rampStart: now, started: now,
		orders: make(chan func()), done: make(chan struct{}),
	}
	r.state, _ = Ready.next(start)
	r.ctx, r.cut = context.WithCancel(context.Background())
	r.last, r.endLast = context.WithCancel(context.Background())
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
	defer r.endLast()
	defer r.cut()
	drain := time.NewTicker(drainEvery)
	defer drain.Stop()
	r.due = time.NewTimer(0)
	defer r.due.Stop()
	r.setLimit()
	defer r.clearLimit()
	r.log.Info("run started", "users", r.cfg.Users, "spawn_rate", r.cfg.SpawnRate)

	var phase <-chan time.Time // the next step of the stop
	steps := []func(){r.cutRequests, r.abandon}
	for {
		if r.state == Stopping {
			if r.users() == 0 || len(steps) == 0 {
				r.finish()
				return
			}
			if phase == nil {
				phase = time.After(r.cfg.StopTimeout)
			}
		}
		select {
		case <-drain.C:
			r.collect()
		case <-r.due.C:
			r.follow()
		case order := <-r.orders:
			order()
		case u := <-r.gone:
			r.bury(u)
		case <-r.limitReached():
			r.stop("the run time of " + r.cfg.RunTime.String() + " is over")
		case <-phase:
			steps[0]()
			steps = steps[1:]
			phase = time.After(grace + patience)
		}
	}
}

// move goes to the state that e leads to. An event that cannot happen is a mistake
// in this package.
func (r *run) move(e event) {
	to, ok := r.state.next(e)
	if !ok {
		panic(fmt.Sprintf("engine: %s while %s", e, r.state))
	}
	if to != r.state {
		r.log.Info("run is " + string(to))
	}
	r.state = to
}

// users returns how many users are alive.
func (r *run) users() int {
	n := 0
	for _, k := range r.alive {
		n += k
	}
	return n
}

// slotted returns how many slots there are.
func (r *run) slotted() int {
	n := 0
	for _, k := range r.counts {
		n += k
	}
	return n
}

// target returns how many slots there shall be in the end.
func (r *run) target() int { return min(r.cfg.Users, dispatch.Most(r.classes)) }

// follow brings the number of slots to where the ramp is now.
func (r *run) follow() {
	if r.state != Spawning {
		return
	}
	target := r.target()
	want := dispatch.Ramp(r.rampFrom, target, r.cfg.SpawnRate, time.Since(r.rampStart))
	for r.slotted() < want {
		r.spawn(dispatch.Next(r.classes, r.counts))
	}
	for r.slotted() > want {
		r.dismiss(dispatch.Last(r.classes, r.counts))
	}
	if steps := abs(want - r.rampFrom); steps > 0 {
		r.changed = r.rampStart.Add(dispatch.At(steps-1, r.cfg.SpawnRate))
	}
	if want == target {
		r.arrive()
		return
	}
	next := dispatch.At(abs(want-r.rampFrom), r.cfg.SpawnRate)
	r.due.Reset(time.Until(r.rampStart.Add(next)))
}

// arrive ends the ramp. Whoever was left may have gone meanwhile.
func (r *run) arrive() {
	r.move(arrived)
	if r.users() == 0 {
		r.stop("every user has stopped itself")
		return
	}
	r.publish()
}

// spawn starts a user of a cast.
func (r *run) spawn(cast int) {
	r.born++
	u := newUser(r, cast, r.born)
	r.slots[cast] = append(r.slots[cast], u)
	r.counts[cast]++
	r.alive[cast]++
	go u.live()
}

// dismiss gives up a slot of a cast: a vacant one if there is any, else that of the
// youngest user, who is told to stop.
func (r *run) dismiss(cast int) {
	r.counts[cast]--
	if r.vacant[cast] > 0 {
		r.vacant[cast]--
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
	if u.gone = true; !u.dismissed {
		r.vacant[u.cast]++
	}
	if u.end != nil && r.state != Stopping {
		r.stop(u.end.Reason)
		return
	}
	if r.state == Running && r.users() == 0 {
		r.stop("every user has stopped itself")
	}
}

// change gives the run another load.
func (r *run) change(cfg Config) error {
	if r.state == Stopping {
		return ErrStopping
	}
	if err := r.sameRun(cfg); err != nil {
		return err
	}
	// Someone who edits again and again must not start a user each time: the first
	// change of the new ramp keeps its distance from the last one of the old.
	begin := time.Now()
	if next := r.changed.Add(dispatch.At(1, cfg.SpawnRate)); next.After(begin) {
		begin = next
	}
	r.cfg.Users, r.cfg.SpawnRate = cfg.Users, cfg.SpawnRate
	if cfg.RunTime > 0 {
		r.cfg.RunTime = cfg.RunTime
		r.setLimit()
	}
	r.rampFrom, r.rampStart = r.slotted(), begin
	r.move(change)
	r.log.Info("load changed", "users", cfg.Users, "spawn_rate", cfg.SpawnRate)
	r.due.Reset(time.Until(begin))
	if r.rampFrom == r.target() {
		r.arrive()
		return nil
	}
	r.publish()
	return nil
}

func abs(n int) int { return max(n, -n) }

// sameRun checks that cfg asks for nothing that only a new run can give.
func (r *run) sameRun(cfg Config) error {
	var errs []error
	if err := checkUsers(cfg.Users); err != nil {
		errs = append(errs, err)
	}
	if err := checkSpawnRate(cfg.SpawnRate); err != nil {
		errs = append(errs, err)
	}
	if cfg.RunTime < 0 || cfg.RunTime > MaxRunTime {
		errs = append(errs, wrong(FieldRunTime, "%s is out of range — from 0 (as it is) to ten years", cfg.RunTime))
	}
	fixed := func(f Field, same bool) {
		if !same {
			errs = append(errs, wrong(f, "cannot change while a run is on — stop it and start a new one"))
		}
	}
	fixed(FieldHost, cfg.Host == "" || r.sendsTo(cfg.Host))
	fixed(FieldScenarios, len(cfg.Scenarios) == 0 || sameSet(cfg.Scenarios, r.names()))
	fixed(FieldTags, len(cfg.Tags) == 0 || sameSet(cfg.Tags, r.cfg.Tags))
	fixed(FieldExcludeTags, len(cfg.ExcludeTags) == 0 || sameSet(cfg.ExcludeTags, r.cfg.ExcludeTags))
	for name, value := range cfg.Params {
		fixed(Field(name), value == r.param(name))
	}
	return errors.Join(errs...)
}

// sendsTo reports whether all scenarios send their requests to host.
func (r *run) sendsTo(host string) bool {
	base, err := load.ParseHost(host)
	return err == nil && !slices.ContainsFunc(r.casts, func(c cast) bool { return c.base != base })
}

// names returns the names of the run's scenarios.
func (r *run) names() []string {
	if len(r.cfg.Scenarios) > 0 {
		return r.cfg.Scenarios
	}
	var all []string
	for _, p := range r.engine.plans {
		all = append(all, p.Name)
	}
	return all
}

// param returns the value that a parameter has in the run, as a person writes it.
func (r *run) param(name string) string {
	if value, ok := r.cfg.Params[name]; ok {
		return value
	}
	for _, p := range r.engine.plans {
		for _, param := range p.Params {
			if spec := param.Spec(); spec.Name == name {
				return spec.Default
			}
		}
	}
	return ""
}

func sameSet(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) }) &&
		!slices.ContainsFunc(b, func(s string) bool { return !slices.Contains(a, s) })
}

// setLimit arms the timer of the run time, counted from the start of the run.
func (r *run) setLimit() {
	r.clearLimit()
	if r.cfg.RunTime > 0 {
		r.limit = time.NewTimer(time.Until(r.started.Add(r.cfg.RunTime)))
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
	r.due.Stop()
	r.clearLimit()
	if r.cfg.StopTimeout == 0 {
		r.cut()
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
	r.lost = r.users()
	r.log.Warn("users had not ended in time and were abandoned", "users", r.lost)
}

// finish ends the run.
func (r *run) finish() {
	r.over = time.Now()
	r.move(ended)
	r.record(r.over)
	r.publish()
	r.log.Info("run is over", "reason", r.reason)
}

// collect makes what users recorded since the last time visible.
func (r *run) collect() {
	r.record(time.Now())
	r.publish()
}

func (r *run) record(now time.Time) {
	d := r.recorder.Drain(now, r.users())
	r.table.Add(d)
	r.history.Add(d)
}

// reset begins the numbers anew.
func (r *run) reset() {
	now := time.Now()
	r.recorder.Restart(now)
	r.table, r.history = stats.Table{}, stats.History{}
	r.log.Info("numbers reset")
	r.publish()
}

// publish makes the run's present the engine's status.
func (r *run) publish() {
	s := &Status{
		State: r.state, Run: r.number, Config: r.cfg, Started: r.started, Ended: r.over, At: time.Now(),
		Users: r.users(), Starting: int(r.held.Load()), Abandoned: r.lost, Reason: r.reason,
		Stats: r.table.Snapshot(), History: r.history.Timeline(),
	}
	for i, c := range r.casts {
		s.Scenarios = append(s.Scenarios, Headcount{c.plan.Name, c.base.Origin + c.base.Prefix, r.alive[i], c.tasks})
	}
	s.Notices = r.notices(s)
	r.engine.publish(s)
}

// notices returns what the operator ought to know about s.
func (r *run) notices(s *Status) []string {
	var list []string
	if t := r.target(); t < r.cfg.Users {
		list = append(list, fmt.Sprintf("%d users asked for, but the scenarios' exact counts allow %d", r.cfg.Users, t))
	}
	if s.Starting > 0 {
		list = append(list, fmt.Sprintf("%d of %d users cannot start: their OnStart fails and is tried again", s.Starting, s.Users))
	}
	if slices.ContainsFunc(s.Stats.Rows, func(l stats.Line) bool { return l.Name == stats.Other && l.Method == "" }) {
		list = append(list, fmt.Sprintf("more than %d different names: further ones are counted in the row %s — give requests that differ by an id one name", stats.MaxRows, stats.Other))
	}
	if slices.ContainsFunc(s.Stats.Failures, func(f stats.Failure) bool { return f.Format == stats.Other }) {
		list = append(list, fmt.Sprintf("more than %d kinds of failure: further ones are counted as %s — put what differs into the arguments of Failf, not into its format", stats.MaxRows, stats.Other))
	}
	if slices.ContainsFunc(s.Stats.Exceptions, func(e stats.Exception) bool { return e.Group == stats.Other }) {
		list = append(list, fmt.Sprintf("more than %d kinds of exception: further ones are counted as %s", stats.MaxRows, stats.Other))
	}
	if s.Abandoned > 0 {
		list = append(list, fmt.Sprintf("%d users had not ended in time and were abandoned: their code does not heed its context, or this machine was too busy", s.Abandoned))
	}
	if n := r.unfinished.Load(); n > 0 {
		list = append(list, fmt.Sprintf("%d users did not finish their OnStop in time; what it had under way was cut and is not counted", n))
	}
	if s.State == Stopped && s.Stats.Total.Requests() == 0 && len(s.Stats.Exceptions) == 0 && r.born > 0 {
		list = append(list, "no request was answered before the run ended")
	}
	return list
}

// seed returns a source of chance for one user.
func seed() *rand.Rand { return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) }
