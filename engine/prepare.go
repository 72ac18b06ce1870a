package engine

import (
	"cmp"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/dispatch"
	"github.com/gregaria/gregaria/engine/load"
)

// A prepared is a Config checked against the suite: what a run starts from.
type prepared struct {
	cfg     Config
	casts   []cast
	classes []dispatch.Class
	shape   load.Shape // nil: a ramp, or a steady rate
	feeds   map[load.Feeder]*load.Rows
}

// A cast is one scenario of a run with its share of the settings.
type cast struct {
	plan      *load.Plan
	base      load.Base
	tasks     []load.PlannedTask // those that the tags left and that are on
	set       *set               // the same, to be run
	counts    []TaskCount        // the same, with nothing begun
	begun     *tasksBegun
	params    map[string]any
	secrets   []string // among params
	prototype any      // the state that Setup left; nil without one
}

// prepare checks cfg and reports every mistake at once.
func (e *Engine) prepare(cfg Config) (*prepared, error) {
	errs := append(cfg.mistakes(), e.opts.Caps.over(cfg)...)
	forbidden := map[string]bool{} // hosts that were noted
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	override, err := load.ParseHost(cfg.Host)
	if err != nil {
		note(wrong(FieldHost, "%v", err))
	}
	picked, err := pick(e.plans, cfg.Scenarios)
	note(err)
	params, err := parseParams(picked, cfg.Params)
	note(err)
	errs = append(errs, cfg.weightMistakes(e.plans, cfg.Model)...)
	cfg.Checks, cfg.Weights, cfg.Off = slices.Clone(cfg.Checks), maps.Clone(cfg.Weights), slices.Clone(cfg.Off)
	if off := cfg.offMistakes(e.plans); off != nil {
		errs, cfg.Off = append(errs, off...), nil // half a chain cannot be looked at
	}
	p := &prepared{cfg: e.opts.Caps.fill(cfg), feeds: map[load.Feeder]*load.Rows{}}
	p.shape, err = e.shape(cfg.Shape)
	note(err)
	if len(cfg.Stages) > 0 {
		p.shape = cfg.Stages
		if cfg.Stages.Peak() == 0 {
			note(wrong(FieldStages, "they never go above 0 — give one a target"))
		}
	}
	left := false // whether the tags leave any task
	for _, plan := range picked {
		tasks := withTags(plan.Tasks, cfg.Tags, cfg.ExcludeTags)
		if len(tasks) == 0 {
			continue
		}
		left = true
		if tasks = switchedOn(tasks, plan.Name, cfg.Off); len(tasks) == 0 {
			note(wrong(FieldOff, "every task of %s is off — leave one on, or do not pick the scenario", plan.Name))
			continue
		}
		c := cast{plan: plan, tasks: tasks, set: newSet("", tasks), counts: newTaskCounts(tasks, false), params: plan.Values(params)}
		c.begun = newTasksBegun(number(c.set.tasks, 0))
		c.secrets = plan.Secrets(c.params)
		if plan.Protocol != load.NoHTTP {
			if c.base = override; cfg.Host == "" {
				c.base, _ = load.ParseHost(plan.Host) // checked by Plan
				if c.base.Origin == "" {
					note(wrong(FieldHost, "scenario %s has no host of its own — give one, for example http://127.0.0.1:8080", plan.Name))
				}
			}
		}
		if err := e.opts.Wire.Policy.Check(c.base.Origin); err != nil && !forbidden[c.base.Origin] {
			forbidden[c.base.Origin] = true
			note(wrong(FieldHost, "%v", err))
		}
		for _, f := range plan.Feeds {
			if p.feeds[f] == nil {
				p.feeds[f], err = f.Open()
				if err != nil {
					note(wrong(FieldScenarios, "%s: %v", plan.Name, err))
				}
			}
		}
		p.casts = append(p.casts, c)
		p.classes = append(p.classes, dispatch.Class{Weight: cfg.weigh(plan), Count: plan.Count})
	}
	for _, tag := range cfg.ExcludeTags {
		if all := tagsOf(e.plans); !slices.Contains(all, tag) { // whoever means to leave out what writes must not write
			note(wrong(FieldExcludeTags, "no task has the tag %q — %s", tag, hint(tag, "tags", all)))
		}
	}
	if len(picked) > 0 && !left {
		f := FieldTags
		if len(cfg.Tags) == 0 {
			f = FieldExcludeTags
		}
		note(wrong(f, "no task is left — the tags are: %s", strings.Join(tagsOf(picked), ", ")))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if p.cfg.Seed == 0 {
		p.cfg.Seed = 1 + rand.Uint64N(999_999_999) // short enough to be typed again
	}
	if p.cfg.Model == "" {
		p.cfg.Model = Closed
	}
	return p, nil
}

// mistakes returns what is wrong with c whatever the suite.
func (c Config) mistakes() []error {
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	planned := len(c.Stages) > 0 || c.Shape != ""
	if len(c.Stages) > 0 && c.Shape != "" {
		note(wrong(FieldShape, "%s and stages exclude each other — give one of them", c.Shape))
	}
	if len(c.Stages) > 0 {
		if err := c.Stages.Check(); err != nil {
			note(wrong(FieldStages, "%v", err))
		}
	}
	switch c.Model {
	case Open:
		if !planned {
			note(checkRate(c.Rate))
		}
		note(checkUserCap(c.UserCap))
	case Closed, "":
		if !planned {
			note(checkUsers(c.Users))
			note(checkSpawnRate(c.SpawnRate))
		}
		if len(c.Stages) > 0 && c.Stages.Peak() > MaxUsers {
			note(wrong(FieldStages, "%v users are too many — at most %d", c.Stages.Peak(), MaxUsers))
		}
	default:
		note(wrong(FieldModel, "%q is not known — write %s or %s", c.Model, Closed, Open))
	}
	if c.RunTime < 0 || c.RunTime > MaxRunTime {
		note(wrong(FieldRunTime, "%s is out of range — from 0 (no limit) to ten years", c.RunTime))
	}
	if c.StopTimeout < 0 || c.StopTimeout > MaxRunTime {
		note(wrong(FieldStopTimeout, "%s is out of range — from 0 to ten years", c.StopTimeout))
	}
	note(checkIterations(c.Iterations))
	if len(c.Checks) > mostChecks {
		note(wrong(FieldChecks, "%d are too many — at most %d", len(c.Checks), mostChecks))
	}
	for _, check := range c.Checks {
		if same, err := checks.Parse(check.String()); err != nil || same != check {
			note(wrong(FieldChecks, "%s is not a check — write for example GET /cart p95 < 300ms", check))
		}
	}
	if c.CheckStop < 0 || c.CheckStop > MaxRunTime {
		note(wrong(FieldCheckStop, "%s is out of range — from 0 (never) to ten years", c.CheckStop))
	}
	if c.CheckWarmup < 0 || c.CheckWarmup > MaxRunTime {
		note(wrong(FieldCheckWarmup, "%s is out of range — from 0 to ten years", c.CheckWarmup))
	}
	return errs
}

// Cap returns how many users the open model may have at once.
func (c Config) Cap() int { return cmp.Or(c.UserCap, DefaultUserCap) }

// shape returns the suite's shape of a name, nil for none.
func (e *Engine) shape(name string) (load.Shape, error) {
	if name == "" {
		return nil, nil
	}
	if s, ok := e.shapes[name]; ok {
		return s, nil
	}
	return nil, wrong(FieldShape, "there is no shape %q — %s", name, hint(name, "shapes", e.Shapes()))
}

// hint says what there is in place of what there is not.
func hint(name, kind string, all []string) string {
	if near := Nearest(name, all); near != "" {
		return "did you mean " + near + "?"
	}
	if len(all) == 0 {
		return "the suite has none"
	}
	return "the " + kind + " are: " + strings.Join(all, ", ")
}

// pick returns the plans named, all when names is empty, in the order of plans.
func pick(plans []*load.Plan, names []string) ([]*load.Plan, error) {
	if len(names) == 0 {
		return plans, nil
	}
	var errs []error
	var picked []*load.Plan
	all := make([]string, len(plans))
	for i, p := range plans {
		all[i] = p.Name
		if slices.Contains(names, p.Name) {
			picked = append(picked, p)
		}
	}
	for _, name := range names {
		if slices.Contains(all, name) {
			continue
		}
		errs = append(errs, wrong(FieldScenarios, "there is no scenario %q — %s", name, hint(name, "scenarios", all)))
	}
	return picked, errors.Join(errs...)
}

// withTags returns the tasks that have one of the tags, if any are given, and none of
// the excluded. A set of tasks that is not tagged itself is kept with those of its
// tasks that are.
func withTags(tasks []load.PlannedTask, tags, exclude []string) []load.PlannedTask {
	if len(tags) == 0 && len(exclude) == 0 {
		return tasks
	}
	has := func(t load.PlannedTask, any []string) bool {
		return slices.ContainsFunc(t.Tags, func(tag string) bool { return slices.Contains(any, tag) })
	}
	var kept []load.PlannedTask
	for _, t := range tasks {
		wanted := len(tags) == 0 || has(t, tags)
		switch {
		case has(t, exclude):
			continue
		case len(t.Tasks) > 0 && wanted:
			t.Tasks = withTags(t.Tasks, nil, exclude)
		case len(t.Tasks) > 0:
			t.Tasks = withTags(t.Tasks, tags, exclude)
		case !wanted:
			continue
		}
		if t.Run != nil || len(t.Steps) > 0 || len(t.Tasks) > 0 {
			kept = append(kept, t)
		}
	}
	return kept
}

func tagsOf(plans []*load.Plan) []string {
	set := map[string]bool{}
	var add func([]load.PlannedTask)
	add = func(tasks []load.PlannedTask) {
		for _, t := range tasks {
			for _, tag := range t.Tags {
				set[tag] = true
			}
			add(t.Tasks)
		}
	}
	for _, p := range plans {
		add(p.Tasks)
	}
	if len(set) == 0 {
		return []string{"none"}
	}
	return slices.Sorted(maps.Keys(set))
}

// parseParams returns the values of the plans' parameters that were given.
func parseParams(plans []*load.Plan, given map[string]string) (map[string]any, error) {
	known := map[string]load.Parameter{}
	for _, plan := range plans {
		for _, p := range plan.Params {
			known[p.Spec().Name] = p
		}
	}
	var errs []error
	values := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		p, ok := known[name]
		if !ok {
			continue // of a scenario that is not picked
		}
		v, err := p.Parse(given[name])
		if err != nil {
			errs = append(errs, wrong(Field(name), "%v", err))
			continue
		}
		values[name] = v
	}
	return values, errors.Join(errs...)
}

// Nearest returns the candidate most like word, or "" when none is close.
func Nearest(word string, candidates []string) string {
	best, found := len(word)/2+1, ""
	for _, c := range candidates {
		d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(c))
		if d < best || d == best && found == "" && d <= 2 {
			best, found = d, c
		}
	}
	return found
}
