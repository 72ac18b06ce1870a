package engine

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/dispatch"
	"github.com/gregaria/gregaria/engine/load"
)

// change gives the run what cfg says: other checks, another load.
func (r *run) change(cfg Config) error {
	if r.state == Stopping {
		return ErrStopping
	}
	shape, err := r.sameRun(cfg)
	if err != nil {
		return err
	}
	before := r.shown()
	var text []string
	if cfg.Weights != nil {
		r.cfg.Weights = maps.Clone(cfg.Weights)
		text = r.reweigh()
	}
	if cfg.Checks != nil {
		settled := cfg.CheckWarmup == r.cfg.CheckWarmup
		r.cfg.Checks, r.cfg.CheckStop, r.cfg.CheckWarmup = slices.Clone(cfg.Checks), cfg.CheckStop, cfg.CheckWarmup
		r.keepTo(r.cfg.Checks)
		if !settled {
			r.settle()
		}
	}
	if cfg.RunTime > 0 || cfg.Endless {
		r.cfg.RunTime = r.engine.opts.Caps.fill(cfg).RunTime
		r.setLimit()
	}
	if cfg.saysLoad() {
		r.setLoad(cfg, shape)
	}
	if text = append(before.edited(r.cfg), text...); text != nil {
		r.happened(EventEdit, "%s", strings.Join(text, ", "))
		r.log.Info("run changed", "change", strings.Join(text, ", "))
	}
	if cfg.saysLoad() {
		r.followAnew()
	}
	r.publish()
	return nil
}

// setLoad gives the run another load. A plan begins now, with the load there is.
func (r *run) setLoad(cfg Config, shape load.Shape) {
	now := time.Now()
	if !r.pausedAt.IsZero() { // the plan's clock stands still
		now = r.pausedAt
	}
	from := r.planned(now) // arrivals per second; users are counted
	if r.cfg.Model == Closed {
		from = float64(r.slotted())
	}
	ramps := r.guide == nil
	r.cfg.Stages, r.cfg.Shape = cfg.Stages, cfg.Shape
	switch {
	case shape != nil || len(cfg.Stages) > 0: // Users and Rate are what they were
	case r.cfg.Model == Open:
		r.cfg.Rate = cfg.Rate
	default:
		r.cfg.Users, r.cfg.SpawnRate = cfg.Users, cfg.SpawnRate
	}
	r.cfg.Poisson = cfg.Poisson
	if cfg.UserCap > 0 {
		r.cfg.UserCap = cfg.UserCap
	}
	if len(cfg.Stages) > 0 {
		shape = cfg.Stages.From(from)
	}
	r.aim(shape)
	r.move(change)
	if r.begun.IsZero() { // Setup is running: begin takes it from here
		r.line = r.cfg.Plan(from)
		return
	}
	r.line = continued(r.line, now.Sub(r.begun)-r.paused, r.cfg.Plan(from))
	r.zero = now
	if r.arrivals != nil {
		r.arrivals.follow(r.guide, r.zero, r.cfg.Cap())
	} else if r.guide == nil {
		// Someone who edits again and again must not start a user each time: the
		// first change of the new ramp keeps its distance from the last of the old.
		if next := r.changed.Add(dispatch.At(1, cfg.SpawnRate)); ramps && next.After(now) {
			r.zero = next
		}
		r.rampFrom = r.slotted()
	}
}

// followAnew follows the load that was just set.
func (r *run) followAnew() {
	switch {
	case r.begun.IsZero() || r.state == Paused:
	case r.guide == nil && r.rampFrom == r.target():
		r.arrive()
	default:
		r.due.Reset(time.Until(r.zero))
	}
}

// saysLoad reports whether c says how much load there shall be. One that has only
// something else to say leaves it as it is.
func (c Config) saysLoad() bool {
	number := c.Users != 0 || c.SpawnRate != 0 || c.Rate != 0
	return number || len(c.Stages) > 0 || c.Shape != "" || c.Checks == nil && c.Weights == nil && c.RunTime == 0 && !c.Endless
}

// pause makes users begin nothing new. The plan's clock stands still.
func (r *run) pause() error {
	switch r.state {
	case Stopping:
		return ErrStopping
	case Paused:
		return nil
	}
	r.move(hold)
	gate := make(chan struct{})
	r.gate.Store(&gate)
	if !r.begun.IsZero() {
		r.pausedAt = time.Now()
	}
	if r.arrivals != nil {
		r.arrivals.halt()
	}
	r.clearLimit()
	for i := range r.checks {
		r.checks[i].InBreach = 0
	}
	r.happened(EventPause, "paused")
	r.publish()
	return nil
}

// resume ends a pause.
func (r *run) resume() error {
	switch r.state {
	case Stopping:
		return ErrStopping
	case Paused:
	default:
		return nil
	}
	now := time.Now()
	r.endPause(now)
	r.resumed = now
	r.move(resume)
	r.happened(EventResume, "resumed")
	r.setLimit()
	close(*r.gate.Swap(nil))
	r.follow()
	r.rebalance()
	r.publish()
	return nil
}

// endPause lets the plan's clock go on.
func (r *run) endPause(now time.Time) {
	var after time.Duration // 0 before the plan began
	if !r.pausedAt.IsZero() {
		after = now.Sub(r.pausedAt)
		r.pausedAt = time.Time{}
		r.paused += after
		r.zero = r.zero.Add(after)
		r.changed = r.changed.Add(after)
	}
	if r.arrivals != nil {
		r.arrivals.resume(after)
	}
}

// sameRun checks that cfg asks for nothing that only a new run can give, and returns
// the shape it names.
func (r *run) sameRun(cfg Config) (load.Shape, error) {
	if !cfg.saysLoad() {
		cfg.Users, cfg.SpawnRate, cfg.Rate, cfg.Stages, cfg.Shape = r.cfg.Users, r.cfg.SpawnRate, r.cfg.Rate, r.cfg.Stages, r.cfg.Shape
	}
	errs := append(cfg.mistakes(), cfg.weightMistakes(r.engine.plans, r.cfg.Model)...)
	errs = append(errs, r.engine.opts.Caps.over(cfg)...)
	shape, err := r.engine.shape(cfg.Shape)
	if err != nil {
		errs = append(errs, err)
	}
	fixed := func(f Field, same bool) {
		if !same {
			errs = append(errs, wrong(f, "cannot change while a run is on — stop it and start a new one"))
		}
	}
	fixed(FieldModel, cfg.Model == r.cfg.Model || cfg.Model == "" && r.cfg.Model == Closed)
	fixed(FieldHost, cfg.Host == "" || r.sendsTo(cfg.Host))
	fixed(FieldScenarios, len(cfg.Scenarios) == 0 || sameSet(cfg.Scenarios, r.names()))
	fixed(FieldTags, len(cfg.Tags) == 0 || sameSet(cfg.Tags, r.cfg.Tags))
	fixed(FieldExcludeTags, len(cfg.ExcludeTags) == 0 || sameSet(cfg.ExcludeTags, r.cfg.ExcludeTags))
	fixed(FieldOff, len(cfg.Off) == 0 || sameSet(cfg.Off, r.cfg.Off))
	fixed(FieldStopTimeout, cfg.StopTimeout == 0 || cfg.StopTimeout == r.cfg.StopTimeout)
	fixed(FieldInsecure, !cfg.Insecure || r.cfg.Insecure)
	fixed(FieldIterations, cfg.Iterations == 0 || cfg.Iterations == r.cfg.Iterations)
	fixed(FieldSeed, cfg.Seed == 0 || cfg.Seed == r.cfg.Seed)
	for name, value := range cfg.Params {
		fixed(Field(name), r.hasParam(name, value))
	}
	return shape, errors.Join(errs...)
}

// sendsTo reports whether all scenarios send their requests to host.
func (r *run) sendsTo(host string) bool {
	base, err := load.ParseHost(host)
	return err == nil && !slices.ContainsFunc(r.casts, func(c cast) bool { return c.base != base && c.plan.Protocol != load.NoHTTP })
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

// hasParam reports whether a parameter has a value, as a person writes it, in all
// scenarios that it is one of.
func (r *run) hasParam(name, text string) bool {
	for _, c := range r.casts {
		for _, p := range c.plan.Params {
			if p.Spec().Name != name {
				continue
			}
			if v, err := p.Parse(text); err != nil || v != c.params[name] {
				return false
			}
		}
	}
	return true
}

func sameSet(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) }) &&
		!slices.ContainsFunc(b, func(s string) bool { return !slices.Contains(a, s) })
}
